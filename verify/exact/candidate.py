"""The code of exact gradients: written in several ways, of which the first one that is proved is handed out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from itertools import product
from typing import NamedTuple

from verify.cases.case import Case, ExpressionCase, TracedCase
from verify.cases.shapes import concrete
from verify.cases.sizes import bindings
from verify.checks.reference.theory import upstream_name
from verify.exact.beside import judge
from verify.exact.forward import recorded
from verify.exact.recording import Recording, UnwritableError
from verify.exact.rules import WAYS, Way, gradients
from verify.exact.writing import MOST_LINES, LongError, Written, by_options, function
from verify.model.result import Verdict
from verify.tracing.observe import Variant, variants

_PRIMES = (
    5,
    7,
    11,
    13,
    17,
    19,
    23,
    29,
    31,
    37,
    41,
    43,
    47,
    53,
    59,
    61,
)  # sizes of names: none is one more than another, or a product of others
_LONG = f"no compact code: loops that are written out would take more than {MOST_LINES} lines"
_UNPROVED = "no code: what was written is not proved for every region, size and option"
_AGREES = "# agrees with the derivative of forward to the accuracy of the code's constants; not proved\n"
_UNEXPECTED = "no code: a rule does not fit what forward does"
_NEITHER = "no code: the case has no arrays, and no expression"
_OPERATIONS = {"+": "add", "-": "sub", "*": "mul", "/": "div", "**": "power", "neg": "neg"}


class Code(NamedTuple):
    """NumPy code of exact gradients that is proved, or only `agrees` within roundings, or why there is none."""

    text: str = ""
    why: str = ""
    agrees: bool = False


def exact_code(case: Case, seed: int = 0, wanted: Collection[str] = ()) -> Code:
    """Return code that computes gradients of a case and is proved, or why there is none.

    It is that of the inputs that are `wanted`, or of all of them. Code that agrees to the accuracy of the constants in
    it and in forward is the second choice, and says so in its first line.
    """
    tried, why, agreeing = set[Written](), _NEITHER, Code()
    for write in _attempts(case):
        try:
            written = write(wanted)
        except LongError:
            why = _LONG
        except UnwritableError as problem:
            why = f"no code: {problem}"
        except (ArithmeticError, LookupError, TypeError, ValueError):  # of shapes that no rule expects
            why = _UNEXPECTED
        else:
            verdict = Verdict.UNDECIDED if written in tried else judge(case, written, seed)
            if verdict is Verdict.PROVED:
                return Code(written.text)
            if verdict is Verdict.AGREES and not agreeing.text:
                agreeing = Code(_AGREES + written.text, agrees=True)
            tried.add(written)
            why = _UNPROVED
    return agreeing if agreeing.text else Code(why=why)


def _attempts(case: Case) -> Iterator[Callable[[Collection[str]], Written]]:
    """Yield what writes code, the most likely first."""
    if isinstance(case, ExpressionCase):
        yield partial(_of_expression, case)
    elif isinstance(case, TracedCase):
        for way, apart in product(WAYS, (True, False)):
            yield partial(_of_options, case, way, first_variants(case, apart=apart))


def first_variants(case: TracedCase, *, apart: bool) -> list[Variant]:
    """Return the first variant with each choice of options, its sizes further apart than elsewhere or as they are."""
    sizes = bindings(case.inputs.values(), case.sizes)[0]
    taken = {
        length for declared in case.inputs.values() for length in concrete(declared.shape, dict.fromkeys(sizes, 1))
    }
    primes = (prime for prime in _PRIMES if prime not in taken)
    bound = {name: case.sizes.get(name) or next(primes, sizes[name]) for name in sizes} if apart else sizes
    return list({variant.choice: variant for variant in reversed(variants(case, [bound]))}.values())[::-1]


def _of_options(case: TracedCase, way: Way, first: Sequence[Variant], wanted: Collection[str]) -> Written:
    """Return code for the gradients of a case, which asks for options where it has to."""
    functions = [(variant.options, _of_arrays(case, variant, way, wanted)) for variant in first]
    alike = len({written for _, written in functions}) == 1
    plain = all(isinstance(value, (bool, int, float, str)) for options, _ in functions for value in options.values())
    return functions[0][1] if alike or not plain else by_options(functions)


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
