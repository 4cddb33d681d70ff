"""`gradproof merge`: JSON reports of shards, or of other parts of the cases, as the result of one run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain, zip_longest
from pathlib import Path
from typing import NamedTuple

from verify.model.errors import InputError
from verify.model.identity import Shard
from verify.model.result import CaseResult, Run

_ALIKE = {"version": "the version of gradproof", "seed": "--seed", "quick": "--quick", "strict": "--strict"}


class Report(NamedTuple):
    """A report, and the file that it is in."""

    path: Path
    run: Run


def merged(paths: Sequence[Path], read: Callable[[str], Run]) -> Run:
    """Return the result of the run that some reports, as `read`, are the parts of; raises InputError for others."""
    reports = [Report(path, _read(path, read)) for path in paths]
    _check_alike(reports)
    _check_shards(reports)
    _check_apart(reports)
    runs = [report.run for report in sorted(reports, key=lambda report: report.run.shard or Shard(0, 0))]
    parts = zip_longest(*(run.cases for run in runs)) if runs[0].shard else (run.cases for run in runs)
    return replace(
        runs[0],
        cases=tuple(case for case in chain.from_iterable(parts) if case is not None),
        stale=tuple(dict.fromkeys(entry for run in runs for entry in run.stale)),
        complete=all(run.complete for run in runs),
        shard=None,
    )


def _read(path: Path, read: Callable[[str], Run]) -> Run:
    try:
        return read(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise InputError(f"{path}: {problem.strerror}") from None
    except (ValueError, RecursionError) as problem:
        raise InputError(f"{path} is not a JSON report of a run by this version of gradproof: {problem}") from None


def _check_alike(reports: Sequence[Report]) -> None:
    first = reports[0]
    for report in reports[1:]:
        for name, words in _ALIKE.items():
            if getattr(report.run, name) != getattr(first.run, name):
                raise InputError(f"{report.path} differs from {first.path} in {words}: make both in the same way")


def _check_shards(reports: Sequence[Report]) -> None:
    """Refuse shards that are not each of a run once: what is missing was checked by nobody."""
    shards = [report.run.shard for report in reports]
    of = next((shard.of for shard in shards if shard), 0)
    seen: dict[int, Path] = {}
    for report, shard in zip(reports, shards, strict=True):
        if (shard.of if shard else 0) != of:
            others = f"{report.path} is {f'shard {shard}' if shard else 'of no shard'}"
            raise InputError(f"{others}, another report is one of {of} shards: merge the shards of one run")
        if shard and shard.number in seen:
            raise InputError(f"{report.path} and {seen[shard.number]} are both shard {shard}: name each once")
        seen[shard.number if shard else 0] = report.path
    missing = [str(Shard(number, of)) for number in range(1, of + 1) if number not in seen]
    if missing:
        raise InputError(f"shard {', '.join(missing)} is missing: its cases were not checked")


def _check_apart(reports: Sequence[Report]) -> None:
    seen: dict[object, Path] = {}
    for report in reports:
        for case in report.run.cases:
            if (other := seen.setdefault(_id(case), report.path)) != report.path:
                raise InputError(f"{case.id} is in {other} and in {report.path}: merge reports of different cases")


def _id(case: CaseResult) -> object:
    return case.where, case.name, case.target
