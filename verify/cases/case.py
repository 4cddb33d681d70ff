"""A case: the subject whose gradients are checked, with its inputs.

A subject is a generator function. It takes the inputs by name, yields what it computed forward, is sent the derivative
of the final result with respect to that, and returns a gradient for each input, or None where it claims none. On arrays
it is traced, and what it yields (one output, or a tuple of them) is what is differentiated:

    @verify.case(x="N D", W="D M", b="M")
    def affine(x, W, b):
        layer = Affine(W, b)
        dout = yield layer.forward(x)
        dx = layer.backward(dout)
        return dx, layer.dW, layer.db

On scalars it may come with the expression that it is to compute; then it may yield a dict of named values:

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
import os
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, NamedTuple, Self, TypeGuard

from verify.cases.domain import check_domain
from verify.cases.expression import identifier, parse
from verify.cases.made import note
from verify.cases.shapes import Input, Integer, Real, bindings, concrete, described
from verify.graph.program import Program
from verify.model.additions import FRAMEWORKS
from verify.model.errors import InputError, ProtocolError, TargetError, UnclaimedError, nearest
from verify.model.exact import exact
from verify.model.findings import allowances
from verify.model.identity import NOWHERE, Place
from verify.model.where import calls_users_code, is_users, made_at, printable, quoted, raised_at, start_of
from verify.model.where import described as described_error

_LONGEST_NAME = 200
_DEEPEST = 3  # lists in lists that are looked into

Subject = Callable[..., Generator[Any, Any, Any]]


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class Case:
    """What to check: a subject with a name; `where` is the file and line that defines it.

    `unnamed` tells that the name is only that of what is checked, and may be bettered.
    """

    name: str
    subject: Subject
    where: Place = NOWHERE
    unnamed: bool = False

    def titled(self, name: str) -> Self:
        """Return the case with another name, unless its author has given it one."""
        return replace(self, name=printable(name.strip()), unnamed=False) if self.unnamed and name.strip() else self


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionCase(Case):
    """A subject of scalars with the expression that it is to compute, at exact inputs.

    `stated` holds values that the author of the case expects, by quantity and name. `from_text` tells that the subject
    is made of the text and of our own layers: no code of the user's runs.
    """

    program: Program
    inputs: Mapping[str, Fraction]
    upstream: Fraction = Fraction(1)
    stated: Mapping[tuple[str, str], Fraction] = field(default_factory=dict)
    from_text: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedCase(Case):
    """A subject of arrays, which is run on symbols to find out what it computes.

    `inputs` describes its arguments; `options` holds keyword arguments with the values that each is tried with;
    `upstream` is None for symbols, or the one number that arrives from behind; `sizes` are those of named dimensions
    that the author has chosen; `backward` is the file and line of the code that computes gradients, where it is known;
    `allow` holds the findings that the author lets pass, by code, each with the reason; `accuracy` is the relative
    accuracy that gradients are stated to have, where they are approximations on purpose; `at` holds the first sample of
    numbers, by their names (`x`, `dout`), where the author of the case has chosen it; `reference` is the program of
    what the output is to be, computed from inputs that are scalars.
    """

    inputs: Mapping[str, Input]
    options: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    upstream: Fraction | None = None
    sizes: Mapping[str, int] = field(default_factory=dict)
    backward: Place = NOWHERE
    allow: Mapping[str, str] = field(default_factory=dict)
    accuracy: Fraction | None = None
    at: Mapping[str, Fraction] = field(default_factory=dict)
    reference: Program | None = None

    @property
    def code(self) -> Place:
        """Return the place of the subject, if a person wrote it: where the case was made, or elsewhere."""
        code = getattr(inspect.unwrap(self.subject), "__code__", None)
        return start_of(code) if code and is_users(code.co_filename) else NOWHERE

    @property
    def real(self) -> dict[str, Real]:
        """Return the inputs that are differentiated."""
        return {name: description for name, description in self.inputs.items() if isinstance(description, Real)}


def cases_of_value(name: str, value: Any, where: Place = NOWHERE) -> list[tuple[str, Case]]:
    """Return the cases that the value of a variable is or, as lists, tuples or dicts, has in it, each with a title.

    `where` is the place of the variable, and so that of the cases that objects of frameworks become.
    """
    return list(_cases_within(name, value, where, _DEEPEST))


def _cases_within(name: str, value: Any, where: Place, deep: int) -> Iterator[tuple[str, Case]]:
    members: Iterable[tuple[Any, Any]] = ()
    if _is_case(value):
        yield name, value
    elif (adapt := _adapter(value)) is not None:
        yield name, _adapted(value, adapt, where)
    elif issubclass(type(value), (list, tuple)):
        members = enumerate(value, 1)
    elif issubclass(type(value), dict):
        members = value.items()
    for key, item in members if deep else ():
        yield from _cases_within(f"{name} {key}", item, where, deep - 1)


def _adapter(value: Any) -> Callable[[Any], Any] | None:
    """Return what makes a case of an object of a framework (`verify.extend.framework`), by the classes that it has."""
    if not FRAMEWORKS:
        return None
    names = (f"{kind.__module__}.{kind.__qualname__}" for kind in type(value).__mro__)
    return next((FRAMEWORKS[name] for name in names if name in FRAMEWORKS), None)


def _adapted(value: Any, adapt: Callable[[Any], Any], where: Place) -> Case:
    """Return the case of an object of a framework, one for each; raises TargetError where the function makes none."""
    made = _ADAPTED.get(id(value))
    if made and made[0] is value:
        return made[1]
    try:
        case = adapt(value)
    except Exception as problem:  # noqa: BLE001 - the user's code: whatever it raises is told
        place = raised_at(problem)
        reason = f"{described_error(problem)}{', at ' if place else ''}{place}"
        raise TargetError(f"{adapt.__qualname__}, for a {type(value).__name__}, raised {reason}", place) from None
    if not _is_case(case):
        raise TargetError(f"{adapt.__qualname__} was to make a case of a {type(value).__name__}, not {quoted(case)}")
    case = replace(case, where=where or case.where)
    _ADAPTED[id(value)] = value, case
    return case


_ADAPTED: dict[int, tuple[Any, Case]] = {}  # the object is held, so that no other one gets its number


def _is_case(value: Any) -> TypeGuard[Case]:
    """Tell whether any object is a case; it is not asked itself, since some do work when they are asked their class."""
    return issubclass(type(value), Case)


class Outcome(NamedTuple):
    """What a subject gave: forward values and claimed gradients by step; the inputs that it makes no claim on by name.

    A step to which the text gives two names is there once.
    """

    values: dict[int, Any]
    gradients: dict[int, Any]
    unclaimed: tuple[str, ...] = ()


def case(
    expression: str | Mapping[str, Any] | None = None,
    *,
    at: Mapping[str, object] | None = None,
    upstream: object = None,
    name: str = "",
    options: Mapping[str, Sequence[Any]] | None = None,
    sizes: Mapping[str, int] | None = None,
    allow: Mapping[str, str] | None = None,
    accuracy: object = None,
    **inputs: Any,
) -> Callable[[Subject], Case]:
    """Make a case of a generator function.

    With shapes for its arguments (`x="N D", W="D M"`; `""` is a scalar), the subject is traced on arrays of symbols.
    `verify.real`, `verify.integer` and `verify.constant` describe an argument more closely. `options` holds values to
    try for further keyword arguments, every combination of them; `upstream=1` fixes the upstream, as for a loss;
    `sizes` chooses the size of named dimensions; `allow={"GP106": "nobody writes into it"}` lets a finding pass, with
    the reason that the report shows; `accuracy=1e-7` states that gradients are approximations on purpose, with that
    relative error at most, which is then proved over all of their regions. An argument whose name is one of these goes
    into a dict: `case({"at": "N"})`.

    With an expression and `at`, an exact value for each input (an int, a decimal as text or float, where 1.1 is 11/10,
    a Fraction), the subject computes that expression on scalars. Raises InputError where the parts do not fit.
    """

    def decorate(subject: Subject) -> Case:
        code = inspect.unwrap(subject).__code__
        inside = "<locals>" in subject.__qualname__  # of a function, which may make several
        where = made_at() if inside else start_of(code)
        title = name or subject.__name__.replace("_", " ")
        if isinstance(expression, str):
            _only_for("cases of arrays", options=options, sizes=sizes, allow=allow, accuracy=accuracy, **inputs)
            upstream_value = 1 if upstream is None else upstream
            return make(title, expression, at or {}, lambda _: subject, upstream=upstream_value, where=where)
        _only_for("cases with an expression", at=at)
        return traced(
            title,
            subject,
            {**(expression or {}), **inputs},
            options=options,
            upstream=upstream,
            sizes=sizes,
            allow=allow,
            accuracy=accuracy,
            where=where,
        )

    return decorate


def _only_for(kind: str, **options: object) -> None:
    for option, value in options.items():
        if value is not None:
            raise InputError(f"{option}= is for {kind}")


def traced(
    name: str,
    subject: Subject,
    inputs: Mapping[str, object],
    *,
    options: Mapping[str, Sequence[Any]] | None = None,
    upstream: object = None,
    sizes: Mapping[str, int] | None = None,
    allow: Mapping[str, str] | None = None,
    accuracy: object = None,
    where: Place = NOWHERE,
    backward: Place = NOWHERE,
    unnamed: bool = False,
) -> TracedCase:
    """Make a case of arrays from what a person wrote; raises InputError, naming it, where the parts do not fit."""
    _check_name(name, where)
    try:
        traced_case = TracedCase(
            name=name,
            subject=subject,
            inputs={str(key): described(str(key), description) for key, description in inputs.items()},
            options={key: _choices(key, values) for key, values in (options or {}).items()},
            upstream=None if upstream is None else _upstream(upstream),
            sizes=_whole_sizes(sizes or {}),
            where=where,
            backward=backward,
            allow=allowances(allow),
            accuracy=None if accuracy is None else _accuracy(accuracy),
            unnamed=unnamed,
        )
        _check_inputs(traced_case)
    except InputError as problem:
        raise InputError(f"{where}{': ' if where else ''}case {name!r}: {problem}") from None
    note(traced_case)
    return traced_case


def _upstream(value: object) -> Fraction:
    """Return a fixed upstream; raises InputError for 0, of which every gradient is 0, whatever `backward` does."""
    number = exact(value, "the upstream")
    if not number:
        raise InputError("the upstream is 0, of which every gradient is 0: state another number, like upstream=1")
    return number


def _accuracy(value: object) -> Fraction:
    """Return a stated accuracy; raises InputError where it is no positive number below 1."""
    number = exact(value, "the accuracy")
    if not 0 < number < 1:
        raise InputError(f"accuracy={value!r}: a relative error between 0 and 1 was expected, like accuracy=1e-7")
    return number


def _check_inputs(case: TracedCase) -> None:
    if not case.real:
        raise InputError("there is no input to differentiate: give at least one a shape, like x='N D'")
    for sizes in bindings(case.inputs.values(), case.sizes):
        for description in case.inputs.values():
            concrete(description.shape, sizes)
            if isinstance(description, Integer):
                concrete(description.below, sizes)


def _choices(key: str, values: object) -> tuple[Any, ...]:
    if isinstance(values, (str, bytes)) or not isinstance(values, Sequence) or not values:
        raise InputError(f"the option {key!r} is {quoted(values)}: a list of values was expected, like [1, 2]")
    return tuple(values)


def _whole_sizes(sizes: Mapping[str, int]) -> dict[str, int]:
    for key, size in sizes.items():
        if not isinstance(size, int) or isinstance(size, bool) or size < 1:
            raise InputError(f"the size of {key!r} is {quoted(size)}: a whole number from 1 on was expected")
    return dict(sizes)


def _check_name(name: str, where: Place) -> None:
    if not name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise InputError(
            f"{where}: the name of a case has to be one line of at most {_LONGEST_NAME} signs, not {name[:50]!r}"
        )


def make(
    name: str,
    expression: str,
    at: Mapping[str, object],
    subject_of: Callable[[Program], Subject],
    *,
    upstream: object = 1,
    stated: Mapping[tuple[str, str], object] | None = None,
    where: Place = NOWHERE,
    from_text: bool = False,
) -> ExpressionCase:
    """Make a case of an expression from what a person wrote; `subject_of` gives the program its subject.

    `from_text` tells that this subject runs no code of the user's.

    Raises InputError, naming the case, where the parts do not fit each other.
    """
    _check_name(name, where)
    try:
        inputs = _inputs(at)
        program = parse(expression, inputs)
        check_domain(program, inputs)
        values = _stated(program, stated or {})
        expression_case = ExpressionCase(
            name=name,
            subject=subject_of(program),
            where=where,
            program=program,
            inputs=inputs,
            upstream=_upstream(upstream),
            stated=values,
            from_text=from_text,
        )
    except InputError as problem:
        raise InputError(f"{where}{': ' if where else ''}case {name!r}: {problem}") from None
    note(expression_case)
    return expression_case


def _inputs(at: Mapping[str, object]) -> dict[str, Fraction]:
    inputs: dict[str, Fraction] = {}
    for key, value in at.items():
        name = identifier(key)
        if name in inputs:
            raise InputError(f"the input {key!r} is given twice")
        inputs[name] = exact(value, f"the input {key!r}")
    return inputs


def _stated(program: Program, stated: Mapping[tuple[str, str], object]) -> dict[tuple[str, str], Fraction]:
    numbers = {}
    for (quantity, written), value in stated.items():
        name = identifier(written)
        if program.find(name) is None:
            hint = nearest(name, program.labels)
            raise InputError(f"there is no {name!r} in the expression to state a {quantity} of{hint}")
        numbers[quantity, name] = exact(value, f"the stated {quantity} of {name!r}")
    return numbers


def converse(subject: Subject, inputs: Mapping[str, Any], upstream_of: Callable[[Any], Any]) -> tuple[Any, Any]:
    """Run a subject forward and backward, and return what it yielded and what it returned.

    Raises ProtocolError where it does not yield once and return gradients, and whatever the subject raises. A copy of
    the process that the subject has forked ends here: a case is run many times, and each copy would fork again.
    """
    process = os.getpid()
    try:
        return _conversed(subject, inputs, upstream_of)
    finally:
        if os.getpid() != process:
            os._exit(0)


@calls_users_code
def _conversed(subject: Subject, inputs: Mapping[str, Any], upstream_of: Callable[[Any], Any]) -> tuple[Any, Any]:
    running = subject(**inputs)
    if not inspect.isgenerator(running):
        actual = quoted(running)
        raise ProtocolError(f"the subject has to be a generator that yields its output; it returned {actual}")
    try:
        output = next(running)
    except StopIteration:
        raise ProtocolError("the subject yields nothing: it has to yield its output once") from None
    try:
        running.send(upstream_of(output))
    except StopIteration as stop:
        return output, stop.value
    running.close()
    raise ProtocolError("the subject yields twice: it has to yield once, then return its gradients")


def drive(case: ExpressionCase, inputs: Mapping[str, Any], upstream: Any) -> Outcome:
    """Run the subject of an expression, on any kind of number.

    Raises ProtocolError where it does not keep to the protocol, and whatever the subject raises.
    """
    values: dict[int, Any] = {}

    def answer(output: Any) -> Any:
        values.update(_values(case, output))
        return upstream

    _, returned = converse(case.subject, inputs, answer)
    named = named_gradients(case.inputs, returned, lambda names: _check_names(case, names, "gradient"))
    names = case.program.names
    gradients = {i: named[names[i]] for i in case.program.input_steps}
    if len(named) > len(gradients):
        gradients = _by_step(case, {name: named[name] for name in named if name not in case.inputs}, gradients)
    if not any(gradient is None for gradient in named.values()):  # as in most cases
        return Outcome(values, gradients)
    claimed = {i: gradient for i, gradient in gradients.items() if gradient is not None}
    return Outcome(values, claimed, tuple(name for name, gradient in named.items() if gradient is None))


def _values(case: ExpressionCase, output: Any) -> dict[int, Any]:
    values = output if isinstance(output, Mapping) else {case.program.output: output}
    if not any(case.program.find(name) == case.program.result for name in values):
        raise ProtocolError(
            f"the yielded values lack the output {case.program.output!r}: {', '.join(map(repr, values))}"
        )
    _check_names(case, values, "value")
    return _by_step(case, values, {})


def _by_step(case: ExpressionCase, named: Mapping[str, Any], by_step: dict[int, Any]) -> dict[int, Any]:
    """Add what was given by name to what is found by step.

    Raises ProtocolError where two names of a step (`z = y` gives it a second one) were not given one and the same.
    """
    names: dict[int, str] = {}
    for name, value in named.items():
        step = case.program.find(name)
        if step is None:
            continue
        if by_step.setdefault(step, value) is not value:
            first = names.get(step, case.program.label(step))
            raise ProtocolError(f"{name!r} and {first!r} are one step of the expression: one of them is enough")
        names[step] = name
    return by_step


def named_gradients(names: Collection[str], returned: Any, check: Callable[[Iterable[str]], None]) -> Mapping[str, Any]:
    """Return the gradients by name; None is no claim, and a dict has to have at least `names`.

    Where a dict has more, `check` refuses names that are unknown. Raises ProtocolError for a wrong number, and where
    nothing is claimed.
    """
    gradients: Mapping[str, Any]
    if isinstance(returned, Mapping):
        missing = [name for name in names if name not in returned]
        if missing:
            raise ProtocolError(f"no gradient is returned for {', '.join(missing)} (None says that it is not claimed)")
        if len(returned) > len(names):
            check(returned)
        gradients = returned
    else:
        values = returned if isinstance(returned, (tuple, list)) else (returned,)
        if len(values) != len(names):
            noun = "gradient" if len(names) == 1 else "gradients"
            raise ProtocolError(f"{len(names)} {noun} expected ({', '.join(names)}), {len(values)} came")
        gradients = dict(zip(names, values, strict=True))
    if all(gradient is None for gradient in gradients.values()):
        raise UnclaimedError("every gradient is None: nothing is claimed")
    return gradients


def _check_names(case: ExpressionCase, names: Iterable[str], kind: str) -> None:
    for name in names:
        if name not in case.inputs and case.program.find(name) is None:
            hint = nearest(str(name), case.program.labels)
            raise ProtocolError(f"a {kind} is named {name!r}, which the expression does not have{hint}")
