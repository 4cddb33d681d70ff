"""The computational graph of a case, as data for those who draw it, and the node that is to blame for a wrong gradient.

A node is blamed where what comes to it is right, and what leaves it is wrong: forward first, for a wrong forward value
makes gradients wrong that are computed from it, then backward.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from verify.checks.reference.theory import Theory
from verify.graph.derive import shares
from verify.graph.program import Step
from verify.model.exact import decimal_text
from verify.model.result import Comparison, Graph, Node, Verdict

_MOST = 60  # nodes that are drawn where nothing is wrong
_LARGEST = 2000  # nodes among which the path to a failure is looked for
_SIGNS = {"+": "+", "-": "−", "*": "×", "/": "÷", "neg": "−"}
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def picture(exact: Theory, comparisons: Sequence[Comparison]) -> Graph | None:
    """Return the graph of a case, or None for one that is too large to be drawn."""
    size = len(exact.case.program)
    if size > _LARGEST:
        return None
    good = all(c.good for c in comparisons)
    if good and size > _MOST:
        return None
    drawn = _drawn(exact)
    return Graph(tuple(drawn), exact.case.program.result, None if good else _blamed(exact, comparisons))


def _drawn(exact: Theory) -> list[Node]:
    program = exact.case.program
    uses = Counter(i for step in program.steps for i in step.args if program.steps[i].varies)
    parts = {
        index: shares(exact.graph, step, exact.derivatives[index], [exact.values[i] for i in step.args])
        for index, step in enumerate(program.steps)
        if exact.derivatives[index] >= 0 and any(uses[i] > 1 for i in step.args)
    }
    derivatives = [node for node in exact.derivatives if node >= 0]
    drawn_nodes = [*exact.values, *derivatives, *(node for nodes in parts.values() for node in nodes)]
    real = exact.at_sample(list(dict.fromkeys(drawn_nodes)))
    return [
        Node(
            label=step.label if step.varies or step.number is None else decimal_text(step.number),
            sign=_sign(step),
            power=_power(step),
            args=step.args,
            value=real[exact.values[index]].text,
            exact=real[exact.derivatives[index]].text if exact.derivatives[index] >= 0 and step.varies else "",
            shares=tuple(real[node].text for node in parts.get(index, ())),
        )
        for index, step in enumerate(program.steps)
    ]


def _sign(step: Step) -> str:
    """Return what stands in the circle of an operation: its sign, or a power of x."""
    if step.op != "**" or step.number is None:
        return _SIGNS.get(step.op, "" if step.op in ("input", "number") else step.op)
    return f"x{str(step.number).translate(_SUPERSCRIPTS) if step.number.denominator == 1 else ''}"


def _power(step: Step) -> str:
    """Return the exponent of a power that is no whole number."""
    if step.op != "**" or step.number is None or step.number.denominator == 1:
        return ""
    return decimal_text(step.number)


def _blamed(exact: Theory, comparisons: Sequence[Comparison]) -> int | None:
    """Return the first node that is wrong, or None where that cannot be told."""
    verdicts: dict[str, dict[int, Verdict]] = {"value": {}, "gradient": {}}
    labels = exact.case.program.labels
    for c in comparisons:
        if c.quantity in verdicts and c.name in labels:
            verdicts[c.quantity][labels[c.name]] = c.verdict if c.good == c.verdict.good else Verdict.REFUTED
    verdicts["gradient"].setdefault(exact.case.program.result, Verdict.PROVED)  # what is sent is the upstream itself
    steps = exact.case.program.steps
    forward = _first_forward(steps, verdicts["value"])
    return _first_backward(steps, verdicts["gradient"]) if forward is None else forward


def _first_forward(steps: Sequence[Step], verdicts: Mapping[int, Verdict]) -> int | None:
    wrong = {index for index, verdict in verdicts.items() if verdict is Verdict.REFUTED}
    return next((index for index in sorted(wrong) if wrong.isdisjoint(steps[index].args)), None)


def _first_backward(steps: Sequence[Step], verdicts: Mapping[int, Verdict]) -> int | None:
    """Return the last operation with a right derivative from behind and a wrong one for an argument of its own.

    Where all wrong arguments are used more than once, a sum is what is wrong, and so the argument is blamed.
    """
    wrong = {index for index, verdict in verdicts.items() if verdict is Verdict.REFUTED}
    right = {index for index, verdict in verdicts.items() if verdict.good}
    users: dict[int, list[int]] = {}
    for index, step in enumerate(steps):
        for argument in step.args:
            users.setdefault(argument, []).append(index)
    candidates = [i for i in wrong if i in users and right.issuperset(users[i])]
    own = [users[i][0] for i in candidates if len(users[i]) == 1]
    first = [
        i for i in wrong if wrong.isdisjoint(users.get(i, ()))
    ]  # those behind it may be wrong too, and claim nothing
    return max(own or candidates or first, default=None)
