"""Operations of PyTensor whose `perform` is not NumPy's code alone, each by its definition in NumPy.

A function gets the operation, the node and its operands. On floats all are run by PyTensor's own `perform`, and the two
are compared (`tracing.floats`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np
from pytensor.scalar import basic, math
from pytensor.tensor.utils import import_func_from_string

from verify.tracing.scipy import scipys

# All by the names of their classes: modules have moved from one version to the next.
REFUSED = frozenset({"Scan", "RandomVariable"})
# Operations of `pytensor.gradient` that are the identity, and whose gradient is another one.
HOLDING = frozenset({"DisconnectedGrad", "ZeroGrad", "UndefinedGrad", "ConsiderConstant", "GradClip", "GradScale"})

_SCALAR: Mapping[type, Callable[..., Any]] = {
    basic.Switch: np.where,
    basic.Clip: lambda x, low, high: np.where(x < low, low, np.where(x > high, high, x)),  # low first, if they cross
    basic.Second: lambda x, y: np.broadcast_to(y, np.broadcast_shapes(np.shape(x), np.shape(y))).copy(),
    basic.Identity: lambda x: x,
    math.Softplus: lambda x: np.logaddexp(0, x),
}


def _elementwise(op: Any, node: Any, operands: Sequence[Any]) -> list[Any]:
    """Return the results of an elementwise function; sizes of 1 are stretched where the type says 1, as in PyTensor."""
    op._check_runtime_broadcast(node, operands)  # noqa: SLF001 - `perform` begins by it
    scalar = op.scalar_op
    if isinstance(scalar, basic.Cast):
        return [operands[0].astype(node.outputs[0].type.dtype)]
    if (function := _SCALAR.get(type(scalar))) is not None:
        return [function(*operands)]
    name, takes, gives = getattr(scalar, "nfunc_spec", None) or ("", 0, 0)
    if not name:
        made = np.frompyfunc(scalar.impl, len(operands), len(node.outputs))(*operands)
        return list(made) if len(node.outputs) > 1 else [made]
    function = import_func_from_string(name)
    if takes == 2 and len(operands) > 2:  # sums and products of any number
        return [reduce(function, operands)]
    made = function(*operands)
    return list(made) if gives > 1 else [made]


def _cholesky(op: Any, node: Any, operands: Sequence[Any]) -> list[Any]:
    lower = np.linalg.cholesky(operands[0])
    return [lower if op.lower else np.swapaxes(lower, -1, -2)]


def _solved(op: Any, node: Any, operands: Sequence[Any]) -> list[Any]:
    a, b = operands
    return [scipys.solve(a, b, lower=op.lower, assume_a=op.assume_a)]


def _solved_by_rows(op: Any, node: Any, operands: Sequence[Any]) -> list[Any]:
    a, b = operands
    return [scipys.solve_triangular(a, b, lower=op.lower, unit_diagonal=op.unit_diagonal)]


def _solved_by_factors(op: Any, node: Any, operands: Sequence[Any]) -> list[Any]:
    factors, b = operands
    return [scipys.solve_factored((factors, op.lower), b)]


SYMBOLIC: Mapping[str, Callable[[Any, Any, Sequence[Any]], list[Any]]] = {
    "Elemwise": _elementwise,
    "Cholesky": _cholesky,
    "Solve": _solved,
    "SolveTriangular": _solved_by_rows,
    "CholeskySolve": _solved_by_factors,
}


def kinds(op: Any) -> list[str]:
    """Return the names of PyTensor's own classes that an operation is of, the nearest first."""
    return [kind.__name__ for kind in type(op).__mro__ if kind.__module__.startswith("pytensor.")]
