"""A source as a tree: its classes and functions by name, and which of their methods compute something."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from verify.scan import names

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Source:
    """A source as a tree, with its classes and functions by name, and the name of its module. Raises SyntaxError."""

    def __init__(self, text: str | bytes, module: str = "") -> None:
        self.module = module
        self.tree = ast.parse(text)
        body = list(_outside(self.tree.body))
        self.classes = {node.name: node for node in body if isinstance(node, ast.ClassDef)}
        self.functions = {node.name: node for node in body if isinstance(node, Function)}

    def methods(self, name: str, seen: Sequence[str] = ()) -> dict[str, Function]:
        """Return the methods of a class that compute something, with those of its bases in this source."""
        node = self.classes.get(name)
        if node is None or name in seen:
            return {}
        own = {item.name: item for item in node.body if isinstance(item, Function) and not _is_abstract(item)}
        bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
        inherited = {key: value for base in bases for key, value in self.methods(base, [*seen, name]).items()}
        return {**inherited, **own}

    def abstract(self, name: str, seen: Sequence[str] = ()) -> set[str]:
        """Return the methods of a class that compute nothing, and are there to be filled in."""
        node = self.classes.get(name)
        if node is None or name in seen:
            return set()
        bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
        inherited = {key for base in bases for key in self.abstract(base, [*seen, name])}
        own = {item.name: _raises(item) for item in node.body if isinstance(item, Function)}
        return {key for key in inherited if key not in own} | {key for key, raises in own.items() if raises}


def _outside(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield statements, and those of branches at the top: `try: ... except ImportError: ...`."""
    for node in body:
        yield node
        if isinstance(node, (ast.If, ast.Try)) and not _is_main(node):
            yield from _outside(node.body)


def _is_main(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "__name__" in ast.dump(node.test)


def _is_abstract(node: Function) -> bool:
    """Tell whether a function computes nothing: it only raises, or passes."""
    body = [item for item in node.body if not (isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant))]
    return all(isinstance(item, (ast.Raise, ast.Pass)) for item in body)


def _raises(node: Function) -> bool:
    marked = any("abstractmethod" in ast.dump(item) for item in node.decorator_list)
    return marked or (_is_abstract(node) and any(isinstance(item, ast.Raise) for item in node.body))


def parameters(node: Function) -> list[str]:
    """Return the names of the arguments of a function by position, without the instance."""
    return [arg.arg for arg in (*node.args.posonlyargs, *node.args.args) if arg.arg not in names.TRIVIAL]
