"""Functions of complex numbers and transforms: values and derivatives against mpmath, planted errors against verdicts."""

from fractions import Fraction
from itertools import chain
from typing import Any

import flint
import mpmath
import numpy as np
import pytest
from effort import some

import verify
from verify import Verdict
from verify.graph import balls
from verify.graph.adjoints import adjoints, totals
from verify.tracing.arrays import arrays
from verify.tracing.arrays.complexes import ComplexArray
from verify.tracing.symbols.trace import Trace

DIGITS, BITS, POINTS = 50, 600, 20
GOOD = {Verdict.PROVED, Verdict.AGREES}
# NumPy's function, mpmath's, and the slope by which users write the gradient of an analytic one.
FUNCTIONS = {
    "exp": (np.exp, mpmath.exp, np.exp),
    "exp2": (np.exp2, lambda z: mpmath.power(2, z), lambda z: np.log(2) * np.exp2(z)),
    "expm1": (np.expm1, mpmath.expm1, np.exp),
    "log": (np.log, mpmath.log, lambda z: 1 / z),
    "log2": (np.log2, lambda z: mpmath.log(z) / mpmath.log(2), lambda z: 1 / (z * np.log(2))),
    "log10": (np.log10, mpmath.log10, lambda z: 1 / (z * np.log(10))),
    "log1p": (np.log1p, lambda z: mpmath.log(1 + z), lambda z: 1 / (1 + z)),
    "sqrt": (np.sqrt, mpmath.sqrt, lambda z: 0.5 / np.sqrt(z)),
    "square": (np.square, lambda z: z * z, lambda z: 2 * z),
    "reciprocal": (np.reciprocal, lambda z: 1 / z, lambda z: -1 / z**2),
    "sin": (np.sin, mpmath.sin, np.cos),
    "cos": (np.cos, mpmath.cos, lambda z: -np.sin(z)),
    "tan": (np.tan, mpmath.tan, lambda z: 1 / np.cos(z) ** 2),
    "sinh": (np.sinh, mpmath.sinh, np.cosh),
    "cosh": (np.cosh, mpmath.cosh, np.sinh),
    "tanh": (np.tanh, mpmath.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "third power": (lambda z: z**3, lambda z: z**3, lambda z: 3 * z**2),
    "inverse square": (lambda z: z**-2, lambda z: z**-2, lambda z: -2 / z**3),
    "half power": (lambda z: z**1.5, lambda z: mpmath.power(z, 1.5), None),
    "complex power": (lambda z: z ** (1 + 2j), lambda z: mpmath.power(z, 1 + 2j), None),
    "mobius": (lambda z: (z + 2j) / (z - 3), lambda z: (z + 2j) / (z - 3), lambda z: -(3 + 2j) / (z - 3) ** 2),
    "negative": (np.negative, lambda z: -z, lambda z: z * 0 - 1),
    "conjugate": (np.conjugate, mpmath.conj, None),
    "absolute": (np.absolute, lambda z: mpmath.hypot(z.real, z.imag), None),
    "angle": (np.angle, mpmath.arg, None),
    "sign": (lambda z: z / np.abs(z), mpmath.sign, None),
}


def points():
    """Return numbers in all four quadrants, off the axes."""
    return [(Fraction(7 * (k * k % 13) - 40, 31), Fraction(11 * (k % 7) - 31, 37)) for k in range(POINTS)]


def traced(compute, number):
    """Return a trace, its variables, and the parts of what is computed of so many complex numbers, as nodes."""
    trace = Trace()
    first = [Fraction(3 + k, 7) for k in range(2 * number)]
    with arrays.running(trace):
        variables = [trace.input(f"v{k}", value) for k, value in enumerate(first)]
        z = ComplexArray(*(arrays.built(variables[k::2], (number,)) for k in (0, 1)))
        made = compute(z)
        parts = [made.real, made.imag] if type(made) is ComplexArray else [made]
        return trace, variables, [list(arrays.nodes(part)) for part in parts]


def balls_at(trace, nodes, numbers):
    point = {f"v{k}": Fraction(number) for k, number in enumerate(numbers)}
    with flint.ctx.workprec(BITS):
        return balls.at(trace, nodes, point)


def close(ball, number):
    """Tell whether a ball is a number of mpmath's to 40 digits."""
    with flint.ctx.workprec(BITS):
        return abs(ball - flint.arb(mpmath.nstr(number, DIGITS))) < flint.arb(10) ** -38 * (1 + abs(ball))


def partial(function, part, x, y, by):
    """Return a partial derivative of a part of a function of x + i y."""
    chosen = [mpmath.re, mpmath.im][part]
    if by:
        return mpmath.diff(lambda t: chosen(function(mpmath.mpc(x, t))), y)
    return mpmath.diff(lambda t: chosen(function(mpmath.mpc(t, y))), x)


@pytest.mark.parametrize("name", some(FUNCTIONS, 8))
def test_value_and_derivative(name):
    """Values and all partial derivatives are mpmath's at 20 points; off by one thousandth they are not."""
    compute, function, _ = FUNCTIONS[name]
    trace, variables, parts = traced(compute, 1)
    slopes = [
        [totals(trace, adjoints(trace, [(part[0], trace.whole(1))], [v]))[v] for v in variables] for part in parts
    ]
    with mpmath.workdps(2 * DIGITS):
        for x, y in points():
            values = balls_at(trace, [*(part[0] for part in parts), *chain(*slopes)], (x, y))
            at = mpmath.mpf(x.numerator) / x.denominator, mpmath.mpf(y.numerator) / y.denominator
            exact = function(mpmath.mpc(*at))
            for number, part in enumerate(parts):
                assert close(values[part[0]], [mpmath.re, mpmath.im][number](exact))
                for by in (0, 1):
                    slope = partial(function, number, *at, by)
                    assert close(values[slopes[number][by]], slope)
                    assert not close(values[slopes[number][by]] + flint.arb(1) / 1000, slope)


@pytest.mark.parametrize("name", some([name for name, (_, _, slope) in FUNCTIONS.items() if slope is not None], 12))
def test_gradients_by_slopes(name):
    """The conjugate of the slope times the upstream is proved or agrees by a named law; one off is refuted."""
    compute, _, slope = FUNCTIONS[name]
    z = verify.complex("", low=1, high=2)

    def verdicts(backward):
        return {row.verdict for row in verify.check(verify.pair(compute, backward, z=z), quick=True).comparisons}

    assert verdicts(lambda d, z: d * np.conj(slope(z))) <= GOOD
    assert Verdict.REFUTED in verdicts(lambda d, z: d * np.conj(slope(z) + 0.001))
    assert Verdict.REFUTED in verdicts(lambda d, z: d * np.conj(slope(z) + 1e-3j))


def turn(k, n):
    return mpmath.expjpi(mpmath.mpf(2 * k) / n)


def full(z, sign):
    n = len(z)
    return [sum(z[j] * turn(sign * j * k, n) for j in range(n)) / (1 if sign < 0 else n) for k in range(n)]


def half_back(z, n, conjugate=False):
    """Return what n numbers have z as the first half of their transform, of which two imaginary parts are left out."""
    z = [mpmath.conj(value) if conjugate else value for value in z]
    whole = [z[k] if 2 * k <= n else mpmath.conj(z[n - k]) for k in range(n)]
    whole = [mpmath.mpc(value.real, 0) if k == 0 or 2 * k == n else value for k, value in enumerate(whole)]
    return [sum(whole[k] * turn(j * k, n) for k in range(n)).real / n for j in range(n)]


TRANSFORMS = {
    "fft": (np.fft.fft, lambda z: full(z, -1)),
    "ifft": (np.fft.ifft, lambda z: full(z, 1)),
    "rfft": (lambda z: np.fft.rfft(z.real), lambda z: full([v.real for v in z], -1)[: len(z) // 2 + 1]),
    "irfft": (lambda z: np.fft.irfft(z, 6), lambda z: half_back(z, 6)),
    "odd irfft": (lambda z: np.fft.irfft(z, 5), lambda z: half_back(z, 5)),
    "hfft": (lambda z: np.fft.hfft(z, 6), lambda z: [6 * v for v in half_back(z, 6, conjugate=True)]),
    "ihfft": (lambda z: np.fft.ihfft(z.real), lambda z: full([v.real for v in z], 1)[: len(z) // 2 + 1]),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms(name):
    """A transform is mpmath's sum of turns at 20 points, and so is each entry of its matrix, which is its derivative."""
    compute, function = TRANSFORMS[name]
    trace, variables, parts = traced(compute, 5)
    outputs = [node for part in parts for node in part]
    slopes = [totals(trace, adjoints(trace, [(node, trace.whole(1))], variables)) for node in outputs]
    with mpmath.workdps(DIGITS):
        for x, y in points():
            numbers = [x + y * k * k - k for k in range(10)]
            values = balls_at(trace, outputs, numbers)
            floats = [mpmath.mpf(v.numerator) / v.denominator for v in numbers]
            exact = function([mpmath.mpc(floats[2 * k], floats[2 * k + 1]) for k in range(5)])
            sides = [mpmath.re(v) for v in exact] + [mpmath.im(v) for v in exact]
            assert all(close(values[node], side) for node, side in zip(outputs, sides, strict=False))
        for place in range(10):
            unit = [mpmath.mpc(0)] * 5
            unit[place // 2] = mpmath.mpc(0, 1) if place % 2 else mpmath.mpc(1)
            column = function(unit)
            sides = [mpmath.re(v) for v in column] + [mpmath.im(v) for v in column]
            entries = [slope.get(variables[place], trace.whole(0)) for slope in slopes]
            values = balls_at(trace, entries, [0] * 10)
            assert all(close(values[entry], side) for entry, side in zip(entries, sides, strict=False))
            assert not all(close(values[entry] + 1, side) for entry, side in zip(entries, sides, strict=False))


CUTS: dict[str, Any] = {
    "logarithm": lambda x: np.log(x + 0j).real,
    "sqrt": lambda x: np.sqrt(x + 0j).imag,
    "power": lambda x: ((x + 0j) ** 0.5).imag,
    "angle": lambda x: np.angle(x + 0j),
}


@pytest.mark.parametrize("name", CUTS)
def test_a_branch_cut_has_a_message_of_its_own(name: str) -> None:
    """On the negative half of the axis the message names the cut, the line, and what to declare."""
    case = verify.pair(CUTS[name], lambda d, x: d * x, x=verify.real("", low=-3, high=-1))
    (row,) = verify.check(case, quick=True).comparisons
    assert row.verdict is Verdict.UNDECIDED
    assert row.evidence is not None
    for part in (name, "branch cut", "test_complexity.py:", "gradproof.real("):
        assert part in row.evidence.detail
