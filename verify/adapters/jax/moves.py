"""Primitives that only move entries: each is run by JAX as it is, on the numbers of nodes.

A primitive belongs here if every entry of its result is an entry of one of its operands, or a number that it makes up
itself (a fill), chosen without looking at real numbers: then numbers of nodes may be moved in their place. Numbers of
nodes are not negative, so that what is negative was made up by JAX, which is refused.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from verify.adapters.jax.values import is_symbolic, refused
from verify.model.reasons import Reason
from verify.tracing.arrays import arrays

_MOVES = (
    "reshape transpose broadcast_in_dim squeeze slice dynamic_slice dynamic_update_slice gather rev"
    " concatenate pad scatter split copy tile stack"
)
MOVES = frozenset(_MOVES.split())
_FILL = "fill_value"  # what a gather gives beyond the end; None is NaN for real numbers
_MADE_UP = np.iinfo(np.int64).min


def moved(equation: Any, operands: list[Any]) -> list[Any]:
    """Return the results of an equation, arrays of symbols wherever they are real numbers."""
    if equation.primitive.name == "scatter" and not equation.params["unique_indices"]:
        _refuse_repeated(equation, operands)
    params = {**equation.params, _FILL: _MADE_UP} if _FILL in equation.params else equation.params
    with jax.enable_x64(True):  # numbers of nodes and what is made up are int64
        results = equation.primitive.bind(*map(_numbers, operands), **params)
    return list(map(_symbols, results if equation.primitive.multiple_results else [results]))


def _numbers(operand: Any) -> Any:
    if not is_symbolic(operand):
        return jnp.asarray(operand)
    return jnp.asarray(np.array(arrays.nodes(operand), np.int64).reshape(operand.shape))


def _symbols(result: Any) -> Any:
    numbers = np.asarray(result)
    if numbers.size and numbers.min() < 0:
        refused("an index beyond the end of an array, which JAX fills with NaN", Reason.NAN_CONSTANT)
    return arrays.built(numbers.ravel(), numbers.shape)


def _refuse_repeated(equation: Any, operands: list[Any]) -> None:
    """Raise the error for a scatter that writes one entry twice: JAX does not say which of the numbers stays."""
    places = targets(equation, operands)
    if len(np.unique(places[places >= 0])) < (places >= 0).sum():
        refused("a scatter that writes one entry twice: JAX does not define which number stays")


def targets(equation: Any, operands: list[Any]) -> Any:
    """Return the place of the entry that each of a scatter's updates goes to, -1 for one that is left out.

    An update's gradient is the gradient of the entry that it is added to: here, the number of that entry.
    """
    target, indices, updates = operands
    params = {key: equation.params[key] for key in ("dimension_numbers", "indices_are_sorted", "mode")}
    with jax.enable_x64(True):
        zeros = jnp.zeros(np.shape(target), jnp.float64)

        def scattered(added: Any) -> Any:
            return jax.lax.scatter_add(zeros, jnp.asarray(indices), added, **params)

        _, pull = jax.vjp(scattered, jnp.zeros(np.shape(updates), jnp.float64))
        (numbers,) = pull(1.0 + jnp.arange(zeros.size, dtype=jnp.float64).reshape(zeros.shape))
    return np.asarray(numbers).ravel().astype(np.int64) - 1
