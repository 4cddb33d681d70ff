"""A case: a text to differentiate, exact inputs, and the subject whose gradients are checked against it.

A subject is a generator function. It takes the inputs by name, yields what it computed forward (the output, or a dict
of named values that has the output), is sent the derivative of the final result with respect to its output, and
returns gradients:

    @verify.case("price = apple * apple_cnt * tax", at={"apple": 100, "apple_cnt": 2, "tax": "1.1"})
    def buy_apples(apple, apple_cnt, tax):
        mul_apple, mul_tax = MulLayer(), MulLayer()
        price = mul_tax.forward(mul_apple.forward(apple, apple_cnt), tax)
        dprice = yield price
        dapple_price, dtax = mul_tax.backward(dprice)
        return *mul_apple.backward(dapple_price), dtax
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

from verify.domain import check_domain
from verify.errors import InputError, ProtocolError, nearest
from verify.exact import exact
from verify.expression import identifier, parse
from verify.program import Program
from verify.where import relative

_LONGEST_NAME = 200

Subject = Callable[..., Generator[Any, Any, Any]]


@dataclass(frozen=True, slots=True)
class Case:
    """What to check; `stated` holds values that the author of the case expects, by quantity and name."""

    name: str
    program: Program
    inputs: Mapping[str, Fraction]
    subject: Subject
    upstream: Fraction = Fraction(1)
    stated: Mapping[tuple[str, str], Fraction] = field(default_factory=dict)
    where: str = ""


class Outcome(NamedTuple):
    """What a subject gave by name: forward values, the gradients that it claims, and inputs it makes no claim on."""

    values: dict[str, Any]
    gradients: dict[str, Any]
    unclaimed: tuple[str, ...] = ()


def case(
    expression: str, *, at: Mapping[str, object], upstream: object = 1, name: str = ""
) -> Callable[[Subject], Case]:
    """Make a case of a generator function that computes `expression`.

    `at` gives each input an exact value: an int, a decimal as text or float (1.1 is 11/10), a Fraction. Raises
    InputError if expression and inputs do not fit each other.
    """

    def decorate(subject: Subject) -> Case:
        code = inspect.unwrap(subject).__code__
        where = f"{relative(code.co_filename)}:{code.co_firstlineno}"
        return make(
            name or subject.__name__.replace("_", " "),
            expression,
            at,
            lambda _: subject,
            upstream=upstream,
            where=where,
        )

    return decorate


def make(
    name: str,
    expression: str,
    at: Mapping[str, object],
    subject_of: Callable[[Program], Subject],
    *,
    upstream: object = 1,
    stated: Mapping[tuple[str, str], object] | None = None,
    where: str = "",
) -> Case:
    """Make a case from what a person wrote; `subject_of` gives the program its subject.

    Raises InputError, naming the case, where the parts do not fit each other.
    """
    if not name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise InputError(
            f"{where}: the name of a case has to be one line of at most {_LONGEST_NAME} signs, not {name[:50]!r}"
        )
    try:
        inputs = _inputs(at)
        program = parse(expression, inputs)
        check_domain(program, inputs)
        values = _stated(program, stated or {})
        return Case(name, program, inputs, subject_of(program), exact(upstream, "the upstream"), values, where)
    except InputError as problem:
        raise InputError(f"{where}{': ' if where else ''}case {name!r}: {problem}") from None


def _inputs(at: Mapping[str, object]) -> dict[str, Fraction]:
    inputs: dict[str, Fraction] = {}
    for key, value in at.items():
        if identifier(key) in inputs:
            raise InputError(f"the input {key!r} is given twice")
        inputs[identifier(key)] = exact(value, f"the input {key!r}")
    return inputs


def _stated(program: Program, stated: Mapping[tuple[str, str], object]) -> dict[tuple[str, str], Fraction]:
    found = {}
    for (quantity, written), value in stated.items():
        name = identifier(written)
        if name not in program.labels:
            hint = nearest(name, program.labels)
            raise InputError(f"there is no {name!r} in the expression to state a {quantity} of{hint}")
        found[quantity, name] = exact(value, f"the stated {quantity} of {name!r}")
    return found


def drive(case: Case, inputs: Mapping[str, Any], upstream: Any) -> Outcome:
    """Run a subject forward and backward, on any kind of number.

    Raises ProtocolError where it does not yield once and return gradients, and whatever the subject raises.
    """
    running = case.subject(**inputs)
    if not inspect.isgenerator(running):
        raise ProtocolError(f"the subject has to be a generator that yields its output; it returned {running!r}")
    try:
        output = next(running)
    except StopIteration:
        raise ProtocolError("the subject yields nothing: it has to yield its output once") from None
    values = _values(case, output)
    try:
        running.send(upstream)
    except StopIteration as stop:
        gradients = _gradients(case, stop.value)
        claimed = {name: gradient for name, gradient in gradients.items() if gradient is not None}
        if not claimed:
            raise ProtocolError("every gradient is None: nothing is claimed") from None
        return Outcome(values, claimed, tuple(name for name in gradients if name not in claimed))
    running.close()
    raise ProtocolError("the subject yields twice: it has to yield once, then return its gradients")


def _values(case: Case, output: Any) -> dict[str, Any]:
    values = dict(output) if isinstance(output, Mapping) else {case.program.output: output}
    if case.program.output not in values:
        raise ProtocolError(
            f"the yielded values lack the output {case.program.output!r}: {', '.join(map(repr, values))}"
        )
    return _known(case, values, "value")


def _gradients(case: Case, returned: Any) -> dict[str, Any]:
    """Return the gradients by name; None is no claim, and a dict may leave out intermediate nodes only."""
    names = list(case.inputs)
    if isinstance(returned, Mapping):
        missing = [name for name in names if name not in returned]
        if missing:
            raise ProtocolError(f"no gradient is returned for {', '.join(missing)} (None says that it is not claimed)")
        gradients = _known(case, dict(returned), "gradient")
    else:
        given = returned if isinstance(returned, (tuple, list)) else (returned,)
        if len(given) != len(names):
            noun = "gradient" if len(names) == 1 else "gradients"
            raise ProtocolError(f"{len(names)} {noun} expected ({', '.join(names)}), {len(given)} came")
        gradients = dict(zip(names, given, strict=True))
    return gradients


def _known(case: Case, named: dict[str, Any], what: str) -> dict[str, Any]:
    for name in named:
        if name not in case.program.labels:
            hint = nearest(str(name), case.program.labels)
            raise ProtocolError(f"a {what} is named {name!r}, which the expression does not have{hint}")
    return named
