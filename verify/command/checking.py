"""The cases of a run, checked: by processes of this machine or a cluster, with stored results and a baseline."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from verify import __version__
from verify.command.selection import selected
from verify.command.starting import settings
from verify.model.errors import InputError

if TYPE_CHECKING:
    from reports.write import Request
    from verify.baseline.accepted import BaselineUse
    from verify.cache.cache import Cache
    from verify.command.config import Config
    from verify.model.result import CaseResult, Run
    from verify.runner.cluster import Cluster
    from verify.runner.crew import Crew
    from verify.runner.progress import Progress
    from verify.runner.workers import Workers

GATES = ("run", "scan")  # commands that check all cases of their targets


class Checked(NamedTuple):
    """The result of a run, the reports asked for, the baseline, and the stored results."""

    run: Run
    requests: list[Request]
    baseline: BaselineUse
    cache: Cache | None


def run_cases(workers: Workers, options: argparse.Namespace, progress: Progress) -> Checked:
    """Check the cases that the command is about."""
    from reports import renderer
    from reports.write import requests
    from verify.command import lastfailed
    from verify.command.shards import divided
    from verify.model.identity import CaseId
    from verify.model.result import CaseResult, Run

    _check_together(options)
    if options.shard and options.lastfailed == "only":
        raise InputError("--lf skips cases of the shard, which no other machine checks: leave out --shard or --lf")
    config = settings(workers, options)
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
            if options.command in GATES and options.exitfirst and not results[-1].passes:
                break
    complete = len(results) == len(cases)
    if cache:
        cache.keep()
        sys.stderr.write("".join(cache.notes()) if options.verbose > options.quiet else "")
    run = Run(
        tuple(results), seed, __version__, complete, strict=options.strict, quick=options.quick, shard=options.shard
    )
    return Checked(run, wanted, baseline, cache)


def _check_together(options: argparse.Namespace) -> None:
    """Refuse options that say two things of one; raises InputError."""
    if options.scheduler is not None:
        for name in ("jobs", "watch", "cache"):
            if getattr(options, name):
                raise InputError(f"--{name} applies to this machine, --scheduler to others: leave out one of them")


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
        sys.stderr.write("gradproof: no results are stored: extensions in [tool.gradproof] may change verdicts\n")
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
    part = options.command not in GATES or options.pattern is not None or options.names
    targets = () if part else tuple(options.targets or config.targets)
    return use_baseline(path, update=options.baseline_update, targets=targets, quick=options.quick)


def _as_asked(result: CaseResult, options: argparse.Namespace) -> CaseResult:
    """Return a result as the options have it: strict, and repeated with the same layers."""
    from verify.model.result import strict

    result = strict(result) if options.strict else result
    if not options.layers:
        return result
    return replace(result, reproduce=(*result.reproduce, "--layers", options.layers))
