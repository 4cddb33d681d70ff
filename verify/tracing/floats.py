"""The same code on floats: is what was traced what it computes?

A trace is only as good as our knowledge of NumPy. So the subject runs once more, on real arrays with the numbers of the
sample, and every output and gradient has to lie where the formulas, read in balls of few bits, allow it. That is no
measure of accuracy: it tells from a proof a layer that does something else on floats, and a mistake of ours.

The balls have 16 bits. Code that casts to float16 or bfloat16 is held to balls of four bits more than the type has: an
operation may be off by half of what it rounds by at most, and the cast before it by as much. Of 15,000 chains of one to
ten right products in either type none is off by more, and a product of bfloat16 that is wrong by 2^-6 always is.
"""

from __future__ import annotations

import inspect
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from copy import deepcopy
from fractions import Fraction
from types import CodeType, FrameType
from typing import Any

import flint
import numpy as np

from verify.cases.accounts import taken
from verify.cases.case import TracedCase
from verify.cases.conversation import converse
from verify.cases.shapes import entry_names
from verify.graph import balls, digits
from verify.graph.graph import Graph
from verify.model.identity import NOWHERE, Place
from verify.model.where import is_users, start_of
from verify.proof import rationals
from verify.tracing import patches
from verify.tracing.following import SubjectError, following
from verify.tracing.observe import Observation, Quantity
from verify.tracing.seeds import seeded

_DOUBLE = np.dtype(np.float64)
_BITS = 16  # of the balls: what single precision computes lies well inside of them
_ALL_BITS = 53  # that doubles have, where digits cancel
_DIGITS = 5  # digits of what a formula gives
_LEAST = flint.arb(2) ** -40
_CLOSE_PART, _CLOSE_LEAST = 2.0 ** (1 - _BITS), 2.0**-42  # less than half of either
_SLACK = 8  # what a float may differ by, in their radii


class FloatRun:
    """A run on floats at the sample of an observation, or at another point of its region, of double precision or less.

    `values` gives the floats of inputs and upstreams there, where they are known. One that is `noticing` knows which
    function computes the gradients, and takes longer. Raises SubjectError where the code does not run on floats.
    """

    def __init__(
        self,
        case: TracedCase,
        seen: Observation,
        seed: int,
        point: Mapping[Any, Fraction] | None = None,
        dtype: Any = np.float64,
        *,
        noticing: bool = False,
        values: Callable[[Quantity], Any] | None = None,
    ) -> None:
        self.seen = seen
        self.dtype = dtype
        self.point = seen.trace.sample if point is None else point
        self.output: Any = None
        self._values = values or (lambda quantity: seen.trace.floats(quantity.nodes, self.point))
        self._subject = getattr(inspect.unwrap(case.subject), "__code__", None)
        self._called: list[CodeType] = []
        self._is_fixed = case.upstream is not None
        inputs = {name: self._array(quantity) for name, quantity in seen.inputs.items()}
        arguments = {name: inputs[name] if name in inputs else deepcopy(seen.concrete[name]) for name in case.inputs}
        quiet, self._noticing = np.errstate(all="ignore"), noticing
        options = deepcopy(dict(seen.variant.options))
        try:
            with following(), patches.in_force(seed), seeded(seed), redirect_stdout(sys.stderr), quiet, _profiling():
                _, returned = converse(case.subject, {**arguments, **options}, self._answer)
        except SubjectError as problem:
            problem.after_forward = self.output is not None
            raise
        self.account = taken()
        names, self.returned = list(case.real), (returned := _own(returned))
        self.gradients = (
            returned if isinstance(returned, Mapping) else dict(zip(names, _listed(returned), strict=False))
        )

    def _array(self, quantity: Quantity) -> Any:
        """Return a quantity at the point as floats, in memory of its own; a scalar is a NumPy float."""
        made = np.empty(quantity.shape, self.dtype)
        made.reshape(-1)[...] = self._values(quantity)
        return made if quantity.shape else made[()]

    def _sent(self, quantity: Quantity) -> Any:
        """Return an upstream at the point; a fixed one of a scalar is a plain number, as in the run on symbols.

        It has no short type, to which the code would round what it makes of it: callers write `backward(1)`.
        """
        sent = self._array(quantity)
        return sent.item() if self._is_fixed and not quantity.shape and self.dtype != _DOUBLE else sent

    def _answer(self, output: Any) -> Any:
        self.output = deepcopy(output)  # backward may write into it
        if self._noticing and sys.getprofile() is None:
            sys.setprofile(self._notice)
        if not self.seen.upstreams:  # the run on symbols did not get here
            ones = [
                np.ones(np.shape(value), self.dtype)[()]
                for value in (output if isinstance(output, (tuple, list)) else [output])
            ]
            return tuple(ones) if isinstance(output, (tuple, list)) else ones[0]
        sent = [self._sent(quantity) for quantity in self.seen.upstreams]
        return tuple(sent) if self.seen.several else sent[0]

    def _notice(self, frame: FrameType, event: str, _: Any) -> None:
        """Notice the functions that the subject calls itself."""
        code = frame.f_code
        by_subject = event == "call" and frame.f_back is not None and frame.f_back.f_code is self._subject
        if by_subject and is_users(code.co_filename):
            self._called.append(code)

    @property
    def backward(self) -> Place:
        """Return the place of the function that the subject calls for its gradients; none if not noticed."""
        named = [
            code for code in self._called if any(word in code.co_name.lower() for word in ("back", "grad", "prime"))
        ]
        return next(map(start_of, [*named, *self._called]), NOWHERE)

    def gives(self, name: str, place: int, node: int) -> bool:
        """Tell whether an entry of a gradient is what a node has at the point."""
        number = self.entry(name, place)
        if number is None:
            return False
        few, all_bits = (_value(self.seen.trace, node, self.point, bits) for bits in (self._bits, _ALL_BITS))
        ball = few if few.is_finite() else all_bits
        return bool(ball.is_finite()) and _within(ball, number, self._bits)

    def agrees(self, expected: Mapping[str, Sequence[int]]) -> bool:
        """Tell whether each gradient is, in all of its entries, what some nodes have at the point."""
        nodes = [node for entries in expected.values() for node in entries]
        with flint.ctx.workprec(self._bits):
            values = balls.at(self.seen.trace, nodes, self.point)
        for name, entries in expected.items():
            for place, node in enumerate(entries):
                number = self.entry(name, place)
                if number is None or not values[node].is_finite():
                    return False
                if not _within(values[node], number, self._bits):
                    return False
        return True

    def outputs_agree(self) -> bool:
        """Tell whether each output is, in all of its entries, what its nodes have at the point."""
        outputs = _listed(self.output) if self.seen.several else [self.output]
        nodes = [node for quantity in self.seen.outputs for node in quantity.nodes]
        with flint.ctx.workprec(self._bits):
            values = balls.at(self.seen.trace, nodes, self.point)
        pairs = zip(self.seen.outputs, outputs, strict=True)
        return all(ball.is_finite() for ball in values.values()) and not any(
            _stray("output", quantity, output, values, self._bits) for quantity, output in pairs
        )

    @property
    def _bits(self) -> int:
        """Return how many bits the balls have that floats are held to."""
        return _BITS - self.seen.trace.coarser

    def entry(self, name: str, place: int) -> float | None:
        """Return an entry of a gradient, or None where there is no such number."""
        if self.gradients.get(name) is None:  # which NumPy reads as NaN
            return None
        try:
            return float(np.asarray(self.gradients[name], dtype=float).ravel()[place])
        except (TypeError, ValueError, IndexError):
            return None

    def overflows(self) -> bool:
        """Tell whether a number that came is not finite."""
        outputs = _listed(self.output) if self.seen.several else [self.output]
        return not all(map(_is_finite, (*outputs, *map(self.gradients.get, self.seen.gradients))))

    def is_double(self) -> bool:
        """Tell whether nothing that came is of a shorter format than doubles."""
        outputs = _listed(self.output) if self.seen.several else [self.output]
        return not any(map(_is_short, (*outputs, *map(self.gradients.get, self.seen.gradients))))

    def strays(self) -> str:
        """Say where the floats are not what the formulas have, or nothing."""
        outputs = _listed(self.output) if self.seen.several else [self.output]
        if len(outputs) != len(self.seen.outputs):
            return f"on floats the number of outputs is {len(outputs)}, on symbols {len(self.seen.outputs)}"
        named = [(f"output {i}", *pair) for i, pair in enumerate(zip(self.seen.outputs, outputs, strict=False), 1)]
        named += [
            (f"gradient of {key}", quantity, self.gradients.get(key))
            for key, quantity in self.seen.gradients.items()
            if key not in self.seen.malformed
        ]
        if self.point is self.seen.trace.sample and self._is_close(named):
            return ""
        nodes = [node for _, quantity, _ in named for node in quantity.nodes]
        with flint.ctx.workprec(self._bits):
            values = balls.at(self.seen.trace, nodes, self.point)
        strays = (stray for each in named if (stray := _stray(*each, values, self._bits)))
        message, node = next(strays, ("", -1))
        if node < 0:
            return message
        exact = rationals.real(self.seen.trace, [node], self.point)[node]
        return f"{message}, by its formula {digits.rounded(exact.ball, _DIGITS)}"

    def _is_close(self, named: Sequence[tuple[str, Quantity, Any]]) -> bool:
        """Tell whether all floats lie so close to the values at the sample that coarse balls would allow them too.

        A coarse ball holds the value, so that what is within half of its least width of that is within its own.
        """
        for _, quantity, actual in named:
            if not _is_of_shape(actual, quantity.shape):
                return False
            floats = np.asarray(actual).ravel().tolist()
            for number, ball in zip(floats, self.seen.trace.at_samples(quantity.nodes), strict=True):
                middle = float(ball)
                width = abs(middle) * _CLOSE_PART + _CLOSE_LEAST
                if not (abs(number - middle) <= width < math.inf and float(ball.rad()) <= width):
                    return False
        return True


def is_clear(graph: Graph, node: int, point: Mapping[Any, Fraction]) -> bool:
    """Tell whether few bits tell the value of a node at a point: else floats that differ from it say nothing."""
    return bool(_value(graph, node, point, _BITS).is_finite())


def _value(graph: Graph, node: int, point: Mapping[Any, Fraction], bits: int) -> flint.arb:
    """Return the value of a node at a point, computed with so many bits."""
    with flint.ctx.workprec(bits):
        return balls.at(graph, [node], point)[node]


def _own(value: Any) -> Any:
    """Return gradients as nobody else holds them: code may write into its buffers in its next run (`twins`)."""
    if type(value) is np.ndarray:
        return value.copy()
    if type(value) is dict:
        return {name: _own(entry) for name, entry in value.items()}
    return type(value)(map(_own, value)) if type(value) in (tuple, list) else value


@contextmanager
def _profiling() -> Iterator[None]:
    """Let `_notice` profile this program for a while, unless somebody else does."""
    free = sys.getprofile() is None
    try:
        yield
    finally:
        if free:
            sys.setprofile(None)


def _stray(
    description: str, quantity: Quantity, actual: Any, values: dict[int, flint.arb], bits: int
) -> tuple[str, int] | None:
    """Say what is another number on floats than its formula allows, and of which node, -1 for a whole array."""
    try:
        floats = np.asarray(actual, dtype=float)
    except (TypeError, ValueError):
        return f"on floats the {description} is a {type(actual).__name__}, on symbols an array", -1
    if floats.shape == (2, *quantity.shape):  # its real and its imaginary parts
        return f"on floats the {description} is complex, on symbols real: take the real part, as in np.real(y)", -1
    if floats.shape != quantity.shape:
        return f"on floats the {description} has the shape {floats.shape}, on symbols {quantity.shape}", -1
    names = entry_names("", quantity.shape)
    for name, number, node in zip(names, floats.ravel().tolist(), quantity.nodes, strict=True):
        ball = values[node]
        if ball.is_finite() and not _within(ball, number, bits):
            entry = f"{description}{f' at {name}' if name else ''}"
            return f"on floats the {entry} is {number!r}", node
    return None


def _is_short(value: Any) -> bool:
    """Tell whether a value is an array of floats, or a float, of a shorter format than doubles."""
    dtype = getattr(value, "dtype", _DOUBLE)
    return bool(dtype.kind == "f" and dtype.itemsize < _DOUBLE.itemsize)


def _is_finite(value: Any) -> bool:
    try:
        return bool(np.isfinite(np.asarray(value, dtype=complex)).all())
    except (TypeError, ValueError):
        return True  # told of where it is compared


def _is_of_shape(value: Any, shape: tuple[int, ...]) -> bool:
    """Tell whether a value is an array of floats, or a float, of a shape."""
    return type(value) in (np.ndarray, np.float64) and value.dtype == np.float64 and value.shape == shape


def _within(ball: flint.arb, number: float, bits: int) -> bool:
    """Tell whether a number may be meant by a ball of so many bits."""
    if not math.isfinite(number):
        return False
    middle = ball.mid()
    width = ball.rad() * _SLACK + abs(middle) * flint.arb(2) ** (3 - bits) + _LEAST
    return bool(abs(flint.arb(number) - middle) <= width)


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, (tuple, list)) else [value]
