"""The edits of what was seen to run backward, the smallest and most common first."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Callable, Collection, Iterator
from itertools import zip_longest

from verify.model.identity import Place
from verify.model.where import as_place
from verify.mutation.mutants import Source, Table, in_scope
from verify.mutation.result import Mutant
from verify.mutation.scopes import Scope, scopes
from verify.mutation.watching import Watch
from verify.repair.limits import MOST
from verify.repair.result import Edits

Scopes = Callable[[str, ast.Module, Watch], list[Scope]]


def edits_of(
    seen: Watch,
    table: Table,
    scopes: Scopes = scopes,
    *,
    lines: Collection[Place] | None = None,
    most: int = MOST,
) -> Edits:
    """Return the edits of a case that the operators of a table make in some scopes, each text in a place once.

    With `lines` they are those of statements on these lines alone.
    """
    edits: dict[tuple[str, int, int, bytes], Mutant] = {}
    for edit in _all(seen, table, scopes, lines):
        edits.setdefault((edit.file, edit.start, edit.end, edit.text), edit)
        if len(edits) == most:
            break
    return tuple(edits.values())


def first_edits(seen: Watch, table: Table, lines: Collection[Place], most: int = MOST) -> Edits:
    """Return the edits to begin with: one of the lines that are likely wrong, one of all, and so on.

    So the smallest stay the first ones, wherever they are, and what is no help is at worst tried half as soon.
    """
    shared = _remembered(scopes)
    likely = edits_of(seen, table, shared, lines=lines, most=most) if lines else ()
    pairs = zip_longest(likely, edits_of(seen, table, shared, most=most))
    return tuple(dict.fromkeys(edit for pair in pairs for edit in pair if edit is not None))[:most]


def _remembered(scopes: Scopes) -> Scopes:
    """Return what makes the scopes of each file once."""
    made: dict[str, list[Scope]] = {}

    def remembered(file: str, tree: ast.Module, seen: Watch) -> list[Scope]:
        if file not in made:
            made[file] = scopes(file, tree, seen)
        return made[file]

    return remembered


def of_state_first(edits: Edits) -> Edits:
    """Return edits with those first that change what is kept, and no formula: where the gradients are right."""
    return tuple(sorted(edits, key=lambda edit: edit.sees != "state"))


def _all(seen: Watch, table: Table, scopes: Scopes, lines: Collection[Place] | None) -> Iterator[Mutant]:
    """Return the edits of all functions, operator by operator: of those that run backward before what forward keeps.

    What spans several lines stays as it is, for it may hold comments, and somebody laid it out; its parts are edited.
    """
    made, sources = [], {}
    for file in seen.files:
        source = Source.of(file)
        wanted = None if lines is None else {place.line for place in lines if place.file == as_place(file, 1).file}
        if is_utf8(source.text):
            sources[file] = source.text
            made += [(scope, source, table, wanted) for scope in scopes(file, ast.parse(source.text), seen)]
    made.sort(key=lambda terms: terms[0].place not in seen.backward)
    for by_scope in zip_longest(*(in_scope(*terms) for terms in made), fillvalue=()):
        for edits in by_scope:
            yield from (
                edit
                for edit in edits
                if b"\n" not in sources[edit.file][edit.start : edit.end] and _is_python(edit.text)
            )


def _is_python(text: bytes) -> bool:
    """Tell whether a text is an expression, a statement or a slice: `(a, b) += c` is none."""
    return any(map(_is_parsed, (text, b"a[" + text + b"]")))


def _is_parsed(text: bytes) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def is_utf8(source: bytes) -> bool:
    """Tell whether a file is written in UTF-8, whose bytes are what the places in a syntax tree count."""
    return tokenize.detect_encoding(io.BytesIO(source).readline)[0] in ("utf-8", "utf-8-sig")
