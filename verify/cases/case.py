"""A case: the subject whose gradients are checked, with its inputs.

A subject is a generator function. It takes the inputs by name, yields what it computed forward, is sent the derivative
of the final result with respect to that, and returns a gradient for each input, or None where it claims none. On arrays
it is traced, and what it yields (one output, or a tuple of them) is what is differentiated:

    @gradproof.case(x="N D", W="D M", b="M")
    def affine(x, W, b):
        layer = Affine(W, b)
        dout = yield layer.forward(x)
        dx = layer.backward(dout)
        return dx, layer.dW, layer.db

On scalars it may come with the expression that it is to compute; then it may yield a dict of named values:

    @gradproof.case("price = apple * apple_cnt * tax", at={"apple": 100, "apple_cnt": 2, "tax": "1.1"})
    def buy_apples(apple, apple_cnt, tax):
        mul_apple, mul_tax = MulLayer(), MulLayer()
        price = mul_tax.forward(mul_apple.forward(apple, apple_cnt), tax)
        dprice = yield price
        dapple_price, dtax = mul_tax.backward(dprice)
        return *mul_apple.backward(dapple_price), dtax
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Self

from verify.cases.inputs import Input, Real, differentiated, whole_names
from verify.cases.wirtinger import DEFAULT
from verify.graph.program import Program
from verify.model.identity import NOWHERE, AsIf, Place
from verify.model.where import is_users, printable, start_of

Subject = Callable[..., Generator[Any, Any, Any]]


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class Case:
    """A case: what to check, made by `gradproof.layer`, `gradproof.case` and the like.

    `name` is its name in reports, `subject` the generator function that drives the code, `where` the file and line that
    defines it. `unnamed` is true if the name is only that of the code, and a variable's name may replace it.
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

    `domains` bounds the claim for some of the inputs, each of which lies within. `stated` holds values that the author
    of the case expects, by quantity and name. `from_text` tells that the subject
    is made of the text and of our own layers: no code of the user's runs.
    """

    program: Program
    inputs: Mapping[str, Fraction]
    domains: Mapping[str, Real] = field(default_factory=dict)
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
    what the output is to be, computed from inputs that are scalars; `convention` says how gradients by complex inputs,
    each of which is two real ones (`wirtinger`), are written; `text` is the source of a case that no person wrote;
    `notes` are about what it leaves out; `upstreams` are what backward calls the upstream gradients, in their order;
    `as_if` names the function whose derivative is claimed in place of that of forward: the subject yields its outputs.
    The claims are `shared` by ways to call the code: for what one way returns no gradient, another one does.
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
    convention: str = DEFAULT
    text: str = ""
    notes: tuple[str, ...] = ()
    upstreams: tuple[str, ...] = ()
    as_if: AsIf | None = None
    shared: bool = False

    def upstream_names(self, numbered: Sequence[str]) -> list[str]:
        """Return what the upstreams of several outputs are called: as by backward, or `dout1`, which `at` may name."""
        named = self.upstreams[: len(numbered)]
        clear = len(named) == len(numbered) and not self.at and not {*named} & {*self.inputs}
        return list(named if clear else numbered)

    @property
    def code(self) -> Place:
        """Return the place of the subject, if a person wrote it: where the case was made, or elsewhere."""
        code = getattr(inspect.unwrap(self.subject), "__code__", None)
        return start_of(code) if code and is_users(code.co_filename) else NOWHERE

    @property
    def real(self) -> dict[str, Real]:
        """Return the inputs that are differentiated."""
        return differentiated(self.inputs)

    @property
    def symbolic(self) -> dict[str, Real]:
        """Return the inputs that may be any real numbers: those that are differentiated, and those that are not."""
        return {name: description for name, description in self.inputs.items() if isinstance(description, Real)}

    @property
    def differentiated(self) -> Collection[str]:
        """Return the names that the code has for the inputs that are differentiated."""
        return whole_names(self.inputs)
