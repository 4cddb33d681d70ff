"""The edges of all branches that were found: a point on each, and whether what the code returns there is right.

A branch is judged in full once for each place in the code: the code runs on the edge and on all sides of it (`kinks`,
`choices`). What it returns there may be another number with another option, size or region. So the code runs on floats
once more for each of these, on an edge, and at corners, where a second condition is 0 as well. Where it returns the
derivative on the side that is known, that is right, for one side is a convex combination of all; else that edge is
judged in full.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from functools import cache, partial
from itertools import islice

from verify.checks.claims.claims import Exact
from verify.checks.regions.choices import judged
from verify.checks.regions.divisors import claimed
from verify.checks.regions.explore import Explorer
from verify.checks.regions.hole import KINK
from verify.checks.regions.jumps import Jump
from verify.checks.regions.kinks import Edge, edge
from verify.checks.regions.limits import Limit
from verify.checks.regions.moves import Question, on_edge, on_edges
from verify.checks.regions.sites import Call, Passed
from verify.model.findings import finding
from verify.model.identity import Place
from verify.model.result import Comparison, Finding
from verify.tracing.floats import FloatRun
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation
from verify.tracing.region import Point, written
from verify.tracing.search import Crossing, crossings
from verify.tracing.symbols.trace import Condition

_EDGES = 4  # of each site, until one is found where the sides differ
_RUNS = 24  # more than the search for regions may make, so that it never leaves none
_NEAR = 8  # known regions that a point on an edge may border on
EDGE = "GP004"  # the finding of an edge that was reached and not judged
_LOOKS = 32  # runs on floats, of one explorer
_LOOKS_USED = f"edges: {_LOOKS} were checked in further regions and corners; there are others"
_RUNS_USED = "edges: the run budget ended before all were judged"

Context = tuple[Call, frozenset[object]]  # what may make the code return something else on the same edge


class Kinks:
    """What was found on the edges of branches: rows of what is wrong, and sentences about what is a choice."""

    def __init__(self, explorer: Explorer, done: set[Call]) -> None:
        self.explorer = explorer
        self.done = done
        self.rows: list[Comparison] = []
        self.remarks: dict[tuple[object, ...], str] = {}
        self.open: dict[Place, Finding] = {}  # by line: edges that were not judged
        self.findings: list[Finding] = []  # of what is no number at a kink
        self._decided: dict[int, set[tuple[Call, bool]]] = {}  # by run
        self._contexts: set[Context] = set()
        self._corners: set[frozenset[Call]] = set()
        self._looks = 0

    def find(self) -> None:
        """Judge what the code returns on the edge of each branch that was found, in each context."""
        calls = self._questions()
        self.explorer.extend(_RUNS if calls else 0)
        for call, questions in calls.items():
            if call in self.done:
                self._again(questions[0])
            elif self.explorer.affordable:
                self._at(call, self._edges(questions))
        for call, questions in calls.items():
            for run, question in {id(run): (run, question) for run, question in reversed(questions)}.values():
                if (context := self._context(run, call)) not in self._contexts and self._may_look():
                    self._contexts.add(context)
                    self._look(run, question, on_edge(self.explorer, run, question))
        if not self.explorer.affordable and calls:
            self.remarks[("runs",)] = _RUNS_USED

    def _questions(self) -> dict[Call, list[Question]]:
        calls: dict[Call, list[Question]] = {}
        for run in (self.explorer.start, *self.explorer.runs):
            passed = self.explorer.sites.passed(run.seen)
            self._decided[id(run)] = {(question.site.call, question.condition.holds) for question in passed}
            for question in passed:
                calls.setdefault(question.site.call, []).append((run, question))
        return calls

    def _context(self, run: Exact, call: Call) -> Context:
        """Return what the code decided elsewhere: where it decided the same, an edge of a question is as another."""
        decided = {
            (other.line.where, other.line.relation, other.line.offset, holds)
            for other, holds in self._decided[id(run)]
            if other != call
        }
        return call, frozenset(decided)

    def visit(self, points: Iterable[Point]) -> None:
        """Judge what the code returns at points that lie on an edge."""
        for point in points:
            seen = self.explorer.run(point) if self.explorer.affordable else None
            for question in self.explorer.sites.passed(seen) if seen is not None else ():
                if question.condition.tie and (edge_point := edge(self.explorer, point, question)):
                    self._judge(question, edge_point)
                    break

    def _at(self, call: Call, edges: Iterable[tuple[Exact, Passed, Edge]]) -> None:
        """Judge the edges of a question until the sides differ on one; then a tie of more than two as well.

        Where it is one number that is asked about, one edge is as another.
        """
        for number, (run, question, edge_point) in enumerate(edges):
            if number == _EDGES:
                self.explorer.limits.add(Limit.SMOOTH)
                return
            self._contexts.add(self._context(run, call))
            smooth = self._judge(question, edge_point)
            self._look_at_corners(run, edge_point.seen, question)
            if not smooth:
                self.done.add(call)
                for further in _further(self.explorer, edge_point, question):
                    self._judge(question, further)
                return
            if _variables(edge_point.seen, question) == 1:
                return

    def _edges(self, questions: Sequence[Question]) -> Iterator[tuple[Exact, Passed, Edge]]:
        """Return edges of the questions of a site, with as few inputs as possible moved onto them.

        None is judged where a side is wrong already (`edge`). So after the first, which may find regions around it, the
        code is not run at those that a region which is refuted reaches up to.
        """
        tried = False
        for run, question, points in on_edges(self.explorer, questions):
            if not self.explorer.affordable:
                return
            for point in points:
                at = {**run.seen.at, **point}
                if tried and self.explorer.is_beside_refuted(at):
                    continue
                tried = True
                if self.explorer.affordable and (edge_point := edge(self.explorer, at, question)):
                    yield run, question, edge_point
                    break

    def _again(self, place: Question) -> None:
        """Look at corners of an edge that was judged in full with other options or sizes.

        One entry has no neighbour: what another size returns there may depend on a side that no entry alone reaches.
        """
        run, question = place
        others = [other for other, _ in self._decided[id(run)] if other != question.site.call]
        if not others or not self._may_look() or not (point := on_edge(self.explorer, run, question)):
            return
        seen = self.explorer.run({**run.seen.at, **point})
        if seen is not None:
            self._look_at_corners(run, seen, question)

    def _look_at_corners(self, run: Exact, seen: Observation, question: Passed) -> None:
        """Look at points on an edge at which a condition of another site is 0 as well, or takes its other side."""
        onto = {name: value for name, value in seen.at.items() if value != run.seen.trace.sample[name]}
        for other in self.explorer.sites.passed(seen):
            pair = frozenset((question.site.call, other.site.call))
            if other.condition.tie or pair in self._corners:
                continue
            self._corners.add(pair)
            for crossing in crossings(seen, other.condition, self.explorer.bounds):
                if crossing.name not in onto and (crossing.edge is not None or crossing.past):
                    self._look_along(run, question, onto, crossing)
                    break

    def _look_along(self, run: Exact, question: Passed, onto: Point, crossing: Crossing) -> None:
        """Look at a corner, and farther along the edge, where the other condition has its other side.

        The code may return something else on all of that side, and not where both are 0 only.
        """
        for value in (crossing.edge, *crossing.past[:1]):
            if value is not None and self._may_look():
                self._look(run, question, {**onto, crossing.name: value})

    def _may_look(self) -> bool:
        """Tell whether the code may run on floats once more, and what that finds may still be judged in full."""
        if self._looks == _LOOKS:
            self.remarks[("looks",)] = _LOOKS_USED
        return self._looks < _LOOKS and self.explorer.affordable

    def _look(self, run: Exact, question: Passed, point: Point | None) -> None:
        """Run the code on floats at a point on an edge; judge it in full where that is no derivative of this side."""
        if point is not None:
            self._looks += 1
            at = {**run.seen.at, **point}
            if (
                not self.explorer.is_beside_refuted(at)
                and not self._is_derivative(run, point)
                and (edge_point := edge(self.explorer, at, question))
            ):
                self._judge(question, edge_point)

    def _is_derivative(self, run: Exact, change: Point) -> bool:
        """Tell whether the code returns at a point on floats the derivative in a region that the point borders on."""
        explorer = self.explorer
        point = {**run.seen.trace.sample, **change}
        try:
            floats = FloatRun(explorer.case, run.seen, explorer.seed, point)
        except SubjectError:
            return False
        for near in dict.fromkeys([run, *islice((explorer.start, *explorer.runs), _NEAR)]):
            # A region in which an output is larger has upstreams of its own.
            borders = near is run or (
                near.region.upstream <= point.keys() and explorer.start.region.reaches(point, near.seen.conditions)
            )
            if borders and floats.agrees({name: near.gradient(name) for name in claimed(near.seen)}):
                return True
        return False

    def _judge(self, question: Passed, edge_point: Edge) -> bool:
        """Judge what came on an edge; tells whether the function is smooth there, and that is right."""
        formula = cache(lambda: f"{written(edge_point.seen.trace, question.condition.node)} = 0")
        verdict = judged(self.explorer, edge_point, partial(_text, edge_point.seen, question.condition))
        if verdict.row and verdict.kink:
            name, where, variant = verdict.row.name, verdict.row.where, verdict.row.variant
            self.findings.append(finding(KINK, verdict.kink, name=name, where=where, variant=variant))
        elif verdict.row:
            self.rows.append(verdict.row)
        elif verdict.left_open:
            self._leave_open(question.site.where, f"{formula()}: {verdict.remark}")
        elif verdict.remark:
            form = verdict.form or (verdict.remark,)  # what holds of one entry is told of one
            key = question.site.line.offset, question.site.line.inputs, form
            if key not in self.remarks:
                self.remarks[key] = f"{question.site.where} {formula()}: {verdict.remark}"
        return not verdict.row and not verdict.remark and verdict.jump is Jump.NONE

    def _leave_open(self, where: Place, detail: str) -> None:
        """Keep a hazard for a line with an edge that was reached and not judged."""
        self.open.setdefault(where, finding(EDGE, detail, where=where, variant=self.explorer.variant.written))


def kinks(explorer: Explorer, done: set[Call], points: Iterable[Point] = ()) -> Kinks:
    """Judge what the code returns on the edges of all branches that were found.

    Questions that are `done` were judged in full with other options or sizes; edges at `points` are judged in any case.
    """
    result = Kinks(explorer, done)
    result.visit(points)
    result.find()
    return result


def corners(explorer: Explorer) -> Kinks:
    """Look at the corners of edges that were judged in full where the input has fewer entries."""
    return kinks(explorer, {question.site.call for question in explorer.sites.passed(explorer.start.seen)})


def _variables(seen: Observation, question: Passed) -> int:
    return len(seen.trace.leaves(question.condition.node))


def _text(seen: Observation, condition: Condition, entries: Set[int]) -> str:
    """Write an edge by its line and formula: where others meet there, by one that the entries are in."""
    ties = [condition, *(other for other in seen.conditions if other.tie)]
    about = next((tie for tie in ties if not entries.isdisjoint(seen.trace.leaves(tie.node))), condition)
    return f"{about.where} {written(seen.trace, about.node)} = 0"


def _further(explorer: Explorer, edge_point: Edge, question: Passed) -> Iterator[Edge]:
    """Return an edge where one more question of the same call is a tie, of a number that is in the first one too."""
    seen = edge_point.seen
    tied = {node for c in seen.conditions if c.tie for node in seen.trace.reach([c.node])}
    for other in explorer.sites.passed(seen):
        if (
            other.site.call != question.site.call
            or other.condition.tie
            or tied.isdisjoint(seen.trace.reach([other.condition.node]))
        ):
            continue
        for crossing in crossings(seen, other.condition, explorer.bounds):
            if crossing.edge is None or seen.trace.variable(crossing.name) in tied or not explorer.affordable:
                continue
            again = edge(explorer, {**seen.at, crossing.name: crossing.edge}, other)
            if again is not None:
                yield again
                return
