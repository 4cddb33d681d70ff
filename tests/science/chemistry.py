"""Chemistry: rates, binding, electrolytes, pair potentials with forces, titrations and spectra."""

import numpy as np

import verify
from science.derivative import POSITIVE, backward, gradient, jacobian, layer, slopes

R = 8.314462618
ABOVE = verify.real("3", low=0)


@slopes(
    lambda T, A, E: A * np.exp(-E / (R * T)),
    [("(R * T**2)", "(R * T)"), ("-k / (R * T)", "k / (R * T)"), ("k / A", "k")],
    T=ABOVE,
    A=POSITIVE,
    E=POSITIVE,
)
def arrhenius_deriv(T, A, E):
    k = A * np.exp(-E / (R * T))
    return k * E / (R * T**2), k / A, -k / (R * T)


def modified_arrhenius(T, logA, n, E):
    return np.exp(logA + n * np.log(T / 298.15) - E / T)


@slopes(
    modified_arrhenius,
    [("n / T + E / T**2", "n / T - E / T**2"), ("np.log(T / 298.15)", "np.log(T)"), ("-k / T", "-k")],
    T=ABOVE,
    logA="",
    n="",
    E="",
)
def modified_arrhenius_deriv(T, logA, n, E):
    k = modified_arrhenius(T, logA, n, E)
    return k * (n / T + E / T**2), k, k * np.log(T / 298.15), -k / T


@slopes(
    lambda s, vmax, km: vmax * s / (km + s),
    [("vmax * km", "vmax"), ("-vmax * s", "vmax * s")],
    s=ABOVE,
    vmax=POSITIVE,
    km=POSITIVE,
)
def michaelis_menten_deriv(s, vmax, km):
    d = (km + s) ** 2
    return vmax * km / d, s / (km + s), -vmax * s / d


def competitive(s, i, vmax, km, ki):
    return vmax * s / (km * (1 + i / ki) + s)


@slopes(
    competitive,
    [("km * i / ki**2", "i / ki**2"), ("-v / d * (1 + i / ki)", "-v / d"), ("-v * km / (ki * d)", "-v * km / d")],
    s=ABOVE,
    i=ABOVE,
    vmax=POSITIVE,
    km=POSITIVE,
    ki=POSITIVE,
)
def competitive_deriv(s, i, vmax, km, ki):
    d = km * (1 + i / ki) + s
    v = vmax * s / d
    return (vmax - v) / d, -v * km / (ki * d), v / vmax, -v / d * (1 + i / ki), v / d * (km * i / ki**2)


def hill(x, top, k, n):
    return top * x**n / (k**n + x**n)


@slopes(
    hill,
    [("np.log(x / k)", "np.log(x)"), ("-slope * n / k", "slope * n / k"), ("top * f * (1 - f)", "top * f")],
    x=ABOVE,
    top=POSITIVE,
    k=POSITIVE,
    n=POSITIVE,
)
def hill_deriv(x, top, k, n):
    f = x**n / (k**n + x**n)
    slope = top * f * (1 - f)
    return slope * n / x, f, -slope * n / k, slope * np.log(x / k)


def four_parameter_logistic(x, a, b, c, d):
    return d + (a - d) / (1 + (x / c) ** b)


@slopes(
    four_parameter_logistic,
    [
        ("1 - 1 / q", "1 + 1 / q"),
        ("-(a - d) * p * np.log(x / c)", "(a - d) * p * np.log(x / c)"),
        ("* b / c / q**2", "* b / c / q"),
    ],
    x=ABOVE,
    a="",
    b=POSITIVE,
    c=POSITIVE,
    d="",
)
def four_parameter_logistic_deriv(x, a, b, c, d):
    p = (x / c) ** b
    q = 1 + p
    dx = -(a - d) * p * b / x / q**2
    return dx, 1 / q, -(a - d) * p * np.log(x / c) / q**2, (a - d) * p * b / c / q**2, 1 - 1 / q


def debye_hueckel(ionic, z, a, b):
    root = np.sqrt(ionic)
    return -0.509 * z**2 * root / (1 + a * b * root)


@slopes(
    debye_hueckel,
    [("2 * root * q**2", "root * q**2"), ("-1.018 * z", "-0.509 * z"), ("b * ionic", "a * ionic")],
    ionic=ABOVE,
    z=POSITIVE,
    a=POSITIVE,
    b=POSITIVE,
)
def debye_hueckel_deriv(ionic, z, a, b):
    root = np.sqrt(ionic)
    q = 1 + a * b * root
    scale = 0.509 * z**2
    return -scale / (2 * root * q**2), -1.018 * z * root / q, scale * b * ionic / q**2, scale * a * ionic / q**2


def lennard_jones(r, eps, sigma):
    s6 = (sigma / r) ** 6
    return 4 * eps * s6 * (s6 - 1)


@slopes(
    lennard_jones,
    [("2 * s6 - 1) / r", "s6 - 1) / r"), ("-24", "24"), ("4 * s6 * (s6 - 1)", "4 * s6 * (s6 + 1)")],
    r=ABOVE,
    eps=POSITIVE,
    sigma=POSITIVE,
)
def lennard_jones_deriv(r, eps, sigma):
    s6 = (sigma / r) ** 6
    slope = -24 * eps * s6 * (2 * s6 - 1) / r
    return slope, 4 * s6 * (s6 - 1), -slope * r / sigma


def cluster_energy(x):
    """Energy of three atoms by a sum over pairs."""
    total = 0.0
    for i in range(3):
        for j in range(i + 1, 3):
            r2 = np.sum((x[i] - x[j]) ** 2)
            total = total + 4 * (r2**-6 - r2**-3)
    return total


@gradient(cluster_energy, [("g[j] -= f", "g[j] += f"), ("2 * r2**-7", "r2**-7"), ("24.0", "12.0")], x="3 3")
def cluster_forces(x):
    g = np.zeros((3, 3))
    for i in range(3):
        for j in range(i):
            d = x[i] - x[j]
            r2 = d @ d
            f = -24.0 * (2 * r2**-7 - r2**-4) * d
            g[i] += f
            g[j] -= f
    return g


@gradient(cluster_energy, [("axis=1", "axis=0"), ("w - 24", "w + 24")], x="3 3")
def cluster_forces_vectorised(x):
    d = x[:, None, :] - x[None, :, :]
    r2 = np.sum(d**2, axis=-1) + np.eye(3)
    w = 48 * r2**-7.0
    return -np.sum((w - 24 * r2**-4.0)[:, :, None] * d, axis=1)


def morse(r, D, a, re):
    return D * (1 - np.exp(-a * (r - re))) ** 2


@slopes(
    morse,
    [("(r - re) * slope / a", "slope / a"), ("2 * D * a", "D * a"), ("-slope", "slope * 2")],
    r=ABOVE,
    D=POSITIVE,
    a=POSITIVE,
    re=POSITIVE,
)
def morse_deriv(r, D, a, re):
    e = np.exp(-a * (r - re))
    slope = 2 * D * a * e * (1 - e)
    return slope, (1 - e) ** 2, (r - re) * slope / a, -slope


def buckingham(r, A, B, C):
    return A * np.exp(-B * r) - C / r**6


@slopes(
    buckingham,
    [("6 * C", "C"), ("-r * A", "r * A"), ("-(r**-6)", "r**-6")],
    r=ABOVE,
    A=POSITIVE,
    B=POSITIVE,
    C=POSITIVE,
)
def buckingham_deriv(r, A, B, C):
    e = np.exp(-B * r)
    return -A * B * e + 6 * C / r**7, e, -r * A * e, -(r**-6)


def screened_coulomb(r, q, kappa):
    return q * np.exp(-kappa * r) / r


@backward(
    screened_coulomb,
    [("(kappa + 1 / r)", "(kappa - 1 / r)"), ("np.sum(dout * u) / q", "np.sum(dout * u)")],
    r=ABOVE,
    q=POSITIVE,
    kappa=POSITIVE,
)
def screened_coulomb_backward(dout, r, q, kappa):
    u = screened_coulomb(r, q, kappa)
    return -dout * u * (kappa + 1 / r), np.sum(dout * u) / q, -np.sum(dout * q * np.exp(-kappa * r))


def bond_angle(x):
    a, b = x[0] - x[1], x[2] - x[1]
    return np.arccos(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


@gradient(
    bond_angle,
    [("-(first + last)", "first + last"), ("c * a / na**2", "a / na**2"), ("-1 / np.sqrt", "1 / np.sqrt")],
    x="3 3",
)
def bond_angle_gradient(x):
    a, b = x[0] - x[1], x[2] - x[1]
    na, nb = np.linalg.norm(a), np.linalg.norm(b)
    c = a @ b / (na * nb)
    outer = -1 / np.sqrt(1 - c**2)
    first = outer * (b / (na * nb) - c * a / na**2)
    last = outer * (a / (na * nb) - c * b / nb**2)
    return np.array([first, -(first + last), last])


def henderson(ratio, pka):
    return pka + np.log10(ratio)


@slopes(henderson, [("np.log(10)", "10"), ("np.ones_like", "np.zeros_like")], ratio=ABOVE, pka="")
def henderson_deriv(ratio, pka):
    return 1 / (ratio * np.log(10)), np.ones_like(ratio)


def langmuir_freundlich(p, q, b, n):
    u = (b * p) ** (1 / n)
    return q * u / (1 + u)


@slopes(
    langmuir_freundlich,
    [("-s * np.log(b * p) / n**2", "-s * np.log(b * p) / n"), ("s / (n * b)", "s / b"), ("(1 + u) ** 2", "(1 + u)")],
    p=ABOVE,
    q=POSITIVE,
    b=POSITIVE,
    n=POSITIVE,
)
def langmuir_freundlich_deriv(p, q, b, n):
    u = (b * p) ** (1 / n)
    s = q * u / (1 + u) ** 2
    return s / (n * p), u / (1 + u), s / (n * b), -s * np.log(b * p) / n**2


def nernst(c, T):
    return R * T / 96485.33212 * np.log(c[0] / c[1])


@gradient(
    nernst,
    [("[1 / c[0], -1 / c[1]]", "[1 / c[0], 1 / c[1]]"), ("np.log(c[0] / c[1])", "np.log(c[0] * c[1])")],
    c=verify.real("2", low=0),
    T=POSITIVE,
)
def nernst_gradient(c, T):
    f = R / 96485.33212
    return f * T * np.array([1 / c[0], -1 / c[1]]), f * np.log(c[0] / c[1])


def consecutive(k):
    """Concentrations of A -> B -> C at three times."""
    t = np.array([0.5, 1.0, 3.0])
    return k[0] / (k[1] - k[0]) * (np.exp(-k[0] * t) - np.exp(-k[1] * t))


@jacobian(
    consecutive,
    [("- k1 / d * t * e1", "+ k1 / d * t * e1"), ("k2 / d**2", "k1 / d**2"), ("[first, second]", "[second, first]")],
    k=verify.real("2", low=0),
)
def consecutive_jacobian(k):
    k1, k2 = k
    t, d = np.array([0.5, 1.0, 3.0]), k[1] - k[0]
    e1, e2 = np.exp(-k1 * t), np.exp(-k2 * t)
    first = k2 / d**2 * (e1 - e2) - k1 / d * t * e1
    second = -k1 / d**2 * (e1 - e2) + k1 / d * t * e2
    return np.stack([first, second], axis=1)


@layer(
    [("(self.b * self.c)", "self.b"), ("dout.sum()", "dout.mean()")],
    inputs={"x": "3"},
    params={"b": POSITIVE, "c": POSITIVE},
)
class BeerLambert:
    """Absorbance of a cell with stray light."""

    def __init__(self, b, c):
        self.b, self.c = b, c

    def forward(self, x):
        self.t = np.exp(-self.b * self.c * x)
        self.x = x * 1.0
        return 1 - self.t + 0.125 * self.c

    def backward(self, dout):
        g = dout * self.t * self.x
        self.db = self.c * np.sum(g)
        self.dc = self.b * np.sum(g) + 0.125 * dout.sum()
        return dout * self.t * (self.b * self.c)
