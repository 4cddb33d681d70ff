"""Look for inputs that take other branches than the sample does, and decide the gradients there too.

The search starts from one run for each combination of options, the one with the fewest entries. Where all runs took the
same side of a branch, inputs are looked for that take the other one (`search`), and the case is run there. It ends when
every side is visited, or nothing is found that leads to one, or it has cost as much as it may.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice

import flint
import numpy as np

from verify.cases.case import TracedCase
from verify.checks.claims.claims import Exact, has_values
from verify.checks.gradients.pointwise import refuted
from verify.checks.gradients.rows import not_compared
from verify.checks.gradients.traced import decided
from verify.checks.regions.alike import kinds
from verify.checks.regions.boxes import excludes
from verify.checks.regions.composed import Composer
from verify.checks.regions.forms import is_number
from verify.checks.regions.gaps import finite_output
from verify.checks.regions.limits import Limit
from verify.checks.regions.scan import is_short, scan
from verify.checks.regions.sites import AnyFormula, Call, Line, Passed, Sides, Site, Sites, side, taken
from verify.checks.regions.solver import Wanted, solve
from verify.checks.regions.steps import Steps
from verify.model.comparison import APPROXIMATION, ITERATION, SMALL_CONSTANT, STRAYS
from verify.model.elision import cut_middle
from verify.model.errors import DivisionError, ProtocolError
from verify.model.exact import decimal_text, within
from verify.model.identity import Place
from verify.model.result import Branch, Comparison, Verdict
from verify.tracing.floats import FloatRun
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation, Variant, observe
from verify.tracing.region import Point, pinned
from verify.tracing.search import candidates, patterns
from verify.tracing.symbols.trace import Condition, Trace

_RUNS = 3  # that are made to get to one side
_POINTS = 40  # that are looked at for each of them
_LARGEST = Fraction(sys.float_info.max)
_BUDGET = 60_000  # nodes of all runs beyond those at samples
_LEAST, _MOST = 6, 120  # runs, however large or small
_HUGE = 200_000  # nodes of a run that takes seconds: two more of them are enough
_SCANS = 8  # searches on floats
_LONGEST = 60  # signs of inputs that are told with an exception
_NEARER = tuple(sign * Fraction(1, 10**digits) for digits in (3, 5, 8) for sign in (1, -1))  # steps off a point
_AT_POINTS = ("no example", "undefined")  # the evidence of what is open after some points were tried
_OFFSETS = 6  # numbers and formulas that are compared at one place
_FORMULAS = 8  # searches for a side that was taken with another formula


Region = frozenset[tuple[int, str, bool]]  # what a run decided


class Explorer:
    """The runs of a case with the same options, and what became of them; `rows` are of what is wrong in any of them.

    `runs` found a side of a branch; `extras` are at other combinations of sides, or at other whole numbers.
    """

    def __init__(self, case: TracedCase, start: Exact, seed: int, sides: Sides | None = None) -> None:
        self.case, self.start, self.seed = case, start, seed
        self.variant: Variant = start.seen.variant
        self.bounds = start.region.bounds
        self.sites = Sites(self.bounds, sides)
        self.runs: list[Exact] = []
        self.extras: list[Exact] = []
        self.rows: list[Comparison] = []
        self.reasons: dict[tuple[Site, bool], str] = {}
        self.regions: dict[Region, Exact | None] = {_region(start.seen): start}
        self.undecided: dict[Region, tuple[Observation, str]] = {}  # gradients neither right nor wrong, and why
        self.undefined: dict[Region, tuple[Observation, SubjectError]] = {}  # `backward` divides by 0 in all of these
        self.raised: list[tuple[Observation, Exception]] = []  # on an edge, by `backward` alone
        self.made = 0
        self.refused: dict[tuple[Site, bool], str] = {}  # sides that `forward` raises an exception for
        self.steps = Steps(self)
        self._again: dict[Region, int] = {}  # how many further points an undecided region gets
        self._impossible: dict[tuple[int, frozenset[int]], bool] = {}
        self._unreachable: dict[tuple[int, int, frozenset[int]], bool] = {}  # by identity of the run as well
        self._searched: dict[AnyFormula, set[Site]] = {}
        self._scans, self._formulas = _SCANS, _FORMULAS
        self.limits: set[Limit] = set()  # that a search has reached
        self.good = True
        self.wrong: set[Region] = set()
        self.refuted: set[Region] = set()  # those of the wrong ones of which that is known
        self._graph = start.seen.trace
        self._composer = Composer(case, start.seen, seed)
        nodes = max(1, len(self._graph))
        self._most = min(_MOST, max(2 if nodes > _HUGE else _LEAST, _BUDGET // nodes))
        self.sites.add(start.seen)

    def explore(self) -> None:
        """Run the case wherever a side of a branch has not been visited, until there is none or the budget ends."""
        observations = [self.start.seen]
        if self.sites.sides.taken:
            points = (point for point in patterns(observations[0], self.bounds) if self.affordable)
            observations += [run.seen for point in points if (run := self.visit(point))]
        self._cross(observations)
        self.steps.visit()
        self.follow(0)

    def follow(self, first: int) -> None:
        """Look for the other sides of branches that the extra runs, from a number on, have passed."""
        self._cross([run.seen for run in self.extras[first:]])

    def _cross(self, observations: list[Observation]) -> None:
        """Look for the sides that no run took, of the branches of some runs and of those that are found on the way."""
        for seen in observations:
            for question in self.sites.open(seen):
                sites = self._searched.setdefault(question.site.call.any_formula, set())
                sites.add(question.site)
                if question.on_edge:
                    continue
                if len(sites) > _OFFSETS:
                    self.limits.add(Limit.OFFSETS)
                elif not self.sites.is_taken_otherwise(question) or self._may_search_formula():
                    observations += [run.seen for run in self._across(seen, question)]

    def _may_search_formula(self) -> bool:
        """Count a search for the other side with one formula of several; tells whether there may be one more."""
        self._formulas -= 1
        if self._formulas < 0:
            self.limits.add(Limit.FORMULAS)
        return self._formulas >= 0

    def impossible(self, seen: Observation, question: Passed) -> bool:
        """Tell whether no input leads to the other side of a condition.

        Where the formula belongs to a region, no input of that does; that of another one is asked about there.
        """
        key = question.condition.node, question.other
        if key not in self._impossible:
            empty = excludes(seen.trace, *key, self.bounds)
            self._impossible[key] = empty or solve(seen.trace, [key], self.bounds) is False
        return self._impossible[key] or (question.site.branched and self._behind(seen, question))

    def _behind(self, seen: Observation, question: Passed) -> bool:
        """Tell whether no input leads to the other side of a condition after the answers of a run before it."""
        key = id(seen), question.condition.node, question.other
        if key not in self._unreachable:
            self._unreachable[key] = excludes(seen.trace, *key[1:], self.sites.left(seen, question))
        return self._unreachable[key]

    def _across(self, seen: Observation, question: Passed) -> Iterator[Exact]:
        """Look for runs on the other side of a condition until there is one."""
        missing = not question.condition.holds
        for point in self.beyond(seen, question):
            if missing in self.sites.taken(question.site) or not self.affordable:
                return
            run = self.visit({**seen.at, **point}, reason_for=(question.site, missing))
            if run is not None:
                yield run

    def beyond(self, seen: Observation, question: Passed) -> Iterator[Point]:
        """Return points on the other side of a condition, those first that take the same branches until then."""
        before = seen.conditions[: seen.conditions.index(question.condition)]
        others, tried = [], 0
        for point in islice(candidates(seen, question.condition, self.bounds), _POINTS):
            if self.start.region.holds({**seen.trace.sample, **point}, before):
                tried += 1
                yield point
            else:
                others.append(point)
            if tried == _RUNS:
                break
        yield from others[: _RUNS - tried]
        if self.impossible(seen, question):
            return
        yield from self._scanned(seen, question, before)
        solved = solve(seen.trace, [*self._signs(seen, before), (question.condition.node, question.other)], self.bounds)
        if isinstance(solved, dict):
            yield {name: value for name, value in solved.items() if name in seen.trace.sample}

    def _scanned(self, seen: Observation, question: Passed, before: Sequence[Condition]) -> Iterator[Point]:
        """Return points on the other side of a condition that a search on floats finds, as long as there are some."""
        if not is_short(seen, question.condition):
            self.limits.add(Limit.LONG)
        elif not self._scans:
            self.limits.add(Limit.SCANS)
        else:
            self._scans -= 1
            yield from scan(seen, question.condition, question.other, self.bounds, self._signs(seen, before))

    def _signs(self, seen: Observation, conditions: Sequence[Condition]) -> list[Wanted]:
        """Return the conditions of a run, without those on the upstream, as the signs that they leave."""
        return [
            (question.condition.node, question.taken)
            for question in self.sites.passed(seen)
            if question.condition in conditions
        ]

    @property
    def affordable(self) -> bool:
        """Tell whether one more run is within the budget."""
        return self.made < self._most

    def extend(self, runs: int) -> int:
        """Allow more runs, as far as they are small; returns how many."""
        more = min(runs, self._most // 4)
        self._most += more
        return more

    def run(self, at: Mapping[str, Fraction], reason_for: tuple[Site, bool] | None = None) -> Observation | None:
        """Run the case at some inputs, on the graph of the others; None where it cannot be followed."""
        self.made += 1
        if not all(within(at[name], ends) for name, ends in self.bounds.items() if name in at):
            return None  # whoever looked for inputs, of the others nothing is declared
        if any(abs(value) > _LARGEST for value in at.values()):
            if reason_for:
                self.reasons.setdefault(reason_for, "the inputs that lead there are larger than any float")
            return None
        seen = self.start.seen.again(Trace(self._graph))
        try:
            return observe(self.case, self.variant, self.seed, seen=seen, at=at)
        except (SubjectError, ProtocolError) as problem:
            self._failed(seen, problem, reason_for)
            return None

    def _failed(self, seen: Observation, problem: Exception, reason_for: tuple[Site, bool] | None) -> None:
        """Keep why a run came to no end: a `forward` may refuse inputs, a `backward` after it has to do its work.

        Where `forward` has no value by its formula nothing is claimed; a matrix that is singular on an edge is a
        hazard, as it is elsewhere (`holes`).
        """
        if reason_for:
            self.reasons.setdefault(reason_for, str(problem))
        broken = isinstance(problem, SubjectError) and problem.broken and self._fails(seen, problem)
        seen.conditions = list(seen.trace.conditions.values())  # as far as it came
        if broken and seen.upstreams and not has_values(seen):
            return
        if broken and seen.upstreams and _is_singular(problem) and pinned(seen.conditions):
            self.raised.append((seen, problem))
            return
        if not broken:
            self.undecided[_region(seen)] = seen, str(problem)
        if isinstance(problem, SubjectError) and isinstance(problem.__cause__, DivisionError) and seen.upstreams:
            self.undefined[_region(seen)] = seen, problem
        if isinstance(problem, SubjectError):
            self.rows += refuted(self.case, seen, problem, self.seed)
        if broken and not seen.upstreams and reason_for:
            self.refused[reason_for] = str(problem)
        if broken and seen.upstreams:
            self.good = False
            at = ", ".join(f"{name} = {decimal_text(value)}" for name, value in seen.at.items())
            message = f"{problem}, where {at}" if len(at) <= _LONGEST else str(problem)
            assert isinstance(problem, SubjectError)
            fault = SubjectError(message, problem.place, reason=problem.reason, broken=True)
            self.rows.append(not_compared(self.case, self.variant, fault))

    def _fails(self, seen: Observation, problem: Exception) -> bool:
        """Tell whether the code raises on floats as well; a singular matrix is one, though rounding may hide it."""
        if _is_singular(problem):
            return True
        try:
            FloatRun(self.case, seen, self.seed)
        except SubjectError:
            return True
        return False

    def beside(self, at: Mapping[str, Fraction]) -> Exact | None:
        """Return a run that takes the branches that some inputs take: a known one, or a new one."""
        if run := self._taking(at):
            return run
        seen = self.run(at)
        return None if seen is None else self.settled(seen)

    def _taking(self, at: Mapping[str, Fraction]) -> Exact | None:
        """Return a known run whose branches some inputs surely take.

        To run the code there would come to the same formulas: what it does until a branch is the same, and so is what
        it asks there, all of which the run has recorded.
        """
        sample, computed = self.start.seen.trace.sample, dict[int, flint.arb]()
        point = {**sample, **at}
        for run in self.regions.values():
            alike = run is not None and run.seen.trace.sample.keys() == sample.keys()
            if run is not None and alike and run.region.holds(point, run.seen.conditions, computed):
                return run
        return None

    def settled(self, seen: Observation) -> Exact | None:
        """Return the run that found the region of another, after its gradients were decided; None where it has none."""
        return self.regions.get(_region(seen)) or self._new(seen)

    def visit(self, at: Mapping[str, Fraction], reason_for: tuple[Site, bool] | None = None) -> Exact | None:
        """Run the case at some inputs and decide its gradients there; returns the run if it found a region."""
        seen = self.run(at, reason_for)
        return None if seen is None else self._new(seen, reason_for)

    def visit_extra(self, at: Mapping[str, Fraction]) -> Observation | None:
        """Run the case where no side of a branch is looked for, and decide its gradients there; returns the run."""
        seen, number = self._composed(at) or self.run(at), len(self.runs)
        if seen is not None:
            self._new(seen)
            self.extras += self.runs[number:]
            del self.runs[number:]
        return seen

    def _composed(self, at: Mapping[str, Fraction]) -> Observation | None:
        """Return what a run would compute, where it is known without running the code; it counts as a run."""
        if not self._composer.has_parts(len(self.runs) + len(self.extras)):
            return None
        runs = [run for run in (*self.runs, *self.extras) if self.right(run)]
        if (seen := self._composer.composed(at, runs)) is not None:
            self.made += 1
            self.sites.adopt(seen, [run.seen for run in runs if not run.seen.composed])
        return seen

    def _new(self, seen: Observation, reason_for: tuple[Site, bool] | None = None) -> Exact | None:
        """Decide the gradients of a run if it found a region; on a tie, it has found nothing but that."""
        tied, region = bool(pinned(seen.conditions)), _region(seen)
        if tied or (region in self.regions and not self._is_tried_again(region)):
            if tied or region not in self.undecided:
                self.sites.add(seen, edges_only=tied)
            return None
        self.regions.setdefault(region, None)
        try:
            rows, exact = self.decide(seen)
        except (SubjectError, ProtocolError) as problem:
            self._leave_open(seen, str(problem))
            return None
        self._take(rows, exact)
        return exact

    def _is_tried_again(self, region: Region) -> bool:
        """Tell whether a region gets one more point: no difference has shown at the points that were tried of it."""
        left = self._again.get(region, 0)
        self._again[region] = max(left - 1, 0)
        return left > 0

    def _leave_open(self, seen: Observation, reason: str) -> None:
        """Note that gradients could not be decided: then no side of a branch has been visited by the run."""
        self.undecided[_region(seen)] = seen, reason
        for question in self.sites.passed(seen):
            self.reasons.setdefault((question.site, question.condition.holds), reason)

    def is_undecided(self, seen: Observation) -> bool:
        """Tell whether the gradients in the region of a run are known neither right nor wrong."""
        return _region(seen) in self.undecided

    def _combined(self) -> Iterator[Branch]:
        """Yield the last of the sides that led to gradients that are undecided, where each was visited in other runs.

        Inputs of which `forward` makes no number are not of the claim.
        """
        for seen, reason in self.undecided.values():
            sides = self.sites.passed(seen)
            visited = all(question.condition.holds in self.sites.taken(question.site) for question in sides)
            if sides and visited and self._has_output(seen):
                text = f"{_short(taken(seen.trace, sides[-1]))}, together with other sides ({reason})"
                yield Branch(sides[-1].site.where, text, 1, self.variant.written)

    def _has_output(self, seen: Observation) -> bool:
        """Tell whether `forward` makes numbers of the inputs of a run, on floats."""
        try:
            return finite_output(FloatRun(self.case, seen, self.seed))
        except (SubjectError, TypeError, ValueError):
            return False

    def decide(self, seen: Observation) -> tuple[list[Comparison], Exact]:
        """Decide the gradients of a run; on a zero of a divisor, whose formula has cancelled, those of one beside it.

        Where `forward` computes no number its floats say nothing of its formulas. A region is open, so that the run
        beside it, which takes the same branches, speaks for all of it; the point itself is not of the claim.
        """
        if seen.composed:  # of parts whose gradients are proved
            return [], Exact(self.case, seen, twice=False)
        refuted = {row.name for row in self.rows if row.verdict is Verdict.REFUTED}
        rows, exact = decided(self.case, seen, self.seed, refuted=refuted)
        if any(map(_strays, rows)) and not finite_output(FloatRun(self.case, seen, self.seed)):
            beside = next((self.run(point) for point in self._around(exact)), None)
            if beside is not None and _region(beside) == _region(seen):
                return decided(self.case, beside, self.seed)
        return rows, exact

    def _around(self, exact: Exact) -> Iterator[Point]:
        """Return points of a region close to its sample, from which each input is moved by a step of its own."""
        graph, sample = exact.seen.trace, exact.seen.trace.sample
        names = [graph.payloads[node] for quantity in exact.seen.inputs.values() for node in quantity.nodes]
        for nearer in _NEARER:
            moved = {name: sample[name] + place**2 * nearer for place, name in enumerate(names, 1)}
            if exact.region.holds({**sample, **moved}):
                yield moved

    def _take(self, rows: Sequence[Comparison], exact: Exact) -> None:
        """Keep the rows of what is not proved; other open ones leave the sides of branches unvisited.

        What agrees in one region only, by whatever bound, is proved for no input of it: the whole only agrees.
        """
        region = _region(exact.seen)
        self.regions[region] = exact
        self.undecided.pop(region, None)
        if not all(row.verdict.good for row in rows):
            self.good = False
            self.wrong.add(region)
        if any(row.verdict is Verdict.REFUTED for row in rows):
            self.refuted.add(region)
        open_rows = [row for row in rows if row.verdict is Verdict.UNDECIDED]
        if open_rows:
            self._leave_open(exact.seen, open_rows[0].evidence.detail)
        else:
            self.sites.add(exact.seen)
            self.runs.append(exact)
        if any(row.evidence.kind in _AT_POINTS for row in open_rows):
            self._again.setdefault(region, _RUNS - 1)
        self.rows += [
            row
            for row in rows
            if row.verdict is Verdict.AGREES
            or row.evidence.kind in (APPROXIMATION, ITERATION, SMALL_CONSTANT)
            or (not row.verdict.good and (row not in open_rows or (exact.region.clear and _strays(row))))
        ]

    def named(self, name: str, place: int) -> str:
        """Return the name of an entry of an input: `x[0,1]`."""
        graph = self.start.seen.trace
        return str(graph.payloads[self.start.seen.inputs[name].nodes[place]])

    def asked_lines(self) -> Iterator[tuple[Line, int]]:
        """Return the lines that runs have asked at, with the paths that led there."""
        return (
            question.site.call[:2]
            for run in (self.start, *self.runs, *self.extras)
            for question in self.sites.passed(run.seen)
        )

    def right(self, run: Exact) -> bool:
        """Tell whether the gradients of a run were all found right."""
        return _region(run.seen) not in self.wrong

    def is_beside_refuted(self, at: Mapping[str, Fraction]) -> bool:
        """Tell whether a region with a gradient that is refuted reaches up to some inputs."""
        point, computed = {**self.start.seen.trace.sample, **at}, dict[int, flint.arb]()
        runs = (run for region in self.refuted if (run := self.regions.get(region)) is not None)
        return any(self.start.region.reaches(point, run.seen.conditions, computed) for run in runs)

    def unvisited(self, edges: set[Call], refused: Collection[tuple[Site, bool]] = ()) -> list[Branch]:
        """Return the sides of branches that were never reached, with why, where that is known.

        Some `edges` were looked at, and for some sides `forward` raises an exception.
        """
        branches: dict[tuple[Place, str, bool], Branch] = {}
        for seen in [self.start.seen, *(run.seen for run in (*self.runs, *self.extras))]:
            for question, limit in self.sites.taken_for_alike(seen):
                if limit not in self.limits and not self.impossible(seen, question):
                    self.limits.add(limit)
            for question in self.sites.open(seen):
                missing = not question.condition.holds
                if self.sites.is_taken_otherwise(question):
                    self.limits.add(Limit.FORMULAS)
                    continue
                if (
                    (question.site, missing) in refused
                    or (question.on_edge and question.site.call in edges)
                    or self.impossible(seen, question)
                    or is_number(seen.trace, question.condition.node)
                ):
                    continue
                reason = self.reasons.get((question.site, missing), "")
                text = _short(side(seen.trace, question)) + (f" ({reason})" if reason else "")
                branches.setdefault(
                    (question.site.where, question.site.relation, missing),
                    Branch(question.site.where, text, 1, self.variant.written),
                )
        return [*branches.values(), *self._combined(), *self.steps.unvisited()]


def _is_singular(problem: Exception) -> bool:
    return isinstance(problem.__cause__, np.linalg.LinAlgError)


def _short(text: str) -> str:
    return cut_middle(text, 2 * _LONGEST)


def _strays(row: Comparison) -> bool:
    """Tell whether a gradient is open because floats differ from formulas: then nothing holds in that region.

    Where rounding may take the floats to another branch they differ for that, and the region is left unvisited.
    """
    return row.evidence is not None and row.evidence.kind == STRAYS


def _region(seen: Observation) -> Region:
    return frozenset((c.node, c.relation, c.holds) for c in seen.conditions)


def explorers(case: TracedCase, runs: Sequence[Exact], seed: int) -> list[Explorer]:
    """Return explorers for each combination of options: at the smallest run, and at others that branch elsewhere too.

    What asks about a second row, or the largest of a column, asks nothing where there is but one row; a helper that is
    called once more there, or a loop with one more turn, asks at lines that a smaller run has passed.
    """
    passed: dict[tuple[int, ...], set[object]] = {}
    result = []
    for run in sorted(runs, key=lambda run: len(run.seen.trace)):
        options = run.seen.variant.choice
        questions = kinds(run.seen)
        if options not in passed or not questions <= passed[options]:
            result.append(Explorer(case, run, seed))
            passed[options] = passed.get(options, set()) | questions
    return result
