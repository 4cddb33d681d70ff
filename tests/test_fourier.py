"""Discrete Fourier transforms on symbols: the values of NumPy's and SciPy's, right gradients proved, wrong ones not."""

from functools import partial
from itertools import product

import numpy as np
import pytest
from effort import slow, some
from test_complex_arrays import on_symbols

import verify
from verify import Verdict
from verify.model.errors import TraceError

scipy_fft = pytest.importorskip("scipy.fft")
fft = np.fft
OF_NUMPY = (np.exceptions.AxisError, np.exceptions.ComplexWarning)  # NumPy 1 warns where NumPy 2 raises a TypeError
NORMS = (None, "backward", "ortho", "forward")


def z_of(v, w):
    return v + 1j * w


ONE = {
    "fft": lambda v, w, **options: fft.fft(z_of(v, w), **options),
    "ifft": lambda v, w, **options: fft.ifft(z_of(v, w), **options),
    "fft of real": lambda v, w, **options: fft.fft(v, **options),
    "rfft": lambda v, w, **options: fft.rfft(v, **options),
    "irfft": lambda v, w, **options: fft.irfft(z_of(v, w), **options),
    "hfft": lambda v, w, **options: fft.hfft(z_of(v, w), **options),
    "ihfft": lambda v, w, **options: fft.ihfft(v, **options),
    "scipy fft": lambda v, w, **options: scipy_fft.fft(z_of(v, w), **options),
    "scipy ifft": lambda v, w, **options: scipy_fft.ifft(v, **options),
    "scipy rfft": lambda v, w, **options: scipy_fft.rfft(v, **options),
    "scipy irfft": lambda v, w, **options: scipy_fft.irfft(z_of(v, w), **options),
    "scipy hfft": lambda v, w, **options: scipy_fft.hfft(z_of(v, w), **options),
    "scipy ihfft": lambda v, w, **options: scipy_fft.ihfft(v, **options),
}


def agree(program, shape=(6,), least=1e-9):
    actual, expected = on_symbols(program, shape)
    assert np.shape(actual) == np.shape(expected)
    assert np.asarray(actual).dtype == np.asarray(expected).dtype
    assert np.allclose(actual, expected, rtol=least, atol=least)


@pytest.mark.parametrize("norm", some(NORMS, 8))
@pytest.mark.parametrize("name", ONE)
def test_along_an_axis(name, norm):
    """Every norm and length, odd and even, shorter and longer than the input, along either axis."""
    for n in (None, 1, 4, 5, 6, 8):
        agree(lambda v, w, n=n: ONE[name](v, w, n=n, norm=norm))
    agree(lambda v, w: ONE[name](v, w, norm=norm, axis=0), (3, 2))
    agree(lambda v, w: ONE[name](v, w, norm=norm), (2, 5))


SEVERAL = {
    "fft2": lambda m, v, w, **options: m.fft2(z_of(v, w), **options),
    "ifft2": lambda m, v, w, **options: m.ifft2(z_of(v, w), **options),
    "rfft2": lambda m, v, w, **options: m.rfft2(v, **options),
    "irfft2": lambda m, v, w, **options: m.irfft2(z_of(v, w), **options),
    "fftn": lambda m, v, w, **options: m.fftn(z_of(v, w), **options),
    "ifftn": lambda m, v, w, **options: m.ifftn(z_of(v, w), **options),
    "rfftn": lambda m, v, w, **options: m.rfftn(v, **options),
    "irfftn": lambda m, v, w, **options: m.irfftn(z_of(v, w), **options),
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("module", ["numpy", "scipy"])
@pytest.mark.parametrize("name", SEVERAL)
def test_along_several_axes(name, module):
    """With and without axes, sizes and a norm."""
    transforms = {"numpy": lambda: fft, "scipy": lambda: scipy_fft}[module]
    for norm in (None, "ortho", "forward"):
        agree(lambda v, w, norm=norm: SEVERAL[name](transforms(), v, w, norm=norm), (3, 4))
    agree(lambda v, w: SEVERAL[name](transforms(), v, w, axes=(0, 2)), (3, 1, 4))
    agree(lambda v, w: SEVERAL[name](transforms(), v, w, s=(4, 5), axes=(0, 1)), (3, 4))
    agree(lambda v, w: SEVERAL[name](transforms(), v, w, axes=(1, 0)), (3, 4))


def test_shifts():
    """The zero frequency goes to the middle and back, of odd and even lengths."""
    for shape in ((5,), (6,), (3, 4)):
        agree(lambda v, w: fft.fftshift(z_of(v, w)), shape)
        agree(lambda v, w: fft.ifftshift(v), shape)
        agree(lambda v, w: scipy_fft.fftshift(v, axes=0) + fft.ifftshift(w, axes=(0,)), shape)
    agree(lambda v, w: fft.fftfreq(6, 0.5) * v + scipy_fft.fftfreq(6) * w)


def test_lists_and_short_floats():
    """A list of symbols is an array, and short floats have the type that NumPy gives."""
    agree(lambda v, w: fft.fft([v[0], 1j * w[0], 2]))
    agree(lambda v, w: fft.rfft(v.astype(np.float32)), least=1e-5)


@pytest.mark.parametrize("norm", some(NORMS, 8))
@pytest.mark.parametrize("name", ["dct", "idct", "dst", "idst"])
def test_cosines_and_sines(name, norm):
    """All four types of both kinds, their inverses, lengths, axes and weights."""
    for number in (1, 2, 3, 4):
        for n in (2, 3, 6, 8):
            agree(lambda v, w, k=number, n=n: getattr(scipy_fft, name)(v, k, n, norm=norm))
        agree(lambda v, w, k=number: getattr(scipy_fft, f"{name}n")(v, k, norm=norm), (2, 3))
        agree(lambda v, w, k=number: getattr(scipy_fft, name)(v, k, axis=0, norm=norm, orthogonalize=False), (3, 2))
    agree(lambda v, w: getattr(scipy_fft, f"{name}n")(v, axes=[0], s=[4], norm=norm), (3, 2))
    agree(lambda v, w: getattr(scipy_fft, f"{name}n")(v, s=[4], norm=norm), (2, 3))


@pytest.mark.parametrize(
    "program",
    [
        lambda v, w: fft.rfft(v * 1j),
        lambda v, w: fft.fft(v, n=0),
        lambda v, w: fft.fft(v, axis=3),
        lambda v, w: fft.fft(v, norm="orthogonal"),
        lambda v, w: fft.fft(v, n=5000),
    ],
)
def test_what_is_no_transform(program):
    """What NumPy raises is raised on symbols, and what would take too long is refused."""
    with pytest.raises((TypeError, ValueError, IndexError, TraceError, *OF_NUMPY)):
        on_symbols(program)


def verdicts(case):
    return {row.name: row.verdict for row in verify.check(case, quick=True).comparisons}


def mirrored(n):
    bins = np.arange(n // 2 + 1)
    return np.where((bins == 0) | (2 * bins == n), 1.0, 2.0)


def convolved(x, w):
    return fft.irfft(fft.rfft(x) * fft.rfft(w), len(x))


def convolved_back(d, x, w, *, conjugate=np.conj, scale=1.0):
    spectrum = fft.rfft(d)
    n = len(x)
    return (
        fft.irfft(spectrum * conjugate(fft.rfft(w)), n) * scale,
        fft.irfft(spectrum * np.conj(fft.rfft(x)), n),
    )


def power_of(x):
    return np.sum(np.abs(fft.rfft(x)) ** 2)


def power_back(d, x, *, weigh=True, scale=None, norm=None):
    spectrum = 2 * d * fft.rfft(x)
    n = len(x)
    return fft.irfft(spectrum / mirrored(n) if weigh else spectrum, n, norm=norm) * (n if scale is None else scale)


def circulant(x, c):
    """Return the product with the circulant matrix of c."""
    return fft.ifft(fft.fft(c) * fft.fft(x)).real


def circulant_back(d, x, c, *, mirror=True):
    def pull(other):
        return fft.ifft((np.conj(fft.fft(other)) if mirror else fft.fft(other)) * fft.fft(d)).real

    return pull(c), pull(x)


def operator(x, a, b):
    """Return a layer of a Fourier neural operator: some modes weighed by complex numbers, the others left out."""
    modes = len(a)
    out = np.zeros(len(x) // 2 + 1, dtype=complex)
    out[:modes] = fft.rfft(x)[:modes] * (a + 1j * b)
    return fft.irfft(out, n=len(x))


def operator_back(d, x, a, b, *, weights=mirrored, conjugate=np.conj):
    modes, n = len(a), len(x)
    gradient = fft.rfft(d)[:modes] * weights(n)[:modes] / n
    parameters = gradient * np.conj(fft.rfft(x)[:modes])
    out = np.zeros(n // 2 + 1, dtype=complex)
    out[:modes] = fft.rfft(d)[:modes] * conjugate(a + 1j * b)
    # rfft's first bin is real, whatever the weight's imaginary part is
    return fft.irfft(out, n=n), parameters.real, parameters.imag


def lowpass(x):
    spectrum = fft.fftshift(fft.fft2(x))
    rows, columns = x.shape
    mask = np.zeros((rows, columns))
    mask[rows // 2 - 1 : rows // 2 + 2, columns // 2 - 1 : columns // 2 + 2] = 1
    return fft.ifft2(fft.ifftshift(spectrum * mask)).real


def lowpass_back(d, x, *, back=fft.ifftshift):
    rows, columns = x.shape
    mask = np.zeros((rows, columns))
    mask[rows // 2 - 1 : rows // 2 + 2, columns // 2 - 1 : columns // 2 + 2] = 1
    return fft.ifft2(back(fft.fftshift(fft.fft2(d)) * mask)).real


def magnitudes(x):
    return np.abs(fft.fft(x, norm="ortho"))


def magnitudes_back(d, x, *, norm="ortho"):
    spectrum = fft.fft(x, norm="ortho")
    return fft.ifft(d * spectrum / np.abs(spectrum), norm=norm).real


def along_time(x):
    return scipy_fft.rfft(x, axis=0, norm="forward").real


def along_time_back(d, x, *, norm="backward"):
    n = len(x)
    return scipy_fft.irfft(d / mirrored(n)[:, None], n=n, axis=0, norm=norm)


def compressed(x):
    return scipy_fft.dct(x, norm="ortho")


def compressed_back(d, x, *, norm="ortho", number=2):
    return scipy_fft.idct(d, number, norm=norm)


def sines(x):
    return scipy_fft.dst(x, 1) * np.arange(1, len(x) + 1)


def sines_back(d, x, *, inverse=False):
    weighed = d * np.arange(1, len(x) + 1)
    return scipy_fft.idst(weighed, 1) if inverse else scipy_fft.dst(weighed, 1)


def log_spectrum(x):
    return np.sum(np.log(np.abs(fft.rfft(x)) ** 2 + 1))


def log_spectrum_back(d, x, *, half=1):
    spectrum = fft.rfft(x)
    inner = 2 * d * spectrum / (np.abs(spectrum) ** 2 + 1)
    return fft.irfft(inner / mirrored(len(x)) ** half, len(x)) * len(x)


def softened(x):
    """Return a softmax of a power spectrum: exponentials of what roots of unity are in."""
    power = np.exp(np.abs(fft.rfft(x)) ** 2 / len(x))
    return power / power.sum()


def softened_back(d, x, *, scale=2.0):
    spectrum, p, n = fft.rfft(x), softened(x), len(x)
    inner = p * (d - (d * p).sum())
    return fft.irfft(scale * inner * spectrum / mirrored(n), n)


# Forward, its right gradient, the inputs, and what is changed for each of the wrong twins.
TWINS = {
    "convolution": (convolved, convolved_back, {"x": "6", "w": "6"}, [{"conjugate": lambda z: z}, {"scale": 1 / 6}]),
    "odd convolution": (convolved, convolved_back, {"x": "5", "w": "5"}, [{"conjugate": lambda z: z}]),
    "power": (power_of, power_back, {"x": "8"}, [{"weigh": False}, {"scale": 1}, {"norm": "ortho"}]),
    "odd power": (power_of, power_back, {"x": "7"}, [{"weigh": False}, {"scale": 1}]),
    "circulant": (circulant, circulant_back, {"x": "5", "c": "5"}, [{"mirror": False}]),
    "low pass": (lowpass, lowpass_back, {"x": "3 4"}, [{"back": fft.fftshift}]),
    "magnitudes": (magnitudes, magnitudes_back, {"x": "4"}, [{"norm": None}, {"norm": "forward"}]),
    "along time": (along_time, along_time_back, {"x": "4 2"}, [{"norm": "ortho"}]),
    "neural operator": (
        operator,
        operator_back,
        {"x": "8", "a": "3", "b": "3"},
        [{"weights": lambda n: np.ones(n // 2 + 1)}, {"conjugate": lambda z: z}],
    ),
    "compressed": (compressed, compressed_back, {"x": "5"}, [{"norm": None}, {"number": 3}]),
    "sines": (sines, sines_back, {"x": "4"}, [{"inverse": True}]),
    "logarithms": (log_spectrum, log_spectrum_back, {"x": "6"}, [{"half": 0}, {"half": 2}]),
    "softened": (softened, softened_back, {"x": "6"}, [{"scale": 1.0}]),
}


@slow
@pytest.mark.parametrize("name", some(TWINS, 12))
def test_twins(name):
    """The right gradient is proved; without a conjugate, 1/n, a norm, a weight or a shift it is refuted."""
    forward, backward, inputs, mistakes = TWINS[name]
    assert set(verdicts(verify.pair(forward, backward, **inputs)).values()) == {Verdict.PROVED}
    for mistake in mistakes:
        wrong = verify.pair(forward, partial(backward, **mistake), **inputs)
        assert Verdict.REFUTED in verdicts(wrong).values()
        assert Verdict.UNDECIDED not in verdicts(wrong).values()


def turns(n, steps):
    return np.exp(-2j * np.pi * steps / n)


def matrix(n, wrong=0.0):
    """Return the matrix of a transform as people compute it in floats, whose zeros are 1e-16; one entry may be off."""
    made = turns(n, np.outer(np.arange(n), np.arange(n)))
    made[1, 1] += wrong
    return made


def cosine_matrix(n, wrong=0.0):
    k = np.arange(n)
    made = 2 * np.cos(np.pi * np.outer(k, 2 * k + 1) / (2 * n))
    made[1, 0] += wrong
    return made


BY_MATRIX = {
    "transform": (lambda x: fft.fft(x).real, lambda d, x, w: (np.conj(matrix(len(x), w)).T @ d).real),
    "power": (
        lambda x: np.abs(fft.fft(x)) ** 2,
        lambda d, x, w: (2 * np.conj(matrix(len(x), w)).T @ (d * fft.fft(x))).real,
    ),
    "inverse": (lambda x: fft.ifft(x).real, lambda d, x, w: ((matrix(len(x), w) / len(x)).T @ d).real),
    "ortho": (lambda x: fft.fft(x, norm="ortho").imag, lambda d, x, w: (matrix(len(x), w) / len(x) ** 0.5).T.imag @ d),
    "cosines": (lambda x: scipy_fft.dct(x), lambda d, x, w: cosine_matrix(len(x), w).T @ d),
}


@pytest.mark.parametrize(("name", "n"), some(product(BY_MATRIX, [4, 6, 8]), 16))
def test_matrices_of_floats(name, n):
    """Where the gradient has a matrix of computed cosines, it agrees within their rounding; off by 1e-11 it does not."""
    forward, backward = BY_MATRIX[name]
    right = verify.pair(forward, lambda d, x: backward(d, x, 0.0), x=str(n))
    assert set(verdicts(right).values()) <= {Verdict.AGREES, Verdict.PROVED}
    wrong = verify.pair(
        forward, lambda d, x: backward(d, x, 1e-11 * (1 + 1j) if name != "cosines" else 1e-11), x=str(n)
    )
    assert set(verdicts(wrong).values()) == {Verdict.REFUTED}


@pytest.mark.parametrize("small", [1e-14, 1e-16])
def test_small_numbers_are_no_cosines(small):
    """A number beside a transform is what it is, however small: a gradient that leaves it out is wrong."""
    case = verify.pair(lambda x: fft.fft(x).real + small * x, lambda d, x: fft.fft(d).real, x="4")
    assert set(verdicts(case).values()) == {Verdict.REFUTED}
