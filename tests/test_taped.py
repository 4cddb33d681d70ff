"""Runs on a tape: they compute and choose what runs on scalars do, array by array, or end and say why."""

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from verify.model.errors import TraceError
from verify.tape.tape import ZERO
from verify.tracing import patches
from verify.tracing.arrays import arrays
from verify.tracing.symbols import taped
from verify.tracing.symbols.taped import TapedTrace, UntapedError
from verify.tracing.symbols.trace import Trace

VALUES = [Fraction(n, 7) for n in (9, -4, 16, 3, -12, 5)]
OTHERS = [Fraction(n, 9) for n in (2, 20, 5, 31, 14, 8)]


def inputs(trace):
    """Return two arrays of symbols."""
    given = [
        trace.inputs(lambda name=name: [f"{name}{i}" for i in range(6)], values)
        for name, values in (("x", VALUES), ("y", OTHERS))
    ]
    return [arrays.built(nodes, (2, 3)) for nodes in given]


def run(trace, code):
    """Run code on a trace, and return the array that it gives."""
    with arrays.running(trace), patches.in_force(0):
        return arrays.objects(code(*inputs(trace)))


def scattered(x, y):
    found = np.zeros(3)
    np.add.at(found, np.array([[0, 2, 0], [0, 1, 2]]), x * y)
    return found


def largest(x, y):
    found = np.full(2, -5) + 0 * x[:, 0]
    np.maximum.at(found, np.array([0, 0, 1, 0]), np.append(x[0], y[1, 1]))
    return found


def through_views(x, y):
    z = x.copy()
    z.T[1] *= y[:, 0]
    z[::2] -= 1
    return z


CODE = {
    "arithmetic": lambda x, y: (x + y) * x / y - 3 * x + y**2,
    "scalars among arrays": lambda x, y: x * y[0, 1] - x[1, 2] / y + float(2),
    "products of matrices": lambda x, y: x @ y.T @ x,
    "functions": lambda x, y: np.exp(x) + np.log(y) + np.tanh(x) * np.sqrt(y) + np.sin(x) + np.expm1(x) + np.cbrt(y),
    "sums": lambda x, y: x.sum(axis=0) + y.mean() + (x * y).sum(),
    "products and extremes": lambda x, y: x.prod(axis=1) + y.max(axis=1) + x.min() + np.minimum(x, y).max(axis=1),
    "masks": lambda x, y: np.where(x > 0.5, x * x, y) + np.abs(x) * np.sign(x) + (x > y) * 2,
    "masks as indices": lambda x, y: np.append(x[x > 0], y[y < 1]),
    "running sums": lambda x, y: np.cumsum(x, axis=1) + np.cumsum(y, axis=0),
    "running products and extremes": lambda x, y: np.cumprod(x, axis=1) * np.maximum.accumulate(y, axis=1),
    "single entries taken": lambda x, y: np.take(x, 1) * y.take(4) + np.take(x[0], 2, axis=0) + x,
    "entries in turn": lambda x, y: (
        np.subtract.reduce(x, axis=1) + np.divide.reduceat(y, [1, 0], axis=0)[:, 0] + np.logaddexp.reduce(y, axis=1)
    ),
    "extremes with a first value": lambda x, y: (
        x.max(axis=1, initial=-2, where=x < 1) + y.min(axis=1, initial=0, where=y != y) + np.max(x[:0], initial=1)
    ),
    "entries that are added to": scattered,
    "entries that are compared": largest,
    "views": through_views,
    "powers": lambda x, y: x ** np.array([1, 2, 3]) + y ** np.array([[0.5, -1.5, 0], [2, 1, -1]]),
    "powers of arrays": lambda x, y: y**x + np.float_power(y, y),
    "powers with some numbers": lambda x, y: y ** np.where(x > 0, x, 2),
    "roundings": lambda x, y: x - np.floor(x) + np.round(y * 2) + np.ceil(x) + x % 1 + y // 0.3,
    "one rounding": lambda x, y: x * np.floor(y[0, 0]) + round(x[0, 0] * 3),
    "order": lambda x, y: np.sort(x.ravel()) + y.ravel()[np.argsort(x.ravel())],
    "places": lambda x, y: x[np.arange(2), y.argmax(axis=1)],
    "einsum": lambda x, y: np.einsum("ij,kj->ik", x, y),
    "buffers": lambda x, y: np.add(x, y, out=np.empty((2, 3))),
    "infinity": lambda x, y: np.exp(np.where([True, False, True], x, -np.inf)),
    "branches": lambda x, y: x if (x > -5).all() and x[0, 0] > y[0, 0] else y,
}


@pytest.mark.parametrize("name", CODE)
def test_values_and_choices(name):
    """The values are those of scalars, and so is what was asked where and how often."""
    tape, graph = TapedTrace(), Trace()
    by_tape, by_graph = run(tape, CODE[name]), run(graph, CODE[name])
    assert by_tape.shape == by_graph.shape
    with arrays.running(tape):
        mid, rad = tape.enclosures.of(arrays.nodes(by_tape))
    with arrays.running(graph):
        balls = graph.at_samples(arrays.nodes(by_graph))
    assert all(abs(float(ball) - m) <= r + 1e-14 * abs(m) for ball, m, r in zip(balls, mid, rad, strict=True))
    asked = Counter()
    for choices in tape.choices:
        for holds in choices.holds.tolist():
            asked[choices.where, choices.relation, holds] += 1
    expected = Counter((c.where, c.relation, c.holds) for c in graph.conditions.values())
    assert asked.keys() == expected.keys()
    assert asked == expected or name == "order"  # there, entries are compared one by one, and again all at once
    assert not any(condition.tie for condition in graph.conditions.values())


# What ends a run, and nearly the same that does not.
ENDS = {
    "a tie": (lambda x, y: x > x[0, 0] * 2 - x[0, 0], lambda x, y: x > x[0, 0]),
    "a tie of sums": (lambda x, y: np.maximum(x + y - x, y), lambda x, y: np.maximum(x + y, y + x)),
    "a close call": (lambda x, y: np.exp(x) / np.exp(x) >= 1, lambda x, y: np.exp(x) >= 1),
    "a rounding of a whole number": (lambda x, y: np.floor(7 * x), lambda x, y: np.floor(6 * x)),
    "a rounding halfway": (lambda x, y: np.round(x * 7 / 2), lambda x, y: np.round(x * 7 / 3)),
    "a rounding of a constant halfway": (lambda x, y: np.round(x * 0 + 2.5), lambda x, y: np.round(x * 0 + 2.25)),
    "a comparison of what a division by zero gives": (lambda x, y: x / (x * 0) > y, lambda x, y: x / (x * 2) > y),
    "a comparison of a negative power of zero": (lambda x, y: (x * 0) ** -1.0 > y, lambda x, y: (x * 0) ** 2 > y),
    "a power of what is not positive": (lambda x, y: x**y, lambda x, y: y**x),
    "the root of a square": (lambda x, y: np.sqrt(x**2), lambda x, y: np.sqrt(y**3)),
    "the root of a square in an exponent": (
        lambda x, y: np.exp(np.log(x * x) / 2),
        lambda x, y: np.exp(np.log(y**3) / 2),
    ),
    "the root of a product with itself": (
        lambda x, y: np.sqrt(x * x[[0, 0]]),
        lambda x, y: np.sqrt(y * (1 + y[[0, 0]])),
    ),
    "the root of an outer product with itself": (
        lambda x, y: np.sqrt(y.reshape(6, 1) @ y.reshape(1, 6)),
        lambda x, y: np.sqrt(1 + y.reshape(6, 1) @ y.reshape(1, 6)),
    ),
    "a number": (lambda x, y: float(x[0, 0]), lambda x, y: float(x[0, 0] * 0 + 2)),
    "a number that is computed from constants": (
        lambda x, y: float((x[0, 0] * 0 + 0.1) * 3),
        lambda x, y: float(x[0, 0] * 0 + 0.1),
    ),
    "an index": (lambda x, y: y[int(x[0, 0])], lambda x, y: y[int(x[0, 0] * 0 + 1)]),
    "a set": (lambda x, y: {x[0, 0]}, lambda x, y: [x[0, 0]]),
}


@pytest.mark.parametrize("name", ENDS)
def test_what_ends_a_run(name):
    """A choice that floats do not make, and what is no array operation, raise; the same beside it does not."""
    ends, goes_on = ENDS[name]
    run(TapedTrace(), goes_on)
    with pytest.raises(TraceError, match=r"at tests/test_taped\.py:\d+"):
        run(TapedTrace(), ends)


@pytest.mark.parametrize("relation", ["<", "<=", ">", ">=", "==", "!="])
def test_a_tie_without_rounding(relation):
    """A variable that is just a constant at the sample is no choice that could be held against other points."""
    trace = TapedTrace()
    a, half = trace.inputs(lambda: ["a", "b"], [Fraction(1, 2), Fraction(3, 2)]), trace.constant(Fraction(1, 2))
    with pytest.raises(UntapedError, match="too close to call"):
        trace.relations(a, np.array([half, half]), relation)
    assert trace.relations(a[1:], np.array([half]), relation) == [relation in (">", ">=", "!=")]


def test_a_choice_is_recorded_once():
    """The same arrays compared again, and the same element, are no further choice; another relation is one."""
    trace = TapedTrace()

    def code(x, y):
        _ = x > y, x > y, y[0] < 3, y < 3, x[0, 1] < 1, x[0, 1] < 1
        return x >= y

    run(trace, code)
    assert [(c.relation, len(c.elements)) for c in trace.choices] == [(">", 6), ("<", 3), ("<", 6), ("<", 1), (">=", 6)]


def test_the_same_numbers_in_another_shape():
    """What was compared is known by its shape as well."""
    trace = TapedTrace()
    a, b = trace.inputs(list, VALUES), trace.inputs(list, OTHERS)
    flat = trace.relations(a, b, ">")
    assert np.array_equal(trace.relations(a.reshape(2, 3), b.reshape(2, 3), ">"), flat.reshape(2, 3))
    assert trace.relations(a[:0], b[:0], ">").shape == (0,)


def test_no_choice_for_constants():
    """What is known exactly is compared and not recorded."""
    trace = TapedTrace()
    assert run(trace, lambda x, y: np.where(np.zeros((2, 3)) + x * 0 > -1, 1.0, x)).shape == (2, 3)
    assert not trace.choices


def test_arrays_have_no_truth():
    """An array that computes like one symbol refuses what each entry may answer in its own way."""
    trace = TapedTrace()
    many = taped.many(trace, trace.inputs(lambda: ["a", "b"], VALUES[:2]))
    for ask in (bool, lambda a: a > 0, lambda a: a == a * 2, float, int):
        with pytest.raises(UntapedError):
            ask(many)
    assert (many + many * 2).node.shape == (2,)


def test_single_numbers_are_computed_once_and_not_without_end(monkeypatch):
    """The same operation on the same elements is the same element; loops over entries end the run."""
    monkeypatch.setattr(taped, "_MOST_SCALARS", 10)
    trace = TapedTrace()

    def loop(x, y):
        return [x[0, 0] * y[i % 2, i % 3] for i in range(60)][-1]

    run(trace, loop)
    with pytest.raises(UntapedError, match="many operations on single numbers"):
        run(trace, lambda x, y: [x[0, 0] * i for i in range(2, 30)][-1])


def test_loops_over_all_entries_are_left_to_scalars_sooner(monkeypatch):
    """The tape is given up where single numbers are most of it, and not beside arrays that hold most."""
    monkeypatch.setattr(taped, "_FEW_SCALARS", 10)

    def loop(x, y):
        return [x[0, 0] * i for i in range(2, 30)][-1]

    def loop_beside_arrays(x, y):
        wide = np.repeat(x, 200) * 3
        return loop(x, y) + wide.sum()

    run(TapedTrace(), loop_beside_arrays)
    with pytest.raises(UntapedError, match="many operations on single numbers"):
        run(TapedTrace(), loop)


def test_many_exponents_end_the_run(monkeypatch):
    """Each number that is an exponent is a block of its own."""
    monkeypatch.setattr(taped, "_MOST_EXPONENTS", 3)
    assert run(TapedTrace(), lambda x, y: y ** np.array([1, 2, 3])).shape == (2, 3)
    with pytest.raises(UntapedError, match="powers with many exponents"):
        run(TapedTrace(), lambda x, y: y ** np.arange(6).reshape(2, 3))


def test_what_code_writes_to_does_not_change_the_tape():
    """Arrays of elements are copied: an index that code changes afterwards was what it was."""
    trace = TapedTrace()

    def code(x, y):
        z = x * y
        w = z + 1
        z[...] = 0
        x[...] = 0
        return w

    found = run(trace, code)
    with arrays.running(trace):
        mid = trace.enclosures.of(arrays.nodes(found))[0]
    assert np.allclose(mid, [float(a * b + 1) for a, b in zip(VALUES, OTHERS, strict=True)])


def test_unwritten_memory_is_known_by_its_elements():
    """What nobody has written to are variables of their own, each with another value."""
    trace = TapedTrace()
    found = run(trace, lambda x, y: np.empty((2, 3)))
    with arrays.running(trace):
        elements = arrays.nodes(found)
    assert np.array_equal(np.sort(np.concatenate(trace.buffers)), np.sort(elements))
    assert len(set(trace.enclosures.of(elements)[0].tolist())) == 6


def test_names_of_variables():
    """Elements of several inputs have their entries' names, which are asked for when they are needed."""
    trace = TapedTrace()
    first = trace.inputs(lambda: ["a", "b"], VALUES[:2])
    trace.inputs(lambda: 1 // 0, VALUES[:3])
    last = trace.inputs(lambda: ["c"], VALUES[:1])
    assert trace.named([first[1], last[0]]) == {first[1]: "b", last[0]: "c"}


def test_values_of_constants():
    """An exact constant has a value, a typed float a number; an array tells whether there is a zero in it."""
    trace = TapedTrace()
    half, typed = trace.constant(Fraction(1, 2)), trace.typed(0.1)
    assert (trace.value(half), trace.number(half)) == (Fraction(1, 2), Fraction(1, 2))
    assert (trace.value(typed), trace.number(typed)) == (None, 0.1)
    assert trace.value(np.array([half, ZERO])) == 0
    assert trace.value(np.array([half, typed])) is None
    x = trace.inputs(lambda: ["a"], VALUES[:1])
    assert trace.number(int(x[0])) is None
    with pytest.raises(UntapedError, match="computed from constants"):
        trace.is_constant(trace.product(typed, trace.constant(Fraction(3))))
