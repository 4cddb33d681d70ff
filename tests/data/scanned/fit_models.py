"""Curves to fit, with derivatives by their parameters."""

import numpy as np


class GaussianPeak:
    n_inputs = 1

    @staticmethod
    def evaluate(x, amplitude, mean, stddev):
        return amplitude * np.exp(-0.5 * (x - mean) ** 2 / stddev**2)

    @staticmethod
    def fit_deriv(x, amplitude, mean, stddev):
        d_amplitude = np.exp(-0.5 / stddev**2 * (x - mean) ** 2)
        d_mean = amplitude * d_amplitude * (x - mean) / stddev**2
        d_stddev = amplitude * d_amplitude * (x - mean) ** 2 / stddev**3
        return [d_amplitude, d_mean, d_stddev]


class LorentzPeak:
    @staticmethod
    def evaluate(x, height, center, width):
        return height * width**2 / ((x - center) ** 2 + width**2)

    @staticmethod
    def fit_deriv(x, height, center, width):
        below = (x - center) ** 2 + width**2
        d_height = width**2 / below
        d_center = 2 * height * width**2 * (x - center) / below**2
        d_width = 2 * height * width / below
        return [d_height, d_center, d_width]


class Line:
    def evaluate(self, x, slope, intercept):
        return slope * x + intercept

    def fit_deriv(self, x, slope, intercept):
        return [x, np.ones_like(x)]
