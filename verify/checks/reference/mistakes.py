"""The likely mistake behind a wrong gradient of an expression: what is known of layers, asked of a single number."""

from __future__ import annotations

from verify.checks.reference.theory import Theory
from verify.graph.program import Program


def _others(program: Program, step: int) -> dict[int, None]:
    """Return the steps whose gradients may be taken for that of a step: what it is computed with, and other inputs."""
    together = [program.args(i) for i in range(len(program)) if step in program.args(i)]
    inputs = program.input_steps if program.ops[step] == "input" else []
    return {i: None for i in (*(i for args in together for i in args), *inputs) if i != step and program.varies[i]}


def mistake(exact: Theory, step: int, actual: int) -> str:
    """Name the likely mistake in the gradient with respect to a step, of which `actual` is the node; or say nothing."""
    from verify.checks.claims.diagnoses import diagnose  # and NumPy with them, which what is right does not need
    from verify.checks.claims.suspect import Suspect
    from verify.tracing.observe import Quantity

    graph, program, derivative = exact.graph, exact.case.program, exact.derivatives
    terms = graph.args[derivative[step]] if graph.ops[derivative[step]] == "sum" else ()
    return diagnose(
        Suspect(
            graph=graph,
            region=exact,
            shape=(),
            actual=Quantity((), [actual]),
            expected=[derivative[step]],
            shares=[list(terms)],
            others={program.label(i): ((), [derivative[i]]) for i in _others(program, step)},
            output=[exact.values[program.result]],
            upstream=[exact.upstream],
            sizes={},
        )
    )
