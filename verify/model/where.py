"""Where in the user's files something happened, without absolute paths."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import traceback
from collections.abc import Callable
from functools import lru_cache
from itertools import islice
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any, TypeVar

from verify.model.cells import cell
from verify.model.elision import cut_middle
from verify.model.identity import NOWHERE, Place

_LONGEST = 300
_FUNCTION = 1  # inspect.CO_OPTIMIZED: unset in the code of a module or a class
_STANDARD_LIBRARY = Path(os.__file__).parent
_PACKAGE = Path(__file__).parents[1]
_OWN = (_PACKAGE, _PACKAGE.parent / "gradproof")  # the second beside it in the checkout: the documented names
_CALLING: set[int] = set()  # identities of code that paths begin at
_ENGINES: set[Path] = set()  # folders of frameworks that call the user's code, whose own lines nobody asks about
_F = TypeVar("_F", bound=Callable[..., object])
_last_folder = ""  # the working directory when it was last asked for


def working_folder() -> Path:
    """Return the working directory, or the last one where it has been removed."""
    return Path(_working_directory())


def _working_directory() -> str:
    global _last_folder
    with contextlib.suppress(OSError):
        _last_folder = os.getcwd()  # noqa: PTH109 - for each line that asks: a path is ten times as slow
    return _last_folder


working_folder()  # is known from now on


def relative(path: str | Path) -> str:
    """Return a path as seen from the working directory, with forward slashes; a cell of a notebook by its name."""
    return cell(str(path)) or _relative(str(path), _working_directory())


@lru_cache(maxsize=1024)
def _relative(path: str, folder: str) -> str:
    try:
        return Path(os.path.relpath(Path(folder, path), folder)).as_posix()
    except ValueError:  # on Windows, another drive
        return Path(path).name


@lru_cache(maxsize=1024)
def _is_installed(file: str) -> bool:
    """Tell whether a file belongs to what is installed beside Python."""
    return not {"site-packages", "dist-packages"}.isdisjoint(Path(file).parts)


@lru_cache(maxsize=1024)
def is_library(file: str) -> bool:
    """Tell whether a file belongs to Python or to what is installed."""
    return file.startswith(str(_STANDARD_LIBRARY)) or _is_installed(file)


def asked_at() -> Place:
    """Return the place of the innermost running line of the user's: the line that asked.

    That is outside of this package, and of what is installed, unless all is. A line of Python's own library asks
    nothing: it is passed through.
    """
    return as_place(*asking())


def asking() -> tuple[str, int]:
    """Return the file and the line of the innermost running line of the user's, or ("", 0): cheaper than a place."""
    frame = asking_frame()
    return ("", 0) if frame is None else (frame.f_code.co_filename, frame.f_lineno)


def asking_frame() -> FrameType | None:
    """Return the frame of the innermost running line of the user's, if there is one."""
    first = None
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        file = frame.f_code.co_filename
        if not is_passed(file):
            if not is_library(file):
                return frame
            first = first or (frame if _is_installed(file) else None)
        frame = frame.f_back
    return first


def asking_inside() -> tuple[str, int]:
    """Return what `asking` does within the code of a case, and ("", 0) elsewhere: its caller's line is none of its."""
    installed = users = None
    frame: FrameType | None = sys._getframe()
    while frame is not None and id(frame.f_code) not in _CALLING:
        file = frame.f_code.co_filename
        if not is_passed(file):
            users = users or (None if is_library(file) else frame)
            installed = installed or (frame if _is_installed(file) else None)
        frame = frame.f_back
    innermost = None if frame is None else users or installed
    return ("", 0) if innermost is None else (innermost.f_code.co_filename, innermost.f_lineno)


def asking_path() -> int:
    """Return a number for the calls that lead to the innermost running line of the user's, the same for the same calls.

    A call is an expression in a function: two on one line are two. In a recursion each counts once, as in a loop, so
    that what works on one entry after the other does so along one path.
    """
    calls: dict[tuple[object, ...], None] = {}
    frame: FrameType | None = sys._getframe()
    while frame is not None and id(frame.f_code) not in _CALLING:
        code = frame.f_code
        if not is_passed(code.co_filename) and not is_library(code.co_filename):
            calls[_expression(code, frame.f_lasti)] = None
        frame = frame.f_back
    return hash(tuple(calls))


def asking_calls() -> tuple[tuple[Any, ...], ...]:
    """Return the expressions of the user's that are being evaluated within the code of a case, the outermost first.

    Each is its file, its first and last line, and its first and last column, in bytes; None for what is not known.
    """
    calls: list[tuple[Any, ...]] = []
    frame: FrameType | None = sys._getframe()
    while frame is not None and id(frame.f_code) not in _CALLING:
        code = frame.f_code
        if not is_passed(code.co_filename) and not is_library(code.co_filename):
            calls.append(_expression(code, frame.f_lasti))
        frame = frame.f_back
    return tuple(reversed(calls))


@lru_cache(maxsize=4096)
def _expression(code: CodeType, instruction: int) -> tuple[Any, ...]:
    """Return the file, the line and the columns of an instruction.

    The instruction itself may be another one for the same call: CPython 3.11 makes two of a call into one when it has
    run often enough.
    """
    return code.co_filename, *next(islice(code.co_positions(), instruction // 2, None), ())


def calls_users_code(function: _F) -> _F:
    """Decorate the function that runs a case: the paths of calls begin there."""
    _CALLING.add(id(getattr(function, "__code__")))  # noqa: B009 - of a function, which mypy does not know
    return function


def made_at() -> Place:
    """Return the place of what is being made: the innermost running line of a module, or else the line that asked.

    What a function makes for several modules has a place of its own in each of them.
    """
    frame: FrameType | None = sys._getframe()
    while frame is not None and _leads_to_users(frame.f_code.co_filename):
        code = frame.f_code
        if not is_passed(code.co_filename) and not code.co_flags & _FUNCTION:
            return as_place(code.co_filename, frame.f_lineno)
        frame = frame.f_back
    return asked_at()


def _leads_to_users(file: str) -> bool:
    """Tell whether a frame is the user's, or ours, which is below it; what is installed is neither."""
    return is_passed(file) or not is_library(file)


def importing() -> tuple[FrameType, int] | None:
    """Return the frame of the user's module that is being imported, the innermost, and the line that is run in it.

    That may be a line of a class in the module. Outside of imports there is None.
    """
    frame: FrameType | None = sys._getframe()
    line = 0
    while frame is not None:
        code = frame.f_code
        if is_users(code.co_filename) and not code.co_flags & _FUNCTION:
            line = line or frame.f_lineno
            if frame.f_locals is frame.f_globals:
                return frame, line
        frame = frame.f_back
    return None


def as_place(file: str, line: int) -> Place:
    """Return a line of a file as seen from the working directory."""
    return Place(relative(file), line) if file else NOWHERE


def start_of(code: CodeType) -> Place:
    """Return where a function starts."""
    return as_place(code.co_filename, code.co_firstlineno)


@lru_cache(maxsize=4096)
def may_be_users(file: str) -> bool:
    """Tell whether a file holds Python code that is not Python's own, nor ours: the user's may be installed as well."""
    installed = not {"site-packages", "dist-packages"}.isdisjoint(Path(file).parts)
    return (file.endswith(".py") or bool(cell(file))) and not is_own(file) and (installed or not is_library(file))


@lru_cache(maxsize=4096)
def is_users(file: str) -> bool:
    """Tell whether a file is the user's: not of this package, and not installed."""
    return not (_is_none(file) or is_own(file) or is_library(file))


@lru_cache(maxsize=4096)
def is_passed(file: str) -> bool:
    """Tell whether a file is of this package, of an engine, or none: most frames are, below an operation on symbols."""
    return _is_none(file) or is_own(file) or any(map(Path(file).is_relative_to, _ENGINES))


def pass_through(module: ModuleType) -> None:
    """Have the lines of a framework's package passed through, when the user's line is looked for."""
    _ENGINES.add(Path(str(module.__file__)).parent)
    is_passed.cache_clear()


def _is_none(file: str) -> bool:
    """Tell whether code is in no file, nor in a cell of IPython, whose name looks alike: `<ipython-input-3-...>`."""
    return file.startswith("<") and not cell(file)


@lru_cache(maxsize=1024)
def is_own(file: str) -> bool:
    """Tell whether a file is of this package."""
    return any(map(Path(file).is_relative_to, _OWN))


def _is_inside(file: str) -> bool:
    """Tell whether a file is ours or built into Python: its import system is no place to look at."""
    return file.startswith("<frozen ") or is_own(file)


def running_at(thread: int) -> Place:
    """Return the place of the innermost line of the user's that a thread is at, or none."""
    frame = sys._current_frames().get(thread)
    while frame is not None:
        file = frame.f_code.co_filename
        if is_users(file):
            return as_place(file, frame.f_lineno)
        frame = frame.f_back
    return NOWHERE


def described(problem: BaseException) -> str:
    """Return the kind of an exception and what it says, which is the user's and may be anything.

    What Python says of files is left out of a syntax error, whose place is named beside it, and relative in others.
    """
    try:
        text = _text_of(problem).strip()  # NumPy ends some of its messages with a space
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - a __str__ of the user's
        text = "(its message cannot be read)"
    return f"{type(problem).__name__}{f': {printable(text)}' if text else ''}"


def _text_of(problem: BaseException) -> str:
    if isinstance(problem, SyntaxError) and problem.filename and isinstance(problem.msg, str):
        return problem.msg
    if isinstance(problem, ImportError) and problem.path:
        return str(problem).replace(problem.path, relative(problem.path))
    return str(problem)


def quoted(value: object) -> str:
    """Return the `repr` of any value on one line; that of the user's may raise."""
    try:
        text = repr(value)
    except KeyboardInterrupt:
        raise
    except BaseException as problem:  # noqa: BLE001 - a __repr__ of the user's
        text = f"<{type(value).__name__}, whose repr raises {type(problem).__name__}>"
    return printable(text)


def is_users_fault(problem: BaseException) -> bool:
    """Tell whether the innermost running line that is in no library was the user's, and not ours."""
    for frame in reversed(traceback.extract_tb(problem.__traceback__)):
        if is_own(frame.filename) or is_users(frame.filename):
            return not is_own(frame.filename)
    return False


def printable(text: str) -> str:
    """Return a text on one line, without control characters, addresses (they change by the run), or great length."""
    plain = "".join(c if c.isprintable() else "\ufffd" if c not in "\n\t\r" else " " for c in text)
    plain = re.sub(r"0x[0-9a-fA-F]{6,}", "0x…", plain)
    return cut_middle(plain, _LONGEST)


def raised_at(problem: BaseException) -> Place:
    """Return the place of the innermost line outside this package in a traceback, or none; an engine's is no place."""
    if isinstance(problem, SyntaxError) and problem.filename:
        return as_place(problem.filename, problem.lineno or 0)
    frames = [f for f in traceback.extract_tb(problem.__traceback__) if not _is_inside(f.filename)]
    own = [f for f in frames if not is_library(f.filename)] or [f for f in frames if not is_passed(f.filename)]
    return as_place(own[-1].filename, own[-1].lineno or 0) if own else NOWHERE
