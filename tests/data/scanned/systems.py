import numpy as np
from scipy import optimize


def circle_and_line(v):
    x, y = v
    return np.array([x**2 + y**2 - 4.0, x - y])


def circle_and_line_matrix(v):
    x, y = v
    return np.array([[2 * x, 2 * y], [1.0, -1.0]])


def coupled(v):
    return [v[0] * np.exp(v[1]) - 1, v[0] + v[1] ** 3]


def coupled_matrix(v):
    return np.array([[np.exp(v[1]), v[0] * np.exp(v[1])], [1.0, 3 * v[1]]])


if __name__ == "__main__":
    print(optimize.root(circle_and_line, [1.0, 1.0], jac=circle_and_line_matrix))
    print(optimize.root(coupled, [1.0, 1.0], jac=coupled_matrix, method="lm"))
