"""SymPy's derivative of each operation, composed, is SymPy's derivative of the whole."""

from fractions import Fraction

import pytest
import sympy

from verify.cases.expression import parse
from verify.graph.arithmetic import operations
from verify.graph.derive import partials, sweep, wholes
from verify.graph.formulas import Alphabet
from verify.graph.graph import Graph
from verify.proof.field import Laws, equal

TEXTS = [
    "x * y + x",
    "x / y - y / x",
    "(x + y) ** 3 / (x - 2) ** 2",
    "x ** 0.5 * y ** (1/3)",
    "-(x - y) * 1.1 / (x * y + 7/3)",
    "a = x * y\nb = a * a + a\nb / a - x",
    "(x * x + y) ** -1.5",
]


def exact(text):
    program = parse(text)
    graph = Graph()
    inputs = {name: graph.variable(name) for name in program.inputs}
    values = program.evaluate(inputs, graph.constant, operations(graph))
    return program, graph, values, graph.variable("dout")


@pytest.mark.parametrize("text", TEXTS)
def test_sweep_and_whole_agree(text):
    """For every input and intermediate node the chain rule gives what SymPy gives for the whole."""
    program, graph, values, upstream = exact(text)
    swept = sweep(graph, program, values, upstream)
    names = Alphabet([*program.inputs, "dout", *program.named])
    whole = wholes(graph, program, names, values, upstream)
    assert set(whole) == set(program.nodes)
    pairs = [(swept[i], whole[i][0]) for i in program.nodes]
    free, rooted = equal(graph, pairs, 0)[0], equal(graph, pairs, 0, Laws.ROOTS)[0]
    assert all(a or b for a, b in zip(free, rooted, strict=True))


@pytest.mark.parametrize("text", TEXTS)
def test_a_planted_error_is_seen(text, monkeypatch):
    """If a rule were wrong the two would not agree."""
    program, graph, values, upstream = exact(text)
    monkeypatch.setattr("verify.graph.derive.partials", lambda *rule: tuple(2 * p for p in partials(*rule)))
    swept = sweep(graph, program, values, upstream)
    whole = wholes(graph, program, Alphabet([*program.inputs, "dout", *program.named]), values, upstream)
    pairs = [(swept[i], whole[i][0]) for i in program.nodes if i != program.result]
    assert not any(equal(graph, pairs, 0)[0])
    assert not any(equal(graph, pairs, 0, Laws.ROOTS)[0])


def test_partials_come_from_sympy(monkeypatch):
    """Each operation is differentiated once, by sympy.diff."""
    asked = []
    monkeypatch.setattr(sympy, "diff", lambda *a, diff=sympy.diff: asked.append(a) or diff(*a))
    partials.cache_clear()
    for _ in range(2):
        partials("*", 2, None)
        partials("**", 1, Fraction(3))
    assert len(asked) == 3


def test_the_sweep_costs_no_more_than_the_program():
    """A thousand inputs add a fixed number of nodes each."""
    sizes = []
    for n in (100, 1000):
        program, graph, values, upstream = exact(
            "\n".join(["t0 = a0 * b0", *[f"t{i} = t{i - 1} + a{i} * b{i}" for i in range(1, n)], f"t{n - 1} * tax"])
        )
        before = len(graph)
        sweep(graph, program, values, upstream)
        sizes.append(len(graph) - before)
    assert sizes[1] <= 10.5 * sizes[0]
