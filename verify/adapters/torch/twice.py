"""Second order: the first gradients of a call as the function whose derivative is claimed (`order=2`).

Upstreams become inputs, and what is called runs forward and, by PyTorch's engine, backward with `create_graph=True`.
The engine is then asked for the gradients of these gradients. It takes them from what backward computes: what it reads
from `ctx` as a plain number, or was computed inside forward, has none, although it depends on the inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from verify.adapters.torch.running import differentiable, followed, leaf
from verify.adapters.torch.tensors import leaving
from verify.cases.case import Subject, TracedCase
from verify.cases.inputs import Input, Real, described
from verify.cases.shapes import Sizes
from verify.cases.terms import Terms, fixed_upstream, whole_sizes
from verify.model.errors import InputError
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation, observe, variants
from verify.tracing.symbols.trace import Trace

_WRITE = "write the shape of each output that has a gradient: upstream='N D', or upstream=['N D', 'N']"
_SEED = 0


class Called(NamedTuple):
    """What is called with tensors, the names of its arguments, and what a person said of these."""

    call: Callable[..., Any]
    names: Sequence[str]
    inputs: Mapping[str, Any]
    terms: Terms


def second_order(first: Called) -> Called:
    """Return what computes the first gradients: its arguments are those of the call, and then the upstreams.

    A fixed upstream stays one. Raises InputError where an upstream cannot be described.
    """
    call, names, inputs, terms = first
    if terms.as_if is not None:
        raise InputError("as_if= is for order=1: for order=2, make a case of the function of as_if")
    upstreams = _described(first)
    if both := [key for key in upstreams if key in inputs]:
        raise InputError(f"order=2: {both[0]!r} is the name of an upstream here: rename the parameter")
    fixed = None if upstreams else float(fixed_upstream(terms.upstream))

    def gradients(*values: Any) -> Any:
        passed, sent = values[: len(names)], values[len(names) :]
        copies = [value.clone() if isinstance(value, torch.Tensor) else value for value in passed]
        outputs = differentiable(call(*copies))
        upstream = (torch.full_like(output, fixed) for output in outputs) if fixed else sent
        arriving = [dout.to(output.dtype) for dout, output in zip(upstream, outputs, strict=True)]
        required = [value for value in passed if isinstance(value, torch.Tensor) and value.requires_grad]
        return torch.autograd.grad(outputs, required, arriving, create_graph=True, materialize_grads=True)

    return Called(gradients, [*names, *upstreams], {**inputs, **upstreams}, terms._replace(upstream=None))


def _described(first: Called) -> dict[str, Any]:
    """Return the upstreams as inputs, by name; none where one number arrives."""
    upstream = first.terms.upstream
    if upstream is not None and not isinstance(upstream, (str, Real, list, tuple)):
        return {}
    shapes = _shapes(first) if upstream is None else [*upstream] if isinstance(upstream, (list, tuple)) else [upstream]
    return {"dout" if len(shapes) == 1 else f"dout{i}": shape for i, shape in enumerate(shapes, 1)}


def _shapes(first: Called) -> list[str]:
    """Return the shapes of the outputs in the names of sizes; raises InputError where these do not tell them."""
    declared = {key: described(key, value) for key, value in first.inputs.items()}
    options = {key: list(values)[:1] for key, values in (first.terms.options or {}).items()}
    case = TracedCase(
        name="",
        subject=_outputs_only(first),
        inputs=declared,
        options=options,
        sizes=whole_sizes(first.terms.sizes or {}),
    )
    by_sizes: dict[tuple[int, ...], tuple[Sizes, list[tuple[int, ...]]]] = {}
    for variant in variants(case):
        by_sizes.setdefault(tuple(variant.sizes.values()), (variant.sizes, _run(case, variant)))
    sizes, shapes = next(iter(by_sizes.values()))
    texts = [" ".join(_named(length, sizes, declared) for length in shape) for shape in shapes]
    if any(_lengths(texts, of) != lengths for of, lengths in by_sizes.values()):
        raise InputError(f"order=2: the sizes of the inputs do not tell the shape of the outputs: {_WRITE}")
    return texts


def _run(case: TracedCase, variant: Any) -> list[tuple[int, ...]]:
    seen = Observation(variant, Trace())
    try:
        observe(case, variant, _SEED, seen=seen)
    except SubjectError as problem:  # always, as no gradient is returned
        if not seen.outputs:
            raise InputError(f"order=2: the shape of the outputs is not known, as {problem}: {_WRITE}") from None
    return [quantity.shape for quantity in seen.outputs]


def _outputs_only(first: Called) -> Subject:
    """Return what runs forward alone, for the shapes of what it gives."""

    def subject(**arguments: Any) -> Generator[Any, Any, Any]:
        with followed(np.float64):
            passed = [leaf(arguments[key]) for key in first.names]
            for value in passed:
                if isinstance(value, torch.Tensor) and value.is_floating_point():
                    value.requires_grad_()
            copies = [value.clone() if isinstance(value, torch.Tensor) else value for value in passed]
            outputs = differentiable(first.call(*copies))
        yield tuple(map(leaving, outputs))
        return {}

    return subject


def _named(length: int, sizes: Sizes, declared: Mapping[str, Input]) -> str:
    """Return the name of a size, of which each has another one; a number where none has this length."""
    return next((name for name, size in sizes.items() if size == length), str(length))


def _lengths(texts: Sequence[str], sizes: Sizes) -> list[tuple[int, ...]]:
    return [tuple(sizes.get(part) or int(part) for part in text.split()) for text in texts]
