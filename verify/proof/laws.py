"""Which laws could make two formulas one function that the finite field takes for different?

The field knows rational functions, and exponentials with all of their laws (Ax 1971). Where there is nothing else in a
pair, and its degree is not too high, different in the field is different. Else what the field lacks is named.
"""

from __future__ import annotations

from collections.abc import Sequence

from verify.graph.graph import FUNCTIONS, Graph
from verify.proof import field
from verify.proof.field import Laws
from verify.proof.kernels import EXPONENTIAL

_ANGLES = ("sin", "cos")
_WORDS = {"log": "logarithms", "sin": "sums of angles", "atan": "arcs"}
_INSIDE = (("log", EXPONENTIAL), ("atan", _ANGLES), ("sin", ("atan",)))  # which undo each other in part


def missing(graph: Graph, pair: tuple[int, int], seed: int) -> str:
    """Return why a pair that differs in the field may be one function; nothing where it cannot be."""
    if not field.equal(graph, [pair], seed, Laws.EXPONENTIAL)[1]:
        return "of a degree too high for a proof"
    names = _unknown(graph, graph.reach(pair))
    return f"by a law that could not be proved for all inputs ({', '.join(names)})" if names else ""


def _unknown(graph: Graph, nodes: Sequence[int]) -> list[str]:
    """Return what there are laws of among the nodes that the field does not know."""
    arguments: dict[str, set[int]] = {}
    for node in nodes:
        if graph.ops[node] in FUNCTIONS:
            arguments.setdefault(_kind(graph.ops[node]), set()).add(graph.args[node][0])
    roots = any(graph.ops[node] == "power" and graph.payloads[node].denominator != 1 for node in nodes)
    laws = ["roots"] if roots else []
    for name, different in arguments.items():
        if name not in EXPONENTIAL and (len(different) > 1 or _is_inside(graph, name, nodes)):
            laws.append(_WORDS.get(name, name))
    if _depth(graph, nodes) >= len(field.PRIMES):
        laws.append("exponentials in exponents")
    return laws


def _kind(name: str) -> str:
    return "sin" if name in _ANGLES else name


def _is_inside(graph: Graph, name: str, nodes: Sequence[int]) -> bool:
    """Tell whether a function stands in the argument of one that may undo it."""
    outer = [f for inner, functions in _INSIDE if inner == name for f in functions]
    arguments = [graph.args[node][0] for node in nodes if graph.ops[node] in outer]
    return any(_kind(graph.ops[node]) == name for node in graph.reach(arguments))


def _depth(graph: Graph, nodes: Sequence[int]) -> int:
    """Return how many exponentials stand in the exponents of others, at most."""
    depths: dict[int, int] = {}
    for node in nodes:
        below = max((depths[argument] for argument in graph.args[node]), default=0)
        depths[node] = below + (graph.ops[node] in EXPONENTIAL)
    return max(depths.values(), default=0)
