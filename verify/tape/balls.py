"""A tape read in ball arithmetic: what encloses elements at an exact point, as narrow as one asks for.

Arrays of flint's balls are added and multiplied by NumPy, matrices by flint. Balls that do not overlap refute; balls
that overlap prove nothing, and a ball's middle is no number that anybody may read (`proof.balls`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import numpy.typing as npt

from verify.graph import balls
from verify.graph.decimals import Decimals
from verify.model.exact import simplest_rational
from verify.tape.parts import Part, parts
from verify.tape.tape import Elements, Tape

_STACKED = 3  # axes of a stack of matrices at one point
Balls = npt.NDArray[np.object_]
Point = Mapping[int, Fraction]  # values of variables, by their elements; others have that of the sample


def at(
    tape: Tape, elements: Elements, point: Point | None, bits: int, typed: Callable[[float], flint.arb] | None = None
) -> Balls:
    """Return balls around elements at a point, computed with so many bits; at the sample if there is no point.

    A ball is not finite where an element is not defined, or where it takes more bits to tell. Floats of the code are
    the simplest rationals that round to them, unless `typed` has a ball for each.
    """
    values: Balls = np.empty(tape.size, object)
    with flint.ctx.workprec(bits):
        for part in parts(tape, elements.ravel()):
            values[part.elements] = _leaves(part, point or {}, typed) if not part.args else _computed(part, values)
    return values[elements.ravel()].reshape(elements.shape)


def at_points(tape: Tape, elements: Elements, variables: Elements, floats: Any, bits: int) -> Balls:
    """Return balls around elements at several points, a row for each element and a column for each point.

    `floats` are the exact values of `variables` there.
    """
    columns = floats.shape[1]
    values: Balls = np.empty((tape.size, columns), object)
    with flint.ctx.workprec(bits):
        values[variables] = _array([flint.arb(value) for value in floats.ravel().tolist()]).reshape(floats.shape)
        for part in parts(tape, elements):
            if part.args:
                values[part.elements] = _computed(part, values)
            elif part.op != "variable":
                values[part.elements] = np.repeat(_array(_leaves(part, {}, None))[:, None], columns, axis=1)
    return values[elements]


def _array(balls_in_order: Iterable[flint.arb]) -> Balls:
    """Return balls as an array, of which NumPy would look into a single one."""
    return np.array([*balls_in_order, None], object)[:-1]


def _leaves(part: Part, point: Point, typed: Callable[[float], flint.arb] | None) -> Iterable[flint.arb]:
    """Return balls around variables and constants, which have few denominators."""
    if part.op == "pi":
        return [flint.arb.pi()]
    payload = part.payload
    if part.op == "variable" and point:
        elements = enumerate(part.numbers.tolist())
        payload = [point[element] if element in point else payload[place] for place, element in elements]
    elif part.op == "typed" and typed is not None:
        return [typed(value) for value in payload]
    elif part.op == "typed":
        payload = [simplest_rational(value) for value in payload]
    elif isinstance(payload, Decimals):
        inverse = flint.arb(1) / payload.denominator
        return [inverse * numerator for numerator in payload.numerators.tolist()]
    inverses = {bottom: flint.arb(1) / bottom for bottom in {value.denominator for value in payload}}
    return [inverses[value.denominator] * value.numerator for value in payload]


def _computed(part: Part, values: Balls) -> Any:
    """Return the balls of a part from those of its arguments, at one point or in a column for each of several."""
    args = [values[arg] for arg in part.args]
    match part.op:
        case "sum":
            return np.add(*args)
        case "product":
            return np.multiply(*args)
        case "total":
            return np.add.reduceat(args[0], part.payload, axis=0)
        case "matmul":
            return _matmul(*args)
        case "power" if part.payload in _SHORT_WAYS:
            return _SHORT_WAYS[part.payload](args[0])
        case "power":
            return _each(args[0], lambda base: balls.power(base, part.payload))
    return _each(args[0], lambda argument: balls.function(part.op, argument))


# Powers that NumPy does with operations of balls, an array at a time.
_SHORT_WAYS: dict[Fraction, Callable[[Any], Any]] = {
    Fraction(2): lambda a: np.multiply(a, a),
    Fraction(-1): lambda a: flint.arb(1) / a,
}


def _each(arguments: Balls, function: Callable[[flint.arb], flint.arb]) -> Balls:
    return _array(map(function, arguments.ravel().tolist())).reshape(arguments.shape)


def _matmul(left: Balls, right: Balls) -> Balls:
    """Return the entries of products of matrices, one after the other, in each column."""
    if left.ndim == _STACKED:
        return _array(entry for a, b in zip(left, right, strict=True) for entry in (_matrix(a) * _matrix(b)).entries())
    columns = [_matmul(left[..., column], right[..., column]) for column in range(left.shape[-1])]
    return np.stack(columns, axis=-1)


def _matrix(array: Balls) -> flint.arb_mat:
    height, width = array.shape
    return flint.arb_mat(height, width, array.ravel().tolist())
