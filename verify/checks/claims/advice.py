"""Which domain to declare for code that is not defined at a sample: numbers only where they are known to be true.

A logarithm, a root or a function like arcsin is defined on one side of a number, or between two. Where its argument is
`a x + b` of one entry of an input, that is a bound of this input: `log(x - 5)` wants low=5. Of any other argument no
bound of an input follows, and none is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from verify.cases.case import TracedCase
from verify.cases.inputs import Fixed, Real
from verify.graph.functions import FUNCTIONS
from verify.model.exact import decimal_text
from verify.proof.ranges import signs
from verify.tracing.observe import Observation
from verify.tracing.symbols.trace import Trace

_OPEN = "low=..., high=..."
_OUTSIDE = "; the declared domain of {name} has no such number"
_Bounds = tuple[Fraction | None, Fraction | None]


class _Line(NamedTuple):
    """`slope` times an entry of an input, by its name, plus a number."""

    entry: str
    slope: Fraction
    shift: Fraction


def advice(case: TracedCase, seen: Observation, outputs: Sequence[int], node: int) -> str:
    """Return how the input that a node is undefined for is to be declared, as the case is written."""
    trace, names = seen.trace, _inputs_below(seen, node)
    declared = {name: text for name in [*names, *case.inputs] if isinstance(text := case.inputs.get(name), Real)}
    line = _line_of(trace, node)
    wanted = _wanted(trace, seen, outputs) if line is not None else {}
    wanted = wanted if _suffices(trace, seen, outputs, wanted) else {}
    name, real = next(((name, text) for name, text in declared.items() if name in wanted), next(iter(declared.items())))
    call = f"{name}=gradproof.{'fixed' if isinstance(real, Fixed) else 'real'}({real.shape!r}, "
    if name not in wanted:
        return f"{call}{_OPEN})"
    if bounds := _written(real, wanted[name]):
        return f"{call}{bounds})"
    return f"{call}{_texts(*wanted[name])}){_OUTSIDE.format(name=name)}"


def _written(real: Real, wanted: _Bounds) -> str:
    """Return the bounds of an input within those declared; nothing where no number is in both."""
    low = max((end for end in (real.low, wanted[0]) if end is not None), default=None)
    high = min((end for end in (real.high, wanted[1]) if end is not None), default=None)
    return "" if low is not None and high is not None and low >= high else _texts(low, high)


def _texts(low: Fraction | None, high: Fraction | None) -> str:
    ends = (("low", low), ("high", high))
    return ", ".join(f"{side}={_number(end)}" for side, end in ends if end is not None)


def _number(value: Fraction) -> str:
    """Write a bound as code: a decimal where that is exact, else a fraction."""
    text = decimal_text(value)
    return text if Fraction(text) == value else f"Fraction({value.numerator}, {value.denominator})"


def _wanted(trace: Trace, seen: Observation, outputs: Sequence[int]) -> dict[str, _Bounds]:
    """Return the bounds of each input that all functions of one of its entries have in common."""
    owners = {trace.payloads[n]: name for name, quantity in seen.inputs.items() for n in quantity.nodes}
    bounds: dict[str, _Bounds] = {}
    for node in trace.reach(outputs):
        line = _line_of(trace, node)
        if line is not None and line.entry in owners:
            low, high = bounds.get(owners[line.entry], (None, None))
            below, above = _ends(_within(trace, node), line)
            lows, highs = [e for e in (low, below) if e is not None], [e for e in (high, above) if e is not None]
            bounds[owners[line.entry]] = max(lows, default=None), min(highs, default=None)
    return bounds


def _suffices(trace: Trace, seen: Observation, outputs: Sequence[int], wanted: Mapping[str, _Bounds]) -> bool:
    """Tell whether all other functions are defined within the bounds of inputs, as far as the signs are known."""
    owned = [(name, node) for name, quantity in seen.inputs.items() for node in quantity.nodes]
    domain = {trace.payloads[node]: wanted.get(name, (None, None)) for name, node in owned}
    others = [n for n in trace.reach(outputs) if trace.args[n] and _line_of(trace, n) is None]
    return all(
        _within(trace, n) == (Fraction(0), None) and -1 not in signs(trace, trace.args[n][0], domain)
        for n in others
        if _within(trace, n) != (None, None)
    )


def _ends(within: _Bounds, line: _Line) -> _Bounds:
    low, high = ((end - line.shift) / line.slope if end is not None else None for end in within)
    return (low, high) if line.slope > 0 else (high, low)


def _within(trace: Trace, node: int) -> _Bounds:
    """Return the bounds of the argument of a node between which it is defined."""
    op, power = trace.ops[node], trace.payloads[node]
    if op == "log" or (op == "power" and power.denominator > 1):
        return Fraction(0), None
    function = FUNCTIONS.get(op)
    low, high = (None, None) if function is None else function.within
    return None if low is None else Fraction(low), None if high is None else Fraction(high)


def _line_of(trace: Trace, node: int) -> _Line | None:
    """Return the argument of a function that is not defined everywhere, where it is `a x + b` of one entry."""
    if len(trace.args[node]) != 1 or _within(trace, node) == (None, None):
        return None
    return _line(trace, trace.args[node][0])


def _line(trace: Trace, node: int) -> _Line | None:
    """Return a node as `a x + b`, by sums and products with constants; None where it is something else."""
    slope, shift = Fraction(1), Fraction(0)
    while trace.ops[node] in ("sum", "product"):
        number, other = _constant_first(trace, trace.args[node])
        if number is None:
            return None
        if trace.ops[node] == "sum":
            shift += slope * number
        else:
            slope *= number
        node = other
    return _Line(trace.payloads[node], slope, shift) if trace.ops[node] == "variable" and slope else None


def _constant_first(trace: Trace, args: Sequence[int]) -> tuple[Fraction | None, int]:
    a, b = args
    return (trace.constants[a], b) if a in trace.constants else (trace.constants.get(b), a)


def _inputs_below(seen: Observation, node: int) -> Iterator[str]:
    """Yield the inputs that a node is computed from."""
    below = set(seen.trace.reach([node]))
    return (name for name, quantity in seen.inputs.items() if not below.isdisjoint(quantity.nodes))
