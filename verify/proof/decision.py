"""What is said of two nodes: a verdict, how it is known, and where it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from verify.model.comparison import SAME_FORMULA
from verify.model.result import Evidence, Verdict
from verify.proof.field import Laws

Pair = tuple[int, int]
Point = Mapping[str, Fraction]
Points = Callable[[], Sequence[Point]]  # asked for only where points are needed
Stage = Callable[[Sequence[Pair]], "dict[Pair, Decision]"]  # decides on some of the pairs


class Decision(NamedTuple):
    """A verdict on a pair of nodes, how it is known, and for a refutation the point that shows it.

    `diagnosis` is the likely mistake where deciding has told it.
    """

    verdict: Verdict
    evidence: Evidence
    point: Point | None = None
    laws: Laws | None = None  # that a proof in a field rests on
    diagnosis: str = ""

    @property
    def everywhere(self) -> bool:
        """Tell whether this is a proof that holds wherever both sides are defined, in other regions too.

        With a free element for each function, or with the law of exponentials, no sign of a root was read off a point.
        """
        return self.laws in (Laws.NONE, Laws.EXPONENTIAL)


SAME = Decision(Verdict.PROVED, Evidence(SAME_FORMULA, "both sides are the same formula"))


def settled(pairs: Sequence[Pair], stages: Iterable[Stage]) -> dict[Pair, Decision]:
    """Return the decisions of stages, each of which is asked of what those before it left open."""
    decisions: dict[Pair, Decision] = {}
    still = list(pairs)
    for settle in stages:
        decisions.update(settle(still) if still else {})
        still = [pair for pair in still if pair not in decisions]
    return decisions
