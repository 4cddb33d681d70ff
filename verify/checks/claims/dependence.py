"""What a wrong gradient depends on and the exact one does not, or the other way round; entries that must be 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import flint

from verify.checks.claims.explain import alike
from verify.checks.claims.suspect import Suspect
from verify.graph import balls
from verify.graph.substitution import replaced

_BITS = 128
_MOVE = Fraction(9, 8)  # of an input, which shows whether a value depends on it
_MOST_NAMES = 3


def unmasked(s: Suspect) -> str:
    """Find that all entries are right but those that must be 0."""
    if not s.fits:
        return ""
    wrong = [i for i, pair in enumerate(zip(s.expected, s.actual.nodes, strict=True)) if pair[0] != pair[1]]
    must_vanish = {i for i in wrong if s.graph.value(s.expected[i]) == 0}

    def is_off(i: int) -> bool:
        return not alike(s.graph, [s.expected[i]], [s.actual.nodes[i]])

    if any(is_off(i) for i in wrong if i not in must_vanish) or sum(map(is_off, must_vanish)) == len(s.expected):
        return ""
    return "only entries that must be 0 are wrong: does backward lack a mask or a clip of forward?"


def unused_upstream(s: Suspect) -> str:
    """Find that the upstreams of some outputs enter nowhere, and that all else is right."""
    used, needed = set(s.graph.reach(s.actual.nodes)), set(s.graph.reach(s.expected))
    groups = {name: nodes for name, nodes in _upstreams(s).items() if used.isdisjoint(nodes)}
    groups = {name: nodes for name, nodes in groups.items() if not needed.isdisjoint(nodes)}
    zero = s.graph.constant(Fraction(0))
    zeros = {node: zero for nodes in groups.values() for node in nodes}
    if not (s.fits and groups and s.is_(replaced(s.graph, s.expected, zeros))):
        return ""
    verb, noun = ("is", "that output") if len(groups) == 1 else ("are", "those outputs")
    return f"{' and '.join(groups)} {verb} not used: the part of the gradient that comes from {noun} is missing"


def _upstreams(s: Suspect) -> Mapping[str, Sequence[int]]:
    """Return the upstreams of several outputs by their names; none of complex ones, which have two halves each."""
    groups: dict[str, list[int]] = {}
    for node in s.upstream:
        if s.graph.ops[node] == "variable":
            groups.setdefault(s.graph.payloads[node].partition("[")[0], []).append(node)
    return groups if len(groups) > 1 and not s.turned else {}


def dependence(s: Suspect) -> str:
    """Find an input that the exact gradient depends on and this one does not; else the reverse, entry by entry.

    What does not depend has no such variable in its formula; what does, changes at the sample as the input is moved.
    """
    if not s.small:
        return ""
    return _independent(s) or _depends_on_more(s)


def _independent(s: Suspect) -> str:
    used = set(s.graph.reach(s.actual.nodes))
    for name, nodes in [*((name, nodes) for name, (_, nodes) in s.inputs.items()), *_upstreams(s).items()]:
        if used.isdisjoint(nodes) and _changes(s, s.expected, nodes):
            return f"it does not depend on {name}, but the exact gradient does"
    return ""


def _depends_on_more(s: Suspect) -> str:
    entries = [node for _, nodes in s.inputs.values() for node in nodes]
    entries += [node for node in s.upstream if s.graph.ops[node] == "variable"]
    for place, (exact, actual) in enumerate(zip(s.expected, s.actual.nodes, strict=True)):
        allowed, used = set(s.graph.reach([exact])), set(s.graph.reach([actual]))
        more = [node for node in entries if node in used - allowed and _changes(s, [actual], [node])]
        if more and s.graph.value(exact) != 0:  # else that it is 0 says all of it
            entry = f"entry {s.index(place)}" if s.shape else "it"
            return f"{entry} depends on {_listed(s, more)}, but the exact gradient does not"
    return ""


def _changes(s: Suspect, nodes: Sequence[int], inputs: Sequence[int]) -> bool:
    """Tell whether any of some values at the sample is another one once inputs have been moved."""
    names = [s.graph.payloads[node] for node in inputs if s.graph.ops[node] == "variable"]
    moved = s.nearby({name: s.region.sample[name] * _MOVE for name in names})
    with flint.ctx.workprec(_BITS):
        before, after = balls.at(s.graph, nodes, s.region.sample), balls.at(s.graph, nodes, moved)
        pairs = [(before[node], after[node]) for node in nodes]
        return any(a.is_finite() and b.is_finite() and not a.overlaps(b) for a, b in pairs)


def _listed(s: Suspect, nodes: Sequence[int]) -> str:
    names = [s.graph.payloads[node] for node in nodes]
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
