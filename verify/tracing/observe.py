"""A traced case at work: its subject run once on symbols, and what came of it as nodes of one graph."""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from copy import deepcopy
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from verify.cases.case import TracedCase
from verify.cases.conversation import converse, named_gradients
from verify.cases.inputs import Integer, Real
from verify.cases.samples import Sampler, draws, whole_samples
from verify.cases.shapes import concrete, entry_names
from verify.cases.sizes import bindings
from verify.cases.wirtinger import Half, Halves, Part, is_complex
from verify.model import identity
from verify.model.errors import DivisionError, ProtocolError, TraceError, nearest
from verify.model.reasons import Cause, Reason
from verify.model.where import quoted
from verify.tracing import everywhere, patches
from verify.tracing.arrays import arrays
from verify.tracing.following import SubjectError, following, refuse_caught
from verify.tracing.outside.compiled import naming
from verify.tracing.seeds import seeded
from verify.tracing.symbols.concolic import Concolic
from verify.tracing.symbols.trace import Condition, Nodes, Trace

_MOST_LABELS = 64  # beyond which not each label is tried
_COMPLEX_LOSS = "the output is complex and its upstream is fixed: a loss must be real (a squared absolute value, say)"
_FIXED = 20261123  # what the samples are drawn from: the same whatever the seed, so that verdicts are


@dataclass(frozen=True, slots=True)
class Variant:
    """The sizes, options and labels that a case is run with."""

    sizes: Mapping[str, int]
    options: Mapping[str, Any]
    labels: Mapping[str, Any] = field(default_factory=dict)

    @property
    def written(self) -> identity.Variant:
        """Return the variant as a result has it."""
        options = tuple((name, quoted(value)) for name, value in self.options.items())
        labels = tuple((name, _label_text(value)) for name, value in self.labels.items())
        return identity.Variant(tuple(self.sizes.items()), options, labels)

    @property
    def text(self) -> str:
        """Write the variant as `N=2, D=3, stride=1, t=[0, 2, 0]`."""
        return str(self.written)

    @property
    def choice(self) -> tuple[int, ...]:
        """Return what tells the options from others: the values are the case's own, and may be equal to anything."""
        return tuple(map(id, self.options.values()))


@dataclass(frozen=True, slots=True)
class Quantity:
    """An array, or a scalar, as the nodes of its entries in order; `part` says of what complex one it is a half."""

    shape: tuple[int, ...]
    nodes: Nodes
    part: Part | None = None


@dataclass(slots=True)
class Observation:
    """What one run of a subject computed."""

    variant: Variant
    trace: Trace
    inputs: dict[str, Quantity] = field(default_factory=dict)
    concrete: dict[str, Any] = field(default_factory=dict)
    several: bool = False
    outputs: list[Quantity] = field(default_factory=list)
    upstreams: list[Quantity] = field(default_factory=list)
    upstream_names: list[str] = field(default_factory=list)
    gradients: dict[str, Quantity] = field(default_factory=dict)
    malformed: dict[str, Cause] = field(default_factory=dict)
    unclaimed: tuple[str, ...] = ()
    conditions: list[Condition] = field(default_factory=list)
    forward: int | None = None  # how many of these were asked before there was an output; all, where that is not known
    answered: int = 0  # how many nodes the graph had when forward returned its output
    missed: bool = False  # whether forward computed NaN, in a run at one point
    draws: bool = False
    at: Mapping[str, Fraction] = field(default_factory=dict)
    computed: range = range(0)  # the nodes that this run was the first to compute
    composed: bool = False  # whether it was put together of runs that were made, and no code was run
    sample: int = 0  # which of the samples that the sampler draws

    def again(self, trace: Trace) -> Observation:
        """Return a run that is still to be made, at the same sample but for what is moved."""
        return Observation(self.variant, trace, sample=self.sample)

    @property
    def upstream_nodes(self) -> list[int]:
        """Return the variables of the upstream; there are none where it is fixed."""
        return [n for upstream in self.upstreams for n in upstream.nodes if self.trace.ops[n] == "variable"]


def _label_text(labels: Any) -> str:
    return str(np.asarray(labels).tolist())


def variants(
    case: TracedCase,
    bound: Sequence[Mapping[str, int]] | None = None,
    choices: Sequence[Mapping[str, Any]] | None = None,
) -> list[Variant]:
    """Return what a case is run with: every combination of its options, in each binding, with a few draws of labels.

    `bound` and `choices` are the sizes and the combinations of options, where these are not those of the case.
    """
    return [
        Variant(sizes, options, labels)
        for options in (option_choices(case) if choices is None else choices)
        for sizes in (bindings(case.inputs.values(), case.sizes) if bound is None else bound)
        for labels in _labels(case, sizes)
    ]


def option_choices(case: TracedCase) -> list[dict[str, Any]]:
    """Return every combination of the options of a case."""
    return [dict(zip(case.options, values, strict=True)) for values in itertools.product(*case.options.values())]


def further_labels(case: TracedCase, named: Collection[int]) -> list[Variant]:
    """Return variants with the labels that no draw of `variants` has, at the sizes of the sample.

    Where there are many labels, these are the ones that the code has `named`.
    """
    first = variants(case, choices=option_choices(case)[:1])
    sizes, whole = first[0].sizes, _whole(case, first[0].sizes)
    missing = {
        name: _undrawn(below, named, [variant.labels[name] for variant in first]) for name, (_, below) in whole.items()
    }
    runs = max((-(-len(missing[name]) // math.prod(shape)) for name, (shape, _) in whole.items()), default=0)
    options = itertools.cycle(option_choices(case))
    return [
        Variant(
            sizes,
            next(options),
            {name: _filled(missing[name] or [0], run, shape) for name, (shape, _) in whole.items()},
        )
        for run in range(runs)
    ]


def repeated_labels(case: TracedCase) -> list[Variant]:
    """Return variants whose labels are all alike, and alike in twos, at the sizes of the sample.

    In the draws of `variants` the first and the last of several are, and no two beside each other.
    """
    first = variants(case, choices=option_choices(case)[:1])[0]
    whole = _whole(case, first.sizes)
    if max((math.prod(shape) for shape, _ in whole.values()), default=1) == 1:
        return []
    return [
        replace(first, labels={name: _alike(shape, below, together) for name, (shape, below) in whole.items()})
        for together in (math.inf, 2)
    ]


def _alike(shape: tuple[int, ...], below: int, together: float) -> Any:
    """Return labels so many of which in a row are the same: the last one first."""
    labels = [int(below - 1 - place // together) % below for place in range(math.prod(shape))]
    return np.array(labels, dtype=int).reshape(shape)[()]


def _undrawn(below: int, named: Collection[int], drawn: Sequence[Any]) -> list[int]:
    """Return the labels of an input that were not drawn, or which of them the code names, where there are many."""
    seen = {int(label) for labels in drawn for label in np.ravel(labels)}
    wanted = range(below) if below <= _MOST_LABELS else sorted(label for label in named if label < below)
    return [label for label in wanted if label not in seen]


def _filled(labels: Sequence[int], run: int, shape: tuple[int, ...]) -> Any:
    """Return an array of the next labels, repeated where they do not fill it."""
    number = math.prod(shape)
    return np.array([labels[(run * number + i) % len(labels)] for i in range(number)], dtype=int).reshape(shape)[()]


def _whole(case: TracedCase, sizes: Mapping[str, int]) -> dict[str, tuple[tuple[int, ...], int]]:
    """Return the shape of each whole input, and the number below which it is."""
    return {
        name: (concrete(integer.shape, sizes), concrete(integer.below, sizes)[0])
        for name, integer in case.inputs.items()
        if isinstance(integer, Integer)
    }


def _labels(case: TracedCase, sizes: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return the whole inputs of each draw; those of several inputs differ from each other."""
    whole = _whole(case, sizes)
    needed = max((draws(math.prod(shape), below) for shape, below in whole.values()), default=1)
    return [
        {
            name: np.array(whole_samples(math.prod(shape), below, draw + place), dtype=int).reshape(shape)[()]
            for place, (name, (shape, below)) in enumerate(whole.items())
        }
        for draw in range(needed)
    ]


def observe(
    case: TracedCase,
    variant: Variant,
    seed: int,
    upstream: Callable[[Fraction], Fraction] = Fraction,
    seen: Observation | None = None,
    at: Mapping[str, Fraction] | None = None,
) -> Observation:
    """Run a case on symbols; raises SubjectError where it cannot be followed.

    `at` has values for entries of inputs and of the upstream by their names (`x[0,1]`) in place of the sample's; before
    that, the first sample has those that the case states. Where `seen` has another sample, all else is of that one.

    `upstream` changes the sample of the upstream: another side of a branch on the upstream may lie there. Where the run
    does not come to its end, `seen` has what it got to.
    """
    seen = seen or Observation(variant, Trace())
    sampler = Sampler(_FIXED, seen.sample)
    seen.at = {**({} if seen.sample else case.at), **(at or {})}
    trace = seen.trace
    trace.moved = bool(at)
    first = len(trace)
    running = arrays.running(trace)
    held, called, random = everywhere.arrays_held(), everywhere.called(case.subject), seeded(seed)
    ending, run = _ending(seen), patches.in_force(seed)
    with _branching(trace), run, called, running, held, ending, following(), naming(), random as drawn:
        inputs = {name: _input(name, described, seen, sampler) for name, described in case.inputs.items()}

        def answer(output: Any) -> Any:
            refuse_caught()  # what backward raises later would hide it
            seen.forward, seen.answered, seen.missed = len(trace.conditions), len(trace), trace.missed
            return _upstreams(case, output, seen, sampler, upstream)

        with redirect_stdout(sys.stderr):
            _, returned = converse(case.subject, {**inputs, **deepcopy(dict(variant.options))}, answer)
        _keep_gradients(case, returned, seen)
    seen.draws, seen.conditions = drawn(), list(trace.conditions.values())
    seen.computed = range(first, len(trace))
    return seen


@contextmanager
def _ending(seen: Observation) -> Iterator[None]:
    """Tell whether forward had returned its output when the code raised."""
    try:
        yield
    except SubjectError as problem:
        problem.after_forward = bool(seen.outputs)
        raise


@contextmanager
def _branching(trace: Trace) -> Iterator[None]:
    """Let the code branch on signs for roots of squares; what is derived from its formulas later adds no condition."""
    try:
        yield
    finally:
        trace.absolute_roots = False


def _input(name: str, described: Any, seen: Observation, sampler: Sampler) -> Any:
    sizes = seen.variant.sizes
    if isinstance(described, Real):
        shape = concrete(described.shape, sizes)
        values = sampler.draw(described.low, described.high, math.prod(shape))
        seen.inputs[name] = _variables(seen, shape, name, values, described.part)
        return arrays.scalar(arrays.built(seen.inputs[name].nodes, shape, seen.trace.dtype))
    if isinstance(described, Integer):
        labels = seen.variant.labels[name]
        seen.concrete[name] = labels if labels.shape else int(labels)
    else:
        seen.concrete[name] = described.value
    return deepcopy(seen.concrete[name])  # the code may write into it


def _upstreams(
    case: TracedCase, output: Any, seen: Observation, sampler: Sampler, change: Callable[[Fraction], Fraction]
) -> Any:
    several = seen.several = isinstance(output, (tuple, list))
    outputs = list(output) if several else [output]
    if not outputs:
        raise ProtocolError("the function of the case yields no output", Reason.MISSING_OUTPUT)
    if isinstance(output, Halves) and case.upstream is not None:
        raise ProtocolError(_COMPLEX_LOSS, Reason.COMPLEX_VALUE)
    sent = []
    parts = output.parts if isinstance(output, Halves) else [(str(i + 1) * several, None) for i in range(len(outputs))]
    numbered = [f"dout{number}" for number, _ in parts]
    seen.upstream_names = case.upstream_names(numbered) if several and not isinstance(output, Halves) else numbered
    for (number, half), value, name in zip(parts, outputs, seen.upstream_names, strict=True):
        ending = f"{number}{half.value if half else ''}"
        description = f"output {ending}" if several else "output"
        quantity = _quantity(value, f"the {description}")
        seen.outputs.append(quantity)
        upstream = _upstream(case, name, half, quantity.shape, seen, sampler, change)
        seen.upstreams.append(upstream)
        sent.append(arrays.scalar(arrays.built(upstream.nodes, quantity.shape, seen.trace.dtype)))
    if case.upstream is not None:
        sent = [_plain(case.upstream, quantity.shape) for quantity in seen.outputs]
    return tuple(sent) if several else sent[0]


def _plain(value: Fraction, shape: tuple[int, ...]) -> Any:
    """Return a fixed upstream as code expects it: a number for a scalar."""
    number = value.numerator if value.denominator == 1 else float(value)
    return arrays.built(arrays.nodes(number, shape), shape, arrays.current().dtype) if shape else number


def _upstream(
    case: TracedCase,
    whole: str,
    half: Half | None,
    shape: tuple[int, ...],
    seen: Observation,
    sampler: Sampler,
    change: Callable[[Fraction], Fraction],
) -> Quantity:
    part = Part(whole, half) if half else None
    name = part.name if part else whole
    while name in case.inputs:
        name += "_"
    number = math.prod(shape)
    if case.upstream is not None:
        return Quantity(shape, seen.trace.listed([seen.trace.constant(case.upstream)] * number, number))
    drawn = sampler.draw(None, None, number)
    values = drawn if change is Fraction else [change(value) for value in drawn]
    return _variables(seen, shape, name, values, part)


def _variables(
    seen: Observation, shape: tuple[int, ...], name: str, values: Sequence[Fraction], part: Part | None
) -> Quantity:
    """Return the entries of a new array of variables, with their values at the sample."""
    names = partial(entry_names, name, shape)
    if seen.at:
        values = _moved_to(seen.at, names(), values)
    return Quantity(shape, seen.trace.inputs(names, values), part)


def _moved_to(at: Mapping[str, Fraction], names: Sequence[str], values: Sequence[Fraction]) -> Sequence[Fraction]:
    """Return values by their names, or those that an input was given; where all were, no other one is made."""
    if all(map(at.__contains__, names)):
        return list(map(at.__getitem__, names))
    return [at.get(name, value) for name, value in zip(names, values, strict=True)]


def _quantity(value: Any, description: str) -> Quantity:
    """Return what the subject gave as nodes; raises ProtocolError where it is no array of numbers."""
    if isinstance(value, (str, bytes, dict, set)) or value is None:
        hint = "; is a `return` missing?" if value is None else ""
        raise ProtocolError(
            f"{description} is {quoted(value)} ({type(value).__name__}): expected an array{hint}", Reason.NOT_NUMBERS
        )
    try:
        symbolic = isinstance(value, arrays.SymbolArray)
        if is_complex(value):
            raise ProtocolError(
                f"{description} is complex: expected real numbers (take .real where they are)", Reason.COMPLEX_VALUE
            )
        array = value if symbolic else arrays.boxed(value) if isinstance(value, Concolic) else np.asarray(value)
        if not isinstance(array, arrays.SymbolArray) and array.dtype.kind == "f" and not np.isfinite(array).all():
            place = np.argwhere(~np.isfinite(array))[0].tolist()
            raise ProtocolError(
                f"{description} contains {array[tuple(place)]}{f' at {place}' if place else ''}", Reason.NOT_FINITE
            )
        if symbolic and (worst := arrays.not_finite(array)) is not None:
            place, number = worst
            raise ProtocolError(f"{description} contains {number}{f' at {place}' if place else ''}", Reason.NOT_FINITE)
        return Quantity(array.shape, arrays.nodes(array))
    except (TypeError, ValueError):
        raise ProtocolError(
            f"{description} is a {type(value).__name__}: expected an array of numbers", Reason.NOT_NUMBERS
        ) from None


def _keep_gradients(case: TracedCase, returned: Any, seen: Observation) -> None:
    """Keep the gradients that the subject claims; those of another shape than their input are told apart."""

    def refuse_unknown(named: Iterable[str]) -> None:
        for name in named:
            if name not in case.real:
                raise ProtocolError(
                    f"a gradient is returned for {name!r}, which is not an input to differentiate"
                    f"{nearest(str(name), case.real)}",
                    Reason.UNKNOWN_NAME,
                )

    refuse_caught()  # by the code: what is raised from here on is told by what is malformed
    gradients = named_gradients(list(case.real), returned, refuse_unknown)
    seen.unclaimed = tuple(name for name, gradient in gradients.items() if gradient is None)
    for name, gradient in gradients.items():
        if gradient is None:
            continue
        try:
            quantity = _quantity(gradient, f"the gradient of {name!r}")
        except DivisionError:  # what floats return there is held to the derivative
            raise
        except (ProtocolError, TraceError) as problem:
            seen.malformed[name] = Cause(str(problem), problem.reason)
            TraceError.raised.clear()
            continue
        seen.gradients[name] = quantity
        expected = seen.inputs[name].shape
        if quantity.shape != expected:
            text = f"the gradient of {name!r} has the shape {quantity.shape}: expected {expected}"
            seen.malformed[name] = Cause(text, Reason.WRONG_SHAPE)
        elif seen.trace.unset and (place := _unset(seen.trace, quantity)):
            text = f"the gradient of {name!r} has entries that were never written (np.empty){place}"
            seen.malformed[name] = Cause(text, Reason.UNWRITTEN_MEMORY)


def _unset(trace: Trace, quantity: Quantity) -> str:
    """Return where a quantity depends on memory that nobody has written to, or nothing."""
    for position, node in enumerate(quantity.nodes):
        if not trace.unset.isdisjoint(trace.reach([node])):
            index = [int(i) for i in np.unravel_index(position, quantity.shape)]
            return f", as at {index}" if index else " "
    return ""
