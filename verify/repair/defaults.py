"""Numbers that an edit writes and that a default of the code equals: no proof tells the two apart.

A case whose subject is made with `alpha=0.5` alone is right with 0.5 in the place of alpha.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

from verify.mutation.result import Mutant
from verify.repair.result import Edits

_PLAIN = (0, 1)  # numbers that formulas are full of, whatever the defaults are
_NUMBER = re.compile(r"(?<![\w.])(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?(?![\w.])", re.IGNORECASE)
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def equal_defaults(edits: Edits, sources: dict[str, bytes]) -> tuple[tuple[str, str], ...]:
    """Return the defaults beside some edits that are numbers which these write, each with its name."""
    return tuple(dict.fromkeys(default for edit in edits for default in _equal(edit, sources[edit.file])))


def _equal(edit: Mutant, source: bytes) -> Iterator[tuple[str, str]]:
    numbers = _numbers(edit.text) - _numbers(source[edit.start : edit.end])
    for name, value in _defaults(ast.parse(source), edit.first) if numbers else ():
        if value in numbers:
            yield name, repr(value)


def _numbers(text: bytes) -> Counter[float]:
    """Return the numbers of a piece of source, but for those that stand everywhere."""
    values = (float(number) for number in _NUMBER.findall(text.decode()))
    return Counter(value for value in values if value not in _PLAIN)


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and value not in _PLAIN


def _defaults(tree: ast.Module, line: int) -> Iterator[tuple[str, float]]:
    """Return the defaults of the methods of the class around a line, or of the functions of the module."""
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.lineno <= line <= _end(node)]
    for function in (classes[0] if classes else tree).body:
        if isinstance(function, _Function):
            arguments = function.args
            positional = [*arguments.posonlyargs, *arguments.args][-len(arguments.defaults) or None :]
            pairs = [
                *zip(positional, arguments.defaults, strict=False),
                *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
            ]
            for argument, default in pairs:
                if isinstance(default, ast.Constant) and _is_number(default.value):
                    yield argument.arg, default.value  # type: ignore[misc]


def _end(node: ast.ClassDef) -> int:
    return node.end_lineno or node.lineno
