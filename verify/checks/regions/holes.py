"""Holes: points at which `forward` is defined and `backward` divides by 0, or leaves the domain of a function.

A proof is for the inputs at which both sides are defined. Where `backward` divides by x and `forward` does not, it says
nothing of x = 0, which arrays are full of. So the zeros of every divisor and logarithm's argument that only `backward`
computes are visited, and a point beyond those of logarithms, roots and every other function that is not defined
everywhere: the code runs there on floats, and what is not finite is compared with the exact derivative at that point
(`gaps`). So is what it returns in regions in all of which
`backward` divides by 0, as by the output of a ReLU.

What is reported, and as what:

- The derivative has a value there, and the code returns NaN, infinity or another number: REFUTED. That is an exact
  counterexample like any other, however rare such inputs are, and a guard or a domain (`low=0`) puts it right.
- `forward` is continuous there with different slopes on two sides (a norm at 0): no derivative is missed, but every
  subgradient is a number, and NaN is none. The formula is right wherever there is a derivative, and no bounds on
  entries leave out just this point: that is a finding that fails, GP211, which a case may allow with a reason.
- `forward` is not defined there either, or rises without limit: nothing is claimed, and nothing is reported.
- A zero of the divisor is no float, but the divisor rounds to 0 at the floats beside it, as x**3 - 2 does at
  1.2599210498948732: the formula is right there and the floats are not, which is GP202, a hazard.
- `backward` raises there, as np.linalg.inv does for a singular matrix whose determinant is 0: that is no number either,
  and no wrong one; whoever trains is told at once. That is a hazard, GP213.
- No zero is found, and none is excluded, or zeros lie between floats and the gradients beside them are finite: that is
  said with the quantity and its line, GP214, a hazard (`unexcluded` says why).
- The point lies on a tie: it is an edge between branches, and judged as such (`edges`), by the same rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from itertools import chain

from verify.cases.case import TracedCase
from verify.cases.domain import check_domain
from verify.checks.claims.claims import has_values
from verify.checks.claims.lines import line_of
from verify.checks.regions.descent import Descent
from verify.checks.regions.divisors import Divisor, claimed, divisors, sparse_first
from verify.checks.regions.explore import Explorer
from verify.checks.regions.extension import smooth_gaps
from verify.checks.regions.filled import visits
from verify.checks.regions.gaps import Gap, finite_gradients, finite_output, gaps, is_regular
from verify.checks.regions.hole import KINK, Hole, cause, kink_text, rounding, rounds_to_0, row_of
from verify.checks.regions.hull import brief
from verify.checks.regions.limits import Limit
from verify.checks.regions.unexcluded import is_excluded, negative_sentence, zero_sentence
from verify.checks.regions.zeros import all_known, beside, factors, zeros
from verify.model.errors import InputError, ProtocolError
from verify.model.exact import within
from verify.model.findings import finding
from verify.model.identity import NOWHERE
from verify.model.result import Comparison, Finding
from verify.proof import rationals
from verify.proof.ranges import signs
from verify.tracing.floats import FloatRun
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation, observe
from verify.tracing.region import Point, written
from verify.tracing.search import crossings
from verify.tracing.symbols.trace import Condition, Trace

_POINTS = 3  # for each divisor: the first zeros that are found
_FLOATS = 6  # and of those that are no short rationals
_VISITS = 24  # runs on floats of one explorer
_MOST_SHOWN = 8  # inputs of a counterexample
_FILLED = "forward divides by {}, which is 0 there, and replaces the NaN by its limit"


Gaps = tuple[Observation, FloatRun, list[Gap]]  # what the code gives at a point on symbols, on floats, and its gaps


class Holes:
    """The holes in the runs of an explorer: rows, findings, sentences about what was not judged, and edge points."""

    def __init__(self, explorer: Explorer) -> None:
        self.explorer = explorer
        self.rows: list[Comparison] = []
        self.findings: list[Finding] = []
        self.remarks: list[str] = []
        self.edges: list[Point] = []  # on a tie, with gradients that are not finite
        self._visits = 0
        self._doubted: set[str] = set()  # gradients, of divisors whose zeros are not known

    def find(self) -> None:
        """Visit the zeros of divisors until all are visited, or the budget ends."""
        for seen, problem in self.explorer.undefined.values():
            if not any(question.condition.tie for question in self.explorer.sites.passed(seen)):
                self._look(seen, [c.node for c in seen.conditions], f"backward raises {problem}")
        visited, later = set[Divisor](), list[tuple[Observation, Divisor]]()
        for run in (self.explorer.start, *self.explorer.runs):
            new = [divisor for divisor in divisors(run.seen) if divisor not in visited]
            visited.update(new)
            first, others = sparse_first(run.seen, new)
            later += [(run.seen, divisor) for divisor in others]
            if not all(self._visit_zeros(run.seen, divisor, _POINTS) for divisor in first):
                return
        all(self._visit_zeros(seen, divisor, 1) for seen, divisor in later)

    def fill(self) -> None:
        """Visit the points at which forward takes a number for NaN."""
        for visit in visits(self.explorer, self._off_ties):
            hole = Hole(
                visit.there, [visit.divisor.node], _FILLED.format(written(visit.there.trace, visit.divisor.node))
            )
            if visit.filled.remark:
                self.remarks.append(f"at {hole.point}, {visit.filled.remark}")
            if visit.filled.gaps and _is_defined(self.explorer.case, visit.there.trace.sample):
                self._report(hole, visit.floats, visit.filled.gaps)

    def _off_ties(self, at: Point) -> Observation | None:
        there = self._on_symbols(at)
        return None if there is None or self._is_tied(there) else there

    def _visit_zeros(self, seen: Observation, divisor: Divisor, most: int) -> bool:
        """Visit the first zeros of each factor of a divisor; tells whether there is any budget left for others."""
        if divisor.below and not self._visit_negative(seen, divisor, most):
            return False
        if not divisor.pole or 0 not in signs(seen.trace, divisor.node, self.explorer.bounds):
            return True
        parts = list(dict.fromkeys(factors(seen.trace, divisor.node)))
        each = max(1, most // max(1, len(parts)))
        return all(self._visit_factor(seen, divisor, factor, each) for factor in parts)

    def _visit_factor(self, seen: Observation, divisor: Divisor, factor: int, most: int) -> bool:
        """Visit the zeros of a factor: exact ones, else floats beside others, else those that a descent leads to."""
        number = 0
        for number, point in enumerate(_different(zeros(seen, factor, self.explorer.bounds)), 1):
            if number > most:
                self.explorer.limits.add(Limit.ZEROS)
                break
            if not self._may_visit():
                return False
            self._visit(seen, divisor, point)
        if number or is_excluded(seen, factor, (0,), self.explorer.bounds):
            return True
        return self._visit_floats(seen, divisor, factor)

    def _visit_negative(self, seen: Observation, divisor: Divisor, most: int) -> bool:
        """Visit points at which a root is taken of what is negative there."""
        if -1 not in signs(seen.trace, divisor.node, self.explorer.bounds):
            return True
        number = 0
        for number, point in enumerate(_different(self._negative(seen, divisor)), 1):
            if number > most:
                break
            if not self._may_visit():
                return False
            self._visit(seen, divisor, point)
        if not number and not is_excluded(seen, divisor.node, (-1,), self.explorer.bounds):
            self._doubt(seen, divisor, negative_sentence(seen, divisor))
        return True

    def _negative(self, seen: Observation, divisor: Divisor) -> Iterator[Point]:
        beyond = Condition(divisor.node, ">", True, NOWHERE, False)
        for crossing in crossings(seen, beyond, self.explorer.bounds):
            yield from ({crossing.name: value} for value in crossing.past[:1])

    def _may_visit(self) -> bool:
        """Take a visit from the budget; where that is used up, it is told."""
        if self._visits == _VISITS:
            self.remarks.append(f"zeros of divisors: {_VISITS} visited; there are others")
            return False
        self._visits += 1
        return True

    def _visit_floats(self, seen: Observation, divisor: Divisor, factor: int) -> bool:
        """Visit the floats beside the zeros of a factor that are no short rationals, until its gradient is none."""
        reported, near = len(self.rows) + len(self.findings), None
        descent = Descent(seen.trace, factor, self.explorer.bounds)
        for point in descent.short():
            if rationals.rational(seen.trace, factor, {**seen.trace.sample, **point}) == 0:
                if not self._may_visit():
                    return False
                self._visit(seen, divisor, point)
                return True
        for number, points in enumerate(chain(beside(seen, factor, self.explorer.bounds), descent.floats())):
            if number == _FLOATS:
                self.explorer.limits.add(Limit.ZEROS)
                break
            if not self._may_visit():
                return False
            near = near or next(iter(points), None)
            broken = next((point for point in points if self._is_broken(seen, point)), None)
            if broken is not None:
                self._visit(seen, divisor, broken)
            if len(self.rows) + len(self.findings) > reported:
                return True
        if not all_known(seen, factor, self.explorer.bounds):
            self._doubt(seen, divisor, zero_sentence(seen, divisor, factor, descent.tried, near))
        return True

    def _doubt(self, seen: Observation, divisor: Divisor, sentence: str) -> None:
        """Report a divisor whose zeros are neither known nor excluded, the first of each gradient."""
        graph = seen.trace
        reached = (name for name in claimed(seen) if divisor.node in graph.reach(seen.gradients[name].nodes))
        name = next(reached, "")
        if name in self._doubted:
            return
        self._doubted.add(name)
        where = (
            line_of(self.explorer.case, seen, divisor.node) or self.explorer.case.backward or self.explorer.case.where
        )
        self.findings.append(finding("GP214", sentence, name=name, where=where, variant=self.explorer.variant.written))

    def _is_broken(self, seen: Observation, change: Point) -> bool:
        """Tell whether a gradient is no number on floats at a point, where the output is one."""
        try:
            floats = FloatRun(self.explorer.case, seen, self.explorer.seed, {**seen.trace.sample, **change})
        except SubjectError:
            return False
        return finite_output(floats) and not finite_gradients(floats)

    def _visit(self, seen: Observation, divisor: Divisor, change: Point) -> None:
        """Run the code at a point on floats; where a gradient may be no derivative there, ask for the exact one."""
        if not _is_defined(self.explorer.case, {**seen.trace.sample, **change}):
            return
        try:
            floats = FloatRun(self.explorer.case, seen, self.explorer.seed, {**seen.trace.sample, **change})
        except SubjectError as problem:
            self._raised(seen, divisor, change, problem)
            return
        there = self._on_symbols({**seen.at, **change}) if finite_output(floats) else None
        if there is None:
            return
        if self._is_tied(there):
            self.edges += [] if finite_gradients(floats) else [{**seen.at, **change}]
        elif candidates := gaps(self.explorer.case, there, floats):
            if rounds_to_0(there, divisor):
                self._rounded(Hole(there, [divisor.node], rounding(there, divisor)), candidates[0])
            else:
                if any(gap.smooth for gap in candidates):
                    there, floats, candidates = self._simplest(seen, divisor, change) or (there, floats, candidates)
                self._report(Hole(there, [divisor.node], cause(there, divisor)), floats, candidates)
        elif not is_regular(there):
            self._visit_root(there, divisor, floats)

    def _visit_root(self, there: Observation, divisor: Divisor, floats: FloatRun) -> None:
        """Compare numbers with the derivative beside a root of 0 in forward, if it has one there."""
        case, start, seed = self.explorer.case, self.explorer.start, self.explorer.seed
        if candidates := smooth_gaps(case, there, divisor.node, floats, start, seed):
            self._report(Hole(there, [divisor.node], cause(there, divisor)), floats, candidates)

    def _simplest(self, seen: Observation, divisor: Divisor, change: Point) -> Gaps | None:
        """Return the first point with small numbers in all other entries where there are gaps of a derivative too."""
        below = {*change, *(seen.trace.payloads[n] for n in seen.trace.reach([divisor.node]))}
        others = [name for name in seen.trace.variables if name not in below]
        inputs = {seen.trace.payloads[n] for quantity in seen.inputs.values() for n in quantity.nodes}
        upstream = dict.fromkeys((name for name in others if name not in inputs), Fraction(1))
        ones, counted = dict.fromkeys(others, Fraction(1)), {name: Fraction(i) for i, name in enumerate(others, 1)}
        for simpler in (ones, {**counted, **upstream}, upstream):
            allowed = all(
                within(value, self.explorer.bounds.get(name, (None, None))) for name, value in simpler.items()
            )
            at_point = self._gaps_at(seen, {**simpler, **change}) if simpler and allowed else None
            if at_point is not None:
                return at_point
        return None

    def _gaps_at(self, seen: Observation, change: Point) -> Gaps | None:
        """Return what the code returns at a point on no tie, where there is a derivative and it is no number."""
        if not _is_defined(self.explorer.case, {**seen.trace.sample, **change}):
            return None
        with suppress(SubjectError):
            floats = FloatRun(self.explorer.case, seen, self.explorer.seed, {**seen.trace.sample, **change})
            there = self._on_symbols({**seen.at, **change}) if finite_output(floats) else None
            if there is not None and not self._is_tied(there):
                candidates = [gap for gap in gaps(self.explorer.case, there, floats) if gap.smooth]
                return (there, floats, candidates) if candidates else None
        return None

    def _rounded(self, hole: Hole, gap: Gap) -> None:
        """Report a gradient that is right by its formula, and no number on floats."""
        name, where = self.explorer.named(gap.name, gap.place), self.explorer.case.backward or self.explorer.case.where
        detail = (
            f"at {hole.floats} the gradient of {name} is {gap.actual}, the exact one {brief(gap.below)}: {hole.cause}"
        )
        variant = self.explorer.variant.written
        self.findings.append(finding("GP202", detail, name=gap.name, where=where, variant=variant))

    def _raised(self, seen: Observation, divisor: Divisor, change: Point, problem: SubjectError) -> None:
        """Report an exception at a point; that of `backward` alone, where `forward` has a number by its formula."""
        there = self._on_symbols({**seen.at, **change}) if problem.broken and problem.after_forward else None
        if there is None or self._is_tied(there) or not has_values(there):
            self.remarks.append(f"the zero of {written(seen.trace, divisor.node)} was not judged: {problem}")
            return
        self.findings.append(_exception(self.explorer, Hole(there, [divisor.node], ""), problem))

    def _is_tied(self, there: Observation) -> bool:
        return any(question.condition.tie for question in self.explorer.sites.passed(there))

    def _look(self, seen: Observation, nodes: Sequence[int], cause: str) -> None:
        """Compare what the code returns on floats, where `backward` divides by 0 around the point too."""
        with suppress(SubjectError):  # and the region stays undecided
            floats = FloatRun(self.explorer.case, self.explorer.start.seen, self.explorer.seed, seen.trace.sample)
            candidates = gaps(self.explorer.case, seen, floats) if finite_output(floats) else []
            if candidates:
                self._report(Hole(seen, nodes, cause), floats, candidates)

    def _on_symbols(self, at: Point) -> Observation | None:
        """Run the case on symbols at a point, where `backward` may come to no end; None if `forward` does neither."""
        explorer = self.explorer
        explorer.made += 1
        seen = explorer.start.seen.again(Trace(explorer.start.seen.trace))
        try:
            return observe(explorer.case, explorer.variant, explorer.seed, seen=seen, at=at)
        except (SubjectError, ProtocolError):
            seen.conditions = list(seen.trace.conditions.values())
            return seen if seen.upstreams else None

    def _report(self, place: Hole, floats: FloatRun, candidates: Sequence[Gap]) -> None:
        """Report the first gap at a point where there is a derivative, else the first of all."""
        smooth = [gap for gap in candidates if gap.smooth]
        gap = smooth[0] if smooth else candidates[0]
        name = self.explorer.named(gap.name, gap.place)
        where = self.explorer.case.backward or floats.backward or self.explorer.case.where
        variant = self.explorer.variant.written
        if smooth:
            failing = sum(other.name == gap.name for other in smooth)
            case, seed = self.explorer.case, self.explorer.seed
            self.rows.append(row_of(place, gap, case, seed, failing=failing, where=where))
        else:
            low, high = sorted((gap.below, gap.above))
            returned = f"at {place.point} the gradient of {name} is {gap.actual}: {place.cause}"
            detail = kink_text(returned, low, high)
            self.findings.append(finding(KINK, detail, name=gap.name, where=where, variant=variant))


def holes(explorer: Explorer) -> Holes:
    """Visit the points at which only `forward` is defined."""
    result = Holes(explorer)
    result.find()
    result.fill()
    return result


def exceptions(explorer: Explorer) -> list[Finding]:
    """Return a finding for the first edge on which `backward` raises and `forward` does not."""
    return [
        _exception(explorer, Hole(seen, [c.node for c in seen.conditions if c.tie], ""), problem)
        for seen, problem in explorer.raised[:1]
    ]


def _exception(explorer: Explorer, hole: Hole, problem: Exception) -> Finding:
    where = getattr(problem, "place", NOWHERE) or explorer.case.backward or explorer.case.where
    detail = f"at {hole.point} backward raises {problem}, but forward does not"
    return finding("GP213", detail, where=where, variant=explorer.variant.written)


def _different(points: Iterator[Point]) -> Iterator[Point]:
    """Yield each point once: one that is come upon in several ways would leave no budget for others."""
    before = set[frozenset[object]]()
    for point in points:
        if (key := frozenset(point.items())) not in before:
            before.add(key)
            yield point


def _is_defined(case: TracedCase, point: Point) -> bool:
    """Tell whether the expression that a case is to compute is defined at a point: elsewhere it claims nothing."""
    try:
        if case.reference is not None:
            check_domain(case.reference, {name: point[name] for name in case.inputs})
    except InputError:
        return False
    return True
