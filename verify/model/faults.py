"""What was found in a case beside wrong formulas, and how exact its floats are."""

from __future__ import annotations

from dataclasses import dataclass

from verify.model.identity import NOWHERE, SAMPLE, Place, Quantity, Variant


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with a layer other than its formula: a broken contract, or arithmetic that loses the digits.

    `code` is what `gradproof explain` knows more about, `detail` the sentence that says what happened here, `name` the
    gradient or argument that it is about, `where` its place, which `detail` may have `named`. One that `fails` gives
    wrong results in ordinary use; any other is a hazard.
    `allowed` is the reason for which the author of the case lets it pass; `known` is one that the baseline lists.
    """

    code: str
    detail: str
    fails: bool
    name: str = ""
    where: Place = NOWHERE
    variant: Variant = SAMPLE
    allowed: str = ""
    known: bool = False
    named: bool = False

    @property
    def bad(self) -> bool:
        """Tell whether the gate fails for it."""
        return self.fails and not self.allowed and not self.known

    @property
    def key(self) -> Quantity:
        """Return what it is about, whatever its shapes and lines."""
        return Quantity("finding", self.name, self.code)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How exact the floats of one gradient are, in the worst of its entries, at inputs of one magnitude.

    `magnitude` is `sample`, or what that was scaled or moved to (`1e8`, `1e6 + sample`), or `another region`; `error`
    and `bound` are in ulps of the exact value, rounded up to two digits, `bits_lost` is log2 of the bound. What is
    empty is unknown.
    """

    name: str
    precision: str
    magnitude: str
    error: str
    bound: str
    bits_lost: str
    variant: Variant = SAMPLE
