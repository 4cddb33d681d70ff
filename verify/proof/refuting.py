"""What differs at a point of the reals is refuted, unless rounded constants explain it."""

from __future__ import annotations

from collections.abc import Sequence

from verify.graph.graph import Graph
from verify.model.comparison import CONSTANTS
from verify.model.reasons import Reason
from verify.model.result import Evidence, Verdict
from verify.proof.agreement import PRECISIONS, agreements
from verify.proof.apart import difference, read
from verify.proof.computed import unexplained
from verify.proof.constants import Correction, Corrections, OverworkError
from verify.proof.decision import Decision, Pair, Point
from verify.proof.hidden import Hidden, Purse, hidden
from verify.proof.laws import missing

_FIRST_LOOK = (128,)  # bits: enough to refute most
_SEARCHED = 6_000_000  # nodes that are read for terms that are not seen, of one graph: three long searches
_DIGITS_OF_CONSTANTS = 90  # to which a choice of constants removes the difference, in units of what they change
_DIGITS = 460  # three quarters of 2048 bits: what two balls have to share to count as agreeing
_OVERWORK = Evidence(
    "constants",
    "the formulas differ slightly; whether rounded constants explain that takes too long to decide",
    reason=Reason.ROUNDED_CONSTANTS,
)
_COMPUTED = Evidence(
    "constants",
    "the formulas differ by no more than the possible error of constant arrays computed in floats, such as an inverse",
    reason=Reason.COMPUTED_CONSTANTS,
)
_ROUGH = Evidence(
    "constants",
    "the formulas differ by no more than the roundings of the code's constants may make, where few digits of these are "
    "left, as in 1 - 0.99999999999: whether they explain it is not known",
    reason=Reason.ROUNDED_CONSTANTS,
)
_UNSEEN = "a term is too small to be seen at every point tried: agreement there says nothing about it"
_SPENT = "; the budget for further points was used up"
_UNDEFINED = Decision(
    Verdict.UNDECIDED,
    Evidence(
        "undefined",
        "both sides could not be computed to enough digits at any point tried",
        reason=Reason.TOO_FEW_DIGITS,
    ),
)
_HIDDEN = Decision(
    Verdict.UNDECIDED,
    Evidence(
        "no example",
        "the formulas differ, but their values agree at every point tried",
        reason=Reason.NO_COUNTEREXAMPLE,
    ),
)


def at_first_sight(
    graph: Graph, pairs: Sequence[Pair], points: Sequence[Point], corrections: Corrections
) -> dict[Pair, Decision]:
    """Refute what differs at the first point, at a precision that is enough for most."""
    wrong = [pair for pair, agree in agreements(graph, pairs, points[0], _FIRST_LOOK).items() if agree is False]
    point = points[0]
    read(graph, wrong, point)
    return {pair: _refuted(graph, pair, points, point, corrections) for pair in wrong}


def by_balls(
    graph: Graph, pairs: Sequence[Pair], points: Sequence[Point], corrections: Corrections
) -> dict[Pair, Decision]:
    """Refute what differs at any of the points; what has no digits at all of them is undefined."""
    compared = dict.fromkeys(pairs, 0)
    decisions: dict[Pair, Decision] = {}
    for point in points:
        still = [pair for pair in pairs if pair not in decisions]
        for pair, agree in agreements(graph, still, point, PRECISIONS).items():
            compared[pair] += agree is not None
            if agree is False:
                decisions[pair] = _refuted(graph, pair, points, point, corrections)
    return {**dict.fromkeys([pair for pair, count in compared.items() if not count], _UNDEFINED), **decisions}


class _Behind(Sequence[Point]):
    """A point, and others behind it, which are made when they are asked for: most mistakes show at the first."""

    def __init__(self, first: Point, others: Sequence[Point]) -> None:
        self._first, self._others = first, others

    def __len__(self) -> int:
        return 1 + len(self._others)

    def __getitem__(self, index: int) -> Point:  # type: ignore[override]
        return self._others[index - 1] if index else self._first


def _refuted(graph: Graph, pair: Pair, points: Sequence[Point], point: Point, corrections: Corrections) -> Decision:
    """Refute a pair that differs at a point, unless the rounding of the code's constants explains it everywhere."""
    try:
        if not corrections.of(pair, _Behind(point, points)):
            return _differing(graph, pair, _Behind(point, points), corrections)
        terms = hidden_terms(graph, pair, points, corrections)
        return _explained(graph, pair, [point, *points], corrections, terms)
    except OverworkError:
        return Decision(Verdict.UNDECIDED, _OVERWORK)


def _explained(graph: Graph, pair: Pair, points: Sequence[Point], corrections: Corrections, terms: Hidden) -> Decision:
    """Let a pair agree that differs at the first of some points, if the rounding of constants explains all terms."""
    correction = corrections.of(pair, points, terms.points)
    if not correction:
        return _differing(graph, pair, points, corrections)
    if terms.unseen:
        return _unseen(terms)
    return Decision(Verdict.AGREES, _rounded(correction))


def _unseen(terms: Hidden) -> Decision:
    """Leave a pair open of which terms are too small to be seen."""
    evidence = Evidence("no example", _UNSEEN + _SPENT * terms.spent, reason=Reason.HIDDEN_TERM)
    return Decision(Verdict.UNDECIDED, evidence)


def _differing(graph: Graph, pair: Pair, points: Sequence[Point], corrections: Corrections) -> Decision:
    """Refute a pair that differs at the first of some points, unless constants may explain it at all of them."""
    point = unexplained(graph, pair, points, corrections.holds)
    if point is None:
        return Decision(Verdict.UNDECIDED, _COMPUTED)
    if corrections.may_explain(pair, point):
        others = (other for other in points if agreements(graph, [pair], other, PRECISIONS)[pair] is False)
        clear = next((other for other in others if not corrections.may_explain(pair, other)), None)
        if clear is None:
            return Decision(Verdict.UNDECIDED, _ROUGH)
        point = clear
    return Decision(Verdict.REFUTED, difference(graph, pair, point), point)


def _at_hidden_point(
    graph: Graph, pair: Pair, points: Sequence[Point], corrections: Corrections, terms: Hidden
) -> Decision:
    """Decide on a pair that differs at the first of some points, where a term shows that does not elsewhere."""
    try:
        return _explained(graph, pair, points, corrections, terms)
    except OverworkError:
        return Decision(Verdict.UNDECIDED, _OVERWORK)


def _rounded(correction: Correction) -> Evidence:
    number, ulps = correction.constants, f"{correction.ulps:.2g}"
    detail = (
        f"the same function to {_DIGITS_OF_CONSTANTS} digits for constants within their rounding: "
        f"{number} constant{'s' if number > 1 else ''} of the code, changed by at most {ulps} ulp"
    )
    return Evidence(CONSTANTS, detail, constants=number, ulps=ulps)


def left_open(graph: Graph, pair: Pair, points: Sequence[Point], seed: int, corrections: Corrections) -> Decision:
    """Look for a point that refutes a pair which agrees at every one tried; without, say why it is not proved."""
    terms = hidden_terms(graph, pair, points, corrections)
    for point in terms.points:
        if agreements(graph, [pair], point, PRECISIONS)[pair] is False:
            return _at_hidden_point(graph, pair, [point, *points], corrections, terms)
    if terms.unseen:
        return _unseen(terms)
    why = missing(graph, pair, seed)
    if not why:
        return _HIDDEN
    points = [*points, *terms.points]
    compared = sum(agreements(graph, [pair], point, PRECISIONS)[pair] is True for point in points)
    detail = f"equal to {_DIGITS} digits at the {compared} of {len(points)} points that allow as many, but {why}"
    return Decision(Verdict.AGREES, Evidence("digits", detail, digits=_DIGITS))


def hidden_terms(graph: Graph, pair: Pair, points: Sequence[Point], corrections: Corrections) -> Hidden:
    """Look for terms that are not seen at some points, which all pairs of a graph share the work of."""
    purse = graph.memory("hidden").setdefault("purse", Purse(_SEARCHED))
    return hidden(graph, pair, points, corrections.holds, purse=purse)
