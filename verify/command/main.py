"""The command: arguments in, reports and an exit status out."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import shlex
import sys
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from verify.cache.folder import FOLDER, name
from verify.command.arguments import parse
from verify.command.reporting import report, show
from verify.command.selection import selected, unparsed
from verify.command.starting import add_extensions, settings, start_workers
from verify.discovery.packages import REPORTS, beside
from verify.model.errors import InputError, WorkerError
from verify.model.versions import environment

if TYPE_CHECKING:
    from reports.write import Request
    from verify.baseline.accepted import BaselineUse
    from verify.model.result import CaseResult
    from verify.runner.workers import CollectedCase

_ELSEWHERE = re.compile(  # what is not said again by who repeats a run
    "--(report|jobs|scheduler)=.*|-[qv]+|-j.*|--lf|--ff|--(last-failed|failed-first|cache|no-cache|watch)", re.DOTALL
)
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
    except Exception as bug:  # noqa: BLE001 - whatever it is, a traceback's exit status 1 would pass for a verdict
        stderr.write(str(bug) if isinstance(bug, WorkerError) else traceback.format_exc())
        stderr.write("gradproof: this is a bug in gradproof itself; please report it with the lines above\n")
        return _INTERNAL_ERROR


def _command(argv: Sequence[str]) -> int:
    if (again := _recalled(argv)) is not None:
        return again
    beside("reports", REPORTS)  # by its place: what PYTHONPATH leads to is the user's
    from reports import FORMATS

    try:
        options = parse(argv, FORMATS)
    except SystemExit as asked_for:  # --help and --version print and exit
        return int(asked_for.code or 0)
    if options.command == "explain":
        print(_explained(options.codes), end="")
        return 0
    if options.command == "compare":
        from verify.baseline.compare import compared

        text, status = compared(options.old, options.new)
        print(text, end="")
        return status
    if options.command == "merge":
        return _merge(options)
    if options.command == "cache":
        from verify.cache.store import clear
        from verify.model.result import plural

        print(f"removed the results of {plural(clear(), 'file')} of cases")
        return 0
    if options.command == "scan" and options.no_run:
        from verify.command.scanning import listed

        return listed(options.targets)
    if options.watch:
        from verify.command.config import find
        from verify.command.watching import watched

        if options.cache is False:
            raise InputError("--watch takes stored results, --no-cache takes none: leave out one of them")
        options.cache = True
        return watched(lambda: _working(argv, options), options.targets or find(Path.cwd()).targets)
    return _working(argv, options)


def _working(argv: Sequence[str], options: argparse.Namespace) -> int:
    """Run a command that has the user's code run, by workers."""
    from verify.cache.printed import state
    from verify.command.config import find
    from verify.runner.progress import Progress

    if options.command == "run" and options.cache is None and options.scheduler is None:
        options.cache = find(Path.cwd()).cache
    reads = options.command in ("scan", "init")  # source first, which may have nothing to run
    later = options.cache or reads
    with Progress(sys.stderr, silent=options.quiet > 1) as progress, start_workers(later=later) as workers:
        if options.command == "init":
            from verify.command.scanning import initial

            settings(workers, options)
            return initial(workers, options.targets, diff=options.diff)
        if options.command == "list":
            from verify.command.shards import divided

            return _list(divided(selected(workers, options, settings(workers, options)), options.shard)[0])
        if options.command == "mutate":
            from verify.command.mutating import mutate

            return mutate(workers, options, progress)
        if options.command == "fix":
            from verify.command.fixing import fix

            return fix(workers, options, progress, argv)
        from verify.command.checking import GATES, run_cases

        before = state(argv) if options.cache else None
        run, requests, baseline, cache = run_cases(workers, options, progress)
    if any(request.format == "html" for request in requests):
        run = replace(run, command=_again(argv, run.seed), environment=tuple(environment().items()))
    run, texts, note = baseline.judged(run)
    status, text = report(run, requests, options, texts, note)
    if options.command in GATES:
        from verify.command.lastfailed import keep

        keep(options.command, run.cases)
    if cache and before and run.complete and _prints_alone(options, requests, baseline):
        cache.keep_text(argv, before, text, status)
    if options.durations is not None:
        sys.stderr.write(progress.slowest(options.durations))
    return status


def _recalled(argv: Sequence[str]) -> int | None:
    """Print what this very command printed before, if a run would print it again; returns its exit status, or None."""
    if not Path(FOLDER, name(argv)).exists():
        return None
    from verify.cache.printed import recall

    if (recalled := recall(argv)) is None:
        return None
    text, status = recalled
    show(text)
    return status


def _prints_alone(options: argparse.Namespace, requests: Sequence[Request], baseline: BaselineUse) -> bool:
    """Tell whether all that a run does is to print its text: it writes no report, and nothing to standard error."""
    others = (requests, baseline.path, options.lastfailed, options.watch, options.memory)
    return not any(others) and options.durations is None and options.verbose <= options.quiet


def _explained(codes: Sequence[str]) -> str:
    """Return what findings, reasons and verdicts mean, or one of the longer pages."""
    from verify import extend
    from verify.command.config import find
    from verify.model.explanations import explained

    if list(codes) == ["extend"]:
        return f"{extend.__doc__}"
    if list(codes) == ["cases"]:
        from verify.discovery.writing import HELP as WRITING

        return WRITING
    if list(codes) == ["coverage"]:
        from verify.tracing.coverage import page

        return page()
    if list(codes) == ["compiled"]:
        from verify.tracing.outside.compiled import HELP

        return HELP
    add_extensions(find(Path.cwd()))
    return explained(codes)


def _again(argv: Sequence[str], seed: int) -> str:
    """Return the command without the reports that it writes and the processes that it takes, with the seed."""
    left_out = {"--report", "--jobs", "-j", "--scheduler"}
    arguments = [text for before, text in zip(["", *argv], argv, strict=False) if not {before, text} & left_out]
    arguments = [text for text in arguments if not _ELSEWHERE.fullmatch(text)]
    seeded = any(text == "--seed" or text.startswith("--seed=") for text in arguments)
    return shlex.join(["gradproof", *arguments, *([] if seeded else ["--seed", str(seed)])])


def _list(cases: Sequence[CollectedCase | CaseResult]) -> int:
    """Print the cases; what could not be imported goes to standard error."""
    from verify.model.result import CaseResult

    failed = [case for case in cases if isinstance(case, CaseResult)]
    for case in cases:
        if case not in failed:
            print(f"{case.where}: {case.name}")
    for case in failed:
        print(f"gradproof: {case.name}: {case.comparisons[0].evidence.detail}", file=sys.stderr)
    return 2 if unparsed(cases) else int(bool(failed))


def _merge(options: argparse.Namespace) -> int:
    """Report the result that several reports are the parts of; returns its exit status."""
    from reports.jsonread import read
    from reports.write import requests
    from verify.command.merging import merged

    wanted = requests(options.report, [Path(os.path.realpath(path)) for path in options.reports])
    run = merged(options.reports, read)
    command = shlex.join(["gradproof", "merge", *map(str, options.reports)])
    return report(replace(run, command=command), wanted, options)[0]
