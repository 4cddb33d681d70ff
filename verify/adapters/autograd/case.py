"""The case of a primitive of autograd, or of a function that calls primitives: `autograd.make_vjp` asks for gradients.

autograd's own engine runs the primitive and the functions that `defvjp` was given, on floats and on symbols alike. So
what is judged is what `autograd.grad` returns: a rule that is None is 0, and a rule for several arguments at once
(`defvjp_argnums`) is asked for all of them, and for each alone.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import autograd
from autograd.core import primitive_jvps, primitive_vjps

from verify.adapters.autograd import values  # noqa: F401 - which makes symbols known to autograd
from verify.cases.as_if import Call, calling, like
from verify.cases.case import Subject, TracedCase
from verify.cases.inputs import Complex, Fixed, Real, described
from verify.cases.making import naming, traced
from verify.cases.tangents import Line, along
from verify.cases.terms import Terms
from verify.model.errors import InputError, ProtocolError
from verify.model.identity import NOWHERE, Place
from verify.model.reasons import Reason
from verify.model.where import is_users, made_at, quoted, start_of

RULES = {"vjp": (primitive_vjps, "defvjp"), "jvp": (primitive_jvps, "defjvp")}
WAY = "autograd"  # the option by which each of these is a variant of its own
TOGETHER = "all gradients at once"
ALONE = "{} alone"
_INDEPENDENT = "Output seems independent of input"  # a warning: it is judged here
_BY_PLACE = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.POSITIONAL_ONLY


def case_of(function: Any, inputs: Mapping[str, Any], terms: Terms, name: str, mode: str) -> TracedCase:
    """Return the case of a primitive; raises InputError where the parts do not fit (`adapters.functions`)."""
    if not callable(function):
        raise InputError(f"autograd_primitive({quoted(function)}): expected a function with @primitive")
    title = str(getattr(function, "__name__", type(function).__name__))
    if mode not in RULES:
        raise InputError(f"mode={quoted(mode)}: expected one of {', '.join(map(repr, RULES))}")
    rules, define = RULES[mode]
    if _is_primitive(function) and function not in rules:
        raise InputError(f"autograd_primitive({title}): it has no rule yet: call {define}({title}, ...)")
    if any(isinstance(value, Complex) for value in inputs.values()):
        raise InputError(f"autograd_primitive({title}): complex inputs are not supported yet")
    options = terms.options or {}
    names = _parameters(function, title, inputs, options)
    declared = {key: described(key, value) for key, value in inputs.items()}
    wanted = [key for key, value in declared.items() if isinstance(value, Real) and not isinstance(value, Fixed)]
    alone = {ALONE.format(key): key for key in wanted} if len(wanted) > 1 else {}
    with naming(name or title):
        as_if = None if terms.as_if is None else calling(terms.as_if, [*inputs], [*options])
        line = Line(inputs) if mode == "jvp" else None
    if line:
        subject, described_inputs = along(line, names, function, _pushing(function, names, wanted), as_if), line.inputs
    else:
        subject, described_inputs = _driving(function, names, wanted, alone, as_if), dict(inputs)
        terms = terms._replace(options={**options, WAY: [TOGETHER, *alone]})
    return traced(
        name or title,
        subject,
        described_inputs,
        terms,
        where=made_at(),
        backward=_place(function, rules),
        unnamed=not name,
        stated=True,
        shared=line is None and bool(alone),
    )


def _is_primitive(function: Any) -> bool:
    return hasattr(function, "fun") and getattr(function, "_is_autograd_primitive", False)


def _own(function: Any) -> Any:
    """Return the function that a primitive was made of."""
    return inspect.unwrap(function.fun if _is_primitive(function) else function)


def _place(function: Any, rules: Mapping[Any, Any]) -> Place:
    """Return where the first rule is written; of a function that calls primitives, the function."""
    written = [*_rules(rules.get(function))] if _is_primitive(function) else []
    codes = [getattr(rule, "__code__", None) for rule in (*written, _own(function))]
    return next((start_of(code) for code in codes if code and is_users(code.co_filename)), NOWHERE)


def _rules(made: Any) -> Iterator[Any]:
    """Yield the functions that `defvjp` was given, which autograd keeps in tables and closures."""
    yield made
    for cell in getattr(made, "__closure__", None) or ():
        held = cell.cell_contents
        yield from held.values() if isinstance(held, dict) else [held]


def _parameters(
    function: Any, title: str, inputs: Mapping[str, Any], options: Mapping[str, Sequence[Any]]
) -> list[str]:
    """Return the arguments that are passed by place: all up to the last input, for rules have their numbers.

    Raises InputError for other names than those of the parameters.
    """
    parameters = inspect.signature(_own(function)).parameters.values()
    written = {**inputs, **options}
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return [*inputs]
    names = [parameter.name for parameter in parameters]
    takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    if unknown := [key for key in written if key not in names and not (takes_any and key in options)]:
        raise InputError(f"{title} takes {', '.join(names)}: there is no {unknown[0]!r}")
    by_place = [parameter.name for parameter in parameters if parameter.kind in _BY_PLACE]
    lacking = [p.name for p in parameters if p.name in by_place and p.name not in written and p.default is p.empty]
    if lacking:
        raise InputError(f"{title} takes {lacking[0]!r} too: describe it, as in {lacking[0]}='N D'")
    placed = [name for name in by_place if name in inputs]
    names = by_place[: by_place.index(placed[-1]) + 1] if placed else []
    if left_out := [name for name in names if name not in written]:
        raise InputError(f"{title} takes {left_out[0]!r} before others: describe it, as in {left_out[0]}='N D'")
    return names


def _driving(
    function: Any, names: Sequence[str], wanted: Sequence[str], alone: Mapping[str, str], as_if: Call | None
) -> Subject:
    """Return what drives a primitive; `wanted` has the inputs that are differentiated, `alone` which one by itself.

    What it yields is the output, or that of `as_if`, from copies of the inputs.
    """

    def subject(**arguments: Any) -> Generator[Any, Any, Any]:
        way = arguments.pop(WAY)
        targets = [alone[way]] if way in alone else [*wanted]
        copies = {key: value.copy() if hasattr(value, "copy") else value for key, value in arguments.items()}
        by_name = {key: value for key, value in arguments.items() if key not in names}

        def call(*differentiated: Any) -> Any:
            passed = {**arguments, **dict(zip(targets, differentiated, strict=True))}
            return function(*(passed[key] for key in names), **by_name)

        pull, output = _pulled(call, [arguments[key] for key in targets])
        dout = yield output if as_if is None else like(as_if(copies), output)
        return {**dict.fromkeys(wanted), **dict(zip(targets, pull(dout), strict=True))}

    return subject


def _pushing(function: Any, names: Sequence[str], wanted: Sequence[str]) -> Callable[..., Any]:
    """Return what pushes directions of the wanted inputs forward, behind all arguments, by `autograd.make_jvp`."""
    numbers = [names.index(key) for key in wanted]

    def push(*arguments: Any, **by_name: Any) -> Any:
        ordered, directions = arguments[: len(names)], arguments[len(names) :]
        with _asking():
            if len(numbers) == 1:
                return autograd.make_jvp(function, numbers[0])(*ordered, **by_name)(directions[0])[1]
            return autograd.make_jvp(function, tuple(numbers))(*ordered, **by_name)(directions)[1]

    return push


@contextmanager
def _asking() -> Iterator[None]:
    """Tell which rule there is not, as an error of the case; raises ProtocolError."""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", _INDEPENDENT)
            yield
    except NotImplementedError as problem:
        raise ProtocolError(
            f"autograd has no rule for an input ({problem}): write one, or describe the input as gradproof.fixed",
            Reason.MISSING_GRADIENT,
        ) from None


def _pulled(call: Callable[..., Any], differentiated: Sequence[Any]) -> tuple[Callable[[Any], Sequence[Any]], Any]:
    """Return what pulls an upstream back to the arguments of a call, and the output.

    One alone is asked for as by `autograd.grad(f)`, several as by `autograd.grad(f, (0, 1))`, which adds each to zeros.
    Raises ProtocolError where a primitive has no rule for one of them.
    """
    alone = len(differentiated) == 1
    with _asking():
        pull, output = autograd.make_vjp(call, 0 if alone else tuple(range(len(differentiated))))(*differentiated)
    return (lambda dout: [pull(dout)]) if alone else pull, output
