"""Formulas as browsers show them: Python's syntax, read and never run, to presentation MathML."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable
from functools import lru_cache

from reports.page.markup import Markup, joined, tag, text

_LONGEST = 400  # signs; beyond, a formula is text
_LONGEST_PART = 36  # signs; beyond, a sum or product may go on in the next line
_NUMBER = "number"
_ATOM, _POWER, _PRODUCT, _SUM, _LOOSE = 4, 3, 2, 1, 0
_OPERATORS: dict[type[ast.AST], tuple[str, int]] = {
    ast.Add: ("+", _SUM),
    ast.Sub: ("−", _SUM),
    ast.Mult: ("⋅", _PRODUCT),
    ast.Gt: (">", _LOOSE),
    ast.GtE: ("≥", _LOOSE),
    ast.Lt: ("<", _LOOSE),
    ast.LtE: ("≤", _LOOSE),
    ast.Eq: ("=", _LOOSE),
    ast.NotEq: ("≠", _LOOSE),
}

_Read = tuple[Markup, int]  # a part, and how tightly it binds


@lru_cache(maxsize=4096)
def formula(source: str) -> Markup:
    """Return a formula as MathML, or as code where it cannot be read."""
    if not source or len(source) > _LONGEST:
        return _code(source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source.strip(), mode="eval").body
        return _broken(_as_typed(tree, source.strip()), len(source))
    except (SyntaxError, ValueError, KeyError, RecursionError, MemoryError):
        return _code(source)


def _as_typed(tree: ast.expr, source: str) -> ast.expr:
    """Let numbers be what was typed: a float would be rounded, or infinite."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            node.value, node.kind = ast.get_source_segment(source, node) or "", _NUMBER
    return tree


def _broken(tree: ast.expr, length: int) -> Markup:
    """Return the terms of a long sum, or the factors of a product, one after another: lines end between them."""
    if length <= _LONGEST_PART or not isinstance(tree, ast.BinOp) or _negative(tree):
        return tag("math", _read(tree)[0])
    level = _OPERATORS.get(type(tree.op), ("", _LOOSE))[1]
    if level not in (_SUM, _PRODUCT):
        return tag("math", _read(tree)[0])
    parts: list[Markup] = []
    node: ast.expr = tree
    while isinstance(node, ast.BinOp) and _OPERATORS.get(type(node.op), ("", _LOOSE))[1] == level:
        sign = _OPERATORS[type(node.op)][0]
        closer = isinstance(node.op, ast.Sub) or _negative(node.right)
        right = _within(node.right, level + 1 if closer else level)
        parts.append(joined(text(" "), tag("math", tag("mo", text(sign), form="infix"), right)))
        node = node.left
    return joined(tag("math", _within(node, level)), *reversed(parts))


def _code(source: str) -> Markup:
    return tag("code", text(source)) if source else Markup("")


def _read(node: ast.expr) -> _Read:
    return _READERS[type(node)](node)


def _within(node: ast.expr, level: int) -> Markup:
    """Return a part as an operand, in parentheses if it binds more loosely than what is around it."""
    part, binds = _read(node)
    return part if binds >= level else _fenced(part)


def _fenced(part: Markup, left: str = "(", right: str = ")") -> Markup:
    return tag("mrow", _sign(left), part, _sign(right))


def _sign(sign: str) -> Markup:
    return tag("mo", text(sign))


def _name(node: ast.Name) -> _Read:
    return tag("mi", text(node.id)), _ATOM


def _constant(node: ast.Constant) -> _Read:
    if node.kind != _NUMBER:
        raise ValueError(node.value)
    return tag("mn", text(node.value)), _ATOM


def _binary(node: ast.BinOp) -> _Read:
    if isinstance(node.op, ast.Div):
        return tag("mfrac", _read(node.left)[0], _read(node.right)[0]), _PRODUCT
    if isinstance(node.op, ast.Pow):
        return tag("msup", _within(node.left, _ATOM), _read(node.right)[0]), _POWER
    sign, level = _OPERATORS[type(node.op)]
    negative = _negative(node)
    left = _read(node.left)[0] if negative else _within(node.left, level)
    closer = isinstance(node.op, ast.Sub) or _negative(node.right)
    right = _within(node.right, level + 1 if closer else level)
    return tag("mrow", left, _sign(sign), right), _SUM if negative else level


def _negative(node: ast.expr) -> bool:
    """Tell whether a product starts with a minus, which needs no parentheses where it comes first."""
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        node = node.left
    return isinstance(node, ast.UnaryOp)


def _unary(node: ast.UnaryOp) -> _Read:
    if not isinstance(node.op, ast.USub):
        raise ValueError(ast.dump(node))  # noqa: TRY004 - it is not the caller's mistake
    return tag("mrow", _sign("−"), _within(node.operand, _PRODUCT)), _SUM


def _compare(node: ast.Compare) -> _Read:
    parts = [_read(node.left)[0]]
    for operator, right in zip(node.ops, node.comparators, strict=True):
        parts += [_sign(_OPERATORS[type(operator)][0]), _read(right)[0]]
    return tag("mrow", *parts), _LOOSE


def _subscript(node: ast.Subscript) -> _Read:
    return tag("msub", _within(node.value, _ATOM), _listed(node.slice)), _ATOM


def _listed(node: ast.expr) -> Markup:
    items = node.elts if isinstance(node, ast.Tuple) else [node]
    parts = [part for item in items for part in (_sign(","), _read(item)[0])]
    return tag("mrow", *parts[1:])


def _call(node: ast.Call) -> _Read:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if not name or node.keywords:
        raise ValueError(name)
    if name == "Piecewise":
        return _piecewise(node), _LOOSE  # no brace closes it
    if len(node.args) == 1 and name in _NOTATION:
        return _NOTATION[name](_read(node.args[0])[0]), _ATOM
    arguments = _listed(ast.Tuple(node.args)) if node.args else Markup("")
    return tag("mrow", tag("mi", text(name)), _fenced(arguments)), _ATOM


def _piecewise(node: ast.Call) -> Markup:
    """Return cases with a brace before them."""
    rows = []
    for case in node.args:
        if not isinstance(case, ast.Tuple):
            raise ValueError("Piecewise")  # noqa: TRY004 - it is not the caller's mistake
        value, condition = case.elts
        rows.append(tag("mtr", tag("mtd", _read(value)[0]), tag("mtd", tag("mrow", _when(condition)))))
    return tag("mrow", _sign("{"), tag("mtable", *rows))


def _when(condition: ast.expr) -> Markup:
    if isinstance(condition, ast.Constant) and condition.value is True:
        return tag("mtext", text("otherwise"))
    return joined(tag("mtext", text("if ")), _read(condition)[0])


_NOTATION: dict[str, Callable[[Markup], Markup]] = {
    "sqrt": lambda part: tag("msqrt", part),
    "Abs": lambda part: _fenced(part, "|", "|"),
}
_READERS: dict[type[ast.expr], Callable[..., _Read]] = {
    ast.Name: _name,
    ast.Constant: _constant,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.Subscript: _subscript,
    ast.Call: _call,
}
