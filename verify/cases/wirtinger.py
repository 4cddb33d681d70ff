"""Complex inputs and outputs as pairs of real ones: what is checked is real, whatever the code computes with.

An input z = a + i b is two inputs, `z.real` and `z.imag`, and a complex output is two outputs. The gradient of a real
loss L by z is dL/da + i dL/db, as in PyTorch: the direction of steepest ascent, twice Wirtinger's derivative by the
conjugate of z. JAX and autograd have its conjugate, dL/da - i dL/db. A case states which one its code has; the upstream
of a complex output goes by the same convention.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Generator, Mapping
from enum import Enum
from typing import Any, NamedTuple

from verify.model.errors import InputError
from verify.model.where import quoted

CONVENTIONS = {"torch": 1, "jax": -1}  # and the sign of the imaginary part
DEFAULT = "torch"
FORMS = {"torch": "dL/da + i dL/db", "jax": "dL/da - i dL/db"}
_EXPECTED = "expected 'torch' (gradients are dL/da + i dL/db) or 'jax' (dL/da - i dL/db)"
_SIGN = "_sign_of_imaginary_parts"  # an attribute of subjects
Subject = Callable[..., Generator[Any, Any, Any]]
Named = Callable[[Collection[str], Any], Mapping[str, Any]]


class Half(Enum):
    """A half of a complex number; the value ends its name."""

    REAL = ".real"
    IMAGINARY = ".imag"


class Part(NamedTuple):
    """Which half of which complex quantity a real one is."""

    whole: str
    half: Half

    @property
    def name(self) -> str:
        """Return the name of the real quantity."""
        return f"{self.whole}{self.half.value}"


class Halves(tuple[Any, ...]):
    """Outputs of which some are halves of a complex one: of each its number, if there are several, and which half."""

    parts: list[tuple[str, Half | None]]


def stated_convention(convention: object) -> str:
    """Return a convention of gradients; raises InputError for what is none."""
    if convention is None:
        return DEFAULT
    if convention not in CONVENTIONS:
        written = quoted(convention)
        raise InputError(
            f"convention={written}: expected 'torch' (gradients dL/da + i dL/db) or 'jax' (dL/da - i dL/db)"
        )
    return str(convention)


def is_complex(value: Any) -> bool:
    """Tell whether a value is a complex number or an array of them."""
    return isinstance(value, complex) or getattr(getattr(value, "dtype", None), "kind", "") == "c"


def halved(output: Any) -> Any:
    """Return an output, or several, with two real ones in place of each complex one; any other as it is."""
    values = output if isinstance(output, (tuple, list)) else [output]
    if not any(map(is_complex, values)):
        return output
    numbers = [str(number) for number in range(1, len(values) + 1)] if isinstance(output, (tuple, list)) else [""]
    parts = [
        (number, half, part)
        for number, value in zip(numbers, values, strict=True)
        for half, part in (
            ((Half.REAL, value.real), (Half.IMAGINARY, value.imag)) if is_complex(value) else ((None, value),)
        )
    ]
    halves = Halves(part for _, _, part in parts)
    halves.parts = [(number, half) for number, half, _ in parts]
    return halves


def joined(output: Any, upstream: Any, sign: int) -> Any:
    """Return the upstream of an output as its code expects it, from those of the halves."""
    halves = iter(upstream)
    values = output if isinstance(output, (tuple, list)) else [output]
    whole = [next(halves) + sign * 1j * next(halves) if is_complex(value) else next(halves) for value in values]
    return tuple(whole) if isinstance(output, (tuple, list)) else whole[0]


def sign_of(subject: Subject) -> int:
    """Return the sign of imaginary parts in the convention of a subject."""
    return int(getattr(subject, _SIGN, CONVENTIONS[DEFAULT]))


def by_halves(
    subject: Subject, names: Collection[str], order: Collection[str], convention: str, named: Named
) -> Subject:
    """Return a subject of real inputs for one with complex inputs; `order` has the names of what is differentiated.

    `named` gives gradients by name, and raises ProtocolError where they are not as many.
    """
    sign = CONVENTIONS[convention]
    pairs = {name: (Part(name, Half.REAL).name, Part(name, Half.IMAGINARY).name) for name in names}
    halves = {half for pair in pairs.values() for half in pair}

    @functools.wraps(subject)
    def run(**values: Any) -> Generator[Any, Any, Any]:
        whole = {name: values[real] + 1j * values[imaginary] for name, (real, imaginary) in pairs.items()}
        rest = {name: value for name, value in values.items() if name not in halves}
        running = subject(**{**whole, **rest})
        if not inspect.isgenerator(running):
            return running
        returned = yield from running
        gradients = dict(named(order, returned)) if names else returned
        for name, (real, imaginary) in pairs.items():
            gradient = gradients.pop(name)
            parts = (None, None) if gradient is None else (gradient.real, sign * gradient.imag)
            gradients[real], gradients[imaginary] = parts
        return gradients

    setattr(run, _SIGN, sign)
    return run
