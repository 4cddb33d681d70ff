import numpy as np
import scipy.optimize as opt


def logistic_curve(t, top, rate, middle):
    return top / (1 + np.exp(-rate * (t - middle)))


def logistic_curve_jac(t, top, rate, middle):
    s = 1 / (1 + np.exp(-rate * (t - middle)))
    return np.column_stack([s, top * s * (1 - s) * (t - middle), -top * rate * s * (1 - s)])


def power_law(t, scale, exponent):
    return scale * np.exp(exponent * t)


def slopes_of_power_law(t, scale, exponent):
    return np.array([np.exp(exponent * t), scale * np.exp(exponent * t)]).T


def fit(t, values):
    first, _ = opt.curve_fit(logistic_curve, t, values, p0=[1, 1, 0], jac=logistic_curve_jac)
    second, _ = opt.curve_fit(power_law, t, values, p0=(1.0, 0.5), jac=slopes_of_power_law)
    return first, second
