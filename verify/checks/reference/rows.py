"""From decisions and floats to the rows of a result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import chain, repeat
from typing import Any, NamedTuple

import flint

from verify.cases.conversation import Outcome
from verify.checks.reference import runs
from verify.checks.reference.rounding import Judged, judge
from verify.checks.reference.theory import Key, Theory
from verify.graph import balls
from verify.model.comparison import CONSTANTS
from verify.model.exact import by_identity, decimal_text
from verify.model.identity import Relation
from verify.model.reasons import Reason
from verify.model.result import Comparison, Counterexample, Evidence, Verdict
from verify.proof import rationals
from verify.proof.decision import Decision, Point
from verify.proof.rationals import Real
from verify.tracing.following import SubjectError

# Half the bits of a float64's significand: constants explain the last digits of a result, not the loss of half of them.
_UNSTABLE = 2.0**26
_EQUAL = Evidence("equal", "the stated value is the exact one")
_NEAREST = Evidence("rounded", "the exact value is not known as a fraction; the stated one rounds to the same float64")
_BLURRED = Evidence(
    "too few digits",
    "digits cancel in the exact value: the remaining digits do not distinguish the two",
    reason=Reason.TOO_FEW_DIGITS,
)
_CLOSE_BY = 10**70
_STATED_BITS = 256
_CLOSE = Evidence("rounded", "the exact value is not known as a fraction; it agrees with the stated one to 70 digits")
_OTHER = Evidence("counterexample", "the value stated in the case is not the exact one")


class _Written(NamedTuple):
    """What a row says of its numbers, and the enclosure that it rests on."""

    enclosure: flint.arb | None
    judged: Judged
    actual: str
    expected: str


class Rows:
    """Writes the comparisons of one case: its subject's forward values and gradients, and the values that it states."""

    def __init__(self, exact: Theory, floats: Outcome) -> None:
        self.exact = exact
        self.program = exact.case.program
        self.floats: dict[str, dict[int, float]] = {"value": floats.values, "gradient": floats.gradients}
        # What can be compared: values and gradients with respect to any step.
        self.computed = sorted(floats.values)
        self.claimed = sorted(floats.gradients)
        self.expected = [exact.expected(key) for key in self.keys()]
        self.real = exact.at_sample([*self.expected, *self._unknown()])
        self.enclosures: dict[str, dict[int, flint.arb]] = {"value": {}, "gradient": {}}
        self.no_bound = ""
        # By identity, as the case keeps its numbers.
        self._inputs: dict[int, str] = by_identity(exact.case.inputs, decimal_text)
        self._typed = False  # whether there are any floats of the code in the graph
        self._written: dict[tuple[Any, ...], _Written] = {}
        try:
            outcome = runs.on_enclosures(exact.case)
            self.enclosures = {"value": outcome.values, "gradient": outcome.gradients}
        except SubjectError as problem:
            self.no_bound = f"no bound could be derived: {problem}"

    def keys(self) -> Iterator[Key]:
        """Return what there is a row for."""
        return chain(zip(repeat("value"), self.computed), zip(repeat("gradient"), self.claimed))

    def actual(self, symbols: Outcome) -> list[int]:
        """Return the node of what the subject computed, for each key; raises SubjectError where it lacks one."""
        outcome = {"value": symbols.values, "gradient": symbols.gradients}
        for quantity, index in self.keys():
            if index not in outcome[quantity]:
                missing = f"the {quantity} of {self.program.label(index)!r}"
                raise SubjectError(f"{missing} is returned on floats, but not on symbols", reason=Reason.MISSING_OUTPUT)
        return [outcome[quantity][index] for quantity, index in self.keys()]

    def _unknown(self) -> list[int]:
        """Return the nodes of values that are shown, and that the subject does not give."""
        ops, computed = self.program.ops, self.floats["value"]
        return [self.exact.values[i] for i in self.claimed if ops[i] != "input" and i not in computed]

    def decided(self, decisions: Iterable[Decision], actual: Iterable[int]) -> list[Comparison]:
        """Write the rows of a decided case; for each key, a decision and the node of what was computed."""
        self._typed = "typed" in self.exact.graph.ops
        rows = [self._row(*entry) for entry in zip(self.keys(), decisions, actual, strict=True)]
        return self._telling(rows)

    def _telling(self, rows: list[Comparison]) -> list[Comparison]:
        return [row for row, key in zip(rows, self.keys(), strict=True) if not self._idle(row, key)] + self._stated()

    def _idle(self, row: Comparison, key: Key) -> bool:
        """Tell whether a row says no more than that an input is itself, or that this is not known."""
        quantity, index = key
        plain = quantity == "value" and self.program.ops[index] == "input" and index != self.program.result
        return plain and (row.good or row.verdict is Verdict.UNDECIDED)

    def undecided(self, problem: SubjectError, seed: int) -> list[Comparison]:
        """Write the rows of a case whose subject could not be followed on symbols; its floats may tell something."""
        evidence = Evidence("not followed", str(problem), place=problem.place, reason=problem.reason)
        unknown = Decision(Verdict.UNDECIDED, evidence)
        decisions = self._sampled(problem, seed) if problem.compiled else {}
        return self._telling([self._row(key, decisions.get(key, unknown), None) for key in self.keys()])

    def _sampled(self, problem: SubjectError, seed: int) -> Mapping[Key, Decision]:
        from verify.checks.reference.sampled import sampled  # which needs NumPy

        return sampled(self.exact, list(self.keys()), problem, seed)

    def _row(self, key: Key, decision: Decision, actual: int | None) -> Comparison:
        (quantity, index), exact = key, self.exact
        program, op = self.program, self.program.ops[index]
        computed, real = self.floats[quantity][index], self.real[exact.expected(key)]
        written = self._numbers(computed, self.enclosures[quantity].get(index), real, decision, actual)
        decision = _unless_unstable(decision, written.judged)
        proved = decision.verdict is Verdict.PROVED
        relation, diagnosis = self._related(key, decision, actual)
        return Comparison(
            quantity=quantity,
            name=program.label(index),
            verdict=decision.verdict,
            role=op if op == "input" else "output" if index == program.result else "node",
            value=self._value(index),
            actual=written.actual,
            actual_formula="" if proved or actual is None else exact.text(actual),
            expected=written.expected,
            expected_formula=self._formula(key, in_full=not proved),
            evidence=decision.evidence,
            rounding=None
            if decision.verdict is Verdict.SAMPLED
            else written.judged.rounding,  # nobody sees its operations
            counterexample=None if decision.point is None else self._counterexample(key, decision.point, actual),
            relation=relation,
            diagnosis=diagnosis,
        )

    def _related(self, key: Key, decision: Decision, actual: int | None) -> tuple[Relation | None, str]:
        """Say how a wrong formula is related to the right one, and why; nothing where SymPy would take long for it."""
        if decision.verdict is not Verdict.REFUTED or actual is None or not self.exact.wholes:
            return None, ""
        from verify.checks.claims.explain import relation  # and NumPy with it, which what is right does not need
        from verify.checks.reference.mistakes import mistake

        exact = self.exact
        related = relation(exact.graph, exact.expected(key), actual, exact.names, exact)
        return related, mistake(exact, key[1], actual) if key[0] == "gradient" else ""

    def _value(self, index: int) -> str:
        """Return the forward value of a step: an input as typed, anything else as the float that came."""
        if self.program.ops[index] == "input":
            return self._inputs[id(self.exact.case.inputs[self.program.names[index]])]
        computed = self.floats["value"].get(index)
        return self.real[self.exact.values[index]].text if computed is None else repr(computed)

    def _formula(self, key: Key, *, in_full: bool) -> str:
        """Write the exact formula, `in_full` with the upstream, as its counterpart is; a proved value needs none."""
        if in_full:
            return self.exact.text(self.exact.expected(key))
        return self.exact.formula(key[1]) if key[0] == "gradient" else ""

    def _numbers(
        self, computed: float, enclosure: flint.arb | None, real: Real, decision: Decision, actual: int | None
    ) -> _Written:
        """Judge and write a float; what was found of the same numbers in an earlier row, as is common, is kept."""
        closed = decision.verdict is Verdict.PROVED and actual is not None and not self._has_typed(actual)
        right = decision.verdict.good
        identity = (computed or repr(computed), id(real), right, closed)  # 0.0 == -0.0; the Reals outlive this
        written = self._written.get(identity)
        if written is None or not _identical(written.enclosure, enclosure):
            judged = judge(computed, enclosure, real.ball, right=right, closed=closed, note=self.no_bound)
            written = self._written[identity] = _Written(enclosure, judged, repr(computed), real.text)
        return written

    def _has_typed(self, node: int) -> bool:
        """Tell whether a formula has floats of the code in it."""
        graph = self.exact.graph
        return self._typed and any(graph.ops[i] == "typed" for i in graph.reach([node]))

    def _counterexample(self, key: Key, point: Point, actual: int | None) -> Counterexample | None:
        if actual is None:
            return None
        expected = self.exact.expected(key)
        real = rationals.real(self.exact.graph, [expected, actual], point)
        inputs = tuple((name, decimal_text(value)) for name, value in point.items())
        return Counterexample(inputs, real[expected].text, real[actual].text)

    def _stated(self) -> list[Comparison]:
        """Compare the values that the case states with the exact ones."""
        rows = []
        for (quantity, label), stated in self.exact.case.stated.items():
            step = self.program.find(label)
            assert step is not None  # the case was refused otherwise
            node = self.exact.expected((quantity, step))
            exact = self.exact.at_sample([node])[node]
            verdict, evidence = _judged(exact, stated)
            rows.append(
                Comparison(
                    "stated",
                    f"{quantity} of {label}",
                    verdict,
                    "stated",
                    "",
                    decimal_text(stated),
                    "",
                    exact.text,
                    "",
                    evidence,
                )
            )
        return rows


def _judged(exact: Real, stated: Fraction) -> tuple[Verdict, Evidence]:
    """Compare a stated value with an exact one; where that is a ball, only what is outside of it is another value."""
    if exact.rational is not None:
        return (Verdict.PROVED, _EQUAL) if exact.rational == stated else (Verdict.REFUTED, _OTHER)
    with flint.ctx.workprec(_STATED_BITS):
        if balls.ball(stated).overlaps(exact.ball):
            sharp = exact.ball.rad() * _CLOSE_BY < abs(exact.ball).max(flint.arb(1))
            return (Verdict.AGREES, _CLOSE) if sharp else (Verdict.UNDECIDED, _BLURRED)
    nearest = float(stated)
    return (Verdict.AGREES, _NEAREST) if nearest and nearest == float(exact.ball) else (Verdict.REFUTED, _OTHER)


def _identical(a: flint.arb | None, b: flint.arb | None) -> bool:
    """Tell whether two balls have the same midpoint and the same radius."""
    return a is b or (a is not None and b is not None and bool(a.mid() == b.mid() and a.rad() == b.rad()))


def _unless_unstable(decision: Decision, judged: Judged) -> Decision:
    """Take back that constants explain a difference where half of the digits are lost, as in a difference quotient."""
    if decision.verdict is not Verdict.AGREES or decision.evidence.kind != CONSTANTS:
        return decision
    rounding = judged.rounding
    if judged.bound is not None and (rounding.unit != "ulp" or bool(judged.bound < _UNSTABLE)):
        return decision
    detail = f"{decision.evidence.detail}; but rounding may cost up to {rounding.bound or 'any number of'} ulp here"
    evidence = Evidence("unstable", f"{detail}, as it does in numerical differentiation", reason=Reason.UNSTABLE)
    return Decision(Verdict.UNDECIDED, evidence)
