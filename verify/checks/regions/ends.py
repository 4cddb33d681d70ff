"""Closed bounds of a domain: the points of the claim that no region reaches, since regions are open.

At a closed bound the gradient has to be the derivative from within, or its limit. Where the code branches on the very
bound, it may go on as if there were inputs beyond (ReLU at 0): then a choice between both sides is right, as at any
edge. Where the output jumps on the way out, as a density does at the end of its support, nothing goes on: of both sides
only the one within has a derivative at the bound, and that is what is claimed. Where `forward` or its derivative has no
finite value at the bound, the claim makes no sense: that is an error. Where the code makes a number of a NaN, its
formula has no value and the code has one: what it is the derivative of there is left open.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from verify.cases.inputs import Real
from verify.checks.claims.claims import Exact
from verify.checks.gradients.rows import not_compared
from verify.checks.regions.choices import judged
from verify.checks.regions.explore import Explorer
from verify.checks.regions.gaps import finite_output
from verify.checks.regions.jumps import Jump
from verify.checks.regions.kinks import Edge, Side, Sides, edge
from verify.checks.regions.limits import Limit
from verify.checks.regions.values import Unknown, complete, numbers
from verify.model.errors import ProtocolError
from verify.model.exact import decimal_text
from verify.model.reasons import Reason
from verify.model.result import Comparison, Verdict
from verify.tracing.floats import FloatRun
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation, observe
from verify.tracing.region import Point
from verify.tracing.symbols.trace import Trace

_ENTRIES = 3  # of an input that are moved to its bound, each alone; then all of them are
_ONLY_THERE = "wrong only at a closed bound of the domain"
_TAKEN = (
    "forward returns a number there, where its formula has no value (0/0 or an infinity), so its derivative there is "
    "not known"
)
_UNTRACED = "forward returns a number there, and could not be traced"
_NO_OUTPUT = "the output of forward has no finite value there"
_NEAR = Fraction(1, 2**40)  # how far within the domain the side of a bound is looked at


class Ends:
    """What the code does at the closed bounds of its inputs: rows of what is wrong, and sentences about choices."""

    def __init__(self, explorer: Explorer) -> None:
        self.explorer = explorer
        self.rows: list[Comparison] = []
        self.remarks: list[str] = []

    def visit(self) -> None:
        """Judge the gradients at each closed bound, until one is wrong."""
        for name, real in self.explorer.case.real.items():
            for side, bound in real.ends.items():
                for entries in self._moved(name):
                    if not self.rows:
                        self._judge(_End(name, real, side, bound, entries))

    def _moved(self, name: str) -> Iterator[Sequence[str]]:
        """Return entries of an input that are moved to its bound: the first few, each alone, then all."""
        seen = self.explorer.start.seen
        names = [seen.trace.payloads[node] for node in seen.inputs[name].nodes]
        yield from ([entry] for entry in names[:_ENTRIES])
        if len(names) > _ENTRIES:
            self.explorer.limits.add(Limit.ENDS)
        if len(names) > 1:
            yield names

    def _judge(self, end: _End) -> None:
        try:
            edge_point = self._edge(end)
        except (SubjectError, ProtocolError) as problem:
            is_number = self._has_output(self.explorer.start.seen, end.at(Fraction(0)))
            self._refuse(end, f"{_UNTRACED}: {problem}" if is_number else str(problem), broken=not is_number)
            return
        if edge_point is None:
            self._refuse(end, "the gradients beside it could not be decided", broken=False)
        elif not self._refuse_undefined(end, edge_point):
            self._compare(end, edge_point)

    def _refuse_undefined(self, end: _End, edge_point: Edge) -> bool:
        """Write a row and return True where the output or a derivative has no value at a bound by its formula.

        A derivative without a finite limit makes the claim one of nothing, whatever number the code returns.
        """
        outputs = [node for output in edge_point.seen.outputs for node in output.nodes]
        output = complete(numbers(edge_point.seen.trace, outputs, edge_point.point))
        slopes = edge_point.slopes(edge_point.point)
        if slopes is Unknown.INFINITE:
            self._refuse(end, slopes.value, broken=True)
        elif output is Unknown.INFINITE:
            is_number = self._has_output(edge_point.seen, edge_point.point)
            self._refuse(end, _TAKEN if is_number else _NO_OUTPUT, broken=not is_number)
        elif unknown := [values for values in (output, slopes) if isinstance(values, Unknown)]:
            self._refuse(end, unknown[0].value, broken=False)
        else:
            return False
        return True

    def _edge(self, end: _End) -> Edge | None:
        """Run the case at a bound, and find the run that its inner side belongs to."""
        explorer = self.explorer
        seen = explorer.start.seen.again(Trace(explorer.start.seen.trace))
        observe(explorer.case, explorer.variant, explorer.seed, seen=seen, at=end.at(Fraction(0)))
        tied = any(condition.tie for condition in seen.conditions)
        run: Exact | None = explorer.beside(end.at(_NEAR)) if tied else explorer.settled(seen)
        return None if run is None or not explorer.right(run) else Edge(seen, Sides([Side(run, end.inward)], True))

    def _compare(self, end: _End, edge_point: Edge) -> None:
        """Compare the gradients with the derivative from within; at a branch, with those of both sides as well."""
        where = f"at the closed bound of {end.name}, where {end.names[0]} = {decimal_text(end.bound)}"
        verdict = judged(self.explorer, edge_point, lambda _: where)
        tied = [question for question in self.explorer.sites.passed(edge_point.seen) if question.condition.tie]
        if verdict.row and tied:
            beyond = Explorer(self.explorer.case, self.explorer.start, self.explorer.seed)
            beyond.bounds = {}
            both = edge(beyond, edge_point.seen.at, tied[0])
            choice = judged(beyond, both, lambda _: where) if both is not None else verdict
            if choice.jump is Jump.LARGE and verdict.jump is Jump.NONE:
                choice = verdict
            open_ = choice.row is None and not choice.right
            if choice.right or (open_ and self._has_output(edge_point.seen, {**edge_point.point, **end.at(-_NEAR)})):
                verdict = choice
        if verdict.row:
            wrong = verdict.row.verdict is Verdict.REFUTED
            self.rows.append(replace(verdict.row, diagnosis=_ONLY_THERE) if wrong else verdict.row)
        elif verdict.remark and not verdict.right and verdict.jump is not Jump.LARGE:
            self._refuse(end, verdict.remark, broken=False)
        elif verdict.remark:
            self.remarks.append(f"{where}: {verdict.remark}")

    def _has_output(self, seen: Observation, at: Point) -> bool:
        """Tell whether `forward` computes a number at a point: where it does not beyond a bound, there is no side."""
        explorer = self.explorer
        try:
            floats = FloatRun(explorer.case, seen, explorer.seed, {**seen.trace.sample, **at})
        except SubjectError:
            return False
        return finite_output(floats)

    def _refuse(self, end: _End, why: str, *, broken: bool) -> None:
        """Write the row of a bound at which nothing could be judged."""
        side = f"{end.side}={decimal_text(end.bound)}"
        text = f"the input {end.name!r} at its closed bound {side}: {why}; {end.advice}"
        problem = SubjectError(text, reason=Reason.CLOSED_BOUND, broken=broken)
        self.rows.append(not_compared(self.explorer.case, self.explorer.variant, problem))


class _End:
    """A closed bound, and the entries of its input that are moved there."""

    def __init__(self, name: str, real: Real, side: str, bound: Fraction, names: Sequence[str]) -> None:
        self.name, self.side, self.bound, self.names = name, side, bound, names
        other = "".join(real.closed - {side})
        self.advice = (
            f"{f'write closed={other!r}' if other else 'leave closed= out'} to exclude the bound from the claim"
        )
        width = real.high - real.low if real.low is not None and real.high is not None else Fraction(1)
        step = min(width, Fraction(1)) / (len(names) + 1) * (1 if side == "low" else -1)
        self.inward: Point = {entry: step * (place + 1) for place, entry in enumerate(names)}

    def at(self, part: Fraction) -> Point:
        """Return a point at the bound, or a part of the way inward."""
        return {entry: self.bound + part * step for entry, step in self.inward.items()}


def ends(explorer: Explorer) -> Ends:
    """Judge the gradients of a case at the closed bounds of its inputs."""
    result = Ends(explorer)
    result.visit()
    return result
