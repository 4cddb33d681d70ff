"""The subject at work: the same code, run on floats, on symbols and on enclosures."""

from __future__ import annotations

import contextlib
import math
import numbers
import sys
from collections.abc import Callable
from typing import Any

import flint

from verify import rounding
from verify.cases import Case, Outcome, drive
from verify.errors import GradproofError, ProtocolError, TraceError
from verify.rounding import Enclosure
from verify.symbolic import node_of
from verify.theory import Theory
from verify.where import raised_at


class SubjectError(GradproofError):
    """The subject raised, or returned what is no number; the message says what and where."""


def on_floats(case: Case) -> Outcome:
    """Run a case on floats; raises SubjectError."""
    outcome = _run(case, {name: float(value) for name, value in case.inputs.items()}, float(case.upstream))
    return _convert(outcome, _to_float, "a number")


def on_symbols(theory: Theory) -> Outcome:
    """Run a case on symbols and return the nodes of what it computed; raises SubjectError."""
    outcome = _run(theory.case, dict(theory.inputs), theory.upstream)
    return _convert(outcome, lambda value: node_of(theory.graph, value), "a formula")


def on_enclosures(case: Case) -> Outcome:
    """Run a case on enclosures and return balls that hold what any float64 run may give; raises SubjectError."""
    with flint.ctx.workprec(rounding.BITS):
        inputs = {name: Enclosure.of_input(value) for name, value in case.inputs.items()}
        upstream = Enclosure.of_input(case.upstream)
        outcome = _run(case, inputs, upstream)
        return _convert(outcome, lambda value: None if (e := upstream.lift(value)) is None else e.ball, "an enclosure")


def _run(case: Case, inputs: dict[str, Any], upstream: Any) -> Outcome:
    """Run the subject; whatever it prints goes to stderr, whatever it raises becomes a SubjectError."""
    try:
        with contextlib.redirect_stdout(sys.stderr):
            return drive(case, inputs, upstream)
    except (TraceError, ProtocolError) as problem:
        raise SubjectError(str(problem)) from problem
    except (Exception, SystemExit) as problem:
        place = raised_at(problem)
        raise SubjectError(f"{type(problem).__name__}: {problem}{', at ' if place else ''}{place}") from problem


def _convert(outcome: Outcome, convert: Callable[[Any], Any], kind: str) -> Outcome:
    def each(values: dict[str, Any], what: str) -> dict[str, Any]:
        converted = {name: convert(value) for name, value in values.items()}
        for name, value in converted.items():
            if value is None:
                came = f"{values[name]!r} ({type(values[name]).__name__})"
                raise SubjectError(f"the {what} {name!r} is {came}: {kind} was expected")
        return converted

    return Outcome(each(outcome.values, "value of"), each(outcome.gradients, "gradient of"))


def _to_float(value: Any) -> float | None:
    """Return a real number, or an array that holds just one without axes, as a float."""
    if isinstance(value, numbers.Real):
        return _overflowing(value)
    is_scalar = getattr(value, "shape", None) == () and getattr(getattr(value, "dtype", None), "kind", "O") in "fiu"
    return float(value) if is_scalar else None


def _overflowing(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:  # a Python integer beyond the floats
        return math.inf if value > 0 else -math.inf
