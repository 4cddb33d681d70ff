"""Rotations: axis and angle, quaternions, Euler angles, the exponential map, with Jacobians and generators."""

import numpy as np

import verify
from science.derivative import backward, jacobian, layer, slopes

E1, E2, E3 = (
    np.array(generator, dtype=float)
    for generator in (
        [[0, 0, 0], [0, 0, -1], [0, 1, 0]],
        [[0, 0, 1], [0, 0, 0], [-1, 0, 0]],
        [[0, -1, 0], [1, 0, 0], [0, 0, 0]],
    )
)


def skew(v):
    return np.array([[0.0, -v[2], v[1]], [v[2], 0.0, -v[0]], [-v[1], v[0], 0.0]])


def rot_z(angle):
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def rot_x(angle):
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def rotate_2d(p, angle):
    c, s = np.cos(angle), np.sin(angle)
    return np.stack([c * p[..., 0] - s * p[..., 1], s * p[..., 0] + c * p[..., 1]], axis=-1)


@backward(
    rotate_2d,
    [("[c, -s], [s, c]", "[c, s], [-s, c]"), ("-q[..., 1]", "q[..., 1]")],
    p="3 2",
    angle="",
)
def rotate_2d_backward(dout, p, angle):
    c, s = np.cos(angle), np.sin(angle)
    q = rotate_2d(p, angle)
    dp = dout @ np.array([[c, -s], [s, c]])
    return dp, np.sum(dout[..., 0] * -q[..., 1] + dout[..., 1] * q[..., 0])


def rodrigues(theta, p):
    """Turn p about the fixed axis (2, 3, 6)/7 by an angle."""
    k = np.array([2.0, 3.0, 6.0]) / 7
    return p * np.cos(theta) + np.cross(k, p) * np.sin(theta) + k * np.dot(k, p) * (1 - np.cos(theta))


@jacobian(
    rodrigues,
    [
        ("+ np.outer(k, k) * (1", "- np.outer(k, k) * (1"),
        ("s * k * np.dot(k, p)", "s * np.dot(k, p)"),
        ("-p * s", "p * s"),
    ],
    theta="",
    p="3",
)
def rodrigues_jacobian(theta, p):
    k = np.array([2.0, 3.0, 6.0]) / 7
    c, s = np.cos(theta), np.sin(theta)
    by_angle = -p * s + np.cross(k, p) * c + s * k * np.dot(k, p)
    return by_angle[:, None], c * np.eye(3) + s * skew(k) + np.outer(k, k) * (1 - c)


def exponential_map(w):
    theta = np.sqrt(np.sum(w**2))
    K = skew(w)
    return np.eye(3) + np.sin(theta) / theta * K + (1 - np.cos(theta)) / theta**2 * (K @ K)


@backward(
    exponential_map,
    [
        ("- 2 * (1 - np.cos(theta)) / theta**3", "- (1 - np.cos(theta)) / theta**3"),
        ("G @ K + K @ G", "G @ K - K @ G"),
        ("* w[i] / theta", "* w[i]"),
    ],
    w="3",
)
def exponential_map_backward(dR, w):
    theta = np.sqrt(w @ w)
    K = skew(w)
    K2 = K @ K
    a, b = np.sin(theta) / theta, (1 - np.cos(theta)) / theta**2
    da = np.cos(theta) / theta - np.sin(theta) / theta**2
    db = np.sin(theta) / theta**2 - 2 * (1 - np.cos(theta)) / theta**3
    out = np.zeros(3)
    for i, G in enumerate((E1, E2, E3)):
        dK2 = G @ K + K @ G
        out[i] = np.sum(dR * ((da * K + db * K2) * w[i] / theta + a * G + b * dK2))
    return out


def exponential_map_at_zero(w):
    """The Jacobian of R(w)p at w = 0 by a series of two terms."""
    return np.eye(3) + skew(w) + 0.5 * skew(w) @ skew(w)


@jacobian(
    lambda w: exponential_map_at_zero(w)[:, 1],
    [("0.5 * w[1], 0.5 * w[0], -1", "0.5 * w[0], 0.5 * w[1], -1"), ("[-w[0], ", "[-2 * w[0], "), ("[1, ", "[-1, ")],
    w="3",
)
def exponential_map_series_jacobian(w):
    rows = [
        [0.5 * w[1], 0.5 * w[0], -1],
        [-w[0], 0, -w[2]],
        [1, 0.5 * w[2], 0.5 * w[1]],
    ]
    return np.array(rows)


def quaternion_matrix(q):
    w, x, y, z = q
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


@backward(
    quaternion_matrix,
    [
        ("-z, y], [z, 0", "z, -y], [z, 0"),
        ("-4 * x * (G", "-2 * x * (G"),
        ("w * (G[2, 1] - G[1, 2])", "w * (G[2, 1] + G[1, 2])"),
    ],
    q="4",
)
def quaternion_matrix_backward(G, q):
    w, x, y, z = q
    dw = 2 * np.sum(G * np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]]))
    dx = -4 * x * (G[1, 1] + G[2, 2]) + 2 * (
        y * (G[1, 0] + G[0, 1]) + z * (G[2, 0] + G[0, 2]) + w * (G[2, 1] - G[1, 2])
    )
    dy = -4 * y * (G[0, 0] + G[2, 2]) + 2 * (
        x * (G[1, 0] + G[0, 1]) + z * (G[2, 1] + G[1, 2]) + w * (G[0, 2] - G[2, 0])
    )
    dz = -4 * z * (G[0, 0] + G[1, 1]) + 2 * (
        x * (G[2, 0] + G[0, 2]) + y * (G[2, 1] + G[1, 2]) + w * (G[1, 0] - G[0, 1])
    )
    return np.array([dw, dx, dy, dz])


def hamilton(p, q):
    return np.concatenate([[p[0] * q[0] - p[1:] @ q[1:]], p[0] * q[1:] + q[0] * p[1:] + np.cross(p[1:], q[1:])])


@jacobian(
    hamilton,
    [
        ("[q[0], -q[1], -q[2], -q[3]]", "[q[0], q[1], -q[2], -q[3]]"),
        ("[p[3], -p[2], p[1], p[0]]", "[p[3], p[2], p[1], p[0]]"),
    ],
    p="4",
    q="4",
)
def hamilton_jacobians(p, q):
    left = np.array(
        [[q[0], -q[1], -q[2], -q[3]], [q[1], q[0], q[3], -q[2]], [q[2], -q[3], q[0], q[1]], [q[3], q[2], -q[1], q[0]]]
    )
    right = np.array(
        [[p[0], -p[1], -p[2], -p[3]], [p[1], p[0], -p[3], p[2]], [p[2], p[3], p[0], -p[1]], [p[3], -p[2], p[1], p[0]]]
    )
    return left, right


@jacobian(
    lambda q: q / np.linalg.norm(q),
    [("- np.outer(u, u)", "+ np.outer(u, u)"), ("np.outer(u, u)) / n", "np.outer(u, u)) / n**2")],
    q="4",
)
def normalised_quaternion_jacobian(q):
    n = np.linalg.norm(q)
    u = q / n
    return (np.eye(4) - np.outer(u, u)) / n


def euler_zxz(angles):
    return rot_z(angles[0]) @ rot_x(angles[1]) @ rot_z(angles[2])


@backward(
    euler_zxz,
    [
        ("A @ (E1 @ B) @ C", "A @ (E2 @ B) @ C"),
        ("dR * (A @ B @ C @ E3)", "dR * (A @ B @ E3)"),
        ("E3 @ A @ B @ C", "A @ B @ C"),
    ],
    angles="3",
)
def euler_zxz_backward(dR, angles):
    A, B, C = rot_z(angles[0]), rot_x(angles[1]), rot_z(angles[2])
    first = np.sum(dR * (E3 @ A @ B @ C))
    second = np.sum(dR * (A @ (E1 @ B) @ C))
    return np.array([first, second, np.sum(dR * (A @ B @ C @ E3))])


def spherical(r, theta, phi):
    return np.array([r * np.sin(theta) * np.cos(phi), r * np.sin(theta) * np.sin(phi), r * np.cos(theta)])


@jacobian(
    lambda v: spherical(v[0], v[1], v[2]),
    [("[ct, -r * st, 0]", "[ct, r * st, 0]"), ("r * st * cp]", "st * cp]"), ("r * ct * cp", "r * ct * sp")],
    v="3",
)
def spherical_jacobian(v):
    r, (st, ct), (sp, cp) = v[0], (np.sin(v[1]), np.cos(v[1])), (np.sin(v[2]), np.cos(v[2]))
    return np.array([[st * cp, r * ct * cp, -r * st * sp], [st * sp, r * ct * sp, r * st * cp], [ct, -r * st, 0]])


def cayley(w):
    K = skew(w)
    return np.linalg.solve(np.eye(3) - K, np.eye(3) + K)


@backward(
    cayley,
    [("(np.eye(3) + R)", "(np.eye(3) - R)"), ("np.linalg.inv(np.eye(3) - K)", "np.linalg.inv(np.eye(3) + K)")],
    w="3",
)
def cayley_backward(dR, w):
    K = skew(w)
    inverse = np.linalg.inv(np.eye(3) - K)
    R = inverse @ (np.eye(3) + K)
    return np.array([np.sum(dR * (inverse @ G @ (np.eye(3) + R))) for G in (E1, E2, E3)])


@layer(
    [("2 * (self.v @ dout)", "(self.v @ dout)"), ("4 * self.scale * self.h", "2 * self.scale * self.h")],
    inputs={"x": "3"},
    params={"v": "3"},
)
class Householder:
    """A reflection at the plane that is normal to v."""

    def __init__(self, v):
        self.v = v

    def forward(self, x):
        self.x = x.copy()
        self.n = self.v @ self.v
        return x - 2 * self.v * (self.v @ x) / self.n

    def backward(self, dout):
        v, x, n = self.v, self.x, self.n
        self.scale, self.h = (v @ x) * (v @ dout) / n**2, v
        self.dv = -2 * ((v @ x) * dout + (v @ dout) * x) / n + 4 * self.scale * self.h
        return dout - 2 * (self.v @ dout) * v / n


@slopes(
    lambda y, x: np.arctan2(y, x),
    [("x / r2", "y / r2"), ("-y / ", "y / ")],
    y="3",
    x=verify.real("3", low=0),
)
def heading_deriv(y, x):
    r2 = x**2 + y**2
    return x / r2, -y / r2
