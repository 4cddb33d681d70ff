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
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TextIO

from verify import __version__
from verify.cache.folder import FOLDER, name
from verify.command.arguments import parse
from verify.command.reporting import colored, report, show
from verify.command.selection import selected
from verify.discovery.packages import REPORTS, beside
from verify.model.errors import InputError, WorkerError
from verify.model.versions import environment

if TYPE_CHECKING:
    from reports.write import Request
    from verify.baseline.accepted import BaselineUse
    from verify.cache.cache import Cache
    from verify.command.config import Config
    from verify.model.result import CaseResult, Run
    from verify.runner.cluster import Cluster
    from verify.runner.crew import Crew
    from verify.runner.progress import Progress
    from verify.runner.workers import CollectedCase, Workers

_GATES = ("run", "scan")  # commands that check all cases of their targets
_ELSEWHERE = re.compile(  # what is not said again by who repeats a run
    "--(report|jobs|scheduler)=.*|-[qv]+|-j.*|--lf|--ff|--(last-failed|failed-first|cache|no-cache|watch)", re.DOTALL
)
_INTERNAL_ERROR = 70  # EX_SOFTWARE of sysexits.h: never to be taken for a verdict


class _Checked(NamedTuple):
    """The result of a run, the reports asked for, the baseline, and the stored results."""

    run: Run
    requests: list[Request]
    baseline: BaselineUse
    cache: Cache | None


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
    with Progress(sys.stderr, silent=options.quiet > 1) as progress, _started(later=options.cache) as workers:
        if options.command == "init":
            from verify.command.scanning import initial

            _settings(workers, options)
            return initial(workers, options.targets, diff=options.diff)
        if options.command == "list":
            from verify.command.shards import divided

            return _list(divided(selected(workers, options, _settings(workers, options)), options.shard)[0])
        if options.command == "mutate":
            return _mutate(workers, options, progress)
        if options.command == "fix":
            return _fix(workers, options, progress, argv)
        before = state(argv) if options.cache else None
        run, requests, baseline, cache = _run(workers, options, progress)
    if any(request.format == "html" for request in requests):
        run = replace(run, command=_again(argv, run.seed), environment=tuple(environment().items()))
    run, texts, note = baseline.judged(run)
    status, text = report(run, requests, options, texts, note)
    if options.command in _GATES:
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
    _extend(find(Path.cwd()))
    return explained(codes)


def _started(*, later: bool = False) -> Workers:
    """Start a worker, which goes on starting while we import what we need; `later`, only once it is needed."""
    from verify.runner.process import Process

    process = Process(later=later)
    from verify.runner.workers import Workers

    return Workers(process)


def _again(argv: Sequence[str], seed: int) -> str:
    """Return the command without the reports that it writes and the processes that it takes, with the seed."""
    left_out = {"--report", "--jobs", "-j", "--scheduler"}
    arguments = [text for before, text in zip(["", *argv], argv, strict=False) if not {before, text} & left_out]
    arguments = [text for text in arguments if not _ELSEWHERE.fullmatch(text)]
    seeded = any(text == "--seed" or text.startswith("--seed=") for text in arguments)
    return shlex.join(["gradproof", *arguments, *([] if seeded else ["--seed", str(seed)])])


def _settings(workers: Workers, options: argparse.Namespace) -> Config:
    """Return the project's settings, and give the workers their limits."""
    from verify.command.config import find
    from verify.runner.memory import GIGABYTE, WATCHED

    config = find(Path.cwd())
    workers.extensions = config.extensions, config.folder
    workers.limit = options.timeout or config.timeout
    workers.memory = (options.memory or config.memory) * GIGABYTE
    if options.memory and not WATCHED:
        sys.stderr.write("gradproof: memory cannot be watched on this system: --memory has no effect\n")
    if config.extensions:
        workers.extend()  # what ends its process, or never ends, is not to be imported here
        _extend(config)
    return config


def _extend(config: Config) -> None:
    """Import here as well what the project adds to gradproof."""
    from verify.discovery.extensions import extended

    extended(config.extensions, config.folder)


def _run(workers: Workers, options: argparse.Namespace, progress: Progress) -> _Checked:
    """Check the cases that the command is about."""
    from reports import renderer
    from reports.write import requests
    from verify.command import lastfailed
    from verify.command.shards import divided
    from verify.model.identity import CaseId
    from verify.model.result import CaseResult, Run

    _check_together(options)
    if options.shard and options.lastfailed == "only":
        raise InputError("--lf leaves out cases of the shard, which nobody would check then: leave out --shard or --lf")
    config = _settings(workers, options)
    baseline_path = options.baseline or config.baseline
    wanted = requests(options.report, [Path(os.path.realpath(baseline_path))] if baseline_path else [])
    workers.quick = options.quick
    baseline = _baseline(options, config, wanted)
    seed = config.seed if options.seed is None else options.seed
    cache = _cache(workers, options, config, seed)
    for form in {request.format for request in wanted} | {"terminal"}:
        renderer(form)  # imported while the worker starts
    every = selected(workers, options, config)
    cases, others = divided(every, options.shard)
    if options.lastfailed:
        cases, more, note = lastfailed.picked(cases, options.command, only=options.lastfailed == "only")
        others += more
        sys.stderr.write("" if options.quiet > 1 else f"gradproof: {note}\n")
    if others:
        broken = any(isinstance(case, CaseResult) and case.target for case in others)
        baseline = baseline.sharded((CaseId(case.where.file, case.name) for case in others), broken=broken)
    results = []
    with (
        _crew(workers, options, config) as crew,
        closing(cache.checked(crew, cases, seed) if cache else crew.checked(cases, seed)) as checked,
    ):
        for case in progress.over(cases, lines=options.verbose > options.quiet):
            result, seconds = next(checked)
            progress.took(case, seconds)
            results.append(baseline.before.marked(_as_asked(result, options)))
            if options.command in _GATES and options.exitfirst and not results[-1].passes:
                break
    complete = len(results) == len(cases)
    if cache:
        cache.keep()
        sys.stderr.write("".join(cache.notes()) if options.verbose > options.quiet else "")
    run = Run(
        tuple(results), seed, __version__, complete, strict=options.strict, quick=options.quick, shard=options.shard
    )
    return _Checked(run, wanted, baseline, cache)


def _check_together(options: argparse.Namespace) -> None:
    """Refuse options that say two things of one; raises InputError."""
    if options.scheduler is not None:
        for name in ("jobs", "watch", "cache"):
            if getattr(options, name):
                raise InputError(f"--{name} is of this machine, --scheduler of others: leave out one of them")


def _crew(workers: Workers, options: argparse.Namespace, config: Config) -> Crew | Cluster:
    """Return what checks the cases: processes of this machine, or a cluster."""
    if options.scheduler is not None:
        from verify.runner.cluster import Cluster

        return Cluster(options.scheduler, workers)
    from verify.runner.crew import Crew, cores

    return Crew(workers, options.jobs or config.jobs or cores())


def _cache(workers: Workers, options: argparse.Namespace, config: Config, seed: int) -> Cache | None:
    """Return the stored results of the cases, where that is asked for."""
    if not options.cache:
        return None
    if config.extensions:
        sys.stderr.write("gradproof: nothing is kept: [tool.gradproof] extensions may change what is decided\n")
        return None
    from verify.cache.cache import Cache

    cache = Cache(workers, seed)
    cache.look(options.targets or config.targets, options.layers or config.layers)
    return cache


def _baseline(options: argparse.Namespace, config: Config, wanted: Sequence[Request]) -> BaselineUse:
    """Open the baseline; one that has a report's file, or could not be written after the run, is an InputError."""
    from reports.write import writable
    from verify.baseline.accepted import use_baseline

    name = options.baseline or (config.baseline if options.command == "run" else None)
    path = Path(name) if name else None
    if name and options.baseline_update:
        path = writable(name, "--baseline", [request.path for request in wanted])
    part = options.command not in _GATES or options.pattern is not None or options.names
    targets = () if part else tuple(options.targets or config.targets)
    return use_baseline(path, update=options.baseline_update, targets=targets, quick=options.quick)


def _mutate(workers: Workers, options: argparse.Namespace, progress: Progress) -> int:
    """Plant errors in the code of the cases, and report what becomes of them; returns the exit status."""
    from reports import mutants
    from reports.write import requests, write
    from verify.mutation.result import How, exit_status
    from verify.mutation.survey import surveyed
    from verify.runner.crew import Crew

    config, wanted = _settings(workers, options), requests(options.report)
    if unknown := [request.format for request in wanted if request.format not in ("json", "terminal")]:
        raise InputError(f"--report {unknown[0]}: mutate writes the formats terminal and json only")
    how = How(config.seed if options.seed is None else options.seed, options.quick, options.strict)
    with Crew(workers) as crew:
        cases = selected(workers, options, config)
        surveys = [surveyed(crew, case, how, options.operators, progress) for case in cases]
    verbosity = options.verbose - options.quiet
    texts = {"json": lambda: mutants.document(surveys, __version__)}
    texts["terminal"] = lambda: mutants.render(surveys, color=colored(options.color), verbosity=verbosity)
    write({request.path: texts[request.format]() for request in wanted if request.path})
    on_stdout = [request.format for request in wanted if request.path is None] or ["terminal"]
    if verbosity > -2 or any(request.path is None for request in wanted):
        print("".join(texts[name]() for name in on_stdout), end="", flush=True)
    return exit_status(surveys)


def _fix(workers: Workers, options: argparse.Namespace, progress: Progress, argv: Sequence[str]) -> int:
    """Look for changes that make wrong gradients right, and write them where asked; returns the exit status."""
    from reports import edits, fixes
    from reports.write import requests
    from reports.write import write as write_reports
    from verify.mutation.result import How
    from verify.repair.result import State
    from verify.repair.search import repaired
    from verify.repair.write import write
    from verify.runner.crew import Crew

    config, wanted = _settings(workers, options), requests(options.report)
    if unknown := [request.format for request in wanted if request.format != "sarif" or request.path is None]:
        raise InputError(f"--report {unknown[0]}: fix writes sarif=PATH only; --diff prints the changes alone")
    how = How(config.seed if options.seed is None else options.seed, options.quick, options.strict)
    verbosity = options.verbose - options.quiet
    with Crew(workers) as crew:
        cases = selected(workers, options, config)
        repairs = repaired(crew, cases, how, options.fix_budget, progress, lines=verbosity > 0)
    right = {State.RIGHT, State.FIXED} if options.write else {State.RIGHT}
    status = int(not {repair.state for repair in repairs} <= right)
    write_reports({request.path: edits.render(repairs, __version__, status) for request in wanted if request.path})
    again = "" if options.write else shlex.join(["gradproof", *argv, "--write"])
    text = (
        fixes.diffs(repairs)
        if options.diff
        else fixes.render(repairs, color=colored(options.color), verbosity=verbosity, again=again)
    )
    if verbosity > -2 or options.diff:
        print(text, end="", flush=True)
    if options.diff:
        sys.stderr.write(fixes.without_diff(repairs))
    if options.write and (changed := write([repair.fix for repair in repairs if repair.fix])):
        sys.stderr.write(f"gradproof: changed {', '.join(changed)}\n")
    return status


def _as_asked(result: CaseResult, options: argparse.Namespace) -> CaseResult:
    """Return a result as the options have it: strict, and repeated with the same layers."""
    from verify.model.result import strict

    result = strict(result) if options.strict else result
    if not options.layers:
        return result
    return replace(result, reproduce=(*result.reproduce, "--layers", options.layers))


def _list(cases: Sequence[CollectedCase | CaseResult]) -> int:
    """Print the cases; what could not be imported goes to standard error."""
    from verify.model.result import CaseResult

    failed = [case for case in cases if isinstance(case, CaseResult)]
    for case in cases:
        if case not in failed:
            print(f"{case.where}: {case.name}")
    for case in failed:
        print(f"gradproof: {case.name}: {case.comparisons[0].evidence.detail}", file=sys.stderr)
    return 1 if failed else 0


def _merge(options: argparse.Namespace) -> int:
    """Report the result that several reports are the parts of; returns its exit status."""
    from reports.jsonread import read
    from reports.write import requests
    from verify.command.merging import merged

    wanted = requests(options.report, [Path(os.path.realpath(path)) for path in options.reports])
    run = merged(options.reports, read)
    command = shlex.join(["gradproof", "merge", *map(str, options.reports)])
    return report(replace(run, command=command), wanted, options)[0]
