"""The code of exact gradients: written in several ways, of which the first one that is proved is handed out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import partial
from itertools import product
from typing import NamedTuple

from verify.cases.case import Case, ExpressionCase, TracedCase
from verify.checks.reference.theory import upstream_name
from verify.exact.beside import is_proved
from verify.exact.forward import recorded
from verify.exact.recording import Recording, UnwritableError
from verify.exact.rules import Way, gradients
from verify.exact.writing import LongError, Written, function
from verify.tracing.observe import Variant, variants

_LONG = "no compact code: most of it would be a loop that is written out"
_UNPROVED = "no code: what was written is not proved for every region, size and option"
_NEITHER = "no code: the case has no arrays, and no expression"
_OPERATIONS = {"+": "add", "-": "sub", "*": "mul", "/": "div", "**": "power", "neg": "neg"}


class Code(NamedTuple):
    """NumPy code of exact gradients that is proved, or why there is none."""

    text: str = ""
    why: str = ""


def exact_code(case: Case, seed: int = 0, wanted: Collection[str] = ()) -> Code:
    """Return code that computes gradients of a case and is proved, or why there is none.

    It is that of the inputs that are `wanted`, or of all of them.
    """
    unproved, why = None, _NEITHER
    for write in _attempts(case):
        try:
            written = write(wanted)
        except LongError:
            why = _LONG
        except UnwritableError as problem:
            why = f"no code: {problem}"
        else:
            if written != unproved and is_proved(case, written, seed):
                return Code(written.text)
            unproved, why = written, _UNPROVED
    return Code(why=why)


def _attempts(case: Case) -> Iterator[Callable[[Collection[str]], Written]]:
    """Yield what writes code, the most likely first."""
    if isinstance(case, ExpressionCase):
        yield partial(_of_expression, case)
    elif isinstance(case, TracedCase):
        for variant, way in product(_first_variants(case), (Way(), Way(through_extremes=True))):
            yield partial(_of_arrays, case, variant, way)


def _first_variants(case: TracedCase) -> list[Variant]:
    """Return the first variant with each choice of options."""
    return list({variant.choice: variant for variant in reversed(variants(case))}.values())[::-1]


def _of_arrays(case: TracedCase, variant: Variant, way: Way, wanted: Collection[str]) -> Written:
    """Return code for the gradients of a variant; raises UnwritableError or LongError."""
    forward = recorded(case, variant)
    inputs = {name: node for name, node in forward.inputs.items() if name in wanted or not wanted}
    nodes = gradients(forward.recording, forward.outputs, list(inputs.values()), way)
    arguments = [*forward.upstreams, *forward.arguments]  # the upstream first, as most code has it
    return function(arguments, dict(zip(inputs, nodes, strict=True)), forward.ranks)


def _of_expression(case: ExpressionCase, wanted: Collection[str]) -> Written:
    """Return code for the gradients of an expression."""
    algebra, upstream = Recording(), upstream_name(case)
    variables = {name: algebra.node("input", (), (name,), ()) for name in (upstream, *case.inputs)}
    operations = {sign: partial(algebra.made, op) for sign, op in _OPERATIONS.items()}
    steps = case.program.evaluate(variables, algebra.exact, operations)
    for index, node in enumerate(steps):
        node.name = node.name or case.program.names[index]
    algebra.forward = frozenset(algebra.all())
    inputs = {name: variables[name] for name in case.inputs if name in wanted or not wanted}
    nodes = gradients(algebra, [(steps[case.program.result], variables[upstream])], list(inputs.values()), Way())
    return function(list(variables), dict(zip(inputs, nodes, strict=True)), dict.fromkeys(inputs, 0))
