"""Scripts by which shells complete the command, written by shtab: imported only here, and only for who asks."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import Any

from verify.model.errors import InputError

FILES = {"TARGET", "PATH", "FILE", "MODULE", "OLD.json", "NEW.json", "REPORT.json"}  # values that are paths
_LACKING = "shell completion needs shtab: pip install 'gradproof[completion]'"


def script(parser: argparse.ArgumentParser, shell: str, formats: Sequence[str]) -> str:
    """Return the script of a shell, with a line's end; raises InputError if shtab is not installed."""
    from verify.model.explanations import PAGES, entries

    try:
        import shtab
    except ImportError:
        raise InputError(_LACKING) from None
    words = {"report": formats, "codes": [*entries(), *PAGES]}  # where they are no `choices`
    for action in _arguments(parser):
        if action.metavar in FILES:
            action.complete = shtab.FILE
        elif action.dest in words:
            action.complete = shtab.cmd(f"echo {' '.join(words[action.dest])}")
    return f"{shtab.complete(parser, shell)}\n"


def _arguments(parser: argparse.ArgumentParser) -> Iterator[Any]:
    """Yield the arguments of a parser and of its commands."""
    for action in parser._actions:  # noqa: SLF001 - argparse has no public list of arguments
        yield action
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - nor a public class for this one
            for command in action.choices.values():
                yield from _arguments(command)
