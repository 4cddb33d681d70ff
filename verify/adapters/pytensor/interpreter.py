"""A graph of PyTensor, node by node, on floats or on arrays of symbols.

Each operation is run by its own `perform`, its definition in Python, which is NumPy's code and followed like a user's.
Elementwise functions are called without the types that PyTensor chose for NumPy's loops, and operations that hold a
graph of their own are that graph. What PyTensor compiles of the same graph is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

import numpy as np
from pytensor.compile.builders import OpFromGraph
from pytensor.graph.basic import Constant
from pytensor.graph.traversal import io_toposort

from verify.adapters.pytensor.operations import HOLDING, REFUSED, SYMBOLIC, kinds
from verify.adapters.pytensor.values import entering, refused
from verify.model.errors import GradproofError
from verify.model.lines import Line, called_from
from verify.model.unfollowed import HOW_TO_ADD
from verify.model.where import is_users
from verify.tracing.arrays import arrays

_HELD = (
    "{} holds a part constant, or changes its gradient ({}), which cannot be traced: its derivative is another one "
    "than that of its numbers; state the function whose derivative is meant, without that, as as_if"
)
_plainly = ContextVar("_plainly", default="")  # whose derivative is that of its numbers, if that is asked for


@contextmanager
def plainly(function: str) -> Iterator[None]:
    """Refuse meanwhile operations that PyTensor differentiates otherwise than as the numbers that they compute."""
    token = _plainly.set(function)
    try:
        yield
    finally:
        _plainly.reset(token)


def evaluated(inputs: Sequence[Any], values: Sequence[Any], outputs: Sequence[Any]) -> list[Any]:
    """Return the values of the outputs of a graph; raises TraceError for an operation that is not followed."""
    computed = {variable: entering(value, variable.type) for variable, value in zip(inputs, values, strict=True)}
    for node in io_toposort(inputs, outputs):
        operands = [_read(variable, computed) for variable in node.inputs]
        results = called_from(_line(node), partial(_results, node, operands))
        computed.update(zip(node.outputs, results, strict=True))
    return [_read(variable, computed) for variable in outputs]


def _read(variable: Any, computed: Mapping[Any, Any]) -> Any:
    if variable in computed:
        return computed[variable]
    if isinstance(variable, Constant):
        return entering(variable.data, variable.type)
    if not hasattr(variable, "get_value"):
        refused(f"the variable {variable} is not an input of the case, and has no value")
    return entering(variable.get_value(), variable.type)  # a shared variable: a constant of the case


def _line(node: Any) -> Line | None:
    """Return the user's line that made a node; PyTensor keeps lines from the outermost to the innermost."""
    for stack in getattr(node.outputs[0].tag, "trace", None) or ():
        for file, line, name, _ in reversed(stack):
            if is_users(file):
                return file, line, name
    return None


def _results(node: Any, operands: Sequence[Any]) -> list[Any]:
    made = _made(node, operands)
    return [entering(value, variable.type) for value, variable in zip(made, node.outputs, strict=True)]


def _made(node: Any, operands: Sequence[Any]) -> Sequence[Any]:
    of_matrices = getattr(node.op, "core_op", None)  # an operation of matrices, for each of a batch
    op = of_matrices if of_matrices is not None and node.op.batch_ndim(node) == 0 else node.op
    names = kinds(op)
    if (function := _plainly.get()) and (holding := HOLDING.intersection(names)):
        refused(_HELD.format(function, *holding))
    if not REFUSED.isdisjoint(names):
        refused(f"the operation {op} of PyTensor cannot be traced{HOW_TO_ADD}")
    if isinstance(op, OpFromGraph):
        return evaluated(op.inner_inputs, operands, op.inner_outputs)
    if arrays.active() is not None and (own := next((SYMBOLIC[name] for name in names if name in SYMBOLIC), None)):
        return own(op, node, operands)
    return _performed(node, operands)


def _performed(node: Any, operands: Sequence[Any]) -> list[Any]:
    """Return what `perform` stores; raises TraceError where PyTensor's own asks more of symbols than they know."""
    storage: list[list[Any]] = [[None] for _ in node.outputs]
    try:
        with np.errstate(all="ignore"):
            node.op.perform(node, list(operands), storage)
    except GradproofError:
        raise
    except (TypeError, AttributeError, NotImplementedError) as problem:
        if arrays.active() is None or not type(node.op).__module__.startswith("pytensor."):
            raise
        refused(f"the operation {node.op} of PyTensor cannot be traced: {problem}")
    return [cell for (cell,) in storage]
