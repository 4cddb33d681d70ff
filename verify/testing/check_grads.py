"""The gradients of a function of JAX, decided in the place of `jax.test_util.check_grads`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import partial, update_wrapper
from typing import Any

import jax
import jax.numpy as jnp
import jax.test_util
import numpy as np

from verify.adapters.jax.case import SCALE, WAY, case_of
from verify.cases.case import TracedCase
from verify.cases.inputs import constant, real
from verify.cases.terms import Terms
from verify.model.where import described
from verify.testing.deciding import Bounds, Decision, decided, domain_of, warn_of_points

_CHECKER = "jax.test_util.check_grads"
_MODES = {"rev": "vjp", "fwd": "jvp"}
_NONE = "no argument is an array of floats"
_UNUSUAL = "an array is complex or empty"
_NOT_FINITE = "no domain around the given arguments was found on which the outputs are finite"
_NUMBERS = (float, complex, np.generic, np.ndarray, jax.Array)  # a whole number of Python stays one: x**3
_ANY = inspect.Signature([inspect.Parameter("leaves", inspect.Parameter.VAR_POSITIONAL)])


def check_grads(
    function: Callable[..., Any], args: Sequence[Any], order: int, modes: Sequence[str], settings: dict[str, Any]
) -> None:
    """Raise AssertionError if a gradient is wrong, as JAX's checker does (`testing.checkers`)."""
    left = {mode: why for mode in modes if (why := _open(function, args, order, mode, modes))}
    if left:
        warn_of_points(_name(function), "; ".join(dict.fromkeys(left.values())), _CHECKER)
        jax.test_util.check_grads(function, tuple(args), order, modes=[*left], **settings)


def _open(function: Callable[..., Any], args: Sequence[Any], order: int, mode: str, modes: Sequence[str]) -> str:
    """Say why a mode is not decided, or a higher order of its derivatives; raises AssertionError if one is wrong."""
    if mode not in _MODES:
        return f"the mode {mode!r}"
    decision = _Call(function, args).decision(_MODES[mode])
    if decision.wrong:
        raise AssertionError(decision.wrong)
    if decision.open or order <= 1:
        return decision.open
    derivative, arguments = _derivative(function, args, mode)
    return next(filter(None, (_open(derivative, arguments, order - 1, further, modes) for further in modes)), "")


def _derivative(
    function: Callable[..., Any], args: Sequence[Any], mode: str
) -> tuple[Callable[..., Any], Sequence[Any]]:
    """Return what JAX's checker differentiates for the next order: the output itself is the upstream, or the tangent.

    Its name tells the order, and the lines that are shown are those of the function.
    """

    def pulled(*arguments: Any) -> Any:
        outputs, pull = jax.vjp(function, *arguments)
        return pull(outputs)

    made = pulled if mode == "rev" else partial(jax.jvp, function)
    name = f"derivatives of {_name(function)}"
    called = lambda *arguments: made(*arguments)  # noqa: E731 - a function of its own, which takes a name
    update_wrapper(called, function)
    called.__name__, called.__signature__ = name, _ANY  # type: ignore[attr-defined]
    return called, args if mode == "rev" else (tuple(args), tuple(args))


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", type(function).__name__)


class _Call:
    """A function of the leaves of its arguments, of which those of floats are differentiated."""

    def __init__(self, function: Callable[..., Any], args: Sequence[Any]) -> None:
        self._function = function
        self.name = _name(function)
        leaves, self._tree = jax.tree.flatten(tuple(args))
        self._leaves = [np.asarray(leaf) if isinstance(leaf, _NUMBERS) else leaf for leaf in leaves]
        self._wanted = [i for i, leaf in enumerate(self._leaves) if _kind(leaf) in "fc"]

    def decision(self, mode: str) -> Decision:
        """Return what becomes of the gradients by a mode of `jax_rule`."""
        values = [self._leaves[place] for place in self._wanted]
        if not values or any(_kind(value) == "c" or not value.size for value in values):
            return Decision(open=_UNUSUAL if values else _NONE)
        try:
            bounds = domain_of([np.asarray(value, float) for value in values], self._is_finite)
        except Exception as problem:  # noqa: BLE001 - whatever the user's function raises, JAX's checker raises as well
            return Decision(open=described(problem))
        return Decision(open=_NOT_FINITE) if bounds is None else decided(self.name, partial(self._case, bounds, mode))

    def _called(self, *leaves: Any) -> Any:
        return self._function(*jax.tree.unflatten(self._tree, leaves))

    def _is_finite(self, drawn: Sequence[np.ndarray]) -> bool:
        leaves = list(self._leaves)
        for place, array in zip(self._wanted, drawn, strict=True):
            leaves[place] = jnp.asarray(array, jax.dtypes.canonicalize_dtype(leaves[place].dtype))
        return all(bool(jnp.isfinite(jnp.asarray(output)).all()) for output in jax.tree.leaves(self._called(*leaves)))

    def _case(self, bounds: Bounds, mode: str) -> TracedCase:
        low, high = bounds
        inputs = {
            name: real(" ".join(map(str, leaf.shape)), low=low, high=high) if place in self._wanted else constant(leaf)
            for place, (name, leaf) in enumerate(zip(self._names(), self._leaves, strict=True))
        }

        def call(*leaves: Any) -> Any:
            return self._called(*leaves)

        update_wrapper(call, self._function)  # whose lines are shown
        call.__signature__ = _ANY  # type: ignore[attr-defined]
        return case_of(call, inputs, Terms(), self.name, mode)

    def _names(self) -> list[str]:
        """Return the names of the leaves: those of the parameters, or numbered ones where there are more or fewer."""
        try:
            parameters = [*inspect.signature(self._function).parameters.values()]
        except (TypeError, ValueError):
            parameters = []
        names = [item.name for item in parameters if item.kind is not item.VAR_POSITIONAL]
        simple = len(names) == len(self._leaves) == self._tree.num_nodes - 1 and not {SCALE, WAY} & {*names}
        return names if simple else [f"leaf_{place}" for place in range(len(self._leaves))]


def _kind(leaf: Any) -> str:
    return str(getattr(getattr(leaf, "dtype", None), "kind", "O"))
