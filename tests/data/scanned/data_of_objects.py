"""Functions of parameters, as objects that have the data."""

import numpy as np


class LeastSquares:
    def __init__(self, A, b):
        self.A, self.b = A, b

    def __call__(self, x):
        r = self.A @ x - self.b
        return 0.5 * r @ r

    def grad(self, x):
        return self.A.T @ (self.A @ x - self.b)


class Logit:
    def __init__(self, endog, exog):
        self.endog, self.exog = endog, exog

    def loglike(self, params):
        signs = 2 * self.endog - 1
        return np.sum(np.log(1 / (1 + np.exp(-signs * (self.exog @ params)))))

    def score(self, params):
        return (self.endog - 1 / (1 + np.exp(-self.exog @ params))) @ self.exog


class Poisson:
    def __init__(self, endog, exog):
        self.endog, self.exog = endog, exog

    def loglike(self, params):
        rates = self.exog @ params
        return np.sum(self.endog * rates - np.exp(rates))

    def score(self, params):
        return self.exog.T @ (self.endog - self.exog @ params)
