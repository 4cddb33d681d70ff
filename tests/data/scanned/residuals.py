import numpy as np
from scipy.optimize import least_squares


def decay_residuals(p, t, y):
    return p[0] * np.exp(-p[1] * t) + p[2] - y


def decay_jacobian(p, t, y):
    J = np.empty((t.size, p.size))
    J[:, 0] = np.exp(-p[1] * t)
    J[:, 1] = -p[0] * t * np.exp(-p[1] * t)
    J[:, 2] = 1
    return J


def wave_residuals(p, t, y):
    return p[0] * np.sin(p[1] * t) - y


def wave_jacobian(p, t, y):
    return np.stack([np.sin(p[1] * t), p[0] * np.cos(p[1] * t)], axis=1)


def solve(t, y):
    decay = least_squares(decay_residuals, np.ones(3), jac=decay_jacobian, args=(t, y))
    wave = least_squares(wave_residuals, x0=[1.0, 2.0], jac=wave_jacobian, args=(t, y))
    return decay.x, wave.x
