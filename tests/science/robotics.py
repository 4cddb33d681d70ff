"""Robotics: forward kinematics with Jacobians, transforms, cameras, and distances."""

import numpy as np

import verify
from science.derivative import POSITIVE, backward, gradient, jacobian, layer

LENGTHS = np.array([1.0, 0.75, 0.5])


def planar_arm(q):
    a = np.cumsum(q)
    return np.array([np.sum(LENGTHS * np.cos(a)), np.sum(LENGTHS * np.sin(a)), a[-1]])


@jacobian(
    planar_arm,
    [
        ("-np.sum(LENGTHS[i:]", "-np.sum(LENGTHS[: i + 1]"),
        ("J[1, i] = np", "J[1, i] = -np"),
        ("J[2, i] = 1", "J[2, i] = i"),
    ],
    q="3",
)
def planar_arm_jacobian(q):
    a = np.cumsum(q)
    J = np.zeros((3, 3))
    for i in range(3):
        J[0, i] = -np.sum(LENGTHS[i:] * np.sin(a[i:]))
        J[1, i] = np.sum(LENGTHS[i:] * np.cos(a[i:]))
        J[2, i] = 1
    return J


def dh(theta, d, a, sign):
    """Return the transform of a joint by Denavit and Hartenberg, with a twist of a right angle by sign."""
    c, s = np.cos(theta), np.sin(theta)
    return np.array([[c, 0, sign * s, a * c], [s, 0, -sign * c, a * s], [0, sign, 0, d], [0, 0, 0, 1]])


def arm_position(q):
    T = np.eye(4)
    for i, sign in enumerate((1, -1, 1)):
        T = T @ dh(q[i], 0.25 * i, LENGTHS[i], sign)
    return T[:3, 3]


@jacobian(
    arm_position,
    [("np.cross(z, end - p)", "np.cross(end - p, z)"), ("frames[:-1]", "frames[1:]"), ("T[:3, 2]", "T[:3, 0]")],
    q="3",
)
def arm_geometric_jacobian(q):
    frames = [np.eye(4)]
    for i, sign in enumerate((1, -1, 1)):
        frames.append(frames[-1] @ dh(q[i], 0.25 * i, LENGTHS[i], sign))
    end = frames[-1][:3, 3]
    columns = []
    for T in frames[:-1]:
        z, p = T[:3, 2], T[:3, 3]
        columns.append(np.cross(z, end - p))
    return np.stack(columns, axis=1)


def scara(q):
    c1, s1 = np.cos(q[0]), np.sin(q[0])
    c12, s12 = np.cos(q[0] + q[1]), np.sin(q[0] + q[1])
    return np.array([LENGTHS[0] * c1 + LENGTHS[1] * c12, LENGTHS[0] * s1 + LENGTHS[1] * s12, q[2]])


@jacobian(
    scara,
    [("[-y, -b * s12, 0]", "[y, -b * s12, 0]"), ("[x, b * c12, 0]", "[x, c12, 0]"), ("[0, 0, 1]", "[0, 0, -1]")],
    q="3",
)
def scara_jacobian(q):
    b = LENGTHS[1]
    x, y, _ = scara(q)
    c12, s12 = np.cos(q[0] + q[1]), np.sin(q[0] + q[1])
    return np.array([[-y, -b * s12, 0], [x, b * c12, 0], [0, 0, 1]])


def project(p, f):
    return np.stack([f * p[:, 0] / p[:, 2], f * p[:, 1] / p[:, 2]], axis=1)


@backward(
    project,
    [
        ("-f * (dout[:, 0] * x + dout[:, 1] * y) / z**2", "-f * (dout[:, 0] * x + dout[:, 1] * y) / z"),
        ("dout[:, 1] * y / z)", "dout[:, 1] * x / z)"),
    ],
    p=verify.real("2 3", low=0),
    f=POSITIVE,
)
def project_backward(dout, p, f):
    x, y, z = p[:, 0], p[:, 1], p[:, 2]
    dp = np.empty_like(p)
    dp[:, 0] = f * dout[:, 0] / z
    dp[:, 1] = f * dout[:, 1] / z
    dp[:, 2] = -f * (dout[:, 0] * x + dout[:, 1] * y) / z**2
    return dp, np.sum(dout[:, 0] * x / z + dout[:, 1] * y / z)


def distort(p, k):
    r2 = np.sum(p**2, axis=1, keepdims=True)
    return p * (1 + k[0] * r2 + k[1] * r2**2)


@backward(
    distort,
    [("2 * inner * (k[0]", "inner * (k[0]"), ("inner * r2**2", "inner * r2"), ("2 * k[1] * r2", "k[1] * r2")],
    p="2 2",
    k="2",
)
def distort_backward(dout, p, k):
    r2 = np.sum(p**2, axis=1, keepdims=True)
    inner = np.sum(dout * p, axis=1, keepdims=True)
    dp = dout * (1 + k[0] * r2 + k[1] * r2**2) + 2 * inner * (k[0] + 2 * k[1] * r2) * p
    return dp, np.array([np.sum(inner * r2), np.sum(inner * r2**2)])


def unicycle(state, v, w):
    x, y, a = state
    return np.array([x + 0.1 * v * np.cos(a), y + 0.1 * v * np.sin(a), a + 0.1 * w])


@jacobian(
    unicycle,
    [
        ("-0.1 * v * np.sin(a)", "0.1 * v * np.sin(a)"),
        ("[[0.1 * np.cos(a)], [0.1 * np.sin(a)], [0]]", "[[0.1 * np.sin(a)], [0.1 * np.cos(a)], [0]]"),
        ("[0.1]]", "[1]]"),
    ],
    state="3",
    v="",
    w="",
)
def unicycle_jacobians(state, v, w):
    a = state[2]
    A = np.array([[1, 0, -0.1 * v * np.sin(a)], [0, 1, 0.1 * v * np.cos(a)], [0, 0, 1]])
    return A, np.array([[0.1 * np.cos(a)], [0.1 * np.sin(a)], [0]]), np.array([[0], [0], [0.1]])


def range_bearing(pose):
    dx, dy = 2.0 - pose[0], 3.0 - pose[1]
    return np.array([np.hypot(dx, dy), np.arctan2(dy, dx) - pose[2]])


@jacobian(
    range_bearing,
    [("[dy / q, -dx / q, -1]", "[-dy / q, dx / q, -1]"), ("-dy / r, 0]", "dy / r, 0]")],
    pose=verify.real("3", low=-1, high=1),
)
def range_bearing_jacobian(pose):
    dx, dy = 2.0 - pose[0], 3.0 - pose[1]
    q = dx**2 + dy**2
    r = np.sqrt(q)
    return np.array([[-dx / r, -dy / r, 0], [dy / q, -dx / q, -1]])


def pendulum_energy(q, p):
    """Energy of a double pendulum with masses and lengths of 1."""
    d = q[0] - q[1]
    kinetic = (p[0] ** 2 + 2 * p[1] ** 2 - 2 * p[0] * p[1] * np.cos(d)) / (2 * (1 + np.sin(d) ** 2))
    return kinetic - 9.81 * (2 * np.cos(q[0]) + np.cos(q[1]))


@gradient(
    pendulum_energy,
    [("- 2 * s * c * K", "- s * c * K"), ("[slope + ", "[-slope + "), ("2 * p[1] - p[0] * c", "p[1] - p[0] * c")],
    q="2",
    p="2",
)
def pendulum_energy_gradient(q, p):
    c, s = np.cos(q[0] - q[1]), np.sin(q[0] - q[1])
    D = 1 + s**2
    K = (p[0] ** 2 + 2 * p[1] ** 2 - 2 * p[0] * p[1] * c) / (2 * D)
    slope = (p[0] * p[1] * s - 2 * s * c * K) / D
    dq = np.array([slope + 19.62 * np.sin(q[0]), -slope + 9.81 * np.sin(q[1])])
    return dq, np.array([p[0] - p[1] * c, 2 * p[1] - p[0] * c]) / D


@layer(
    [("dout @ self.R", "dout @ self.R.T"), ("self.p[:, 0] * back[:, 1]", "self.p[:, 0] * back[:, 0]")],
    inputs={"p": "3 2"},
    params={"a": "", "t": "2"},
)
class RigidTransform:
    """Turns and moves points of a plane, with the matrix kept for the way back."""

    def __init__(self, a, t):
        c, s = np.cos(a), np.sin(a)
        self.R, self.t = np.array([[c, -s], [s, c]]), t

    def forward(self, p):
        self.p = p.copy()
        return p @ self.R.T + self.t

    def backward(self, dout):
        back = dout @ self.R
        self.dt = dout.sum(axis=0)
        self.da = np.sum(self.p[:, 0] * back[:, 1] - self.p[:, 1] * back[:, 0])
        return back


def manipulability(q):
    J = scara_jacobian.code(q)[:2, :2]
    return np.linalg.det(J @ J.T)


@gradient(manipulability, [("2 * w", "w"), ("np.cos(q[1])", "np.sin(q[1])")], q="3")
def manipulability_gradient(q):
    w = LENGTHS[0] * LENGTHS[1] * np.sin(q[1])
    return np.array([0, 2 * w * LENGTHS[0] * LENGTHS[1] * np.cos(q[1]), 0])
