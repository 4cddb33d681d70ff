"""A class that has a gradient: how its objects may be made, and what its methods take."""

from __future__ import annotations

import ast
import inspect
import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from verify.scan import names, shapes
from verify.scan.candidate import Candidate
from verify.scan.heads import takes_logarithms
from verify.scan.hints import Hints, hints, masking_in, places_of
from verify.scan.options import choices, settings
from verify.scan.passed import passed_functions
from verify.scan.read import is_of, positional, required, resolved
from verify.scan.recipe import PASSED, literal
from verify.scan.source import Function, Source
from verify.scan.weights import Weights

STEP = "Step()"
# Numbers for what has no usual value: none is another one's power or reciprocal, or its product with a usual one, by
# which a wrong gradient might be right; and floats compute with them without a rounding.
_NUMBERS = ("1.375", "0.8125", "2.625", "1.1875")
_WIDEST = 16  # columns: more take long, and the default of a network may be 784


class Made(NamedTuple):
    """How objects are made: the arguments of the constructor that are `arrays`, `sizes`, and `fixed` (as text).

    Of the arrays some are `masks` of zeros and ones, which are passed as texts say.
    """

    arrays: tuple[str, ...]
    sizes: tuple[str, ...]
    fixed: Mapping[str, str]
    masks: Mapping[str, str] = {}


class Unit(NamedTuple):
    """A class that has a gradient, with what its methods take."""

    candidate: Candidate
    make: type
    hinted: Hints
    forward: Mapping[str, inspect.Parameter]
    backward: Mapping[str, inspect.Parameter]
    listed: frozenset[str] = frozenset()
    plain: bool = True  # nothing is named like a term of an update that is no gradient
    places: tuple[str | None, ...] = ()  # what backward returns in a tuple, as `places_of` has it
    graded: frozenset[str] = frozenset()  # arguments of the constructor that backward stores a gradient of
    last: bool = False  # backward is given 1 alone: it takes no upstream gradient, or has 1 for it and does not read it
    methods: Mapping[str, Function] = {}
    logarithmic: bool = False  # a loss that takes logarithms
    stored: frozenset[str] = frozenset()  # the attributes that its methods store
    texts: Mapping[str, Sequence[Any]] = {}  # arguments of the constructor without a default, which are one of these

    @property
    def needed(self) -> list[str]:
        """Return the arguments of forward that have to be passed; the first one at least."""
        return required(self.forward) or list(self.forward)[:1]

    @property
    def leading(self) -> str:
        """Return the first argument of forward that is an array of numbers: a mask may stand before it."""
        masks = self.hinted.masks.keys() - {*self.differentiated}
        return next((name for name in self.needed if name not in masks), self.needed[0])

    @property
    def alone(self) -> bool:
        """Return whether backward takes no upstream gradient, as the last layer's may."""
        return not self.backward

    @property
    def differentiated(self) -> list[str]:
        """Return the arguments of forward whose gradients backward returns, one for each: none of them is a target.

        What has no name of its own is that of its place where there are no weights that it may belong to.
        """
        if len(self.places) != len(self.needed):
            return []
        pairs = [(name, place) for name, place in zip(self.needed, self.places, strict=True) if place is not None]
        return [name for name, place in pairs if is_of(place, name) or not (place or constructor(self.make))]

    def calls(self, name: str, passed: str) -> str:
        """Write the call of a method of `layer`."""
        return f"layer({passed})" if name == "__call__" else f"layer.{name}({passed})"

    def constructed(self, made: Made, weights: Weights) -> str:
        """Write the call of the constructor."""
        named = {
            **{name: made.masks.get(name, name) for name in made.arrays},
            **weights.sized(made.sizes),
            **made.fixed,
        }
        return f"{self.candidate.cls}({', '.join(f'{name}={text}' for name, text in named.items())}{PASSED})"


def unit_of(candidate: Candidate, source: Source, module: Mapping[str, Any]) -> Unit:
    """Return a class of an imported module; raises TypeError and ValueError where it has no signature."""
    make, methods = resolved(module, candidate.cls), source.methods(candidate.place(candidate.cls))
    functions = methods.get(candidate.forward), methods[candidate.backward]
    hinted = hints(methods.get("__init__"), *functions, text=make.__doc__ or "")
    forward, backward = (parameters(getattr(make, name)) for name in (candidate.forward, candidate.backward))
    named = {getattr(item, "attr", getattr(item, "id", "")) for item in ast.walk(methods[candidate.backward])}
    plain = not any(map(names.STEPPED.search, named))
    places = tuple(places_of(methods[candidate.backward]))
    last = not backward or _takes_one(methods[candidate.backward], backward)
    graded = frozenset(_graded(constructor(make), methods[candidate.backward]))
    needed, texts = required(constructor(make)), choices(*methods.values())
    texts = {name: values for name, values in texts.items() if name in needed}
    logarithmic, stored = takes_logarithms(methods.values()), frozenset().union(*map(_stores, methods.values()))
    return Unit(
        *(candidate, make, hinted, forward, backward, hinted.listed, plain, places, graded, last),
        *(methods, logarithmic, stored, texts),
    )


def _graded(taken: Iterable[str], node: Function) -> Iterator[str]:
    """Yield arguments of a constructor whose gradient a method stores by its name: `self.dalpha = ...`."""
    stored = _stores(node)
    yield from (name for name in taken if any(is_of(each, name) for each in stored - {name}))


def _stores(node: Function) -> set[str]:
    """Return the attributes that a method stores."""
    return {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store)}


def _takes_one(node: Function, backward: Mapping[str, inspect.Parameter]) -> bool:
    """Tell whether a method has 1 for the upstream gradient and does not read it, as that of a loss: `dout=1`."""
    name, item = next(iter(backward.items()))
    read = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    return type(item.default) in (int, float) and item.default == 1 and name not in read


def parameters(method: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """Return the arguments of a method that have names; raises TypeError and ValueError where it has no signature."""
    return positional(inspect.signature(method))


def constructor(make: type) -> dict[str, inspect.Parameter]:
    """Return the arguments of a constructor; none where it has no signature."""
    try:
        return parameters(make)
    except (TypeError, ValueError):
        return {}


def widths_of(make: type) -> Iterator[int]:
    """Yield how wide rows may have to be for an object made as it is by default: `dim=64`, `sizes=(3, 4, 2)`."""
    for item in constructor(make).values():
        numbers = item.default if isinstance(item.default, (tuple, list)) else (item.default,)
        yield from (number for number in numbers if type(number) is int and 1 < number <= _WIDEST)


def makings(unit: Unit) -> Iterator[Made]:
    """Yield how a constructor may be called: weights, sizes and settings, or all of it as small numbers or weights.

    What has a gradient is a weight, whatever its name; what is one of some texts is an option of the case.
    """
    graded = unit.graded
    taken = {name: item for name, item in constructor(unit.make).items() if name not in unit.texts}
    stepping = {name: text for name in taken if (text := _stepping(name))}
    masking = masking_in(*unit.methods.values())
    yield from _made(taken, stepping, graded, masking)
    if optional := {name for name, text in stepping.items() if text == STEP and taken[name].default is None}:
        yield from _made({name: item for name, item in taken.items() if name not in optional}, {}, graded, masking)


def _made(
    taken: Mapping[str, inspect.Parameter],
    stepping: Mapping[str, str],
    graded: Collection[str],
    masking: Mapping[str, bool],
) -> Iterator[Made]:
    needed = [name for name, item in taken.items() if item.default is item.empty or _is_left_open(name, item)]
    needed = [name for name in needed if name not in stepping]
    sizes = [name for name in needed if shapes.is_size(name) and not settings(name) and name not in graded]
    arrays = [name for name in needed if name in graded or (name not in sizes and shapes.is_weight(name))]
    usual = {name: literal(settings(name)[0]) for name in needed if name not in (*sizes, *arrays) and settings(name)}
    ways = [
        _of_fixed(needed, sizes, arrays, {**usual, **stepping, **functions}, masking)
        for functions in passed_functions(needed)
    ]
    yield from itertools.chain.from_iterable(zip(*ways, strict=True))  # those of the same arrays beside each other


def _of_fixed(
    needed: Sequence[str],
    sizes: Sequence[str],
    arrays: Sequence[str],
    fixed: Mapping[str, str],
    masking: Mapping[str, bool],
) -> Iterator[Made]:
    sizes, arrays = ([name for name in group if name not in fixed] for group in (sizes, arrays))
    unknown = [name for name in needed if name not in (*sizes, *arrays, *fixed)]
    if masks := [name for name in unknown if names.MASK.search(name) or name in masking]:
        others = (name for name in unknown if name not in masks)
        numbered = {**fixed, **dict(zip(others, itertools.cycle(_NUMBERS), strict=False))}
        truths = {name: f"{name} == 1" if masking.get(name) else name for name in masks}
        yield Made((*arrays, *masks), tuple(sizes), numbered, truths)
    yield Made((*arrays, *unknown), tuple(sizes), fixed)
    if unknown:
        drawn = dict(zip(unknown, itertools.cycle(_NUMBERS), strict=False))
        yield Made(tuple(arrays), (), {**fixed, **drawn, **dict.fromkeys(sizes, "2")})
    if unknown or sizes:
        yield Made(tuple(arrays), (), {**fixed, **dict.fromkeys([*unknown, *sizes], "2")})
    if sizes:
        yield Made(tuple(name for name in needed if name not in fixed), (), fixed)
    listed = [name for name in needed if any(map(names.SIZES.match, names.spellings(name)))]
    for lists in (dict.fromkeys(listed, widths) for widths in ("[4, 3, 2]", "[4, 3, 1]") if listed):
        rest = {name: "2" for name in (*unknown, *sizes) if name not in lists}
        yield Made(tuple(name for name in arrays if name not in lists), (), {**fixed, **rest, **lists})


def _stepping(name: str) -> str:
    """Return what makes the change of a weight its gradient: an optimizer, or a learning rate of 1."""
    return STEP if names.OPTIMIZER.match(name) else "1" if names.is_stepping(name) else ""


def _is_left_open(name: str, item: inspect.Parameter) -> bool:
    """Tell whether an argument is a size that a network fills in: `input_shape=None`."""
    return item.default is None and name.startswith("input_") and shapes.is_size(name)
