"""Forward mode: a function whose derivative along a direction is written by hand, as in `jvp(x, dx)`.

A derivative along a direction is the ordinary derivative by a number. The case has the inputs x and a direction dx for
each of them, all of which may be any numbers and none of which is differentiated, and a number `step`, which is: the
function is evaluated at x + step * dx, and what the rule returns there, for the direction dx, is the derivative of the
output by `step`. As a gradient it is the sum of dout * jvp(x + step * dx, dx) over the entries of the output.

Why a proof of that is one of the rule: at step = 0 it says that the sums of dout * jvp(x, dx) and of dout * (J dx) are
the same for all x, dx and dout, so all entries are, and other steps only say the same of other x. Where an input has a
domain, its direction leads to a second point of the domain: x + step * (end - x) for a step between 0 and 1, which
stays inside. Then the claim is for the directions between two points of the domain.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

import numpy as np

from verify.cases.as_if import Call, calling, like
from verify.cases.calling import FUNCTION, TANGENT, call
from verify.cases.case import Subject, TracedCase
from verify.cases.inputs import Complex, Fixed, Real, described, real
from verify.cases.making import naming, traced
from verify.cases.slips import check_functions
from verify.cases.terms import Terms
from verify.cases.units import knows
from verify.model.errors import InputError, ProtocolError
from verify.model.identity import NOWHERE, Place
from verify.model.reasons import Reason
from verify.model.where import made_at, start_of

STEP = "step"
_ANY = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
_LABELS = ("d{}", "{}_dot", "d_{}", "{}dot", "{}_tangent", "tangent_{}")
Apply = Callable[..., Any]


class Line:
    """The inputs of a function and of its rule along a line: `inputs` describes all that the case has in their place.

    `points` has the inputs that are differentiated, by name, with the name of the direction, or of the end, of each.
    """

    def __init__(self, inputs: Mapping[str, object]) -> None:
        if any(isinstance(value, Complex) for value in inputs.values()):
            raise InputError("complex inputs are not supported in forward mode")
        declared = {key: described(key, value) for key, value in inputs.items()}
        if closed := [key for key, value in declared.items() if isinstance(value, Real) and value.closed]:
            raise InputError(f"{closed[0]}: in forward mode bounds are no part of the claim: leave closed= out")
        self.points: dict[str, str] = {}
        self._ends: set[str] = set()
        moved: dict[str, Real] = {}
        for key, value in declared.items():
            if isinstance(value, Real) and not isinstance(value, Fixed):
                name = _free(f"{key}_end" if value.bounds else f"d{key}", {*inputs, *moved})
                moved[key] = moved[name] = Fixed(value.shape, value.low, value.high, problem=value.problem)
                self.points[key] = name
                self._ends.update([name] if value.bounds else [])
        if not moved:
            raise InputError("there is no input to differentiate: give at least one a shape, like x='N D'")
        self.step = _free(STEP, {*inputs, *moved})
        width = real("", low=0, high=1) if self._ends else real("")
        self.added = {self.step, *self.points.values()}
        self.inputs: dict[str, object] = {**declared, **moved, self.step: width}

    def at(self, arguments: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the differentiated inputs at a step, and their directions, both by the names of the inputs."""
        points, directions = {}, {}
        for key, name in self.points.items():
            start, there = arguments[key], arguments[name]
            directions[key] = there - start if name in self._ends else there
            points[key] = start + arguments[self.step] * directions[key]
        return points, directions


def jvp(
    function: Apply,
    rule: Apply,
    *,
    options: Mapping[str, Sequence[Any]] | None = None,
    sizes: Mapping[str, int] | None = None,
    allow: Mapping[str, str] | None = None,
    accuracy: object = None,
    as_if: object = None,
    name: str = "",
    **inputs: object,
) -> TracedCase:
    """Make a case of a function and its derivative along a direction (forward mode): `jvp(silu, silu_jvp, x="N D")`.

    `function` returns its output, or a tuple of outputs. `rule` is passed the inputs and a direction of the shape of
    each that is differentiated: in this order, or by parameters named like `dx`, `x_dot` or `x_tangent`. It returns the
    derivative of the output along these directions, in the shape of the output, or a tuple of them. A Hessian-vector
    product is checked as the derivative of a gradient: `jvp(gradient, hvp, x="N")`.

    The claim: `rule` returns the derivative of `function(x + step * dx)` with respect to the number `step`, for all x
    and dx. If x has a domain, dx is `x_end - x` for two points of it. The keyword arguments that are not inputs are
    those of `gradproof.case`; `as_if` states the function whose derivative is meant.

    Raises InputError if the parts do not fit together.
    """
    title = name or str(getattr(function, "__name__", type(function).__name__))
    with naming(title):
        check_functions(inputs, function=function, rule=rule)
        line = Line(inputs)
        stated = None if as_if is None else calling(as_if, [*inputs], [*(options or {})])
    subject = along(line, list(inputs), function, rule, stated)
    terms = Terms(options, None, sizes, allow, accuracy, None, as_if)
    return traced(
        title, subject, line.inputs, terms, where=made_at(), backward=_place(rule), unnamed=not name, stated=True
    )


def _place(rule: Apply) -> Place:
    code = getattr(inspect.unwrap(rule), "__code__", None)
    return start_of(code) if code else NOWHERE


def along(line: Line, names: Sequence[str], function: Apply, rule: Apply, as_if: Call | None = None) -> Subject:
    """Return what drives a function of named inputs, and its rule, along a line.

    What it yields is the output there, or that of `as_if`.
    """
    takes_any = inspect.Parameter.VAR_KEYWORD in _kinds(rule)
    is_named = _takes_by_name(rule, names, [labels_of_tangent(key) for key in line.points])

    def subject(**arguments: Any) -> Generator[Any, Any, Any]:
        points, directions = line.at(arguments)
        passed = {**{key: value for key, value in arguments.items() if key not in line.added}, **points}
        ordered, chosen = [passed.pop(key) for key in names], passed
        copies = {**dict(zip(names, map(_copied, ordered), strict=True)), **chosen}
        output = call(FUNCTION, function, *ordered, **chosen)
        dout = yield output if as_if is None else like(as_if(copies), output)
        later = {key: value for key, value in chosen.items() if takes_any or knows(rule, key)}
        if is_named:
            by_name = {**dict(zip(names, ordered, strict=True)), **_labelled(directions), **later}
            tangent = call(TANGENT, rule, **{key: value for key, value in by_name.items() if knows(rule, key)})
        else:
            tangent = call(TANGENT, rule, *ordered, *directions.values(), **later)
        douts = dout if isinstance(dout, tuple) else (dout,)
        shares = [np.sum(each * part) for each, part in zip(douts, _like(tangent, output), strict=True)]
        return {line.step: sum(shares[1:], shares[0])}

    return subject


def labels_of_tangent(key: str) -> Sequence[str]:
    """Return how the direction of an input may be called."""
    return [pattern.format(key) for pattern in _LABELS]


def _labelled(directions: Mapping[str, Any]) -> dict[str, Any]:
    return {label: value for key, value in directions.items() for label in labels_of_tangent(key)}


def _takes_by_name(rule: Apply, names: Sequence[str], directions: Sequence[Sequence[str]]) -> bool:
    """Tell whether a rule names each direction, and has no parameter but those that have a name, or a default."""
    if not (kinds := _kinds(rule)) or not kinds.isdisjoint(_ANY):
        return False
    parameters = inspect.signature(rule).parameters.values()
    labelled = {*names, *(label for labels in directions for label in labels)}
    return all(any(knows(rule, label) for label in labels) for labels in directions) and all(
        parameter.name in labelled or parameter.default is not parameter.empty for parameter in parameters
    )


def _kinds(rule: Apply) -> set[Any]:
    """Return the kinds of parameters that a rule has; none of compiled code that does not tell."""
    try:
        return {parameter.kind for parameter in inspect.signature(rule).parameters.values()}
    except (TypeError, ValueError):
        return set()


def _copied(value: Any) -> Any:
    return value.copy() if hasattr(value, "copy") else value


def _like(tangent: Any, output: Any) -> Sequence[Any]:
    """Return the tangent of each output; raises ProtocolError where their shapes are others."""
    tangents, outputs = (part if isinstance(part, (tuple, list)) else [part] for part in (tangent, output))
    shapes, expected = [np.shape(part) for part in tangents], [np.shape(part) for part in outputs]
    if shapes != expected:
        raise ProtocolError(
            f"the directional derivative has the shape {_written(shapes)}: expected that of the output, "
            f"{_written(expected)}",
            Reason.WRONG_SHAPE,
        )
    return tangents


def _written(shapes: Sequence[tuple[int, ...]]) -> str:
    return " and ".join(map(str, shapes)) or "of nothing"


def _free(name: str, names: set[str]) -> str:
    """Return a name that no input has."""
    while name in names:
        name += "_"
    return name
