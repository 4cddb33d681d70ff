"""Exponentials of huge numbers, sharp bends and tiny domains: each check ends in a few seconds, and decides."""

import json

import pytest
from effort import slow, some

HEAD = """
import numpy as np
import gradproof

def on(forward, backward, shape="2", **bounds):
    return gradproof.pair(forward, lambda d, x: SCALE * backward(d, x), x=gradproof.real(shape, **bounds))

def slope(function, derivative, **bounds):
    return on(function, lambda d, x: d * derivative(x), **bounds)

def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

def softmax_slope(d, x):
    y = softmax(x)
    return y * (d - (d * y).sum(axis=1, keepdims=True))

def logsumexp(x):
    top = x.max(axis=1, keepdims=True)
    return (top + np.log(np.exp(x - top).sum(axis=1, keepdims=True)))[:, 0]

def sharp(k):
    def softplus(x):
        return np.log1p(np.exp(-np.abs(k * x))) / k + np.maximum(x, 0)
    def derivative(x):
        e = np.exp(-np.abs(k * x))
        return np.where(x > 0, 1 / (1 + e), e / (1 + e))
    return softplus, derivative

def entropy(p):
    return -(p * np.log(p)).sum()
"""
# The case of each, which is of exponentials, powers or bends on a domain that is huge or tiny.
CASES = {
    "logsumexp_of_rows": 'on(logsumexp, lambda d, x: d[:, None] * softmax(x), "3 4", low=-1e9, high=1e9)',
    "logsumexp_farther": 'on(logsumexp, lambda d, x: d[:, None] * softmax(x), "2 3", low=-1e300, high=1e300)',
    "softmax": 'on(softmax, softmax_slope, "3 4", low=-1e9, high=1e9)',
    "softmax_tiny": 'on(softmax, softmax_slope, "2 3", low=-1e-300, high=1e-300)',
    "softplus": "slope(*sharp(1e3))",
    "softplus_far": "slope(*sharp(1e3), low=-1e9, high=1e9)",
    "softplus_sharper": "slope(*sharp(1e6))",
    "softplus_plain": "slope(lambda x: np.log1p(np.exp(1e3 * x)) / 1e3, lambda x: 1 / (1 + np.exp(-1e3 * x)))",
    "chain": "slope(lambda x: np.exp(-np.exp(x)), lambda x: -np.exp(x - np.exp(x)), low=-1e300, high=1e300)",
    "chain_bent": "slope(lambda x: np.maximum(np.exp(-np.exp(x)) - 0.5, 0), "
    "lambda x: np.where(np.exp(-np.exp(x)) > 0.5, -np.exp(x - np.exp(x)), 0), low=-1e300, high=1e300)",
    "chains_crossing": "slope(lambda x: np.maximum(np.exp(-np.exp(x)), np.exp(-np.exp(-x))), "
    "lambda x: np.where(x < 0, -np.exp(x - np.exp(x)), np.exp(-x - np.exp(-x))), low=-1e300, high=1e300)",
    "tanh": "slope(np.tanh, lambda x: 1 - np.tanh(x) ** 2, low=-1e300, high=1e300)",
    "cosh": "slope(lambda x: np.log(np.cosh(x)), np.tanh, low=-1e9, high=1e9)",
    "logistic": "slope(lambda x: 1 / (1 + np.exp(-x)), "
    "lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2, low=-1e300, high=1e300)",
    "clipped": "slope(lambda x: np.clip(np.exp(x), 1e-300, 1e300), "
    "lambda x: np.where((np.exp(x) > 1e-300) & (np.exp(x) < 1e300), np.exp(x), 0), low=-1e300, high=1e300)",
    "power": "slope(lambda x: x**0.3, lambda x: 0.3 * x**-0.7, low=0, high=1e300)",
    "power_tiny": "slope(lambda x: x**-0.5, lambda x: -0.5 * x**-1.5, low=0, high=1e-200)",
    "entropy": 'on(entropy, lambda d, p: -d * (np.log(p) + 1), "3", low=0, high=1e300)',
    "entropy_tiny": 'on(entropy, lambda d, p: -d * (np.log(p) + 1), "3", low=0, high=1e-300)',
}


@slow
@pytest.mark.parametrize(("scale", "verdict"), [(1, "PROVED"), (2, "REFUTED")])
def test_wide_domains_are_decided_within_seconds(command, tmp_path, scale, verdict):
    """With five seconds a case and every check, right gradients are proved, and those off by a factor refuted."""
    file = tmp_path / "wide_cases.py"
    tried = some(CASES, 16)
    rows = "".join(f"{name}_case = {CASES[name]}\n" for name in tried)
    file.write_text(f"SCALE = {scale}\n{HEAD}\n{rows}")
    cases = json.loads(command(file, "--timeout", 5, "--report", "json").out)["cases"]
    verdicts = {case["name"]: {row["verdict"] for row in case["comparisons"]} for case in cases}
    assert len(verdicts) == len(tried)
    assert [name for name, found in verdicts.items() if verdict not in found] == []
    assert scale != 1 or [name for name, found in verdicts.items() if found != {verdict}] == []
