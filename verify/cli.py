"""The command: arguments in, reports and an exit status out."""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import re
import shlex
import sys
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from verify import __version__
from verify.errors import InputError

if TYPE_CHECKING:
    from reports.write import Request
    from verify.cases import Case
    from verify.config import Config
    from verify.result import Run
    from verify.suite import Wire

_EXAMPLES = """\
examples:
  gradproof                                    check what [tool.gradproof] in pyproject.toml lists
  gradproof shopping.toml my_cases.py          check the cases of these files
  gradproof --report json=report.json -q       write a report, show failures only
  gradproof expr "apple * tax" --at apple=100 --at tax=1.1

exit status:
  0  every gradient is proved, or agrees
  1  something is refuted, undecided, broken, or not explained by rounding
  2  the run could not be made, or nothing was checked
"""
_LONGEST_NAME = 80  # of the case of an expression
_INTERNAL_ERROR = 70  # EX_SOFTWARE of sysexits.h: never to be taken for a verdict
_OPTION = re.compile(r"-[qvh]+|--[a-z]{2}[a-z-]*(=.*)?")  # anything else with a minus, after `expr`, is an expression
_COMMANDS = ("run", "expr", "list")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}\n{self.format_usage().rstrip()}")


class _Version(argparse.Action):
    """Print what a bug report needs, without importing any of it."""

    def __call__(self, parser: argparse.ArgumentParser, *args: Any) -> NoReturn:
        from importlib.metadata import version

        python = ".".join(map(str, sys.version_info[:3]))
        packages = ", ".join(f"{name} {version(name)}" for name in ("sympy", "numpy", "python-flint"))
        print(f"gradproof {__version__} (Python {python}, {packages})")
        parser.exit()


def main(argv: Sequence[str] | None = None, stdout: TextIO | None = None, stderr: TextIO | None = None) -> int:
    """Run the command; returns the exit status and lets no error through."""
    stdout, stderr = stdout or sys.stdout, stderr or sys.stderr
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
    try:
        options = _parser().parse_args(_with_command(argv))
    except SystemExit as asked_for:  # --help and --version print and exit
        return int(asked_for.code or 0)
    from verify.config import find

    config = find(Path.cwd())
    if options.command == "list":
        return _list(_selected(options, config))
    from reports.write import requests

    asked = requests(options.report)
    return _report(_run(_selected(options, config), options, config), asked, options)


def _with_command(argv: Sequence[str]) -> list[str]:
    """Put in the command that is meant: `run` unless another is named. An expression may start with a minus."""
    if not argv or argv[0] not in (*_COMMANDS, "-h", "--help", "--version"):
        return ["run", *argv]
    if argv[0] == "expr" and argv[1:] and argv[1].startswith("-") and not _OPTION.fullmatch(argv[1]):
        return [argv[0], f" {argv[1]}", *argv[2:]]
    return list(argv)


def _parser() -> argparse.ArgumentParser:
    from reports import FORMATS

    shared = _Parser(add_help=False)
    shared.add_argument(
        "-q", "--quiet", action="count", default=0, help="failures and the last line only; -qq nothing at all"
    )
    shared.add_argument(
        "-v", "--verbose", action="count", default=0, help="forward values too, and how each verdict is known"
    )
    shared.add_argument(
        "--report",
        action="append",
        default=[],
        metavar="FORMAT[=PATH]",
        help=f"write a report; may be repeated; formats: {', '.join(FORMATS)}",
    )
    shared.add_argument(
        "--seed", type=int, help="seed of the random evaluations (default: 0); verdicts do not depend on it"
    )
    shared.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="default: auto, which honours NO_COLOR and FORCE_COLOR",
    )
    shared.add_argument(
        "--layers",
        metavar="MODULE",
        help="take AddLayer, MulLayer, ... from this module or file, not from gradproof's own",
    )
    found = _Parser(add_help=False)
    found.add_argument(
        "targets",
        nargs="*",
        metavar="TARGET",
        help="a TOML file, a Python file, or a module; none: what pyproject.toml lists",
    )
    found.add_argument(
        "-k", dest="pattern", metavar="EXPR", help="only cases whose name matches: words, and, or, not, parentheses"
    )

    found.add_argument(
        "--case", dest="names", action="append", default=[], metavar="NAME", help="only the case of this very name"
    )

    parser = _Parser(
        prog="gradproof",
        description="Decide whether hand-written gradients are the exact derivatives.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--version", action=_Version, nargs=0, help="print the versions that a bug report needs, and exit"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    run = commands.add_parser("run", parents=[shared, found], help="check cases (the default)", allow_abbrev=False)
    run.add_argument("-x", "--exitfirst", action="store_true", help="stop after the first case that fails")
    expr = commands.add_parser("expr", parents=[shared], help="check one expression", allow_abbrev=False)
    expr.add_argument("expression", help="names, numbers, + - * / **, parentheses")
    expr.add_argument(
        "--at",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an input and its exact value, like tax=1.1; once for each",
    )
    expr.add_argument(
        "--upstream",
        default="1",
        metavar="VALUE",
        help="derivative of the final result with respect to the output (default: 1)",
    )
    listing = commands.add_parser("list", parents=[found], help="list the cases, check nothing", allow_abbrev=False)
    listing.set_defaults(layers=None)
    return parser


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
