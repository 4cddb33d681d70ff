"""Test functions of optimisation with gradients and Hessians, vectorised and in loops."""

import numpy as np

import verify
from science.derivative import gradient, jacobian, loss


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


@gradient(
    rosenbrock,
    [
        ("- 400.0 * x[1:-1]", "- 200.0 * x[1:-1]"),
        ("der[-1] = 200.0", "der[-1] = 100.0"),
        ("- 2.0 * (1 - x[0])", "+ 2.0 * (1 - x[0])"),
    ],
    x="4",
)
def rosenbrock_der(x):
    der = np.zeros_like(x)
    der[1:-1] = 200.0 * (x[1:-1] - x[:-2] ** 2) - 400.0 * x[1:-1] * (x[2:] - x[1:-1] ** 2) - 2.0 * (1 - x[1:-1])
    der[0] = -400.0 * x[0] * (x[1] - x[0] ** 2) - 2.0 * (1 - x[0])
    der[-1] = 200.0 * (x[-1] - x[-2] ** 2)
    return der


@jacobian(
    rosenbrock_der.code,
    [
        ("+ 1200.0", "+ 800.0"),
        ("np.diag(-400.0 * x[:-1], -1)", "np.diag(400.0 * x[:-1], -1)"),
        ("diagonal[-1] = 200.0", "diagonal[-1] = 202.0"),
    ],
    x="3",
)
def rosenbrock_hess(x):
    H = np.diag(-400.0 * x[:-1], 1) + np.diag(-400.0 * x[:-1], -1)
    diagonal = np.zeros(len(x))
    diagonal[0] = 1200.0 * x[0] ** 2 - 400.0 * x[1] + 2.0
    diagonal[-1] = 200.0
    diagonal[1:-1] = 202.0 + 1200.0 * x[1:-1] ** 2 - 400.0 * x[2:]
    return H + np.diag(diagonal)


def ackley(x):
    n = len(x)
    return -20.0 * np.exp(-0.2 * np.sqrt(np.sum(x**2) / n)) - np.exp(np.sum(np.cos(2 * np.pi * x)) / n) + 20.0 + np.e


@gradient(
    ackley,
    [("4.0 * first", "2.0 * first"), ("2 * np.pi / n", "np.pi / n"), ("np.sin(2", "np.cos(2")],
    x=verify.real("2", low=0),
)
def ackley_der(x):
    n = len(x)
    root = np.sqrt(np.sum(x**2) / n)
    first, second = np.exp(-0.2 * root), np.exp(np.sum(np.cos(2 * np.pi * x)) / n)
    return 4.0 * first * x / (n * root) + 2 * np.pi / n * second * np.sin(2 * np.pi * x)


def rastrigin(x):
    return 10.0 * len(x) + sum(xi**2 - 10.0 * np.cos(2 * np.pi * xi) for xi in x)


@gradient(rastrigin, [("20.0 * np.pi", "10.0 * np.pi"), ("2.0 * x", "x")], x="3")
def rastrigin_der(x):
    return 2.0 * x + 20.0 * np.pi * np.sin(2 * np.pi * x)


def griewank(x):
    i = np.sqrt(np.arange(1, len(x) + 1))
    return 1 + np.sum(x**2) / 4000 - np.prod(np.cos(x / i))


@gradient(griewank, [("if j != k", "if j != k + 1"), ("x[k] / 2000", "x[k] / 4000"), ("+ np.sin", "- np.sin")], x="3")
def griewank_der(x):
    g = np.empty_like(x)
    for k in range(len(x)):
        rest = 1.0
        for j in range(len(x)):
            if j != k:
                rest = rest * np.cos(x[j] / np.sqrt(j + 1))
        g[k] = x[k] / 2000 + np.sin(x[k] / np.sqrt(k + 1)) / np.sqrt(k + 1) * rest
    return g


@loss([("4 * x * (x**2 + y - 11)", "2 * x * (x**2 + y - 11)"), ("4 * y * (x + y**2 - 7)", "4 * (x + y**2 - 7)")], p="2")
def himmelblau(p):
    x, y = p
    value = (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2
    dx = 4 * x * (x**2 + y - 11) + 2 * (x + y**2 - 7)
    dy = 2 * (x**2 + y - 11) + 4 * y * (x + y**2 - 7)
    return value, np.array([dx, dy])


def himmelblau_der(p):
    return himmelblau.code(p)[1]


@jacobian(himmelblau_der, [("12 * x**2 + 4 * y - 42", "12 * x**2 + 4 * y - 44"), ("[m, 4", "[-m, 4")], p="2")
def himmelblau_hess(p):
    x, y = p[0], p[1]
    m = 4 * (x + y)
    return np.array([[12 * x**2 + 4 * y - 42, m], [m, 4 * x + 12 * y**2 - 26]])


BEALE = (1.5, 2.25, 2.625)


def beale(x, y):
    return sum((c - x + x * y**k) ** 2 for k, c in enumerate(BEALE, start=1))


@gradient(beale, [("(y**k - 1)", "(y**k + 1)"), ("k * x * y ** (k - 1)", "x * y ** (k - 1)")], x="", y="")
def beale_der(x, y):
    dx = dy = 0.0
    for k, c in enumerate(BEALE, start=1):
        r = c - x + x * y**k
        dx = dx + 2 * r * (y**k - 1)
        dy = dy + 2 * r * k * x * y ** (k - 1)
    return dx, dy


def branin(x):
    b, c, r, s, t = 5.1 / (4 * np.pi**2), 5 / np.pi, 6, 10, 1 / (8 * np.pi)
    return (x[1] - b * x[0] ** 2 + c * x[0] - r) ** 2 + s * (1 - t) * np.cos(x[0]) + s


@gradient(
    branin, [("c - 2 * b * x[0]", "c - b * x[0]"), ("- 10 * (1 - t)", "+ 10 * (1 - t)"), ("[0] - 6", "[0] - 5")], x="2"
)
def branin_der(x):
    b, c, t = 5.1 / (4 * np.pi**2), 5 / np.pi, 1 / (8 * np.pi)
    inner = x[1] - b * x[0] ** 2 + c * x[0] - 6
    return np.array([2 * inner * (c - 2 * b * x[0]) - 10 * (1 - t) * np.sin(x[0]), 2 * inner])


@gradient(lambda x: 0.5 * np.sum(x**4 - 16 * x**2 + 5 * x), [("2 * x**3", "x**3"), ("2.5", "5.0")], x="3")
def styblinski_tang_der(x):
    return 2 * x**3 - 16 * x + 2.5


def levy(x):
    w = 1 + (x - 1) / 4
    inner = np.sum((w[:-1] - 1) ** 2 * (1 + 10 * np.sin(np.pi * w[:-1] + 1) ** 2))
    return np.sin(np.pi * w[0]) ** 2 + inner + (w[-1] - 1) ** 2 * (1 + np.sin(2 * np.pi * w[-1]) ** 2)


@gradient(
    levy,
    [("d[:-1] += ", "d[:-1] = "), ("return d / 4", "return d"), ("4 * np.pi * np.sin(2", "2 * np.pi * np.sin(2")],
    x="2",
)
def levy_der(x):
    w = 1 + (x - 1) / 4
    d = np.zeros_like(w)
    d[0] = 2 * np.pi * np.sin(np.pi * w[0]) * np.cos(np.pi * w[0])
    v, a = w[:-1] - 1, np.pi * w[:-1] + 1
    d[:-1] += 2 * v * (1 + 10 * np.sin(a) ** 2) + 20 * np.pi * v**2 * np.sin(a) * np.cos(a)
    u, b = w[-1] - 1, 2 * np.pi * w[-1]
    d[-1] += 2 * u * (1 + np.sin(b) ** 2) + 4 * np.pi * np.sin(2 * np.pi * w[-1]) * np.cos(b) * u**2
    return d / 4


@gradient(
    lambda x: (x[0] + 10 * x[1]) ** 2 + 5 * (x[2] - x[3]) ** 2 + (x[1] - 2 * x[2]) ** 4 + 10 * (x[0] - x[3]) ** 4,
    [("- 8 * b**3", "+ 8 * b**3"), ("20 * a", "2 * a"), ("-40 * c**3", "-4 * c**3")],
    x="4",
)
def powell_singular_der(x):
    a, d, b, c = x[0] + 10 * x[1], x[2] - x[3], x[1] - 2 * x[2], x[0] - x[3]
    return np.array([2 * a + 40 * c**3, 20 * a + 4 * b**3, 10 * d - 8 * b**3, -40 * c**3 - 10 * d])


@gradient(
    lambda p: np.sin(p[0] + p[1]) + (p[0] - p[1]) ** 2 - 1.5 * p[0] + 2.5 * p[1] + 1,
    [("c - 2 * d", "c + 2 * d"), ("2.5", "1.5")],
    p="2",
)
def mccormick_der(p):
    c, d = np.cos(p[0] + p[1]), p[0] - p[1]
    return np.array([c + 2 * d - 1.5, c - 2 * d + 2.5])


def easom(p):
    return -np.cos(p[0]) * np.cos(p[1]) * np.exp(-((p[0] - np.pi) ** 2) - (p[1] - np.pi) ** 2)


@gradient(
    easom,
    [("2 * (p[0] - np.pi) * np.cos(p[0])", "(p[0] - np.pi) * np.cos(p[0])"), ("np.sin(p[1]) + ", "np.sin(p[1]) - ")],
    p="2",
)
def easom_der(p):
    e = np.exp(-((p[0] - np.pi) ** 2) - (p[1] - np.pi) ** 2)
    first = (np.sin(p[0]) + 2 * (p[0] - np.pi) * np.cos(p[0])) * np.cos(p[1]) * e
    return np.array([first, (np.sin(p[1]) + 2 * (p[1] - np.pi) * np.cos(p[1])) * np.cos(p[0]) * e])


def schwefel(x):
    return 418.9829 * len(x) - np.sum(x * np.sin(np.sqrt(np.abs(x))))


@gradient(schwefel, [("0.5 * s", "s"), ("-np.sin(s)", "np.sin(s)")], x=verify.real("2", low=0))
def schwefel_der(x):
    s = np.sqrt(np.abs(x))
    return -np.sin(s) - 0.5 * s * np.cos(s)


def exponential_residuals(p):
    t = np.array([0.5, 1.0, 2.0])
    return p[0] * np.exp(-p[1] * t) + p[2] - np.array([1.0, 0.5, 0.25])


@jacobian(exponential_residuals, [("-p[0] * t * e", "-t * e"), ("np.ones(3)", "np.zeros(3)")], p="3")
def exponential_residuals_jacobian(p):
    t = np.array([0.5, 1.0, 2.0])
    e = np.exp(-p[1] * t)
    return np.vstack([e, -p[0] * t * e, np.ones(3)]).T


@gradient(
    lambda p: 0.5 * np.sum(exponential_residuals(p) ** 2),
    [("J.T @ r", "2 * J.T @ r"), (".code(p)", ".code(-p)")],
    p="3",
)
def least_squares_gradient(p):
    J, r = exponential_residuals_jacobian.code(p), exponential_residuals(p)
    return J.T @ r


def michalewicz(x):
    i = np.arange(1, len(x) + 1)
    return -np.sum(np.sin(x) * np.sin(i * x**2 / np.pi) ** 4)


@gradient(michalewicz, [("8 * i", "4 * i"), ("s**3", "s**4 * 1"), ("np.cos(x) * s**4", "np.sin(x) * s**4")], x="2")
def michalewicz_der(x):
    i = np.arange(1, len(x) + 1)
    s, c = np.sin(i * x**2 / np.pi), np.cos(i * x**2 / np.pi)
    return -(np.cos(x) * s**4) - 8 * i * x / np.pi * np.sin(x) * s**3 * c


def barrier(x, t):
    A, b = np.array([[1.0, 0.5], [-1.0, 0.25], [0.5, -1.0]]), np.array([2.0, 3.0, 4.0])
    return t * (x[0] + 2 * x[1]) - np.sum(np.log(b - A @ x))


@gradient(
    barrier,
    [("A.T @", "-A.T @"), ("[1.0, 2.0]", "[2.0, 1.0]")],
    x=verify.real("2", low=-1, high=1),
    t=verify.real(low=0),
)
def barrier_der(x, t):
    A, b = np.array([[1.0, 0.5], [-1.0, 0.25], [0.5, -1.0]]), np.array([2.0, 3.0, 4.0])
    return t * np.array([1.0, 2.0]) + A.T @ (1 / (b - A @ x)), x[0] + 2 * x[1]
