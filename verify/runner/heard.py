"""A stream that passes on what is written, and keeps it as well."""

from __future__ import annotations

import io
from typing import TextIO


class Heard(io.StringIO):
    """Keeps what is written to it on its way to a `target`."""

    def __init__(self, target: TextIO) -> None:
        super().__init__()
        self._target = target

    def write(self, text: str) -> int:
        """Pass a text on, and keep it."""
        self._target.write(text)
        return super().write(text)

    def flush(self) -> None:
        """Have the target write out what it has."""
        self._target.flush()

    def taken(self) -> str:
        """Return what was written since this was last asked."""
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        return text
