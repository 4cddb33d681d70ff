"""What the user's code prints: passed on as it comes, up to a limit for each request, and as plain text only."""

from __future__ import annotations

import codecs
import os
import sys
import threading
from typing import IO

from verify.discovery.messages import MARK

_MOST = 10_000  # characters for each request


_OBEYING = ("GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION")  # set by systems that take lines of a log for commands


class Plain:
    """Makes text harmless to the terminal or log that shows it, whatever pieces it comes in.

    Control characters, among them those that move the cursor or turn the direction of writing, are written as escapes.
    Without `commands`, no line starts with `::` and none has `##` in it, which some systems obey
    (https://docs.github.com/actions/reference/workflow-commands-for-github-actions).
    """

    def __init__(self, *, commands: bool) -> None:
        self._commands = commands
        self._last, self._blank = "", True  # the last character of the text before, and whether its line is empty yet

    def write(self, text: str) -> str:
        """Return the next piece of the text."""
        return "".join(map(self._character, text.replace("\r\n", "\n").replace("\r", "\n")))

    def _character(self, character: str) -> str:
        before, first = self._last, self._blank
        self._last = character
        self._blank = character == "\n" or (first and character.isspace())
        if not (character.isprintable() or character in "\n\t"):
            return character.encode("unicode_escape").decode()
        obeyed = (first and character == ":") or before == character == "#"
        return f"|{character}" if obeyed and not self._commands else character


class Output:
    """Reads the output of a worker in a thread, and passes its beginning on to a `target`, at first standard error."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self.target = stream, sys.stderr
        self._ends = threading.Semaphore(0)
        self._passed = self._dropped = 0
        self._plain = Plain(commands=not any(name in os.environ for name in _OBEYING))
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def settle(self) -> None:
        """Wait until the output of a request that was answered has been passed on, or nearly so."""
        self._ends.acquire(timeout=1)

    def close(self) -> None:
        """Wait for the end of the output; what still holds the pipe a second later is left to itself."""
        self._thread.join(timeout=1)
        if not self._thread.is_alive():
            self._stream.close()

    def _read(self) -> None:
        held = b""
        while chunk := os.read(self._stream.fileno(), 65536):
            *ended, rest = (held + chunk).split(MARK)
            for part in ended:
                self._pass_on(part)
                self._end()
                self._ends.release()
            cut = rest.rfind(MARK[:1], -len(MARK))  # a mark may have come in part
            held = rest[cut:] if cut >= 0 else b""
            self._pass_on(rest[: len(rest) - len(held)])
        self._pass_on(held)
        self._end()

    def _pass_on(self, part: bytes) -> None:
        text = self._decoder.decode(part)
        passed = text[: max(0, _MOST - self._passed)]
        self._passed += len(passed)
        self._dropped += len(text) - len(passed)
        if passed:
            self._write(passed)

    def _end(self) -> None:
        if self._dropped:
            self._write(f"\ngradproof: … and {self._dropped:,} more characters of output, which are not shown\n")
        self._passed = self._dropped = 0

    def _write(self, text: str) -> None:
        try:
            self.target.write(self._plain.write(text))
            self.target.flush()
        except (OSError, ValueError):  # nobody reads it: it is read all the same, or the worker would wait
            self._passed = _MOST
