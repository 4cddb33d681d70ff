"""Which cases the command is about: those of its targets that -k and --case choose."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from verify.model.errors import InputError, nearest

if TYPE_CHECKING:
    from verify.command.config import Config
    from verify.model.result import CaseResult
    from verify.runner.workers import CollectedCase, Workers


def selected(workers: Workers, options: argparse.Namespace, config: Config) -> list[CollectedCase | CaseResult]:
    """Return the cases that the command is about, and rows for what failed; raises InputError if there are none."""
    from verify.discovery.targets import of_expression
    from verify.runner.workers import CollectedCase

    layers = options.layers or config.layers
    if options.command == "scan" or (options.command == "fix" and options.scan):
        from verify.command.scanning import scanned

        # A change that fix makes is tried on all cases that run what it changes.
        return _chosen(scanned(workers, options.targets, options.names if options.command == "scan" else ()), options)
    if options.command == "expr":
        domain = [(side, text) for side in ("low", "high", "closed") for text in getattr(options, side)]
        return workers.cases(of_expression(options.expression, options.at, options.upstream, layers, domain))
    targets = options.targets or config.targets
    if not targets:
        raise InputError(
            "nothing to check: name a file of cases (`gradproof explain cases` says how to write one), "
            "or list targets in [tool.gradproof] of pyproject.toml"
        )
    collected = workers.collected(targets, layers)
    if not any(isinstance(case, CollectedCase) for case in collected):
        _check_parsed(targets)
    return _chosen(collected, options)


def unparsed(cases: Iterable[CollectedCase | CaseResult]) -> bool:
    """Tell whether one of the files is no Python."""
    from verify.model.result import CaseResult

    return any(isinstance(case, CaseResult) and case.unparsed for case in cases)


def _check_parsed(targets: Sequence[str]) -> None:
    """Refuse targets that are no Python, each with its line, where there is nothing else to check."""
    from verify.discovery.sources import broken

    problems = [broken(Path(target)) for target in targets if target.endswith(".py")]
    if all(problems) and len(problems) == len(targets):
        raise InputError("\n".join(f"{problem}: fix the file" for problem in problems))


def _chosen(cases: list[CollectedCase | CaseResult], options: argparse.Namespace) -> list[CollectedCase | CaseResult]:
    """Return the cases that -k and --case name, and what could not be imported; raises InputError for none."""
    chosen = [case for case in cases if _is_meant(case, options)]
    if chosen:
        _check_names(options.names, cases)
    else:
        option, word = ("-k", options.pattern) if options.pattern is not None else ("--case", options.names[0])
        hint = nearest(word, {case.name for case in cases}) or "; `gradproof list` prints their names"
        raise InputError(f"nothing to check: {option} {word!r} matches none of {_counted(cases)}{hint}")
    return chosen


def _counted(cases: Sequence[object]) -> str:
    return f"{len(cases)} case{'' if len(cases) == 1 else 's'}"


def _check_names(names: Sequence[str], cases: Sequence[CollectedCase | CaseResult]) -> None:
    """Refuse a name that no case has: one that was renamed is not to drop out of a gate unseen."""
    from verify.runner.workers import CollectedCase

    existing = {case.name for case in cases}
    if all(isinstance(case, CollectedCase) for case in cases):  # or else it may be where nothing could be imported
        for name in names:
            if name not in existing:
                raise InputError(f"--case {name!r} is none of {_counted(cases)}{nearest(name, existing)}")


def _is_meant(case: CollectedCase | CaseResult, options: argparse.Namespace) -> bool:
    """Tell whether a case is chosen; the row of what could not be imported always is, as any case may be lost there."""
    from verify.discovery.select import matches
    from verify.model.reasons import Reason
    from verify.runner.workers import CollectedCase

    named = not options.names or case.name in options.names
    matching = options.pattern is None or matches(options.pattern, case.name)
    has_name = isinstance(case, CollectedCase) or case.comparisons[0].evidence.reason is Reason.NOT_SET_UP
    return not has_name or (named and matching)
