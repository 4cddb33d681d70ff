"""The code of exact gradients: what is written, and that only what is proved is handed out."""

import numpy as np
import pytest
from effort import slow, some
from scipy import special

import verify
from verify.cases.making import case
from verify.exact import candidate, rules
from verify.exact.candidate import exact_code
from verify.exact.nodes import Node


def forward_of(function, **inputs):
    """Return a case of a forward pass whose own gradients are 0."""

    def subject(**arguments):
        yield function(**arguments)
        return {name: 0 * arguments[name] for name, kind in inputs.items() if isinstance(kind, str)}

    return case(**inputs)(subject)


def body(function, **inputs):
    """Return the lines of the code for a forward pass, without imports and its first line."""
    code = exact_code(forward_of(function, **inputs))
    assert code.text, code.why
    return [line.strip() for line in code.text.partition("):\n")[2].splitlines()]


def affine(x, W, b):
    """Return a layer with an activation."""
    out = np.tanh(x @ W + b)
    return out  # noqa: RET504 - its name is in the code


def softmax(x):
    """Return shares of one, for each row."""
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p  # noqa: RET504 - its name is in the code


def masked(x):
    """Return what is not negative."""
    out = x.copy()
    out[x < 0] = 0
    return out


def sigmoid(x):
    """Return the logistic function."""
    y = 1 / (1 + np.exp(-x))
    return y  # noqa: RET504 - its name is in the code


def mean_squared(a, b):
    """Return a mean of rows, one of them for all."""
    diff = a - b
    return (diff**2).sum() / len(diff)


def normalised(x):
    """Return rows without their mean."""
    return x - x.mean(axis=1, keepdims=True)


def shifted(x):
    """Return products of neighbours."""
    return x[:, 1:] * x[:, :-1]


def picked(z, t):
    """Return one entry of each row."""
    return z[np.arange(len(t)), t] ** 2


def reshaped(x):
    """Return a matrix with its axes joined, times its size."""
    return x.reshape(-1) * x.shape[1]


def attention(q, k):
    """Return scaled products of rows."""
    return q @ k.T / np.sqrt(q.shape[1])


WRITTEN = {
    "a layer": (
        (affine, {"x": "N D", "W": "D M", "b": "M"}),
        [
            "out = np.tanh(x @ W + b)",
            "t1 = dout * (1 - out**2)",
            "dx = t1 @ W.T",
            "dW = x.T @ t1",
            "db = t1.sum(axis=0)",
            "return dx, dW, db",
        ],
    ),
    "a softmax": (
        (softmax, {"x": "N D"}),
        [
            "e = np.exp(x - x.max(axis=1, keepdims=True))",
            "p = e / e.sum(axis=1, keepdims=True)",
            "dx = (dout - (dout * p).sum(axis=1, keepdims=True)) * p",
            "return dx",
        ],
    ),
    "a maximum": ((lambda x: np.maximum(x, 0), {"x": "N"}), ["dx = np.where(x > 0, dout, 0)", "return dx"]),
    "a mask": ((masked, {"x": "N"}), ["dx = np.where(x < 0, 0, dout)", "return dx"]),
    "a sigmoid": ((sigmoid, {"x": "N"}), ["y = 1 / (1 + np.exp(-x))", "dx = dout * y * (1 - y)", "return dx"]),
    "a mean of squares": (
        (mean_squared, {"a": "N D", "b": "D"}),
        [
            "t1 = 2 * dout / a.shape[0]",
            "diff = a - b",
            "da = t1 * diff",
            "db = -t1 * diff.sum(axis=0)",
            "return da, db",
        ],
    ),
    "a mean": ((normalised, {"x": "N D"}), ["dx = dout - dout.mean(axis=1, keepdims=True)", "return dx"]),
    "slices": (
        (shifted, {"x": "N D"}),
        [
            "dx = np.zeros(x.shape)",
            "dx[:, :-1] += dout * x[:, 1:]",
            "dx[:, 1:] += dout * x[:, :-1]",
            "return dx",
        ],
    ),
    "labels": (
        (picked, {"z": "N C", "t": verify.integer("N", below="C")}),
        [
            "t1 = np.arange(z.shape[0])",
            "dz = np.zeros(z.shape)",
            "np.add.at(dz, (t1, t), 2 * dout * z[t1, t])",
            "return dz",
        ],
    ),
    "a size": ((reshaped, {"x": "N D"}), ["dx = (dout * x.shape[1]).reshape(x.shape)", "return dx"]),
    "a transpose": (
        (attention, {"q": "T D", "k": "T D"}),
        ["dq = dout @ k / np.sqrt(q.shape[1])", "dk = dout.T @ q / np.sqrt(q.shape[1])", "return dq, dk"],
    ),
}


@pytest.mark.parametrize("name", some(WRITTEN, 8))
def test_code_as_a_person_would_write_it(name):
    """Names, sizes, sums and transposes stand in the code as the author of forward would write them."""
    (function, inputs), lines = WRITTEN[name]
    assert body(function, **inputs) == lines


@slow
def test_a_smooth_function_of_parts_that_are_not():
    """Where both sides of an edge belong together, the code holds on the edge as well."""
    lines = body(lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))), x="N")
    assert "x >= 0" in " ".join(lines)


def by_mode(x, square):
    """Return a power, by an option."""
    return x**2 if square else x**3


def test_options_that_choose():
    """Code for several choices of an option asks for it."""

    @case(x="N", options={"square": [True, False]})
    def chosen(x, square):
        dout = yield by_mode(x, square)
        return dout

    text = exact_code(chosen).text
    assert "    if square:\n        dx = 2 * dout * x\n        return dx\n    elif not square:\n" in text


def test_an_option_that_is_a_number():
    """It stands in the code by its name, and holds for each of its values."""

    @case(x="N", options={"alpha": [0.01, 0.3]})
    def leaky(x, alpha):
        dout = yield np.where(x > 0, x, alpha * x)
        return dout

    assert "    dx = np.where(t1, dout, 0) + np.where(t1, 0, dout) * alpha\n" in exact_code(leaky).text


JOINED = {
    "a stack": (lambda x: np.stack([x[:, 0], x[:, 1] ** 2], axis=1), "N 2"),
    "parts": (lambda x: np.concatenate([x[:, :1] * x[:, 1:], x], axis=1), "N D"),
    "halves": (lambda x: np.multiply(*np.split(x, 2, axis=1)), "N 4"),
    "a border": (lambda x: np.pad(x, ((0, 0), (1, 2))) ** 2, "N D"),
    "a list": (lambda x: np.array([[x[0], x[1]], [x[1], x[0] * x[1]]]), "2"),
    "a vector": (lambda x: x @ x[0] + x[0] @ x.T, "N D"),
    "powers": (lambda x: np.abs(x) ** 1.5 + x**3 / np.sqrt(1 + x * x), "N"),
    "a variance": (lambda x: (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0, ddof=1) + 1), "3 2"),
    "groups": (lambda x: x.reshape(len(x), 2, -1) - x.reshape(len(x), 2, -1).mean(axis=2, keepdims=True), "N 2 D 2"),
    "a new axis": (lambda x: ((x[:, None] - x[None]) ** 2).sum(axis=-1), "N D"),
}


@pytest.mark.parametrize("name", some(JOINED, 8))
def test_what_moves_entries(name):
    """What joins, splits and stretches arrays has code."""
    function, shape = JOINED[name]
    assert body(function, x=shape)[-1] == "return dx"


@slow
def test_a_rule_that_is_wrong(monkeypatch):
    """Code that a wrong rule has written is not proved, and not handed out."""
    wrong = (lambda nodes, node, d: nodes.made("mul", d, node.args[0]),)
    monkeypatch.setitem(rules._SLOPES, "tanh", wrong)
    code = exact_code(forward_of(affine, x="N D", W="D M", b="M"))
    assert (code.text, code.why) == ("", candidate._UNPROVED)


def test_a_law_that_is_wrong_in_one_region(monkeypatch):
    """Code that is right at the sample, and wrong where other branches are taken, is not handed out."""

    def always_second(nodes, node, d):
        return d

    for table in (rules._SLOPES, rules._CLOSED):
        monkeypatch.setitem(table, "maximum", (always_second, rules._SLOPES["neg"][0]))
    code = exact_code(forward_of(lambda x: np.maximum(x, 0) * 1.0, x=verify.real("N", low=-1)))
    assert code.text == ""


def test_a_number_that_holds_at_one_size_only(monkeypatch):
    """Where a length of the sample stands in the code, other sizes refute it."""
    monkeypatch.setattr(candidate.Recording, "extent", lambda self, array, axis: self.number(array.shape[axis]))
    assert exact_code(forward_of(lambda x: x.mean() + 0 * x.sum(), x="N D")).text == ""


def test_a_number_of_the_code_is_no_size():
    """A window of 2 stays 2 where 2 channels are fixed as well; a size that is no such number keeps its name."""

    def pooled(x):
        n, c, h, w = x.shape
        return x.reshape(n, c, h // 2, 2, w // 2, 2).max(axis=(3, 5))

    text = "\n".join(body(pooled, x="N 2 4 6"))
    assert "x.shape[1]" not in text
    assert "x.shape[0]" in text
    assert "x.shape[3] // 2" in text


def test_a_maximum_that_is_not_only_subtracted():
    """Where what goes through a maximum counts, the code has it."""
    lines = body(lambda x: x * x.max(axis=1, keepdims=True), x="N D")
    assert any("==" in line for line in lines)


WITHOUT = {
    "a branch": (lambda x: x * x if x.sum() > 0 else np.sin(x), "is not proved"),
    "no rule": (lambda x: np.cumprod(x), "no rule is known for np.cumprod"),
}


@pytest.mark.parametrize("name", WITHOUT)
def test_what_has_no_code(name):
    """It is said why."""
    function, why = WITHOUT[name]
    code = exact_code(forward_of(function, x="4"))
    assert code.text == ""
    assert why in code.why


def test_a_loop_that_is_written_out():
    """A recurrence has no compact code, and that is said."""

    def recurrent(x, w):
        h = x[0]
        for t in range(1, 24):
            h = np.tanh(h * w + x[t])
        return h

    assert exact_code(forward_of(recurrent, x="24 N", w="N")).why == candidate._LONG


def test_a_node_is_there_once():
    """Equal operations are one node, which the code computes once."""
    nodes = candidate.Recording()
    x = nodes.node("input", (), ("x",), (3,))
    assert isinstance(x, Node)
    assert nodes.made("exp", x) is nodes.made("exp", x)


def test_code_that_rounded_constants_keep_from_a_proof():
    """Code of which rounded constants alone are open is the second choice, and says so in its first line."""
    code = exact_code(forward_of(lambda x: 0.5 * x * (1 + special.erf(x / np.sqrt(2))), x="3"))
    assert code.agrees
    assert code.text.startswith("# agrees with the derivative of forward to the accuracy of the code's constants")
    assert not exact_code(forward_of(lambda x: 0.5 * x * (1 + np.tanh(x)), x="3")).agrees
