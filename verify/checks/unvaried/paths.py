"""The path that floats take in the user's code, beside the path that was traced.

Code can tell an array of symbols from one of floats: by its class, by what it has, by an exception. What it then does
on floats is not what was proved, and where both differ in a narrow range only, no run on floats strays. So where code
asks such questions, it is run once more on floats and on symbols at the same point, and each expression that is
evaluated is noted, with the whole numbers and truth values that variables have in the end. Nothing else is compared:
floats are rounded, and symbols are not. Where rounding may decide a branch at the point, nothing is said. That both
paths are one is no proof: it is looked for at the samples of runs only.
"""

from __future__ import annotations

import dis
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from types import CodeType, FrameType, FunctionType
from typing import Any, NamedTuple

import numpy as np

from verify.cases.case import TracedCase
from verify.cases.numbers import functions
from verify.checks.claims.claims import Exact
from verify.model.findings import finding
from verify.model.identity import Place
from verify.model.result import Finding
from verify.model.where import as_place, is_users
from verify.tracing.floats import FloatRun
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation, observe
from verify.tracing.symbols.taped import TapedTrace
from verify.tracing.symbols.trace import Trace

_LARGE = 5_000  # nodes of a run, beyond which it is made on whole arrays: how symbols are held is the tracer's affair
_PATH = "on floats the code takes a different path here than the proved one: it distinguishes symbols from floats"
# By which code tells classes apart; of names with two underscores, those that classes define for everybody do not.
_ASKING = frozenset(
    {*("type", "isinstance", "issubclass", "hasattr", "getattr", "dir", "vars", "callable", "suppress")}
    | {*("flags", "item", "tolist", "getsizeof", "id")}
)
_DEFINED = frozenset({"__init__", "__name__", "__qualname__", "__doc__", "__call__", "__module__"})
_ASKING_STEPS = frozenset({"MATCH_CLASS", "MATCH_MAPPING", "MATCH_SEQUENCE", "CHECK_EXC_MATCH", "PUSH_EXC_INFO"})
_PLAIN = (bool, int, np.bool_, np.int64)


class _Step(NamedTuple):
    """An expression of the user's that was evaluated, by where it stands, or a variable of a function."""

    file: str
    line: int
    name: tuple[object, ...]


class _Path(NamedTuple):
    """The expressions that a run evaluates, and what variables are in the end: plain values, or None among them."""

    steps: frozenset[_Step]
    values: dict[_Step, frozenset[object]]

    def apart(self, other: _Path) -> set[_Step]:
        """Return the steps that one path has and the other has not, and the variables with other values."""
        both = self.values.keys() & other.values.keys()
        plain = {step for step in both if None not in self.values[step] | other.values[step]}
        return {*(self.steps ^ other.steps), *(step for step in plain if self.values[step] != other.values[step])}


def strayed(case: TracedCase, runs: Sequence[Exact], seed: int) -> list[Finding]:
    """Find the first line at which floats go another way than symbols, in runs of code that can tell them apart."""
    if not any(map(_asks, functions(case.subject, list(case.options.values())))):
        return []
    lines: dict[Place, None] = {}
    for run in runs:
        if not run.followed or run.region.clear:
            lines.update(dict.fromkeys(_of_run(case, run.seen, seed)))
    return [finding("GP127", _PATH, where=place) for place in lines]


def _asks(function: FunctionType) -> bool:
    return _code_asks(function.__code__)


@lru_cache(maxsize=4096)
def _code_asks(code: CodeType) -> bool:
    """Tell whether code may tell classes apart."""
    names = {*code.co_names}
    if names & _ASKING or any(name.startswith("__") and name not in _DEFINED for name in names):
        return True
    if any(step.opname in _ASKING_STEPS for step in dis.get_instructions(code)):
        return True
    return any(_code_asks(inner) for inner in code.co_consts if isinstance(inner, CodeType))


def _of_run(case: TracedCase, seen: Observation, seed: int) -> Iterator[Place]:
    """Yield the first line at which the paths of a run differ, unless two runs on floats do."""

    def on_floats() -> None:
        FloatRun(case, seen, seed)

    def on_symbols() -> None:
        large = len(seen.trace) > _LARGE or seen.trace.on_tape
        observe(case, seen.variant, seed, seen=seen.again(TapedTrace() if large else Trace()), at=seen.at)

    try:
        floats = _path(on_floats)
        symbols = _path(on_symbols)
        apart = floats.apart(symbols)
        apart -= floats.apart(_path(on_floats)) if apart else set()
    except SubjectError:
        return  # which the rows tell
    if apart:
        first = min(apart, key=lambda step: (step.file, step.line))
        yield as_place(first.file, first.line)


def _path(run: Callable[[], None]) -> _Path:
    """Return the path of a run through the user's code."""
    steps: set[tuple[CodeType, int]] = set()
    values: dict[tuple[CodeType, str], set[object]] = {}

    def trace(frame: FrameType, _: str, __: Any) -> Any:
        if not is_users(frame.f_code.co_filename):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return local

    def local(frame: FrameType, event: str, _: Any) -> Any:
        if event == "opcode":
            steps.add((frame.f_code, frame.f_lasti))
        elif event == "return":
            for name, value in frame.f_locals.items():
                values.setdefault((frame.f_code, name), set()).add(_written(value))
        return local

    with _tracing(trace):
        run()
    return _Path(
        frozenset(_expression(*step) for step in steps),
        {
            _Step(code.co_filename, code.co_firstlineno, (code.co_name, name)): frozenset(kinds)
            for (code, name), kinds in values.items()
        },
    )


@contextmanager
def _tracing(trace: Any) -> Iterator[None]:
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


def _written(value: object) -> object:
    """Return a whole number or truth value as it is, of a float whether it is finite, and None for anything else."""
    if type(value) is float:
        return "finite" if math.isfinite(value) else "not finite"
    return value if type(value) in _PLAIN else None


@lru_cache(maxsize=65536)
def _expression(code: CodeType, instruction: int) -> _Step:
    line, last, start, end = next(islice(code.co_positions(), instruction // 2, None), (None,) * 4)
    return _Step(code.co_filename, line or code.co_firstlineno, (last, start, end))
