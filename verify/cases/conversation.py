"""A subject at work: it yields what it computed forward, is sent the upstream, and returns gradients.

Whatever is run, floats or symbols, is run by `converse`; what is no such conversation raises ProtocolError.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

from verify.cases.calling import SUBJECT, call
from verify.cases.case import ExpressionCase, Subject
from verify.cases.earlier import aged
from verify.cases.wirtinger import halved, joined, sign_of
from verify.model.errors import ProtocolError, UnclaimedError, nearest
from verify.model.reasons import Reason
from verify.model.where import calls_users_code, quoted

_NO_YIELD = "the function of the case yields nothing: it must yield its output once"
YIELDS_TWICE = "the function of the case yields twice: it must yield its output once, then return the gradients"


class Outcome(NamedTuple):
    """What a subject gave: forward values and claimed gradients by step; the inputs that it makes no claim on by name.

    A step to which the text gives two names is there once.
    """

    values: dict[int, Any]
    gradients: dict[int, Any]
    unclaimed: tuple[str, ...] = ()


def converse(subject: Subject, inputs: Mapping[str, Any], upstream_of: Callable[[Any], Any]) -> tuple[Any, Any]:
    """Run a subject forward and backward, and return what it yielded and what it returned.

    A complex output is two real ones to whoever asks (`wirtinger`).
    Raises ProtocolError where it does not yield once and return gradients, and whatever the subject raises. A copy of
    the process that the subject has forked ends here: a case is run many times, and each copy would fork again.
    """
    process = os.getpid()
    try:
        return _conversed(subject, inputs, upstream_of)
    finally:
        if os.getpid() != process:
            os._exit(0)


@calls_users_code
def _conversed(subject: Subject, inputs: Mapping[str, Any], upstream_of: Callable[[Any], Any]) -> tuple[Any, Any]:
    running = call(SUBJECT, subject, **aged(inputs))
    if not inspect.isgenerator(running):
        actual = quoted(running)
        raise ProtocolError(
            "the function of the case must be a generator that yields its output, as in `dout = yield y`, "
            f"and then returns the gradients; it returned {actual} without a yield",
            Reason.WRONG_YIELD,
        )
    try:
        output = next(running)
    except StopIteration:
        raise ProtocolError(
            "the function of the case yields nothing: it must yield its output once", Reason.WRONG_YIELD
        ) from None
    halves = halved(output)
    upstream = upstream_of(halves)
    if halves is not output:
        upstream = joined(output, upstream, sign_of(subject))
    try:
        running.send(upstream)
    except StopIteration as stop:
        return output, stop.value
    running.close()
    raise ProtocolError(
        "the function of the case yields twice: it must yield its output once, then return the gradients",
        Reason.WRONG_YIELD,
    )


def drive(case: ExpressionCase, inputs: Mapping[str, Any], upstream: Any) -> Outcome:
    """Run the subject of an expression, on any kind of number.

    Raises ProtocolError where it does not keep to the protocol, and whatever the subject raises.
    """
    values: dict[int, Any] = {}

    def answer(output: Any) -> Any:
        values.update(_values(case, output))
        return upstream

    _, returned = converse(case.subject, inputs, answer)
    named = named_gradients(case.inputs, returned, lambda names: _check_names(case, names, "gradient"))
    names = case.program.names
    gradients = {i: named[names[i]] for i in case.program.input_steps}
    if len(named) > len(gradients):
        gradients = _by_step(case, {name: named[name] for name in named if name not in case.inputs}, gradients)
    if not any(gradient is None for gradient in named.values()):  # as in most cases
        return Outcome(values, gradients)
    claimed = {i: gradient for i, gradient in gradients.items() if gradient is not None}
    return Outcome(values, claimed, tuple(name for name, gradient in named.items() if gradient is None))


def _values(case: ExpressionCase, output: Any) -> dict[int, Any]:
    values = output if isinstance(output, Mapping) else {case.program.output: output}
    if not any(case.program.find(name) == case.program.result for name in values):
        raise ProtocolError(
            f"the yielded values lack the output {case.program.output!r}: {', '.join(map(repr, values))}",
            Reason.MISSING_OUTPUT,
        )
    _check_names(case, values, "value")
    return _by_step(case, values, {})


def _by_step(case: ExpressionCase, named: Mapping[str, Any], by_step: dict[int, Any]) -> dict[int, Any]:
    """Add what was given by name to what is found by step.

    Raises ProtocolError where two names of a step (`z = y` gives it a second one) were not given one and the same.
    """
    names: dict[int, str] = {}
    for name, value in named.items():
        step = case.program.find(name)
        if step is None:
            continue
        if by_step.setdefault(step, value) is not value:
            first = names.get(step, case.program.label(step))
            raise ProtocolError(
                f"{name!r} and {first!r} are one step of the expression: one of them is enough", Reason.DOUBLE_NAME
            )
        names[step] = name
    return by_step


def named_gradients(names: Collection[str], returned: Any, check: Callable[[Iterable[str]], None]) -> Mapping[str, Any]:
    """Return the gradients by name; None is no claim, and a dict has to have at least `names`.

    Where a dict has more, `check` refuses names that are unknown. Raises ProtocolError for a wrong number, and where
    nothing is claimed.
    """
    gradients: Mapping[str, Any]
    if isinstance(returned, Mapping):
        missing = [name for name in names if name not in returned]
        if missing:
            raise ProtocolError(
                f"no gradient is returned for {', '.join(missing)} (return None for a gradient that you do not claim)",
                Reason.MISSING_GRADIENT,
            )
        if len(returned) > len(names):
            check(returned)
        gradients = returned
    else:
        values = returned if isinstance(returned, (tuple, list)) else (returned,)
        if len(values) != len(names):
            noun = "gradient" if len(names) == 1 else "gradients"
            raise ProtocolError(
                f"expected {len(names)} {noun} ({', '.join(names)}), got {len(values)}", Reason.WRONG_COUNT
            )
        gradients = dict(zip(names, values, strict=True))
    if all(gradient is None for gradient in gradients.values()):
        raise UnclaimedError("every gradient is None: nothing is claimed")
    return gradients


def _check_names(case: ExpressionCase, names: Iterable[str], kind: str) -> None:
    for name in names:
        if name not in case.inputs and case.program.find(name) is None:
            hint = nearest(str(name), case.program.labels)
            raise ProtocolError(f"the {kind} {name!r} is not in the expression{hint}", Reason.UNKNOWN_NAME)
