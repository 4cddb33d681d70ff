"""What the code returns on an edge, in words: right, a choice, or wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence, Set
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

import numpy as np

from verify.checks.claims.claims import Claim, claims, on_upstream
from verify.checks.regions.explore import Explorer
from verify.checks.regions.gaps import finite_output
from verify.checks.regions.gated import with_gates
from verify.checks.regions.hole import UNDEFINED, kink_text
from verify.checks.regions.hull import Place, brief
from verify.checks.regions.jumps import Jump, largest_error
from verify.checks.regions.kinks import Edge
from verify.checks.regions.sided import one_sided
from verify.checks.regions.values import Unknown
from verify.model.errors import ProtocolError
from verify.model.exact import decimal_text
from verify.model.reasons import Reason
from verify.model.result import Comparison, Counterexample, Evidence, Verdict
from verify.tracing.floats import FloatRun
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation
from verify.tracing.region import Point

_ROUNDOFF = Fraction(1, 2**53)  # of doubles
_MOST_SHOWN = 8  # inputs of a counterexample
_MOST_OUTPUTS = 64  # whose gradients are looked at one by one
_SUBGRADIENT = "a valid subgradient in [{}, {}]"
_BESIDE = "between {} and {}, the gradients beside it, which are approximations themselves"
_EACH = "a valid subgradient of each output, but not of their sum: the outputs choose different sides"
_NO_VALUE = "not judged: the formula of the gradient has no value there, but its floats do"
_NO_OUTPUT = "the output is not a number there, so it has no derivative"
_JUMPS = "the output jumps there, so it has no derivative"
_CLOSE = "not judged: too close to call"
_UNBOUNDED = "the effect of rounded constants on either is not known"
_MANY = "not judged: more regions may meet there than were checked"
_WITHIN = "not judged: the gradient differs from those beside it by no more than an approximation may"
_STEP = "; the output changes there by so little that one side approximates the other"
_STRAYS = "not judged: no float lies on the edge, or the floats differ from the formula there"


class Judgement(NamedTuple):
    """What is said of an edge: nothing where all is right, else a sentence, or the row of what is wrong.

    `form` is the same for what is said of several entries alike; `right` tells whether nothing is wrong or left open,
    and `left_open` whether there may be a derivative, or a choice of some, and it is not known whether that is one.
    `jump` says how the output goes on there. `kink` says it where the row is of what is no number at a kink of
    `forward`: no derivative is missed there.
    """

    remark: str = ""
    row: Comparison | None = None
    form: tuple[str, ...] = ()
    right: bool = False
    left_open: bool = False
    jump: Jump | Unknown = Jump.NONE
    kink: str = ""


def judged(explorer: Explorer, edge: Edge, where: Callable[[Set[int]], str]) -> Judgement:
    """Judge what the code returns on an edge, by what it says on symbols and does on floats.

    `where` writes the edge for some entries of inputs, which takes longer than to find most of them right.
    """
    try:
        return _Judge(explorer, edge, where).judgement()
    except SubjectError:
        return Judgement(_STRAYS, left_open=True)


_JUMPING = Judgement(_JUMPS)


class _Judge:
    """An edge, and the case run there on floats."""

    def __init__(self, explorer: Explorer, edge: Edge, where: Callable[[Set[int]], str]) -> None:
        self.explorer, self.edge, self.where = explorer, edge, where
        self.floats = self._run(edge.seen, edge.point)

    def _where(self, numbers: Sequence[int]) -> str:
        """Write the edge as one of some entries."""
        inputs, entries = self.edge.seen.inputs, [self.edge.entries[number] for number in numbers]
        return self.where({inputs[name].nodes[place] for name, place in entries})

    def _run(self, seen: Observation, point: Point) -> FloatRun:
        return FloatRun(self.explorer.case, seen, self.explorer.seed, point)

    def judgement(self) -> Judgement:
        """Return what is said of the edge."""
        return self._judgement()._replace(jump=self._jump)

    @cached_property
    def _jump(self) -> Jump | Unknown:
        return self.edge.jump(self._largest_error)

    @cached_property
    def _largest_error(self) -> Fraction:
        return largest_error(self.floats)

    def _judgement(self) -> Judgement:
        edge = self.edge
        sides, returned, jump = edge.slopes(edge.point), edge.gradients_at(edge.point), self._jump
        if not finite_output(self.floats):
            return Judgement(_NO_OUTPUT)
        if (beside := self._beside_ties(jump is Jump.LARGE)) is not None:
            return beside
        if isinstance(jump, Unknown) or isinstance(sides, Unknown):
            return _unjudged(jump if isinstance(jump, Unknown) else sides)
        if (number := self._undefined()) is not None:
            return self._no_number(number, sides)
        if edge.lost or isinstance(returned, Unknown):
            exists = edge.lost or returned is Unknown.INFINITE
            return Judgement(_NO_VALUE, left_open=True) if exists else _unjudged(returned)
        is_same = self._is_within([returned, *sides], _ROUNDOFF)
        position = Place.EQUAL if is_same else edge.place(edge.point, returned, sides)
        if position is None:
            apart = edge.complete and edge.apart(returned, sides)
            return self._doubt(returned, sides) if apart else Judgement(_CLOSE, left_open=True)
        if position in (Place.EQUAL, Place.BETWEEN):
            return (
                Judgement(right=True)
                if position is Place.EQUAL or self._is_within(sides, self._largest_error)
                else self._choice()
            )
        if not edge.complete:
            return Judgement(_MANY, left_open=True)
        if self._is_within([returned, *sides], self._largest_error):
            return Judgement(_WITHIN, left_open=True)
        return Judgement(_EACH, right=True) if self._is_of_each_output() else self._wrong(returned, sides)

    def _beside_ties(self, jumps: bool) -> Judgement | None:
        """Judge the gradients of inputs that no tied question is about, where the sides say nothing of them.

        Such an input moves without leaving the edge: tied questions keep their answers, and all others do nearby. So
        the function has the derivative of the formula that came there, whatever it does on the sides: where inputs that
        are not differentiated are on an edge (`mask == 0`), and where the output jumps.
        """
        seen = self.edge.seen
        tied = {node for c in seen.conditions if c.tie for node in seen.trace.leaves(c.node)}
        names = {name for name, _ in self.edge.entries}
        free = {name for name in names if tied.isdisjoint(seen.inputs[name].nodes)}
        if not tied or not (jumps or free == names):  # at a bound of the domain no question need be tied
            return _JUMPING if jumps else None
        try:
            rows, exact = self.explorer.decide(seen)
            decided = claims(exact, self.explorer.seed)
        except (SubjectError, ProtocolError) as problem:
            return Judgement(str(problem), left_open=True)
        rows = [row for row in rows if row.name in free and not row.verdict.good]
        wrong = next((row for row in rows if row.verdict is not Verdict.UNDECIDED), None)
        # That the run lies on a tie, which leaves a row open, is no doubt here.
        doubts = [row for row in rows if row.evidence.reason is not Reason.TIE or not _is_good(decided.get(row.name))]
        if wrong is None and doubts:
            return Judgement(f"not judged: {doubts[0].evidence.detail}", left_open=True)
        return Judgement("" if free == names else _JUMPS, row=wrong, right=free == names)

    def _is_within(self, gradients: Sequence[Sequence[Fraction]], error: Fraction) -> bool:
        """Tell whether gradients on an edge of an approximation differ by no more than one may be off by.

        Half an ulp any of them may be: no formula is asked to be better than that.

        What lies between those on its sides is then no choice between two derivatives.
        """
        if self._jump is Jump.NONE and not self.edge.approximates:
            return False
        ends = [(min(row), max(row)) for row in zip(*gradients, strict=True)]
        return all(high - low <= error * max(abs(low), abs(high)) for low, high in ends)

    def _is_of_each_output(self) -> bool:
        """Tell whether the gradient of every single output, by an upstream of 1 for it, is one of its subgradients.

        The sum of subgradients need not be one of the sum. But each output chooses for itself in any chain rule, and
        what is returned is linear in the upstream, so that every choice is one that is right.
        """
        seen = self.edge.seen
        names = [seen.trace.payloads[node] for node in seen.upstream_nodes]
        if not 1 < len(names) <= _MOST_OUTPUTS or on_upstream(seen):
            return False
        return all(
            self._is_choice({**self.edge.point, **dict.fromkeys(names, Fraction(0)), name: Fraction(1)})
            for name in names
        )

    def _is_choice(self, point: Point) -> bool:
        """Tell whether the gradients are the derivatives, or between them, at a point."""
        returned, sides = self.edge.gradients_at(point), self.edge.slopes(point)
        if isinstance(returned, Unknown) or isinstance(sides, Unknown):
            return False
        return self.edge.place(point, returned, sides) in (Place.EQUAL, Place.BETWEEN)

    def _float(self, run: FloatRun, number: int) -> float | None:
        return run.entry(*self.edge.entries[number])

    def _undefined(self) -> int | None:
        """Return an entry that is no finite float on the edge, and is one beside it."""
        for number in range(len(self.edge.entries)):
            if not self._is_number(number):
                beside = [self._run(side.run.seen, side.run.seen.trace.sample) for side in self.edge.sides.all]
                return number if all(_is_finite(self._float(run, number)) for run in beside) else None
        return None

    def _is_number(self, number: int) -> bool:
        """Tell whether an entry is a finite float, of an array with the shape of the input where no formula came."""
        name, _ = self.edge.entries[number]
        if name in self.edge.lost and not self._has_shape(name):
            return False
        return _is_finite(self._float(self.floats, number))

    def _has_shape(self, name: str) -> bool:
        gradient = self.floats.gradients.get(name)
        return gradient is not None and np.shape(gradient) == self.edge.seen.inputs[name].shape

    def _returned(self, number: int) -> str:
        """Write what came of an entry that is no number."""
        name, _ = self.edge.entries[number]
        gradient = self.floats.gradients.get(name)
        if gradient is None or self._has_shape(name):
            return str(self._float(self.floats, number))
        return f"an array of the shape {np.shape(gradient)}"

    def _no_number(self, number: int, sides: Sequence[Sequence[Fraction]]) -> Judgement:
        """Tell of an entry that is no finite float."""
        actual, slopes = self._returned(number), [side[number] for side in self._exact(sides)]
        row = replace(self._row([number], [actual], sides), diagnosis=UNDEFINED)
        low, high = min(slopes), max(slopes)
        if brief(low) == brief(high):
            return Judgement(row=row)
        name = self.explorer.named(*self.edge.entries[number])
        kink = kink_text(f"on the edge {self._where([number])} the gradient of {name} is {actual}", low, high)
        return Judgement(row=row, kink=kink)

    def _wrong(self, returned: Sequence[Fraction], sides: Sequence[Sequence[Fraction]]) -> Judgement:
        """Tell of what is wrong, if floats say so too; for an upstream of ones if it shows it, easy to read."""
        edge = self.edge
        if not self.floats.gives(*edge.entries[_worst(returned, sides)], edge.returned[_worst(returned, sides)]):
            return Judgement(_STRAYS, left_open=True)
        if (ones := self._at_ones()) is not None:
            returned, sides = ones
            edge.point = edge.ones
        numbers = _wrong_entries(returned, sides)
        return Judgement(row=self._row(numbers, [brief(returned[number]) for number in numbers], sides))

    def _doubt(self, returned: Sequence[Fraction], sides: Sequence[Sequence[Fraction]]) -> Judgement:
        """Tell of what is off by more than roundings of constants are asked about, and may have no bound there."""
        judgement = self._wrong(returned, sides)
        if judgement.row is None:
            return judgement
        detail = f"{judgement.row.evidence.detail}; {_UNBOUNDED}"
        evidence = replace(judgement.row.evidence, detail=detail, reason=Reason.ROUNDED_EDGE)
        return Judgement(
            row=replace(
                judgement.row,
                verdict=Verdict.UNDECIDED,
                evidence=evidence,
                counterexample=None,
                diagnosis="",
                one_sided=None,
            )
        )

    def _at_ones(self) -> tuple[Sequence[Fraction], Sequence[Sequence[Fraction]]] | None:
        """Return what came and the derivatives for an upstream of ones, if these show what is wrong."""
        gradients, slopes = self.edge.gradients_at(self.edge.ones), self.edge.slopes(self.edge.ones)
        if isinstance(gradients, Unknown) or isinstance(slopes, Unknown):
            return None
        wrong = self.edge.place(self.edge.ones, gradients, slopes) in (Place.OFF, Place.OUTSIDE)
        return (gradients, slopes) if wrong else None

    def _choice(self) -> Judgement:
        """Tell what was chosen, for an upstream of ones if that shows it, easy to read."""
        edge = self.edge
        for point in (edge.ones, edge.point):
            returned, sides = edge.gradients_at(point), edge.slopes(point)
            if isinstance(returned, list) and isinstance(sides, list):
                number = _worst(returned, sides)
                low, high = min(side[number] for side in sides), max(side[number] for side in sides)
                if low < high:
                    between = (_BESIDE if edge.approximates else _SUBGRADIENT).format(brief(low), brief(high))
                    array, place = edge.entries[number]
                    chosen = brief(returned[number])
                    message = f"the gradient of {self.explorer.named(array, place)} is {chosen}, {between}"
                    return Judgement(message, form=(array, chosen, between), right=True)
        return Judgement("an approximation" if edge.approximates else "a valid subgradient", right=True)

    def _exact(self, sides: Sequence[Sequence[Fraction]]) -> Sequence[Sequence[Fraction]]:
        """Return the derivatives of the sides: what was accepted beside the edge is not what is exact on it."""
        exact = self.edge.exact_slopes(self.edge.point) if self.edge.approximates else None
        return exact if isinstance(exact, list) else sides

    def _row(self, numbers: Sequence[int], returned: Sequence[str], sides: Sequence[Sequence[Fraction]]) -> Comparison:
        """Write the row of a gradient that is wrong on an edge: in one entry, or in some that count together."""
        name, entry = self.edge.entries[numbers[0]]
        quantity = self.edge.seen.inputs[name]
        actual = _vector(returned)
        sides = self._exact(sides)
        choices = list(dict.fromkeys(_vector([brief(side[number]) for number in numbers]) for side in sides))
        complete = self.edge.complete
        explanation = _sides_text(choices, complete=complete) + (_STEP if self._jump is Jump.LITTLE else "")
        several = f"between {' and '.join(choices)}" if complete else "a subgradient"
        expected = choices[0] if len(choices) == 1 else several
        names = [self.explorer.named(*self.edge.entries[number]) for number in numbers]
        about = "" if len(numbers) == 1 else f" of {', '.join(names)}"
        columns, where = [[side[number] for number in numbers] for side in sides], self._where(numbers)
        return Comparison(
            "gradient",
            name,
            Verdict.REFUTED,
            role="input",
            evidence=Evidence("edge", f"on the edge {where} the gradient{about} is {actual}, {explanation}"),
            counterexample=Counterexample(self._inputs(numbers[0]), expected, actual),
            shape=quantity.shape,
            entries=len(quantity.nodes),
            failing=1,
            index=tuple(map(int, np.unravel_index(entry, quantity.shape))),
            variant=self.explorer.variant.written,
            diagnosis="wrong only exactly where the code changes from one formula to another",
            where=self.explorer.case.backward or self.floats.backward or self.explorer.case.where,
            one_sided=one_sided(self.edge, names, returned, columns),
        )

    def _inputs(self, number: int) -> tuple[tuple[str, str], ...]:
        """Return the inputs that are shown: of the edge, of the entry, and those by which branches are taken."""
        edge, explorer = self.edge, self.explorer
        graph = edge.seen.trace
        tied = [c.node for c in edge.seen.conditions if c.tie]
        needed = [edge.returned[number], *(side[number] for side in edge.derivatives)]
        nodes = dict.fromkeys(n for group in (tied, needed) for n in graph.reach(group) if graph.ops[n] == "variable")
        names = [graph.payloads[node] for node in nodes]
        point, gates = with_gates(explorer.case, edge.seen, explorer.seed, edge.entries[number], edge.point, names)
        return tuple((name, decimal_text(point[name])) for name in (*names[:_MOST_SHOWN], *gates))


def _unjudged(reason: object) -> Judgement:
    text = f"not judged: {reason.value if isinstance(reason, Unknown) else reason}"
    return Judgement(text, left_open=reason is not Unknown.INFINITE)  # where there is no finite one, nothing is wrong


def _is_good(claim: Claim | None) -> bool:
    return claim is not None and claim.decision.verdict.good


def _is_finite(value: float | None) -> bool:
    return value is None or math.isfinite(value)


def _worst(returned: Sequence[Fraction], sides: Sequence[Sequence[Fraction]]) -> int:
    """Return the place of the entry in which what came and the sides differ most."""
    spread = [max(row) - min(row) for row in zip(returned, *sides, strict=True)]
    return max(range(len(spread)), key=lambda i: spread[i])


def _wrong_entries(returned: Sequence[Fraction], sides: Sequence[Sequence[Fraction]]) -> list[int]:
    """Return an entry that is wrong by itself, or some that are wrong together."""
    number = _worst(returned, sides)
    values = [side[number] for side in sides]
    if not min(values) <= returned[number] <= max(values):
        return [number]
    telling = [i for i, row in enumerate(zip(returned, *sides, strict=True)) if len(set(row)) > 1]
    return telling[:_MOST_SHOWN]


def _vector(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"


def _sides_text(choices: Sequence[str], *, complete: bool) -> str:
    """Say what the derivatives on the sides are; `complete` tells that there are no others."""
    if len(choices) == 1:
        return f"and the derivative {choices[0]} on all sides of it{'' if complete else ' that were checked'}"
    if not complete:
        return f"and around it the derivative tends to {' and '.join(choices)}, perhaps also to others"
    return f"which is not a convex combination of the derivatives on its sides, {' and '.join(choices)}"
