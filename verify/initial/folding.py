"""Long statements of a file of cases, folded as a formatter would: a part a line, where they do not fit in one."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from typing import NamedTuple

WIDTH = 100
_HEAD = re.compile(r"@|\w+ = ")  # before a call: of a decorator, or of an assignment


class _Piece(NamedTuple):
    """An argument or an item: what stands before its value, as in `name=`, and the value."""

    before: str
    value: ast.expr


def folded(text: str) -> str:
    """Return the text of a case with the lines folded that are too long, as far as they are calls."""
    return "\n".join(line if len(line) <= WIDTH else _folded(line) for line in text.split("\n"))


def comment(text: str) -> str:
    """Return sentences as a comment, each line of them on lines of its own."""
    wrapper = textwrap.TextWrapper(
        WIDTH, initial_indent="# ", subsequent_indent="# ", break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(part for line in text.split("\n") for part in wrapper.wrap(line))


def _folded(line: str) -> str:
    if (head := _HEAD.match(line)) is None:
        return line
    source = line[head.end() :]
    try:
        call = ast.parse(source, mode="eval").body
    except SyntaxError:
        return line
    return head[0] + _broken(source, call, "") if call.end_col_offset == len(source.encode()) else line


def _broken(source: str, node: ast.expr, indent: str) -> str:
    """Return an expression in several lines: all its pieces in one, or else each in its own, broken where it has to."""
    pieces, inner = list(_pieces(source, node)), f"{indent}    "
    begin, end = _ends(source, node)
    if not pieces or not begin:
        return _text(source, node)
    texts = [inner + piece.before + _text(source, piece.value) for piece in pieces]
    together = inner + ", ".join(text.strip() for text in texts)
    if isinstance(node, ast.Call) and len(together) <= WIDTH:
        return f"{begin}\n{together}\n{indent}{end}"
    lines = [
        f"{text if len(text) < WIDTH else inner + piece.before + _broken(source, piece.value, inner)},"
        for text, piece in zip(texts, pieces, strict=True)
    ]
    return "\n".join([begin, *lines, indent + end])


def _pieces(source: str, node: ast.expr) -> Iterator[_Piece]:
    """Yield the pieces of a call, a list or a dict, in order."""
    if isinstance(node, ast.Call):
        yield from (_Piece("", value) for value in node.args)
        yield from (_Piece(f"{word.arg}=" if word.arg else "**", word.value) for word in node.keywords)
    elif isinstance(node, ast.List):
        yield from (_Piece("", value) for value in node.elts)
    elif isinstance(node, ast.Dict) and None not in node.keys:
        pairs = zip(node.keys, node.values, strict=True)
        yield from (_Piece(f"{_text(source, key)}: ", value) for key, value in pairs if key is not None)


def _ends(source: str, node: ast.expr) -> tuple[str, str]:
    """Return what stands before and behind the pieces of an expression."""
    if isinstance(node, ast.Call):
        return f"{_text(source, node.func)}(", ")"
    return {ast.List: ("[", "]"), ast.Dict: ("{", "}")}.get(type(node), ("", ""))


def _text(source: str, node: ast.expr) -> str:
    return ast.get_source_segment(source, node) or ""
