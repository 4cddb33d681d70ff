"""The likely mistake behind a wrong gradient of an expression: what is known of layers, asked of a single number."""

from __future__ import annotations

from verify.expressions.theory import Theory


def mistake(exact: Theory, step: int, actual: int) -> str:
    """Name the likely mistake in the gradient with respect to a step, of which `actual` is the node; or say nothing."""
    from verify.gradients.diagnoses import Suspect, diagnose  # and NumPy with them, which what is right does not need
    from verify.tracing.observe import Quantity

    graph, program, derivative = exact.graph, exact.case.program, exact.derivatives
    terms = graph.args[derivative[step]] if graph.ops[derivative[step]] == "sum" else ()
    inputs = {program.names[i]: i for i in program.input_steps if i != step}
    return diagnose(
        Suspect(
            graph=graph,
            region=exact,
            shape=(),
            actual=Quantity((), [actual]),
            expected=[derivative[step]],
            shares=[list(terms)],
            others={label: ((), [derivative[i]]) for label, i in inputs.items()},
            output=[exact.values[program.result]],
            upstream=[exact.upstream],
            sizes={},
        )
    )
