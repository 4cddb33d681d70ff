"""From decisions and floats to the rows of a result."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import flint

from verify.exact import decimal_text
from verify.expressions import runs
from verify.expressions.rounding import judge
from verify.expressions.runs import SubjectError
from verify.expressions.theory import Key, Theory
from verify.proof import rationals
from verify.proof.decide import Decision
from verify.proof.rationals import Real
from verify.result import Comparison, Counterexample, Evidence, Rounding, Verdict
from verify.subjects.cases import Outcome

# Half the bits of a float64's significand: constants explain the last digits of a result, not the loss of half of them.
_UNSTABLE = 2.0**26
_EQUAL = Evidence("equal", "the stated value is the exact one")
_NEAREST = Evidence("rounded", "the exact value is no short decimal; the stated one rounds to the same float64")
_OTHER = Evidence("counterexample", "the case states another value than the exact one")


class Rows:
    """Writes the comparisons of one case: its subject's forward values and gradients, and the values that it states."""

    def __init__(self, exact: Theory, floats: Outcome) -> None:
        self.exact = exact
        self.program = exact.case.program
        self.floats: dict[str, dict[str, float]] = {"value": floats.values, "gradient": floats.gradients}
        self.keys = [key for key in exact.keys if exact.label(key) in self.floats[key[0]]]
        shown = [exact.expected(key) for key in self.keys] + [exact.values[index] for _, index in self.keys]
        self.real = exact.at_sample(list(dict.fromkeys(shown)))
        self.enclosures: dict[str, dict[str, flint.arb]] = {"value": {}, "gradient": {}}
        self.no_bound = ""
        self._typed: bool | None = None  # whether there are any floats of the code
        self._judged: dict[tuple[Any, ...], tuple[flint.arb | None, Rounding]] = {}  # with its enclosure
        try:
            outcome = runs.on_enclosures(exact.case)
            self.enclosures = {"value": outcome.values, "gradient": outcome.gradients}
        except SubjectError as problem:
            self.no_bound = f"no bound could be derived: {problem}"

    def decided(self, decisions: Iterable[tuple[Decision, int]]) -> list[Comparison]:
        """Write the rows of a decided case; for each key, a decision and the node of what was computed."""
        found = [self._row(key, *decision) for key, decision in zip(self.keys, decisions, strict=True)]
        return found + self._stated()

    def undecided(self, why: str) -> list[Comparison]:
        """Write the rows of a case whose subject could not be followed on symbols."""
        unknown = Decision(Verdict.UNDECIDED, Evidence("not followed", why))
        return [self._row(key, unknown, None) for key in self.keys] + self._stated()

    def _row(self, key: Key, decision: Decision, actual: int | None) -> Comparison:
        quantity, index = key
        step, label = self.program.steps[index], self.exact.label(key)
        computed, real = self.floats[quantity][label], self.real[self.exact.expected(key)]
        rounding = self._rounding(computed, self.enclosures[quantity].get(label), real, decision, actual)
        decision = _unless_unstable(decision, rounding)
        proved = decision.verdict is Verdict.PROVED
        return Comparison(
            quantity=quantity,
            name=label,
            verdict=decision.verdict,
            role="input" if step.op == "input" else "output" if index == self.program.result else "node",
            value=self._value(index, step.label),
            actual=repr(computed),
            actual_formula="" if proved or actual is None else self.exact.text(actual),
            expected=real.text,
            expected_formula=self._formula(key, in_full=not proved),
            evidence=decision.evidence,
            rounding=rounding,
            counterexample=self._counterexample(key, decision, actual),
        )

    def _value(self, index: int, label: str) -> str:
        """Return the forward value of a step: an input as typed, anything else as the float that came."""
        if label in self.exact.case.inputs:
            return decimal_text(self.exact.case.inputs[label])
        return (
            repr(self.floats["value"][label])
            if label in self.floats["value"]
            else self.real[self.exact.values[index]].text
        )

    def _formula(self, key: Key, *, in_full: bool) -> str:
        """Write the exact formula, `in_full` with the upstream, as its counterpart is; a proved value needs none."""
        if in_full:
            return self.exact.text(self.exact.expected(key))
        return self.exact.formula(key[1]) if key[0] == "gradient" else ""

    def _rounding(
        self, computed: float, enclosure: flint.arb | None, real: Real, decision: Decision, actual: int | None
    ) -> Rounding:
        """Judge a float; what was found of the same numbers in an earlier row, of which there may be many, is kept."""
        closed = decision.verdict is Verdict.PROVED and actual is not None and not self._has_typed(actual)
        right = decision.verdict.good
        asked = (computed, id(real), right, closed)  # the Reals outlive this
        known = self._judged.get(asked)
        if known is None or not _identical(known[0], enclosure):
            judged = judge(computed, enclosure, real.ball, right=right, closed=closed, note=self.no_bound)
            known = self._judged[asked] = enclosure, judged
        return known[1]

    def _has_typed(self, node: int) -> bool:
        """Tell whether a formula has floats of the code in it."""
        graph = self.exact.graph
        self._typed = self._typed if self._typed is not None else "typed" in graph.ops
        return self._typed and any(graph.ops[i] == "typed" for i in graph.reach([node]))

    def _counterexample(self, key: Key, decision: Decision, actual: int | None) -> Counterexample | None:
        if decision.point is None or actual is None:
            return None
        expected = self.exact.expected(key)
        real = rationals.real(self.exact.graph, [expected, actual], decision.point)
        inputs = tuple((name, decimal_text(value)) for name, value in decision.point.items())
        return Counterexample(inputs, real[expected].text, real[actual].text)

    def _stated(self) -> list[Comparison]:
        """Compare the values that the case states with the exact ones."""
        rows = []
        for (quantity, label), stated in self.exact.case.stated.items():
            node = self.exact.expected((quantity, self.exact.case.program.labels[label]))
            exact = self.exact.at_sample([node])[node]
            verdict, evidence = Verdict.REFUTED, _OTHER
            if exact.rational == stated:
                verdict, evidence = Verdict.PROVED, _EQUAL
            elif exact.rational is None and float(stated) == float(exact.ball):
                verdict, evidence = Verdict.AGREES, _NEAREST
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


def _identical(a: flint.arb | None, b: flint.arb | None) -> bool:
    """Tell whether two balls have the same midpoint and the same radius."""
    return a is b or (a is not None and b is not None and bool(a.mid() == b.mid() and a.rad() == b.rad()))


def _unless_unstable(decision: Decision, rounding: Rounding) -> Decision:
    """Take back that constants explain a difference where half of the digits are lost, as in a difference quotient."""
    if decision.verdict is not Verdict.AGREES or decision.evidence.kind != "constants":
        return decision
    if rounding.bound and (rounding.unit != "ulp" or float(rounding.bound) < _UNSTABLE):
        return decision
    detail = f"{decision.evidence.detail}; but rounding may take up to {rounding.bound or 'any number of'} ulp here"
    return Decision(Verdict.UNDECIDED, Evidence("unstable", f"{detail}, as it does in numerical differentiation"))
