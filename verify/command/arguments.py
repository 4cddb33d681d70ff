"""The command line: what may be said, and how what is left out is meant."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any, NoReturn

from verify import __version__
from verify.model.commands import COMMANDS
from verify.model.errors import InputError, nearest
from verify.model.identity import Shard
from verify.model.versions import environment
from verify.mutation.result import KINDS

_EXAMPLES = """\
examples:
  gradproof                                    check what [tool.gradproof] in pyproject.toml lists
  gradproof shopping.toml my_cases.py          check the cases of these files
  gradproof --report json=report.json -q       write a report, show failures only
  gradproof expr "apple * tax" --at apple=100 --at tax=1.1
  gradproof --baseline known.json              fail only on failures that the file does not list
  gradproof compare old.json new.json          compare two JSON reports
  gradproof --shard 1/2 --report json=1.json   check half of the cases; gradproof merge 1.json 2.json: the whole
  gradproof scan my_layers.py                  find hand-written gradients and check them, without a case
  gradproof fix my_cases.py                    look for a change that makes wrong gradients right
  gradproof mutate my_cases.py                 plant mistakes and count how many the cases catch
  gradproof explain cases                      how to write cases
  gradproof explain GP101 timeout REFUTED      explain a finding, a reason or a verdict, and what to do

exit status:
  0  every gradient is proved or agrees
  1  a gradient is wrong, undecided or raised an error, a float error exceeds its bound, or a contract is violated,
     and the baseline does not list it; or a proof is weaker than in the baseline; compare: something became worse
  2  the run could not start, nothing was checked, or a file is no Python (the others are checked)
  70 a bug in gradproof itself; 130 interrupted
"""
_OPTION = re.compile(r"-[qvh]+|--[a-z]{2}[a-z-]*(=.*)?")  # anything else with a minus, after `expr`, is an expression
_PLANTED = f"plant only mistakes of these classes: {', '.join(f'{kind} {text}' for kind, text in KINDS.items())}"
# What may come before the command as well.
_FLAG = re.compile("-[qvx]+|--(quiet|verbose|exitfirst|quick|strict|lf|ff|cache|no-cache|watch)")
_PRINTING = ("-h", "--help", "--version", "--print-completion")  # what stands before a command, or in its place
OF_MUTANTS, OF_FIXES = ("terminal", "json"), ("sarif", "json")  # the formats that mutate and fix write
LARGEST_MEMORY = 1_000_000  # GB
MEMORY_EXPECTED = f"expected a positive number of GB, at most {LARGEST_MEMORY:,}"
LONGEST_TIMEOUT = 1_000_000  # seconds: what every platform can wait for
SECONDS_EXPECTED = f"expected a positive number of seconds, at most {LONGEST_TIMEOUT:,}"
JOBS_EXPECTED = "expected a positive number of processes"
_SHARD = "only the Kth of N parts of the cases, for CI on N machines; gradproof merge puts their JSON reports together"
_BUDGET = (
    "time limit for trying changes, per case in seconds (default: 30); the exact gradient has 10 more, and a proof "
    "that has begun is finished"
)
_CACHE = "check only what has changed; results are stored in .gradproof_cache, for files that only compute"
# What argparse says of a value that is none of the choices, and of an option that it does not know.
_NO_CHOICE = re.compile(r"invalid choice: '(.*?)' \(choose from (.*)\)")
_NO_OPTION = re.compile(r"unrecognized arguments:.*? (--[\w-]+)")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}{self._meant(message)}\n{self.format_usage().rstrip()}")

    def _meant(self, message: str) -> str:
        """Return the value or the option that was probably meant by one that there is not."""
        if choice := _NO_CHOICE.search(message):
            return nearest(choice[1], re.findall(r"[\w-]+", choice[2]))
        unknown = _NO_OPTION.search(message)
        if unknown and (others := [name for name, command in self._commands() if unknown[1] in command.options()]):
            return f"; {unknown[1]} is an option of {', '.join(f'`gradproof {name}`' for name in others)}"
        return nearest(unknown[1], self.options()) if unknown else ""

    def options(self) -> set[str]:
        """Return all options, of this command and of those under it."""
        own = {option for action in self._actions for option in action.option_strings}
        return own.union(*(command.options() for _, command in self._commands()))

    def _commands(self) -> list[tuple[str, _Parser]]:
        """Return the commands under this one, by name."""
        below = [action.choices for action in self._actions if isinstance(action, argparse._SubParsersAction)]  # noqa: SLF001 - the type that add_subparsers returns
        return [item for choices in below for item in choices.items()]


class _Version(argparse.Action):
    """Print what a bug report needs, without importing any of it."""

    def __call__(self, parser: argparse.ArgumentParser, *args: Any) -> NoReturn:
        print(f"gradproof {__version__} ({', '.join(map(' '.join, environment().items()))})")
        parser.exit()


class _Completion(argparse.Action):
    """Print the script by which a shell completes the command; raises InputError if shtab is not installed."""

    def __call__(self, parser: argparse.ArgumentParser, _: Any, shell: Any, option: str | None = None) -> NoReturn:
        from verify.command.completion import script

        print(script(parser, shell, self.const), end="")
        parser.exit()


def parse(argv: Sequence[str], formats: Iterable[str]) -> argparse.Namespace:
    """Read the arguments; raises InputError, and SystemExit after --help and --version."""
    return build_parser(formats).parse_args(_with_command(argv))


def _with_command(argv: Sequence[str]) -> list[str]:
    """Put in the command that is meant: `run` unless another is named. An expression may start with a minus."""
    flags = list(takewhile(_FLAG.fullmatch, argv))
    rest = argv[len(flags) :]
    if rest and rest[0] in COMMANDS:
        argv = [rest[0], *flags, *rest[1:]]
    if not argv or argv[0].partition("=")[0] not in (*COMMANDS, *_PRINTING):
        return ["run", *argv]
    if argv[0] == "expr" and argv[1:] and argv[1].startswith("-") and not _OPTION.fullmatch(argv[1]):
        return [argv[0], f" {argv[1]}", *argv[2:]]
    return list(argv)


def build_parser(formats: Iterable[str]) -> argparse.ArgumentParser:
    """Return the parser of the whole command, which its documents are made of as well."""
    parser = _Parser(
        prog="gradproof",
        description="Check hand-written gradients: prove them exact, or show an input where they are wrong.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(cache=None, watch=False)
    parser.add_argument(
        "--version", action=_Version, nargs=0, help="print the versions that a bug report needs, and exit"
    )
    printed = "print the script by which this shell completes the command, and exit; needs gradproof[completion]"
    shells = ("bash", "zsh", "tcsh", "fish", "powershell")
    parser.add_argument("--print-completion", action=_Completion, choices=shells, const=[*formats], help=printed)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    checking, choosing = _checking(formats), _choosing()
    run = _add_command(commands, "run", checking, choosing)
    _add_running(run)
    run.add_argument("--cache", action=argparse.BooleanOptionalAction, help=_CACHE)
    watch = "with --cache, run again whenever a file changes, until Ctrl-C; needs gradproof[watch]"
    run.add_argument("--watch", action="store_true", help=watch)
    expr = _add_command(commands, "expr", checking)
    _add_expression(expr)
    _add_format(expr)
    expr.set_defaults(durations=None, jobs=1, shard=None, lastfailed=None, scheduler=None)
    listing = _add_command(commands, "list", choosing)
    listing.add_argument("--shard", type=_shard, metavar="K/N", help=_SHARD)
    listing.set_defaults(layers=None, timeout=None, memory=None, quiet=0)
    expr.set_defaults(baseline=None, baseline_update=False)
    _add_scanning(commands, checking)
    _add_others(commands, choosing)
    merge = _add_command(commands, "merge", _reporting(formats))
    merge.add_argument("reports", nargs="+", type=Path, metavar="REPORT.json", help="the report of a shard")
    _add_format(merge)
    return parser


def _add_command(commands: Any, name: str, *parents: _Parser) -> _Parser:
    """Add a command, whose help starts with what it does."""
    summary = COMMANDS[name]
    description = f"{summary[0].upper()}{summary[1:]}."
    parser: _Parser = commands.add_parser(
        name, parents=parents, help=summary, description=description, allow_abbrev=False
    )
    return parser


def _add_running(run: argparse.ArgumentParser) -> None:
    run.add_argument("-x", "--exitfirst", action="store_true", help="stop after the first case that fails")
    jobs = "check the files of cases in N processes at a time (default: as many as there are cores)"
    run.add_argument("-j", "--jobs", type=_jobs, metavar="N", help=jobs)
    cluster = "check them on this cluster of dask.distributed, each file on one of its workers; needs gradproof[dask]"
    run.add_argument("--scheduler", metavar="ADDRESS", help=cluster)
    run.add_argument("--shard", type=_shard, metavar="K/N", help=_SHARD)
    picking = run.add_mutually_exclusive_group()
    lf = "only the cases that failed last time, or all if none did; recorded in .gradproof_cache"
    picking.add_argument("--lf", "--last-failed", dest="lastfailed", action="store_const", const="only", help=lf)
    ff = "all cases, starting with those that failed last time"
    picking.add_argument("--ff", "--failed-first", dest="lastfailed", action="store_const", const="first", help=ff)
    slowest = "print the N slowest cases and their seconds to standard error; 0: all cases"
    run.add_argument("--durations", type=_count, metavar="N", help=slowest)
    _add_baseline(run)
    _add_format(run)


def _add_scanning(commands: Any, checking: _Parser) -> None:
    """Add the commands that need no cases."""
    scan = _add_command(commands, "scan", checking, _choosing(_PATHS))
    _add_running(scan)
    scan.add_argument("--no-run", action="store_true", help="list the gradients with their lines; nothing is imported")
    init = _add_command(commands, "init")
    init.add_argument("targets", nargs="*", metavar="PATH", help=_PATHS)
    init.add_argument("--diff", action="store_true", help="print the files as a diff and write none")
    init.set_defaults(layers=None, timeout=None, memory=None, quiet=0)


def _add_others(commands: Any, choosing: _Parser) -> None:
    """Add the commands that do not just check."""
    _add_command(commands, "cache").add_argument(
        "action", choices=("clear",), help="remove all of them from .gradproof_cache"
    )
    compare = _add_command(commands, "compare")
    compare.add_argument("old", type=Path, metavar="OLD.json", help="the report before")
    compare.add_argument(
        "new", type=Path, metavar="NEW.json", help="the newer report; exit status 1 if something is worse"
    )
    mutate = _add_command(commands, "mutate", _checking(OF_MUTANTS), choosing)
    mutate.add_argument("--operators", type=_kinds, default=(), metavar="M1,M5", help=_PLANTED)
    fix = _add_command(commands, "fix", _checking(OF_FIXES), choosing)
    scanned = "the gradients that have no case, called as `gradproof scan` calls them; targets are its paths"
    fix.add_argument("--scan", action="store_true", help=scanned)
    fix.add_argument("--fix-budget", type=_seconds, default=30, metavar="SECONDS", help=_BUDGET)
    output = fix.add_mutually_exclusive_group()
    output.add_argument("--diff", action="store_true", help="print the changes alone, as a diff for `git apply`")
    output.add_argument("--write", action="store_true", help="change the files, if every change was proved")
    explain = _add_command(commands, "explain")
    explain.add_argument(
        "codes",
        nargs="*",
        metavar="KEY",
        help="a code, like GP101, a reason, like timeout, a verdict, like REFUTED, or a setting, like seed; "
        "`cases`: how to write cases; `extend`: how to extend gradproof; "
        "`coverage`: the functions that it traces; "
        "`compiled`: how it checks compiled code; none: the list of all",
    )


def _add_format(parser: argparse.ArgumentParser) -> None:
    shape = "full: a table for each case (default); concise: a line for each failure, then the summary"
    parser.add_argument("--format", choices=("full", "concise"), default="full", help=shape)


def _add_baseline(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    accepted = "failures listed in this file do not fail the run; a proof listed in it must stay a proof"
    add("--baseline", metavar="FILE", help=accepted)
    add("--baseline-update", action="store_true", help="write the file of --baseline: it accepts all current failures")


def _reporting(formats: Iterable[str]) -> _Parser:
    """Return what every command takes that writes reports."""
    parser = _Parser(add_help=False)
    add = parser.add_argument
    add("-q", "--quiet", action="count", default=0, help="print failures and the summary only; -qq prints nothing")
    add("-v", "--verbose", action="count", default=0, help="print forward values, and the evidence for each verdict")
    written = f"write a report; may be repeated; formats: {', '.join(formats)}"
    add("--report", action="append", default=[], metavar="FORMAT[=PATH]", help=written)
    color = "default: auto, which honours NO_COLOR and FORCE_COLOR"
    add("--color", choices=("auto", "always", "never"), default="auto", help=color)
    return parser


def _checking(formats: Iterable[str]) -> _Parser:
    """Return what every checking command takes."""
    parser = _Parser(add_help=False, parents=[_reporting(formats)])
    add = parser.add_argument
    add("--seed", type=int, help="seed of the random evaluations (default: 0); verdicts do not depend on it")
    seconds = "time limit per case in seconds (default: 60); on timeout the case is UNDECIDED"
    add("--timeout", type=_seconds, metavar="SECONDS", help=seconds)
    size = "memory limit per case in GB, child processes included (default: 4); above it, the case is UNDECIDED"
    add("--memory", type=_gigabytes, metavar="GB", help=size)
    quick = "check only the formula, at the sample: no other regions, contracts or floats"
    add("--quick", action="store_true", help=quick)
    strict = "hazards and stale baseline entries fail the run too"
    add("--strict", action="store_true", help=strict)
    layers = "take AddLayer, MulLayer, ... from this module or file, not from gradproof's own"
    add("--layers", metavar="MODULE", help=layers)
    return parser


def _count(text: str) -> int:
    """Read a number of things; raises ArgumentTypeError."""
    if not re.fullmatch("[0-9]{1,9}", text):
        raise argparse.ArgumentTypeError(f"{text!r}: expected a non-negative integer")
    return int(text)


def _jobs(text: str) -> int:
    """Read a number of processes; raises InputError."""
    if not re.fullmatch("0*[1-9][0-9]{0,8}", text):
        raise InputError(f"--jobs {text!r}: {JOBS_EXPECTED}")
    return int(text)


def _shard(text: str) -> Shard:
    """Read which part of how many is meant; raises InputError."""
    match = re.fullmatch("([0-9]{1,6})/([0-9]{1,6})", text)
    shard = Shard(*map(int, match.groups())) if match else Shard(0, 0)
    if not 1 <= shard.number <= shard.of:
        raise InputError(f"--shard {text!r}: expected K/N, a part from 1 to N and how many there are, as in 3/16")
    return shard


def _seconds(text: str) -> float:
    """Read a time limit; raises ArgumentTypeError."""
    return _positive(text, LONGEST_TIMEOUT, SECONDS_EXPECTED)


def _gigabytes(text: str) -> float:
    """Read a limit on memory; raises ArgumentTypeError."""
    return _positive(text, LARGEST_MEMORY, MEMORY_EXPECTED)


def _positive(text: str, largest: float, expected: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value <= largest:
        raise argparse.ArgumentTypeError(f"{text!r}: {expected}")
    return value


def _kinds(text: str) -> tuple[str, ...]:
    """Read classes of mistakes; raises ArgumentTypeError."""
    kinds = tuple(kind.strip().upper() for kind in text.split(","))
    for kind in kinds:
        if kind not in KINDS:
            raise argparse.ArgumentTypeError(f"{kind!r} is not a class of mistakes; known: {', '.join(KINDS)}")
    return kinds


_TARGETS = "a TOML file, a Python file, a module, a package, or a directory of verify_*.py; none: see pyproject.toml"
_PATHS = "a Python file or a directory; none: the working directory"


def _choosing(targets: str = _TARGETS) -> _Parser:
    """Return how cases are chosen."""
    parser = _Parser(add_help=False)
    add = parser.add_argument
    add("targets", nargs="*", metavar="TARGET" if targets == _TARGETS else "PATH", help=targets)
    pattern = "only cases whose name matches: words, and, or, not, parentheses"
    add("-k", dest="pattern", metavar="EXPR", help=pattern)
    very_name = "only the case with exactly this name; may be repeated"
    add("--case", dest="names", action="append", default=[], metavar="NAME", help=very_name)
    return parser


def _add_expression(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("expression", help="names, numbers, + - * / **, parentheses")
    at = "an input and its exact value, like tax=1.1; once for each"
    add("--at", action="append", default=[], metavar="NAME=VALUE", help=at)
    bound = "the {} bound of an input, like {}: gradients are claimed within"
    add("--low", action="append", default=[], metavar="NAME=VALUE", help=bound.format("lower", "x=0"))
    add("--high", action="append", default=[], metavar="NAME=VALUE", help=bound.format("upper", "x=1"))
    closed = "an input whose bounds belong to the claim, like x, or one of them, like x=low"
    add("--closed", action="append", default=[], metavar="NAME[=SIDE]", help=closed)
    upstream = "derivative of the final result with respect to the output (default: 1)"
    add("--upstream", default="1", metavar="VALUE", help=upstream)
