"""Readings of layers whose weights are in lists: `Net([w1, w2])`, or `Net([4, 3, 2])`, which makes them itself.

An object is made and run on floats, and looked at: where it has its weights, and where their gradients come out. A case
has an input for each weight. What is weights so only writes the case: the gradient is decided as that of any other.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from verify.cases.names import NAMES, labels_of
from verify.cases.shapes import concrete
from verify.scan import names, shapes
from verify.scan.options import settings
from verify.scan.read import required
from verify.scan.readings import Reading
from verify.scan.recipe import generator, literal, quoted
from verify.scan.unit import Unit, constructor

SIZES = (4, 3, 2)  # widths of a network that makes its weights: all different
# Weights that a constructor is passed in a list, for rows and for columns: with an input, and lists of biases.
_CHAINS = (
    ("N D", "D M | M K"),
    ("N D", "D M | M"),
    ("N D", "D M | 1 M"),
    ("N D", "D M | M | M K | K"),
    ("N D", "D M"),
    ("D N", "M D | K M"),
    ("D", "M D | K M"),
    ("N D", "D M | M K", "M | K"),
    ("N D", "D M | M K", "1 M | 1 K"),
    ("D N", "M D | K M", "M 1 | K 1"),
    ("D", "M D | K M", "M | K"),
)
_INPUTS = ("N {}", "{} N", "{} 1", "{}")  # of a network of given widths
_LISTS = re.compile(r"^(ws|bs|thetas|coefs|intercepts)$|weights|biases|params|parameters", re.IGNORECASE)
_GRADIENTS = re.compile(r"^(d|g|nabla|delta)_?\w{1,12}s?$|grad", re.IGNORECASE)
NUMBERS = {"N": 5, "D": 4, "M": 3, "K": 2}
_DEPTH = 2
_HELD = 4  # attributes that may hold gradients

Leaf = tuple[str, Any]  # where an array is, as text, and the array


class Built(NamedTuple):
    """How a case makes an object: what the constructor is passed, names of weights in tuples; its input; its weights.

    The weights are described by name; `stores` has where those are put that the constructor makes itself.
    """

    passed: Mapping[str, Any]
    first: str
    weights: Mapping[str, str]
    stores: Mapping[str, str] = {}

    @property
    def call(self) -> str:
        """Return the arguments of the constructor as text."""
        parts = {
            key: f"[{', '.join(value)}]" if isinstance(value, tuple) else literal(value)
            for key, value in self.passed.items()
        }
        return ", ".join(f"{key}={text}" for key, text in parts.items())

    def make(self, unit: Unit, values: Mapping[str, Any]) -> Any:
        """Return the object of weights with these values; raises whatever the constructor raises."""
        passed = {
            key: [values[name] for name in value] if isinstance(value, tuple) else value
            for key, value in self.passed.items()
        }
        layer = unit.make(**passed)
        for name, text in self.stores.items():
            _store(layer, text, values[name])
        return layer


def nested(unit: Unit) -> Iterator[Reading]:
    """Yield cases of an object with lists of weights."""
    if len(unit.needed) == 1 and len(unit.backward) < 2:
        for built in (*_passed(unit), *sized(unit)):
            yield from _readings(unit, built)


def _passed(unit: Unit) -> Iterator[Built]:
    """Yield objects that are passed their weights in lists."""
    needed = required(constructor(unit.make))
    lists = [name for name in needed if name in unit.hinted.listed and _is_weighty(name)]
    fixed = {name: settings(name)[0] for name in needed if name not in lists and settings(name)}
    if not lists or len(lists) > 2 or len(lists) + len(fixed) < len(needed):
        return
    for first, *chains in _CHAINS:
        if len(chains) == len(lists):
            parts = {name: text.split(" | ") for name, text in zip(lists, chains, strict=True)}
            named = {name: tuple(f"{name}_{place}" for place in range(len(each))) for name, each in parts.items()}
            described = {key: part for name in lists for key, part in zip(named[name], parts[name], strict=True)}
            yield Built({**named, **fixed}, first, described)


def _is_weighty(name: str) -> bool:
    return bool(_LISTS.search(name) or names.WEIGHT.match(name))


def sized(unit: Unit) -> Iterator[Built]:
    """Yield objects that make lists of weights of widths that they are passed."""
    taken = constructor(unit.make)
    sizes = [name for name in taken if any(map(names.SIZES.match, names.spellings(name)))]
    fixed = {name: settings(name)[0] for name in required(taken) if name not in sizes and settings(name)}
    if len(sizes) != 1 or {*required(taken)} - {*sizes, *fixed}:
        return
    built = Built({sizes[0]: [*SIZES], **fixed}, "", {})
    with contextlib.suppress(Exception):
        weights = {_variable(text): (text, array) for text, array in _weights_of(built.make(unit, {}))}
        described = {name: " ".join(map(str, array.shape)) for name, (_, array) in weights.items()}
        stores = {name: text for name, (text, _) in weights.items()}
        for form in _INPUTS if weights else ():
            yield built._replace(first=form.format(SIZES[0]), weights=described, stores=stores)


def _variable(text: str) -> str:
    """Return the name of a weight by its place: W_0 of `.W[0]`."""
    return re.sub(r"\W+", "_", text).strip("_")


def leaves(value: Any, text: str, depth: int = _DEPTH) -> list[Leaf]:
    """Return the arrays of floats in lists and dicts, with their places as text."""
    if isinstance(value, np.ndarray):
        return [(text, value)] if value.dtype.kind == "f" and value.size else []
    held = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, (list, tuple)) else ()
    inner = [leaves(part, f"{text}[{literal(key)}]", depth - 1) for key, part in held if isinstance(key, (str, int))]
    return list(itertools.chain.from_iterable(inner)) if depth else []


def _weights_of(unit: Any) -> list[Leaf]:
    """Return the weights that an object has in lists and dicts, each once, without room for gradients."""
    held = {name: value for name, value in vars(unit).items() if isinstance(value, (list, dict, tuple))}
    gradients = {label for name in held for label in (*labels_of(name), *NAMES["containers"])}
    arrays = [leaf for name, value in held.items() if name not in gradients for leaf in leaves(value, f".{name}")]
    return list({id(array): (text, array) for text, array in reversed(arrays)}.values())[::-1]


def _readings(unit: Unit, built: Built) -> Iterator[Reading]:
    """Yield a case for each place where the gradients of all weights may come out."""
    values = drawn(built.weights)
    with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
        layer = built.make(unit, values)
        returned = _run(unit, layer, built.first)
        for lead, places in gradients_in(layer, returned, [*values.values()]):
            yield _case(unit, built, lead, places)


def drawn(described: Mapping[str, str]) -> dict[str, Any]:
    """Return random arrays of these shapes, by name."""
    rng = np.random.default_rng(0)
    return {name: rng.normal(size=concrete(shape, NUMBERS)) for name, shape in described.items()}


def _store(layer: Any, text: str, value: Any) -> None:
    """Put an array where a text says: `.W[0]`."""
    name, *keys = [int(key) if key.isdigit() else key for key in re.findall(r"\w+", text)]
    holder = getattr(layer, str(name))
    for key in keys[:-1]:
        holder = holder[key]
    holder[keys[-1]] = value


def _run(unit: Unit, layer: Any, first: str) -> Any:
    """Run forward and backward, and return what that returns."""
    x = np.random.default_rng(1).normal(size=concrete(first, NUMBERS))
    output = getattr(layer, unit.candidate.forward)(x)
    return getattr(layer, unit.candidate.backward)(*([] if unit.alone else [np.ones_like(output)]))


def gradients_in(layer: Any, returned: Any, weights: Sequence[Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield where the gradient of the input is, or nothing, and where those of all weights may be, in their order."""
    wanted = [weight.shape for weight in weights]
    held = [leaves(value, f"layer.{name}") for name, value in vars(layer).items() if _GRADIENTS.search(name)]
    held = [group for group in held if group and not any(each is weight for _, each in group for weight in weights)]
    joined = [[*itertools.chain(*each)] for count in (1, 2) for each in itertools.permutations(held[:_HELD], count)]
    behind = [] if isinstance(returned, np.ndarray) else leaves(returned, "gradient")
    lead = "gradient" if isinstance(returned, np.ndarray) else ""
    for first, group in (*((lead, group) for group in joined), ("", behind), ("gradient[0]", behind[1:])):
        if [array.shape for _, array in group] == wanted:
            yield first, [text for text, _ in group]


def _case(unit: Unit, built: Built, lead: str, places: Sequence[str]) -> Reading:
    candidate, (first,) = unit.candidate, unit.needed
    lines = [
        f"layer = {candidate.cls}({built.call})",
        *(f"layer{text} = {name}" for name, text in built.stores.items()),
        f"{'' if unit.alone else 'dout = '}yield {unit.calls(candidate.forward, first)}",
        f"gradient = {unit.calls(candidate.backward, '' if unit.alone else 'dout')}",
        f"return {', '.join([*([lead] if lead else []), *places])}",
    ]
    text = built.first if lead else f"gradproof.fixed({quoted(built.first)})"
    every = {first: text, **built.weights}
    domains = shapes.domains(every, list(every))
    recipes = [generator(candidate, domain, lines, upstream=unit.last) for domain in domains]
    return [replace(recipe, stores=tuple(built.stores)) for recipe in recipes]
