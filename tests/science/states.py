"""Equations of state and the functions they are made of: pressures, alpha functions, fugacities, with derivatives."""

import numpy as np

import verify
from science.derivative import POSITIVE, UNIT, gradient, jacobian, layer, slopes

R = 8.31446261815324
VOLUMES = verify.real("3", low=1)
TEMPERATURES = verify.real("3", low=0)
REDUCED = verify.real("3", low=0, high=2)


def van_der_waals(T, v, a, b):
    return R * T / (v - b) - a / v**2


@slopes(
    van_der_waals,
    [("+ 2 * a / v**3", "- 2 * a / v**3"), ("(v - b) ** 2 + ", "(v - b) + "), ("-1 / v**2", "1 / v**2")],
    T=TEMPERATURES,
    v=VOLUMES,
    a=POSITIVE,
    b=UNIT,
)
def van_der_waals_deriv(T, v, a, b):
    dv = -R * T / (v - b) ** 2 + 2 * a / v**3
    return R / (v - b), dv, -1 / v**2, R * T / (v - b) ** 2


def redlich_kwong(T, v):
    a, b = 1.5, 0.25
    return R * T / (v - b) - a / (np.sqrt(T) * v * (v + b))


@slopes(
    redlich_kwong,
    [("0.5 * a / T**1.5", "a / T**1.5"), ("(2 * v + b)", "(v + b)"), ("R / (v - b) + ", "R / (v - b) - ")],
    T=TEMPERATURES,
    v=VOLUMES,
)
def redlich_kwong_deriv(T, v):
    a, b = 1.5, 0.25
    dT = R / (v - b) + 0.5 * a / T**1.5 / (v * (v + b))
    return dT, -R * T / (v - b) ** 2 + a * (2 * v + b) / (T**0.5 * v**2 * (v + b) ** 2)


def soave_alpha(T, Tc, m):
    return (1 + m * (1 - np.sqrt(T / Tc))) ** 2


@slopes(
    soave_alpha,
    [("-root * m", "root * m"), ("/ np.sqrt(T * Tc)", "/ np.sqrt(T)"), ("2 * root * (1", "root * (1")],
    T=TEMPERATURES,
    Tc=POSITIVE,
    m=POSITIVE,
)
def soave_alpha_deriv(T, Tc, m):
    s = np.sqrt(T / Tc)
    root = 1 + m * (1 - s)
    dT = -root * m / np.sqrt(T * Tc)
    return dT, -dT * T / Tc, 2 * root * (1 - s)


def peng_robinson(T, v, omega):
    a, b, Tc = 0.4572, 0.0778, 1.3
    kappa = 0.37464 + 1.54226 * omega - 0.26992 * omega**2
    alpha = (1 + kappa * (1 - (T / Tc) ** 0.5)) ** 2
    return R * T / (v - b) - a * alpha / (v * (v + b) + b * (v - b))


@slopes(
    peng_robinson,
    [("0.53984 * omega", "0.26992 * omega"), ("2 * (v + b)", "(v + b)"), ("-root * kappa", "root * kappa")],
    T=TEMPERATURES,
    v=VOLUMES,
    omega=UNIT,
)
def peng_robinson_deriv(T, v, omega):
    a, b, Tc = 0.4572, 0.0778, 1.3
    kappa = 0.37464 + 1.54226 * omega - 0.26992 * omega**2
    s = (T / Tc) ** 0.5
    root = 1 + kappa * (1 - s)
    q = v**2 + 2 * b * v - b**2
    dT = R / (v - b) - a / q * (-root * kappa / (T * Tc) ** 0.5)
    dv = -R * T / (v - b) ** 2 + a * root**2 * 2 * (v + b) / q**2
    return dT, dv, -a / q * 2 * root * (1 - s) * (1.54226 - 0.53984 * omega)


def twu_alpha(Tr, L, M, N):
    return Tr ** (N * (M - 1)) * np.exp(L * (1 - Tr ** (M * N)))


@slopes(
    twu_alpha,
    [
        ("N * (M - 1) -", "N * M -"),
        ("L * M * N * p", "L * M * p"),
        ("alpha * (1 - p)", "alpha * (1 + p)"),
        ("np.log(Tr) * (M - 1", "np.log(Tr) * (M + 1"),
    ],
    Tr=REDUCED,
    L=POSITIVE,
    M=POSITIVE,
    N=POSITIVE,
)
def twu_alpha_deriv(Tr, L, M, N):
    p = Tr ** (M * N)
    alpha = Tr ** (N * (M - 1)) * np.exp(L * (1 - p))
    log_T = np.log(Tr)
    return (
        alpha * (N * (M - 1) - L * M * N * p) / Tr,
        alpha * (1 - p),
        alpha * N * log_T * (1 - L * p),
        alpha * np.log(Tr) * (M - 1 - L * M * p),
    )


class TwuAlpha:
    """Twu's function with the constants of a substance, and its derivatives in temperature."""

    def __init__(self, L, M, N, Tc):
        self.c, self.Tc = (L, M, N), Tc

    def alpha(self, T):
        L, M, N = self.c
        Tr = T / self.Tc
        return Tr ** (N * (M - 1.0)) * np.exp(L * (1.0 - Tr ** (M * N)))

    def dalpha(self, T):
        L, M, N = self.c
        Tr = T / self.Tc
        return self.alpha(T) * (N * (M - 1.0) / T - L * M * N * Tr ** (M * N - 1.0) / self.Tc)


WATER = TwuAlpha(0.3865, 0.8720, 1.9693, 647.096)


@slopes(
    WATER.alpha,
    [("- L * M * N", "+ L * M * N"), ("(M - 1.0) / T -", "(M - 1.0) / Tr -"), ("M * N - 1.0)", "M * N)")],
    T=TEMPERATURES,
)
def twu_water_deriv(T):
    L, M, N = WATER.c
    Tr = T / WATER.Tc
    return WATER.alpha(T) * (N * (M - 1.0) / T - L * M * N * Tr ** (M * N - 1.0) / WATER.Tc)


@slopes(WATER.dalpha, [("+ curve", "- curve"), ("* (M * N - 1.0)", "* M * N")], T=TEMPERATURES)
def twu_water_deriv2(T):
    L, M, N = WATER.c
    Tr = T / WATER.Tc
    p = Tr ** (M * N)
    slope = N * (M - 1.0) / T - L * M * N * p / T
    curve = -N * (M - 1.0) / T**2 - L * M * N * (M * N - 1.0) * p / T**2
    return WATER.alpha(T) * (slope**2 + curve)


def mathias_copeman(Tr, c1, c2, c3):
    u = 1 - np.sqrt(Tr)
    return (1 + c1 * u + c2 * u**2 + c3 * u**3) ** 2


@slopes(
    mathias_copeman,
    [("3 * c3 * u**2", "2 * c3 * u**2"), ("-root * inner", "root * inner"), ("2 * root * u**2,", "root * u**2,")],
    Tr=TEMPERATURES,
    c1="",
    c2="",
    c3="",
)
def mathias_copeman_deriv(Tr, c1, c2, c3):
    u = 1 - Tr**0.5
    root = 1 + u * (c1 + u * (c2 + u * c3))
    inner = c1 + 2 * c2 * u + 3 * c3 * u**2
    return -root * inner / np.sqrt(Tr), 2 * root * u, 2 * root * u**2, 2 * root * u**3


def virial(T, rho):
    B = 0.083 - 0.422 / T**1.6
    C = 0.139 - 0.172 / T**4.2
    return rho * R * T * (1 + B * rho + C * rho**2)


@slopes(
    virial,
    [("1.6 * 0.422", "0.422"), ("T**5.2", "T**4.2"), ("3 * C", "2 * C"), ("T * (dB", "(dB")],
    T=TEMPERATURES,
    rho=VOLUMES,
)
def virial_deriv(T, rho):
    B, C = 0.083 - 0.422 / T**1.6, 0.139 - 0.172 / T**4.2
    dB, dC = 1.6 * 0.422 / T**2.6, 4.2 * 0.172 / T**5.2
    Z = 1 + B * rho + C * rho**2
    return rho * R * (Z + T * (dB * rho + dC * rho**2)), R * T * (1 + 2 * B * rho + 3 * C * rho**2)


def association(rho, delta):
    """The share of molecules that are not bonded, as the one root between 0 and 1 of rho*delta*X**2 + X = 1."""
    return (-1 + np.sqrt(1 + 4 * rho * delta)) / (2 * rho * delta)


@slopes(
    association,
    [("-delta * X**2", "delta * X**2"), ("1 + 2 * rho", "1 + rho")],
    rho=VOLUMES,
    delta=POSITIVE,
)
def association_deriv(rho, delta):
    X = (-1 + np.sqrt(1 + 4 * rho * delta)) / (2 * rho * delta)
    slope, weight = 1 + 2 * rho * delta * X, X**2
    return -delta * X**2 / slope, -rho * weight / slope


def carnahan_starling(eta):
    return (1 + eta + eta**2 - eta**3) / (1 - eta) ** 3


@slopes(
    carnahan_starling,
    [("4 + 4 * eta", "4 + 2 * eta"), ("- 2 * eta", "+ 2 * eta"), ("** 4", "** 3")],
    eta=verify.real("3", low=0, high=1),
)
def carnahan_starling_deriv(eta):
    return (4 + 4 * eta - 2 * eta**2) / (1 - eta) ** 4


def residual_helmholtz(delta, tau):
    n, d, t = np.array([0.6, -1.3, 0.25]), np.array([1, 2, 4]), np.array([0.25, 1.125, 1.5])
    return np.sum(n * delta**d * tau**t) + 0.1 * delta**2 * tau**3.5 * np.exp(-delta)


@gradient(
    residual_helmholtz,
    [("(2 - delta)", "(2 + delta)"), ("3.5 * tau**2.5", "3.5 * tau**3.5"), ("n * d *", "n *"), ("t - 1", "t")],
    delta=POSITIVE,
    tau=POSITIVE,
)
def residual_helmholtz_deriv(delta, tau):
    n, d, t = np.array([0.6, -1.3, 0.25]), np.array([1, 2, 4]), np.array([0.25, 1.125, 1.5])
    e = 0.1 * np.exp(-delta)
    by_delta = np.sum(n * d * delta ** (d - 1) * tau**t) + e * delta * (2 - delta) * tau**3.5
    return by_delta, np.sum(n * t * delta**d * tau ** (t - 1)) + e * delta**2 * 3.5 * tau**2.5


def mixture_attraction(x, a):
    """Attraction of a mixture by the rule of van der Waals, with k_ij = 0.03 between different substances."""
    k = 0.03 * (1 - np.eye(3))
    return x @ (np.sqrt(np.outer(a, a)) * (1 - k)) @ x


@gradient(
    mixture_attraction,
    [("2 * (A @ x)", "A @ x"), ("x * (A @ x) / a", "(A @ x) / a"), ("(1 - k)", "(1 + k)")],
    x=verify.real("3", low=0, high=1),
    a=verify.real("3", low=0),
)
def mixture_attraction_deriv(x, a):
    k = 0.03 * (1 - np.eye(3))
    A = np.sqrt(np.outer(a, a)) * (1 - k)
    return 2 * (A @ x), x * (A @ x) / a


def log_fugacity(Z, A, B):
    return Z - 1 - np.log(Z - B) - A / B * np.log((Z + B) / Z)


@slopes(
    log_fugacity,
    [("1 - 1 / (Z - B)", "1 + 1 / (Z - B)"), ("A / B**2", "A / B"), ("1 / (Z - B) + A / B**2", "A / B**2")],
    Z=verify.real("3", low=2),
    A=POSITIVE,
    B=UNIT,
)
def log_fugacity_deriv(Z, A, B):
    logarithm = np.log((Z + B) / Z)
    dZ = 1 - 1 / (Z - B) + A / (Z * (Z + B))
    return dZ, -logarithm / B, 1 / (Z - B) + A / B**2 * logarithm - A / (B * (Z + B))


def antoine(T, A, B, C):
    return 10 ** (A - B / (C + T))


@slopes(
    antoine,
    [("p * np.log(10)", "p"), ("(C + T) ** 2", "(C + T)"), ("-scale", "scale")],
    T=TEMPERATURES,
    A="",
    B=POSITIVE,
    C=POSITIVE,
)
def antoine_deriv(T, A, B, C):
    p = 10 ** (A - B / (C + T))
    scale = p * np.log(10)
    slope = scale * B / (C + T) ** 2
    return slope, scale, -scale / (C + T), slope


@layer(
    [("self.gamma - 1)", "self.gamma + 1)"), ("* np.log(self.v)", "* np.log(2 * self.v)")],
    inputs={"v": VOLUMES},
    params={"p0": POSITIVE, "gamma": verify.real(low=1)},
)
class Adiabat:
    """The pressure of a gas along an adiabat."""

    def __init__(self, p0, gamma):
        self.p0, self.gamma = p0, gamma

    def forward(self, v):
        self.v = v.copy()
        return self.p0 * v ** (-self.gamma)

    def backward(self, dout):
        self.dp0 = np.sum(dout * self.v**-self.gamma)
        self.dgamma = -np.sum(dout * self.p0 * self.v**-self.gamma * np.log(self.v))
        return -dout * self.p0 * self.gamma * self.v ** (-self.gamma - 1)


def wilson(x, lambdas):
    """Activity coefficients of a binary mixture by Wilson's model, as logarithms."""
    x1, x2 = x, 1 - x
    a, b = x1 + lambdas[0] * x2, x2 + lambdas[1] * x1
    c = lambdas[0] / a - lambdas[1] / b
    return np.array([-np.log(a) + x2 * c, -np.log(b) - x1 * c])


@jacobian(
    wilson,
    [("-x2 / a + ", "x2 / a + "), ("x1 * x2 / b**2", "x1 / b**2"), ("- x1 / b", "+ x1 / b")],
    x=verify.constant(0.25),
    lambdas=verify.real("2", low=0),
)
def wilson_jacobian(x, lambdas):
    x1, x2 = x, 1 - x
    a, b = x1 + lambdas[0] * x2, x2 + lambdas[1] * x1
    first = [-x2 / a + x2 * x1 / a**2, -(x2**2) / b**2]
    second = [-(x1**2) / a**2, x1 * x2 / b**2 - x1 / b]
    return np.array([first, second])
