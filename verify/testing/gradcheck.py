"""The gradients of a function of tensors, decided in the place of `torch.autograd.gradcheck`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch.autograd.gradcheck import GradcheckError

from verify.adapters.torch.case import WAY, calling_case, is_function, pushing_case
from verify.adapters.torch.twice import Called
from verify.cases.case import TracedCase
from verify.cases.inputs import constant, real
from verify.cases.terms import Terms
from verify.model.identity import NOWHERE, Place
from verify.model.where import described, start_of
from verify.testing.deciding import Bounds, Decision, decided, domain_of, warn_of_points

Maker = Callable[[Bounds], TracedCase]

_FIRST, _SECOND = torch.autograd.gradcheck, torch.autograd.gradgradcheck
_CALLS = 5  # from the warning up to the test
# What torch's checkers are asked for beside the gradients of a backward pass, which they compare at the point alone.
_AT_POINTS = {
    "check_batched_grad": "gradients by vmap",
    "check_batched_forward_grad": "directions by vmap",
    "check_fwd_over_rev": "forward mode over backward",
    "check_grad_dtypes": "types of gradients",
    "masked": "masked gradients",
}
_NONE = "no tensor requires a gradient"
_UNUSUAL = "a tensor is complex, sparse or empty"
_NOT_FINITE = "no domain around the given inputs was found on which the outputs are finite"


def gradcheck(function: Callable[..., Any], inputs: Any, *, raise_exception: bool, settings: dict[str, Any]) -> bool:
    """Return whether gradients are right, as torch's checker does (`testing.checkers`)."""
    call = _Call(function, inputs)
    cases = {"check_backward_ad": call.gradients, "check_forward_ad": call.directions}
    makers = {key: make for key, make in cases.items() if settings.get(key, key == "check_backward_ad")}
    checker = partial(_FIRST, function, inputs, raise_exception=raise_exception, **settings)
    return _judged(call, makers.values(), settings, checker)


def gradgradcheck(
    function: Callable[..., Any], inputs: Any, upstreams: Any, *, raise_exception: bool, settings: dict[str, Any]
) -> bool:
    """Return whether gradients of gradients are right, as torch's checker does (`testing.checkers`)."""
    call = _Call(function, inputs)
    checker = partial(_SECOND, function, inputs, upstreams, raise_exception=raise_exception, **settings)
    makers = [call.second_gradients] if settings.get("check_rev_over_rev", True) else []
    return _judged(call, makers, settings, checker)


def _judged(call: _Call, makers: Collection[Maker], settings: Mapping[str, Any], checker: partial[Any]) -> bool:
    """Return whether all is right, decided as far as it can be; what is left is given to a checker of torch's."""
    name, raises = f"torch.autograd.{checker.func.__name__}", checker.keywords["raise_exception"]
    decisions = [call.decision(make) for make in makers]
    if wrong := next((decision.wrong for decision in decisions if decision.wrong), ""):
        if raises:
            raise GradcheckError(wrong)
        return False
    left = [decision.open for decision in decisions if decision.open]
    left += [title for key, title in _AT_POINTS.items() if settings.get(key)]
    if left or not decisions:
        warn_of_points(call.name, "; ".join(dict.fromkeys(left)) or "nothing is asked for", name, _CALLS)
        return bool(checker())
    return True


class _Call:
    """A function and the arguments that it is to be called with; `wanted` are the places of those with a gradient."""

    def __init__(self, function: Callable[..., Any], inputs: Any) -> None:
        arguments = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
        self._function, self._arguments = function, arguments
        owner = getattr(function, "__self__", None)
        self._class: Any = owner if is_function(owner) else None
        self.name = getattr(self._class or function, "__name__", type(function).__name__)
        self._wanted = [
            i for i, value in enumerate(arguments) if isinstance(value, torch.Tensor) and value.requires_grad
        ]

    def decision(self, make: Maker) -> Decision:
        """Return what becomes of a case of the call, which is made for a domain."""
        tensors = [self._arguments[place].detach() for place in self._wanted]
        if not tensors or any(map(_is_unusual, tensors)):
            return Decision(open=_UNUSUAL if tensors else _NONE)
        try:
            bounds = domain_of([tensor.numpy() for tensor in tensors], self._is_finite)
        except Exception as problem:  # noqa: BLE001 - whatever the user's function raises, torch's checker raises as well
            return Decision(open=described(problem))
        return Decision(open=_NOT_FINITE) if bounds is None else decided(self.name, partial(make, bounds))

    def _is_finite(self, drawn: Sequence[np.ndarray]) -> bool:
        arguments = list(self._arguments)
        for place, array in zip(self._wanted, drawn, strict=True):
            arguments[place] = torch.as_tensor(array, dtype=arguments[place].dtype)
        with torch.no_grad():
            returned = self._function(*arguments)
        outputs = returned if isinstance(returned, (tuple, list)) else (returned,)
        return all(bool(torch.isfinite(output).all()) for output in outputs if isinstance(output, torch.Tensor))

    def gradients(self, bounds: Bounds) -> TracedCase:
        """Return the case of the first gradients."""
        return calling_case(self._called(bounds), self.name, "", self._place())

    def second_gradients(self, bounds: Bounds) -> TracedCase:
        """Return the case of the gradients of these."""
        return calling_case(self._called(bounds), self.name, "", self._place(), order=2)

    def directions(self, bounds: Bounds) -> TracedCase:
        """Return the case of what forward mode pushes to the outputs."""
        return pushing_case(self._called(bounds), self.name, "", self._place("jvp"))

    def _called(self, bounds: Bounds) -> Called:
        low, high = bounds
        inputs = {
            name: real(" ".join(map(str, value.shape)), low=low, high=high)
            if place in self._wanted
            else constant(value)
            for place, (name, value) in enumerate(zip(self._names(), self._arguments, strict=True))
        }
        return Called(self._function, [*inputs], inputs, Terms())

    def _names(self) -> list[str]:
        """Return the names of the arguments, or numbered ones where the signature has none for each."""
        try:
            parameters = [
                *inspect.signature(self._class.forward if self._class else self._function).parameters.values()
            ]
        except (TypeError, ValueError):
            parameters = []
        if self._class and self._class.setup_context is torch.autograd.Function.setup_context:
            parameters = parameters[1:]
        names = [item.name for item in parameters if item.kind is not item.VAR_POSITIONAL][: len(self._arguments)]
        if len(names) < len(self._arguments) or WAY in names:
            return [f"input_{place}" for place in range(len(self._arguments))]
        return names

    def _place(self, rule: str = "backward") -> Place:
        written = getattr(self._class, rule) if self._class else self._function
        code = getattr(inspect.unwrap(written), "__code__", None)
        return start_of(code) if code else NOWHERE


def _is_unusual(tensor: torch.Tensor) -> bool:
    return tensor.is_complex() or tensor.layout is not torch.strided or not tensor.numel()
