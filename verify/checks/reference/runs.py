"""The subject at work: the same code, run on floats, on symbols and on enclosures."""

from __future__ import annotations

import contextlib
import math
import numbers
import sys
from collections.abc import Callable, Mapping
from typing import Any

import flint

from verify.cases.case import ExpressionCase
from verify.cases.conversation import Outcome, drive
from verify.checks.reference import rounding
from verify.checks.reference.rounding import Enclosure
from verify.checks.reference.theory import Theory
from verify.model.exact import each_once
from verify.model.reasons import Reason
from verify.model.where import quoted
from verify.tracing.following import SubjectError, following
from verify.tracing.outside.compiled import naming
from verify.tracing.symbols.symbolic import node_of


def on_floats(case: ExpressionCase) -> Outcome:
    """Run a case on floats; raises SubjectError."""
    inputs = each_once(case.inputs, float)
    return _run(case, inputs, float(case.upstream), _to_float, "a number")


def on_symbols(theory: Theory) -> Outcome:
    """Run a case on symbols and return the nodes of what it computed; raises SubjectError."""
    graph, symbol = theory.graph, theory.symbol
    inputs = {name: symbol(graph, graph.variables[name]) for name in theory.case.inputs}
    upstream = symbol(graph, theory.upstream)
    return _run(theory.case, inputs, upstream, lambda value: node_of(graph, value), "a formula")


def on_enclosures(case: ExpressionCase) -> Outcome:
    """Run a case on enclosures and return balls that hold what any float64 run may give; raises SubjectError."""
    with flint.ctx.workprec(rounding.BITS):
        inputs = each_once(case.inputs, Enclosure.of_input)
        upstream = Enclosure.of_input(case.upstream)

        def to_ball(value: Any) -> flint.arb | None:
            return None if (enclosure := upstream.lift(value)) is None else enclosure.ball

        return _run(case, inputs, upstream, to_ball, "an enclosure")


def _run(
    case: ExpressionCase, inputs: Mapping[str, Any], upstream: Any, convert: Callable[[Any], Any], kind: str
) -> Outcome:
    """Run the subject and convert what it gave; its prints go to stderr."""
    with following(), naming(), contextlib.redirect_stdout(sys.stderr):
        return _converted(case, drive(case, inputs, upstream), convert, kind)


def _converted(case: ExpressionCase, outcome: Outcome, convert: Callable[[Any], Any], kind: str) -> Outcome:
    """Convert an outcome in place."""
    for values, quantity in ((outcome.values, "value"), (outcome.gradients, "gradient")):
        for i, value in values.items():
            converted = convert(value)
            if converted is None:
                actual = f"{quoted(value)} ({type(value).__name__})"
                text = f"the {quantity} of {case.program.label(i)!r} is {actual}: expected {kind}"
                raise SubjectError(text, reason=Reason.NOT_NUMBERS)
            values[i] = converted
    return outcome


def _to_float(value: Any) -> float | None:
    """Return a real number, or an array that holds just one without axes, as a float."""
    if type(value) is float:
        return value
    if isinstance(value, numbers.Real):
        return _overflowing(value)
    is_scalar = getattr(value, "shape", None) == () and getattr(getattr(value, "dtype", None), "kind", "O") in "fiu"
    return float(value) if is_scalar else None


def _overflowing(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:  # a Python integer beyond the floats
        return math.inf if value > 0 else -math.inf
