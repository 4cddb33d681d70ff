"""The case of an Op of PyTensor, or of a function of its variables: `pytensor.grad` builds the graph of gradients.

What is judged is what PyTensor's engine makes of the rules: `pullback` (or `L_op`, or `grad`) is called with variables,
and the sums of what it returns are a graph like that of the function. Both are run node by node, on floats and on
symbols. With several outputs each is asked for alone too: then the rule gets gradients of a disconnected type for the
others.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Generator, Mapping, Sequence
from functools import partial
from types import CodeType
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.gradient import NullTypeGradError
from pytensor.graph.basic import Variable
from pytensor.graph.op import Op

from verify.adapters.pytensor.interpreter import evaluated, plainly
from verify.adapters.pytensor.values import is_real
from verify.cases.as_if import Call, calling, like
from verify.cases.case import Subject, TracedCase
from verify.cases.inputs import Complex, Constant, Fixed, Integer, Real, described
from verify.cases.making import naming, traced
from verify.cases.terms import Terms
from verify.model.errors import InputError, ProtocolError
from verify.model.identity import NOWHERE, Place
from verify.model.lines import Line, called_from
from verify.model.reasons import Reason
from verify.model.where import is_users, made_at, quoted, start_of
from verify.tracing.arrays import arrays

WAY = "pytensor"  # the option by which each of these is a variant of its own
TOGETHER, ALONE = "all outputs", "output {} alone"
_RULES = ("pullback", "L_op", "grad")  # the first that is a class's own is called; the others are their names in 2.x
_OLD_NAME = ".* should implement `pullback`"  # a warning of PyTensor's: such rules are called as well
_Types = Mapping[str, Callable[[str, Any], Any]]  # what makes the variable of an input, of a type of numbers


def case_of(op: Any, inputs: Mapping[str, Any], terms: Terms, name: str) -> TracedCase:
    """Return the case of an Op; raises InputError where the parts do not fit (`adapters.functions`)."""
    title = str(getattr(op, "__name__", "") or type(op).__name__)
    if isinstance(op, type) or not callable(op):
        raise InputError(f"pytensor_op({quoted(op)}): expected an Op, as in pytensor_op(MyOp(), ...), or a function")
    options = terms.options or {}
    names = _parameters(op, title, {**inputs, **options})
    if any(isinstance(value, Complex) for value in inputs.values()):
        raise InputError(f"pytensor_op({title}): complex inputs are not supported yet")
    declared = {key: described(key, value) for key, value in inputs.items()}
    wanted = [key for key, value in declared.items() if isinstance(value, Real) and not isinstance(value, Fixed)]
    types = {key: _type(value) for key, value in declared.items() if not isinstance(value, Constant)}
    with naming(name or title):
        as_if = None if terms.as_if is None else calling(terms.as_if, [*inputs], [*options])
    first = {key: values[0] for key, values in options.items()}
    fixed = {key: value.value for key, value in declared.items() if isinstance(value, Constant)}
    alone = {ALONE.format(k): k for k in range(_count(op, names, types, {**first, **fixed}))}
    ways = {TOGETHER: None, **(alone if len(alone) > 1 else {})}
    return traced(
        name or title,
        _driving(op, names, types, wanted, ways, as_if),
        inputs,
        terms._replace(options={**options, WAY: [*ways]}),
        where=made_at(),
        backward=_place(op),
        unnamed=not name,
        stated=True,
    )


def _rule(op: Any) -> CodeType | None:
    """Return the code of the rule; of a function that calls Ops, its own."""
    rules = (vars(kind).get(rule) for kind in type(op).__mro__ for rule in _RULES) if isinstance(op, Op) else (op,)
    codes = (getattr(inspect.unwrap(rule), "__code__", None) for rule in rules if rule is not None)
    return next((code for code in codes if code and is_users(code.co_filename)), None)


def _place(op: Any) -> Place:
    code = _rule(op)
    return start_of(code) if code else NOWHERE


def _parameters(op: Any, title: str, written: Mapping[str, Any]) -> list[str]:
    """Return the parameters that are described, which come first; raises InputError for other names."""
    function = op.make_node if isinstance(op, Op) else op
    parameters = inspect.signature(function).parameters.values()
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return [*written]
    names = [parameter.name for parameter in parameters]
    if unknown := [key for key in written if key not in names]:
        raise InputError(f"{title} takes {', '.join(names)}: there is no {unknown[0]!r}")
    if lacking := [p.name for p in parameters if p.name not in written and p.default is p.empty]:
        raise InputError(f"{title} takes {lacking[0]!r} too: describe it, as in {lacking[0]}='N D'")
    last = max(names.index(key) for key in written) if written else -1
    if left_out := [name for name in names[: last + 1] if name not in written]:
        raise InputError(f"{title} takes {left_out[0]!r} before others: describe it, as in {left_out[0]}='N D'")
    return names[: last + 1]


def _type(description: Real | Integer) -> Callable[[str, Any], Any]:
    """Return what makes a variable; a size that is written as 1 is stretched by PyTensor, and others are not."""
    shape = tuple(1 if size == "1" else None for size in description.shape.split())
    whole = isinstance(description, Integer)
    return lambda name, dtype: pt.tensor(name, dtype="int64" if whole else np.dtype(dtype).name, shape=shape)


def _count(op: Any, names: Sequence[str], types: _Types, fixed: Mapping[str, Any]) -> int:
    """Return how many outputs have gradients; of what cannot be built, 0: the run says why."""
    variables = {key: make(key, np.float64) for key, make in types.items()}
    try:
        return len(_outputs(op(*({**variables, **fixed}[key] for key in names))))
    except Exception:  # noqa: BLE001 - of code of the user's
        return 0


def _outputs(returned: Any) -> list[Variable[Any, Any]]:
    """Return the outputs that are arrays of real numbers; raises ProtocolError if there are none."""
    several = returned if isinstance(returned, (list, tuple)) else [returned]
    real = [each for each in several if isinstance(each, Variable) and is_real(each.type)]
    if not real:
        raise ProtocolError("no output is a variable of real numbers", Reason.MISSING_OUTPUT)
    return real


def _driving(
    op: Any,
    names: Sequence[str],
    types: _Types,
    wanted: Sequence[str],
    ways: Mapping[str, int | None],
    as_if: Call | None,
) -> Subject:
    """Return what drives an Op with arrays of `types`; `wanted` has those that are differentiated.

    What it yields are the outputs, or those of `as_if`, whose graphs begin at the same variables.
    """

    def subject(**arguments: Any) -> Generator[Any, Any, Any]:
        chosen = ways[arguments.pop(WAY)]
        dtype = getattr(arguments[wanted[0]], "dtype", np.float64)
        values = [arguments[key] for key in types]
        with pytensor.config.change_flags(floatX=np.dtype(dtype).name):
            variables = {key: make(key, dtype) for key, make in types.items()}
            passed = {**arguments, **variables}
            outputs = _chosen(_outputs(op(*(passed[key] for key in names))), chosen)
            with plainly("the function" if as_if is None else ""):
                computed = evaluated([*variables.values()], values, outputs)
            if as_if is not None:
                stated = _chosen(_outputs(as_if(passed)), chosen)
                with plainly("as_if"):
                    claimed = evaluated([*variables.values()], values, stated)
                computed = list(like(tuple(map(_leaving, claimed)), tuple(map(_leaving, computed))))
        sent = yield _leaving(computed[0]) if len(computed) == 1 else tuple(map(_leaving, computed))
        with pytensor.config.change_flags(floatX=np.dtype(dtype).name):
            douts = {output: output.type(name="dout") for output in outputs}
            differentiated = [variables[key] for key in wanted]
            gradients = called_from(_first_line(op), partial(_gradients, differentiated, douts))
            upstreams = sent if isinstance(sent, tuple) else (sent,)
            pulled = evaluated([*variables.values(), *douts.values()], [*values, *upstreams], gradients)
        return dict(zip(wanted, map(_leaving, pulled), strict=True))

    return subject


def _chosen(outputs: Sequence[Any], number: int | None) -> list[Any]:
    return [*outputs] if number is None else [outputs[number]]


def _gradients(differentiated: Sequence[Any], douts: Mapping[Any, Any]) -> list[Any]:
    """Return the graphs of gradients; raises ProtocolError where a rule says that there is none."""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", _OLD_NAME)
            graphs: list[Any] = pytensor.grad(
                None, differentiated, known_grads=dict(douts), disconnected_inputs="ignore"
            )
    except NullTypeGradError as problem:
        raise ProtocolError(
            f"PyTensor has no gradient for an input ({problem}): write one, or describe the input as gradproof.fixed",
            Reason.MISSING_GRADIENT,
        ) from None
    return graphs


def _first_line(op: Any) -> Line | None:
    code = _rule(op)
    return (code.co_filename, code.co_firstlineno, code.co_name) if code else None


def _leaving(value: Any) -> Any:
    """Return what PyTensor or the interpreter gave as an array of the case."""
    return arrays.scalar(value if arrays.active() is not None else np.array(value))
