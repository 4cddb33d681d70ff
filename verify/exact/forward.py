"""The forward pass of a case, run once on arrays that remember how they were computed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from copy import deepcopy
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import numpy as np

from verify.cases.case import TracedCase
from verify.cases.inputs import Integer, Real
from verify.cases.samples import Sampler
from verify.cases.shapes import concrete
from verify.exact import following  # noqa: F401 - which tells arrays what to do
from verify.exact.nodes import Node
from verify.exact.recording import (
    Measured,
    Recorded,
    Recording,
    UnwritableError,
    Whole,
    recorded_arrays,
    shape_of,
)
from verify.model.where import is_users
from verify.tracing.observe import Variant

Watching = Callable[[FrameType, str, Any], Any]
_SEED = 20261123
_UPSTREAM = "dout"


@dataclass(slots=True)
class Forward:
    """What forward computed: the outputs with their upstreams, and the inputs that are differentiated."""

    recording: Recording
    arguments: list[str]
    upstreams: list[str] = field(default_factory=list)
    inputs: dict[str, Node] = field(default_factory=dict)
    outputs: list[tuple[Node, Node]] = field(default_factory=list)

    @property
    def ranks(self) -> dict[str, int]:
        """Return how many axes each argument has."""
        return {name: len(node.shape) for name, node in self.inputs.items()}


def recorded(case: TracedCase, variant: Variant, watch: Watching | None = None) -> Forward:
    """Run forward; raises UnwritableError where it cannot be written as operations on arrays.

    With a function to `watch` by, which is a trace function of Python, backward is run too, as far as it goes.
    """
    if any(declared.part for declared in case.real.values()):
        raise UnwritableError("complex inputs")
    recording = Recording()
    forward = Forward(recording, [*case.inputs, *variant.options])
    arguments = _arguments(case, variant, forward)
    quiet = np.errstate(all="ignore")
    try:
        with quiet, redirect_stdout(sys.stderr), recorded_arrays(recording), _naming():
            running = case.subject(**arguments, **_options(variant, recording))
            with _traced(watch):
                output = next(running)
            several = isinstance(output, (tuple, list))
            outputs = list(output) if several else [output]
            upstreams = list(_upstreams(case, forward, outputs, several=several))
            forward.outputs = [(recording.of(value), node) for value, node in zip(outputs, upstreams, strict=True)]
            recording.forward = frozenset(recording.all())
            sent = [
                recording.array(np.ones(upstream.shape), upstream) if upstream.op == "input" else upstream.details[0]
                for upstream in upstreams
            ]
            with _traced(watch):
                _go_on(running, tuple(sent) if several else sent[0], backward=watch is not None)
    except UnwritableError:
        raise
    except Exception as problem:
        raise UnwritableError(f"forward does not run on recorded arrays: {problem}") from problem
    return forward


@contextmanager
def _traced(watch: Watching | None) -> Iterator[None]:
    before = sys.gettrace()
    sys.settrace(watch or before)
    try:
        yield
    finally:
        sys.settrace(before)


def _go_on(running: Any, sent: Any, *, backward: bool) -> None:
    """Run backward as far as it goes, where that is wanted; what it cannot do here is no matter."""
    if backward:
        with suppress(Exception):
            running.send(sent)
    running.close()


def _arguments(case: TracedCase, variant: Variant, forward: Forward) -> dict[str, Any]:
    """Return the inputs of a run; their lengths are sizes that the code may speak of."""
    recording, sampler, values = forward.recording, Sampler(_SEED, 0), {}
    for name, declared in case.inputs.items():
        if isinstance(declared, Real):
            shape = concrete(declared.shape, variant.sizes)
            numbers = sampler.draw(declared.low, declared.high, int(np.prod(shape)))
            values[name] = np.array([float(number) for number in numbers]).reshape(shape)
        elif isinstance(declared, Integer):
            values[name] = np.asarray(variant.labels[name])
        else:
            values[name] = deepcopy(declared.value)
    arrays = {name: value for name, value in values.items() if _is_array(value)}
    for name, value in sorted(arrays.items(), key=lambda item: -item[1].ndim):
        for axis, length in enumerate(value.shape):
            recording.size(f"{name}.shape[{axis}]", length)
    for name, value in arrays.items():
        node = recording.node("input", (), (name,), value.shape)
        values[name] = recording.array(value, node)
        if name in case.real:
            forward.inputs[name] = node
    return values


def _options(variant: Variant, recording: Recording) -> dict[str, Any]:
    """Return the options of a run; numbers remember their names."""
    options = deepcopy(dict(variant.options))
    for name, value in options.items():
        if type(value) in (int, float):
            node = recording.node("size", (), (name, value), ())
            options[name] = (Whole if type(value) is int else Measured).of(recording, node, value)
    return options


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "biuf"


def upstream_names(taken: Collection[str], count: int, *, several: bool) -> list[str]:
    """Return what upstreams are called where some names are taken: `dout`, or one for each output."""
    return [_free(f"{_UPSTREAM}{number if several else ''}", taken) for number in range(1, count + 1)]


def _free(name: str, taken: Collection[str]) -> str:
    return _free(f"{name}_", taken) if name in taken else name


def _upstreams(case: TracedCase, forward: Forward, outputs: Sequence[Any], *, several: bool) -> Iterator[Node]:
    if case.upstream is not None:
        value = case.upstream
        yield from [forward.recording.number(int(value) if value.denominator == 1 else float(value))] * len(outputs)
        return
    taken = [*case.inputs, *case.options]
    for name, output in zip(upstream_names(taken, len(outputs), several=several), outputs, strict=True):
        forward.upstreams.append(name)
        yield forward.recording.node("input", (), (name,), tuple(shape_of(output)))


@contextmanager
def _naming() -> Iterator[None]:
    """Take the names that functions of the user have for arrays when they return."""
    before = sys.getprofile()

    def notice(frame: FrameType, event: str, _: Any) -> None:
        if event == "return" and is_users(frame.f_code.co_filename):
            _name(frame.f_locals)

    sys.setprofile(notice)
    try:
        yield
    finally:
        sys.setprofile(before)


def _name(variables: Mapping[str, Any]) -> None:
    for name, value in variables.items():
        if isinstance(value, Recorded) and value.node is not None and not value.node.name and name.isidentifier():
            value.node.name = name
    attributes = getattr(variables.get("self"), "__dict__", {})
    for name, value in attributes.items():
        if isinstance(value, Recorded) and value.node is not None and not value.node.name:
            value.node.name = name.strip("_")
