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

_TWO = Fraction(2)
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
    """Return the balls of a part from those of its arguments."""
    args = [values[arg] for arg in part.args]
    match part.op:
        case "sum":
            return np.add(*args)
        case "product":
            return np.multiply(*args)
        case "total":
            return np.add.reduceat(args[0], part.payload)
        case "matmul":
            return _matmul(*args)
        case "power" if part.payload == _TWO:
            return np.multiply(args[0], args[0])
        case "power":
            return [balls.power(base, part.payload) for base in args[0].tolist()]
    return [balls.function(part.op, argument) for argument in args[0].tolist()]


def _matmul(left: Balls, right: Balls) -> list[flint.arb]:
    """Return the entries of products of matrices, one after the other."""
    return [entry for a, b in zip(left, right, strict=True) for entry in (_matrix(a) * _matrix(b)).entries()]


def _matrix(array: Balls) -> flint.arb_mat:
    height, width = array.shape
    return flint.arb_mat(height, width, array.ravel().tolist())
