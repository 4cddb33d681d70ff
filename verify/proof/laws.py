"""Which laws could make two formulas one function that the finite field takes for different?

The field knows rational functions, and exponentials with all of their laws (Ax 1971). Where there is nothing else in a
pair, and its degree is not too high, different in the field is different. Else what the field lacks is named.
"""

from __future__ import annotations

from collections.abc import Sequence

from verify.graph.functions import FUNCTIONS, family
from verify.graph.graph import Graph
from verify.proof import field, unity
from verify.proof.field import Laws
from verify.proof.kernels import EXPONENTIAL

_ANGLES = ("sin", "cos")
_JOINT = {"root": "roots of polynomials", "expm": "exponentials of matrices"}
# Functions that undo each other in part: the inner ones, and those in whose arguments they stand.
_INSIDE = (
    ("log", EXPONENTIAL),
    ("LambertW", EXPONENTIAL),
    ("loggamma", EXPONENTIAL),
    ("atan", _ANGLES),
    ("asin", _ANGLES),
    ("sin", ("atan", "asin")),
    ("cos", ("atan", "asin")),
    ("erfinv", ("erf",)),
    ("erf", ("erfinv",)),
)


def missing(graph: Graph, pair: tuple[int, int], seed: int) -> str:
    """Return why a pair that differs in the field may be one function; nothing where it cannot be."""
    if not field.equal(graph, [pair], seed, Laws.EXPONENTIAL)[1]:
        sheets = any(graph.ops[node] == "root" for node in graph.reach(pair))
        return "with too many roots of polynomials for a proof" if sheets else "of a degree too high for a proof"
    names = _unknown(graph, graph.reach(pair))
    return f"by a law that could not be proved for all inputs ({', '.join(names)})" if names else ""


def _unknown(graph: Graph, nodes: Sequence[int]) -> list[str]:
    """Return what there are laws of among the nodes that the field does not know."""
    members: dict[str, set[tuple[str, int]]] = {}
    cosines = unity.circle(graph, nodes).turns
    for node in nodes:
        if (op := graph.ops[node]) in FUNCTIONS and op not in EXPONENTIAL and node not in cosines:
            members.setdefault(family(op), set()).add(("" if op in _ANGLES else op, graph.args[node][0]))
    undone = _undone(graph, nodes)
    ops = {graph.ops[node] for node in nodes}
    several = [word for op, word in _JOINT.items() if op in ops]
    roots = any(graph.ops[node] == "power" and graph.payloads[node].denominator != 1 for node in nodes)
    laws = ["roots"] if roots else []
    laws += [name for name, different in members.items() if len(different) > 1 or name in undone]
    if _depth(graph, nodes) >= len(field.PRIMES):
        laws.append("exponentials in exponents")
    return [*laws, *several]


def _undone(graph: Graph, nodes: Sequence[int]) -> set[str]:
    """Return the families of functions that stand in the argument of one that may undo them."""
    families = set()
    for name, functions in _INSIDE:
        arguments = [graph.args[node][0] for node in nodes if graph.ops[node] in functions]
        if any(graph.ops[node] == name for node in graph.reach(arguments)):
            families.add(family(name))
    return families


def _depth(graph: Graph, nodes: Sequence[int]) -> int:
    """Return how many exponentials stand in the exponents of others, at most."""
    depths: dict[int, int] = {}
    for node in nodes:
        below = max((depths[argument] for argument in graph.args[node]), default=0)
        depths[node] = below + (graph.ops[node] in EXPONENTIAL)
    return max(depths.values(), default=0)
