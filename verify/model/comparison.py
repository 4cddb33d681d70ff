"""One quantity of a case against what is exact: the verdict, how it is known, and how far floats are off."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum

from verify.model.identity import NOWHERE, SAMPLE, Place, Quantity, Relation, Variant
from verify.model.reasons import Reason


class Verdict(Enum):
    """What is known about one comparison, best first; the value is the sentence that users read."""

    PROVED = "the same function, for all inputs that take the same branches, where both sides are defined"
    AGREES = "not proved, but equal within the limit named in the evidence"
    SAMPLED = "compiled code: right at the points tried, to the digits in the evidence; not checked between them"
    UNDECIDED = "undecided: neither a proof nor a counterexample was found"
    REFUTED = "wrong: there is an exact counterexample"
    ERROR = "not compared: the code raised an exception or broke the protocol, or the case is wrong"

    # Asked of each of many comparisons, and so found out once: the place in the order, 0 being the best, and whether a
    # gate may pass with this verdict: with SAMPLED one that is not strict.
    rank: int
    good: bool

    def __init__(self, sentence: str) -> None:
        self.rank = len(type(self).__members__)
        self.good = self.rank <= 2  # PROVED, AGREES and SAMPLED


NOT_ROUNDING = "NOT ROUNDING"  # the state of a right formula with floats that rounding does not explain

REST = "the rest of the case"  # the name of the row for what was left to check when a check was stopped

# The kinds of evidence that more than one check asks for.
SAME_FORMULA = "same formula"
APPROXIMATION = "approximation"
CONSTANTS = "constants"  # of the code, which explain a difference within their rounding
SMALL_CONSTANT = "small constant"  # that `backward` ignores
ITERATION = "iteration"  # of `forward` to a tolerance, of whose limit `backward` returns the derivative
NEGLIGIBLE = "negligible"  # terms that no float can show in all of the domain
VANISHING = "vanishing"  # such terms alone: both sides are 0 but for them
POINTS = "points"
STRAYS = "strays"  # floats are not what the formulas have
DIVIDES = "divides by 0"  # in a whole region


class LineOf(StrEnum):
    """What the line is that a report shows of something wrong, from the surest to the least: nothing where none is."""

    EDIT = "edit"  # that a proved fix changes
    PARTING = "parting"  # at which what backward computes first differs from the exact gradient
    DEFINITION = "definition"  # of the function that computed it
    NONE = ""


class Surrogate(StrEnum):
    """What suggests that a wrong gradient is meant to be that of another function, which a case states by `as_if`."""

    ROUNDING = "rounding"  # forward rounds numbers that depend on the input
    STEPS = "steps"  # forward is constant around several inputs
    NAME = "name"  # of the case, as a straight-through estimator has it
    NONE = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """How a verdict is known: a word for the table and the whole sentence.

    `bits` is the certainty of a proof by random points: it is wrong with a chance below 2^-bits. `digits` are those in
    which both sides agree where they are not proved equal; where points are all that is known, `points` is how many.
    Where a choice of the code's constants within their rounding makes both sides one function, `constants` is how many
    there are, and `ulps` the largest change of one. Of an approximation, `ulps` is what it is proved to stay within,
    `limit` what the formula that it stands for is good to, and `at` the point where it is worst; where the case states
    an accuracy, that is the `limit`, and `error` the relative error that is proved. `place` is the line that raised, or
    could not be followed, or holds an ignored constant: the sentence names it too. `function` is the one that raised,
    and `after_forward` tells that forward had returned its output by then. What is UNDECIDED or ERROR has a `reason`,
    and nothing else has one. Of code that scan could not set up, `begun` is its case as far as it could be written,
    with `...` where something is missing.
    """

    kind: str = ""
    detail: str = ""
    bits: int = 0
    digits: int = 0
    points: int = 0
    constants: int = 0
    ulps: str = ""
    limit: str = ""
    at: str = ""
    error: str = ""
    place: Place = NOWHERE
    function: str = ""
    after_forward: bool = False
    reason: Reason | None = None
    begun: str = ""


@dataclass(frozen=True, slots=True)
class Rounding:
    """How far a float result is from the exact value, and how far rounding alone could take it.

    `error` and `bound` are rounded up to two digits; `unit` is `ulp` (of the exact value), or `absolute`
    where the exact value is 0. `bound` is empty where none could be derived, `note` then says why.
    """

    error: str
    bound: str
    unit: str
    explained: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Counterexample:
    """Exact inputs at which two formulas differ, with both exact values."""

    inputs: tuple[tuple[str, str], ...]
    expected: str
    actual: str


@dataclass(frozen=True, slots=True)
class Side:
    """A side of an edge: a condition that says where it is, and the derivative of each entry there."""

    where: str
    derivatives: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OneSided:
    """What is `returned` for some `entries` on an edge, and their derivatives on its sides.

    `complete` tells that there are no other sides.
    """

    entries: tuple[str, ...]
    returned: tuple[str, ...]
    sides: tuple[Side, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a gradient at a counterexample: both values, exact or with certain digits, and if they differ."""

    index: tuple[int, ...]
    expected: str
    actual: str
    differs: bool


class Rest(StrEnum):
    """What is known of the entries of a gradient that are not listed."""

    ZERO = "zero"  # on both sides
    EQUAL = "equal"
    OPEN = "open"  # some differ, or depend on inputs that the counterexample does not name


@dataclass(frozen=True, slots=True)
class Arrays:
    """Both sides of a whole gradient at a counterexample: some `entries`, and what is known of the `rest`.

    They hold where each input that the counterexample does not name is 0, or has no influence. `differing` is how many
    entries are known to differ there.
    """

    entries: tuple[Entry, ...]
    rest: Rest
    differing: int


@dataclass(frozen=True, slots=True)
class Apart:
    """Two formulas that differ, in terms of what they have in common: names with formulas, the simpler ones first."""

    actual: str
    expected: str
    common: tuple[tuple[str, str], ...]


# Meant to be left as it is, like the others; a frozen one takes four times as long to make, and there may be many.
@dataclass(slots=True, unsafe_hash=True)
class Comparison:
    """One quantity of a case: the value that the code returned and the exact one.

    * `quantity` is `gradient` (of the output with respect to `name`), `value` (the forward value of `name`), `stated`
      (a value that the case states) or `case` (the whole case could not be compared).
    * `shape` is the shape of an array, `entries` the number of its entries and `failing` the number of those that are
      not good. The verdict is that of the worst entry; values and formulas are those of the entry at `index`.
    * `variant` has the sizes, options and labels of the run.
    * `relation` says how the two sides are related, `diagnosis` names the likely mistake, and `apart` has two long
      formulas with short names for the parts that they share.
    * `one_sided` has the derivatives on the sides of an edge on which a gradient is wrong.
    * `arrays` has both sides of a wrong array at the counterexample. `marks` has a sign for each entry, in C order: `.`
      right, `?` undecided, `0` to `9` the difference at the sample in tenths of the larger side, rounded down and at
      most 9, `x` a difference of unknown size.
    * `where` is the place of the code that computed the quantity, `parting` the line at which a wrong gradient parts
      from the exact one, if it was found.
    * `known` is true if the baseline lists the failure, `weaker` if the baseline lists a proof that this run lacks.
    * `strict` makes SAMPLED fail.
    * `surrogate` is the hint that a wrong gradient may be meant as the gradient of another function.
    """

    quantity: str
    name: str
    verdict: Verdict
    role: str = ""
    value: str = ""
    actual: str = ""
    actual_formula: str = ""
    expected: str = ""
    expected_formula: str = ""
    evidence: Evidence = field(default_factory=Evidence)
    rounding: Rounding | None = None
    counterexample: Counterexample | None = None
    shape: tuple[int, ...] = ()
    entries: int = 1
    failing: int = 0
    index: tuple[int, ...] = ()
    variant: Variant = SAMPLE
    relation: Relation | None = None
    diagnosis: str = ""
    where: Place = NOWHERE
    parting: Place = NOWHERE
    apart: Apart | None = None
    one_sided: OneSided | None = None
    arrays: Arrays | None = None
    marks: str = ""
    known: bool = False
    weaker: bool = False
    strict: bool = False
    surrogate: Surrogate = Surrogate.NONE

    @property
    def good(self) -> bool:
        """Tell whether formula and arithmetic are both in order, and the proof no weaker than it was."""
        if self.weaker or (self.strict and self.verdict is Verdict.SAMPLED):
            return False
        return self.verdict.good and (self.rounding is None or self.rounding.explained)

    @property
    def passes(self) -> bool:
        """Tell whether the gate lets it pass."""
        return self.good or self.known

    @property
    def place(self) -> Place:
        """Return the line to look at: the one that raised or that is wrong, else that of the code, or none."""
        return (not self.verdict.good and self.evidence.place) or self.parting or self.where

    @property
    def line_of(self) -> LineOf:
        """Tell what the line to look at is."""
        if self.place == self.parting:
            return LineOf.PARTING if self.parting else LineOf.NONE
        return LineOf.DEFINITION if self.place == self.where else LineOf.NONE

    @property
    def state(self) -> str:
        """Return the verdict in a word; of a right formula with floats that rounding does not explain, that."""
        return NOT_ROUNDING if self.unexplained else self.verdict.name

    @property
    def unexplained(self) -> bool:
        """Tell whether the formula is right, and the floats are what rounding does not explain."""
        return self.verdict.good and self.rounding is not None and not self.rounding.explained

    @property
    def rests_on_constants(self) -> bool:
        """Tell whether it is right for some choice of the code's constants within their rounding, and not proved."""
        return self.good and self.verdict is Verdict.AGREES and self.evidence.kind == CONSTANTS

    @property
    def wrong(self) -> bool:
        """Tell whether backward is at fault: a gradient is wrong or no array of its input's shape, or it raised."""
        if self.quantity == "case":
            return self.verdict is Verdict.ERROR and self.evidence.after_forward
        return self.quantity == "gradient" and self.verdict in (Verdict.REFUTED, Verdict.ERROR)

    @property
    def code(self) -> str:
        """Return the key under which `gradproof explain` has more: of the reason, else of the state."""
        reason = self.evidence.reason
        return reason.value if reason else self.state.replace(" ", "-")

    @property
    def key(self) -> Quantity:
        """Return what it is about, whatever its shapes and lines: a baseline and a fingerprint go by this."""
        return Quantity(self.quantity, self.name)
