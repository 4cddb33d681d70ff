"""What the inputs of a traced case are: shapes in named dimensions, domains, and exact samples of them.

A shape is text: names and numbers, `N D`, products and sums of them without spaces, `4*H`; nothing is a scalar.
Each name is bound to a size of its own, so that a missing transpose or H for W cannot hide.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import count
from numbers import Rational
from numbers import Real as Real_
from typing import Any

from verify.model.errors import InputError
from verify.model.exact import decimal_text, exact
from verify.model.where import quoted

Sizes = Mapping[str, int]

_TERM = re.compile(r"(?:[^\W\d]\w*|\d+)(?:[*+](?:[^\W\d]\w*|\d+))*")
_NAME = re.compile(r"[^\W\d]\w*")
_LARGEST = 4 * 10**6  # entries of one input: a few GB of symbols
_MOST_DRAWS = 4  # of labels, beyond which not each of them comes up
_SMALLEST = 3  # of the sizes of names: 2 is a factor that formulas have, and would be taken for it
_TURNED = (2, 3, 4, 5)  # sizes that each dimension takes in turn: odd and even, a pair, a square
_TURNS = (1, 0, 3, 2)
SMALL = _TURNED[-1]  # what every dimension takes, whatever the code names
_SPREAD = Fraction(4)  # a sample without bounds lies between -2 and 2
_WIDE = 1000  # a domain of which samples are of several magnitudes
_WORD = 62  # bits of a number that NumPy computes with
_STEP = 1000  # samples are odd thousandths of the domain's width


@dataclass(frozen=True, slots=True)
class Real:
    """Real numbers that are differentiated; `low` and `high` bound the claim.

    The bounds themselves are a part of it where they are `closed`: "low", "high" or both. `problem` says what is wrong
    with what was written, which is raised when the case and the name of the input are known.
    """

    shape: str
    low: Fraction | None = None
    high: Fraction | None = None
    closed: frozenset[str] = frozenset()
    problem: str = ""

    @property
    def ends(self) -> dict[str, Fraction]:
        """Return the bounds that belong to the claim, by `low` and `high`."""
        return {
            side: bound
            for side, bound in (("low", self.low), ("high", self.high))
            if bound is not None and side in self.closed
        }


@dataclass(frozen=True, slots=True)
class Integer:
    """Whole numbers from 0 to below a size, as labels and indices are; they are not differentiated."""

    shape: str
    below: str


@dataclass(frozen=True, slots=True)
class Constant:
    """Any one value, which is not differentiated."""

    value: Any
    shape: str = ""


Input = Real | Integer | Constant


def real(shape: str = "", *, low: object = None, high: object = None, closed: bool | str = False) -> Real:
    """Describe real inputs of a shape, above `low` and below `high`: `real("N", low=0, closed=True)` for 0 and above.

    With `closed=True` the bounds that are given belong to the claim, with `closed="low"` or `"high"` that one; the
    gradient there is the one-sided derivative. Bounds that make no domain raise InputError in the case that uses them.
    """
    text = _checked(shape)
    try:
        bounds = [_bound("low", low), _bound("high", high)]
        _check_order(bounds[0], bounds[1])
        return Real(text, bounds[0], bounds[1], _closed(closed, low, high))
    except InputError as problem:
        return Real(text, problem=str(problem))


def _bound(side: str, value: object) -> Fraction | None:
    """Return a bound exactly; raises InputError for what is no finite real number."""
    if value is None:
        return None
    if isinstance(value, Real_) and not isinstance(value, (bool, Rational)):
        value = float(value)  # NumPy's floats
    if isinstance(value, float) and math.isinf(value):
        raise InputError(f"{side}={value} is no bound: leave {side} out where there is no bound")
    try:
        return exact("a truth value" if isinstance(value, bool) else value, side)
    except InputError as problem:
        if "float64" in str(problem):
            raise
        text = quoted(value)
        raise InputError(
            f"{side}={text} is not a real number: write a finite one, such as {side}=0 or {side}='0.1'"
        ) from None


def _check_order(low: Fraction | None, high: Fraction | None) -> None:
    if low is None or high is None or low < high:
        return
    texts = decimal_text(low), decimal_text(high)
    if low == high:
        raise InputError(
            f"low and high are both {texts[0]}: write verify.constant({texts[0]}) for an input of one value"
        )
    raise InputError(f"low={texts[0]} is above high={texts[1]}: write low={texts[1]}, high={texts[0]}")


def _closed(closed: object, low: object, high: object) -> frozenset[str]:
    """Return which bounds belong to the claim; raises InputError where they are not given."""
    present = {side for side, bound in (("low", low), ("high", high)) if bound is not None}
    if closed is False:
        return frozenset()
    sides = present if closed is True else {closed} if closed in ("low", "high") else None
    if sides is None:
        raise InputError(f"closed={quoted(closed)}: True, 'low' or 'high' was expected")
    if not sides or not sides <= present:
        missing = "low or high" if closed is True else str(closed)
        raise InputError(f"closed={closed!r} without a bound: give {missing}, or leave closed out")
    return frozenset(sides)


def integer(shape: str = "", *, below: str | int) -> Integer:
    """Describe whole inputs of a shape, from 0 to below a size: `integer("N", below="M")`."""
    return Integer(_checked(shape), _checked(str(below), terms=1))


def constant(value: Any) -> Constant:
    """Describe an input that has just this value."""
    return Constant(value)


def described(name: str, description: object) -> Input:
    """Return what a person wrote for an input: a shape, or one of the descriptions above."""
    if isinstance(description, Real) and description.problem:
        raise InputError(f"the input {name!r}: {description.problem}")
    if isinstance(description, (Real, Integer, Constant)):
        return description
    if isinstance(description, int) and not isinstance(description, bool):
        description = str(description)
    if not isinstance(description, str):
        raise InputError(
            f"the input {name!r} is {quoted(description)}: "
            "expected a shape like 'N D', or verify.real, integer or constant"
        )
    try:
        return Real(_checked(description))
    except InputError as problem:
        raise InputError(f"the input {name!r}: {problem}") from None


def _checked(shape: str, terms: int | None = None) -> str:
    parts = shape.split()
    if terms is not None and len(parts) != terms:
        raise InputError(f"one size was expected, a name or a number, not {shape!r}")
    for part in parts:
        if not _TERM.fullmatch(part):
            raise InputError(
                f"the shape {shape!r} cannot be read at {part!r}: names and numbers with spaces between them were "
                "expected, like 'N D' or 'D 4*H'; '' is a scalar"
            )
    return shape


def bindings(inputs: Iterable[Input], sizes: Sizes) -> list[dict[str, int]]:
    """Return the sizes of all named dimensions: each another one, and once more with the first of them 1.

    `sizes` are those that the author of the case has chosen; they stay.
    """
    texts = [text for described_input in inputs for text in _texts(described_input)]
    names = list(dict.fromkeys(name for text in texts for name in _NAME.findall(text)))
    unknown = [name for name in sizes if name not in names]
    if unknown:
        raise InputError(f"a size is given for {unknown[0]!r}, which is in no shape ({', '.join(names) or 'no names'})")
    taken = {*sizes.values(), *(int(n) for text in texts for n in re.findall(r"(?<!\S)\d+(?!\S)", text))}
    free = (size for size in count(_SMALLEST) if size not in taken)
    bound = {name: sizes.get(name) or next(free) for name in names}
    if not names or names[0] in sizes or bound[names[0]] == 1:
        return [bound]
    return [bound, {**bound, names[0]: 1}]


def further(inputs: Sequence[Input], sizes: Sizes, named: Sequence[int]) -> list[dict[str, int]]:
    """Return more sizes of named dimensions, beside `bindings`, the most telling first.

    Each dimension that the author has left open takes each size from 1 to 5: from 2 on all of them change at a time,
    each to another size; a 1, at which much vanishes, stands alone. Then each alone is as large as a number that the
    code has `named`, and one larger, the others small: a block or window that ends there is passed.
    """
    base = bindings(inputs, sizes)
    free = [name for name in base[0] if name not in sizes]
    small = {name: 2 + place % 2 for place, name in enumerate(free)}
    turned = [{name: _TURNED[(turn + place) % len(_TURNED)] for place, name in enumerate(free)} for turn in _TURNS]
    alone = [{**small, name: 1} for name in free] + [dict.fromkeys(free, 1)]
    beyond = [
        {**small, name: size}
        for number in named
        if number >= SMALL
        for size in (number + 1, number)
        for name in free
        if size > SMALL
    ]
    all_sizes = [{**base[0], **changed} for changed in (*turned, *alone, *beyond)]
    return (
        [item for place, item in enumerate(all_sizes) if item not in base and item not in all_sizes[:place]]
        if free
        else []
    )


def _texts(description: Input) -> Iterator[str]:
    yield description.shape
    if isinstance(description, Integer):
        yield description.below


def concrete(shape: str, sizes: Sizes) -> tuple[int, ...]:
    """Return a shape in numbers; raises InputError for a name that has no size, and for shapes beyond a million."""
    lengths = tuple(_size(part, sizes) for part in shape.split())
    if not math.prod(lengths):
        raise InputError(f"the shape {shape!r} has no entries: sizes from 1 on were expected")
    if math.prod(lengths) > _LARGEST:
        raise InputError(f"the shape {shape!r} has {math.prod(lengths):,} entries: more than {_LARGEST:,} is too much")
    return lengths


def _size(term: str, sizes: Sizes) -> int:
    return sum(
        math.prod(int(f) if f.isdigit() else sizes[f] for f in product.split("*")) for product in term.split("+")
    )


def entry_names(name: str, shape: Sequence[int]) -> list[str]:
    """Return the names of the entries of an array, in order: x[0,1]; a scalar keeps its own."""
    return list((_few_names if math.prod(shape) <= _REMEMBERED else _names)(name, tuple(shape)))


def _names(name: str, shape: tuple[int, ...]) -> tuple[str, ...]:
    if not shape:
        return (name,)
    first, *rest = shape
    indices = [str(i) for i in range(first)]
    for size in rest:
        indices = [f"{index},{i}" for index in indices for i in range(size)]
    return tuple(f"{name}[{index}]" for index in indices)


_few_names = lru_cache(maxsize=256)(_names)  # of small arrays: many runs ask again


class Sampler:
    """The samples of a run, input by input: the same numbers for the same domains, whatever case asks.

    Beyond the first `sample`, numbers are drawn anew; some of these lie close together, in order, or far out, where
    code may branch in another way: the output may be constant at the first.
    """

    def __init__(self, seed: int, sample: int = 0) -> None:
        self.seed, self.sample = seed + sample, sample
        self._drawn: tuple[_Draw, ...] = ()

    def draw(self, low: Fraction | None, high: Fraction | None, number: int) -> Sequence[Fraction]:
        """Return samples of the next input."""
        self._drawn = (*self._drawn, (low, high, number))
        values = _drawn(self.seed, self._drawn)[0]
        return _ARRANGEMENTS[self.sample % len(_ARRANGEMENTS)](values, nearest_to_zero(low, high), low, high)


_Draw = tuple[Fraction | None, Fraction | None, int]
_REMEMBERED = 4096  # samples of an input, that are kept for further runs
_CLOSE, _FAR = Fraction(1, 64), 64  # how far from the middle samples lie, against those of the first


def _drawn(seed: int, calls: tuple[_Draw, ...]) -> tuple[Sequence[Fraction], object]:
    """Return the samples of the last of some inputs, and the state of the generator after them; many runs ask again."""
    return (_few if sum(number for _, _, number in calls) <= _REMEMBERED else _many)(seed, calls)


def _drawn_anew(seed: int, calls: tuple[_Draw, ...]) -> tuple[Sequence[Fraction], object]:
    rng = random.Random(seed)
    if len(calls) > 1:
        rng.setstate(_drawn(seed, calls[:-1])[1])  # type: ignore[arg-type]
    low, high, number = calls[-1]
    return samples(low, high, number, rng), rng.getstate()


_few, _many = lru_cache(maxsize=256)(_drawn_anew), lru_cache(maxsize=4)(_drawn_anew)


def _as_drawn(values: Sequence[Fraction], middle: Fraction, *ends: Fraction | None) -> Sequence[Fraction]:
    return values


def _in_order(values: Sequence[Fraction], middle: Fraction, *ends: Fraction | None) -> Sequence[Fraction]:
    return sorted(values)


def _close(values: Sequence[Fraction], middle: Fraction, *ends: Fraction | None) -> Sequence[Fraction]:
    return [middle + (value - middle) * _CLOSE for value in values]


def _far(
    values: Sequence[Fraction], middle: Fraction, low: Fraction | None, high: Fraction | None
) -> Sequence[Fraction]:
    """Return numbers far from the middle, as far as they lie in the domain."""
    moved = [middle + (value - middle) * _FAR for value in values]
    inside = [(low is None or value > low) and (high is None or value < high) for value in moved]
    return [far if fits else value for far, value, fits in zip(moved, values, inside, strict=True)]


_ARRANGEMENTS = (_as_drawn, _as_drawn, _in_order, _close, _far, _as_drawn)


def samples(low: Fraction | None, high: Fraction | None, number: int, rng: random.Random) -> Sequence[Fraction]:
    """Return short decimals in a domain, spread over it, in no order, at no place where code may well branch.

    In a wide domain every other number is of ordinary size: what happens about 0 would be missed by all of them.
    """
    if low is None or high is None or high - low <= _WIDE:
        return _evenly(low, high, number, rng)
    middle = nearest_to_zero(low, high)
    ordinary = max(low, middle - _SPREAD / 2), min(high, middle + _SPREAD / 2)
    values = _evenly(*ordinary, (number + 1) // 2, rng), _evenly(low, high, number // 2, rng)
    return [values[place % 2][place // 2] for place in range(number)]


def nearest_to_zero(low: Fraction | None, high: Fraction | None) -> Fraction:
    """Return the number of a domain, or the bound of it, that is nearest to 0."""
    nearest = max(Fraction(0), low) if low is not None else Fraction(0)
    return min(nearest, high) if high is not None else nearest


def _evenly(low: Fraction | None, high: Fraction | None, number: int, rng: random.Random) -> Sequence[Fraction]:
    step = _STEP
    while step < number * 10:
        step *= 10
    if number > _REMEMBERED and (many := _many_evenly(low, high, number, step, rng)) is not None:
        return many
    places = rng.sample(range(number), number)
    odd = [2 * int((place + rng.uniform(0.2, 0.8)) / number * step / 2) + 1 for place in places]
    if low is None and high is None:  # what `_placed` gives, in one go: most inputs have no bounds
        spread = int(_SPREAD)
        return [Fraction(spread * part - spread // 2 * step + 1, step) for part in odd]
    return [_placed(low, high, Fraction(part, step), Fraction(1, step)) for part in odd]


def _many_evenly(
    low: Fraction | None, high: Fraction | None, number: int, step: int, rng: random.Random
) -> Sequence[Fraction] | None:
    """Return as many numbers in the same way, by NumPy; None where they take more than 62 bits."""
    import numpy as np

    from verify.graph.decimals import Decimals

    first, beside = _placed(low, high, Fraction(0), Fraction(1, step)), Fraction(1, step)
    slope = _placed(low, high, beside, beside) - first  # what is placed is linear in the part
    denominator = math.lcm(first.denominator, slope.denominator)
    start, factor = int(first * denominator), int(slope * denominator)
    if max(denominator, abs(start) + abs(factor) * 2 * step) >> _WORD:
        return None
    generator = np.random.default_rng(rng.getrandbits(64))
    places = generator.permutation(number) + generator.uniform(0.2, 0.8, number)
    odd = 2 * (places / number * step / 2).astype(np.int64) + 1
    return Decimals(start + factor * odd, denominator)


def _placed(low: Fraction | None, high: Fraction | None, t: Fraction, beside: Fraction) -> Fraction:
    """Return the number at a part of a domain; `beside` keeps it off 0.5 and the like."""
    if low is not None and high is not None:
        return low + (high - low) * t
    if low is not None:
        return low + t * _SPREAD / 2 + beside
    if high is not None:
        return high - t * _SPREAD / 2 - beside
    return _SPREAD * t - _SPREAD / 2 + beside


def whole_samples(number: int, below: int, draw: int = 0) -> list[int]:
    """Return whole numbers from 0 to `below`, the first and the last of these before others; each draw goes on.

    From three on the last entry is as the first: indices repeat, and their gradients have to add up.
    """
    order = [0, below - 1, *range(1, below - 1)][:below]
    own = number - 1 if number > 2 else number
    labels = [order[(draw * own + place) % below] for place in range(own)]
    return [*labels, labels[0]] if number > own else labels


def draws(number: int, below: int) -> int:
    """Return how many draws it takes for each whole number to come up, up to a few."""
    own = number - 1 if number > 2 else number
    return min(_MOST_DRAWS, -(-below // max(1, own)))
