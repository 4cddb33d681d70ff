"""What the code returns on an edge, in words: right, a choice, or wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from verify.exact import decimal_text
from verify.expressions.runs import SubjectError
from verify.regions.explore import Explorer
from verify.regions.hull import Place, place
from verify.regions.kinks import Edge
from verify.result import Comparison, Counterexample, Evidence, Verdict
from verify.tracing.floats import FloatRun

_MOST_SHOWN = 8  # inputs of a counterexample
_NO_SIDES = "not judged: a derivative on one side of it has no finite value there"
_JUMPS = "the output jumps there, and has no derivative"
_CLOSE = "not judged: too close to call"
_MANY = "not judged: more regions may meet there than were looked at"
_STRAYS = "not judged: floats do not lie on the edge, or compute something else there"


class Told(NamedTuple):
    """What is said of an edge: nothing where all is right, else a sentence, or the row of what is wrong."""

    said: str = ""
    row: Comparison | None = None


def judged(explorer: Explorer, met: Edge, where: str) -> Told:
    """Judge what the code returns on an edge, by what it says on symbols and does on floats."""
    try:
        floats = FloatRun(explorer.case, met.seen, explorer.seed)
    except SubjectError:
        return Told(_STRAYS)
    sides = met.slopes(met.point)
    if sides is None:
        return Told(_NO_SIDES)
    for number, (name, entry) in enumerate(met.entries):
        came = floats.entry(name, entry)
        if came is not None and not math.isfinite(came) and not met.jumps:
            return Told(row=_row(explorer, floats, met, where, number, str(came), [side[number] for side in sides]))
    returned = met.came(met.point)
    if returned is None:
        return Told(_NO_SIDES)
    return _placed(explorer, floats, met, where, returned, sides)


def _placed(
    explorer: Explorer,
    floats: FloatRun,
    met: Edge,
    where: str,
    returned: Sequence[Fraction],
    sides: Sequence[Sequence[Fraction]],
) -> Told:
    found = place(returned, sides)
    if found is None:
        return Told(_CLOSE)
    if met.jumps:
        return Told(_JUMPS)
    if found is Place.EQUAL:
        return Told()
    if found is Place.BETWEEN:
        return Told(_choice(met))
    if not met.sides.complete:
        return Told(_MANY)
    number = _worst(returned, sides)
    name, entry = met.entries[number]
    if not floats.gives(name, entry, met.returned[number]):
        return Told(_STRAYS)
    came = _short(returned[number])
    return Told(row=_row(explorer, floats, met, where, number, came, [side[number] for side in sides]))


def _worst(returned: Sequence[Fraction], sides: Sequence[Sequence[Fraction]]) -> int:
    """Return the place of the entry in which what came and the sides differ most."""
    spread = [max(row) - min(row) for row in zip(returned, *sides, strict=True)]
    return max(range(len(spread)), key=lambda i: spread[i])


def _choice(met: Edge) -> str:
    """Say what was chosen, for an upstream of ones if that shows it, which is easy to read."""
    for point in (met.ones(), met.point):
        returned, sides = met.came(point), met.slopes(point)
        if returned is not None and sides is not None:
            number = _worst(returned, sides)
            values = [side[number] for side in sides]
            if len(set(values)) > 1:
                break
    else:
        return "a choice between the derivatives on its sides"
    low, high = _short(min(values)), _short(max(values))
    return f"the gradient of {met.entries[number][0]} is {_short(returned[number])}, a choice between {low} and {high}"


def _row(
    explorer: Explorer, floats: FloatRun, met: Edge, where: str, number: int, came: str, sides: Sequence[Fraction]
) -> Comparison:
    """Write the row of a gradient that is wrong on an edge."""
    name, entry = met.entries[number]
    quantity = met.seen.inputs[name]
    low, high = _short(min(sides)), _short(max(sides))
    between = low if low == high else f"between {low} and {high}"
    return Comparison(
        "gradient",
        name,
        Verdict.REFUTED,
        role="input",
        evidence=Evidence("edge", f"on the edge {where} it is {came}, and the derivative {_told(sides)}"),
        counterexample=Counterexample(_inputs(met, number), between, came),
        shape=" ".join(map(str, quantity.shape)),
        entries=len(quantity.nodes),
        failing=1,
        index=str([int(i) for i in np.unravel_index(entry, quantity.shape)]) if quantity.shape else "",
        variant=explorer.variant.text,
        diagnosis="wrong on the very edge of a branch only",
        where=explorer.case.backward or floats.backward or explorer.case.where,
    )


def _told(sides: Sequence[Fraction]) -> str:
    if len(set(sides)) == 1:
        return f"is {_short(sides[0])} on all sides of it"
    return f"is {', '.join(map(_short, sorted(set(sides))))} on its sides: no mean of these, however weighted"


def _inputs(met: Edge, number: int) -> tuple[tuple[str, str], ...]:
    """Return the inputs that the edge depends on, then others that the entry depends on, as far as they are shown."""
    graph = met.seen.trace
    asked = [c.node for c in met.seen.conditions if c.tie]
    needed = [met.returned[number], *(side[number] for side in met.derivatives)]
    nodes = dict.fromkeys(n for group in (asked, needed) for n in graph.reach(group) if graph.ops[n] == "variable")
    names = [graph.payloads[node] for node in list(nodes)[:_MOST_SHOWN]]
    return tuple((name, decimal_text(met.point[name])) for name in names)


def _short(value: Fraction) -> str:
    text = decimal_text(value)
    return text if len(text) <= 12 else f"{float(value):.6g}"
