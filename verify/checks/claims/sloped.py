"""A function of forward whose slope backward has wrong, `1 - g` for `1 - g**2`, and with it all that is before it.

The exact gradient is derived once more with another slope for the entries of one array, in terms of its value y and of
what the function is applied to. What is not ruled out by floats has to be proved to be what was returned.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from verify.checks.claims.explain import alike
from verify.checks.claims.held import Instead, Sweep, floats, is_looked_at, read_forward, slopes_of
from verify.checks.claims.suspect import Forward, Suspect
from verify.graph.functions import FUNCTIONS
from verify.graph.graph import Graph
from verify.model.identity import Place

_MOST = 24  # arrays whose slopes are tried
_CLOSE = 1e-9
_MINUS = Fraction(-1)


class _Array(NamedTuple):
    """An array that forward computes entry by entry: its name, where, and what each of its nodes is a function of."""

    name: str
    place: Place | None
    arguments: Mapping[int, int]


class _Slope(NamedTuple):
    """A slope as it is written of the value y and the argument u, and as nodes."""

    text: str
    of: Callable[[Graph, int, int], int]


def _one_minus(graph: Graph, node: int) -> int:
    return graph.sum(graph.whole(1), graph.product(graph.constant(_MINUS), node))


def _square(graph: Graph, node: int) -> int:
    return graph.power(node, Fraction(2))


# Slopes of the functions of networks, by right and by mistake.
_SLOPES = (
    _Slope("1 - y**2", lambda graph, y, _: _one_minus(graph, _square(graph, y))),
    _Slope("(1 - y)**2", lambda graph, y, _: _square(graph, _one_minus(graph, y))),
    _Slope("1 - y", lambda graph, y, _: _one_minus(graph, y)),
    _Slope("y*(1 - y)", lambda graph, y, _: graph.product(y, _one_minus(graph, y))),
    _Slope("y", lambda _, y, __: y),
    _Slope("y + 1", lambda graph, y, _: graph.sum(y, graph.whole(1))),
    _Slope("y**2", lambda graph, y, _: _square(graph, y)),
    _Slope("1 + y**2", lambda graph, y, _: graph.sum(graph.whole(1), _square(graph, y))),
    _Slope("y*(1 + y)", lambda graph, y, _: graph.product(y, graph.sum(y, graph.whole(1)))),
    _Slope("1 - u**2", lambda graph, _, u: _one_minus(graph, _square(graph, u))),
    _Slope("u*(1 - u)", lambda graph, _, u: graph.product(u, _one_minus(graph, u))),
    _Slope("1/y", lambda graph, y, _: graph.power(y, _MINUS)),
    _Slope("1/u", lambda graph, _, u: graph.power(u, _MINUS)),
)


def sloped(s: Suspect) -> str:
    """Find the array of forward whose slope is another one in backward, and write both, as far as they have names."""
    if not is_looked_at(s):
        return ""
    forward = s.forward()
    if forward is None or not alike(
        s.graph, read_forward(s, forward, [node for node, _ in forward.outputs]), s.outputs
    ):
        return ""
    sweep = Sweep(s, forward)
    for array in _arrays(forward):
        exact = _exact(s, forward, array)
        for slope in _SLOPES:
            instead = {node: (u, slope.of(forward.trace, node, u)) for node, u in array.arguments.items()}
            if slope is not exact and _explains(s, forward, sweep, instead):
                return _sentence(array, slope, exact)
    return ""


def _arrays(forward: Forward) -> Iterator[_Array]:
    """Yield the arrays that forward computes entry by entry by a function, those with a name first, and its output."""
    parts = sorted(forward.intermediates, key=lambda part: not part.assigned)[:_MOST]
    groups = [(part.name, part.place, part.nodes) for part in parts]
    outputs = ("y", None, frozenset(node for node, _ in forward.outputs))
    for name, place, nodes in (*groups, outputs):
        arguments = {node: u for node in nodes if (u := _argument(forward.trace, node)) is not None}
        if arguments:
            yield _Array(name, place, arguments)


def _argument(graph: Graph, node: int) -> int | None:
    """Return what a node is a function of alone: the argument of the first function that is applied to it."""
    argument = None
    while True:
        varying = [part for part in dict.fromkeys(graph.args[node]) if _varies(graph, part)]
        if len(varying) != 1:
            return argument
        (part,) = varying
        if graph.ops[node] in FUNCTIONS or graph.ops[node] == "power":
            argument = _without_sign(graph, part)
        node = part


def _without_sign(graph: Graph, node: int) -> int:
    """Return the other factor of a product with -1: a sigmoid has exp(-u)."""
    args = graph.args[node]
    signs = [part for part in args if graph.value(part) == _MINUS]
    return next((part for part in args if part not in signs), node) if graph.ops[node] == "product" and signs else node


def _varies(graph: Graph, node: int) -> bool:
    return graph.value(node) is None


def _exact(s: Suspect, forward: Forward, array: _Array) -> _Slope | None:
    """Return which of the slopes is the right one, by its value at the sample."""
    node, u = next(iter(array.arguments.items()))
    right = _right(forward.trace, node, u)
    slopes = {slope.of(forward.trace, node, u): slope for slope in _SLOPES}
    values = floats(forward.trace, [right, *slopes], s)
    return next((slope for by, slope in slopes.items() if _is_near(values[by], values[right])), None)


def _right(graph: Graph, node: int, argument: int) -> int:
    return _swept(graph, [(node, graph.whole(1))], [argument], {})[0]


def _is_near(left: float, right: float) -> bool:
    return abs(left - right) <= _CLOSE * max(abs(left), abs(right))


def _explains(s: Suspect, forward: Forward, sweep: Sweep, instead: Instead) -> bool:
    """Tell whether the gradient is the exact one with these slopes."""
    if not sweep.is_close((), instead):
        return False
    return s.is_(read_forward(s, forward, _swept(forward.trace, forward.outputs, forward.inputs[s.name], instead)))


def _swept(graph: Graph, outputs: Sequence[tuple[int, int]], entries: Sequence[int], instead: Instead) -> list[int]:
    """Return the derivatives of outputs, each times its upstream, by entries; some nodes pass on by other slopes."""
    pending: defaultdict[int, list[int]] = defaultdict(list)
    for output, upstream in outputs:
        pending[output].append(upstream)
    for node in reversed(graph.reach([output for output, _ in outputs])):
        if node in entries or node not in pending or not graph.args[node]:
            continue
        adjoint = graph.total(pending[node])
        steps = [instead[node]] if node in instead else zip(graph.args[node], slopes_of(graph, node), strict=True)
        for argument, by in steps:
            pending[argument].append(graph.product(adjoint, by))
    return [graph.total(pending[entry]) for entry in entries]


def _sentence(array: _Array, wrong: _Slope, right: _Slope | None) -> str:
    """Write both slopes by the name of the array, if it has one, and say what y and u are, where they are written."""
    slopes = [slope.text for slope in (wrong, right) if slope]
    named = array.place is not None and array.name.isidentifier() and array.name != "u"
    texts = [text.replace("y", array.name) for text in slopes] if named else slopes
    name = array.name if array.place else "the output"
    letters = {"u": "what it is applied to"} if named else {"y": name, "u": "what it is applied to"}
    meant = [f"{letter} is {text}" for letter, text in letters.items() if any(letter in slope for slope in slopes)]
    where = f", at {array.place}," if array.place else ""
    ending = f", where {' and '.join(meant)}" if meant else ""
    return f"the slope of {name}{where} is taken as {' in place of '.join(texts)}{ending}"
