"""Entries of a tape as scalar nodes: the values are the tape's, and the formulas those of a scalar run."""

import random
from fractions import Fraction

import flint
import numpy as np
from random_tapes import Program, reference
from tape_programs import Both, program, run

from verify.graph import balls
from verify.graph.graph import Graph
from verify.tape.expand import Expansion
from verify.tape.tape import Tape
from verify.tracing.symbols.trace import Trace


def named(tape, graph):
    """Return the nodes of a tape's variables in a graph, and their values by name."""
    nodes, values = {}, {}
    for block in tape.blocks:
        if block.op == "variable":
            for element, value in enumerate(block.payload, block.start):
                nodes[element] = graph.variable(f"x{element}")
                values[f"x{element}"] = value
    return nodes, values


def test_nodes_have_the_values_of_their_elements():
    """Every element of a random program becomes a node of the same value."""
    finite = 0
    for seed in range(150):
        tape, graph = Program(seed).tape, Graph()
        nodes, point = named(tape, graph)
        expanded = Expansion(tape, graph, nodes).nodes(np.arange(tape.size))
        exact = reference(tape, {}, 300)
        with flint.ctx.workprec(300):
            values = balls.at(graph, expanded, point)
        for node, ball in zip(expanded, exact, strict=True):
            if ball.is_finite() and values[node].is_finite():
                assert values[node].overlaps(ball)
                finite += 1
    assert finite > 5_000


def test_formulas_are_those_of_a_scalar_run():
    """The node of an element is the very node that the same program makes on scalars."""
    same = number = 0
    for seed in range(200):
        rng = random.Random(seed)
        both = Both()
        inputs = [both.variables((2, 2), rng) for _ in range(2)]
        try:
            twin = run(both, inputs, program(rng))
        except ZeroDivisionError:
            continue
        variables = {
            e: n for a in inputs for e, n in zip(a.elements.ravel().tolist(), a.nodes.ravel().tolist(), strict=True)
        }
        nodes = Expansion(both.tape, both.graph, variables).nodes(twin.elements)
        same += sum(a == b for a, b in zip(nodes, twin.nodes.ravel().tolist(), strict=True))
        number += len(nodes)
    assert same == number > 500


def test_only_what_an_entry_needs_is_built():
    """One entry of a product of matrices takes a row and a column; what was built is there for the next."""
    tape, graph = Tape(), Graph()
    x = tape.variables([Fraction(n) for n in range(1, 201)])
    out = tape.matmul(x[:100].reshape(1, 10, 10), x[100:].reshape(1, 10, 10)).ravel()
    nodes, _ = named(tape, graph)
    expansion = Expansion(tape, graph, nodes)
    before = len(graph)
    (entry,) = expansion.nodes(out[23:24])
    assert len(graph) - before == 10 + 9
    assert expansion.nodes(out[23:24]) == [entry]
    assert len(graph) - before == 19
    later = tape.sums(out[23:24], tape.variables([Fraction(1)]))
    nodes[int(tape.blocks[-2].start)] = graph.variable("new")
    assert graph.args[expansion.nodes(later)[0]] == tuple(sorted((entry, graph.variable("new"))))


def test_leaves_stay_what_they_are():
    """Typed floats are typed nodes, exact constants exact, and pi is pi."""
    tape, graph = Tape(), Graph()
    elements = np.concatenate([tape.constants([0.1, Fraction(1, 3)]), [tape.pi()]])
    nodes = Expansion(tape, graph, {}).nodes(elements)
    assert [graph.ops[node] for node in nodes] == ["typed", "constant", "pi"]
    assert nodes == [graph.typed(0.1), graph.constant(Fraction(1, 3)), graph.pi()]


def test_a_trace_decides_the_root_of_a_square():
    """On a graph with a sample an entry is what a run there makes of it, with the condition recorded."""
    tape, trace = Tape(), Trace()
    x = tape.variables([Fraction(-3)])
    root = tape.powers(tape.powers(x, Fraction(2)), Fraction(1, 2))
    node = trace.input("x", Fraction(-3))
    (entry,) = Expansion(tape, trace, {int(x[0]): node}).nodes(root)
    assert entry == trace.product(trace.constant(Fraction(-1)), node)
    assert [(condition.node, condition.relation, condition.holds) for condition in trace.conditions.values()] == [
        (node, ">=", False)
    ]
