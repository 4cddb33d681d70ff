"""Statements put into functions: the exact gradients in place of wrong ones, laid out as the file is."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from verify.model.where import as_place
from verify.mutation.mutants import Source
from verify.mutation.result import Mutant
from verify.mutation.slices import Function
from verify.repair.slots import Slot
from verify.repair.unread import unread

WRITES, KEEPS = "write the exact gradient", "keep what it needs"


class Piece(NamedTuple):
    """Bytes of a file that others take the place of."""

    start: int
    end: int
    text: bytes


def pieces_of(
    source: Source, slots: Sequence[Slot], lines: Sequence[str], returned: Mapping[str, str]
) -> list[Piece] | None:
    """Return what changes where lines compute gradients, `returned` by their names; None where no line can be put.

    The lines are put before the statement of the first gradient. What is computed last is written where it is used.
    """
    texts, lines = dict(returned), list(lines)
    first = min(slots, key=lambda slot: slot.statement.lineno)
    for slot in slots:
        start = f"{texts[slot.gradient]} = "
        computed = [line for line in lines if line.startswith(start)]
        last = computed == lines[-1:] and slot is first
        if (
            len(computed) == 1
            and (last or not slot.name)
            and _uses(texts[slot.gradient], [*lines, *texts.values()]) == 2
        ):
            lines.remove(computed[0])
            texts[slot.gradient] = computed[0].removeprefix(start)
    put = {slot.name for slot in slots if any(re.match(rf"\s*{slot.name} = ", line) for line in lines)}
    pieces = [] if not lines else _inserted(source, first.statement, lines)
    for slot in slots:
        if slot.name and texts[slot.gradient] == slot.name and slot.name in put:
            pieces = _and(pieces, _without(source, slot.statement))
        else:
            pieces = _and(pieces, [_replaced(source, slot.value, texts[slot.gradient])])
    return pieces


def _uses(name: str, lines: Sequence[str]) -> int:
    return len(re.findall(rf"(?<![\w.]){re.escape(name)}\b", "\n".join(lines)))


def _and(pieces: list[Piece] | None, more: list[Piece] | None) -> list[Piece] | None:
    return None if pieces is None or more is None else pieces + more


def inserted_before(source: Source, statement: ast.stmt, line: str) -> list[Piece] | None:
    """Return a line put before a statement."""
    return _inserted(source, statement, [line])


def _inserted(source: Source, statement: ast.stmt, lines: Sequence[str]) -> list[Piece] | None:
    start, text = _start(source, statement), source.text
    first = source.starts[statement.lineno - 1]
    indent, end = text[first:start], _newline(text)
    if indent.strip() == b"":
        return [Piece(first, first, b"".join(indent + line.encode() + end for line in lines))]
    if indent.rstrip().endswith(b":") and indent.split()[0] in (b"def", b"async"):  # def backward(dout): return ...
        deeper = indent[: len(indent) - len(indent.lstrip())] + (b"\t" if b"\t" in indent else b"    ")
        body = b"".join(end + deeper + line.encode() for line in lines) + end + deeper
        return [Piece(first + len(indent.rstrip()), start, body)]
    return None


def _without(source: Source, statement: ast.stmt) -> list[Piece] | None:
    """Return a statement taken away with its lines, if it is alone there."""
    first, last = source.starts[statement.lineno - 1], source.starts[statement.end_lineno or statement.lineno]
    before, after = source.text[first : _start(source, statement)], source.text[_end(source, statement) : last]
    alone = not before.strip() and (not after.strip() or after.strip().startswith(b"#"))
    return [Piece(first, last, b"")] if alone else None


def _replaced(source: Source, value: ast.expr, text: str) -> Piece:
    return Piece(_start(source, value), _end(source, value), text.encode())


def _start(source: Source, node: ast.expr | ast.stmt) -> int:
    return source.starts[node.lineno - 1] + node.col_offset


def _end(source: Source, node: ast.expr | ast.stmt) -> int:
    return source.starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)


def _newline(text: bytes) -> bytes:
    return b"\r\n" if b"\r\n" in text else b"\n"


def rewritten(
    source: bytes, pieces: Sequence[Piece], functions: Collection[tuple[str, int]], numpy: str
) -> bytes | None:
    """Return a source with pieces in it, without what some functions compute then for nobody; None if it is no Python.

    Functions are found by their names and, among those of one name, by their number.
    """
    before = {name: {ast.unparse(s) for s in unread(_function(source, *name), numpy)} for name in functions}
    for piece in sorted(pieces, reverse=True):
        source = source[: piece.start] + piece.text + source[piece.end :]
    try:
        for name, unread_before in before.items():
            source = _swept(source, name, unread_before, numpy)
    except (SyntaxError, IndexError):
        return None
    return source


def _swept(source: bytes, name: tuple[str, int], unread_before: set[str], numpy: str) -> bytes:
    """Return a source without the statements of a function that are unread now and were not before."""
    text = Source(source, _starts(source))
    for statement in reversed(unread(_function(source, *name), numpy)):
        if ast.unparse(statement) not in unread_before:
            for start, end, _ in _without(text, statement) or ():
                source = source[:start] + source[end:]
    return source


def number_of(function: Function, source: bytes) -> int:
    """Return which of the functions of its name a function is."""
    lines = sorted(f.lineno for f in _functions(source) if f.name == function.name)
    return lines.index(function.lineno)


def _function(source: bytes, name: str, number: int) -> Function:
    return sorted((f for f in _functions(source) if f.name == name), key=lambda f: f.lineno)[number]


def _functions(source: bytes) -> Iterator[Function]:
    return (node for node in ast.walk(ast.parse(source)) if isinstance(node, Function))


def _starts(source: bytes) -> list[int]:
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def edits_between(file: str, before: bytes, after: bytes, writing: Collection[str]) -> list[Mutant]:
    """Return the lines that differ between two sources of a file, as edits; some functions are `writing` gradients."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    starts, functions = _starts(before), list(_functions(before))
    edits = []
    for _, first, last, start, end in (code for code in codes if code[0] != "equal"):
        name = next((f.name for f in functions if f.lineno <= max(last, first + 1) <= (f.end_lineno or 0)), "")
        edits.append(
            Mutant(
                file=file,
                where=as_place(file, first + 1),
                function=name,
                kind="M8",
                operator=WRITES if name in writing else KEEPS,
                sees="formula",
                before=_excerpt(old[first:last]),
                after=_excerpt(new[start:end]),
                start=starts[first],
                end=starts[last],
                text=b"".join(new[start:end]),
                first=first + 1,
                last=max(last, first + 1),
            )
        )
    return edits


def _excerpt(lines: Sequence[bytes]) -> str:
    return re.sub(r"\s+", " ", b"".join(lines).decode("utf-8", "replace")).strip()
