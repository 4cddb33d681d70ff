"""The case of a function of JAX with derivative rules of its own, by `custom_vjp` or `custom_jvp`.

What is judged is what `jax.vjp` gives: the forward rule runs in place of the function, and the backward rule (or the
transposed tangents) on its residuals. JAX records all of it as jaxprs, which are interpreted on symbols; on floats it
is run by JAX itself. JAX takes the rule's word for two things, and each is a claim:

- The gradients by the rule are the derivatives of the function as it is without the rule.
- The output of the forward rule is the output of the function. It is claimed as the gradient of `scale * f(x)` by the
  number `scale`, which is the sum of `dout * f(x)`: the forward rule's output stands for f(x) in what is returned. The
  two are the same for all x and dout if and only if the outputs are.
"""

from __future__ import annotations

import inspect
from collections.abc import Generator, Mapping, Sequence
from functools import partial
from types import CodeType
from typing import Any

import jax
import numpy as np

from verify.adapters.jax.interpreter import plainly
from verify.adapters.jax.places import within
from verify.adapters.jax.pushing import pushing
from verify.adapters.jax.running import Pulled, precision, real_leaves, run
from verify.adapters.jax.values import leaving
from verify.cases.as_if import Call, calling, like
from verify.cases.case import Subject, TracedCase
from verify.cases.grouped import flat, grouped
from verify.cases.inputs import Complex, Fixed, Real, described
from verify.cases.making import naming, traced
from verify.cases.tangents import Line
from verify.cases.terms import Terms
from verify.model.errors import InputError
from verify.model.identity import NOWHERE, Place
from verify.model.where import made_at, quoted, start_of

MODES = ("vjp", "jvp")
WAY = "jax"  # the option by which each of these is a variant of its own
RULE, VALUE = "gradients by the rule", "value of the rule"
SCALE = "scale"
_NAMED = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.POSITIONAL_ONLY
_DEFINED = "defvjp(forward, backward) or defjvp(rule)"
_RULES = (jax.custom_vjp, jax.custom_jvp)
jax.devices()  # JAX looks for devices once, in threads, which would be those of user code within a run


def case_of(function: Any, inputs: Mapping[str, Any], terms: Terms, name: str, mode: str) -> TracedCase:
    """Return the case of a function; raises InputError where the parts do not fit (`adapters.functions`)."""
    if not callable(function):
        raise InputError(f"jax_rule({quoted(function)}): expected a function with custom_vjp or custom_jvp")
    if mode not in MODES:
        raise InputError(f"mode={quoted(mode)}: expected one of {', '.join(map(repr, MODES))}")
    options = terms.options or {}
    title = getattr(function, "__name__", type(function).__name__)
    names = _parameters(function, title, {**inputs, **options})
    leaves = flat(inputs)
    if any(isinstance(value, Complex) for value in leaves.values()):
        raise InputError(f"jax_rule({title}): complex inputs are not supported yet")
    declared = {key: described(key, value) for key, value in leaves.items()}
    real = {key: value for key, value in declared.items() if isinstance(value, Real)}
    wanted = [key for key, value in real.items() if not isinstance(value, Fixed)]
    scale = SCALE
    while scale in {*names, *leaves}:
        scale += "_"
    parameters = {key: inputs.get(key, key) for key in names}
    with naming(name or title):
        as_if = None if terms.as_if is None else calling(terms.as_if, [*inputs], [*options])
        line = _line_of(function, title, leaves) if mode == "jvp" else None
    if line:
        subject = pushing(line, function, parameters, leaves, [*real], wanted, as_if)
    else:
        subject = _driving(function, parameters, [*real], wanted, scale, as_if)
        terms = terms._replace(options={**options, WAY: [RULE, VALUE]})
    return traced(
        name or title,
        subject,
        line.inputs if line else {**leaves, scale: ""},
        terms,
        where=made_at(),
        backward=_place(function),
        unnamed=not name,
        stated=True,
        shared=line is None,
    )


def _line_of(function: Any, title: str, leaves: Mapping[str, Any]) -> Line:
    """Return the inputs along a line; raises InputError for a rule that JAX has no derivatives along directions by."""
    if isinstance(function, jax.custom_vjp):
        raise InputError(f"jax_rule({title}): mode='jvp' is for custom_jvp: JAX cannot push forward by custom_vjp")
    return Line(leaves)


def _rule(function: Any) -> CodeType | None:
    """Return the code of the rule; of a function that calls others with rules, its own."""
    rule = getattr(function, "bwd", None) or getattr(function, "jvp", None) or function
    if isinstance(function, _RULES) and rule is function:
        raise InputError(f"jax_rule({function.__name__}): it has no rule yet: call {function.__name__}.{_DEFINED}")
    code: CodeType | None = getattr(inspect.unwrap(rule), "__code__", None)
    return code


def _place(function: Any) -> Place:
    code = _rule(function)
    return start_of(code) if code else NOWHERE


def _parameters(function: Any, title: str, written: Mapping[str, Any]) -> list[str]:
    """Return the parameters that are described, which come first; raises InputError for other names."""
    parameters = inspect.signature(function).parameters.values()
    if any(parameter.kind not in _NAMED for parameter in parameters):
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


def _driving(
    function: Any,
    parameters: Mapping[str, Any],
    real: Sequence[str],
    wanted: Sequence[str],
    scale: str,
    as_if: Call | None,
) -> Subject:
    """Return what drives a function of `parameters`; `real` names the arrays of real numbers in its arguments.

    The gradients by the rule are those of the function, or of `as_if`; the value of the rule is the function's own.
    """

    def subject(**arguments: Any) -> Generator[Any, Any, Any]:
        way, factor = arguments.pop(WAY), arguments.pop(scale)
        reals = {key: arguments[key] for key in real}
        dtype = getattr(reals[wanted[0]], "dtype", np.float64)

        def call(values: Mapping[str, Any]) -> Any:
            return function(*grouped(parameters, {**arguments, **values}))

        def stated(values: Mapping[str, Any]) -> Any:
            whole = grouped(parameters, {**arguments, **values})
            return call(values) if as_if is None else as_if(dict(zip(parameters, whole, strict=True)))

        def leaves(computed: Any) -> list[Any]:
            entered = run(lambda *entries: computed(dict(zip(reals, entries, strict=True))), [*reals.values()])
            return list(map(leaving, real_leaves(entered)))

        with precision(dtype):
            with plainly("the function" if way == RULE and as_if is None else ""):
                outputs = leaves(call)
            if way == RULE and as_if is not None:
                with plainly("as_if"):
                    outputs = list(like(tuple(leaves(stated)), tuple(outputs)))
            pulled = Pulled(call, wanted, reals)
        outputs = [_scaled(output, factor) for output in outputs] if way == VALUE else outputs
        sent = yield outputs[0] if len(outputs) == 1 else tuple(outputs)
        douts = sent if isinstance(sent, tuple) else (sent,)
        unclaimed = dict.fromkeys([*wanted, scale])
        if way == VALUE:
            shares = [np.sum(dout * leaving(output)) for dout, output in zip(douts, pulled.outputs, strict=True)]
            return {**unclaimed, scale: sum(shares[1:], shares[0])}
        with precision(dtype):
            gradients = within(_rule(function), partial(pulled.back, douts))
        return {**unclaimed, **dict(zip(wanted, map(leaving, gradients), strict=True))}

    return subject


def _scaled(output: Any, factor: Any) -> Any:
    """Return an output times a number, of the type that the function gives it: that is the function's choice."""
    return (factor * output).astype(output.dtype)
