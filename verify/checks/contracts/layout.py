"""The same numbers in other memory: transposed, reversed with gaps, or one number for all entries that is read-only.

An array is its numbers. A layer that reads memory in the order in which it lies, or that counts on the strides of a
contiguous array, gives something else for a transposed array, a slice, or a gradient that was broadcast, which a sum
sends back. All memory around the numbers belongs to us, and holds NaN.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from verify.cases.inputs import Constant
from verify.checks.contracts.arrays import apart, flat
from verify.checks.contracts.drive import UPSTREAM, Handed, Lay, Layout, Ran
from verify.checks.contracts.memory import overwriting
from verify.checks.contracts.numbers import Numbers
from verify.checks.contracts.trial import Trial, attempt
from verify.model.result import Finding
from verify.tracing.following import SubjectError

_GROSS = 1e-6  # of the largest number, as in `arrays`
_PRECISE = 1e-9  # a gradient this close to the exact one is not the noise of a sum that cancels


class _Way(NamedTuple):
    """A layout, in words."""

    words: str
    lay: Lay


def _fortran(value: Any) -> Any:
    return np.array(value, order="F")


def _reversed(value: Any) -> Any:
    """Return an array that lies backwards, with gaps along each axis, and with as much memory of ours around it."""
    size = 2**value.ndim * value.size
    memory = np.full(3 * size, _unused(value), value.dtype)
    spread = memory[size : 2 * size].reshape([2 * length for length in value.shape])
    view = spread[(slice(None, None, -2),) * value.ndim]
    view[...] = value
    return view


def _repeated(value: Any) -> Any:
    """Return a read-only array whose entries are one number in memory, as `np.broadcast_to` makes it."""
    memory = np.full(2 * value.size + 1, _unused(value), value.dtype)
    memory[value.size] = value.flat[0]
    return as_strided(memory[value.size :], value.shape, (0,) * value.ndim, writeable=False)


def _read_only(value: Any) -> Any:
    copy = np.array(value)
    copy.setflags(write=False)
    return copy


def _unused(value: Any) -> Any:
    return np.nan if value.dtype.kind == "f" else 0


_ORDERS = (_Way("in Fortran order", _fortran), _Way("reversed and with gaps in memory", _reversed))
_REPEATED = _Way("broadcast from one number, read-only", _repeated)


def layouts(trial: Trial) -> Iterator[Finding]:
    """Find outputs and gradients that depend on where in memory their inputs, or dout, lie."""
    for way in _ORDERS:
        if (change := _changed(trial, trial.numbers, trial.ran, way, _several(trial))) is not None:
            yield change
            return
    if trial.ran.overwritten or not any(np.size(value) > 1 for value in trial.numbers.upstreams):
        return  # writing is a finding of its own
    numbers = Numbers(trial.numbers.inputs, [np.full_like(v, np.ravel(v)[0]) for v in trial.numbers.upstreams])
    plain = attempt(trial.run, numbers)
    if not isinstance(plain, SubjectError) and (change := _changed(trial, numbers, plain, _REPEATED, _several(trial))):
        yield change


def _several(trial: Trial) -> list[Handed]:
    """Return the arrays that can lie in more than one way."""
    inputs = {name: v for name, v in trial.numbers.inputs.items() if not isinstance(trial.case.inputs[name], Constant)}
    upstream = [UPSTREAM] if any(np.size(value) > 1 for value in trial.numbers.upstreams) else []
    return upstream + [Handed(name) for name, value in inputs.items() if np.size(value) > 1]


def _changed(trial: Trial, numbers: Numbers, plain: Ran, way: _Way, several: list[Handed]) -> Finding | None:
    """Return what a layout of all these arrays changes, blamed on the first that changes something alone.

    Code that works in place where an array lies as it likes, and on a copy elsewhere, writes to its caller's.
    """
    if not several:
        return None
    ran = attempt(trial.run, numbers, lambda: None, _laid(way, several))
    if not isinstance(ran, SubjectError) and (written := [h for h in ran.overwritten if h not in plain.overwritten]):
        return overwriting(trial, written[0], ran.overwritten[written[0]], f"with arrays {way.words}, ")
    if not _difference(trial, numbers, plain, ran):
        return None
    for handed in [*several, None]:
        alone = attempt(trial.run, numbers, lambda: None, _laid(way, [handed] if handed else several))
        if difference := _difference(trial, numbers, plain, alone):
            (code, detail), name = difference, handed.name if handed else ""
            return trial.finding(code, f"with {name or 'every array'} {way.words}, {detail}", name)
    return None


def _difference(trial: Trial, numbers: Numbers, plain: Ran, ran: Ran | SubjectError) -> tuple[str, str] | None:
    """Return what a run with arrays that lie otherwise has given that is another than plain ones give, and its code."""
    if isinstance(ran, SubjectError):
        again = attempt(trial.run, numbers)  # which fails as well where layers share a state that the error has left
        return None if isinstance(again, SubjectError) else ("GP123", f"the code raises {ran}")
    pairs = {"": (plain.output, ran.output)} | {
        name: (plain.gradients[name], gradient) for name, gradient in ran.gradients.items()
    }
    changed = [name for name, pair in pairs.items() if apart(*pair) and _beyond_rounding(trial, plain, name, *pair)]
    if not changed:
        return None
    result = f"the gradient of {changed[0]}" if changed[0] else "the output"
    return "GP122", f"{result} differs from the result for the same numbers in C order"


def _laid(way: _Way, several: list[Handed]) -> Layout:
    inputs = way.lay if way is not _REPEATED else _read_only
    upstream = way.lay if UPSTREAM in several else _as_it_is
    return Layout({h.name: _arrays_only(inputs) for h in several if h != UPSTREAM}, _arrays_only(upstream))


def _as_it_is(value: Any) -> Any:
    return value


def _arrays_only(lay: Lay) -> Lay:
    return lambda value: lay(value) if isinstance(value, np.ndarray) and value.size > 1 else value


def _beyond_rounding(trial: Trial, plain: Ran, name: str, expected: Any, actual: Any) -> bool:
    """Tell whether a difference is none of rounding.

    NumPy adds in the order of memory, so that a sum that cancels may have no digit in common with itself in another
    order. Where the gradient is not as good as exact, only what is large beside all numbers of the run counts.
    """
    left, right = flat(expected), flat(actual)
    if [a.shape for a in left] != [b.shape for b in right]:
        return True
    if _is_precise(trial, plain, name, left):
        return True
    everything = flat([expected, actual, plain.output, plain.dout, *plain.inputs.values(), *plain.gradients.values()])
    scale = max((np.abs(a[np.isfinite(a)]).max(initial=0) for a in everything), default=0)
    return any(_differ(a.astype(float), b.astype(float), _GROSS * scale) for a, b in zip(left, right, strict=True))


def _differ(left: Any, right: Any, bound: float) -> bool:
    """Tell whether arrays differ by more than a bound, which NaN and infinity do unless both are the same."""
    equal = (left == right) | (np.isnan(left) & np.isnan(right)) | (np.abs(left - right) <= bound)
    return not bool(equal.all())


def _is_precise(trial: Trial, plain: Ran, name: str, actual: list[Any]) -> bool:
    """Tell whether a gradient at the sample is that of the exact formula, and not all of it noise."""
    if plain is not trial.ran or name in trial.bad or name not in trial.exact.seen.gradients or len(actual) != 1:
        return False
    expected = trial.expected(name)
    if expected is None or not expected.any():
        return False
    return bool(np.abs(actual[0] - expected).max() <= _PRECISE * np.abs(expected).max())
