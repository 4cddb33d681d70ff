"""Steps of differential equations with sensitivities, adjoints, filters and smoothers with likelihoods."""

import numpy as np
from scipy.linalg import expm, solve

import verify
from science.derivative import POSITIVE, backward, gradient, jacobian, layer, slopes

H = 0.125


def logistic_rate(y, r):
    return r * y * (1 - y)


def rk4(y, r):
    k1 = logistic_rate(y, r)
    k2 = logistic_rate(y + 0.5 * H * k1, r)
    k3 = logistic_rate(y + 0.5 * H * k2, r)
    k4 = logistic_rate(y + H * k3, r)
    return y + H / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


@slopes(
    rk4,
    [
        ("y2 * (1 - y2)", "y * (1 - y)"),
        ("0.5 * H * s2", "H * s2"),
        ("2 * p3 + p4", "p3 + p4"),
        ("1 + H * s3", "H * s3"),
    ],
    y="2",
    r="",
)
def rk4_sensitivity(y, r):
    k1 = logistic_rate(y, r)
    y2 = y + 0.5 * H * k1
    k2 = logistic_rate(y2, r)
    y3 = y + 0.5 * H * k2
    y4 = y + H * logistic_rate(y3, r)
    s1 = r * (1 - 2 * y)
    s2 = r * (1 - 2 * y2) * (1 + 0.5 * H * s1)
    s3 = r * (1 - 2 * y3) * (1 + 0.5 * H * s2)
    s4 = r * (1 - 2 * y4) * (1 + H * s3)
    p1 = y * (1 - y)
    p2 = y2 * (1 - y2) + r * (1 - 2 * y2) * 0.5 * H * p1
    p3 = y3 * (1 - y3) + r * (1 - 2 * y3) * 0.5 * H * p2
    p4 = y4 * (1 - y4) + r * (1 - 2 * y4) * H * p3
    return 1 + H / 6 * (s1 + 2 * s2 + 2 * s3 + s4), H / 6 * (p1 + 2 * p2 + 2 * p3 + p4)


def euler_path(y, k):
    path = [y]
    for _ in range(3):
        path.append(path[-1] + H * -k * path[-1] ** 2)
    return path[-1], (path, k)


@backward(
    euler_path,
    [("1 - 2 * H * k * y", "1 - H * k * y"), ("dk - dy", "dk + dy"), ("path[-2::-1]", "path[:0:-1]")],
    y="2",
    k="",
)
def euler_adjoint(dout, cache):
    path, k = cache
    dy, dk = dout, 0.0
    for y in path[-2::-1]:
        dk = dk - dy * H * y**2
        dy = dy * (1 - 2 * H * k * y)
    return dy, np.sum(dk)


def implicit_euler(y, k):
    """One implicit step of y' = -k y**2, the root that is positive."""
    return (-1 + np.sqrt(1 + 4 * H * k * y)) / (2 * H * k)


@slopes(
    implicit_euler,
    [("1 + 2 * H * k * z", "1 + H * k * z"), ("-H * z**2", "H * z**2")],
    y=verify.real("2", low=0),
    k=POSITIVE,
)
def implicit_euler_deriv(y, k):
    z = implicit_euler(y, k)
    d = 1 + 2 * H * k * z
    return 1 / d, -H * z**2 / d


def lorenz(u):
    return np.array([10 * (u[1] - u[0]), u[0] * (28 - u[2]) - u[1], u[0] * u[1] - 8 / 3 * u[2]])


@jacobian(
    lorenz,
    [("28 - u[2], -1, -u[0]", "28 - u[2], -1, u[0]"), ("[u[1], u[0]", "[u[0], u[1]"), ("-8 / 3", "8 / 3")],
    u="3",
)
def lorenz_jacobian(u):
    return np.array([[-10, 10, 0], [28 - u[2], -1, -u[0]], [u[1], u[0], -8 / 3]])


def predator_prey_step(u, p):
    x, y = u
    return u + H * np.array([p[0] * x - p[1] * x * y, p[2] * x * y - p[3] * y])


@jacobian(
    predator_prey_step,
    [("np.eye(2) + H", "H"), ("[0, 0, x * y, -y]", "[0, 0, x * y, y]"), ("-p[1] * x]", "-p[1] * y]")],
    u="2",
    p="4",
)
def predator_prey_jacobians(u, p):
    x, y = u
    A = np.array([[p[0] - p[1] * y, -p[1] * x], [p[2] * y, p[2] * x - p[3]]])
    return np.eye(2) + H * A, H * np.array([[x, -x * y, 0, 0], [0, 0, x * y, -y]])


def verlet(q, p, k):
    half = p - 0.5 * H * k * np.sin(q)
    moved = q + H * half
    return moved, half - 0.5 * H * k * np.sin(moved), (q, half, moved, k)


@backward(
    verlet,
    [
        ("dhalf = dp + H * dq", "dhalf = dp + dq"),
        ("- 0.5 * H * k * np.cos(moved) * dp", "+ 0.5 * H * k * np.cos(moved) * dp"),
        ("np.sin(moved) * dp", "np.sin(q) * dp"),
    ],
    q="2",
    p="2",
    k="",
)
def verlet_backward(dq, dp, cache):
    q, _, moved, k = cache
    dq = dq - 0.5 * H * k * np.cos(moved) * dp
    dhalf = dp + H * dq
    dk = -0.5 * H * np.sum(np.sin(moved) * dp + np.sin(q) * dhalf)
    return dq - 0.5 * H * k * np.cos(q) * dhalf, dhalf, dk


Z = np.array([0.5, 1.25, 0.75])


def kalman_loglike(log_q, log_r):
    """Log likelihood of a random walk with noise, by the filter."""
    q, r = np.exp(log_q), np.exp(log_r)
    m, P, value = 0.0, 1.0, 0.0
    for z in Z:
        P = P + q
        S = P + r
        v = z - m
        value = value - 0.5 * (np.log(2 * np.pi * S) + v**2 / S)
        K = P / S
        m, P = m + K * v, (1 - K) * P
    return value


@gradient(
    kalman_loglike,
    [
        ("v**2 / S**2 - 1 / S", "v**2 / S**2 + 1 / S"),
        ("dm = dm * (1 - K) + dK * v", "dm = dm + dK * v"),
        ("dS = dP + np.array([0, r])", "dS = dP + np.array([r, 0])"),
        ("v * dm / S", "v * dm"),
    ],
    log_q="",
    log_r="",
)
def kalman_score(log_q, log_r):
    q, r = np.exp(log_q), np.exp(log_r)
    m, P = 0.0, 1.0
    dm, dP, score = np.zeros(2), np.zeros(2), np.zeros(2)
    for z in Z:
        P, dP = P + q, dP + np.array([q, 0])
        S = P + r
        dS = dP + np.array([0, r])
        v = z - m
        score = score + 0.5 * (v**2 / S**2 - 1 / S) * dS + v * dm / S
        K = P / S
        dK = (dP - K * dS) / S
        m = m + K * v
        dm = dm * (1 - K) + dK * v
        P, dP = (1 - K) * P, (1 - K) * dP - dK * P
    return score[0], score[1]


def kalman_update(x, P, R):
    """The covariance after one observation of the first component of two."""
    H = np.array([[1.0, 0.0]])
    S = H @ P @ H.T + R
    K = P @ H.T / S
    return x + (K * (0.5 - H @ x))[:, 0], P - K @ H @ P, (x, P, R)


@backward(
    kalman_update,
    [("- (g @ k) * e", "+ (g @ k) * e"), ("-inner / S", "inner / S")],
    x="2",
    P=verify.constant(np.array([[2.0, 0.5], [0.5, 1.0]])),
    R=POSITIVE,
)
def kalman_update_backward(g, G, cache):
    x, P, R = cache
    p, e = P[:, 0], np.array([1.0, 0.0])
    S = P[0, 0] + R
    k = p / S
    inner = (g @ k) * (0.5 - x[0]) - k @ G @ p
    return g - (g @ k) * e, -inner / S


def matrix_exponential(k):
    A = np.array([[0.0, 1.0], [-1.0, 0.5]])
    return expm(k * A)


@jacobian(lambda k: matrix_exponential(k).ravel(), [("A @ expm", "A.T @ expm"), ("k * A", "2 * k * A")], k="")
def matrix_exponential_deriv(k):
    A = np.array([[0.0, 1.0], [-1.0, 0.5]])
    return (A @ expm(k * A)).reshape(-1, 1)


def steady_state(f, k):
    """Temperatures of a rod with sources f and conductance k to the outside."""
    A = np.diag([2.0, 2.0, 2.0]) - np.diag([1.0, 1.0], 1) - np.diag([1.0, 1.0], -1)
    return np.linalg.solve(A + k * np.eye(3), f)


@backward(steady_state, [("-adjoint @ u", "adjoint @ u"), ("A + k * np.eye(3), dout", "A, dout")], f="3", k=POSITIVE)
def steady_state_adjoint(dout, f, k):
    A = np.diag([2.0, 2.0, 2.0]) - np.diag([1.0, 1.0], 1) - np.diag([1.0, 1.0], -1)
    u = steady_state(f, k)
    adjoint = solve(A + k * np.eye(3), dout)
    return adjoint, -adjoint @ u


@layer([("self.u[2:]", "self.u[:-2]"), ("dout[1:-1]", "dout[:-2]")], inputs={"u": "4"}, params={"c": ""})
class HeatStep:
    """An explicit step of diffusion between ends that stay."""

    def __init__(self, c):
        self.c = c

    def forward(self, u):
        self.u = u.copy()
        out = u.copy()
        out[1:-1] = u[1:-1] + self.c * (u[2:] - 2 * u[1:-1] + u[:-2])
        return out

    def backward(self, dout):
        du = dout.copy()
        inner = dout[1:-1]
        du[1:-1] -= 2 * self.c * inner
        du[2:] += self.c * inner
        du[:-2] += self.c * inner
        self.dc = np.sum(inner * (self.u[2:] - 2 * self.u[1:-1] + self.u[:-2]))
        return du


def autoregression(phi):
    """Residuals of a series by its last two values."""
    y = np.array([0.5, -0.25, 1.0, 0.75, -1.0])
    return y[2:] - phi[0] * y[1:-1] - phi[1] * y[:-2]


@gradient(lambda phi: np.sum(autoregression(phi) ** 2), [("-2 * np", "-1 * np"), ("y[:-2]]", "y[1:-1]]")], phi="2")
def autoregression_gradient(phi):
    y = np.array([0.5, -0.25, 1.0, 0.75, -1.0])
    return -2 * np.array([y[1:-1], y[:-2]]) @ autoregression(phi)


def oscillator(t, zeta, omega):
    """Response of a damped oscillator to a blow."""
    wd = omega * np.sqrt(1 - zeta**2)
    return np.exp(-zeta * omega * t) * np.sin(wd * t) / wd


@slopes(
    oscillator,
    [
        ("- zeta * omega * x", "+ zeta * omega * x"),
        ("-omega * t * x", "-omega * x"),
        ("zeta / root**2", "zeta / root"),
        ("e * t * c", "e * c"),
    ],
    t=verify.real("2", low=0),
    zeta=verify.real(low=0, high=1),
    omega=POSITIVE,
)
def oscillator_deriv(t, zeta, omega):
    root = np.sqrt(1 - zeta**2)
    wd = omega * root
    e, c = np.exp(-zeta * omega * t), np.cos(wd * t)
    x = e * np.sin(wd * t) / wd
    pull = e * t * c - x
    return e * c - zeta * omega * x, -omega * t * x - zeta / root**2 * pull, -zeta * t * x + pull / omega
