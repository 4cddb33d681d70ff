"""Source that stands in for a file's: what is imported from the file meanwhile is another program."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType

_standing_in: dict[str, bytes] = {}  # by the real path of the file


class Loader(SourceFileLoader):
    """Loads a file, or what stands in for it, which is never cached."""

    def get_code(self, fullname: str) -> CodeType | None:
        """Return the code of the module."""
        source = _standing_in.get(os.path.realpath(self.path))
        return super().get_code(fullname) if source is None else self.source_to_code(source, self.path)


class _Finder:
    """Finds modules as the path does, and has them loaded from what stands in for their files."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.origin and os.path.realpath(spec.origin) in _standing_in:
            spec.loader = Loader(name, spec.origin)
        return spec


@contextmanager
def standing_in(file: str, source: bytes) -> Iterator[None]:
    """Let a source stand in for that of a file, for a while."""
    place = os.path.realpath(file)
    _standing_in[place] = source
    sys.meta_path.insert(0, _Finder)
    try:
        yield
    finally:
        sys.meta_path.remove(_Finder)
        del _standing_in[place]
