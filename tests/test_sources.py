"""SciPy's functions on symbols against SciPy on floats: the same values, shapes and types, for all modes."""

import random

import numpy as np
import pytest
from effort import LONG, some
from programs.judge import WrongError, step
from programs.writer import Writer

from verify.tracing import patches
from verify.tracing.outside import sources
from verify.tracing.scipy import signals
from verify.tracing.symbols.taped import TapedTrace
from verify.tracing.symbols.trace import Trace

scipy = pytest.importorskip("scipy")
for _name in ("signal", "ndimage", "integrate", "interpolate", "linalg", "spatial.distance"):
    pytest.importorskip(f"scipy.{_name}")

OLD = not hasattr(
    np, "isdtype"
)  # with NumPy 1.26 SciPy asks for what stands in for NumPy 2, not all of which is followed
TIMES = 40 if LONG else 4
MODULES = {
    "signal": scipy.signal,
    "ndimage": scipy.ndimage,
    "integrate": scipy.integrate,
    "interpolate": scipy.interpolate,
    "linalg": scipy.linalg,
    "distance": scipy.spatial.distance,
}
# What stands for each word in braces is drawn; x is (2, 3), q (3, 3), w (3,), t (2, 2, 3), s a number.
CHOICES = {
    "mode": "'full'|'same'|'valid'",
    "edge": "'reflect'|'constant'|'nearest'|'mirror'|'wrap'|'grid-wrap'|'grid-mirror'|'grid-constant'",
    "boundary": "'fill'|'wrap'|'symm'",
    "method": "'direct'|'auto'|'fft'",
    "v": "w|x[0]|x.ravel()|q[1]|t.ravel()",
    "v5": "x.ravel()|t.ravel()|q.ravel()",
    "k": "w|[1., 2.]|[0.5]|[1., -2., 0.25]|x[1]",
    "m": "q|x|t[0]|np.array([[1., 2.], [0.5, -1.]])|[[2.]]",
    "m2": "q|x|t[0]",
    "f": "np.array([[1., 2.], [0.5, -1.]])|np.array([[1., 2., 4.]])|q|x",
    "f1": "[1., 2.]|[0.5, -1., 3.]|w|[1., 2., 3., 4., 5.]",
    "o1": "0|-1",
    "o": "0|0|-1",
    "metric": "'euclidean'|'sqeuclidean'|'cityblock'|'chebyshev'|'cosine'|'correlation'|'braycurtis'|'canberra'"
    "|'minkowski'|'seuclidean'|'sqe'|'cosine'",
    "vector": "euclidean|sqeuclidean|cityblock|chebyshev|cosine|correlation|braycurtis|canberra",
    "axis": "0|1|-1",
    "b": "[1., 2.]|[0.5, 1., -1.]|w",
    "a": "[1., 0.5]|[2., 0.5, 0.25]|[4.]",
    "bc": "'not-a-knot'|'natural'|'clamped'",
    "place": "0.5|[0.5, 1.25]|s|w|x",
    "nu": "0|1|2",
    "cval": "0.|1.5|-2.",
}
_CALLS = """
signal.convolve({v}, {k}, {mode}, {method}) | signal.correlate({v}, {k}, {mode}, {method}) | signal.fftconvolve({v}, {k}, {mode})
signal.convolve({m2}, {f}, 'same') | signal.correlate(t, t[:1], {mode}) | signal.fftconvolve({m2}, {f}, 'full', axes=0)
signal.oaconvolve({v}, {k}, {mode}) | signal.convolve2d({m2}, {m}, {mode}, {boundary}) | signal.convolve2d(q, {f}, 'same')
signal.correlate2d({m2}, {m}, {mode}, {boundary}) | signal.convolve2d({m2}, {f}, fillvalue={cval})
signal.lfilter({b}, {a}, {v}) | signal.lfilter({b}, {a}, {m2}, axis={axis}) | signal.lfilter([1., 2.], [1., 0.5], w, zi=[0.25])
signal.lfilter([1.], [1., s], w) | signal.filtfilt([1., 2.], [1., 0.5], {v5}, padlen=2) | signal.detrend({v}, type='constant')
signal.sosfilt([[1., 2., 1., 1., 0.5, 0.25]], {v}) | signal.savgol_filter({v5}, 3, 1, mode='nearest') | signal.detrend({v5})
ndimage.convolve({m2}, {f}, mode={edge}, cval={cval}, origin={o}) | ndimage.correlate({m2}, {f}, mode={edge}, cval={cval})
ndimage.convolve1d({m2}, {f1}, axis={axis}, mode={edge}, origin={o1}) | ndimage.convolve({v}, {f1}, mode={edge})
ndimage.correlate1d({v}, {f1}, mode={edge}, cval={cval}, origin={o1}) | ndimage.gaussian_filter({m2}, 0.75, mode={edge})
ndimage.gaussian_filter1d({v}, 0.5, order={nu}, mode={edge}) | ndimage.uniform_filter({m2}, [1, 3], mode={edge}, cval={cval})
ndimage.uniform_filter1d({v}, 2, mode={edge}, origin={o1}) | ndimage.laplace({m2}, mode={edge}) | ndimage.sobel({m2}, {axis})
ndimage.prewitt({m2}, mode={edge}) | ndimage.gaussian_laplace({m2}, 0.5) | ndimage.gaussian_gradient_magnitude(q, 0.5)
ndimage.maximum_filter1d({v}, 3, mode={edge}) | ndimage.minimum_filter({m2}, 2, mode={edge}) | ndimage.maximum_filter(q, footprint=[[1, 0], [1, 1]]) | ndimage.grey_dilation({m2}, structure=[[0.5, 0., 1.]], mode={edge})
integrate.trapezoid({m2}, axis={axis}) | integrate.trapezoid(w, [0., 1., 4.]) | integrate.simpson({v}) | integrate.simpson(x, x=[0., 1., 4.])
integrate.cumulative_trapezoid({m2}, dx=0.5, axis={axis}, initial=0) | integrate.romb(t.ravel()[:5]) | integrate.cumulative_simpson({v5})
distance.cdist({m2}, x, {metric}) | distance.pdist(q, {metric}) | distance.{vector}(w, x[0]) | distance.minkowski(w, x[1], 3)
distance.cdist(q, x, 'minkowski', p=3) | distance.cdist(q, x, 'mahalanobis', VI=np.eye(3)) | distance.squareform(w)
distance.cdist(q, x, lambda u, v: (u * v).sum()) | distance.squareform(q - q, checks=False) | distance.cdist(np.abs(q), np.abs(x), 'jensenshannon')
interpolate.CubicSpline([0., 1., 2.5], w, bc_type={bc})({place}, {nu}) | interpolate.CubicSpline([0., 1., 2.5], q, axis={axis})({place})
interpolate.BSpline([0., 0., 0., 2., 2., 2.], w, 2)({place}, {nu}) | interpolate.make_interp_spline([0., 1., 2.5], q, k=2)({place})
interpolate.BSpline([0., 0., 0., 0., 0.5, 0.75, 2., 2., 2., 2.], [1., 3., 2., 0., 1., 5.], 3)({place}, {nu})
interpolate.interp1d([0., 1., 2.5], w, fill_value='extrapolate')({place}) | interpolate.interp1d([0., 1., 2.5], q, axis={axis})([0.5, 2.])
linalg.toeplitz({v}) | linalg.toeplitz({v}, {k}) | linalg.circulant({v}) | linalg.hankel({v}) | linalg.hankel({v}, {k})
"""
CALLS = [call.strip() for row in _CALLS.strip().split("\n") for call in row.split(" | ")]


def drawn(call, rng):
    """Return a call whose words in braces are drawn."""
    return call.format(**{name: rng.choice(texts.split("|")) for name, texts in CHOICES.items()})


def written(seed, trace):
    """Return a program with the modules of SciPy."""
    writer = Writer(seed, whole=True, trace=trace)
    writer.floats.update(MODULES)
    writer.symbols.update({name: patches.stand_in(module) for name, module in MODULES.items()})
    return writer


@pytest.fixture(autouse=True)
def quiet():
    """Let floats overflow, and SciPy warn of nothing."""
    with np.errstate(all="ignore"), patches.in_force(0):
        yield


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("call", some(CALLS, 4))
def test_values(call):
    """What SciPy computes on floats it computes on symbols: every entry, in every mode that is drawn."""
    rng = random.Random(call)
    for number in range(TIMES):
        writer = written(f"{call} {number}", Trace)
        step(writer, f"v0 = {drawn(call, rng)}")
        assert OLD or not writer.refused, writer.refused


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("call", some(CALLS, 4))
def test_values_on_a_tape(call):
    """On whole arrays each call gives the same, or the tape ends."""
    rng = random.Random(call)
    for number in range(max(TIMES // 2, 1)):
        step(written(f"{call} {number}", TapedTrace), f"v0 = {drawn(call, rng)}")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("module", "name", "wrong", "call"),
    [
        (
            "_nd_image",
            "correlate1d",
            lambda a, w, *rest: signals.filter_along(a, w[::-1], *rest),
            "ndimage.correlate1d({v}, {f1}, mode={edge})",
        ),
        (
            "_sigtools",
            "_linear_filter",
            lambda b, a, x, *rest: signals.recursion(b, -np.array(a), x, *rest),
            "signal.lfilter({b}, [1., 0.5], {v})",
        ),
        (
            "_sigtools",
            "_convolve2d",
            lambda a, b, flip, *rest: signals.convolve2d(a, b, 1 - flip, *rest),
            "signal.convolve2d(q, x)",
        ),
    ],
)
def test_a_wrong_rule_is_found(monkeypatch, module, name, wrong, call):
    """A kernel that is not flipped and a wrong sign in a recursion give other values than SciPy."""
    monkeypatch.setitem(sources.INNER[module], name, wrong)
    sources.forget()
    rng = random.Random(call)
    try:
        with pytest.raises(WrongError):
            for number in range(20):
                step(written(f"{call} {number}", Trace), f"v0 = {drawn(call, rng)}")
    finally:
        sources.forget()
