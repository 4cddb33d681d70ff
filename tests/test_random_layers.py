"""Random layers as code: a hand-written reverse sweep is never refuted, and with a change planted in it never proved.

`forward` evaluates a random graph of array operations with NumPy; `backward` is a reverse sweep whose rules stand below,
independent of SymPy and of the graph under test. A change alters one application of one rule. Whether it makes a
difference is found out apart from all this: both sweeps run on floats at several points, upstreams of either sign.
"""

import math
import os
import random
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import verify
from verify import Verdict
from verify.observe import _FIXED
from verify.shapes import samples

LONG = bool(os.environ.get("GRADPROOF_LONG"))
EXAMPLES = 5_000 if LONG else 150
SHAPES = ("2 3", "3", "2 1", "", "3 2")  # of the inputs; each pair but the last with another broadcasts
COUNTS = Counter()


def unbroadcast(gradient, shape):
    """Sum a gradient over the axes along which an array of this shape was broadcast."""
    while np.ndim(gradient) > len(shape):
        gradient = gradient.sum(axis=0)
    for axis, size in enumerate(shape):
        if size == 1 and gradient.shape[axis] > 1:
            gradient = gradient.sum(axis=axis, keepdims=True)
    return gradient


def expand(gradient, axis, shape):
    """Spread the gradient of a sum over an axis (or all) again."""
    if axis is not None:
        gradient = np.expand_dims(gradient, axis)
    return gradient * np.ones(shape)


def number(axis, shape):
    """Return how many entries a mean over an axis (or all) is taken of."""
    return int(np.prod(shape)) if axis is None else shape[axis]


# Each operation: forward(parameter, *arguments) and its rule(parameter, upstream, output, *arguments), before any
# broadcast is undone.
OPERATIONS = {
    "add": (lambda p, a, b: a + b, lambda p, d, y, a, b: (d * 1, d * 1)),
    "subtract": (lambda p, a, b: a - b, lambda p, d, y, a, b: (d * 1, -d)),
    "multiply": (lambda p, a, b: a * b, lambda p, d, y, a, b: (d * b, d * a)),
    "divide": (lambda p, a, b: a / (1 + b * b), lambda p, d, y, a, b: (d / (1 + b * b), -d * y * 2 * b / (1 + b * b))),
    "where": (
        lambda p, a, b: np.where(a > p, a * a, b),
        lambda p, d, y, a, b: (np.where(a > p, 2 * a * d, 0), np.where(a > p, 0, d)),
    ),
    "maximum of two": (
        lambda p, a, b: np.maximum(a, b + p),
        lambda p, d, y, a, b: (d * (a > b + p), d * (a <= b + p)),
    ),
    "matmul": (lambda p, a, b: a @ b, lambda p, d, y, a, b: (d @ b.T, a.T @ d)),
    "exp": (lambda p, a: np.exp(a / 4), lambda p, d, y, a: (d * y / 4,)),
    "log": (lambda p, a: np.log(1 + a * a), lambda p, d, y, a: (d * 2 * a / (1 + a * a),)),
    "sqrt": (lambda p, a: np.sqrt(1 + a * a), lambda p, d, y, a: (d * a / y,)),
    "tanh": (lambda p, a: np.tanh(a), lambda p, d, y, a: (d * (1 - y * y),)),
    "sigmoid": (lambda p, a: 1 / (1 + np.exp(-a)), lambda p, d, y, a: (d * y * (1 - y),)),
    "square": (lambda p, a: a**2, lambda p, d, y, a: (d * 2 * a,)),
    "cube": (lambda p, a: a**3, lambda p, d, y, a: (d * 3 * a**2,)),
    "power": (lambda p, a: (1 + a * a) ** -1.5, lambda p, d, y, a: (d * -3 * a * (1 + a * a) ** -2.5,)),
    "maximum": (lambda p, a: np.maximum(a, p), lambda p, d, y, a: (np.where(a > p, d, 0),)),
    "absolute": (lambda p, a: np.abs(a), lambda p, d, y, a: (d * np.sign(a),)),
    "scale": (lambda p, a: a * (p + 3), lambda p, d, y, a: (d * (p + 3),)),
    "sum": (lambda p, a: a.sum(axis=p), lambda p, d, y, a: (expand(d, p, a.shape),)),
    "mean": (lambda p, a: a.mean(axis=p), lambda p, d, y, a: (expand(d, p, a.shape) / number(p, a.shape),)),
    "transpose": (lambda p, a: a.T, lambda p, d, y, a: (d.T,)),
    "reverse": (lambda p, a: a[::-1], lambda p, d, y, a: (d[::-1],)),
    "max": (
        lambda p, a: a.max(),
        lambda p, d, y, a: ((np.arange(a.size) == a.argmax()).reshape(a.shape) * d,),
    ),
}
TWO = ("add", "subtract", "multiply", "divide", "where", "maximum of two", "matmul")
BRANCHES = {
    "where": lambda p, a, b: a > p,
    "maximum": lambda p, a: a > p,
    "maximum of two": lambda p, a, b: a > b + p,
    "absolute": lambda p, a: a > 0,
    "max": lambda p, a: a.argmax(),
}
THRESHOLDS = (0.1373, -0.2637, 0.5)  # no odd thousandths, as samples are: they would make ties


def one_index(d):
    """Return an array with its first entry as the second one is, where there are two."""
    changed = d.copy()
    if changed.size > 1:
        changed.reshape(-1)[:] = [changed.reshape(-1)[1], *changed.reshape(-1)[1:]]
    return changed


# Each change gets the shares that a rule passes back, and the upstream that reached it; it alters the share at `place`.
CHANGES = {
    "constant": lambda share, d, a: share * (1 + 1e-9),
    "factor": lambda share, d, a: share * 2,
    "sign": lambda share, d, a: -share,
    "term": lambda share, d, a: share + d.sum() * a,
    "dropped": lambda share, d, a: share * 0,
    "index": lambda share, d, a: one_index(share),
    "upstream squared": lambda share, d, a: None,
    "upstream absolute": lambda share, d, a: None,
}
UPSTREAM = {"upstream squared": lambda d: d * d, "upstream absolute": np.abs}


def shape_of(text):
    return tuple(map(int, text.split()))


@st.composite
def layers(draw):
    """Draw a graph (operation, arguments, parameter), of 2 to 12 operations, in which every node is used by the last."""
    shapes = [shape_of(text) for text in draw(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3))]
    inputs = len(shapes)
    steps = []
    for _ in range(draw(st.integers(2, 12))):
        name = draw(st.sampled_from(sorted(OPERATIONS)))
        places = [len(shapes) - 1] if steps else [draw(st.integers(0, inputs - 1))]
        if name in TWO:
            places.append(draw(st.integers(0, len(shapes) - 1)))
            places = places if draw(st.booleans()) else places[::-1]
        parameter = draw(st.sampled_from(THRESHOLDS))
        if name in ("sum", "mean"):
            rank = len(shapes[places[0]])
            parameter = draw(st.sampled_from([None, *range(rank)]))
        arguments = [np.ones(shapes[i]) for i in places]
        try:
            if (name == "reverse" and not shapes[places[0]]) or (
                name == "matmul" and {a.ndim for a in arguments} != {2}
            ):
                continue
            shape = np.shape(OPERATIONS[name][0](parameter, *arguments))
        except ValueError:  # the shapes do not go together
            continue
        if len(shape) > 2 or int(np.prod(shape)) > 9:
            continue
        steps.append((name, tuple(places), parameter))
        shapes.append(shape)
    if not steps:
        steps, shapes = [("tanh", (0,), 0.5)], [*shapes, shapes[0]]
    return SimpleNamespace(inputs=shapes[:inputs], shapes=shapes, steps=steps)


def forward(layer, inputs):
    """Evaluate the graph."""
    values = list(inputs)
    for name, places, parameter in layer.steps:
        values.append(OPERATIONS[name][0](parameter, *[values[i] for i in places]))
    return values


def backward(layer, values, dout, change="", at=-1, place=0):
    """Sweep back; at step `at` the share of one argument is changed."""
    adjoints = {len(values) - 1: dout}
    for step in range(len(layer.steps) - 1, -1, -1):
        output = len(layer.inputs) + step
        name, places, parameter = layer.steps[step]
        if output not in adjoints:
            continue
        arguments = [values[i] for i in places]
        d = adjoints[output]
        if step == at and change in UPSTREAM:
            d = UPSTREAM[change](d)
        shares = list(OPERATIONS[name][1](parameter, d, values[output], *arguments))
        shares = [unbroadcast(share, np.shape(a)) for share, a in zip(shares, arguments, strict=True)]
        if step == at and change not in UPSTREAM:
            k = place % len(shares)
            shares[k] = CHANGES[change](shares[k], d, arguments[k])
        for i, share in zip(places, shares, strict=True):
            adjoints[i] = adjoints[i] + share if i in adjoints else share
    return [adjoints[i] if i in adjoints else np.zeros(shape) for i, shape in enumerate(layer.inputs)]


def case_of(layer, *planted):
    """Make a case of a graph, a change planted in its sweep."""

    def subject(**given):
        values = forward(layer, list(given.values()))
        dout = yield values[-1]
        return tuple(backward(layer, values, dout, *planted))

    shapes = {f"x{i}": " ".join(map(str, shape)) for i, shape in enumerate(layer.inputs)}
    return verify.case(shapes, name="random")(subject)


def branches(layer, values):
    """Return which way every branch of a run goes, as bytes."""
    taken = []
    for name, places, parameter in layer.steps:
        if name in BRANCHES:
            taken.append(np.asarray(BRANCHES[name](parameter, *[values[i] for i in places])).tobytes())
    return taken


def around_the_sample(layer, rng):
    """Return inputs near those that the layer is traced at, which take the same branches."""
    source = random.Random(_FIXED)
    sample = [
        np.array([float(v) for v in samples(None, None, math.prod(shape), source)]).reshape(shape)
        for shape in layer.inputs
    ]
    wanted = branches(layer, forward(layer, sample))
    for reach in (1e-1, 1e-2, 1e-4, 1e-6):
        moved = [x * (1 + reach * rng.uniform(-1, 1, x.shape)) for x in sample]
        if branches(layer, forward(layer, moved)) == wanted:
            return moved
    return sample


def difference(layer, inputs, dout, planted):
    """Return for each input how far the changed sweep is from the unchanged one, and how large their entries are."""
    values = forward(layer, inputs)
    pairs = zip(backward(layer, values, dout), backward(layer, values, dout, *planted), strict=True)
    return [(wrong - right, np.abs(right).max() + np.abs(wrong).max()) for right, wrong in pairs]


def differs(layer, planted):
    """Tell for each input whether a change makes a difference near the sample.

    In floats at several points, and in longer floats, whose rounding is another.
    """
    rng = np.random.default_rng(7)
    found = [False] * len(layer.inputs)
    with np.errstate(all="ignore"):
        for sign in (1, -1, 1, -1):
            inputs = around_the_sample(layer, rng)
            shape = layer.shapes[-1]
            dout = np.asarray(sign * rng.uniform(0.2, 2, shape) * rng.choice([1, -1], shape))
            double = difference(layer, inputs, dout, planted)
            longer = difference(layer, [x.astype(np.longdouble) for x in inputs], dout.astype(np.longdouble), planted)
            for i, ((apart, scale), (check, _)) in enumerate(zip(double, longer, strict=True)):
                largest = np.abs(check).max()
                real = np.abs(apart - check).max() < largest / 10
                found[i] |= bool(real and np.isfinite(scale) and largest > 1e-12 * scale)
    return found


@pytest.fixture(scope="module", autouse=True)
def counted(request):
    """Show in the end how many rows had which verdict."""
    yield
    reporter = request.config.pluginmanager.getplugin("terminalreporter")
    reporter.write_line("")
    for (kind, what), number in sorted(COUNTS.items()):
        reporter.write_line(f"random layers, {kind}: {number:,} {what}")


SETTINGS = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None
)


@SETTINGS
@given(layers(), st.sampled_from(sorted(CHANGES)), st.integers(0, 11), st.integers(0, 1))
def test_random_layers(layer, change, at, place):
    """An unchanged layer is proved or agrees; one with a change that makes a difference is never proved."""
    said = [(name, places) for name, places, _ in layer.steps]
    result = verify.check(case_of(layer))
    for row in result.comparisons:
        COUNTS["unchanged", row.verdict.name] += 1
        if row.quantity == "case" and "depends on no input" in row.evidence.detail:
            COUNTS["unchanged", "constant output"] += 1
            return
        assert row.verdict in (Verdict.PROVED, Verdict.AGREES), (said, row)
    planted = (change, at % len(layer.steps), place)
    wrong = differs(layer, planted)
    rows = {row.name: row for row in verify.check(case_of(layer, *planted)).comparisons}
    for i, is_wrong in enumerate(wrong):
        row = rows.get(f"x{i}") or rows["the whole case"]
        kind = "changed" if is_wrong else "no difference seen"
        COUNTS[kind, row.verdict.name] += 1
        if is_wrong:
            assert row.verdict in (Verdict.REFUTED, Verdict.UNDECIDED), (said, planted, row)
    COUNTS["layers", change] += 1
