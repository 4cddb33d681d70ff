"""Two formulas that differ, written so that the difference is in sight: what both have is named and stands apart."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce

from verify.graph import formulas
from verify.graph.formulas import Alphabet
from verify.graph.graph import Graph
from verify.model.comparison import Apart

_SHORT = 90  # signs of two formulas that are read at a glance
_MOST_NAMES = 10
_LARGEST = 5_000  # nodes of two formulas: beyond, nobody reads them
_MOST_OPERANDS = 500  # of one sum or product: doubled a hundred times, a term is there 2**100 times
_LEAST = 2  # operations of what gets a name
_LONG = 6  # operations of what is named because one side has it more than once
_JOINED = ("sum", "product")


def set_apart(
    graph: Graph, expected: int, actual: int, names: Sequence[str], outputs: Mapping[int, str], in_full: int
) -> Apart | None:
    """Return two formulas in terms of what they have in common; None where that is no shorter than they are `in_full`.

    `names` are those of all inputs. `outputs` names nodes of what forward returned: formulas are written with them and
    without, whichever is shorter.
    """
    if in_full <= _SHORT or len(graph.reach([expected, actual])) > _LARGEST:
        return None
    candidates = [_in_parts(graph, (expected, actual), names, named) for named in (outputs, {})]
    shorter = [apart for apart in candidates if apart and apart.common and _length(apart) < in_full]
    return min(shorter, key=_length, default=None)


def _length(apart: Apart) -> int:
    """Return how many signs there are to read."""
    return len(apart.expected) + len(apart.actual) + sum(len(name) + len(text) for name, text in apart.common)


def _aligned(graph: Graph, left: int, right: int, outputs: Mapping[int, str]) -> tuple[int, int]:
    """Return two nodes with the terms of sums, and the factors of products, that both have put together into one."""
    op = graph.ops[left]
    if left == right or {left, right} & outputs.keys() or op not in _JOINED or graph.ops[right] != op:
        return left, right
    join = graph.sum if op == "sum" else graph.product
    counts = [Counter(formulas.operands(graph, node, outputs)) for node in (left, right)]
    if max(count.total() for count in counts) > _MOST_OPERANDS:
        return left, right
    common = counts[0] & counts[1]
    rests = [list((count - common).elements()) for count in counts]
    if len(rests[0]) == len(rests[1]) == 1:
        rests = [[node] for node in _aligned(graph, rests[0][0], rests[1][0], outputs)]
    shared = [reduce(join, common.elements())] if common else []
    a, b = (reduce(join, [*shared, *rest]) if shared or rest else left for rest in rests)
    return a, b


def _in_parts(graph: Graph, sides: tuple[int, int], names: Sequence[str], outputs: Mapping[int, str]) -> Apart | None:
    """Return two formulas in terms of what they have in common; None where that would take too many names."""
    sides = _aligned(graph, *sides, outputs)
    parts = _parts(graph, sides, outputs)
    if len(parts) > _MOST_NAMES:
        return None
    taken = {*names, *outputs.values()}
    fresh = itertools.islice((name for name in map("t{}".format, itertools.count()) if name not in taken), len(parts))
    called = dict(zip(parts, fresh, strict=True))
    alphabet = Alphabet([*names, *outputs.values(), *called.values()])
    named = {node: alphabet.symbols[name] for node, name in {**outputs, **called}.items()}
    expected, actual = (formulas.text(graph, node, alphabet, named=named, typed=True) for node in sides)
    common = []
    for node, name in called.items():
        others = {other: symbol for other, symbol in named.items() if other != node}
        common.append((name, formulas.text(graph, node, alphabet, named=others, typed=True)))
    return Apart(actual, expected, tuple(common))


def _parts(graph: Graph, sides: tuple[int, int], outputs: Mapping[int, str]) -> list[int]:
    """Return the largest parts that both sides have, or one has more than once, and that are worth a name.

    Simpler ones are first.
    """
    shared = set(graph.reach(sides[:1])) & set(graph.reach(sides[1:]))
    parts = _first_met(graph, sides, _worth_a_name(graph, shared, outputs), outputs)
    parts |= _repeated(graph, sides, parts, outputs)
    uses = Counter(node for part in parts for node in graph.reach(graph.args[part], parts - {part}))
    again = _worth_a_name(graph, (node for node, number in uses.items() if number > 1), outputs)
    return sorted(parts | _first_met(graph, [a for part in parts for a in graph.args[part]], again, outputs))


def _repeated(graph: Graph, sides: tuple[int, int], parts: set[int], outputs: Mapping[int, str]) -> set[int]:
    """Return the smallest parts that a side has more than once and that are long, as the same sum in two products."""
    named = parts | outputs.keys()
    uses = [Counter(a for node in graph.reach([side], named) for a in graph.args[node]) for side in sides]
    again = _worth_a_name(graph, {node for side in uses for node, n in side.items() if n > 1} - named, outputs)
    long = {node for node in again if formulas.size(graph, node, named).operations >= _LONG}
    return {node for node in long if long.isdisjoint(graph.reach(graph.args[node], named))}


def _worth_a_name(graph: Graph, nodes: Iterable[int], outputs: Mapping[int, str]) -> set[int]:
    """Return the nodes whose formulas take more than a name: no quotient, which is as short with a name in it."""
    sizes = formulas.sizes(graph, [node for node in nodes if graph.args[node] and node not in outputs])
    return {node for node, size in sizes.items() if size.operations >= _LEAST and not _is_quotient(graph, node)}


def _is_quotient(graph: Graph, node: int) -> bool:
    return bool(graph.ops[node] == "power" and graph.payloads[node] < 0)


def _first_met(graph: Graph, roots: Iterable[int], wanted: set[int], outputs: Mapping[int, str]) -> set[int]:
    """Return the wanted nodes that are met first on the ways from some roots to the inputs."""
    todo, seen = list(roots), set[int]()
    while todo:
        node = todo.pop()
        if node not in seen and node not in wanted and node not in outputs:
            todo += graph.args[node]
        seen.add(node)
    return seen & wanted
