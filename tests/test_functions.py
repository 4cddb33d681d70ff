"""The table of functions: values, slopes and what else a line says, against mpmath at 50 digits."""

from __future__ import annotations

import itertools
from fractions import Fraction

import flint
import mpmath
import pytest
import sympy
from effort import some

from verify.graph import balls, functions
from verify.graph.functions import FUNCTIONS
from verify.graph.graph import Graph
from verify.graph.slopes import slope

_DIGITS, _BITS = 50, 400
_CLOSE = mpmath.mpf(10) ** -40
HALF, THIRD = Fraction(1, 2), Fraction(1, 3)


# What mpmath has by another name or in another form, where each line is defined, and with which parameters.
def _owens(h, a):
    """Return Owen's T by the integral that defines it."""
    return mpmath.quad(lambda x: mpmath.exp(-h * h * (1 + x * x) / 2) / (1 + x * x), [0, a]) / (2 * mpmath.pi)


MPMATH = {
    "owens_t": _owens,
    "owens_h": lambda a, h: _owens(h, a),
    "loggamma": lambda u: mpmath.loggamma(u).real,
    "dawsn": lambda u: mpmath.sqrt(mpmath.pi) / 2 * mpmath.exp(-u * u) * mpmath.erfi(u),
    "LambertW": lambda u: mpmath.lambertw(u).real,
    "elliptic_k": mpmath.ellipk,
    "elliptic_e": mpmath.ellipe,
    "Ei": mpmath.ei,
    "Si": mpmath.si,
    "Ci": mpmath.ci,
    "Shi": mpmath.shi,
    "Chi": mpmath.chi,
    "airyaiprime": lambda u: mpmath.airyai(u, derivative=1),
    "airybiprime": lambda u: mpmath.airybi(u, derivative=1),
    "spence": lambda u: mpmath.polylog(2, 1 - u).real,
    "polygamma": mpmath.polygamma,
    "gammainc": lambda a, u: mpmath.gammainc(a, 0, u, regularized=True),
    "incbet": lambda a, b, u: mpmath.betainc(a, b, 0, u, regularized=True),
    "hyp0f1": mpmath.hyp0f1,
    "hyp1f1": mpmath.hyp1f1,
    "hyp2f1": mpmath.hyp2f1,
    "hyperu": mpmath.hyperu,
    "expint": mpmath.expint,
    "stdtr": lambda n, u: (
        mpmath.mpf(1) / 2
        + u
        * mpmath.gamma((n + 1) / 2)
        / (mpmath.sqrt(n * mpmath.pi) * mpmath.gamma(n / 2))
        * mpmath.hyp2f1(mpmath.mpf(1) / 2, (n + 1) / 2, mpmath.mpf(3) / 2, -u * u / n)
    ),
}
PARAMETERS = {
    "polygamma": [(0,), (1,), (3,)],
    "zeta": [(2,), (Fraction(7, 2),)],
    "besselj": [(0,), (2,), (THIRD,)],
    "bessely": [(0,), (1,), (THIRD,)],
    "besseli": [(0,), (1,), (HALF,)],
    "besselk": [(0,), (2,), (THIRD,)],
    "expint": [(1,), (3,)],
    "gammainc": [(HALF,), (3,), (Fraction(7, 3),)],
    "incbet": [(HALF, 2), (Fraction(5, 2), Fraction(4, 3))],
    "stdtr": [(5,), (HALF,)],
    "owens_t": [(HALF,)],
    "owens_h": [(-2,)],
    "gammaincinv": [(HALF,), (3,), (Fraction(7, 3),)],
    "incbetinv": [(HALF, 2), (Fraction(5, 2), Fraction(4, 3))],
    "stdtrit": [(5,), (HALF,)],
    "hyp0f1": [(Fraction(3, 2),)],
    "hyp1f1": [(HALF, Fraction(3, 2)), (2, 3)],
    "hyperu": [(HALF, Fraction(3, 2))],
    "hyp2f1": [(HALF, 1, Fraction(3, 2))],
}
LINES = [(name, ()) for name in FUNCTIONS if "[" not in name] + [
    (name, parameters) for name, several in PARAMETERS.items() for parameters in several
]


INVERSES = {"gammaincinv": "gammainc", "incbetinv": "incbet", "stdtrit": "stdtr"}


def _full(name, parameters):
    return functions.of(name, [Fraction(p) for p in parameters])


def _points(line):
    """Return 20 points within a function's domain, none of them special."""
    low, high = FUNCTIONS[line].within
    positive = low is not None or functions.head(line) in ("gamma", "log", "Ei", "polygamma")
    high = high if high is not None else 3
    low = (low if low is not None else -3) if not positive or low else 0
    return [low + (high - low) * Fraction(2 * k + 1, 41) for k in range(20)]


def _reference(name, parameters, u):
    compute = MPMATH.get(name) or getattr(mpmath, name)
    return mpmath.mpf(compute(*[_mpf(Fraction(p)) for p in parameters], u).real)


def _mpf(value):
    return mpmath.mpf(value.numerator) / value.denominator


def _number(ball):
    return mpmath.mpf(ball.mid().str(60, radius=False))


def _is_close(ball, number):
    return abs(_number(ball) - number) <= _CLOSE * max(1, abs(number))


@pytest.mark.parametrize(("name", "parameters"), some(LINES, 36))
def test_value_and_slope(name, parameters):
    """The enclosure and the slope of each line are mpmath's value and derivative, at 20 points to 40 digits."""
    line = _full(name, parameters)
    compared = 0
    with flint.ctx.workprec(_BITS), mpmath.workdps(_DIGITS):
        for point in _points(line):
            u = flint.arb(flint.fmpq(point.numerator, point.denominator))
            value = functions.enclosed(line, u)
            if not value.is_finite():  # of LambertW below -1/e
                continue
            compared += 1
            if name in INVERSES:  # of what is compared itself
                assert functions.enclosed(_full(INVERSES[name], parameters), value).overlaps(u)
                assert value.rad() < abs(value) * flint.arb(2) ** -200
                inner = _full(INVERSES[name], parameters)
                assert (slope(line, u, value) * slope(inner, value, u)).overlaps(flint.arb(1))
                assert not ((slope(line, u, value) + 1) * slope(inner, value, u)).overlaps(flint.arb(1))
                continue
            assert _is_close(value, _reference(name, parameters, _mpf(point))), (line, point)
            with mpmath.workdps(2 * _DIGITS):
                expected = mpmath.diff(lambda x: _reference(name, parameters, x), _mpf(point), h=mpmath.mpf(10) ** -45)
            assert _is_close(slope(line, u, value), expected), (line, point)
            assert not _is_close(slope(line, u, value) + 1, expected)
    assert compared >= 10


@pytest.mark.parametrize(("name", "parameters"), some(LINES))
def test_what_a_line_says(name, parameters):
    """Symmetry, the value at 0, bounds, the domain and rising are true of the enclosures."""
    line = _full(name, parameters)
    known = FUNCTIONS[line]
    with flint.ctx.workprec(_BITS):
        points = [flint.arb(flint.fmpq(p.numerator, p.denominator)) for p in _points(line)]
        values = [value for u in points if (value := functions.enclosed(line, u)).is_finite()]
        if known.at_zero is not None:
            assert functions.enclosed(line, flint.arb(0)).overlaps(flint.arb(known.at_zero))
        if known.parity:
            assert all(
                functions.enclosed(line, -u).overlaps(known.parity * functions.enclosed(line, u)) for u in points
            )
        if known.rises:
            assert all(a < b for a, b in itertools.pairwise(values))
        for bound, sign in zip(known.between, (-1, 1), strict=True):
            assert bound is None or all(sign * value < sign * bound for value in values)
        for bound, sign in zip(known.within, (-1, 1), strict=True):
            assert bound is None or not functions.enclosed(line, flint.arb(bound) + sign).is_finite()


@pytest.mark.parametrize(("name", "parameters"), LINES)
def test_a_line_is_written_and_read(name, parameters):
    """What SymPy writes for a function is read as that function."""
    line = _full(name, parameters)
    assert functions.read(functions.written(line, sympy.Symbol("u"))) == line


@pytest.mark.parametrize("value", [Fraction(n, 2) for n in range(-9, 14) if n > 0 or n % 2])
def test_gamma_at_whole_and_half_numbers(value):
    """It is folded to a rational times a root of pi, which lies in flint's ball; so is its logarithm."""
    graph = Graph()
    for name in ("gamma", "loggamma"):
        node = graph.function(name, graph.constant(value))
        assert name not in graph.ops
        u = flint.arb(flint.fmpq(value.numerator, value.denominator))
        folded, ball = balls.at(graph, [node], {})[node], functions.enclosed(name, u)
        assert folded.overlaps(ball)
        assert not (folded + 1).overlaps(ball)


def test_parameters_are_part_of_the_name():
    """Functions with other parameters are others; what is not known has no line."""
    assert functions.of("besselj", [Fraction(2)]) == "besselj[2]"
    assert functions.of("besselj", [Fraction(1, 2)]) != functions.of("besselj", [Fraction(2)])
    assert functions.head("besselj[2]") == "besselj"
    assert [functions.head(name) for name in ("exp", "sum")] == ["exp", "sum"]
    for name, parameters in (("struve", []), ("besselj", []), ("besselj", [Fraction(1), Fraction(2)])):
        with pytest.raises(KeyError):
            functions.of(name, parameters)
