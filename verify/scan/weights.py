"""Weights that objects make themselves, of sizes or at their first forward: an object is made, and looked at."""

from __future__ import annotations

import contextlib
import inspect
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from verify.cases.inputs import real
from verify.cases.names import NAMES
from verify.cases.passing import passed
from verify.cases.shapes import concrete
from verify.cases.sizes import bindings
from verify.scan.candidate import Candidate
from verify.scan.names import WEIGHT
from verify.scan.recipe import quoted
from verify.scan.shapes import lookup

_LETTERS = "MKPQ"  # dimensions that only the constructor knows
_CONTAINERS = ("params", "parameters", "weights")
_LARGEST = 40
_APART = 2  # by which dimensions are larger once more, odd or even as before: a window of 3 is not the batch of 3
_INPUT = re.compile(r"(^|_)in(put)?s?(_|$)|fan_in|prev|^D$")


class Weights(NamedTuple):
    """Weights of an object: their shapes by name, the dict that holds them, if any, and the letters of sizes.

    Sizes of which constructors take a tuple are named by `tuples`; `changed` tells that backward changes the weights.
    Those in `numbers` are no arrays.
    """

    shapes: Mapping[str, str]
    container: str
    letters: Mapping[str, str]
    tuples: frozenset[str] = frozenset()
    changed: bool = False
    numbers: frozenset[str] = frozenset()

    def place(self, weight: str) -> str:
        """Write where an object has a weight."""
        return f"{self.container}[{quoted(weight)}]" if self.container else weight

    def sized(self, sizes: Sequence[str]) -> dict[str, str]:
        """Write the sizes that a constructor takes: as those of the weights where one has it, else as a number."""
        places = {
            part: f"{weight}.shape[{axis}]"
            for weight, shape in reversed([*self.shapes.items()])
            for axis, part in reversed([*enumerate(shape.split())])
        }
        texts = {name: places.get(self.letters.get(name, ""), "4") for name in sizes}
        return {name: f"({text},)" if name in self.tuples else text for name, text in texts.items()}


NONE = Weights({}, "", {})


class Changing(NamedTuple):
    """How backward may change the weights: by what it is `passed` (as text), or a method or the constructor is."""

    passed: tuple[str, ...] = ()
    initial: str = ""
    stored: bool = False

    @property
    def steps(self) -> bool:
        """Return whether the weights may change."""
        return self.by_call or self.stored

    @property
    def by_call(self) -> bool:
        """Return whether a method is passed what the weights are changed by."""
        return bool(self.passed or self.initial)


class Step:
    """An optimizer that steps by the gradient itself."""

    def update(self, weights: Any, gradient: Any) -> Any:
        """Return the new weights."""
        return weights - gradient


def weights_of(
    make: type,
    candidate: Candidate,
    sizes: Sequence[str],
    fixed: Mapping[str, Any],
    inputs: Mapping[str, str],
    *,
    changing: Changing,
    complete: bool,
    all_arrays: bool = False,
    numbers: bool = False,
) -> Iterator[Weights]:
    """Yield the weights of an object for inputs of these shapes: what gets a gradient, or what backward changes.

    `complete` tells whether forward takes no other inputs; `all_arrays` that all arrays of the object are weights,
    and with `numbers` those of its numbers that are called so.
    """
    dimensioned = {name: " ".join(lookup(text) or (text,)) for name, text in inputs.items()}
    first, tuples = next(iter(dimensioned.values())), frozenset(name for name in sizes if "shape" in name)
    looks_up = bool(lookup(next(iter(inputs.values()))))
    numerals = {part: int(part) for text in dimensioned.values() for part in text.split() if part.isdigit()}
    named = bindings([real(text) for text in dimensioned.values()], {})[0]
    dimensions = {**named, **numerals}
    others = {**{name: size + _APART for name, size in named.items()}, **numerals}
    for wrapped in dict.fromkeys([frozenset[str](), tuples]):
        numbered = [[*_numbers(sizes, first, each, looks_up=looks_up)] for each in (dimensions, others)]
        for sized_by in zip(*numbered, strict=True):
            runs = []
            for each, there in zip(sized_by, (dimensions, others), strict=True):
                sized = {name: (size,) if name in wrapped else size for name, size in each.items()}
                with (
                    contextlib.suppress(Exception),
                    contextlib.redirect_stdout(io.StringIO()),
                    np.errstate(all="ignore"),
                ):
                    made = make(**sized, **fixed)
                    held = (
                        _arrays_of(made, numbers=numbers)
                        if all_arrays
                        else _held(made, candidate, inputs, there, changing, complete=complete)
                    )
                    runs.append(_Sized(held, each, there))
            if runs and runs[0].dimensions is dimensions:
                yield _named(runs)._replace(tuples=wrapped)


def _run(unit: Any, candidate: Candidate, arrays: Mapping[str, Any], more: Sequence[Any]) -> dict[str, Any]:
    """Run forward and backward: some weights are made there, and all gradients; return the arrays between the two.

    What forward changes is no weight: a running mean.
    """
    output = getattr(unit, candidate.forward)(*arrays.values())
    output = next((getattr(unit, name) for name in NAMES["outputs"] if hasattr(unit, name)), output)
    backward = getattr(unit, candidate.backward)
    outputs = output if isinstance(output, (tuple, list)) else [output]
    upstream = [*map(np.ones_like, outputs), *more] if inspect.signature(backward).parameters else []
    values = {**dict.fromkeys(NAMES["outputs"], output), **arrays}
    labels = {name: [pattern.format(name) for pattern in NAMES["gradients"]] for name in arrays}
    before = {name: np.copy(value) for name, value in vars(unit).items() if isinstance(value, np.ndarray)}
    backward(*passed(backward, upstream, values, labels).arguments)
    return before


def _drawn(inputs: Mapping[str, str], dimensions: Mapping[str, int]) -> dict[str, Any]:
    """Return arrays to run with: numbers, and indices of the table that they are looked up in."""
    rng = np.random.default_rng(0)
    indices = {name: index for name, text in inputs.items() if (index := lookup(text))}
    return {
        name: rng.integers(0, dimensions[indices[name][1]], concrete(indices[name][0], dimensions))
        if name in indices
        else rng.normal(size=concrete(text, dimensions))
        for name, text in inputs.items()
    }


def _numbers(
    sizes: Sequence[str], first: str, dimensions: Mapping[str, int], *, looks_up: bool
) -> Iterator[dict[str, int]]:
    """Yield numbers for sizes: new ones, a dimension of the input that its rows have and new ones, or all alike.

    Of an index, one size is that of the table that it `looks_up` rows in: no larger index is drawn.
    """
    parts = first.split()
    new = [size for size in range(3, _LARGEST) if size not in dimensions.values()]
    ordered = sorted(sizes, key=lambda name: not _INPUT.search(name))
    if not looks_up and not any(map(_INPUT.search, sizes)):
        yield dict(zip(ordered, new, strict=False))
    for part in dict.fromkeys([parts[1] if len(parts) == 4 else parts[-1], *parts[1:2], parts[0]]):
        size = dimensions.get(part, 1)
        for names in dict.fromkeys([tuple(ordered), tuple(reversed(ordered))]):
            yield dict(zip(names, [size, *new], strict=False))
        if len(sizes) > 1:
            yield dict.fromkeys(sizes, size)


_PLAIN = ("d{}", "d_{}", "grad_{}", "{}_grad")  # names that mean nothing else


class _Held(NamedTuple):
    """The shapes of the weights of an object, the dict that holds them, if any, and whether backward changes them."""

    shapes: Mapping[str, tuple[int, ...]]
    container: str = ""
    changed: bool = False
    numbers: frozenset[str] = frozenset()


class _Sized(NamedTuple):
    """What an object of some sizes holds, for inputs of some dimensions."""

    held: _Held
    sizes: Mapping[str, int]
    dimensions: Mapping[str, int]


def _held(
    unit: Any,
    candidate: Candidate,
    inputs: Mapping[str, str],
    dimensions: Mapping[str, int],
    changing: Changing,
    *,
    complete: bool,
) -> _Held:
    """Return the weights of an object that has run; inputs that it keeps under their names are none."""
    if changing.initial:
        getattr(unit, changing.initial)(Step())
    before: dict[str, Any] = {}
    if complete:
        before = _run(
            unit, candidate, _drawn(inputs, dimensions), [Step() if "(" in text else 1.0 for text in changing.passed]
        )
    for container, holder in _holders(unit):
        values = {name: value for name, value in holder.items() if name not in inputs}
        named = [name for name in values if name in before and changing.steps]
        changed = {name: values[name] for name in named if _is_changed(values[name], before[name])}
        changed = {name: value for name, value in changed.items() if not _is_gradient(name, before)}
        arrays = changed or {name: value for name, value in values.items() if _has_gradient(unit, name, value, before)}
        if arrays:
            return _Held({name: value.shape for name, value in arrays.items()}, container, bool(changed))
    return _Held({})


def _arrays_of(unit: Any, *, numbers: bool) -> _Held:
    """Return all arrays of an object, as it is made, as its weights, and the numbers that are called as weights are."""
    for container, holder in _holders(unit):
        arrays = {name: value for name, value in holder.items() if _is_real(value)}
        single = {name for name, value in holder.items() if numbers and type(value) is float and _is_weight(name)}
        if arrays:
            shaped = {name: np.shape(value) for name, value in holder.items() if name in {*arrays, *single}}
            return _Held(shaped, container, numbers=frozenset(single))
    return _Held({})


def _is_weight(name: str) -> bool:
    return bool(WEIGHT.match(name))


def _is_real(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size > 0


def _named(runs: Sequence[_Sized]) -> Weights:
    """Return the weights with names for their sizes: a number that is a dimension in one run only is a number."""
    held = runs[0].held
    runs = [run for run in runs if [*map(len, run.held.shapes.values())] == [*map(len, held.shapes.values())]]
    names = {tuple(run.dimensions[name] for run in runs): name for name in runs[0].dimensions}
    sizes = {name: tuple(run.sizes[name] for run in runs) for name in runs[0].sizes}
    new = [size for size in dict.fromkeys(sizes.values()) if size not in names]
    names.update(zip(new, (letter for letter in _LETTERS if letter not in runs[0].dimensions), strict=False))
    shapes = {
        weight: " ".join(
            names.get(size, str(size[0])) for size in zip(*(run.held.shapes[weight] for run in runs), strict=True)
        )
        for weight in held.shapes
    }
    letters = {name: names.get(size, str(size[0])) for name, size in sizes.items()}
    return Weights(shapes, held.container, letters, changed=held.changed, numbers=held.numbers)


def _holders(unit: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what holds weights: dicts among the attributes of an object, then these themselves."""
    attributes = {name: value for name, value in getattr(unit, "__dict__", {}).items() if name.isidentifier()}
    for name in _CONTAINERS:
        held = attributes.get(name)
        if isinstance(held, dict) and all(isinstance(key, str) and key.isidentifier() for key in held):
            yield name, held
    yield "", attributes


def _is_changed(value: Any, before: Any) -> bool:
    return np.shape(value) == before.shape and before.dtype.kind == "f" and not np.array_equal(value, before)


def _is_gradient(name: str, others: Iterable[str]) -> bool:
    """Tell whether an array is the gradient of another one by its name: dW, made with W and filled in by backward."""
    return any(pattern.format(other) == name for other in others for pattern in NAMES["gradients"])


def _has_gradient(unit: Any, name: str, value: Any, before: Mapping[str, Any]) -> bool:
    """Tell whether an array of an object has a gradient there: of its shape, or else by its name alone.

    A gradient of a wrong shape is one as well, where backward has made it for an array that was there `before`.
    """
    if not _is_real(value):
        return False
    labels = [pattern.format(name) for pattern in NAMES["gradients"]]
    stores = [store for key in NAMES["containers"] if isinstance(store := getattr(unit, key, None), dict)]
    values = [getattr(unit, label, None) for label in labels]
    values += [store.get(label) for store in stores for label in (name, *labels)]
    if any(item is not value and np.shape(item) == value.shape for item in values if item is not None):
        return True
    if any(key in store for store in stores for key in (name, *labels)):
        return True
    made = (getattr(unit, pattern.format(name), None) for pattern in _PLAIN if pattern.format(name) not in before)
    return name in before and any(isinstance(item, (np.ndarray, np.floating)) for item in made)
