"""Where digits go: the operation that loses them, and whether it is the data that has no more of them.

Digits that half an ulp in the inputs takes from the exact gradient are the problem's own loss; a stable algorithm loses
them too, and hardly more (Higham, Accuracy and Stability of Numerical Algorithms, 1.5 and 1.6).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import flint
import numpy as np

from verify.checks.claims.claims import Exact
from verify.checks.rounding.enclosures import Enclosures
from verify.checks.rounding.formats import Format
from verify.checks.rounding.judge import is_sharp
from verify.checks.rounding.points import Point
from verify.checks.rounding.trials import Trial
from verify.checks.rounding.truth import exactly
from verify.graph import balls
from verify.graph.adjoints import adjoints, totals
from verify.model.where import as_place

_PRECISIONS = (320, 1280, 5120)  # bits
_WORDS = {"sum": "the addition or subtraction", "total": "the sum", "product": "the product", "power": "the power"}


def condition(run: Exact, node: int, numbers: Format, point: Point) -> float:
    """Return how far half an ulp in each input and upstream may move the value of a node at a point, to first order."""
    graph = run.seen.trace
    variables = [number for number in graph.reach([node]) if graph.ops[number] == "variable"]
    slopes = totals(graph, adjoints(graph, [(node, graph.constant(Fraction(1)))], variables))
    values = balls.enclose(graph, [node, *slopes.values(), *slopes], exactly(point), is_sharp(numbers, 0), _PRECISIONS)
    with flint.ctx.workprec(_PRECISIONS[0]):
        moved = [abs(values[slope] * values[variable]) for variable, slope in slopes.items()]
        moves = sum([*moved, abs(values[node])], flint.arb(0)) * numbers.unit
    return float(moves.upper()) if moves.is_finite() else np.inf


class Suspect:
    """An operation that is to blame, as a phrase and as a place; `grown` is by how much it makes the error larger.

    `unlimited` tells that its result may be anything, `undefined` that rounding may take its operand to where it has no
    value. `divides` tells that it is a division.
    """

    def __init__(self, enclosures: Enclosures, number: int, column: int, grown: float = 1.0) -> None:
        self.grown = grown
        recorder, row = enclosures.recorder, enclosures.row[number]
        middle, radius = enclosures.middle[row, column], enclosures.radius[row, column]
        self.where = as_place(*recorder.places[number])
        self.unlimited = not np.isfinite(radius)
        large = not abs(middle) < enclosures.columns[column].format.overflow
        self.undefined = self.unlimited and _may_be_undefined(enclosures, number, column)
        self.overflows = self.unlimited and large and not self.undefined
        self.divides = _divides(enclosures, number)
        self.word = "the division" if self.divides else _word(enclosures, number)

    @property
    def there(self) -> str:
        """Return where it is, to be put behind the phrase; nothing for what no file of the user's has."""
        return f" at {self.where}" if self.where else ""


def _may_be_undefined(enclosures: Enclosures, number: int, column: int) -> bool:
    """Tell whether an operation is a quotient by what may be 0 after rounding, or a root or logarithm of less."""
    recorder = enclosures.recorder
    op, payload = recorder.ops[number], recorder.payloads[number]
    if op not in ("power", "log"):
        return False
    row = enclosures.row[recorder.args[number][0]]
    middle, radius = enclosures.middle[row, column], enclosures.radius[row, column]
    if op == "power" and payload.denominator == 1:
        return bool(payload < 0 and abs(middle) <= radius)
    return bool(middle <= radius)


def _divides(enclosures: Enclosures, number: int) -> bool:
    recorder = enclosures.recorder
    if number in recorder.terms:
        return False
    op = recorder.ops[number]
    return (op == "power" and recorder.payloads[number] == -1) or (op == "product" and recorder.is_quotient(number))


def _word(enclosures: Enclosures, number: int) -> str:
    recorder = enclosures.recorder
    op, args = recorder.ops[number], recorder.args[number]
    if not args:
        return "a constant of the code"
    if number in recorder.terms:
        op = "total"
    elif recorder.is_composed(number):
        return "the function"
    elif op == "sum":
        return "the subtraction" if any(recorder.is_negative(argument) for argument in args) else "the addition"
    return _WORDS.get(op, op)


def breaking(trial: Trial, node: int) -> Suspect | None:
    """Return the first operation below a node that may overflow, or divide by 0, in a trial; None if there is none."""
    enclosures = trial.place.enclosures
    for number in _below(enclosures, node):
        if not np.isfinite(enclosures.radius[enclosures.row[number], trial.column]):
            return Suspect(enclosures, number, trial.column)
    return None


def losing(trial: Trial, node: int) -> Suspect:
    """Return the operation at which most digits of a node go, on the way that the largest error comes."""
    enclosures, column = trial.place.enclosures, trial.column
    recorder = enclosures.recorder
    unit = trial.numbers.unit
    start = next(
        (n for n in _below(enclosures, node) if not np.isfinite(enclosures.radius[enclosures.row[n], column])), node
    )
    best, most, number = start, 0.0, start
    while operands := enclosures.operands[number]:
        source = max(operands, key=lambda n: _weight(enclosures, recorder.ops[number], n, column))
        before = max([unit, *(_relative(enclosures, n, column) for n in operands)])
        if (lost := _relative(enclosures, number, column) / before) > most:
            best, most = number, lost
        number = source
    return Suspect(enclosures, best, column, most)


def _below(enclosures: Enclosures, node: int) -> list[int]:
    nodes: set[int] = set()
    todo = [node]
    while todo:
        number = todo.pop()
        if number not in nodes:
            nodes.add(number)
            todo.extend(enclosures.operands[number])
    return sorted(nodes)


def _relative(enclosures: Enclosures, number: int, column: int) -> float:
    row = enclosures.row[number]
    middle, radius = abs(enclosures.middle[row, column]), enclosures.radius[row, column]
    return 0.0 if radius == 0 else float(min(radius / middle, 1)) if middle and np.isfinite(radius) else 1.0


def _weight(enclosures: Enclosures, op: str, number: int, column: int) -> Any:
    """Return how much of an operation's error an operand brings: by size to a sum, relative to itself to a product."""
    if op == "sum" or (op == "product" and number in enclosures.recorder.terms):
        return enclosures.radius[enclosures.row[number], column]
    return _relative(enclosures, number, column)
