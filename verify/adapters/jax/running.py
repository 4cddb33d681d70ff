"""Functions of arrays run by JAX on floats, and recorded by JAX and interpreted in a run on symbols."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from verify.adapters.jax.interpreter import evaluated
from verify.adapters.jax.values import is_real, refused, type_of
from verify.model.errors import ProtocolError
from verify.model.reasons import Reason
from verify.tracing.arrays import arrays

_RECORDED = (
    "Python needs the value of an array (in if, float or int), which JAX does not have while it traces: "
    "write jnp.where or jax.lax.cond"
)


@contextmanager
def precision(dtype: Any) -> Iterator[None]:
    """Let JAX have float64 where inputs are of that type, and otherwise be as it is by default."""
    with jax.enable_x64(np.dtype(dtype) == np.float64):
        yield


def run(function: Callable[..., Any], values: Sequence[Any]) -> list[Any]:
    """Return the leaves of what a function of arrays returns, on floats or on symbols."""
    if arrays.active() is None:
        return list(jax.tree.leaves(function(*map(jnp.asarray, values))))
    try:
        closed = jax.make_jaxpr(lambda *arguments: jax.tree.leaves(function(*arguments)))(*map(_like, values))
    except jax.errors.ConcretizationTypeError:
        refused(_RECORDED, Reason.PLAIN_NUMBER)
    return evaluated(closed, values)


def _like(value: Any) -> Any:
    return jax.ShapeDtypeStruct(arrays.shape_of(value), type_of(value))


class Pulled:
    """A function whose gradients are pulled back by its rule: `outputs` are those of the forward rule.

    `call` takes arrays by name; those of `wanted` are differentiated.
    """

    def __init__(
        self, call: Callable[[Mapping[str, Any]], Any], wanted: Sequence[str], reals: Mapping[str, Any]
    ) -> None:
        def forward(*values: Any) -> list[Any]:
            arguments = dict(zip(reals, values, strict=True))

            def varying(*varied: Any) -> Any:
                return call({**arguments, **dict(zip(wanted, varied, strict=True))})

            output, pull = jax.vjp(varying, *(arguments[key] for key in wanted))
            self.output_tree = jax.tree.structure(output)
            leaves, self.tree = jax.tree.flatten((output, pull))
            return list(leaves)

        self.leaves = run(forward, [*reals.values()])
        self.outputs = real_leaves(self.leaves[: self.output_tree.num_leaves])

    def back(self, douts: Sequence[Any]) -> list[Any]:
        """Return the gradients of the wanted inputs; `douts` are those of the outputs that are real numbers."""
        residuals_end = len(self.leaves)

        def backward(*arguments: Any) -> Any:
            output, pull = jax.tree.unflatten(self.tree, arguments[:residuals_end])
            sent = iter(arguments[residuals_end:])
            leaves, tree = jax.tree.flatten(output)
            return pull(jax.tree.unflatten(tree, [_cotangent(leaf, sent) for leaf in leaves]))

        return run(backward, [*self.leaves, *douts])


def real_leaves(leaves: Sequence[Any]) -> list[Any]:
    """Return the outputs that are real numbers; raises ProtocolError if there are none."""
    real = [leaf for leaf in leaves if is_real(leaf)]
    if not real:
        raise ProtocolError("no output is an array of real numbers", Reason.MISSING_OUTPUT)
    return real


def _cotangent(leaf: Any, sent: Iterator[Any]) -> Any:
    """Return the upstream of an output; one of whole numbers has none."""
    return next(sent).astype(leaf.dtype) if is_real(leaf) else np.zeros(leaf.shape, jax.dtypes.float0)
