"""The lines of source that a failure is about, taken into the result: who renders it reads no files."""

from __future__ import annotations

import ast
import tokenize
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from verify.model.cells import is_cell, source
from verify.model.identity import Place
from verify.model.result import CaseResult, Excerpt

_MOST = 4  # places of a case
_LONGEST = 40  # lines of a function
_AROUND = 3  # lines, where there is no function
_WIDEST = 160  # signs of a line

_Lines = tuple[int, int]  # the first and the last one
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def excerpted(result: CaseResult) -> CaseResult:
    """Return a result with the source of what is wrong in it, as far as that is in a Python file."""
    if result.good and not result.findings:
        return result
    reported = [c.place for c in result.comparisons if not c.good]
    reported += [finding.where for finding in result.findings if not finding.allowed]
    places = list(dict.fromkeys(filter(None, reported))) or ([] if result.good else [result.where])
    sources = filter(None, map(_excerpt, places[:_MOST]))
    return replace(result, sources=tuple(sources))


def _excerpt(place: Place) -> Excerpt | None:
    if not (is_cell(place.file) or Path(place.file).suffix == ".py") or not place.line:
        return None
    try:
        text = source_of(place.file)
        first, last = _around(_functions(text), place.line)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    lines = tuple(line[:_WIDEST].expandtabs() for line in text.splitlines()[first - 1 : last])
    return Excerpt(place, first, lines) if lines and place.line < first + len(lines) else None


def source_of(file: str) -> str:
    """Return the source of a file or a cell; raises OSError, SyntaxError or ValueError where it cannot be read."""
    if is_cell(file):
        return source(file)
    with tokenize.open(file) as opened:  # in the encoding that the file says it has
        return opened.read()


def _around(functions: Iterable[_Lines], line: int) -> tuple[int, int]:
    """Return the first and the last line of the innermost function that a line is in, or of what is near it."""
    enclosing = [lines for lines in functions if lines[0] <= line <= lines[1]]
    if not enclosing:
        return max(1, line - _AROUND), line + _AROUND
    first, last = max(enclosing, key=lambda lines: lines[0])
    if last - first < _LONGEST:
        return first, last
    first = max(first, line - _LONGEST // 2)
    return first, min(last, first + _LONGEST)


@lru_cache(maxsize=4)
def _functions(text: str) -> Sequence[_Lines]:
    """Return the lines of each function of a source, the cases of which ask for it one after the other."""
    functions = (node for node in ast.walk(ast.parse(text)) if isinstance(node, _Function))
    return [(_first(node), node.end_lineno or 0) for node in functions]


def _first(node: _Function) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
