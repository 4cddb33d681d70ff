"""Readings of small autodiff engines: one case for each operation of a class with `data`, `grad` and `backward`.

The upstream comes in by a product with it, and where the class adds, an operand is used twice: its gradients add up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from verify.scan import names, shapes
from verify.scan.readings import Reading
from verify.scan.recipe import generator
from verify.scan.unit import Unit, parameters

_REDUCING = frozenset({"sum", "mean", "max", "min", "item"})


def engines(unit: Unit) -> Iterator[Reading]:
    """Yield cases of one operation, for arrays and for numbers."""
    engine, method = unit.candidate.cls, unit.candidate.forward
    operands = ["a", "b"] if method in names.OPERATORS else ["a"]
    text = f"a {names.OPERATORS[method]} b" if method in names.OPERATORS else f"a.{method}()"
    for shaped in shapes.of_inputs("a", operands[1:], unit.hinted):
        for lines, options in _bodies(unit, engine, operands, text):
            recipes = [generator(unit.candidate, domain, lines) for domain in shapes.domains(shaped, operands)]
            yield [replace(recipe, options=options, passed=frozenset(options)) for recipe in recipes]


def _bodies(
    unit: Unit, engine: str, operands: list[str], text: str
) -> Iterator[tuple[list[str], dict[str, tuple[Any, ...]]]]:
    made = [f"{operand} = {engine}({operand})" for operand in operands]
    data, grad = _attributes(unit)
    shared = hasattr(unit.make, "__add__") and text.partition(".")[2].partition("(")[0] not in _REDUCING
    again = ["output = output + a if shared else output"] if shared and "@" not in text else []
    seeded = f"(output * {engine}(dout)).backward()" if hasattr(unit.make, "__mul__") else "output.backward()"
    ending = [f"dout = yield output.{data}", seeded, f"return {', '.join(f'{operand}.{grad}' for operand in operands)}"]
    options: dict[str, tuple[Any, ...]] = {"shared": (False, True)} if again else {}
    yield [*made, f"output = {text}", *again, *ending], options


def _attributes(unit: Unit) -> tuple[str, str]:
    """Return the attributes that keep a value and its gradient."""
    first = next(iter(parameters(unit.make)))
    return first if first in names.DATA else "data", "grad"
