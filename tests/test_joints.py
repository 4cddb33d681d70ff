"""Roots of polynomials and exponentials of matrices: enclosed in balls, proved in fields, and no more than that."""

import math
from fractions import Fraction

import flint
import numpy as np
import pytest

from verify.graph import balls, joints
from verify.graph.graph import Graph
from verify.model.result import Verdict
from verify.proof import field
from verify.proof.decide import decide


def symmetric(graph, names=("a", "b", "c", "d", "e", "f")):
    """Return the nodes of the entries of a symmetric matrix of three rows."""
    a, b, c, d, e, f = map(graph.variable, names)
    return [[a, b, c], [b, d, e], [c, e, f]]


def coefficients(graph, m):
    """Return the coefficients of the characteristic polynomial of a matrix of three rows, below the highest."""
    minus = graph.whole(-1)

    def minor(i, j, k, n):
        return graph.sum(graph.product(m[i][k], m[j][n]), graph.product(minus, graph.product(m[i][n], m[j][k])))

    trace = graph.total([m[0][0], m[1][1], m[2][2]])
    second = graph.total([minor(0, 1, 0, 1), minor(0, 2, 0, 2), minor(1, 2, 1, 2)])
    det = graph.total(
        [
            graph.product(m[0][0], minor(1, 2, 1, 2)),
            graph.product(minus, graph.product(m[0][1], minor(1, 2, 0, 2))),
            graph.product(m[0][2], minor(1, 2, 0, 1)),
        ]
    )
    return [graph.product(minus, det), second, graph.product(minus, trace)]


def eigenvalues(graph, m):
    return [graph.joint("root", coefficients(graph, m), k) for k in range(3)]


POINT = {name: Fraction(n) for name, n in zip("abcdef", (1, 2, -1, 5, 3, -4), strict=True)}
OTHERS = [{name: value + Fraction(k, 7) for name, value in POINT.items()} for k in range(1, 4)]


def verdict(graph, a, b, points=(POINT, *OTHERS)):
    return decide(graph, [(a, b)], lambda: list(points), 0)[0].verdict


@pytest.mark.parametrize("bits", [53, 200, 1000])
def test_roots_are_enclosed_to_the_working_precision(bits):
    """The balls of roots are as narrow as those of the coefficients allow, and hold what NumPy computes."""
    graph = Graph()
    roots = eigenvalues(graph, symmetric(graph))
    with flint.ctx.workprec(bits):
        values = balls.at(graph, roots, POINT)
        assert all(values[root].rel_accuracy_bits() > bits - 20 for root in roots)
    matrix = np.array([[1, 2, -1], [2, 5, 3], [-1, 3, -4]], float)
    assert [float(values[root]) for root in roots] == pytest.approx(np.linalg.eigvalsh(matrix), rel=1e-12)


def test_roots_that_meet_are_not_enclosed():
    """At a tie, and where roots are not real, there is no ball that anybody could read."""
    for polynomial in ([1, -2], [1, 0], [-1, 3, -3]):
        value = joints.in_balls("root", [flint.arb(c) for c in polynomial], 0)
        assert not value.is_finite()


def test_relations_of_all_roots_are_proved():
    """Vieta's: the sum of the roots is the trace, their product the determinant; each is a root."""
    graph = Graph()
    m = symmetric(graph)
    c, roots = coefficients(graph, m), eigenvalues(graph, m)
    minus = graph.whole(-1)
    product = graph.product(roots[0], graph.product(roots[1], roots[2]))
    assert verdict(graph, graph.total(roots), graph.product(minus, c[2])) is Verdict.PROVED
    assert verdict(graph, product, graph.product(minus, c[0])) is Verdict.PROVED
    for root in roots:
        powers = [graph.power(root, Fraction(k)) for k in range(4)]
        terms = [graph.product(c[k], powers[k]) for k in range(3)]
        assert verdict(graph, graph.total([*terms, powers[3]]), graph.whole(0)) is Verdict.PROVED


def test_what_holds_in_one_order_only_is_not_proved():
    """Of a diagonal matrix the least root is the least entry, at the sample: that is no relation of all roots."""
    graph = Graph()
    a, d, f = map(graph.variable, "adf")
    zero = graph.whole(0)
    least, *_ = eigenvalues(graph, [[a, zero, zero], [zero, d, zero], [zero, zero, f]])
    assert field.equal(graph, [(least, a)], 0)[0] == [False]
    ordered = [{"a": Fraction(1), "d": Fraction(5) + k, "f": Fraction(9) + k} for k in range(4)]
    assert verdict(graph, least, a, ordered) is Verdict.AGREES


@pytest.mark.parametrize(("first", "second"), [(0, 1), (1, 2), (0, 2)])
def test_different_roots_are_told_apart(first, second):
    """Roots of one polynomial are never taken for one another, though on some sheet they change places."""
    graph = Graph()
    roots = eigenvalues(graph, symmetric(graph))
    assert field.equal(graph, [(roots[first], roots[second])], 0)[0] == [False]
    assert verdict(graph, roots[first], roots[second]) is Verdict.REFUTED


def test_two_roots_do_not_make_a_trace():
    """A relation of two roots that would hold if the third were 0 is refuted."""
    graph = Graph()
    m = symmetric(graph)
    roots, c = eigenvalues(graph, m), coefficients(graph, m)
    assert verdict(graph, graph.sum(*roots[:2]), graph.product(graph.whole(-1), c[2])) is Verdict.REFUTED


def exponential(graph, entries):
    n = math.isqrt(len(entries))
    return [graph.joint("expm", entries, (i, j)) for i in range(n) for j in range(n)]


def test_the_exponential_of_a_transpose_is_the_transpose():
    """What holds for every power series of a matrix is proved."""
    graph = Graph()
    a, b, c, d = map(graph.variable, "abcd")
    plain, transposed = exponential(graph, [a, b, c, d]), exponential(graph, [a, c, b, d])
    assert verdict(graph, plain[1], transposed[2]) is Verdict.PROVED
    assert verdict(graph, plain[1], transposed[1]) is Verdict.REFUTED


def test_what_is_special_to_exp_is_left_open():
    """exp(A) exp(-A) = 1 is no law of all power series: it agrees, and is not proved."""
    graph = Graph()
    entries = list(map(graph.variable, "abcd"))
    minus = [graph.product(graph.whole(-1), entry) for entry in entries]
    a, b = exponential(graph, entries), exponential(graph, minus)
    first = graph.sum(graph.product(a[0], b[0]), graph.product(a[1], b[2]))
    assert verdict(graph, first, graph.whole(1)) is Verdict.AGREES


@pytest.mark.parametrize("op", ["root", "expm"])
def test_derivatives_are_what_differences_tend_to(op):
    """The derivative by each argument is the limit of differences, to ten digits."""
    graph = Graph()
    names = [f"x{i}" for i in range(4 if op == "expm" else 3)]
    node = graph.joint(op, [graph.variable(name) for name in names], (0, 1) if op == "expm" else 1)
    point = dict(zip(names, map(Fraction, (1, 2, -1, 3) if op == "expm" else (2, -5, -1)), strict=False))
    step = Fraction(1, 10**20)
    for name, slope in zip(names, joints.derivatives(graph, node), strict=True):
        with flint.ctx.workprec(300):
            values = [balls.at(graph, [node], {**point, name: point[name] + s})[node] for s in (step, -step)]
            difference = (values[0] - values[1]) / balls.ball(2 * step)
            exact = balls.at(graph, [slope], point)[slope]
            assert float(abs(difference - exact)) < 1e-10
            inner = [balls.ball(point[key]) for key in names]
            moves = joints.slopes(op, inner, graph.payloads[node], balls.at(graph, [node], point)[node])
            assert moves[names.index(name)].overlaps(exact)
