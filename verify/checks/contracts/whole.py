"""What a run of the whole case shows: its gradients as functions of dout, their shapes, order and precision."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np

from verify.checks.claims.explain import alike, constant_ratio
from verify.checks.contracts.arrays import apart, copied, flat, same
from verify.checks.contracts.numbers import single
from verify.checks.contracts.trial import Trial, attempt
from verify.checks.contracts.widened import line_of_types
from verify.model.result import Finding
from verify.tracing.following import SubjectError

# Before its version 2 NumPy itself made a double of a short scalar and a Python number.
_SCALARS_WIDEN = (np.float32(1) * 2).dtype != np.float32


def repeatable(trial: Trial) -> Iterator[Finding]:
    """Find a difference between two runs on the same numbers with the same seeds."""
    for nouns, first, second in (
        ("outputs", trial.ran.output, trial.again.output),
        ("gradients", trial.ran.gradients, trial.again.gradients),
    ):
        if apart(first, second):
            yield trial.finding("GP118", f"two runs with the same seeds give different {nouns}")
            return


def linear(trial: Trial) -> Iterator[Finding]:
    """Find gradients that do not double with dout, or do not change with it.

    A gradient that is proved is linear: the exact one is. Of the others, doubling is exact on floats, every operation
    that is linear being so bit for bit; that a gradient fails is known already, and this is why.
    """
    if trial.case.upstream is not None or not trial.bad:
        return
    twice = attempt(trial.run, trial.numbers.each(lambda value: 2 * value, inputs=False))
    if isinstance(twice, SubjectError):
        return
    for name in trial.bad:
        plain, doubled = flat(trial.ran.gradients.get(name)), flat(twice.gradients.get(name))
        if not any(array.any() for array in plain):
            continue
        if not all(np.isfinite(array).all() for array in [*plain, *doubled]):
            continue  # twice infinity is infinity: that says nothing of dout
        if same(doubled, copied(plain)):
            yield trial.finding("GP108", f"the gradient of {name} is the same whatever dout is", name)
        elif apart(doubled, [2 * array for array in plain]):
            yield trial.finding("GP107", f"the gradient of {name} does not double when dout does", name)


def claimed(trial: Trial) -> Iterator[Finding]:
    """Find inputs to differentiate for which the code returns None; of one that the output ignores, None is right.

    Where ways to call the code share its claims, None is what a way has for those of the others; what no way claims is
    told all the same (`CaseResult.unclaimed`).
    """
    if trial.case.shared:
        return
    for name in trial.exact.seen.unclaimed:
        expected = trial.expected(name)
        if expected is None or expected.any():
            detail = "" if expected is None else ", and the exact one is not 0"
            yield trial.finding("GP124", f"the gradient of {name} is None{detail}", name)


def shapes(trial: Trial) -> Iterator[Finding]:
    """Find gradients of another shape than their input."""
    for name in trial.bad:
        expected, actual = (
            np.shape(trial.ran.inputs[name]),
            [array.shape for array in flat(trial.ran.gradients.get(name))],
        )
        if len(actual) == 1 and actual[0] != expected:
            yield trial.finding("GP113", f"{name} has the shape {expected}, its gradient {actual[0]}", name)


def order(trial: Trial) -> Iterator[Finding]:
    """Find two gradients each of which is that of the other input."""
    for first, second in combinations(trial.bad, 2):
        if _is_that_of(trial, first, second) and _is_that_of(trial, second, first):
            yield trial.finding("GP114", f"the gradients of {first} and {second} are swapped", f"{first}, {second}")


def _is_that_of(trial: Trial, name: str, other: str) -> bool:
    """Tell whether the gradient of an input is that of another one, and no multiple of its own.

    The gradients of x and y in x - y are each other's negatives: then the sign is wrong, and nothing tells more.
    """
    expected = trial.expected(other)
    if expected is None or not expected.any() or apart(trial.ran.gradients.get(name), expected):
        return False
    return not _are_multiples(trial, name, other)


def _are_multiples(trial: Trial, name: str, other: str) -> bool:
    """Tell whether one constant takes each entry of an exact gradient to that of another one."""
    exact = trial.exact
    graph, own, wrong = exact.seen.trace, exact.gradient(name), exact.gradient(other)
    places = [i for i, node in enumerate(own) if graph.value(node) != 0] or [0]
    ratio = constant_ratio(graph, own[places[0]], wrong[places[0]], exact.region)
    return ratio is not None and alike(graph, wrong, [graph.product(graph.constant(ratio), node) for node in own])


def precision(trial: Trial) -> Iterator[Finding]:
    """Find gradients of another type than inputs, dout and output have."""
    short = trial.numbers.each(single)
    for expected, numbers, ran in (
        ("float64", trial.numbers, trial.ran),
        ("float32", short, attempt(trial.run, short)),
    ):
        if isinstance(ran, SubjectError) or _types(ran.output) != {expected}:
            continue
        for name, gradient in ran.gradients.items():
            if _SCALARS_WIDEN and expected == "float32" and not np.ndim(trial.ran.inputs[name]):
                continue
            if (types := _types(gradient)) - {expected}:
                detail = f"with {expected} inputs and output the gradient of {name} is {', '.join(sorted(types))}"
                where = line_of_types(trial, numbers, types - {expected})
                yield trial.finding("GP115", detail, name, where=where)


def _types(value: Any) -> set[str]:
    """Return the types of the floats in a value; Python's own have none that would spread."""
    return {str(array.dtype) for array in flat(value) if array.dtype.kind == "f"} if not _plain(value) else set()


def _plain(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, np.generic)
