"""Energies and forces, which are the negative gradients of these, and second derivatives."""

import numpy as np
from scipy.optimize import minimize, newton


def lj_energy(r):
    return 4 * (r**-12 - r**-6)


def lj_force(r):
    return 24 * (2 * r**-13 - r**-7)


def potential_energy(x, k=2.0):
    return 0.5 * k * np.sum(x**2)


def forces(x, k=2.0):
    return -k * x


class Morse:
    def __init__(self, depth=1.5, a=0.75):
        self.depth, self.a = depth, a

    def energy(self, r):
        return self.depth * (1 - np.exp(-self.a * r)) ** 2

    def force(self, r):
        e = np.exp(-self.a * r)
        return -2 * self.depth * (1 - e) * e


class DoubleWell:
    def potential(self, x):
        return x**4 - 2 * x**2

    def gradient(self, x):
        return 4 * x**3 - 4 * x


class Attraction:
    def potential(self, r):
        return -1 / r

    def force(self, r):
        return 1 / r**2


def rosen(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rosen_der(x):
    der = np.zeros_like(x)
    der[1:] = 200 * (x[1:] - x[:-1] ** 2)
    der[0] = -400 * x[0] * (x[1] - x[0] ** 2) - 2 * (1 - x[0])
    der[1:-1] -= 400 * (x[2:] - x[1:-1] ** 2) * x[1:-1] + 2 * (1 - x[1:-1])
    return der


def fun(x):
    return (x[0] - 1) ** 2 + x[0] * x[1] ** 2


def jac(x):
    return np.array([2 * (x[0] - 1) + x[1] ** 2, 2 * x[0] * x[1]])


def hess(x):
    return np.array([[2.0, 2 * x[1]], [2 * x[1], x[0]]])


def poly(x):
    return x**3 - 2 * x - 5


def dpoly(x):
    return 3 * x**2 - 2


def d2poly(x):
    return 6 * x**2


if __name__ == "__main__":
    print(minimize(fun, [2, 0], jac=jac, hess=hess, method="Newton-CG"))
    print(newton(poly, 2.0, fprime=dpoly, fprime2=d2poly))
