"""Where a value goes in the source of a function: into messages only, or into what is decided and returned.

The source is read and not run: a value is followed through the names and attributes that it is assigned to, until a
condition, an index or a returned value has it. What is only printed, logged, raised or kept as a measurement decides
nothing.
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, lru_cache
from typing import NamedTuple

from verify.model.identity import Place
from verify.tracing.symbols.shown import shows

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_DECISIONS = (ast.Compare, ast.BoolOp)
_FOR_PEOPLE = ("__repr__", "__str__", "__format__")
_TURNS = 10  # of names that are assigned from names


class Use(NamedTuple):
    """A line that decides by a value, or computes with it, and what that is."""

    where: Place
    answer: str


def statement_at(file: str, line: int) -> ast.stmt | None:
    """Return the statement that begins at a line of a file, or the innermost that the line belongs to, if any."""
    tree = _tree(file)
    around = [node for node in ast.walk(tree) if isinstance(node, ast.stmt) and _holds(node, line)] if tree else []
    return next((node for node in around if node.lineno == line), around[-1] if around else None)


def computes(file: str, line: int) -> bool:
    """Tell whether anything but messages may depend on a value that a line makes."""
    tree = _tree(file)
    around = [node for node in ast.walk(tree) if _holds(node, line)] if tree else []
    statements = [node for node in around if isinstance(node, ast.stmt)]
    functions = [node for node in around if isinstance(node, _FUNCTIONS)]
    if not statements or not functions:
        return True
    if any(getattr(function, "name", "") in _FOR_PEOPLE for function in functions):
        return False
    return bool(Scope(functions[0], strict=True).sinks(dict.fromkeys(_values(statements[-1]), ""), {}))


def _holds(node: ast.AST, line: int) -> bool:
    return getattr(node, "lineno", line + 1) <= line <= (getattr(node, "end_lineno", None) or 0)


def _values(statement: ast.stmt) -> list[ast.expr]:
    """Return the parts of a statement that give a value, without those of the statements in it."""
    return [child for child in ast.iter_child_nodes(statement) if isinstance(child, ast.expr) and not _is_target(child)]


def _is_target(node: ast.expr) -> bool:
    return isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del))


class Scope:
    """A function, in which values are followed.

    One that is `strict` takes any use for one that matters, but for messages and names that nothing else reads.
    """

    def __init__(self, node: ast.AST, *, strict: bool = False) -> None:
        self.node, self.strict = node, strict

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """Return what each part of the function is a part of; of most functions it is not asked."""
        return _parents(self.node)

    def sinks(self, values: Mapping[ast.expr, str], names: dict[str, str]) -> dict[int, str]:
        """Return the lines at which values, and those of some names, may change a result, with what they are.

        The names that they are assigned to are added to those.
        """
        lines: dict[int, str] = {}
        for _ in range(_TURNS):
            before = len(names)
            for node, answer in {**values, **self._loads(names)}.items():
                if (line := self._sink(node, answer, names)) is not None:
                    lines.setdefault(line, answer)
            if len(names) == before:
                break
        return lines

    def _loads(self, names: Mapping[str, str]) -> dict[ast.expr, str]:
        """Return the places at which names and attributes are read."""
        return {
            node: names[ast.unparse(node)]
            for node in (walked(self.node) if names else ())
            if isinstance(node, (ast.Name, ast.Attribute))
            if isinstance(node.ctx, ast.Load) and ast.unparse(node) in names
        }

    def _sink(self, node: ast.AST, answer: str, names: dict[str, str]) -> int | None:
        """Return the line at which a value decides or is returned; names that it is assigned to are added."""
        statement, decides = self._statement(node)
        if statement is None or _is_message(statement):
            return None
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.Return)):
            decides = True
        elif isinstance(statement, (ast.If, ast.While, ast.Match)):
            decides = not (isinstance(statement, ast.If) and _only_messages([*statement.body, *statement.orelse]))
        elif isinstance(statement, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.For)):
            for target in [] if decides else _targets(statement, node):
                names.update(dict.fromkeys(_stored(target), answer))
        elif isinstance(statement, ast.Expr) and getattr(statement.value, "func", None) is node:  # exec(code, names)
            names.update(
                {part.id: answer for part in ast.walk(statement) if isinstance(part, ast.Name) and part != node}
            )
        elif isinstance(statement, (ast.With, ast.AsyncWith)):
            targets = [item.optional_vars for item in statement.items if node in ast.walk(item.context_expr)]
            names.update({name: answer for target in targets if target for name in _stored(target)})
        elif self.strict or any(keyword.arg == "out" for call in _calls(statement) for keyword in call.keywords):
            decides = True
        return getattr(node, "lineno", None) if decides else None

    def _statement(self, node: ast.AST) -> tuple[ast.AST | None, bool]:
        """Return the statement that an expression is in, or the lambda that returns it; tell whether it decides."""
        decides = False
        child, parent = node, self.parents.get(node)
        while parent is not None and not isinstance(child, ast.stmt):
            decides |= isinstance(parent, _DECISIONS) or (isinstance(parent, ast.Subscript) and parent.slice is child)
            decides |= isinstance(parent, ast.IfExp) and parent.test is child
            decides |= isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not)
            decides |= isinstance(parent, ast.comprehension) and child in parent.ifs
            decides |= isinstance(parent, (ast.Yield, ast.YieldFrom))
            if isinstance(parent, ast.Lambda) and parent.body is child:
                return parent, True
            child, parent = parent, self.parents.get(parent)
        return (child if isinstance(child, ast.stmt) else None), decides


def _targets(statement: ast.Assign | ast.AugAssign | ast.AnnAssign | ast.For, node: ast.AST) -> list[ast.expr]:
    """Return what a statement assigns a value to: of several that get one each, those that get that one."""
    if not isinstance(statement, ast.Assign):
        return [statement.target]
    targets = []
    for target in statement.targets:
        if isinstance(target, ast.Tuple) and isinstance(value := statement.value, ast.Tuple):
            pairs = zip(target.elts, value.elts, strict=False)
            targets += [part for part, right in pairs if node in ast.walk(right)]
        else:
            targets.append(target)
    return targets


def _stored(target: ast.expr) -> Iterator[str]:
    """Yield the names and attributes that an assignment changes."""
    if isinstance(target, (ast.Tuple, ast.List)):
        for element in target.elts:
            yield from _stored(element)
    elif isinstance(target, (ast.Subscript, ast.Starred)):
        yield from _stored(target.value)
    else:
        yield ast.unparse(target)


def _calls(statement: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(statement) if isinstance(node, ast.Call))


def _is_message(statement: ast.AST) -> bool:
    """Tell whether a statement is for people to read."""
    if isinstance(statement, (ast.Raise, ast.Assert, ast.Pass)):
        return True
    return isinstance(statement, ast.Expr) and (
        isinstance(statement.value, ast.Constant) or (isinstance(statement.value, ast.Call) and shows(statement.value))
    )


def _only_messages(statements: Sequence[ast.stmt]) -> bool:
    return all(map(_is_message, statements))


@lru_cache(maxsize=256)
def source(file: str) -> str:
    """Return the text of a file of the user's, as Python has it."""
    return "".join(linecache.getlines(file))


@lru_cache(maxsize=256)
def _tree(file: str) -> ast.Module | None:
    with suppress(SyntaxError, ValueError):
        return ast.parse(source(file))
    return None


@lru_cache(maxsize=256)
def _by_line(file: str) -> dict[int, list[ast.AST]]:
    """Return the functions of a file by the line at which their code begins."""
    functions: dict[int, list[ast.AST]] = {}
    tree = _tree(file)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, _FUNCTIONS):
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
            functions.setdefault(first, []).append(node)
    return functions


@lru_cache(maxsize=1024)
def walked(node: ast.AST) -> tuple[ast.AST, ...]:
    """Return all parts of a function: it is gone through for one question after the other, and nobody changes it."""
    return tuple(ast.walk(node))


@lru_cache(maxsize=1024)
def _parents(node: ast.AST) -> dict[ast.AST, ast.AST]:
    return {child: parent for parent in walked(node) for child in ast.iter_child_nodes(parent)}


def nodes(file: str, line: int, name: str) -> list[ast.AST]:
    """Return the functions that code may be made of."""
    return [node for node in _by_line(file).get(line, ()) if getattr(node, "name", "<lambda>") == name]
