"""Every function of `numpy`, its linear algebra and transforms and `math`: followed, refused by name, or constant.

Each line calls one function by which something depends on x, smoothly near the sample. Values and derivatives are held
against those of `many_digits`, of which nothing here is made.
"""

import math
import random
import re
from fractions import Fraction

import flint
import many_digits
import mpmath
import numpy as np
import pytest
from effort import some
from numpy.testing import overrides

import verify
from verify import Verdict
from verify.graph import balls
from verify.graph.adjoints import adjoints, totals
from verify.model.errors import TraceError
from verify.tracing import patches
from verify.tracing.arrays import arrays
from verify.tracing.symbols.concolic import Concolic
from verify.tracing.symbols.trace import Trace

NAMES = {"np": np, "math": math}
# x has the shape (2, 3); w and v are its rows, q is a square of it that is regular, s is one entry.
LINES = """
np.absolute(x) | np.add(x, w) | np.append(x, w) | np.apply_along_axis(np.sum, 1, x) | np.apply_over_axes(np.sum, x, [0])
np.arange(s, 4, 1) | np.arccos(x / 4) | np.arccosh(x + 1) | np.arcsin(x / 4) | np.arcsinh(x) | np.arctan(x)
np.arctan2(w, v) | np.arctanh(x / 4) | np.array(x) | np.array_split(w, 2) | np.asanyarray(x) | np.asarray(x)
np.ascontiguousarray(x) | np.asfortranarray(x) | np.astype(x, float) | np.atleast_1d(s) | np.atleast_2d(w)
np.atleast_3d(w) | np.average(x, weights=[1, 2, 4], axis=1) | np.bincount([0, 1, 1], w) | np.block([[x, x]]) | np.cbrt(x)
np.broadcast_arrays(w, x) | np.broadcast_to(w, (2, 3)) | np.choose([0, 1, 0], [w, v]) | np.clip(x, 0.6, 1.7)
np.column_stack([w, v]) | np.compress([True, False, True], w) | np.concatenate([w, v]) | np.conjugate(x) | np.copy(x)
np.convolve(w, v) | np.copysign(w, v) | np.corrcoef(x) | np.correlate(w, v, 'full') | np.cos(x) | np.cosh(x) | np.cov(x)
np.cross(w, v[::-1]) | np.cumprod(w) | np.cumsum(w) | np.cumulative_prod(w) | np.cumulative_sum(w) | np.deg2rad(x)
np.degrees(x) | np.delete(w, 1) | np.diag(w) | np.diagflat(w) | np.diagonal(q) | np.diff(w) | np.divide(w, v)
np.divmod(3 * w, v) | np.dot(w, v) | np.dsplit(x[:, :, None], 1) | np.dstack([w, v]) | np.ediff1d(w)
np.einsum('ij,kj->ik', x, x) | np.exp(x) | np.exp2(x) | np.expand_dims(w, 0) | np.expm1(x) | np.extract([True, False, True], w)
np.fabs(x) | np.flip(x) | np.fliplr(x) | np.flipud(x) | np.float_power(w, v) | np.fmax(w, v) | np.fmin(w, v) | np.fmod(3 * w, v)
np.full(3, s) | np.full_like(w, s) | np.geomspace(s, 8, 3) | np.gradient(w) | np.heaviside(0 * w, v) | np.hsplit(x, 3)
np.hstack([w, v]) | np.hypot(w, v) | np.i0(x) | np.inner(w, v) | np.insert(w, 1, v[0]) | np.interp(w, [0, 1, 2], v)
np.histogram([0.5, 1.5, 1.7], [0, 1, 2], weights=w) | np.histogram2d([0.5, 1.5, 1.7], [0.5, 0.5, 1.5], [[0, 1, 2]] * 2, weights=w)
np.histogramdd(np.array([[0.5], [1.5], [1.7]]), [[0, 1, 2]], weights=w) | np.histogram_bin_edges(w, 2) | np.kron(w, v) | np.ldexp(w, 2)
np.linspace(s, 2, 3) | np.log(x) | np.log10(x) | np.log1p(x) | np.log2(x) | np.logaddexp(w, v) | np.logaddexp2(w, v)
np.logspace(s, 1, 3) | np.matmul(x, x.T) | np.matrix_transpose(x) | np.matvec(x, w) | np.vecmat(w, x.T) | np.max(x) | np.amax(x)
np.maximum(w, v) | np.mean(x, 0) | np.median(x, (0,)) | np.meshgrid(w, v) | np.min(x) | np.amin(x) | np.minimum(w, v)
np.modf(x) | np.moveaxis(x, 0, 1) | np.multiply(w, v) | np.nan_to_num(x) | np.nancumprod(w) | np.nancumsum(w) | np.nanmax(x)
np.nanmean(x, 0) | np.nanmedian(x, 0) | np.nanmin(x) | np.nanpercentile(x, 30) | np.nanprod(x) | np.nanquantile(x, 0.3)
np.nanstd(x) | np.nansum(x) | np.nanvar(x) | np.negative(x) | np.ones_like(x) * x | np.outer(w, v) | np.pad(w, 1) | np.partition(w, 1)
np.percentile(x, 30) | np.piecewise(w, [w < 1], [lambda z: z * z, lambda z: -z]) | np.poly(w) | np.polyadd(w, v) | np.polyder(w)
np.polydiv(w, v[:2]) | np.polyfit([0, 1, 3], w, 1) | np.polyint(w) | np.polymul(w, v) | np.polysub(w, v) | np.polyval(w, v)
np.positive(x) | np.power(w, v) | np.prod(x) | np.ptp(x) | np.quantile(x, 0.3) | np.rad2deg(x) | np.radians(x) | np.ravel(x)
np.real(x) | np.real_if_close(x) | np.reciprocal(x) | np.remainder(3 * w, v) | np.repeat(w, 2) | np.require(x) | np.reshape(x, 6)
np.resize(w, 5) | np.roll(w, 1) | np.rollaxis(x, 1) | np.rot90(x) | np.select([w < 1], [w], v) | np.sin(x) | np.sinc(x) | np.sinh(x)
np.sort(w) | np.split(w, [1]) | np.sqrt(x) | np.square(x) | np.squeeze(x[:1]) | np.stack([w, v]) | np.std(x) | np.subtract(w, v)
np.sum(x) | np.swapaxes(x, 0, 1) | np.take(w, [0, 2]) | np.take_along_axis(w, np.array([2, 0]), 0) | np.tan(x / 2) | np.tanh(x)
np.tensordot(x, x, 2) | np.tile(w, 2) | np.trace(q) | np.transpose(x) | np.trapezoid(w) | np.tril(q) | np.triu(q) | np.trim_zeros(w)
np.unstack(x) | np.unwrap(w) | np.vander(w) | np.var(x) | np.vdot(w, v) | np.vecdot(w, v) | np.vsplit(x, 2) | np.vstack([w, v])
np.where([True, False, True], w, v) | np.zeros_like(x) + x | np.asarray_chkfinite(x)
np.fft.fft(w).real | np.fft.fft(w).imag | np.fft.ifft(w).real | np.fft.ifft(w).imag | np.fft.rfft(w).real
np.fft.rfft(w).imag | np.fft.irfft(w, 4) | np.fft.irfft(w, 5) | np.fft.hfft(w, 4) | np.fft.ihfft(w).real | np.fft.ihfft(w).imag
np.fft.fft2(x).imag | np.fft.ifft2(x).real | np.fft.fftn(x).real | np.fft.ifftn(x).imag | np.fft.rfft2(x).imag
np.fft.rfftn(x).real | np.fft.irfft2(x, (2, 4)) | np.fft.irfftn(x, (2, 4)) | np.fft.fftshift(w) | np.fft.ifftshift(w)
np.linalg.cholesky(q @ q.T) | np.linalg.cond(q) | np.linalg.cross(w, v[::-1]) | np.linalg.det(q) | np.linalg.diagonal(q)
np.linalg.eigh(q + q.T) | np.linalg.eigvalsh(q + q.T) | np.linalg.inv(q) | np.linalg.lstsq(q, w[:2])[0] | np.linalg.matmul(q, q)
np.linalg.matrix_norm(q) | np.linalg.matrix_power(q, 3) | np.linalg.matrix_transpose(q) | np.linalg.multi_dot([q, q, q])
np.linalg.norm(x) | np.linalg.outer(w, v) | np.linalg.pinv(q) | np.linalg.qr(q) | np.linalg.slogdet(q) | np.linalg.solve(q, w[:2])
np.linalg.svd(q, compute_uv=False) | np.linalg.svdvals(q) | np.linalg.tensordot(q, q) | np.linalg.tensorinv(q, 1)
np.linalg.tensorsolve(q, w[:2]) | np.linalg.trace(q) | np.linalg.vecdot(w, v) | np.linalg.vector_norm(w)
np.lib.stride_tricks.sliding_window_view(w, 2) | np.ma.array(w, mask=[0, 1, 0]).sum()
np.ma.array(w, mask=[0, 1, 0]).mean() | (np.ma.array(w, mask=[0, 1, 0]) * v).filled(0.5) | np.ma.masked_where(w > 1.2, w).sum()
np.ma.array(x, mask=[[0, 1, 0], [0, 0, 1]]).var(axis=1).filled(1) | np.ma.average(np.ma.array(w, mask=[0, 1, 0]), weights=[1, 2, 3])
np.ma.masked_greater(w, 1.2).filled(3) | np.ma.log(np.ma.array(w, mask=[0, 1, 0])).sum() | np.ma.array(w, mask=[0, 1, 0]).compressed()
np.ma.dot(np.ma.array(x, mask=[[0, 1, 0], [0, 0, 1]]), w).filled(0) | np.ma.masked_invalid(x).sum(axis=0).filled(0)
np.ma.array(w, mask=[0, 1, 0]).std() | np.ma.array(w, mask=[0, 1, 0]).prod()
np.ma.array(w, mask=[0, 1, 0]).cumsum().filled(0) | np.ma.array(w, mask=[0, 1, 0]).anom().filled(0)
np.ma.concatenate([np.ma.array(w, mask=[0, 1, 0]), v]).filled(0)
np.ma.array(w, mask=[0, 1, 0]).dot(v)
np.polynomial.Polynomial(w)(s) | np.polynomial.Chebyshev(w).deriv()(s) | np.polynomial.Polynomial([1, 2])(w) | np.poly1d(w)(s)
np.polynomial.chebyshev.chebval(w, v) | np.polynomial.legendre.legval(w, v) | np.polynomial.hermite.hermval(w, v)
np.polynomial.hermite_e.hermeval(w, v) | np.polynomial.laguerre.lagval(w, v) | np.polynomial.polynomial.polyval(w, v)
np.emath.arccos(x / 4) | np.emath.arcsin(x / 4) | np.emath.arctanh(x / 4) | np.emath.log(x) | np.emath.log10(x)
np.emath.log2(x) | np.emath.logn(2, x) | np.emath.power(x, 2) | np.emath.sqrt(x) | np.fromfunction(lambda i: s * i, (3,))
np.intersect1d(w, [0.5, s]) | np.setdiff1d(w, v) | np.setxor1d(w, v) | np.union1d(w, v) | np.unique(w) | np.unique_all(w)
np.unique_counts(w) | np.unique_inverse(w) | np.unique_values(w) | np.kaiser(3, s) | np.fromiter(w, float) | np.bmat([[x]])
np.asmatrix(x) * np.asmatrix(x).T
math.acos(s / 4) | math.acosh(s + 1) | math.asin(s / 4) | math.asinh(s) | math.atan(s) | math.atan2(s, 2) | math.atanh(s / 4)
math.cbrt(s) | math.copysign(s, -1) | math.cos(s) | math.cosh(s) | math.degrees(s) | math.dist(w, v) | math.erf(s) | math.erfc(s)
math.exp(s) | math.exp2(s) | math.expm1(s) | math.fabs(s) | math.fmod(3 * s, 1) | math.fsum(list(w)) | math.gamma(s)
math.hypot(*w) | math.ldexp(s, 2) | math.lgamma(s) | math.log(s, 3) | math.log10(s) | math.log1p(s) | math.log2(s)
math.modf(s)[0] | math.pow(s, 1.5) | math.prod(w) | math.radians(s) | math.remainder(3 * s, 1) | math.sin(s)
math.sinh(s) | math.sqrt(s) | math.tan(s) | math.tanh(s)
"""
# What masked arrays of floats alone can do, by what is left of them.
MEANING = {
    "np.ma.array(x, mask=[[0, 1, 0], [0, 0, 1]]).var(axis=1).filled(1)": "[x[0, [0, 2]].var(), x[1, :2].var()]",
    "np.ma.log(np.ma.array(w, mask=[0, 1, 0])).sum()": "np.log(w[[0, 2]]).sum()",
    "np.ma.masked_invalid(x).sum(axis=0).filled(0)": "x.sum(axis=0)",
    "np.ma.array(w, mask=[0, 1, 0]).std()": "w[[0, 2]].std()",
}
# What writes into an array that holds symbols, and what the array is then.
WRITING = {
    "np.copyto": "np.copyto(a, w)",
    "np.fill_diagonal": "np.fill_diagonal(b, w[:2])",
    "np.place": "np.place(a, [True, False, True], w)",
    "np.put": "np.put(a, [0, 2], w[:2])",
    "np.put_along_axis": "np.put_along_axis(a, np.array([2, 0]), w[:2], 0)",
    "np.putmask": "np.putmask(a, [True, False, True], w)",
}
# What has a derivative and is not followed: it is refused with its name.
REFUSED = """
np.frexp(x) | np.linalg.eig(q) | np.linalg.eigvals(q) | np.nextafter(w, v) | np.roots(w) | np.sort_complex(w) | np.spacing(x)
math.frexp(s) | math.nextafter(s, 2) | math.ulp(s)
"""
# What has no derivative other than 0: places, counts, truth values, roundings, shapes, types, texts, files and settings.
CONSTANT = """
all allclose angle any argmax argmin argpartition argsort argwhere array2string array_equal array_equiv array_repr array_str
around base_repr binary_repr bitwise_and bitwise_count bitwise_or bitwise_xor bartlett blackman broadcast broadcast_shapes busday_count
busday_offset can_cast ceil common_type count_nonzero datetime_as_string datetime_data diag_indices diag_indices_from
digitize einsum_path empty empty_like equal eye fix flatnonzero floor floor_divide format_float_positional
format_float_scientific from_dlpack frombuffer fromfile frompyfunc fromregex fromstring gcd genfromtxt get_include
get_printoptions getbufsize geterr geterrcall greater greater_equal hamming hanning identity imag indices info invert
is_busday isclose iscomplex iscomplexobj isdtype isfinite isfortran isin isinf isnan isnat isneginf isposinf isreal
isrealobj isscalar issubdtype iterable ix_ lcm left_shift less less_equal lexsort load loadtxt logical_and logical_not
logical_or logical_xor mask_indices may_share_memory min_scalar_type mintypecode nanargmax nanargmin ndim nested_iters
nonzero not_equal ones packbits printoptions promote_types ravel_multi_index result_type right_shift rint round save
savetxt savez savez_compressed searchsorted set_printoptions setbufsize seterr seterrcall shape shares_memory
show_config show_runtime sign signbit size str_len test tri tril_indices tril_indices_from triu_indices
triu_indices_from trunc typename unpackbits unravel_index zeros linalg.matrix_rank row_stack
"""
OF_WHOLE_NUMBERS = "ceil comb factorial floor gcd isclose isfinite isinf isnan isqrt lcm perm trunc sumprod fma"
POINTS, DIGITS, STEP, BITS = 20, 50, 70, 900  # differences of a step of 70 digits err by its square
SAMPLE = [Fraction(n, 64) for n in (61, 97, 78, 112, 53, 90)]


def lines(text):
    return [line.strip() for row in text.strip().split("\n") for line in row.split(" | ")]


def called(line):
    """Return the name of the function that a line calls."""
    return re.search(r"(np|math)[\w.]+", line)[0]


def exists(line):
    """Tell whether the installed NumPy has the function that a line calls."""
    value = NAMES[called(line).partition(".")[0]]
    for name in called(line).split(".")[1:]:
        value = getattr(value, name, None)
    return value is not None


CALLS = [line for line in lines(LINES) if exists(line)]


def namespace(x, replaced):
    modules = {name: patches.stand_in(module) for name, module in NAMES.items()} if replaced else NAMES
    return {**modules, **variables(x)}


def variables(x):
    return {"x": x, "w": x[0], "v": x[1], "q": x[:, :2] + 2 * np.eye(2), "s": x[0, 0]}


def parts(result):
    """Return the entries of a result of floats, which may be several arrays."""
    if isinstance(result, (tuple, list)):
        return [entry for item in result for entry in parts(item)]
    if isinstance(result, (arrays.SymbolArray, Concolic)):
        return arrays.symbols(result)
    array = np.asarray(result)
    if array.dtype.kind == "O":
        return arrays.symbols(arrays.objects(array))
    return array.ravel().tolist() if array.dtype.kind == "f" else []


def weighted(result):
    """Return the sum of all entries, each with a weight of its own."""
    return sum((k + 1) * entry for k, entry in enumerate(parts(result)))


def on_symbols(line):
    """Return the trace, the inputs and the sum of what a line computes on symbols."""
    trace = Trace()
    with patches.in_force(0), arrays.running(trace):
        nodes = [trace.input(f"x{i}", value) for i, value in enumerate(SAMPLE)]
        x = arrays.built(nodes, (2, 3))
        return trace, nodes, arrays.lift(weighted(eval(line, namespace(x, True)))).node


def in_many_digits(line, point):
    """Return the sum of what a line computes of the numbers of mpmath."""
    numbers = variables(many_digits.array(point))
    result = eval(MEANING.get(line, line), {**many_digits.MODULES, **numbers, "float": object})
    return many_digits.plain(sum((k + 1) * entry for k, entry in enumerate(many_digits.entries(result))))


def differences(line, point, direction):
    """Return the value of a line at a point, and its difference quotient along a direction."""
    step = mpmath.mpf(10) ** -STEP
    exact = np.vectorize(many_digits.plain, otypes=[object])(point)
    low, middle, high = (in_many_digits(line, exact + k * step * direction) for k in (-1, 0, 1))
    return middle, (high - low) / (2 * step)


def number(ball):
    """Return the middle of a ball, which is exact to more digits than are compared."""
    assert ball.rad() < flint.arb(10) ** (-2 * DIGITS) * (1 + abs(ball))
    return mpmath.mpf(ball.mid().str(2 * DIGITS, radius=False))


def is_close(actual, expected):
    return abs(actual - expected) < mpmath.mpf(10) ** -DIGITS * (1 + abs(expected))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("line", some(CALLS, 48))
def test_value_and_derivative(line):
    """Value and derivative of the formula are those of mpmath to 50 digits, at 20 points; another derivative is not."""
    trace, inputs, node = on_symbols(line)
    slopes = list(totals(trace, adjoints(trace, [(node, trace.whole(1))], inputs)).values())
    rng = random.Random(line)
    for k in range(POINTS):
        point = np.array([v * Fraction(1000 + k, 1000) for v in SAMPLE], object).reshape(2, 3)
        direction = np.array([rng.randrange(1, 10) for _ in SAMPLE], object).reshape(2, 3)
        with flint.ctx.workprec(BITS), mpmath.workprec(BITS):
            places = {f"x{i}": v for i, v in enumerate(point.ravel())}
            entries = balls.at(trace, [node, *slopes], places)
            value, slope = differences(line, point, direction)
            exact = sum(number(entries[n]) * d for n, d in zip(slopes, direction.ravel(), strict=True))
            assert is_close(number(entries[node]), value)
            assert is_close(exact, slope)
            assert not is_close(exact + mpmath.mpf(10) ** (2 - DIGITS) * (1 + abs(exact)), slope)
        floats = weighted(eval(line, namespace(point.astype(float), False)))
        assert float(value) == pytest.approx(float(floats), rel=1e-9)


def names_of(text):
    return {called(line) for line in lines(text)}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("line", list(filter(exists, lines(REFUSED))))
def test_what_is_not_followed_is_refused_by_name(line):
    """A function that has a derivative and no rule ends the run, with its name or the line that calls it."""
    with pytest.raises(TraceError) as problem:
        on_symbols(line)
    assert called(line).rpartition(".")[2] in str(problem.value)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", WRITING)
def test_what_writes(name):
    """What is written into an array of symbols has the value that NumPy writes."""
    trace = Trace()
    with patches.in_force(0), arrays.running(trace):
        nodes = [trace.input(f"x{i}", value) for i, value in enumerate(SAMPLE)]
        symbols = namespace(arrays.built(nodes, (2, 3)), True)
        symbols |= {"a": symbols["v"].copy(), "b": symbols["q"].copy()}
        exec(WRITING[name], symbols)
        values = [
            float(ball) for ball in trace.at_samples(arrays.nodes(symbols["b" if "(b" in WRITING[name] else "a"]))
        ]
    floats = namespace(np.array(list(map(float, SAMPLE))).reshape(2, 3), False)
    floats |= {"a": floats["v"].copy(), "b": floats["q"].copy()}
    exec(WRITING[name], floats)
    assert values == pytest.approx(floats["b" if "(b" in WRITING[name] else "a"].ravel().tolist(), rel=1e-12)


@pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) < "2.3.0", reason="the tables name functions of this version")
def test_no_function_is_left_out():
    """Every function of NumPy, of its linear algebra and of `math` stands in a table here."""
    tables = names_of(LINES) | names_of(REFUSED) | set(WRITING) | {f"np.{name}" for name in CONSTANT.split()}
    tables |= {f"math.{name}" for name in OF_WHOLE_NUMBERS.split()}
    overridable = overrides.get_overridable_numpy_array_functions() | overrides.get_overridable_numpy_ufuncs()
    modules = {"numpy": "np.", "numpy.linalg": "np.linalg."}
    wanted = {modules[f.__module__] + f.__name__ for f in overridable if getattr(f, "__module__", "") in modules}
    wanted |= {f"np.{f.__name__}" for f in overridable if getattr(np, f.__name__, None) is f}
    wanted |= {
        f"np.{name}" for name in np.__all__ if callable(getattr(np, name)) and not isinstance(getattr(np, name), type)
    }
    wanted |= {f"math.{name}" for name, value in vars(math).items() if callable(value) and name[0] != "_"}
    assert {name for name in wanted if name not in tables and not _is_alias(name, tables)} == set()


def _is_alias(name, tables):
    """Tell whether a name is another one for a function that stands in a table."""
    module = math if name.startswith("math") else np.linalg if ".linalg." in name else np
    function = getattr(module, name.rpartition(".")[2])
    return any(getattr(np, other[3:], None) is function for other in tables)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("line", some(CALLS, 64))
def test_a_planted_error_is_refuted(line):
    """A wrong derivative of each function has an exact counterexample."""
    case = verify.pair(
        lambda x: weighted(eval(line, namespace(x, isinstance(x, arrays.SymbolArray)))),
        lambda d, x: d * (x + 0.375),
        x=verify.real("2 3", low=0.8, high=1.8),
    )
    assert {row.verdict for row in verify.check(case, quick=True).comparisons} == {Verdict.REFUTED}
