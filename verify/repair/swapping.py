"""Edits in code that is imported: functions take their new code for a while, and no module is imported anew.

An import takes several times as long as the run of a case. What an edit changes at import is not seen here, nor what a
run leaves behind in a module: who counts with an edit in place sees to it that the case without one stays as it was.
"""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType

from verify.discovery.sources import Loader

_REMEMBERING = type(cache(len))
Pair = tuple[FunctionType, CodeType]


class Functions:
    """The functions of the user's files that there are in this process, found where they are first asked for."""

    def __init__(self) -> None:
        self._files: dict[str, _File] = {}

    def changed(self, sources: Mapping[str, bytes]) -> list[Pair]:
        """Return the functions that sources of files give other code, each with that; none where one cannot take it."""
        changes = [self._file(file).changed(source) for file, source in sources.items()]
        return [pair for pairs in changes for pair in pairs] if all(changes) else []

    def _file(self, file: str) -> _File:
        if file not in self._files:
            self._files[file] = _File(file)
        return self._files[file]


class _File:
    """The functions of a file, by the code that its source gives them; none where some remember their results."""

    def __init__(self, file: str) -> None:
        self._loader = Loader("", file)
        self._codes = self._all(Path(file).read_bytes())
        self._owners: dict[CodeType, list[FunctionType]] = defaultdict(list)
        things = gc.get_objects()
        if any(type(thing) is _REMEMBERING and _file_of(thing.__wrapped__) == file for thing in things):
            return
        for thing in things:
            if type(thing) is FunctionType and _file_of(thing) == file:
                self._owners[thing.__code__].append(thing)

    def changed(self, source: bytes) -> list[Pair]:
        """Return the functions with other code in a source, each with that; none where they cannot take it."""
        try:
            codes = self._all(source)
        except SyntaxError:
            return []
        if len(codes) != len(self._codes):
            return []
        different = [(old, new) for old, new in zip(self._codes, codes, strict=True) if old != new]
        pairs = [(owner, new) for old, new in different for owner in self._owners.get(old, ())]
        return pairs if all(owner.__code__.co_freevars == new.co_freevars for owner, new in pairs) else []

    def _all(self, source: bytes) -> list[CodeType]:
        return list(_within(self._loader.source_to_code(source, self._loader.path)))


def _file_of(function: object) -> str:
    return function.__code__.co_filename if isinstance(function, FunctionType) else ""


def _within(code: CodeType) -> Iterator[CodeType]:
    """Return code with all that is defined in it, in order."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _within(constant)


@contextmanager
def swapped(pairs: Sequence[Pair]) -> Iterator[None]:
    """Let functions have other code for a while."""
    before = [(function, function.__code__) for function, _ in pairs]
    try:
        for function, code in pairs:
            function.__code__ = code
        yield
    finally:
        for function, code in before:
            function.__code__ = code
