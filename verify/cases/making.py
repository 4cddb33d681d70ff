"""Cases as a person makes them: of a generator function, with shapes or with an expression.

What the parts are to be is in `terms`; each case is noted with the module that makes it (`made`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from verify.cases.as_if import calling, described_as_if, instead, with_own
from verify.cases.case import Case, ExpressionCase, Subject, TracedCase
from verify.cases.conversation import named_gradients
from verify.cases.domain import check_domain
from verify.cases.expression import parse
from verify.cases.inputs import Complex, Input, Real, described, whole_names
from verify.cases.made import note
from verify.cases.terms import (
    Terms,
    check_inputs,
    check_name,
    choices,
    exact_inputs,
    fixed_upstream,
    stated_accuracy,
    stated_domains,
    stated_values,
    whole_sizes,
)
from verify.cases.wirtinger import Half, Part, by_halves, stated_convention
from verify.graph.program import Program
from verify.model.errors import InputError
from verify.model.findings import allowances
from verify.model.identity import NOWHERE, Place
from verify.model.where import made_at, start_of


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
    convention: object = None,
    as_if: object = None,
    **inputs: Any,
) -> Callable[[Subject], Case]:
    """Make a case of a generator function, which may call any code.

    The function computes forward and yields the output. It is sent the upstream gradient, and returns a gradient for
    each input in order, or a dict by name; `None` makes no claim. A tuple of outputs gets a tuple of upstream
    gradients.

    For arrays, describe each argument: `x="N D"` for a shape, `""` for a scalar, or `gradproof.real`,
    `gradproof.integer`, `gradproof.complex` or `gradproof.constant`. An argument whose name is one of those below goes
    into a dict: `case({"at": "N"})`.

    * `options` holds values to try for further keyword arguments, every combination of them.
    * `upstream=1` fixes the upstream gradient, as for a loss.
    * `sizes={"N": 2}` chooses the size of named dimensions.
    * `allow={"GP106": "nobody writes into it"}` lets a finding pass; the report shows the reason.
    * `accuracy=1e-7` states that gradients are approximations on purpose, with that relative error at most. This is
      then proved over all of their regions.
    * `convention="jax"` states that gradients by complex inputs are dL/da - i dL/db. The default is dL/da + i dL/db, as
      in PyTorch.
    * `as_if=lambda x: x` states that gradients are the derivatives of that function at the same inputs, and not those
      of what is yielded: straight-through estimators, surrogates of spikes, reversed gradients. It is passed the inputs
      and options that its parameters name, or else inputs in order, and returns an array of each output's shape.

    For scalars, give an expression and `at`, an exact value for each input (an int, a decimal as text or float, where
    1.1 is 11/10, or a Fraction). The function computes that expression, and may yield a dict of named values. An input
    may have a domain: `x=gradproof.real("", low=0, closed=True)`.

    Raises InputError if the parts do not fit together.
    """
    if callable(expression):
        raise InputError(f"{made_at()}: gradproof.case needs the inputs of the function: write @gradproof.case(x='N')")

    def decorate(subject: Subject) -> Case:
        where = _place(subject)
        title = name or subject.__name__.replace("_", " ")
        if isinstance(expression, str):
            arrays_only = {"options": options, "sizes": sizes, "allow": allow, "accuracy": accuracy}
            _only_for("cases of arrays", **arrays_only, convention=convention, as_if=as_if)
            upstream_value = 1 if upstream is None else upstream
            return make(
                title, expression, at or {}, lambda _: subject, domains=inputs, upstream=upstream_value, where=where
            )
        _only_for("cases with an expression", at=at)
        terms = Terms(options, upstream, sizes, allow, accuracy, convention, as_if)
        return traced(title, subject, {**(expression or {}), **inputs}, terms, where=where)

    return decorate


@contextmanager
def naming(name: str, where: Place | None = None) -> Iterator[None]:
    """Put the place of a case, by default of the line that makes it, and its name in front of what is wrong with it."""
    try:
        yield
    except InputError as problem:
        where = made_at() if where is None else where
        raise InputError(f"{where}{': ' if where else ''}case {name!r}: {problem}") from None


def _place(subject: Subject) -> Place:
    inside = "<locals>" in subject.__qualname__  # of a function, which may make several
    return made_at() if inside else start_of(inspect.unwrap(subject).__code__)


def _only_for(kind: str, **options: object) -> None:
    for option, value in options.items():
        if value is not None:
            raise InputError(f"{option}= is for {kind}")


def traced(
    name: str,
    subject: Subject,
    inputs: Mapping[str, object],
    terms: Terms,
    *,
    where: Place = NOWHERE,
    backward: Place = NOWHERE,
    unnamed: bool = False,
    passed: Mapping[str, object] | None = None,
    stated: bool = False,
    upstreams: tuple[str, ...] = (),
    shared: bool = False,
) -> TracedCase:
    """Make a case of arrays from what a person wrote; raises InputError, naming it, where the parts do not fit.

    `passed` describes the inputs as `as_if` is passed them, where some are lists or dicts of arrays. A `stated` subject
    yields the outputs of `as_if` itself, as those of frameworks do. `upstreams` are the names that backward has;
    of `shared` claims each variant has some.
    """
    check_name(name, where)
    with naming(name, where):
        named = [str(key) for key, description in inputs.items() if isinstance(description, Complex)]
        convention = stated_convention(terms.convention)
        declared = _declared(inputs)

        def halves(subject: Subject) -> Subject:
            return _by_halves(subject, declared, named, convention) if named or terms.convention else subject

        traced_case = TracedCase(
            name=name,
            subject=halves(subject) if stated else _as_stated(subject, passed or inputs, terms, halves),
            inputs=declared,
            convention=convention,
            options={key: choices(key, values) for key, values in (terms.options or {}).items()},
            upstream=None if terms.upstream is None else fixed_upstream(terms.upstream),
            sizes=whole_sizes(terms.sizes or {}),
            where=where,
            backward=backward,
            allow=allowances(terms.allow),
            accuracy=None if terms.accuracy is None else stated_accuracy(terms.accuracy),
            unnamed=unnamed,
            upstreams=upstreams,
            as_if=None if terms.as_if is None else described_as_if(terms.as_if),
            shared=shared,
        )
        check_inputs(traced_case)
    note(traced_case)
    return traced_case


def _as_stated(
    subject: Subject, inputs: Mapping[str, object], terms: Terms, halves: Callable[[Subject], Subject]
) -> Subject:
    """Return the subject as it is run: by the halves of complex inputs, and with the outputs of `as_if`."""
    own = halves(subject)
    if terms.as_if is None:
        return own
    described_as_if(terms.as_if)  # refuses what is no function
    call = calling(terms.as_if, [*map(str, inputs)], [*(terms.options or {})])
    return with_own(halves(instead(subject, call, inputs)), own)


def _declared(inputs: Mapping[str, object]) -> dict[str, Input]:
    """Return what the inputs of a case are, two real ones for each complex one; raises InputError."""
    declared: dict[str, Input] = {}
    for key, value in inputs.items():
        named = _named(str(key), described(str(key), value), halves=isinstance(value, Complex))
        if twice := sorted(named.keys() & declared.keys()):
            raise InputError(f"the input {twice[0]!r} is declared twice: it is also a part of a complex input")
        declared.update(named)
    return declared


def _named(name: str, description: Input, *, halves: bool) -> dict[str, Input]:
    """Return an input by its name, or its two halves by theirs."""
    if not halves or not isinstance(description, Real):
        return {name: description}
    return {part.name: replace(description, part=part) for part in (Part(name, half) for half in Half)}


def _by_halves(
    subject: Subject, declared: Mapping[str, Input], complex_names: Sequence[str], convention: str
) -> Subject:
    order = whole_names(declared)

    def named(names: Collection[str], returned: Any) -> Mapping[str, Any]:
        return named_gradients(names, returned, lambda _: None)

    return by_halves(subject, complex_names, order, convention, named)


def make(
    name: str,
    expression: str,
    at: Mapping[str, object],
    subject_of: Callable[[Program], Subject],
    *,
    domains: Mapping[str, object] | None = None,
    upstream: object = 1,
    stated: Mapping[tuple[str, str], object] | None = None,
    where: Place = NOWHERE,
    from_text: bool = False,
) -> ExpressionCase:
    """Make a case of an expression from what a person wrote; `subject_of` gives the program its subject.

    `from_text` tells that this subject runs no code of the user's.

    Raises InputError, naming the case, where the parts do not fit each other.
    """
    check_name(name, where)
    with naming(name, where):
        inputs = exact_inputs(at)
        program = parse(expression, inputs)
        check_domain(program, inputs)
        values = stated_values(program, stated or {})
        expression_case = ExpressionCase(
            name=name,
            subject=subject_of(program),
            where=where,
            program=program,
            inputs=inputs,
            domains=stated_domains(inputs, domains or {}),
            upstream=fixed_upstream(upstream),
            stated=values,
            from_text=from_text,
        )
    note(expression_case)
    return expression_case
