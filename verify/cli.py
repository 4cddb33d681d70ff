"""The command: arguments in, reports and an exit status out."""

from __future__ import annotations

import argparse
import contextlib
import gc
import io
import os
import shlex
import sys
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from verify import __version__
from verify.arguments import parse
from verify.errors import InputError

if TYPE_CHECKING:
    from reports.write import Request
    from verify.cases import Case
    from verify.config import Config
    from verify.result import Run
    from verify.suite import Wire

_LONGEST_NAME = 80  # of the case of an expression
_INTERNAL_ERROR = 70  # EX_SOFTWARE of sysexits.h: never to be taken for a verdict


def main(argv: Sequence[str] | None = None, stdout: TextIO | None = None, stderr: TextIO | None = None) -> int:
    """Run the command; returns the exit status and lets no error through."""
    # Started with a closed standard output (`>&-`), Python has None for it: what nobody reads goes to a buffer.
    stdout, stderr = stdout or sys.stdout or io.StringIO(), stderr or sys.stderr or io.StringIO()
    for stream in (stdout, stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
            status = _command(sys.argv[1:] if argv is None else argv)
            stdout.flush()
            return status
    except InputError as problem:
        stderr.write(f"gradproof: {problem}\n")
        return 2
    except OSError as problem:  # a full or closed standard output
        stderr.write(f"gradproof: the output cannot be written: {problem.strerror}\n")
        return 2
    except KeyboardInterrupt:
        stderr.write("gradproof: interrupted, nothing was written\n")
        return 130
    except Exception:  # noqa: BLE001 - whatever it is, a traceback's exit status 1 would pass for a verdict
        traceback.print_exc(file=stderr)
        stderr.write("gradproof: this is a bug in gradproof itself; please report it with the lines above\n")
        return _INTERNAL_ERROR


def _command(argv: Sequence[str]) -> int:
    from reports import FORMATS

    try:
        options = parse(argv, FORMATS)
    except SystemExit as asked_for:  # --help and --version print and exit
        return int(asked_for.code or 0)
    from verify.config import find

    config = find(Path.cwd())
    if options.command == "list":
        return _list(_selected(options, config))
    from reports.write import requests

    asked = requests(options.report)
    return _report(_run(_selected(options, config), options, config), asked, options)


def _selected(options: argparse.Namespace, config: Config) -> list[Case]:
    """Return the cases that the command is about; raises InputError if there are none."""
    _import_engine()
    from verify.collect import collect, wiring
    from verify.select import matches

    layers = options.layers or config.layers
    if options.command == "expr":
        return [_expression(options, wiring(layers))]
    targets = options.targets or config.targets
    if not targets:
        raise InputError(
            "nothing to check: name a target, or list some as targets in [tool.gradproof] of pyproject.toml"
        )
    cases = collect(targets, layers)
    chosen = [case for case in cases if options.pattern is None or matches(options.pattern, case.name)]
    chosen = [case for case in chosen if not options.names or case.name in options.names]
    if not chosen:
        asked = f"-k {options.pattern!r}" if options.pattern is not None else f"--case {options.names[0]!r}"
        raise InputError(f"nothing to check: {asked} matches none of {len(cases)} cases")
    return chosen


def _import_engine() -> None:
    """Import SymPy and what builds on it: many objects, all of which stay, so no garbage is looked for meanwhile."""
    gc.disable()
    import verify.checker  # noqa: F401

    gc.freeze()
    gc.enable()


def _expression(options: argparse.Namespace, wire: Wire) -> Case:
    from verify.cases import make
    from verify.where import printable

    at: dict[str, object] = {}
    for given in options.at:
        name, equals, value = given.partition("=")
        if not equals or name.strip() in at:
            raise InputError(f"--at {given}: {'is given twice' if equals else 'NAME=VALUE was expected, like tax=1.1'}")
        at[name.strip()] = value.strip()
    name = printable(options.expression.strip())
    return make(
        name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…",
        options.expression,
        at,
        wire,
        upstream=options.upstream,
    )


def _run(cases: Sequence[Case], options: argparse.Namespace, config: Config) -> Run:
    from verify.checker import check
    from verify.result import Run

    seed = config.seed if options.seed is None else options.seed
    results = []
    for case in cases:
        result = check(case, seed)
        if options.layers:
            result = replace(result, reproduce=f"{result.reproduce} --layers {shlex.quote(options.layers)}")
        results.append(result)
        if options.command == "run" and options.exitfirst and not results[-1].good:
            break
    return Run(tuple(results), seed, __version__, complete=len(results) == len(cases))


def _list(cases: Sequence[Case]) -> int:
    for case in cases:
        print(f"{case.where}: {case.name}")
    return 0


def _report(run: Run, requests: Sequence[Request], options: argparse.Namespace) -> int:
    """Render every report, then write them; returns the exit status."""
    from reports import renderer, terminal
    from reports.write import write
    from verify.result import exit_status

    write({request.path: renderer(request.format)(run) for request in requests if request.path})
    verbosity = options.verbose - options.quiet
    on_stdout = [request.format for request in requests if request.path is None] or ["terminal"]
    printed = [renderer(name)(run) for name in on_stdout if name != "terminal"]
    if "terminal" in on_stdout and (verbosity > -2 or requests):
        printed.append(terminal.render(run, color=_colored(options.color), verbosity=verbosity))
    try:
        print("".join(printed), end="", flush=True)
    except BrokenPipeError:  # the reader has seen enough: `gradproof | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return exit_status(run)


def _colored(choice: str) -> bool:
    """Decide on colour: the option, then NO_COLOR, then FORCE_COLOR, then whether somebody is watching."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and os.environ.get("TERM") != "dumb")
