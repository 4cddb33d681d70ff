import numpy as np


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rosenbrock_slope(x):
    slope = np.zeros_like(x)
    slope[:-1] += -400 * x[:-1] * (x[1:] - x[:-1] ** 2) - 2 * (1 - x[:-1])
    slope[1:] += 200 * (x[1:] - x[:-1] ** 2)
    return slope


def bowl(x):
    return x @ x + np.prod(x)


def slope_of_bowl(x):
    return 2 * x


def run(start):
    from scipy.optimize import minimize

    return minimize(rosenbrock, start, jac=rosenbrock_slope), minimize(bowl, start, jac=slope_of_bowl)
