"""No report has an exact number of which a digit is not known: with twice the bits everything reads the same."""

import dataclasses
import re
from pathlib import Path

import flint
import numpy as np
import pytest
from effort import some

import verify
from verify.checks.rounding import blame, truth, whole
from verify.discovery.collect import collect
from verify.graph import balls
from verify.graph.digits import digits
from verify.model.garbage import uncollected
from verify.proof import rationals

PLANTED = Path(__file__).with_name("data") / "planted.py"
TWINS = [
    pytest.param(case, id=f"{file.stem}, {case.name}")
    for file in sorted(Path(__file__).with_name("data").glob("twins/*.py"))
    for case in collect([str(file)])
]
BOUND = re.compile(r"within 1e[-+]\d+ of 0")


def layer(name, forward, backward, **inputs):
    """Return the case of a function and its gradients."""

    @verify.case(inputs, name=name)
    def subject(**given):
        dout = yield forward(**given)
        return backward(dout, **given)

    return subject


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def attention(q, k, v):
    return softmax(q @ k.T) @ v


def attention_backward(do, q, k, v):
    p = softmax(q @ k.T)
    ds = p * (do @ v.T - (do * (p @ v)).sum(axis=1, keepdims=True))
    return ds @ k, ds.T @ q, p.T @ do


def ramp(x):
    t = np.minimum(x, 1)
    return 1 - t * (2 - t)


def slope(x, at_1):
    inside = np.where(x < 1, -(2 - 2 * np.minimum(x, 1)), 0.0)
    return np.where(x == 1, at_1, (inside - ramp(x)) * np.exp(-x))


def bent(x):
    return np.where(x < 300, x + np.exp(-x), 300.0 - (x - 300) / 3 + np.exp(-x))


def sinc(x):
    safe = np.where(np.abs(x) < 1e-4, 1.0, x)
    return np.where(np.abs(x) < 1e-4, 1 - x**2 / 6, np.sin(safe) / safe)


def sinc_slope(x, last):
    safe = np.where(np.abs(x) < 1e-4, 1.0, x)
    return np.where(np.abs(x) < 1e-4, -x / 3 + last * x**2, (safe * np.cos(safe) - np.sin(safe)) / safe**2)


CLOSED = verify.real("2", low=0, closed=True)
FAR = verify.real("2", low=150, high=160)
WIDE = verify.real("2", low=-1e6, high=1e6)
# Values that cancel, saturate, under- and overflow, at holes, on edges and in series, in right layers and in wrong ones.
HARD = [
    layer("saturated", np.tanh, lambda d, x: d / np.cosh(x) ** 2, x=FAR),
    layer("saturated, wrong", np.tanh, lambda d, x: 2 * d / np.cosh(x) ** 2, x=FAR),
    layer("saturated, no square", np.tanh, lambda d, x: d * (1 - np.tanh(x)), x=FAR),
    layer("logarithm of little", lambda x: np.log(1 - np.tanh(x)), lambda d, x: -d * (1 + np.tanh(x)), x=FAR),
    layer(
        "bias before a mean",
        lambda x, b: (x + b) - (x + b).mean(axis=0),
        lambda d, x, b: (d - d.mean(axis=0), (d - d.mean(axis=0)).sum(axis=0)),
        x="N D",
        b="D",
    ),
    layer("attention", attention, attention_backward, q="T D", k="T D", v="T D"),
    layer("softplus", lambda x: np.log(1 + np.exp(x)), lambda d, x: d / (1 + np.exp(-x)), x="N D"),
    layer("tanh, wrong", np.tanh, lambda d, x: d * (1 + np.tanh(x) ** 2), x="N D"),
    layer("tanh of much, wrong", lambda x: np.tanh(x), lambda d, x: d * (1 - np.tanh(x) ** 3), x=WIDE),
    layer("chain", lambda x: np.exp(-np.exp(x)), lambda d, x: -d * np.exp(x - np.exp(x)), x="2"),
    layer("chain, wrong", lambda x: np.exp(-np.exp(x)), lambda d, x: d * np.exp(x - np.exp(x)), x="2"),
    layer("variance", lambda x: (x**2).mean() - x.mean() ** 2, lambda d, x: 2.001 * d * (x - x.mean()) / len(x), x="4"),
    layer("roots that cancel", lambda x: np.sqrt(x + 1) - np.sqrt(x), lambda d, x: d * x, x=verify.real("2", low=1e9)),
    layer("hole, wrong", lambda x: np.prod(np.tanh(x)), lambda d, x: d * np.prod(np.tanh(x)) / np.sinh(x), x="3"),
    layer("edge, wrong", lambda x: ramp(x) * np.exp(-x), lambda d, x: d * slope(x, 5.0), x="2"),
    layer("edge", lambda x: ramp(x) * np.exp(-x), lambda d, x: d * slope(x, 0.0), x="2"),
    layer("kink far out, wrong", lambda x: bent(x), lambda d, x: d * np.where(x < 300, 1.0, -0.5), x="2"),
    layer("bound, wrong", lambda x: x * np.sqrt(x), lambda d, x: 1.5 * d * x / np.sqrt(x), x=CLOSED),
    layer("series, wrong", sinc, lambda d, x: d * sinc_slope(x, 0.0334), x="2"),
    layer("rows", lambda x: (x @ x.T).sum(axis=0), lambda d, x: 2.0 * (d + d[:, None]) @ x / 2 * 1.001, x="40 30"),
]


def texts(value):
    """Return all texts of a result in order."""
    if dataclasses.is_dataclass(value):
        value = [getattr(value, field.name) for field in dataclasses.fields(value)]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [text for part in value for text in texts(part)]
    return [value] if isinstance(value, str) else []


def doubled(monkeypatch):
    """Compute everything that is read with twice the bits."""
    for module, name in (
        (balls, "PRECISIONS"),
        (rationals, "_REAL_BITS"),
        (truth, "_BITS"),
        (truth, "_MORE_BITS"),
        (blame, "_PRECISIONS"),
        (whole, "_PRECISIONS"),
    ):
        bits = getattr(module, name)
        monkeypatch.setattr(module, name, bits * 2 if isinstance(bits, int) else tuple(2 * b for b in bits))


def uncertain(case, monkeypatch):
    """Return the texts of a case that read otherwise with twice the bits; what is said to be not known may."""
    with uncollected(), monkeypatch.context() as patch:
        once = texts(verify.check(case))
        doubled(patch)
        twice = texts(verify.check(case))
    if len(once) != len(twice):
        return [(once, twice)]
    return [pair for pair in zip(once, twice, strict=True) if not alike(*pair)]


def alike(once, twice):
    """Say whether two texts are one, but for numbers that are not known and bounds, which more bits make narrower."""
    return "not known" in once or re.fullmatch(".*".join(map(re.escape, BOUND.split(once))), twice) is not None


@pytest.mark.parametrize("case", some(HARD, 6), ids=lambda case: case.name)
def test_hard_numbers_are_certain(case, monkeypatch):
    """Where digits cancel, the number that is printed is the one that more bits give, or none."""
    assert uncertain(case, monkeypatch) == []


@pytest.mark.parametrize("case", some([*collect(["layers"]), *collect([str(PLANTED)])], 48), ids=lambda case: case.name)
def test_numbers_of_layers_are_certain(case, monkeypatch):
    """No report of the reference suite has a digit that is not known."""
    assert uncertain(case, monkeypatch) == []


@pytest.mark.parametrize("case", some(TWINS, 120))
def test_numbers_of_public_reports_are_certain(case, monkeypatch):
    """No report of a mistake that was made public, or of its right twin, has a digit that is not known."""
    assert uncertain(case, monkeypatch) == []


@pytest.mark.parametrize(
    ("twice", "same"),
    [
        ("x = 2.5, the exact one 3e-190: wrong", True),
        ("x = 2.6, the exact one 3e-190: wrong", False),
        ("x = 2.5, the exact one within 1e-200 of 0: right", False),
    ],
)
def test_bounds_may_become_narrower(twice, same):
    """Of a text with a bound everything else is compared."""
    assert alike("x = 2.5, the exact one within 1e-90 of 0: wrong", twice) is same


def test_noise_would_be_found():
    """The midpoint of a ball in which all digits cancel reads otherwise with twice the bits, and is not written."""
    slopes = []
    for bits in (256, 512):
        with flint.ctx.workprec(bits):
            slopes.append(1 - flint.arb(500).tanh() ** 2)
    assert slopes[0].mid().str(17, radius=False) != slopes[1].mid().str(17, radius=False)
    assert all(digits(slope).startswith("not known: within 1e-") for slope in slopes)
