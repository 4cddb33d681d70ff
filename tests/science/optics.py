"""Optics: reflection, dispersion, lenses, thin films, beams and diffraction, with derivatives."""

import numpy as np
from scipy import special

import verify
from science.derivative import POSITIVE, UNIT, layer, slopes

WAVES = verify.real("3", low="0.5", high=2)
ANGLES = verify.real("3", low=0, high=1)


def fresnel_s(theta, n):
    c = np.cos(theta)
    t = np.sqrt(n**2 - np.sin(theta) ** 2)
    return (c - t) / (c + t)


@slopes(
    fresnel_s,
    [("2 * s / t", "s / t"), ("-2 * c * n", "2 * c * n"), ("(c + t) ** 2)", "(c + t))")],
    theta=ANGLES,
    n=verify.real(low=1),
)
def fresnel_s_deriv(theta, n):
    c, s = np.cos(theta), np.sin(theta)
    t = np.sqrt(n**2 - s**2)
    r = (c - t) / (c + t)
    return 2 * s / t * r, -2 * c * n / (t * (c + t) ** 2)


def reflectance_normal(n, k):
    return ((n - 1) ** 2 + k**2) / ((n + 1) ** 2 + k**2)


@slopes(
    reflectance_normal,
    [("4 * (n**2 - 1 - k**2)", "4 * (n**2 - 1 + k**2)"), ("8 * n", "4 * n")],
    n=verify.real("3", low=0),
    k=verify.real("3", low=0),
)
def reflectance_normal_deriv(n, k):
    q = ((n + 1) ** 2 + k**2) ** 2
    return 4 * (n**2 - 1 - k**2) / q, 8 * n * k / q


B, C = np.array([1.03961212, 0.231792344, 1.01046945]), np.array([0.00600069867, 0.0200179144, 103.560653])


def sellmeier(wave):
    n2 = 1.0
    for b, c in zip(B, C, strict=True):
        n2 = n2 + b * wave**2 / (wave**2 - c)
    return np.sqrt(n2)


@slopes(
    sellmeier,
    [("total - b", "total + b"), ("(wave**2 - c) ** 2", "(wave**2 - c)"), ("/ sellmeier(wave)", "")],
    wave=WAVES,
)
def sellmeier_deriv(wave):
    total = 0.0
    for b, c in zip(B, C, strict=True):
        total = total - b * c * wave / (wave**2 - c) ** 2
    return total / sellmeier(wave)


def sellmeier_fit(wave, b, c):
    return np.sqrt(1 + b * wave**2 / (wave**2 - c))


@slopes(
    sellmeier_fit,
    [("2 * n * q)", "n * q)"), ("b * w2 / (2 * n * q**2)", "w2 / (2 * n * q**2)"), ("-b * c * wave", "b * c * wave")],
    wave=verify.real("3", low=1),
    b=POSITIVE,
    c=UNIT,
)
def sellmeier_fit_deriv(wave, b, c):
    w2 = wave**2
    q = w2 - c
    n = np.sqrt(1 + b * w2 / q)
    return -b * c * wave / (n * q**2), w2 / (2 * n * q), b * w2 / (2 * n * q**2)


def cauchy_index(wave, a, b, c):
    return a + b / wave**2 + c / wave**4


@slopes(cauchy_index, [("4 * c", "2 * c"), ("wave**-2", "wave**-3")], wave=WAVES, a="", b="", c="")
def cauchy_index_deriv(wave, a, b, c):
    return -2 * b / wave**3 - 4 * c / wave**5, np.ones_like(wave), wave**-2, 1 / wave**4


@slopes(
    lambda u, f: u * f / (u - f),
    [("-(f**2)", "f**2"), ("u**2 /", "u /"), ("(u - f) ** 2, u", "(u - f), u")],
    u=verify.real("3", low=1),
    f=UNIT,
)
def thin_lens_deriv(u, f):
    return -(f**2) / (u - f) ** 2, u**2 / (u - f) ** 2


def lensmaker(n, r1, r2, d):
    return (n - 1) * (1 / r1 - 1 / r2 + (n - 1) * d / (n * r1 * r2))


@slopes(
    lensmaker,
    [
        ("(1 - 1 / n**2)", "(1 + 1 / n**2)"),
        ("1 + (n - 1) * d / (n * r2)", "1 - (n - 1) * d / (n * r2)"),
        ("(n - 1) ** 2 / n", "(n - 1) / n"),
    ],
    n=verify.real(low=1),
    r1=POSITIVE,
    r2=POSITIVE,
    d=POSITIVE,
)
def lensmaker_deriv(n, r1, r2, d):
    by_n = 1 / r1 - 1 / r2 + d / (r1 * r2) * (1 - 1 / n**2)
    by_r1 = -(n - 1) / r1**2 * (1 + (n - 1) * d / (n * r2))
    by_r2 = (n - 1) / r2**2 * (1 - (n - 1) * d / (n * r1))
    return by_n, by_r1, by_r2, (n - 1) ** 2 / n / (r1 * r2)


def thin_film(wave, d, r):
    """Reflectance of a film by Airy's sum, with equal coefficients of both faces."""
    phase = 4 * np.pi * 1.38 * d / wave
    return 2 * r**2 * (1 - np.cos(phase)) / (1 + r**4 - 2 * r**2 * np.cos(phase))


@slopes(
    thin_film,
    [("(1 - r**2) ** 2", "(1 - r**2)"), ("4 * r * (1 - c) * (1 - r**4)", "4 * r * (1 - c)")],
    wave=WAVES,
    d=POSITIVE,
    r=UNIT,
)
def thin_film_deriv(wave, d, r):
    phase = 4 * np.pi * 1.38 * d / wave
    c, D = np.cos(phase), 1 + r**4 - 2 * r**2 * np.cos(phase)
    slope = 4 * np.pi * 1.38 * 2 * r**2 * np.sin(phase) * (1 - r**2) ** 2 / D**2
    return -slope * d / wave**2, slope / wave, 4 * r * (1 - c) * (1 - r**4) / D**2


def gaussian_beam(z, w0, zr):
    return w0 * np.sqrt(1 + (z / zr) ** 2)


@slopes(
    gaussian_beam,
    [("w0 * z / (zr**2 * s)", "z / (zr**2 * s)"), ("-w0 * z**2", "w0 * z**2")],
    z="3",
    w0=POSITIVE,
    zr=POSITIVE,
)
def gaussian_beam_deriv(z, w0, zr):
    s = np.sqrt(1 + z**2 / zr**2)
    return w0 * z / (zr**2 * s), s, -w0 * z**2 / (zr**3 * s)


def airy_pattern(x):
    return (2 * special.j1(x) / x) ** 2


@slopes(airy_pattern, [("special.jv(2, x)", "special.jv(0, x)"), ("-8", "8"), ("x**2", "x")], x=verify.real("3", low=0))
def airy_pattern_deriv(x):
    return -8 * special.j1(x) * special.jv(2, x) / x**2


def grating(beta, n):
    return (np.sin(n * beta) / np.sin(beta)) ** 2


@slopes(
    grating,
    [("n * np.cos(n * beta)", "np.cos(n * beta)"), ("- u * np.cos", "+ u * np.cos")],
    beta=ANGLES,
    n=verify.constant(4),
)
def grating_deriv(beta, n):
    s = np.sin(beta)
    u = np.sin(n * beta) / s
    return 2 * u * (n * np.cos(n * beta) - u * np.cos(beta)) / s


@slopes(
    lambda theta, n: np.arcsin(np.sin(theta) / n),
    [("np.cos(theta) / root", "np.sin(theta) / root"), ("-np.sin(theta) / (n * root)", "np.sin(theta) / (n * root)")],
    theta=ANGLES,
    n=verify.real(low=1),
)
def snell_deriv(theta, n):
    root = np.sqrt(n**2 - np.sin(theta) ** 2)
    return np.cos(theta) / root, -np.sin(theta) / (n * root)


@slopes(
    lambda n1, n2: np.arctan(n2 / n1),
    [("-n2", "n2"), ("n1 / q", "n2 / q")],
    n1=verify.real("3", low=0),
    n2=verify.real("3", low=0),
)
def brewster_deriv(n1, n2):
    q = n1**2 + n2**2
    return -n2 / q, n1 / q


@slopes(
    lambda x, s: np.sinc(x / s) ** 2,
    [("2 * v * d / s,", "2 * d / s,"), ("np.pi * np.cos", "np.cos"), ("-2 * v * d * u / s", "2 * v * d * u / s")],
    x=verify.real("3", low=0),
    s=POSITIVE,
)
def slit_deriv(x, s):
    u = x / s
    v = np.sin(np.pi * u) / (np.pi * u)
    d = (np.pi * np.cos(np.pi * u) - np.sin(np.pi * u) / u) / (np.pi * u)
    return 2 * v * d / s, -2 * v * d * u / s


@layer(
    [("M.T @ dout", "M @ dout"), ("dout[0] * out[1]", "dout[1] * out[1]")],
    inputs={"ray": "2"},
    params={"f": POSITIVE, "d": POSITIVE},
)
class RayTransfer:
    """A lens and then a way, as a matrix on height and slope."""

    def __init__(self, f, d):
        self.f, self.d = f, d

    def forward(self, ray):
        self.ray = ray.copy()
        y, a = ray
        a = a - y / self.f
        self.out = np.array([y + self.d * a, a])
        return self.out.copy()

    def backward(self, dout):
        out = self.out
        M = np.array([[1 - self.d / self.f, self.d], [-1 / self.f, 1]])
        self.dd = dout[0] * out[1]
        self.df = self.ray[0] / self.f**2 * (self.d * dout[0] + dout[1])
        return M.T @ dout
