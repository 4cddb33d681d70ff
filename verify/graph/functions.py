"""The functions of one argument that a graph has, one line each: all readers are served from this table.

A line says how SymPy writes the function, and its slope where `sympy.diff` has no formula in functions of the table;
how flint encloses it; its value at 0, its symmetry, its range, where it is defined and whether it rises; to which
family it belongs, whose members may be related by laws that the finite field lacks; how far its floats may be off.

A function with constant parameters is a line for each of them, made when it is first asked for: `besselj[2]`. Its
parameters are exact numbers, so that they are part of its name. Nothing is known by the name of a function that is not
here: in the field it is one more random element for each argument, which is right of any function.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

import flint

_Ball = flint.arb
_HALF_ULPS = 8  # IEEE 754 leaves functions open; NumPy's own and those of C libraries stay within 4 ulps
_WIDENINGS = 40  # of an enclosure, each of which makes it four times as wide
_LEAST_BITS, _MOST_BITS = 96, 4096  # of an inverse: with fewer it is wide, and for more digits it takes long
_HALVINGS, _DOUBLED = 128, 32  # times that an interval is halved; digits, in bits, from which on Newton's steps double
_HALVES, _FARTHEST = 2, 64  # where the gamma function is a rational, but for a root of pi
_ONE_HALF = flint.arb(0.5)
_NO_BOUND = math.inf  # SciPy states none
_Bounds = tuple[int | None, int | None]
_EVERYWHERE: _Bounds = (None, None)
_NOT_POSITIVE = (0, -1, -2)  # the first poles of gamma functions


class Function(NamedTuple):
    """What is known of a function of one argument.

    `ball` encloses its values over a ball, and gives no finite ball where it is not defined on all of that.
    `at_zero` is its value at 0 where that is a whole number. `parity` is 1 for f(-u) = f(u), -1 for f(-u) = -f(u).
    `between` are bounds of its values, which `reaches` them or not, and `within` those of its arguments. `poles` are
    the first whole numbers at which it is infinite, besides those bounds. `rises` tells that it is strictly increasing
    wherever it is defined. `slope` is its derivative as SymPy would write it, for what
    SymPy itself has no formula in these functions. `series` is the name of flint's method for power series. `units`
    are the half ulps that its floats may be off by. One that has constant `parameters` is a member of `head`.
    """

    ball: Callable[[_Ball], _Ball]
    at_zero: int | None = None
    parity: int = 0
    between: _Bounds = _EVERYWHERE
    reaches: bool = False
    within: _Bounds = _EVERYWHERE
    poles: tuple[int, ...] = ()
    rises: bool = False
    slope: Callable[..., Any] | None = None
    family: str = ""
    series: str = ""
    units: float = _NO_BOUND
    parameters: tuple[Fraction, ...] = ()
    head: str = ""


def _named(name: str) -> Callable[[_Ball], _Ball]:
    """Return flint's method of a name."""
    return lambda a: getattr(a, name)()


def _elementary(name: str, at_zero: int | None, **facts: Any) -> Function:
    """Return the line of a function that flint has for balls and for series, and that C libraries compute well."""
    return Function(_named(name), at_zero, **{"series": name, "units": _HALF_ULPS, **facts})


def _real(compute: Callable[[flint.acb], flint.acb]) -> Callable[[_Ball], _Ball]:
    """Return the real part of what flint computes in complex balls, not finite where it has another part.

    These functions are real on the reals where they are defined: a ball whose imaginary part excludes 0 is beyond.
    """

    def enclose(a: _Ball) -> _Ball:
        value = compute(flint.acb(a))
        return value.real if value.imag.contains(0) else flint.arb("nan")

    return enclose


def _sympy() -> Any:
    import sympy

    return sympy


def _head(name: str) -> Callable[..., Any]:
    """Return SymPy's function of a name, or one that SymPy knows nothing of."""
    sympy = _sympy()
    function = getattr(sympy, name, None)
    return function if isinstance(function, type) else sympy.Function(name)


# Slopes that SymPy does not have in functions of this table have their numbers in dlmf.nist.gov.
_GAMMA, _BESSEL, _ERROR = "shifts and reflections of gamma functions", "recurrences of Bessel functions", "erf"
_HYPERGEOMETRIC, _AIRY, _ELLIPTIC = "contiguous relations", "Airy functions", "elliptic integrals"
_ARCS, _ANGLES = "arcs", "sums of angles"
FUNCTIONS: dict[str, Function] = {
    "exp": _elementary("exp", 1, between=(0, None), rises=True),
    "log": _elementary("log", None, rises=True, family="logarithms"),
    "tanh": _elementary("tanh", 0, parity=-1, between=(-1, 1), rises=True, series=""),
    "sin": _elementary("sin", 0, parity=-1, between=(-1, 1), reaches=True, family=_ANGLES),
    "cos": _elementary("cos", 1, parity=1, between=(-1, 1), reaches=True, family=_ANGLES),
    "atan": _elementary("atan", 0, parity=-1, between=(-2, 2), rises=True, family=_ARCS),
    "asin": _elementary("asin", 0, parity=-1, between=(-2, 2), within=(-1, 1), rises=True, family=_ARCS),
    "erf": _elementary("erf", 0, parity=-1, between=(-1, 1), rises=True, family=_ERROR),
    "erfi": Function(_named("erfi"), 0, parity=-1, rises=True, family=_ERROR, series="erfi"),
    "dawsn": Function(  # 7.5.1, of which the slope follows
        lambda a: (-a * a).exp() * a.erfi() * flint.arb.pi().sqrt() / 2,
        0,
        parity=-1,
        family=_ERROR,
        slope=lambda s, u: 1 - 2 * u * _head("dawsn")(u),
    ),
    "erfinv": Function(_named("erfinv"), 0, parity=-1, within=(-1, 1), rises=True, family=_ERROR),
    "gamma": Function(_named("gamma"), poles=_NOT_POSITIVE, family=_GAMMA, series="gamma"),
    "loggamma": Function(  # of the magnitude, as in C
        lambda a: _log_gamma(a), poles=_NOT_POSITIVE, family=_GAMMA, series="lgamma"
    ),
    "LambertW": Function(_named("lambertw"), 0, rises=True, family="W exp(W) = u", series="lambertw"),
    "elliptic_k": Function(_real(lambda m: m.elliptic_k()), within=(None, 1), rises=True, family=_ELLIPTIC),
    "elliptic_e": Function(_real(lambda m: m.elliptic_e()), within=(None, 1), family=_ELLIPTIC),
    "Ei": Function(_named("ei"), poles=(0,), family="exponential integrals"),
    "Si": Function(
        _named("si"), 0, parity=-1, slope=lambda s, u: s.sin(u) / u, family="trigonometric integrals"
    ),  # 6.2.9
    "Ci": Function(_named("ci"), within=(0, None), family="trigonometric integrals"),
    "Shi": Function(  # 6.2.15
        _named("shi"),
        0,
        parity=-1,
        rises=True,
        family="exponential integrals",
        slope=lambda s, u: (s.exp(u) - s.exp(-u)) / (2 * u),
    ),
    "Chi": Function(  # 6.2.16
        _named("chi"),
        within=(0, None),
        family="exponential integrals",
        slope=lambda s, u: (s.exp(u) + s.exp(-u)) / (2 * u),
    ),
    "fresnels": Function(_named("fresnel_s"), 0, parity=-1),
    "fresnelc": Function(_named("fresnel_c"), 0, parity=-1),
    "airyai": Function(_named("airy_ai"), family=_AIRY),
    "airybi": Function(_named("airy_bi"), family=_AIRY),
    "airyaiprime": Function(lambda a: a.airy()[1], family=_AIRY),
    "airybiprime": Function(lambda a: a.airy()[3], family=_AIRY),
    "spence": Function(  # Li2(1 - u), 25.12.2
        lambda a: (1 - a).polylog(2), within=(0, None), family="dilogarithms", slope=lambda s, u: s.log(u) / (1 - u)
    ),
}


def _with(make: Callable[..., _Ball], **facts: Any) -> Callable[..., Function]:
    """Return what makes the line of a function with parameters; `make` encloses it, given these and a ball."""

    def line(parameters: Sequence[Fraction]) -> Function:
        balls = [flint.arb(flint.fmpq(*p.as_integer_ratio())) for p in parameters]
        return Function(lambda a: make(*_again(balls, parameters), a), **facts)

    return line


def _again(balls: Sequence[_Ball], parameters: Sequence[Fraction]) -> list[_Ball]:
    """Return parameters in the working precision, exact ones as they are."""
    pairs = zip(balls, parameters, strict=True)
    return [b if b.is_exact() else flint.arb(flint.fmpq(*p.as_integer_ratio())) for b, p in pairs]


def _of_slope(name: str, slope: Callable[[Any], Any], *values: Any) -> Any:
    """Return a slope that is known as a formula of the function itself."""
    return slope(_head(name)(*values))


# Functions with constant parameters, which SymPy has in the same order, the argument last.
FAMILIES: dict[str, tuple[int, Callable[[Sequence[Fraction]], Function]]] = {
    "polygamma": (1, _with(lambda n, a: _polygamma(n, a), poles=_NOT_POSITIVE, family=_GAMMA)),
    "zeta": (1, _with(lambda s, a: s.zeta(a), within=(0, None), family=_GAMMA)),
    "besselj": (1, _with(lambda n, a: a.bessel_j(n), family=_BESSEL)),
    "bessely": (1, _with(lambda n, a: a.bessel_y(n), within=(0, None), family=_BESSEL)),
    "besseli": (1, _with(lambda n, a: a.bessel_i(n), family=_BESSEL)),
    "besselk": (1, _with(lambda n, a: a.bessel_k(n), within=(0, None), between=(0, None), family=_BESSEL)),
    "expint": (1, _with(lambda n, a: a.expint(n), within=(0, None), family="exponential integrals")),
    "gammainc": (  # P(a, u), 8.8.13
        1,
        _with(
            lambda s, a: a.gamma_lower(s, 1),
            within=(0, None),
            family=_GAMMA,
            slope=lambda s, a, u: u ** (a - 1) * s.exp(-u) / s.gamma(a),
        ),
    ),
    "incbet": (  # I_u(a, b), the integrand of 8.17.1
        2,
        _with(
            lambda p, q, a: a.beta_lower(p, q, 1),
            within=(0, 1),
            family="incomplete beta functions",
            slope=lambda s, a, b, u: u ** (a - 1) * (1 - u) ** (b - 1) * s.gamma(a + b) / (s.gamma(a) * s.gamma(b)),
        ),
    ),
    "stdtr": (  # the density of Student's t
        1,
        _with(
            lambda n, a: _student(n, a),
            between=(0, 1),
            rises=True,
            slope=lambda s, n, u: (
                s.gamma((n + 1) / 2) / (s.sqrt(n * s.pi) * s.gamma(n / 2)) * (1 + u**2 / n) ** (-(n + 1) / 2)
            ),
        ),
    ),
    "owens_t": (  # Owen (1956), by his second argument: the integrand that defines it
        1,
        _with(
            lambda h, a: _owens(h, a),
            at_zero=0,
            parity=-1,
            rises=True,
            family=_ERROR,
            slope=lambda s, h, u: s.exp(-(h**2) * (1 + u**2) / 2) / (2 * s.pi * (1 + u**2)),
        ),
    ),
    "owens_h": (  # the same by the first: -phi(u) (Phi(a u) - 1 / 2)
        1,
        _with(
            lambda a, h: _owens(h, a),
            parity=1,
            family=_ERROR,
            slope=lambda s, a, u: -s.exp(-(u**2) / 2) * s.erf(a * u / s.sqrt(2)) / (2 * s.sqrt(2 * s.pi)),
        ),
    ),
    "gammaincinv": (  # by the slope of its inverse
        1,
        _with(
            lambda p, y: _inverse(
                lambda u: u.gamma_lower(p, 1), lambda u: u ** (p - 1) * (-u).exp() / p.gamma(), 0, math.inf
            )(y),
            between=(0, None),
            within=(0, 1),
            rises=True,
            slope=lambda s, p, y: _of_slope("gammaincinv", lambda v: s.gamma(p) * s.exp(v) * v ** (1 - p), p, y),
            family="quantiles",
        ),
    ),
    "incbetinv": (  # by the slope of its inverse
        2,
        _with(
            lambda p, q, y: _inverse(
                lambda u: u.beta_lower(p, q, 1),
                lambda u: u ** (p - 1) * (1 - u) ** (q - 1) * (p + q).gamma() / (p.gamma() * q.gamma()),
                0,
                1,
            )(y),
            between=(0, 1),
            within=(0, 1),
            rises=True,
            slope=lambda s, p, q, y: _of_slope(
                "incbetinv",
                lambda v: s.gamma(p) * s.gamma(q) / s.gamma(p + q) * v ** (1 - p) * (1 - v) ** (1 - q),
                p,
                q,
                y,
            ),
            family="quantiles",
        ),
    ),
    "stdtrit": (  # by the slope of its inverse
        1,
        _with(
            lambda n, y: _inverse(
                lambda u: _student(n, u),
                lambda u: _student_scale(n) * (1 + u * u / n) ** (-(n + 1) / 2),
                -math.inf,
                math.inf,
            )(y),
            within=(0, 1),
            rises=True,
            slope=lambda s, n, y: _of_slope(
                "stdtrit",
                lambda v: s.sqrt(n * s.pi) * s.gamma(n / 2) / s.gamma((n + 1) / 2) * (1 + v**2 / n) ** ((n + 1) / 2),
                n,
                y,
            ),
            family="quantiles",
        ),
    ),
    "hyp0f1": (  # 16.3.1
        1,
        _with(
            lambda b, a: a.hypgeom_0f1(b),
            family=_HYPERGEOMETRIC,
            slope=lambda s, b, u: _head("hyp0f1")(b + 1, u) / b,
        ),
    ),
    "hyp1f1": (  # 13.3.15
        2,
        _with(
            lambda p, b, a: a.hypgeom_1f1(p, b),
            family=_HYPERGEOMETRIC,
            slope=lambda s, a, b, u: a / b * _head("hyp1f1")(a + 1, b + 1, u),
        ),
    ),
    "hyperu": (  # 13.3.22
        2,
        _with(
            lambda p, b, a: a.hypgeom_u(p, b),
            within=(0, None),
            family=_HYPERGEOMETRIC,
            slope=lambda s, a, b, u: -a * _head("hyperu")(a + 1, b + 1, u),
        ),
    ),
    "hyp2f1": (  # 15.5.1
        3,
        _with(
            lambda p, q, c, a: a.hypgeom_2f1(p, q, c),
            within=(None, 1),
            family=_HYPERGEOMETRIC,
            slope=lambda s, a, b, c, u: a * b / c * _head("hyp2f1")(a + 1, b + 1, c + 1, u),
        ),
    ),
}


def _owens(h: _Ball, a: _Ball) -> _Ball:
    """Return Owen's T, the integral of exp(-h**2 (1 + x**2) / 2) / (1 + x**2) / (2 pi) for x from 0 to a."""
    if not (h.is_finite() and a.is_finite()):
        return flint.arb("nan")
    rate = flint.acb(-h * h / 2)

    def integrand(x: flint.acb, _: bool) -> flint.acb:
        return (rate * (1 + x * x)).exp() / (1 + x * x)

    return flint.acb.integral(integrand, 0, flint.acb(a)).real / (2 * flint.arb.pi())


def _inverse(
    rising: Callable[[_Ball], _Ball], density: Callable[[_Ball], _Ball], low: float, high: float
) -> Callable[[_Ball], _Ball]:
    """Return the inverse of a function that rises from 0 to 1 between two numbers, which may be infinite.

    Newton's method proposes a number, which proves nothing. That the values lie within a distance of it is shown: the
    function is below all of the argument's ball at one end of it, and above it at the other; at `low` it is 0, at
    `high` 1.
    """

    def enclose(y: _Ball) -> _Ball:
        if not (y > 0 and y < 1):
            return flint.arb("nan")
        with flint.ctx.workprec(min(max(flint.ctx.prec, _LEAST_BITS), _MOST_BITS)):
            return enclosed_at(y)

    def enclosed_at(y: _Ball) -> _Ball:
        centre = _refined(rising, density, y, _proposed(rising, y, low, high))
        step = abs(centre).abs_upper() * flint.arb(2) ** (16 - flint.ctx.prec)
        for _ in range(_WIDENINGS):
            start, end = (centre - step).mid(), (centre + step).mid()
            start = start if start > low else flint.arb(low)
            end = end if end < high else flint.arb(high)
            if (start == low or rising(start) < y) and (end == high or rising(end) > y):
                return start.union(end)
            step = 4 * step
        return flint.arb("nan")

    return enclose


def _proposed(rising: Callable[[_Ball], _Ball], y: _Ball, low: float, high: float) -> _Ball:
    """Return a number near which a function has a value, by halving."""
    start, end = flint.arb(max(low, -1)), flint.arb(min(high, 1))
    with flint.ctx.workprec(_HALVINGS):
        while low == -math.inf and rising(start) > y:
            start = 2 * start
        while high == math.inf and rising(end) < y:
            end = 2 * end
        for _ in range(_HALVINGS):
            middle = ((start + end) / 2).mid()
            value = rising(middle)
            if not (value < y or value > y):
                return middle
            start, end = (middle, end) if value < y else (start, middle)
    return start


def _refined(rising: Callable[[_Ball], _Ball], density: Callable[[_Ball], _Ball], y: _Ball, number: _Ball) -> _Ball:
    """Return a better proposal: each of Newton's steps has twice as many digits as the one before."""
    for _ in range(max(1, (flint.ctx.prec // _DOUBLED).bit_length())):
        moved = (number - (rising(number) - y.mid()) / density(number)).mid()
        if not moved.is_finite():
            break
        number = moved
    return number


def _log_gamma(a: _Ball) -> _Ball:
    return a.lgamma() if a > 0 else abs(a.gamma()).log()


def _student_scale(n: _Ball) -> _Ball:
    return ((n + 1) / 2).gamma() / ((n * flint.arb.pi()).sqrt() * (n / 2).gamma())


def _student(n: _Ball, a: _Ball) -> _Ball:
    """Enclose the distribution function of Student's t."""
    return _ONE_HALF + a * _student_scale(n) * (-a * a / n).hypgeom_2f1(_ONE_HALF, (n + 1) / 2, 3 * _ONE_HALF)


def _polygamma(n: _Ball, a: _Ball) -> _Ball:
    return a.digamma() if n == 0 else _real(lambda z: z.polygamma(flint.acb(n)))(a)


def of(name: str, parameters: Sequence[Fraction] = ()) -> str:
    """Return the name by which a graph has a function with constant parameters, of which there is a line from now on.

    Raises KeyError for functions that are not known, or not with so many parameters.
    """
    if not parameters:
        return name if name in FUNCTIONS else _absent(name)
    full = f"{name}[{','.join(map(str, parameters))}]"
    if full not in FUNCTIONS:
        arity, line = FAMILIES.get(name) or _absent(name)
        if arity != len(parameters):
            _absent(full)
        FUNCTIONS[full] = line(parameters)._replace(parameters=tuple(parameters), head=name)
    return full


def gamma_at(value: Fraction) -> tuple[Fraction, Fraction] | None:
    """Return the gamma function at a whole or half number as a rational and the power of pi that it multiplies.

    By gamma(u + 1) = u gamma(u) from gamma(1) = 1 and gamma(1/2) = sqrt(pi) (DLMF 5.5.1, 5.4.1, 5.4.6).
    """
    start = Fraction(1, 2) if value.denominator == _HALVES else Fraction(1)
    if value.denominator > _HALVES or abs(value) > _FARTHEST or (value.denominator == 1 and value <= 0):
        return None
    steps = int(value - start)
    up = math.prod((start + k for k in range(steps)), start=Fraction(1))
    down = math.prod((start - k for k in range(1, 1 - steps)), start=Fraction(1))
    return up / down, Fraction(1, 2) if value.denominator == _HALVES else Fraction(0)


def _absent(name: str) -> Any:
    raise KeyError(name)


def head(name: str) -> str:
    """Return the name of a function without its parameters; any other operation is its own."""
    function = FUNCTIONS.get(name)
    return (function.head if function else "") or name


def family(name: str) -> str:
    """Return the family of a function: laws may relate its members, and no others, beyond those that a field knows."""
    return FUNCTIONS[name].family or head(name)


def written(name: str, argument: Any, *, evaluate: bool = True) -> Any:
    """Return a function of an argument as SymPy writes it, which simplifies it unless it is not to `evaluate`."""
    sympy = _sympy()
    parameters = [sympy.Rational(p.numerator, p.denominator) for p in FUNCTIONS[name].parameters]
    return _head(head(name))(*parameters, argument, evaluate=evaluate)


def read(expression: Any) -> str:
    """Return the name of the function that an expression of SymPy's is one of; nothing where there is no line of it."""
    *parameters, _ = expression.args
    if not all(parameter.is_Rational for parameter in parameters):
        return ""
    try:
        return of(expression.func.__name__, [Fraction(int(p.p), int(p.q)) for p in parameters])
    except KeyError:
        return ""


@cache
def derivative(name: str, symbol: Any) -> Any:
    """Return the derivative of a function at a symbol: SymPy's where it is one of functions of this table."""
    sympy = _sympy()
    slope = FUNCTIONS[name].slope
    if slope is None:
        return sympy.diff(written(name, symbol), symbol)
    parameters = [sympy.Rational(p.numerator, p.denominator) for p in FUNCTIONS[name].parameters]
    return slope(sympy, *parameters, symbol)


def enclosed(name: str, a: _Ball) -> _Ball:
    """Return a ball around the values of a function over a ball; not finite where it is not defined on all of it."""
    function = FUNCTIONS[name]
    if function.within is not _EVERYWHERE and not _holds(function.within, a):
        return flint.arb("nan")
    value = function.ball(a)
    if function.units == _NO_BOUND and not value.is_finite():  # at a pole flint has an infinity, whose inverse is 0
        return flint.arb("nan")
    return value


def _holds(bounds: _Bounds, a: _Ball) -> bool:
    low, high = bounds
    return (low is None or bool(a >= low)) and (high is None or bool(a <= high))


def approximate(name: str, value: float) -> float:
    """Return a float near a function's value, for searches, which prove nothing; NaN where there is none."""
    if not math.isfinite(value):
        return math.nan
    with flint.ctx.workprec(64):
        return float(enclosed(name, flint.arb(value)).mid())
