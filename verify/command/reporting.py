"""The result as the options ask for it: every report rendered, then written, and what is printed."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from verify.model.errors import InputError

if TYPE_CHECKING:
    from reports.page import Page
    from reports.terminal import Look
    from reports.write import Request
    from verify.model.result import Run

_NONE: Mapping[Path, str] = {}


def report(
    run: Run,
    requests: Sequence[Request],
    options: argparse.Namespace,
    others: Mapping[Path, str] = _NONE,
    note: str = "",
) -> tuple[int, str]:
    """Render every report, then write them, and other files; returns the exit status and what was printed."""
    from reports import concise, renderer, terminal
    from reports.write import write
    from verify.model.result import exit_status

    page = _page(run) if any(request.path and request.format == "html" for request in requests) else None
    texts = {
        request.path: page.text if page and request.format == "html" else renderer(request.format)(run)
        for request in requests
        if request.path
    }
    write({**texts, **others})
    if any(request.format == "github" for request in requests):
        _summarise(run)
    verbosity = options.verbose - options.quiet
    on_stdout = [request.format for request in requests if request.path is None]
    if set(on_stdout) <= {"github"} and verbosity > -2:  # annotations belong into a log
        on_stdout.append("terminal")
    printed = [renderer(name)(run) for name in on_stdout if name != "terminal"]
    if "terminal" in on_stdout:
        path = next(
            (os.path.relpath(request.path) for request in requests if request.path and request.format == "html"), ""
        )
        places = page.rows if page else frozenset()
        text = (
            concise.render(run)
            if options.format == "concise"
            else terminal.render(run, _look(options), page=path, places=places)
        )
        printed.append(_no_commands(text) if "github" in on_stdout else text)
    show("".join(printed))
    if note and verbosity > -2:
        print(f"gradproof: {note}", file=sys.stderr)
    return exit_status(run), "".join(printed)


def show(text: str) -> None:
    """Print a text, as far as somebody reads it."""
    try:
        print(text, end="", flush=True)
    except BrokenPipeError:  # the reader has seen enough: `gradproof | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _look(options: argparse.Namespace) -> Look:
    """Return how the report looks on this terminal: sentences are folded without one too, tables are not.

    COLUMNS says how wide it is, as for other commands, else the terminal.
    """
    from reports.terminal import Look

    color, verbosity = colored(options.color), options.verbose - options.quiet
    if not os.environ.get("COLUMNS") and not sys.stdout.isatty():
        return Look(color, verbosity)
    columns = shutil.get_terminal_size().columns
    return Look(color, verbosity, columns, columns)


def _page(run: Run) -> Page:
    from reports.page import rendered

    return rendered(run)


def _summarise(run: Run) -> None:
    """Append to the job summary of GitHub; that this cannot be done is said, and is not the gate's business."""
    from reports.write import append_summary

    try:
        append_summary(os.environ.get("GITHUB_STEP_SUMMARY"), run)
    except InputError as problem:
        print(f"gradproof: {problem}", file=sys.stderr)


def _no_commands(text: str) -> str:
    """Keep GitHub from taking lines of a text, which has names of the user's in it, for commands.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions: until the token, nobody is obeyed.
    """
    import hashlib

    token = hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
    return f"::stop-commands::{token}\n{text}::{token}::\n"


def colored(choice: str) -> bool:
    """Decide on colour: the option, then NO_COLOR, then FORCE_COLOR, then whether somebody is watching."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and os.environ.get("TERM") != "dumb")
