"""Profiles of astronomy: lines, surface brightness, haloes, dust, black bodies; each with its derivatives by parameter."""

import numpy as np
from scipy import special

import verify
from science.derivative import POSITIVE, jacobian, layer, slopes

RADII = verify.real("3", low=0)
PLACES = "3"
FWHM = 2.0 * np.sqrt(2.0 * np.log(2.0))


def gaussian_line(x, amplitude, mean, stddev):
    return amplitude * np.exp(-0.5 * (x - mean) ** 2 / stddev**2)


@slopes(
    gaussian_line,
    [("(x - mean) / stddev**2", "(x - mean) / stddev"), ("stddev**3", "stddev**2"), ("-d_amplitude", "d_amplitude")],
    x=PLACES,
    amplitude="",
    mean="",
    stddev=POSITIVE,
)
def gaussian_line_deriv(x, amplitude, mean, stddev):
    d_amplitude = np.exp(-0.5 / stddev**2 * (x - mean) ** 2)
    d_mean = amplitude * d_amplitude * (x - mean) / stddev**2
    d_stddev = amplitude * d_amplitude * (x - mean) ** 2 / stddev**3
    return [-d_amplitude * amplitude * (x - mean) / stddev / stddev, d_amplitude, d_mean, d_stddev]


def gaussian_fwhm(x, peak, centre, fwhm):
    sigma = fwhm / FWHM
    return peak * np.exp(-((x - centre) ** 2) / (2 * sigma**2))


@slopes(
    gaussian_fwhm,
    [("/ FWHM / sigma**3", "/ sigma**3"), ("/ sigma**2", "/ (2 * sigma**2)")],
    x=verify.constant(np.array([-1.5, 0.25, 2.0])),
    peak="",
    centre="",
    fwhm=POSITIVE,
)
def gaussian_fwhm_deriv(x, peak, centre, fwhm):
    sigma = fwhm / FWHM
    d_peak = np.exp(-((x - centre) ** 2) / sigma / sigma / 2)
    return [d_peak, peak * d_peak * (x - centre) / sigma**2, peak * d_peak * (x - centre) ** 2 / FWHM / sigma**3]


def lorentzian(x, amplitude, x_0, fwhm):
    return amplitude * (fwhm / 2.0) ** 2 / ((x - x_0) ** 2 + (fwhm / 2.0) ** 2)


@slopes(
    lorentzian,
    [("(1 - d_amplitude)", "(1 + d_amplitude)"), ("2 * x - 2 * x_0", "x - 2 * x_0"), ("-d_x_0", "d_x_0")],
    x=PLACES,
    amplitude="",
    x_0="",
    fwhm=POSITIVE,
)
def lorentzian_deriv(x, amplitude, x_0, fwhm):
    d_amplitude = fwhm**2 / (fwhm**2 + 4 * (x - x_0) ** 2)
    d_x_0 = amplitude * d_amplitude * (2 * x - 2 * x_0) / ((fwhm / 2) ** 2 + (x - x_0) ** 2)
    d_fwhm = 2 * amplitude * d_amplitude / fwhm * (1 - d_amplitude)
    return [-d_x_0, d_amplitude, d_x_0, d_fwhm]


def pseudo_voigt(x, height, centre, width, eta):
    z = (x - centre) / width
    return height * (eta / (1 + z**2) + (1 - eta) * np.exp(-np.log(2) * z**2))


@slopes(
    pseudo_voigt,
    [("2 * np.log(2)", "np.log(2)"), ("-height * dz * z", "height * dz * z"), ("L - G)", "L + G)")],
    x=PLACES,
    height="",
    centre="",
    width=POSITIVE,
    eta=verify.real(low=0, high=1),
)
def pseudo_voigt_deriv(x, height, centre, width, eta):
    z = (x - centre) / width
    L = 1 / (1 + z**2)
    G = np.exp(-np.log(2) * z**2)
    dz = (-2 * eta * z * L**2 - (1 - eta) * 2 * np.log(2) * z * G) / width
    return [height * dz, eta * L + (1 - eta) * G, -height * dz, -height * dz * z, height * (L - G)]


def moffat(x, amplitude, x_0, gamma, alpha):
    return amplitude * (1 + ((x - x_0) / gamma) ** 2) ** (-alpha)


@slopes(
    moffat,
    [("* np.log(fac)", "* np.log10(fac)"), ("(fac * gamma**3)", "(fac * gamma**2)"), ("-amplitude", "amplitude")],
    x=PLACES,
    amplitude="",
    x_0="",
    gamma=POSITIVE,
    alpha=POSITIVE,
)
def moffat_deriv(x, amplitude, x_0, gamma, alpha):
    fac = 1 + (x - x_0) ** 2 / gamma**2
    d_A = fac ** (-alpha)
    d_x_0 = 2 * amplitude * alpha * d_A * (x - x_0) / (fac * gamma**2)
    d_gamma = 2 * amplitude * alpha * d_A * (x - x_0) ** 2 / (fac * gamma**3)
    return [-d_x_0, d_A, d_x_0, d_gamma, -amplitude * d_A * np.log(fac)]


def sersic(r, amplitude, r_eff, n):
    b_n = 2 * n - 1.0 / 3
    return amplitude * np.exp(-b_n * ((r / r_eff) ** (1 / n) - 1))


@slopes(
    sersic,
    [("+ b_n * u * np.log", "- b_n * u * np.log"), ("* u / (n * r)", "* u / r"), ("u - 1) +", "u) +")],
    r=RADII,
    amplitude="",
    r_eff=POSITIVE,
    n=POSITIVE,
)
def sersic_deriv(r, amplitude, r_eff, n):
    b_n = 2 * n - 1.0 / 3
    u = (r / r_eff) ** (1 / n)
    e = np.exp(-b_n * (u - 1))
    d_r = -amplitude * e * b_n * u / (n * r)
    d_n = amplitude * e * (-2 * (u - 1) + b_n * u * np.log(r / r_eff) / n**2)
    return [d_r, e, -d_r * r / r_eff, d_n]


class NFW:
    """Halo of Navarro, Frenk and White with its state in the object, as packages of dynamics write it."""

    def __init__(self, rho, rs):
        self.rho, self.rs = rho, rs

    def __call__(self, r):
        return -4 * np.pi * self.rho * self.rs**3 * np.log1p(r / self.rs) / r


def nfw_potential(r, rho, rs):
    return NFW(rho, rs)(r)


@slopes(
    nfw_potential,
    [
        ("np.log1p(r / rs) / r -", "np.log1p(r / rs) -"),
        ("3 * np.log1p", "2 * np.log1p"),
        ("4 * np.pi * rs**3", "np.pi * rs**3"),
    ],
    r=RADII,
    rho=POSITIVE,
    rs=POSITIVE,
)
def nfw_forces(r, rho, rs):
    scale = -4 * np.pi * rs**3
    d_r = -scale * rho * (np.log1p(r / rs) / r - 1 / (r + rs)) / r
    d_rs = -4 * np.pi * rho * rs**2 * (3 * np.log1p(r / rs) - r / (r + rs)) / r
    return d_r, scale * np.log1p(r / rs) / r, d_rs


def king(r, amplitude, core, tidal):
    return amplitude * (1 / np.sqrt(1 + (r / core) ** 2) - 1 / np.sqrt(1 + (tidal / core) ** 2)) ** 2


@slopes(
    king,
    [
        ("fr**-1.5 - tidal**2", "fr**-1.5 + tidal**2"),
        ("2 * amplitude * base", "amplitude * base"),
        ("core**3", "core**2"),
    ],
    r=verify.real("3", low=0, high=1),
    amplitude="",
    core=POSITIVE,
    tidal=verify.real(low=2),
)
def king_deriv(r, amplitude, core, tidal):
    fr, ft = 1 + (r / core) ** 2, 1 + (tidal / core) ** 2
    base = fr**-0.5 - ft**-0.5
    d_base = 2 * amplitude * base
    d_core = d_base * (r**2 * fr**-1.5 - tidal**2 * ft**-1.5) / core**3
    return [-d_base * r / core**2 * fr**-1.5, base**2, d_core, d_base * tidal / core**2 * ft**-1.5]


def drude(x, amplitude, x_0, fwhm):
    return amplitude * (fwhm / x_0) ** 2 / ((x / x_0 - x_0 / x) ** 2 + (fwhm / x_0) ** 2)


@slopes(
    drude,
    [("2 * amplitude * d_A * (1 - d_A) / fwhm", "2 * amplitude * d_A / fwhm"), ("-2 * x_0 + ", "2 * x_0 + ")],
    x=RADII,
    amplitude="",
    x_0=POSITIVE,
    fwhm=POSITIVE,
)
def drude_deriv(x, amplitude, x_0, fwhm):
    q = x**2 - x_0**2
    denominator = q**2 + (fwhm * x) ** 2
    d_A = (fwhm * x) ** 2 / denominator
    d_x = amplitude * (2 * fwhm**2 * x / denominator - d_A * (4 * x * q + 2 * fwhm**2 * x) / denominator)
    d_x_0 = -amplitude * d_A * q * (-2 * x_0 + -2 * x_0) / denominator
    return [d_x, d_A, d_x_0, 2 * amplitude * d_A * (1 - d_A) / fwhm]


def blackbody(nu, temperature):
    return nu**3 / np.expm1(nu / temperature)


@slopes(
    blackbody,
    [("3 * nu**2", "2 * nu**2"), ("* np.exp(u) / b**2", "/ b**2"), ("/ temperature**2", "/ temperature")],
    nu=RADII,
    temperature=POSITIVE,
)
def blackbody_deriv(nu, temperature):
    u = nu / temperature
    b = np.expm1(u)
    planck = nu**3 * np.exp(u) / b**2
    return 3 * nu**2 / b - planck / temperature, planck * nu / temperature**2


def dust(nu, log_mass, beta, temperature):
    return 10**log_mass * (nu / 353.0) ** beta * nu**3 / (np.exp(0.048 * nu / temperature) - 1)


@slopes(
    dust,
    [("np.log(10)", "np.log(2)"), ("* np.log(nu / 353.0)", "* np.log(nu)"), ("* e / (e - 1)", "/ (e - 1)")],
    nu=verify.constant(np.array([100.0, 353.0, 857.0])),
    log_mass="",
    beta="",
    temperature=POSITIVE,
)
def dust_deriv(nu, log_mass, beta, temperature):
    e = np.exp(0.048 * nu / temperature)
    value = 10**log_mass * (nu / 353.0) ** beta * nu**3 / (e - 1)
    return [np.log(10) * value, value * np.log(nu / 353.0), value * 0.048 * nu / temperature**2 * e / (e - 1)]


def schechter(luminosity, phi, l_star, alpha):
    x = luminosity / l_star
    return phi / l_star * x**alpha * np.exp(-x)


@slopes(
    schechter,
    [
        ("(alpha / x - 1)", "(alpha / x + 1)"),
        ("- 1 - alpha", "- alpha"),
        ("value * np.log(x)", "value * np.log(luminosity)"),
    ],
    luminosity=RADII,
    phi=POSITIVE,
    l_star=POSITIVE,
    alpha="",
)
def schechter_deriv(luminosity, phi, l_star, alpha):
    x = luminosity / l_star
    value = phi / l_star * x**alpha * np.exp(-x)
    return value * (alpha / x - 1) / l_star, value / phi, value * (x - 1 - alpha) / l_star, value * np.log(x)


def beta_model(r, s0, rc, beta):
    return s0 * (1.0 + (r / rc) ** 2) ** (0.5 - 3.0 * beta)


@jacobian(
    lambda theta: beta_model(np.array([0.5, 1.0, 3.0]), theta[0], theta[1], theta[2]),
    [("J[:, 1] = -2", "J[:, 1] = 2"), ("J[:, 2] = -3", "J[:, 2] = -1"), ("= base**p", "= base ** (p - 1)")],
    theta=verify.real("3", low=0),
)
def beta_model_jacobian(theta):
    s0, rc, beta = theta
    r = np.array([0.5, 1.0, 3.0])
    base, p = 1.0 + (r / rc) ** 2, 0.5 - 3.0 * beta
    J = np.empty((3, 3))
    J[:, 0] = base**p
    J[:, 1] = -2 * s0 * p * r**2 / rc**3 * base ** (p - 1)
    J[:, 2] = -3 * s0 * base**p * np.log(base)
    return J


@layer(
    [("2 * np.pi / self.P * self.K", "self.K"), ("-self.K * np.sin(phase)", "self.K * np.sin(phase)")],
    inputs={"t": "3"},
    params={"K": "", "P": verify.real(low=0), "phi": "", "v0": ""},
)
class RadialVelocity:
    """Velocity of a star on a circular orbit."""

    def __init__(self, K, P, phi, v0):
        self.K, self.P, self.phi, self.v0 = K, P, phi, v0

    def forward(self, t):
        self.t = t.copy()
        return self.v0 + self.K * np.cos(2 * np.pi * t / self.P + self.phi)

    def backward(self, dout):
        phase = 2 * np.pi * self.t / self.P + self.phi
        slope = -self.K * np.sin(phase)
        self.dK = np.sum(dout * np.cos(phase))
        self.dP = np.sum(-dout * slope * 2 * np.pi * self.t / self.P**2)
        self.dphi = np.sum(dout * slope)
        self.dv0 = np.sum(dout)
        return -dout * 2 * np.pi / self.P * self.K * np.sin(phase)


def voigt(x, sigma, gamma):
    z = (x + 1j * gamma) / (sigma * np.sqrt(2))
    return special.wofz(z).real / (sigma * np.sqrt(2 * np.pi))


@slopes(
    voigt,
    [("2 * (z * w).real", "(z * w).real"), ("/ np.sqrt(np.pi)", "/ np.pi")],
    x=PLACES,
    sigma=verify.constant(0.75),
    gamma=POSITIVE,
)
def voigt_deriv(x, sigma, gamma):
    s = sigma * np.sqrt(2)
    z = (x + 1j * gamma) / s
    w = special.wofz(z)
    scale = 1 / (sigma * np.sqrt(2 * np.pi))
    d_x = -2 * (z * w).real * scale / s
    d_gamma = (2 * (z * w).imag - 2 / np.sqrt(np.pi)) * scale / s
    return d_x, d_gamma
