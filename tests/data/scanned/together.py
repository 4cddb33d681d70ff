"""Objectives that return their slope too, for minimize(..., jac=True)."""

import numpy as np
from scipy.optimize import minimize


def himmelblau(p):
    a, b = p[0] ** 2 + p[1] - 11, p[0] + p[1] ** 2 - 7
    return a**2 + b**2, np.array([4 * p[0] * a + 2 * b, 2 * a + 4 * p[1] * b])


def tilted_bowl(p):
    value = np.sum(p**4) - p.sum()
    return value, 4 * p**3 + 1


def go():
    return [minimize(objective, np.zeros(2), jac=True) for objective in ()] + [
        minimize(himmelblau, np.zeros(2), jac=True),
        minimize(tilted_bowl, np.zeros(3), jac=True, method="BFGS"),
    ]
