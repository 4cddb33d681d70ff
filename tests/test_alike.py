"""Questions along different calls, or about different formulas, are different ones: each of their sides is visited."""

import numpy as np
import pytest
from effort import slow, some
from subjects import complaints

import verify
from verify.checks.checker import check
from verify.checks.regions.alike import Formulas

NEAR = 0.1
TERMS = np.array([1 / 2, 1 / 3, 1 / 8, 1 / 30, 1 / 144, 1 / 840, 1 / 5760, 1 / 45360, 1 / 403200, 1 / 3991680])


def phi(a):
    """Return (exp(a) - 1) / a by its series near 0."""
    near = np.abs(a) < NEAR
    safe = np.where(near, 1.0, a)
    series = 1 + a / 2 + a**2 / 6 + a**3 / 24 + a**4 / 120 + a**5 / 720 + a**6 / 5040 + a**7 / 40320 + a**8 / 362880
    return np.where(near, series + a**9 / 3628800 + a**10 / 39916800, (np.exp(safe) - 1) / safe)


def slope(a, wrong):
    """Return the derivative of `phi`; `wrong` has a coefficient that is off."""
    near = np.abs(a) < NEAR
    safe = np.where(near, 1.0, a)
    series = sum(term * a**k for k, term in enumerate(TERMS)) + wrong * a * a
    return np.where(near, series, (safe * np.exp(safe) - np.exp(safe) + 1) / safe**2)


def twice(wrong):
    """Call a helper on what it returned."""

    def backward(d, x):
        return d * slope(phi(x), wrong) * slope(x, 0)

    return verify.pair(lambda x: phi(phi(x)), backward, x="2")


def looped(wrong):
    """Run one line of a loop for each layer of a net."""

    class Net:
        def forward(self, x):
            self.values = [x]
            for _ in range(2):
                self.values.append(phi(self.values[-1]))
            return self.values[-1]

        def backward(self, d):
            for number, value in list(enumerate(self.values[:-1]))[::-1]:
                d = d * slope(value, wrong * number)
            return d

    return verify.layer(Net, inputs={"x": "2"})


def nested(wrong):
    """Let a function call itself."""

    def forward(x, depth=0):
        return forward(phi(x), depth + 1) if depth < 2 else x * 1.0

    return verify.pair(forward, lambda d, x: d * slope(phi(x), wrong) * slope(x, 0), x="2")


class Unit:
    """A layer of a net, cut off at a distance of its own."""

    def __init__(self, wrong):
        self.wrong = wrong

    def forward(self, a):
        self.a = a
        return np.where(a > 2, a, 2 * a - 2)

    def backward(self, d):
        return d * np.where(self.a > 2, 1 + self.wrong, 2)


def stacked(wrong):
    """Use two objects of one class, the second of which sees large numbers only behind a steep function."""

    class Net:
        def __init__(self):
            self.units = [Unit(0), Unit(wrong)]

        def forward(self, x):
            first = self.units[0].forward(x)
            self.inner = np.tanh(first / 50)
            return self.units[1].forward(self.inner * 2.5)

        def backward(self, d):
            return self.units[0].backward(self.units[1].backward(d) * 2.5 * (1 - self.inner**2) / 50)

    return verify.layer(Net, inputs={"x": verify.real("2", low=-100, high=100)})


def closures(wrong):
    """Call functions that one function made, on what each of them returned."""

    def made(threshold, slopes):
        return (lambda a: np.where(a > threshold, a + threshold, 2 * a)), lambda a: np.where(a > threshold, *slopes)

    parts = [made(0.5, (1, 2)), made(30.5, (1 + wrong, 2))]

    def backward(d, x):
        first, second = parts
        return d * second[1](first[0](x)) * first[1](x)

    return verify.pair(lambda x: parts[1][0](parts[0][0](x)), backward, x="2")


def on_one_line(wrong):
    """Ask about two formulas on one line."""

    def backward(d, x):
        return d * (np.where(x > 3, 1, 2) + np.exp(x / 9) / 9 * np.where(np.exp(x / 9) > 3, 1 + wrong, 2))

    return verify.pair(
        lambda x: np.where(x > 3, x, 2 * x - 3) + np.where(np.exp(x / 9) > 3, np.exp(x / 9), 2 * np.exp(x / 9) - 3),
        backward,
        x="2",
    )


def comprehension(wrong):
    """Ask about several formulas in a comprehension."""

    def backward(d, x):
        e = np.exp(x / 9)
        return d * (np.where(x > 3, 1, 2) + e / 9 * np.where(e > 3, 1 + wrong, 2))

    return verify.pair(lambda x: sum(np.where(v > 3, v, 2 * v - 3) for v in (x, np.exp(x / 9))), backward, x="2")


def joined(wrong):
    """Ask about two formulas in one array."""

    def backward(d, x):
        e = np.exp(x / 9)
        return d * (np.where(x > 3, 1, 2) + e / 9 * np.where(e > 3, 1 + wrong, 2))

    def forward(x):
        v = np.concatenate([x, np.exp(x / 9)])
        v = np.where(v > 3, v, 2 * v - 3)
        return v[: len(x)] + v[len(x) :]

    return verify.pair(forward, backward, x="2")


def typed(wrong):
    """Compare with several floats of the code, which are no binary fractions."""

    def backward(d, x):
        return d * (np.where(x > 0.1, 1, 2) + np.where(x > 70.1, 1 + wrong, 2))

    return verify.pair(
        lambda x: sum(np.where(x > t, x, 2 * x - t) for t in (0.1, 70.1)), backward, x=verify.real("2", low=-1)
    )


RELATIVES = [closures, twice, looped, nested, stacked, on_one_line, comprehension, joined, typed]


@pytest.mark.parametrize("relative", some(RELATIVES, 18), ids=lambda relative: relative.__name__)
def test_each_question_has_its_own_sides(relative):
    """What is wrong on one side of the second question is found, and the right twin passes with nothing unvisited."""
    right = check(relative(0))
    assert not complaints(right)
    assert not right.cover.unvisited
    assert complaints(check(relative(0.1)))


@slow
def test_entries_ask_one_question():
    """Entries of an array, in a loop as well, are visited as one: no more runs than for a few of them."""

    def forward(x):
        total = 0.0
        for value in x:
            total = total + (value if value > 1 else 2 * value - 1)
        return total

    few, many = (
        check(verify.pair(forward, lambda d, x: d * np.where(x > 1, 1, 2), x=str(number))).cover for number in (5, 40)
    )
    assert many.regions <= few.regions + 40
    assert not many.unvisited


def test_formulas_are_few():
    """Of one kind of question no more than a few formulas are told apart; all others are alike."""
    formulas = Formulas()
    for number in range(1, 30):
        formulas.learn("kind", number)
    known = [formulas.distinguish("kind", number) for number in range(1, 30)]
    assert len(set(known)) < 10
    assert not formulas.distinguish("another kind", 1)


def banded(number, near, within):
    """Return one of two weights, by one question about a number."""
    return within if 250 < number < 251 else near


class Banded:
    """A layer that asks a helper about another number where there are several rows."""

    wrong = 0

    def forward(self, x):
        self.x = x.copy()
        return x * (banded((x * x).sum(), 2, 3) if len(x) > 1 else banded(x.sum(), 1, 5))

    def backward(self, dout):
        if len(self.x) > 1:
            return dout * banded((self.x * self.x).sum(), 2, 3 + self.wrong)
        return dout * banded(self.x.sum(), 1, 5)


@slow
@pytest.mark.parametrize("wrong", [0, 1])
def test_what_only_larger_inputs_ask_is_looked_at(wrong):
    """Runs that ask at the same line along another path are explored, though a smaller one has passed that line."""
    case = verify.layer(type("Layer", (Banded,), {"wrong": wrong}), inputs={"x": "N D"})
    verdicts = {row.verdict.name for row in check(case).comparisons}
    assert verdicts == ({"PROVED", "REFUTED"} if wrong else {"PROVED"})
