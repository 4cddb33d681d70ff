"""Formulas written anew: values stay, laws of logarithms, powers and angles are proved, near misses are not."""

import random
from fractions import Fraction

import numpy as np
import pytest
from effort import some

import verify
from verify import Verdict
from verify.graph import balls
from verify.graph.graph import Graph
from verify.proof.rewriting import Rewriting

POSITIVE = verify.real(low=0)


def _random(graph, rng, steps=14):
    """Return a random node of logarithms, exponentials, roots and angles of positive variables."""
    nodes = [graph.variable(name) for name in "abc"] + [graph.constant(Fraction(rng.randrange(1, 9), 3)), graph.pi()]
    half, one = Fraction(1, 2), graph.constant(Fraction(1))
    for _ in range(steps):
        left, right = rng.choice(nodes[-7:]), rng.choice(nodes)
        square = graph.sum(graph.power(left, Fraction(2)), one)
        nodes.append(
            rng.choice(
                [
                    lambda a=left, b=right: graph.sum(a, b),
                    lambda a=left, b=right: graph.product(a, b),
                    lambda a=square, b=right: graph.product(a, graph.power(b, Fraction(-1))),
                    lambda a=square: graph.power(a, rng.choice([half, -half, Fraction(3, 2), Fraction(-1)])),
                    lambda a=square, b=square: graph.function("log", graph.product(a, graph.sum(b, b))),
                    lambda a=left, b=square: graph.function("exp", graph.product(a, graph.function("log", b))),
                    lambda a=left, b=right: graph.function("sin", graph.sum(a, b)),
                    lambda a=left, b=right: graph.function("cos", graph.sum(graph.product(a, one), graph.sum(b, b))),
                ]
            )()
        )
    return nodes[-1]


@pytest.mark.parametrize("seed", range(60))
def test_values_stay(seed):
    """What is written anew has the values that it had, at points of both signs, wherever it is defined."""
    graph, rng = Graph(), random.Random(seed)
    pair = _random(graph, rng), _random(graph, rng)
    copy = Rewriting(graph, pair)
    for _ in range(3):
        point = {name: Fraction(rng.randrange(-40, 40) or 1, 16) for name in "abc"}
        values = balls.at(graph, pair, point)
        anew = balls.at(copy.graph, [copy.nodes[node] for node in pair], point)
        for node in pair:
            if values[node].is_finite() and anew[copy.nodes[node]].is_finite():
                assert values[node].overlaps(anew[copy.nodes[node]])


LAWS = {
    "a power less 1": (
        lambda x, p: x**p,
        lambda x, p: (p * x ** (p - 1), x**p * np.log(x)),
        lambda x, p: (p * x ** (p - 2), x**p * np.log(x)),
    ),
    "a power of a sum": (
        lambda x, p: (1 + x * x) ** (p / 2),
        lambda x, p: (p * x * (1 + x * x) ** (p / 2 - 1), np.log(1 + x * x) / 2 * (1 + x * x) ** (p / 2)),
        lambda x, p: (p * x * (1 + x * x) ** (p / 2 - 1), np.log(1 + x * x) * (1 + x * x) ** (p / 2)),
    ),
    "powers of powers": (
        lambda x, p: (x**p) ** (p + 1),
        lambda x, p: (p * (p + 1) * x ** (p * p + p - 1), (2 * p + 1) * x ** (p * (p + 1)) * np.log(x)),
        lambda x, p: (p * (p + 1) * x ** (p * p + p - 1), (2 * p + 1) * x ** (p * (p + 2)) * np.log(x)),
    ),
    "a logarithm of a quotient": (
        lambda x, p: (x / p) ** 1.5 * np.log(x) * np.log(p),
        lambda x, p: (
            (x / p) ** 0.5 / p * np.log(p) * (1.5 * np.log(x / p) + 1.5 * np.log(p) + 1),
            (x / p) ** 1.5 * np.log(x) / p * (1 - 1.5 * np.log(p)),
        ),
        lambda x, p: (
            (x / p) ** 0.5 / p * np.log(p) * (1.5 * np.log(x * p) + 1.5 * np.log(p) + 1),
            (x / p) ** 1.5 * np.log(x) / p * (1 - 1.5 * np.log(p)),
        ),
    ),
    "a square of a logarithm in an exponent": (
        lambda x, p: np.exp(-((np.log(x) + p) ** 2) / 2),
        lambda x, p: (
            -(np.log(x) + p) * x ** (-p - 1) * np.exp(-(np.log(x) ** 2) / 2 - p * p / 2),
            -(np.log(x) + p) * np.exp(-((np.log(x) + p) ** 2) / 2),
        ),
        lambda x, p: (
            -(np.log(x) + p) * x ** (p - 1) * np.exp(-(np.log(x) ** 2) / 2 - p * p / 2),
            -(np.log(x) + p) * np.exp(-((np.log(x) + p) ** 2) / 2),
        ),
    ),
    "a sum of angles": (
        lambda x, p: np.sin(x + p) * np.sin(x - p),
        lambda x, p: (np.sin(2 * x), -np.sin(2 * p)),
        lambda x, p: (np.sin(2 * x), np.sin(2 * p)),
    ),
    "multiples and parts of an angle": (
        lambda x, p: np.sin(x) * np.cos(3 * p),
        lambda x, p: (
            (2 * np.cos(x / 2) ** 2 - 1) * np.cos(3 * p),
            -3 * np.sin(x) * (3 * np.sin(p) - 4 * np.sin(p) ** 3),
        ),
        lambda x, p: (
            (2 * np.cos(x / 2) ** 2 - 1) * np.cos(3 * p),
            -3 * np.sin(x) * (3 * np.sin(p) - 3 * np.sin(p) ** 3),
        ),
    ),
    "roots of products": (
        lambda x, p: np.sqrt(x) * np.sqrt(p) + np.log(x) + np.log(p),
        lambda x, p: (p / (2 * np.sqrt(x * p)) + 1 / x, x / (2 * np.sqrt(x * p)) + 1 / p),
        lambda x, p: (p / (2 * np.sqrt(x * p)) + 1 / x, p / (2 * np.sqrt(x * p)) + 1 / p),
    ),
}


@pytest.mark.parametrize("name", some(LAWS, 12))
def test_a_law_is_proved(name):
    """A derivative that is right by a law is proved with it; one that misses by little is refuted."""
    forward, right, wrong = LAWS[name]
    for slopes, verdict in ((right, Verdict.PROVED), (wrong, Verdict.REFUTED)):
        case = verify.pair(
            forward, lambda dout, x, p, slopes=slopes: tuple(dout * s for s in slopes(x, p)), x=POSITIVE, p=POSITIVE
        )
        verdicts = {row.verdict for row in verify.check(case).comparisons}
        assert verdict in verdicts
        assert verdicts <= {Verdict.PROVED, verdict}


UNSIGNED = {
    "a logarithm of unsigned factors": (lambda x, y: np.log(x * y) ** 2 / 2, lambda x, y: (np.log(x) + np.log(y)) / x),
    "a root of unsigned factors": (lambda x, y: np.sqrt(x * y) ** 3, lambda x, y: 1.5 * y * np.sqrt(x) * np.sqrt(y)),
    "a root of a square": (lambda x, y: np.sqrt(x * x) * x + y, lambda x, y: 2 * x),
    "a logarithm of a square": (lambda x, y: np.log(x * x) ** 2 + y, lambda x, y: 8 * np.log(x) / x),
}


@pytest.mark.parametrize("name", some(UNSIGNED, 6))
def test_signs_are_not_taken_for_granted(name):
    """Where factors may be negative, what is right for positive ones alone is not proved without a word."""
    forward, slope = UNSIGNED[name]

    def verdict(**bounds):
        case = verify.pair(
            forward, lambda d, x, y: (d * slope(x, y), None), **dict.fromkeys("xy", verify.real(**bounds))
        )
        return verify.check(case).comparisons[0].verdict

    assert verdict(low=0) is Verdict.PROVED
    assert verdict(high=0) not in (Verdict.PROVED, Verdict.AGREES)
