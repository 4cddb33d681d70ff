"""The edits of what was seen to run backward, the smallest and most common first."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest

from verify.model.identity import Place
from verify.mutation.mutants import Source, Table, in_scope
from verify.mutation.result import Mutant
from verify.mutation.scopes import Scope, scopes
from verify.mutation.watching import Watch
from verify.repair.result import Edits

Scopes = Callable[[str, ast.Module, Watch], list[Scope]]
_MOST = 4_000  # edits of a case: what a budget of half a minute is enough for
_SOONER = 8


def edits_of(seen: Watch, table: Table, scopes: Scopes = scopes) -> Edits:
    """Return the edits of a case that the operators of a table make in some scopes, each text in a place once."""
    edits: dict[tuple[str, int, int, bytes], Mutant] = {}
    for edit in _all(seen, table, scopes):
        edits.setdefault((edit.file, edit.start, edit.end, edit.text), edit)
        if len(edits) == _MOST:
            break
    return tuple(edits.values())


def sooner(edits: Edits, lines: Iterable[Place]) -> Edits:
    """Return edits with those of some lines sooner: one of them stands where one with an eighth of its rank stood.

    So the smallest stay the first, and what is no help is at worst tried an eighth later.
    """
    places = {(place.file, place.line) for place in lines}

    def rank(numbered: tuple[int, Mutant]) -> float:
        number, edit = numbered
        return number / _SOONER if any((edit.where.file, line) in places for line in _lines(edit)) else number

    return tuple(edit for _, edit in sorted(enumerate(edits), key=rank))


def of_state_first(edits: Edits) -> Edits:
    """Return edits with those first that change what is kept, and no formula: where the gradients are right."""
    return tuple(sorted(edits, key=lambda edit: edit.sees != "state"))


def _lines(edit: Mutant) -> range:
    return range(edit.first, edit.last + 1)


def _all(seen: Watch, table: Table, scopes: Scopes) -> Iterator[Mutant]:
    """Return the edits of all functions, operator by operator.

    What spans several lines stays as it is, for it may hold comments, and somebody laid it out; its parts are edited.
    """
    made, sources = [], {}
    for file in seen.files:
        source = Source.of(file)
        if is_utf8(source.text):
            sources[file] = source.text
            made += [in_scope(scope, source, table) for scope in scopes(file, ast.parse(source.text), seen)]
    for by_scope in zip_longest(*made, fillvalue=()):
        for edits in by_scope:
            yield from (
                edit
                for edit in edits
                if b"\n" not in sources[edit.file][edit.start : edit.end] and _is_python(edit.text)
            )


def _is_python(text: bytes) -> bool:
    """Tell whether a text is an expression or a statement: `(a, b) += c` is none."""
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def is_utf8(source: bytes) -> bool:
    """Tell whether a file is written in UTF-8, whose bytes are what the places in a syntax tree count."""
    return tokenize.detect_encoding(io.BytesIO(source).readline)[0] in ("utf-8", "utf-8-sig")
