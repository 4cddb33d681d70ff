"""The exact derivative on a tape, against the scalar engine's and against differences of many digits."""

import random
from collections import Counter
from fractions import Fraction

import flint
import numpy as np
import pytest
from effort import LONG, slow, some
from random_tapes import Program, element, reference

from verify.graph import balls
from verify.graph.adjoints import adjoints, totals
from verify.graph.functions import FUNCTIONS
from verify.graph.graph import Graph
from verify.model.result import Verdict
from verify.proof.decide import decide
from verify.proof.field import Laws
from verify.tape import sweep as module
from verify.tape.expand import Expansion
from verify.tape.fields import equal
from verify.tape.parts import lengths_of, parts
from verify.tape.sweep import dependent, stable_order, sweep
from verify.tape.tape import MINUS_ONE, ONE, ZERO, Tape

PROGRAMS = 3_000 if LONG else 300
RULES = module._partials


def swept(program):
    """Return outputs of a program, some more than once, among them an input and a constant; upstreams; the sweep."""
    last = program.arrays[-1].ravel()
    outputs = np.concatenate([last, program.pick().ravel(), last[:1], program.inputs[:1], [ZERO]])
    upstreams = program.tape.variables([element(program.source) for _ in outputs])
    return outputs, upstreams, sweep(program.tape, outputs, upstreams, program.inputs)


def compared(seed, make=lambda seed: Program(seed, length=9)):
    """Count verdicts on the gradients of a random program against those of its scalars."""
    program = make(seed)
    outputs, upstreams, gradients = swept(program)
    graph = Graph()
    names = {
        e: graph.variable(f"x{e}") for b in program.tape.blocks if b.op == "variable" for e in range(b.start, b.stop)
    }
    expansion = Expansion(program.tape, graph, names)
    inputs = [names[e] for e in program.inputs.tolist()]
    scalars = list(zip(expansion.nodes(outputs), expansion.nodes(upstreams), strict=True))
    expected = totals(graph, adjoints(graph, scalars, inputs))
    pairs = list(zip(expansion.nodes(gradients), map(expected.__getitem__, inputs), strict=True))
    source = random.Random(seed)
    points = [{name: element(source) for name in graph.variables} for _ in range(3)]
    return Counter(decision.verdict for decision in decide(graph, pairs, lambda: points, seed))


@slow
def test_the_sweep_is_the_derivative_of_the_scalars():
    """Random programs have the gradients that the scalar engine gives them: proved, as far as points are defined."""
    counts = sum(map(compared, range(PROGRAMS)), Counter())
    assert not counts[Verdict.REFUTED]
    assert counts[Verdict.PROVED] > 0.95 * sum(counts.values())


class Loop(Program):
    """Two hundred operations on single numbers, of the last ones more often: each of them is a block."""

    def __init__(self, seed):
        super().__init__(seed, length=0)
        self.arrays = [self.inputs[i : i + 1] for i in range(len(self.inputs))]
        for _ in range(220):
            self.arrays.append(self._step(*(self.source.choice(self.arrays[-40:]) for _ in "ab")))
        self.arrays = [np.concatenate(self.arrays[-6:]), np.concatenate(self.arrays[-60::9])]

    def _step(self, a, b):
        kind = self.source.randrange(10)
        if kind < 6:
            return self.tape.sums(a, b)
        if kind < 8:
            return self.tape.products(self.tape.functions("tanh", a), b)
        return self.tape.powers(a, Fraction(2)) if kind == 8 else self.tape.functions("atan", a)


def test_loops_over_single_numbers_have_the_derivative_of_the_scalars():
    """What loops leave is joined before it is swept: the gradients are those of the scalars, in few blocks."""
    counts = Counter()
    for seed in range(PROGRAMS // 20):
        counts += compared(seed, Loop)
    assert counts[Verdict.PROVED] == sum(counts.values()) > 50


def test_a_loop_is_derived_by_few_blocks():
    """A product of a matrix and a vector, entry by entry, has a gradient of as many blocks as one by arrays."""
    tape = Tape()
    x, w = numbers(tape, 20), numbers(tape, 20, 20)
    out = np.full(20, ZERO)
    for i in range(20):
        for j in range(20):
            out[i : i + 1] = tape.sums(out[i : i + 1], tape.products(x[j : j + 1], w[i, j : j + 1]))
    upstream = numbers(tape, 1, 20)
    before = len(tape.blocks)
    gradient = sweep(tape, out, upstream, x)
    assert before > 700
    assert [block.op for block in tape.blocks[before:]] == ["product", "total"]
    assert equal(tape, gradient, tape.matmul(upstream[None], w[None]).ravel(), 0, Laws.NONE)[0].all()


def test_numbers_within_a_loop_are_inputs_and_outputs_too():
    """What a loop has added up on its way may be derived, and derived by: it is not joined with the sums after it."""
    tape = Tape()
    x, upstream = numbers(tape, 300), numbers(tape, 2)
    partial = [x[:1]]
    for i in range(1, 300):
        partial.append(tape.sums(partial[-1], x[i : i + 1]))
    outputs, inputs = (
        np.concatenate([partial[120], partial[299]]),
        np.concatenate([partial[100], partial[200], x[299:]]),
    )
    gradient = sweep(tape, outputs, upstream, inputs)
    assert gradient[1:].tolist() == [upstream[1]] * 2
    assert equal(tape, gradient[:1], tape.sums(upstream[:1], upstream[1:]), 0, Laws.NONE)[0].all()


def wrong_partials(change):
    """Return the rules of operations with a change in one of them."""
    return lambda op, exponent: change(op, RULES(op, exponent))


PLANTS = {
    "the factor that a product has is its own": (
        "_partials",
        wrong_partials(lambda op, rules: rules[::-1] if op == "product" else rules),
    ),
    "the derivative of every function is 1": (
        "_partials",
        wrong_partials(lambda op, rules: [None] if op in ("exp", "tanh", "sin", "log") else rules),
    ),
    "uses of one element overwrite each other": (
        "_added",
        lambda tape, elements, values: (np.unique(elements), values[np.unique(elements, return_index=True)[1]]),
    ),
    "every other input is not active": (
        "dependent",
        lambda steps, size, inputs: dependent(steps, size, inputs[::2]),
    ),
    "the shares of a sum's terms go to its neighbours": (
        "lengths_of",
        lambda starts, end: np.roll(lengths_of(starts, end), 1),
    ),
}


@pytest.mark.parametrize("plant", some(PLANTS, 6))
def test_a_planted_error_is_refuted(monkeypatch, plant):
    """The comparison with the scalar engine notices each kind of mistake that a sweep can make."""
    monkeypatch.setattr(module, *PLANTS[plant])
    counts = sum(map(compared, range(40)), Counter())
    assert counts[Verdict.REFUTED] > 5


def test_the_sweep_is_what_differences_tend_to():
    """Gradients agree with differences over 10**-60 to 50 digits, whoever derives them."""
    step, bits, checked = Fraction(1, 10**60), 1200, 0
    for seed in range(PROGRAMS // 3):
        program = Program(seed, length=8)
        outputs, upstreams, gradients = swept(program)
        values = reference(program.tape, {}, bits)
        for place in program.source.sample(range(len(program.inputs)), 2):
            chosen = int(program.inputs[place])
            sample = program.tape.block_of(chosen).payload[chosen - program.tape.block_of(chosen).start]
            moved = reference(program.tape, {chosen: sample + step}, bits)
            with flint.ctx.workprec(bits):
                differences = [values[u] * (moved[o] - values[o]) for o, u in zip(outputs, upstreams, strict=True)]
                slope = sum(differences, flint.arb(0)) / flint.arb(flint.fmpq(1, 10**60))
                gradient = values[gradients[place]]
                if slope.is_finite() and gradient.is_finite() and abs(slope) < 1e6 and slope.rad() < 1e-100:
                    assert abs(slope - gradient) < 1e-40, (seed, place)
                    checked += 1
    assert checked > PROGRAMS / 3


def numbers(tape, *shape):
    """Return new variables in an array of a shape."""
    source = random.Random(str(shape))
    return tape.variables([element(source) for _ in range(int(np.prod(shape)))]).reshape(shape)


def column_sums(tape, x):
    """Return the sums over the first axis."""
    return tape.totals(x.T.ravel(), np.arange(0, x.size, len(x)))


def scaled(tape, x, factor):
    """Return an array times a constant."""
    return tape.products(x, np.full(x.shape, tape.constant(factor)))


def spread(x, like):
    """Return an array as another's shape."""
    return np.array(np.broadcast_to(x, like.shape))


def batch_norm(tape):
    """Return inputs, output, upstream and the gradient of x by the closed formula, of a batch normalisation."""
    x, gamma = numbers(tape, 5, 3), numbers(tape, 3)
    n = Fraction(1, len(x))
    centred = tape.sums(x, tape.negatives(spread(scaled(tape, column_sums(tape, x), n), x)))
    variance = scaled(tape, column_sums(tape, tape.powers(centred, Fraction(2))), n)
    deviation = tape.powers(tape.sums(variance, np.full(3, tape.constant(1e-7))), Fraction(1, 2))
    normal = tape.quotients(centred, spread(deviation, x))
    out = tape.products(spread(gamma, x), normal)
    upstream = numbers(tape, *x.shape)
    weighted = tape.products(upstream, spread(gamma, x))
    mean = spread(scaled(tape, column_sums(tape, weighted), n), x)
    across = spread(scaled(tape, column_sums(tape, tape.products(weighted, normal)), n), x)
    inner = tape.sums(weighted, tape.negatives(tape.sums(mean, tape.products(normal, across))))
    return x, out, upstream, tape.quotients(inner, spread(deviation, x))


def softmax(tape):
    """Return the same of a softmax over columns."""
    x = numbers(tape, 4, 3)
    powers = tape.functions("exp", x)
    out = tape.quotients(powers, spread(column_sums(tape, powers), x))
    upstream = numbers(tape, *x.shape)
    inner = spread(column_sums(tape, tape.products(upstream, out)), x)
    return x, out, upstream, tape.products(out, tape.sums(upstream, tape.negatives(inner)))


def convolution(tape):
    """Return the same of a convolution by im2col, of images 4x4 with a border of 0 by two filters 3x3."""
    x, filters = numbers(tape, 4, 4), numbers(tape, 9, 2)
    image = np.zeros((6, 6), np.int64)
    image[1:-1, 1:-1] = x
    out = tape.matmul(np.lib.stride_tricks.sliding_window_view(image, (3, 3)).reshape(1, 16, 9), filters[None])[0]
    upstream = numbers(tape, 16, 2)
    back = np.zeros((6, 6, 2), np.int64)
    back[1:-1, 1:-1] = upstream.reshape(4, 4, 2)
    windows = np.lib.stride_tricks.sliding_window_view(back, (3, 3), axis=(0, 1)).transpose(0, 1, 3, 4, 2)
    flipped = filters.reshape(3, 3, 2)[::-1, ::-1].reshape(1, 18, 1)
    return x, out, upstream, tape.matmul(windows.reshape(1, 16, 18), flipped).reshape(4, 4)


@pytest.mark.parametrize("layer", [batch_norm, softmax, convolution])
def test_formulas_of_layers_are_proved(layer):
    """The closed formula of a layer's gradient is proved in finite fields; with an error planted, no entry is."""
    tape = Tape()
    x, out, upstream, formula = layer(tape)
    gradient = sweep(tape, out, upstream, x)
    laws = {softmax: Laws.EXPONENTIAL}.get(layer, Laws.NONE)
    assert equal(tape, gradient, formula, 0, laws)[0].all()
    for wrong in (
        scaled(tape, formula, 1 + Fraction(1, 10**12)),
        tape.negatives(formula),
        np.roll(formula, 1, axis=0),
        sweep(tape, out, tape.powers(upstream, Fraction(2)), x),
    ):
        assert not equal(tape, gradient, wrong, 0, laws)[0].any()


def test_nothing_flows_to_what_an_output_does_not_depend_on():
    """The derivative by an input that is not used is the constant 0; that of an input by itself is its upstream."""
    tape = Tape()
    x, upstream = tape.variables([Fraction(1), Fraction(2), Fraction(3)]), tape.variables([Fraction(5)])
    assert sweep(tape, x[:1], upstream, x).tolist() == [upstream[0], ZERO, ZERO]
    constants = np.array([ONE, MINUS_ONE])
    assert sweep(tape, constants, np.array([upstream[0], ONE]), x).tolist() == [ZERO] * 3
    assert sweep(tape, x[:0], x[:0], x).tolist() == [ZERO] * 3
    assert sweep(tape, x, x, x[:0]).tolist() == []
    assert sweep(tape, x, np.full(3, ZERO), x).tolist() == [ZERO] * 3


def test_what_is_written_to_an_array_later_changes_no_gradient():
    """A tape keeps what its operations were done on, whatever becomes of the arrays that were passed."""
    tape = Tape()
    x, w, upstream = numbers(tape, 2, 3), numbers(tape, 3, 2), numbers(tape, 2, 2)
    passed, factors = x.copy(), w.copy()
    total = tape.totals(passed.ravel(), starts := np.array([0, 2]))
    out = tape.matmul(passed[None], factors[None])[0]
    both = tape.products(tape.sums(passed[:, :2], factors[:2]), passed[:, 1:])
    passed[...], factors[...], starts[1] = ZERO, ONE, 5
    expected = tape.matmul(upstream[None], w.T[None])[0]
    assert equal(tape, sweep(tape, out, upstream, x), expected, 0, Laws.NONE)[0].all()
    assert sweep(tape, total, np.array([ONE, MINUS_ONE]), x).ravel().tolist() == [ONE] * 2 + [MINUS_ONE] * 4
    expected = tape.products(upstream, x[:, 1:])
    assert equal(tape, sweep(tape, both, upstream, w[:2]), expected, 0, Laws.NONE)[0].all()


def test_no_result_is_the_array_that_was_passed():
    """Operations that change nothing return arrays of their own, as NumPy's do."""
    tape = Tape()
    x = numbers(tape, 2, 3)
    results = [
        tape.powers(x, Fraction(1)),
        tape.sums(x, np.full(x.shape, ZERO)),
        tape.products(np.full(x.shape, ONE), x),
        tape.totals(x.ravel(), np.arange(6)).reshape(2, 3),
        tape.functions("log", tape.functions("exp", x)),
    ]
    for result in results:
        assert result.tolist() == x.tolist()
        assert not np.shares_memory(result, x)


def test_uses_of_an_element_are_added_up_by_one_total():
    """A vector that is broadcast over a thousand rows gets its gradient by one block, whose sums are of a thousand."""
    tape = Tape()
    rows, size = 1000, 3
    x, b = (
        tape.variables([Fraction(n + 1) for n in range(rows * size)]).reshape(rows, size),
        tape.variables([Fraction(1)] * size),
    )
    out = tape.products(x, np.broadcast_to(b, x.shape))
    upstream = tape.variables([Fraction(1)] * out.size)
    before = len(tape.blocks)
    gradient = sweep(tape, out, upstream, b)
    assert [block.op for block in tape.blocks[before:]] == ["product", "total"]
    assert np.diff(tape.blocks[-1].payload).tolist() == [rows, rows]
    assert gradient.tolist() == list(range(tape.size - size, tape.size))


def test_only_what_depends_on_the_inputs_gets_adjoints():
    """Of a product of matrices only the side is derived that has inputs in it."""
    tape = Tape()
    a, b = (tape.variables([Fraction(n + 1) for n in range(6)]) for _ in "ab")
    out = tape.matmul(a.reshape(1, 2, 3), b.reshape(1, 3, 2)).ravel()
    upstream = tape.variables([Fraction(1)] * 4)
    before = len(tape.blocks)
    sweep(tape, out, upstream, a)
    assert [block.op for block in tape.blocks[before:]] == ["matmul"]
    assert dependent(parts(tape, out), tape.size, a[:1])[out].tolist() == [True, True, False, False]


def test_a_function_serves_in_its_own_derivative():
    """The derivative of exp is the exponential that is there, and tanh is not computed again."""
    tape = Tape()
    x = tape.variables([Fraction(1), Fraction(2)])
    upstream = tape.variables([Fraction(1), Fraction(1)])
    for name in ("exp", "tanh"):
        before = len(tape.blocks)
        sweep(tape, tape.functions(name, x), upstream, x)
        assert [block.op for block in tape.blocks[before:]].count(name) == 1


@pytest.mark.parametrize("keys", [[3, 1, 2, 1, 3, 0], [5], list(range(50)), [2**40, 0, 2**62, 0]])
def test_places_come_in_the_order_of_their_keys(keys):
    """Equal keys stay in the order in which they stand, however large they are."""
    array = np.array(keys, np.int64)
    assert stable_order(array).tolist() == np.argsort(array, kind="stable").tolist()


@pytest.mark.parametrize("name", list(FUNCTIONS))
def test_every_function_has_the_slope_of_its_line(name):
    """Also one that SymPy does not know: what the sweep writes is what the scalar engine takes for its derivative."""
    tape, graph = Tape(), Graph()
    x, upstream = tape.variables([Fraction(1, 3)]), tape.variables([Fraction(2)])
    gradient = sweep(tape, tape.functions(name, x), upstream, x)
    names = {int(x[0]): graph.variable("x"), int(upstream[0]): graph.variable("u")}
    [swept_node] = Expansion(tape, graph, names).nodes(gradient)
    pair = [(graph.function(name, names[int(x[0])]), names[int(upstream[0])])]
    expected = totals(graph, adjoints(graph, pair, [names[int(x[0])]]))[names[int(x[0])]]
    with flint.ctx.workprec(200):
        point = {"x": Fraction(1, 3), "u": Fraction(2)}
        values = balls.at(graph, [swept_node, expected], point)
    assert values[expected].is_finite()
    assert abs(values[swept_node] - values[expected]) < 1e-40
