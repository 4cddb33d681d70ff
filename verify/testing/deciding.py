"""What takes the place of a checker of a framework: its verdict where there is one, and that checker's elsewhere.

A checker that compares with finite differences at one point is what is left where a function cannot be followed; then
a warning says so, since it proves nothing.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from verify.cases.case import TracedCase
from verify.model.errors import GradproofError
from verify.model.result import CaseResult, Verdict
from verify.testing.assertions import failure, judged

Bounds = tuple[float | None, float | None]
# The domains that are tried, the widest first: a logarithm takes no negative numbers, an arc sine none above 1.
DOMAINS: tuple[Bounds, ...] = ((None, None), (0, None), (0, 1), (-1, 1), (1, None))
_DRAWS = 3  # points at which a function has to be finite to be claimed on a domain
_POINTS = "{}: not decided ({}); {} has judged it at the point that was given"
_log = logging.getLogger("gradproof")


class PointsOnlyWarning(UserWarning):
    """A gradient was not decided, and is judged at a point by the checker of the framework."""


class Decision(NamedTuple):
    """What became of a case: it is right, it is `wrong` with a report, or it is `open` for a reason."""

    wrong: str = ""
    open: str = ""


def decided(name: str, make: Callable[[], TracedCase]) -> Decision:
    """Decide a case: proofs and refutations alone count, and the report of a proof goes to the log."""
    try:
        result = judged(make(), 0, quick=True, strict=False)
    except GradproofError as problem:
        return Decision(open=str(problem))
    if any(row.verdict is Verdict.REFUTED for row in result.comparisons):
        return Decision(wrong=failure(result))
    if not result.good:
        return Decision(open=next(_reasons(result), "there is nothing to compare"))
    _log.info("%s: decided for inputs of these shapes that take the same branches\n%s", name, result)
    return Decision()


def _reasons(result: CaseResult) -> Iterator[str]:
    yield from (row.evidence.detail for row in result.comparisons if not row.good and row.evidence.detail)


def warn_of_points(name: str, why: str, checker: str, calls: int = 4) -> None:
    """Say that a checker of the framework has to judge, and why, at the line of the test, so many calls above."""
    warnings.warn(_POINTS.format(name, why, checker), PointsOnlyWarning, stacklevel=calls)


def domain_of(values: Sequence[np.ndarray], is_finite: Callable[[Sequence[np.ndarray]], bool]) -> Bounds | None:
    """Return the widest domain with these values in it on which a function seems to be finite; None without one."""
    return next((bounds for bounds in DOMAINS if _holds(bounds, values) and _is_fine(bounds, values, is_finite)), None)


def _holds(bounds: Bounds, values: Sequence[np.ndarray]) -> bool:
    low, high = bounds
    return all((low is None or (value > low).all()) and (high is None or (value < high).all()) for value in values)


def _is_fine(bounds: Bounds, values: Sequence[np.ndarray], is_finite: Callable[[Sequence[np.ndarray]], bool]) -> bool:
    rng = np.random.default_rng(0)
    return all(is_finite([_drawn(rng, bounds, value.shape) for value in values]) for _ in range(_DRAWS))


def _drawn(rng: np.random.Generator, bounds: Bounds, shape: tuple[int, ...]) -> np.ndarray:
    low, high = bounds
    if low is None:
        return np.asarray(rng.normal(size=shape))
    return np.asarray(rng.uniform(low, low + 2 if high is None else high, shape))
