"""The terms of a case as a person writes them: checked, and in exact numbers; InputError says what was expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from verify.cases.case import TracedCase
from verify.cases.expression import identifier
from verify.cases.inputs import Integer, Real, described
from verify.cases.shapes import concrete
from verify.cases.sizes import bindings
from verify.graph.program import Program
from verify.model.errors import InputError, nearest
from verify.model.exact import decimal_text, exact, within
from verify.model.identity import Place
from verify.model.where import quoted

_LONGEST_NAME = 200
_NO_TABLE = "write a number here, such as 1.1, and its domain beside it: at={'x': 1.1}, x=gradproof.real('', low=0)"
_DOMAIN = "expected the domain of one number, like gradproof.real('', low=0, high=1)"


class Terms(NamedTuple):
    """What a person may write for a case of arrays beside its inputs, as it is written."""

    options: Mapping[str, Sequence[Any]] | None = None
    upstream: object = None
    sizes: Mapping[str, int] | None = None
    allow: Mapping[str, str] | None = None
    accuracy: object = None
    convention: object = None
    as_if: object = None


def fixed_upstream(value: object) -> Fraction:
    """Return a fixed upstream; raises InputError for 0, of which every gradient is 0, whatever `backward` does."""
    number = exact(value, "the upstream")
    if not number:
        raise InputError("the upstream is 0, so every gradient is 0: use another number, like upstream=1")
    return number


def stated_accuracy(value: object) -> Fraction:
    """Return a stated accuracy; raises InputError where it is no positive number below 1."""
    number = exact(value, "the accuracy")
    if not 0 < number < 1:
        raise InputError(f"accuracy={value!r}: expected a relative error between 0 and 1, like accuracy=1e-7")
    return number


def check_inputs(case: TracedCase) -> None:
    """Raise InputError where there is nothing to differentiate, or shapes do not fit the sizes."""
    if not case.real:
        raise InputError("there is no input to differentiate: give at least one a shape, like x='N D'")
    for sizes in bindings(case.inputs.values(), case.sizes):
        for description in case.inputs.values():
            concrete(description.shape, sizes)
            if isinstance(description, Integer):
                concrete(description.below, sizes)


def choices(key: str, values: object) -> tuple[Any, ...]:
    """Return the values that an option is tried with."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Sequence) or not values:
        raise InputError(f"the option {key!r} is {quoted(values)}: expected a list of values, like [1, 2]")
    return tuple(values)


def whole_sizes(sizes: Mapping[str, int]) -> dict[str, int]:
    """Return chosen sizes."""
    for key, size in sizes.items():
        if not isinstance(size, int) or isinstance(size, bool) or size < 1:
            raise InputError(f"the size of {key!r} is {quoted(size)}: expected a positive integer")
    return dict(sizes)


def check_name(name: str, where: Place) -> None:
    """Raise InputError for a name that does not fit on a line."""
    if not name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise InputError(
            f"{where}: the name of a case must be one line of at most {_LONGEST_NAME} characters, not {name[:50]!r}"
        )


def exact_inputs(at: Mapping[str, object]) -> dict[str, Fraction]:
    """Return the values of inputs by their names in an expression."""
    inputs: dict[str, Fraction] = {}
    for key, value in at.items():
        name = identifier(key)
        if name in inputs:
            raise InputError(f"the input {key!r} is given twice")
        if isinstance(value, Mapping):
            raise InputError(f"the input {key!r} is a table: {_NO_TABLE}")
        inputs[name] = exact(value, f"the input {key!r}")
    return inputs


def stated_domains(inputs: Mapping[str, Fraction], domains: Mapping[str, object]) -> dict[str, Real]:
    """Return the domains of inputs of an expression by name; raises InputError for a value outside of its own."""
    stated = {identifier(key): _domain(key, description) for key, description in domains.items()}
    for name, real in stated.items():
        if name not in inputs:
            raise InputError(f"there is no input {name!r} to have a domain{nearest(name, inputs)}")
        if not within(inputs[name], (real.low, real.high)):
            raise InputError(
                f"the input {name!r} is {decimal_text(inputs[name])}: write a number inside its domain, "
                f"{' and '.join(map(str, real.bounds))}; closed bounds are visited beside it"
            )
    return stated


def _domain(name: str, description: object) -> Real:
    real = described(name, description) if isinstance(description, Real) else None
    if type(real) is not Real or real.shape:
        raise InputError(f"the input {name!r} is {quoted(description)}: {_DOMAIN}")
    return real


def stated_values(program: Program, stated: Mapping[tuple[str, str], object]) -> dict[tuple[str, str], Fraction]:
    """Return stated values by quantity and name; raises InputError for names that the expression does not have."""
    numbers = {}
    for (quantity, written), value in stated.items():
        name = identifier(written)
        if program.find(name) is None:
            hint = nearest(name, program.labels)
            raise InputError(f"there is no {name!r} in the expression to state a {quantity} of{hint}")
        numbers[quantity, name] = exact(value, f"the stated {quantity} of {name!r}")
    return numbers
