"""The source of a function, where it is known to be what the function's code was compiled from."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any


def source_of(function: Any) -> ast.FunctionDef | None:
    """Return the source of a function that has no defaults, and takes its arguments by their names or places.

    The file is compiled once more: only a function with the same code, on the same line, is the one in the file. Where
    the file has changed since it was imported, or something has changed the function, there is no source.
    """
    if type(function) is not FunctionType or function.__defaults__ or function.__kwdefaults__:
        return None
    code = function.__code__
    try:
        trees, codes = _compiled(code.co_filename, Path(code.co_filename).read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None
    tree = trees.get((code.co_firstlineno, code.co_name))
    return tree if tree is not None and code in codes and _is_plain(tree.args) else None


def statements(tree: ast.FunctionDef) -> Sequence[ast.stmt]:
    """Return the statements of a function, without its docstring; there is one at least, which may be that."""
    return tree.body[1:] if ast.get_docstring(tree, clean=False) is not None and len(tree.body) > 1 else tree.body


@lru_cache(maxsize=64)
def _compiled(file: str, source: bytes) -> tuple[dict[tuple[int, str], ast.FunctionDef], frozenset[CodeType]]:
    """Return the functions of a file by line and name, and what all of it is compiled to.

    A line has the start of one function at most: `def` is no statement that another may precede.
    """
    tree = ast.parse(source)
    compiled = SourceFileLoader("", file).source_to_code(source, file)  # as an import of the file does
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    by_place = {(min([f.lineno, *(d.lineno for d in f.decorator_list)]), f.name): f for f in functions}
    return by_place, frozenset(_codes(compiled))


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _is_plain(arguments: ast.arguments) -> bool:
    return not (arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs)
