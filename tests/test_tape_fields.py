"""Elements of a tape that are one function are found equal, others are not, and the bound is honest."""

import random
from fractions import Fraction

import flint
import numpy as np
import pytest
from effort import LONG, some
from tape_programs import HALF, OPERATIONS, Both, planted, program, run

from verify.graph import balls
from verify.proof import field
from verify.proof.field import Laws
from verify.tape.fields import equal
from verify.tape.primes import singles
from verify.tape.tape import MINUS_ONE, ONE, Tape

PROGRAMS = 5000 if LONG else 250


@pytest.fixture
def tape():
    """Return a tape that does every operation anew: what is found again needs no field."""
    tape = Tape()
    tape.finds_again = False
    return tape


@pytest.fixture
def xy(tape):
    return tape.variables([Fraction(1, 3)] * 12).reshape(2, 6)


def holds(tape, a, b, laws=Laws.NONE, seed=0):
    mask, bound = equal(tape, a, b, seed, laws)
    if mask.any() and not np.array_equal(a, b):
        assert bound >= 100
    return mask.tolist()


def ones(a):
    return np.full(a.shape, ONE)


def compare(seed):
    """Run a random program, rearranged and gone wrong: for each entry what tape, scalar field and reals say of it."""
    rng = random.Random(seed)
    both = Both()
    inputs = [both.variables((2, 3), rng) for _ in range(2)]
    steps = program(rng, rng.randrange(2, 7), [*OPERATIONS, *["sigmoid"] * rng.choice([0, 1, 5])])
    laws = rng.choice(list(Laws))
    for plant in (None, planted(steps, rng)):
        left = run(both, inputs, steps)
        right = run(both, inputs, steps, rearranged=True, plant=plant)
        mask, _ = equal(both.tape, left.elements, right.elements, seed, laws)
        pairs = list(zip(left.nodes.ravel().tolist(), right.nodes.ravel().tolist(), strict=True))
        scalar, _ = field.equal(both.graph, pairs, seed, laws)
        with flint.ctx.workprec(400):
            values = balls.at(both.graph, [node for pair in pairs for node in pair], both.point)
            yield from (
                (t, s, values[a].overlaps(values[b])) for t, s, (a, b) in zip(mask.ravel(), scalar, pairs, strict=True)
            )


@pytest.mark.parametrize("seed", some(range(0, PROGRAMS, 50), 6))
def test_random_programs(seed):
    """No two entries with different values are equal; nearly all are that the scalar field finds equal."""
    entries = [entry for number in range(seed, seed + 50) for entry in compare(number)]
    assert not [entry for entry in entries if entry[0] and not entry[2]]
    assert sum(not real for _, _, real in entries) > 50
    both, scalar = sum(t and s for t, s, _ in entries), sum(s for _, s, _ in entries)
    assert both > 0.9 * scalar > 100


def test_planted_constants_signs_and_indices_are_seen(tape, xy):
    """A factor of 1 + 1e-12, a sign, an index, a squared upstream and one wrong entry are different functions."""
    x, y = xy
    value = tape.products(x, y)
    nearly = np.full(x.shape, tape.constant(1 + Fraction(1, 10**12)))
    squared = tape.products(value, y)
    moved = value.copy()
    moved[3] = value[4]
    for wrong in (tape.products(nearly, value), tape.negatives(value), value[::-1], squared):
        assert not any(holds(tape, tape.products(y, x), wrong))
    assert holds(tape, tape.products(y, x), moved) == [True] * 3 + [False] + [True] * 2


def test_a_pair_of_one_element_is_equal_without_a_bound(tape, xy):
    """Nothing random is needed there, nor for no pairs at all."""
    mask, bound = equal(tape, xy, xy, 0, Laws.NONE)
    assert mask.all()
    assert mask.shape == (2, 6)
    assert bound == 0
    empty, bound = equal(tape, xy[:0], xy[:0], 0, Laws.ROOTS)
    assert empty.shape == (0, 6)
    assert bound == 0


def test_what_only_a_fixed_prime_hides_is_seen(tape, xy):
    """A constant that a prime of other walks divides is no 0: primes are drawn anew for each seed."""
    x, y = xy
    primes = [chain.p for chain in singles("0 0", 4)]
    product = Fraction(int(np.prod([int(p) for p in primes], dtype=object)))
    hidden = tape.sums(x, tape.products(np.full(x.shape, tape.constant(product)), y))
    assert not any(holds(tape, x, hidden, seed=1))


def test_a_constant_beyond_all_bounds_is_not_proved(tape, xy):
    """A number with so many digits may be divisible by a good part of all primes."""
    x, _ = xy
    huge = tape.constant(Fraction(2) ** 90_000_000)
    a = tape.sums(tape.products(np.full(x.shape, huge), x), x)
    b = tape.sums(x, tape.products(x, np.full(x.shape, huge)))
    assert not any(holds(tape, a, b))


def test_a_pole_everywhere_proves_nothing(tape, xy):
    """What is divided by 0 for all inputs has no value in any walk."""
    x, _ = xy
    nothing = tape.sums(x, tape.products(np.full(x.shape, MINUS_ONE), x))
    a, b = tape.quotients(x, nothing), tape.quotients(ones(x), nothing)
    assert not any(holds(tape, a, b))
    for name in ("exp", "log", "sin"):
        assert not any(holds(tape, tape.functions(name, a), tape.functions(name, b)))


def test_typed_floats_are_the_simplest_rationals(tape, xy):
    """3 * 0.1 and 0.3 are one number."""
    x, _ = xy
    tenth, third = (np.full(x.shape, tape.constant(value)) for value in (0.1, 0.3))
    three = np.full(x.shape, tape.constant(Fraction(3)))
    assert all(holds(tape, tape.products(tape.products(three, tenth), x), tape.products(third, x)))


def test_functions_are_the_same_for_the_same_argument(tape, xy):
    """However the argument is written; odd functions change sign with it, even ones do not, others become another."""
    x, y = xy
    forward, back = tape.sums(x, y), tape.negatives(tape.sums(y, x))
    for name in ("sin", "tanh", "atan", "erf"):
        a, b = tape.functions(name, forward), tape.functions(name, back)
        assert all(holds(tape, a, tape.negatives(b)))
        assert not any(holds(tape, a, b))
    assert all(holds(tape, tape.functions("cos", forward), tape.functions("cos", back)))
    assert not any(holds(tape, tape.functions("exp", forward), tape.functions("exp", back)))
    nearly = tape.sums(x, np.full(x.shape, tape.constant(Fraction(1, 10**30))))
    assert not any(holds(tape, tape.functions("log", x), tape.functions("log", nearly)))


def test_sin_and_cos_are_on_the_circle(tape, xy):
    """sin**2 + cos**2 is 1, at every level."""
    x, _ = xy
    squares = [tape.powers(tape.functions(name, x), Fraction(2)) for name in ("sin", "cos")]
    total = tape.sums(*squares)
    assert all(holds(tape, total, ones(x)))
    inside = tape.functions("exp", tape.products(total, x))
    assert all(holds(tape, inside, tape.functions("exp", x), Laws.EXPONENTIAL))


def test_the_law_of_exponentials(tape, xy):
    """exp(a + b) is exp(a) exp(b), tanh is made of exp; without the law neither is known."""
    x, y = xy
    both = tape.functions("exp", tape.sums(x, y))
    split = tape.products(tape.functions("exp", x), tape.functions("exp", y))
    e = tape.powers(tape.functions("exp", x), Fraction(2))
    tanh = tape.quotients(tape.sums(e, np.full(x.shape, MINUS_ONE)), tape.sums(e, ones(x)))
    for a, b in ((both, split), (tape.functions("tanh", x), tanh)):
        assert not any(holds(tape, a, b))
        assert all(holds(tape, a, b, Laws.EXPONENTIAL))
        assert not any(holds(tape, a, tape.negatives(b), Laws.EXPONENTIAL))


def test_exponentials_within_exponents(tape, xy):
    """An exponential in an exponent is an element there."""
    x, y = xy
    inner = tape.functions("exp", x)
    a = tape.functions("exp", tape.sums(inner, y))
    b = tape.products(tape.functions("exp", y), tape.functions("exp", tape.functions("exp", x)))
    assert all(holds(tape, a, b, Laws.EXPONENTIAL))
    assert not any(holds(tape, a, tape.products(b, inner), Laws.EXPONENTIAL))


ROOTS = {
    "quotient by the radicand": lambda t, u, v: (t.quotients(t.powers(u, HALF), u), t.powers(u, -HALF)),
    "product": lambda t, u, v: (t.powers(t.products(u, v), HALF), t.products(t.powers(u, HALF), t.powers(v, HALF))),
    "nested": lambda t, u, v: (
        t.powers(t.powers(t.sums(u, t.powers(v, HALF)), HALF), Fraction(4)),
        t.powers(t.sums(u, t.powers(v, HALF)), Fraction(2)),
    ),
    "cube": lambda t, u, v: (t.products(t.powers(u, Fraction(1, 3)), t.powers(u, Fraction(2, 3))), u),
    "fourth": lambda t, u, v: (t.powers(t.powers(u, Fraction(1, 4)), Fraction(2)), t.powers(u, HALF)),
}


@pytest.mark.parametrize("name", ROOTS)
def test_the_law_of_roots(tape, xy, name):
    """Powers of roots are powers of what is under them, with that law only."""
    x, y = xy
    u, v = tape.sums(tape.powers(x, Fraction(2)), y), tape.sums(x, ones(x))
    a, b = ROOTS[name](tape, u, v)
    assert all(holds(tape, a, b, Laws.ROOTS))
    assert not any(holds(tape, a, tape.negatives(b), Laws.ROOTS))
    assert not any(holds(tape, a, tape.products(b, u), Laws.ROOTS))


def test_a_root_of_a_square_has_no_known_sign(tape, xy):
    """The root of x**2 is x or -x: neither in all walks."""
    x, _ = xy
    root = tape.powers(tape.powers(x, Fraction(2)), HALF)
    assert not any(holds(tape, root, x, Laws.ROOTS))
    assert not any(holds(tape, root, tape.negatives(x), Laws.ROOTS))


def test_functions_of_roots_are_the_same_for_the_same_element_only(tape, xy):
    """Signs of roots are no ground for taking two arguments for one."""
    x, _ = xy
    root = tape.powers(tape.powers(x, Fraction(2)), HALF)
    a, b = tape.functions("log", root), tape.functions("log", x)
    assert not any(holds(tape, a, b, Laws.ROOTS))
    again = tape.sums(a, tape.functions("exp", root))
    assert all(holds(tape, again, tape.sums(tape.functions("exp", root), a), Laws.ROOTS))


def test_matrix_products_are_the_sums_of_products(tape):
    """A stack of matrices, and the same entry by entry; one wrong entry is seen."""
    a, b = (tape.variables([Fraction(1, 7)] * 24).reshape(shape) for shape in ((2, 3, 4), (2, 4, 3)))
    whole = tape.matmul(a, b)
    terms = tape.products(
        np.broadcast_to(a[:, :, None, :], (2, 3, 3, 4)), np.broadcast_to(b.swapaxes(1, 2)[:, None], (2, 3, 3, 4))
    )
    sums = tape.totals(terms.ravel(), np.arange(0, terms.size, 4)).reshape(2, 3, 3)
    assert np.array(holds(tape, whole, sums)).all()
    assert np.array(holds(tape, whole[:, :, 1], sums[:, :, 1])).all()
    assert not np.array(holds(tape, whole[:1], sums[1:])).any()


def batch_norm(tape, x):
    rows, columns = x.shape
    turned = x.T

    def mean(values):
        total = tape.totals(values.ravel(), np.arange(0, values.size, rows))
        return tape.products(total, np.full(total.shape, tape.constant(Fraction(1, rows))))

    def spread(values):
        return np.repeat(values[:, None], rows, 1)

    centred = tape.sums(turned, tape.negatives(spread(mean(turned))))
    variance = tape.sums(mean(tape.powers(centred, Fraction(2))), np.full(columns, tape.constant(1e-5)))
    return tape.products(centred, spread(tape.powers(variance, -HALF)))


def test_a_denominator_in_all_terms_counts_once(tape):
    """Two batch norms on end with 400 rows keep a small degree: few walks are enough."""
    x = tape.variables([Fraction(1, 7)] * 800).reshape(400, 2)
    a = batch_norm(tape, batch_norm(tape, x).T)
    total = tape.totals(a.ravel(), np.arange(0, a.size, 400))
    for laws in (Laws.NONE, Laws.ROOTS):
        assert all(holds(tape, total, np.zeros(2, np.int64), laws))


def test_the_same_seed_gives_the_same_answer(tape, xy):
    """All that is random comes from the seed."""
    x, y = xy
    a, b = tape.functions("log", tape.sums(x, y)), tape.functions("log", tape.sums(y, x))
    outcomes = {(tuple(mask), bound) for mask, bound in (equal(tape, a, b, 5, Laws.NONE) for _ in range(3))}
    assert len(outcomes) == 1


LOGARITHMS = {
    "normalised": lambda t, x, s: t.sums(x, t.negatives(t.functions("log", s))),
    "with a shift": lambda t, x, s: t.sums(x, t.negatives(t.sums(x, t.sums(t.negatives(x), t.functions("log", s))))),
    "scaled": lambda t, x, s: t.products(
        np.full(x.shape, t.constant(HALF)),
        t.sums(t.sums(x, x), t.products(np.full(x.shape, t.constant(Fraction(-2))), t.functions("log", s))),
    ),
}


@pytest.mark.parametrize("name", LOGARITHMS)
def test_logarithms_in_exponents_are_factors(tape, xy, name):
    """exp(x - log(s)) is exp(x) / s, however deep in the sum the logarithm is; and nothing else."""
    x, y = xy
    s = tape.sums(tape.powers(x, Fraction(2)), y)
    a = tape.functions("exp", LOGARITHMS[name](tape, x, s))
    b = tape.quotients(tape.functions("exp", x), s)
    assert all(holds(tape, a, b, Laws.EXPONENTIAL))
    assert not any(holds(tape, a, tape.products(b, s), Laws.EXPONENTIAL))
    assert not any(holds(tape, a, tape.functions("exp", x), Laws.EXPONENTIAL))


def test_exponents_that_are_logarithms_only(tape, xy):
    """exp(3 log(x)) is x**3, exp(log(x) / 2) its root, exp(log(x) + log(y)) the product."""
    x, y = xy
    log, other = tape.functions("log", x), tape.functions("log", y)
    for factor in (Fraction(3), HALF):
        scaled = tape.products(np.full(x.shape, tape.constant(factor)), log)
        assert all(holds(tape, tape.functions("exp", scaled), tape.powers(x, factor)))
    assert all(holds(tape, tape.functions("exp", tape.sums(log, other)), tape.products(x, y)))
