"""Functions of vectors with matrices of their derivatives, by the input or by the output."""

import numpy as np


def arm(q):
    return np.array([np.cos(q[0]) + np.cos(q[0] + q[1]), np.sin(q[0]) + np.sin(q[0] + q[1])])


def arm_jacobian(q):
    return np.array(
        [
            [-np.sin(q[0]) - np.sin(q[0] + q[1]), -np.sin(q[0] + q[1])],
            [np.cos(q[0]) + np.cos(q[0] + q[1]), np.cos(q[1])],
        ]
    )


def project(p, f, c):
    return np.array([f * p[0] / p[2] + c[0], f * p[1] / p[2] + c[1]])


def project_jacobian(p, f, c):
    return np.array([[f / p[2], 0, -f * p[0] / p[2] ** 2], [0, f / p[2], -f * p[1] / p[2] ** 2]])


def softmax(x):
    powers = np.exp(x - np.max(x))
    return powers / powers.sum()


def softmax_grad(s):
    return np.diagflat(s) - np.outer(s, s)


class Rosenbrock:
    def f(self, x):
        return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2

    def grad(self, x):
        return np.array([-2 * (1 - x[0]) - 400 * x[0] * (x[1] - x[0] ** 2), 200 * (x[1] - x[0] ** 2)])
