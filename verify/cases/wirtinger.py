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
from typing import Any

from verify.model.errors import InputError
from verify.model.where import quoted

CONVENTIONS = {"torch": 1, "jax": -1}  # and the sign of the imaginary part
DEFAULT = "torch"
FORMS = {"torch": "dL/da + i dL/db", "jax": "dL/da - i dL/db"}
_EXPECTED = "expected 'torch' (gradients are dL/da + i dL/db) or 'jax' (dL/da - i dL/db)"
REAL, IMAG = ".real", ".imag"
_SIGN = "_sign_of_imaginary_parts"  # an attribute of subjects
Subject = Callable[..., Generator[Any, Any, Any]]
Named = Callable[[Collection[str], Any], Mapping[str, Any]]


class Halves(tuple[Any, ...]):
    """Outputs of which some are the real and the imaginary part of a complex one, with what ends their names."""

    endings: list[str]


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
        part
        for number, value in zip(numbers, values, strict=True)
        for part in (
            ((number + REAL, value.real), (number + IMAG, value.imag)) if is_complex(value) else ((number, value),)
        )
    ]
    halves = Halves(value for _, value in parts)
    halves.endings = [ending for ending, _ in parts]
    return halves


def joined(output: Any, upstream: Any, sign: int) -> Any:
    """Return the upstream of an output as its code expects it, from those of the halves."""
    halves = iter(upstream)
    values = output if isinstance(output, (tuple, list)) else [output]
    whole = [next(halves) + sign * 1j * next(halves) if is_complex(value) else next(halves) for value in values]
    return tuple(whole) if isinstance(output, (tuple, list)) else whole[0]


def whole_names(names: Collection[str], complex_names: Collection[str]) -> list[str]:
    """Return names of inputs, each complex one once in place of its halves."""
    return list(dict.fromkeys(_whole_name(name, complex_names) for name in names))


def _whole_name(name: str, complex_names: Collection[str]) -> str:
    whole = name.removesuffix(REAL).removesuffix(IMAG)
    return whole if whole in complex_names else name


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

    @functools.wraps(subject)
    def run(**values: Any) -> Generator[Any, Any, Any]:
        whole = {name: values[name + REAL] + 1j * values[name + IMAG] for name in names}
        rest = {name: value for name, value in values.items() if _whole_name(name, names) not in names}
        running = subject(**{**whole, **rest})
        if not inspect.isgenerator(running):
            return running
        returned = yield from running
        gradients = dict(named(order, returned)) if names else returned
        for name in names:
            gradient = gradients.pop(name)
            halves = (None, None) if gradient is None else (gradient.real, sign * gradient.imag)
            gradients[name + REAL], gradients[name + IMAG] = halves
        return gradients

    setattr(run, _SIGN, sign)
    return run
