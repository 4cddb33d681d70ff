"""A jaxpr on arrays of symbols, equation by equation.

Equations of whole numbers and truth values alone are computed by JAX. Of real numbers, each is moved or computed by a
table, or called if it holds jaxprs of its own. An equation that is in no table is refused: JAX has hundreds of
primitives, and one that is taken for another would make a false proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr, Literal

from verify.adapters.jax.moves import MOVES, moved
from verify.adapters.jax.places import at_line, holds_of_users
from verify.adapters.jax.primitives import COMPUTED, SCATTERED, UNBOUNDED
from verify.adapters.jax.values import entering, is_real, is_symbolic, refused
from verify.model.unfollowed import HOW_TO_ADD, unbounded
from verify.tracing.arrays import arrays

_Values = Sequence[Any]
_HELD = (
    "{} holds a part constant (stop_gradient), which cannot be traced: the derivative of its numbers is another one "
    "than JAX's; state the function whose derivative is meant, without stop_gradient, as as_if"
)
_plainly = ContextVar("_plainly", default="")  # whose derivative is that of its numbers, if that is asked for
# Parameters under which equations that only call a jaxpr hold it.
_BODIES = ("jaxpr", "call_jaxpr", "fun_jaxpr")
_CALLING = (
    "jit pjit closed_call core_call remat checkpoint remat2 custom_jvp_call custom_vjp_call custom_vjp_call_jaxpr"
)
_CALLS = frozenset(_CALLING.split())
_UNCHANGED = frozenset({"optimization_barrier", "device_put"})
_NUMBERS = frozenset({"iota", "bitcast_convert_type"})  # of whole numbers, real ones that become constants


@contextmanager
def plainly(function: str) -> Iterator[None]:
    """Refuse meanwhile what JAX would not differentiate, and whose numbers are those of its operand.

    What JAX's own functions hold, as softmax holds the greatest of its inputs, is followed: they are documented as
    functions of numbers, and holding a part of them changes how the derivative is computed, not what it is.
    """
    token = _plainly.set(function)
    try:
        yield
    finally:
        _plainly.reset(token)


def evaluated(closed: Any, values: _Values) -> list[Any]:
    """Return what a closed jaxpr makes of values; raises TraceError for a primitive that is not followed."""
    jaxpr = closed.jaxpr
    environment: dict[Any, Any] = {}

    def read(variable: Any) -> Any:
        return entering(variable.val, variable.aval) if isinstance(variable, Literal) else environment[variable]

    for variable, value in [*zip(jaxpr.constvars, closed.consts, strict=True), *zip(jaxpr.invars, values, strict=True)]:
        environment[variable] = entering(value, variable.aval)
    for equation in jaxpr.eqns:
        results = at_line(equation, partial(_results, equation, [read(variable) for variable in equation.invars]))
        environment.update(zip(equation.outvars, results, strict=True))
    return [read(variable) for variable in jaxpr.outvars]


def _results(equation: Any, operands: list[Any]) -> list[Any]:
    made = _made(equation, operands)
    return [entering(value, variable.aval) for value, variable in zip(made, equation.outvars, strict=True)]


def _made(equation: Any, operands: list[Any]) -> _Values:
    """Return the results of an equation."""
    name, params = equation.primitive.name, equation.params
    if name == "stop_gradient" and (function := _plainly.get()) and holds_of_users(equation):
        refused(_HELD.format(function))
    if name in _CALLS:
        return evaluated(_body(params), operands)
    if name in _CONTROL:
        return _CONTROL[name](params, operands)
    if not _has_reals(equation) or (name in _NUMBERS and not any(map(is_symbolic, operands))):
        results = equation.primitive.bind(*map(_as_jaxs, operands), **params)
        return list(results) if equation.primitive.multiple_results else [results]
    if name in _UNCHANGED:
        return operands
    if name in MOVES:
        return moved(equation, operands)
    made = _computed(equation, operands)
    return made if equation.primitive.multiple_results else [made]


def _as_jaxs(operand: Any) -> Any:
    return jnp.asarray(operand) if isinstance(operand, np.ndarray) else operand


def _has_reals(equation: Any) -> bool:
    """Tell whether real numbers go into an equation or come out of it."""
    return any(is_real(variable.aval) for variable in [*equation.invars, *equation.outvars])


def _computed(equation: Any, operands: list[Any]) -> Any:
    name = equation.primitive.name
    if name in UNBOUNDED and arrays.current().as_executed:
        raise unbounded(f"jax.lax.{name}")
    if name in SCATTERED:
        return SCATTERED[name](equation.params, *operands, equation=equation)
    if name in COMPUTED:
        return COMPUTED[name](equation.params, *operands)
    return refused(f"the primitive {name} of JAX cannot be traced{HOW_TO_ADD}")


def _body(params: Any) -> Any:
    body = next(params[name] for name in _BODIES if name in params)
    return body if isinstance(body, ClosedJaxpr) else ClosedJaxpr(body, [])


def _cond(params: Any, operands: list[Any]) -> _Values:
    which, *rest = operands
    branches = params["branches"]
    return evaluated(branches[min(max(int(which), 0), len(branches) - 1)], rest)


def _while(params: Any, operands: list[Any]) -> _Values:
    first = params["cond_nconsts"]
    second = first + params["body_nconsts"]
    condition_constants, constants, carried = operands[:first], operands[first:second], operands[second:]
    while evaluated(params["cond_jaxpr"], [*condition_constants, *carried])[0]:
        carried = evaluated(params["body_jaxpr"], [*constants, *carried])
    return carried


def _scan(params: Any, operands: list[Any]) -> _Values:
    first = params["num_consts"]
    second = first + params["num_carry"]
    constants, carried, columns = operands[:first], operands[first:second], operands[second:]
    steps = range(params["length"])
    rows: dict[int, _Values] = {}
    for step in reversed(steps) if params["reverse"] else steps:
        made = evaluated(params["jaxpr"], [*constants, *carried, *[column[step] for column in columns]])
        carried, rows[step] = made[: second - first], made[second - first :]
    outputs = params["jaxpr"].out_avals[second - first :]
    return [*carried, *[_stacked([rows[step][n] for step in steps], like) for n, like in enumerate(outputs)]]


def _stacked(rows: list[Any], like: Any) -> Any:
    """Return the results of all steps as one array; of no steps, an empty one."""
    return np.stack(rows) if rows else np.zeros((0, *like.shape), like.dtype)


_CONTROL: dict[str, Callable[[Any, list[Any]], _Values]] = {"cond": _cond, "while": _while, "scan": _scan}
