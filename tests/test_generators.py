"""Random numbers with parameters that are constants are drawn as without a trace; those of inputs are refused."""

import numpy as np
import pytest
from effort import some

import verify
from verify import Verdict


def weights():
    """Return probabilities that the code computes."""
    q = np.power(np.array([1.0, 2.0, 4.0]), 0.75)
    return q / q.sum()


DRAWS = {
    "choice of a state": lambda: np.random.RandomState(0).choice(3, 3, p=weights()),
    "choice of a generator": lambda: np.random.default_rng(0).choice(3, 3, p=weights()),
    "choice of the module": lambda: np.random.choice(3, 3, True, weights()),
    "multinomial": lambda: np.random.RandomState(1).multinomial(5, weights()),
    "normal": lambda: np.random.default_rng(1).normal(weights(), weights()),
    "normal of the module": lambda: np.random.normal(weights(), scale=weights()),
    "gamma of the module": lambda: np.random.gamma(weights()),
    "beta": lambda: np.random.RandomState(2).beta(a=weights(), b=2),
    "dirichlet": lambda: np.random.default_rng(2).dirichlet(weights()),
    "poisson": lambda: np.random.default_rng(3).poisson(lam=weights() * 9),
    "permutation": lambda: np.random.RandomState(3).permutation(weights()),
    "permuted": lambda: np.random.default_rng(4).permuted(x=weights()),
    "permutation of the module": lambda: np.random.permutation(weights()),
}


def scaled(draw, wrong=1):
    """Return the case of a layer that scales its input by what is drawn in the forward pass."""

    @verify.case(x="3", name="scaled")
    def subject(x):
        k = draw()
        dout = yield x * k
        return dout * k * wrong

    return subject


@pytest.mark.parametrize("draw", some(DRAWS.values(), 8), ids=some(DRAWS, 8))
def test_constants_are_drawn_by(draw):
    """Numbers that are drawn by computed constants are numbers: the gradient is proved, a wrong one refuted."""
    assert {row.verdict for row in verify.check(scaled(draw), quick=True).comparisons} <= {
        Verdict.PROVED,
        Verdict.AGREES,
    }
    assert Verdict.REFUTED in {row.verdict for row in verify.check(scaled(draw, 2), quick=True).comparisons}


@pytest.mark.parametrize("name", some([name for name in DRAWS if "module" not in name], 6))
def test_what_is_drawn_is_what_numpy_draws(name):
    """The numbers are those of the same code without a trace."""
    numbers = DRAWS[name]()
    case = verify.pair(lambda x: x * (DRAWS[name]() - numbers + 1), lambda d, x: d, x="3")
    assert all(row.good for row in verify.check(case, quick=True).comparisons)


def moved(move):
    """Return the case of a layer that moves the entries of its input, and of one that forgets to move them back."""

    def backward(d, x):
        back = np.empty(3)
        back[move(np.arange(3))] = d
        return back

    return verify.pair(move, backward, x="3"), verify.pair(move, lambda d, x: d, x="3")


def shuffled(x):
    x = x.copy()
    np.random.RandomState(1).shuffle(x)
    return x


@pytest.mark.parametrize(
    "move",
    [
        shuffled,
        lambda x: np.random.RandomState(1).permutation(x),
        lambda x: np.random.default_rng(2).permutation(x),
        lambda x: np.random.RandomState(1).choice(x, 3, replace=False),
    ],
)
def test_inputs_are_moved(move):
    """Entries of an input may be moved by random numbers: in place, and as a copy."""
    right, wrong = moved(move)
    assert {row.verdict for row in verify.check(right, quick=True).comparisons} == {Verdict.PROVED}
    assert {row.verdict for row in verify.check(wrong, quick=True).comparisons} == {Verdict.REFUTED}


@pytest.mark.parametrize(
    "draw",
    [
        lambda x: np.random.RandomState(0).choice(3, 3, p=x / x.sum()),
        lambda x: np.random.default_rng(0).normal(loc=x),
        lambda x: np.random.gamma(x * x),
    ],
)
def test_no_numbers_are_drawn_by_inputs(draw):
    """What is drawn by a parameter of inputs is no function of them."""
    case = verify.pair(lambda x: x * draw(x), lambda d, x: d * draw(x), x=verify.real("3", low=0, high=1))
    [row] = verify.check(case, quick=True).comparisons
    assert row.verdict is Verdict.UNDECIDED
    assert "the code draws random numbers with a parameter that depends on the inputs" in row.evidence.detail
