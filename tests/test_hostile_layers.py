"""Layers that a reviewer once got past the prover, or was told wrong things of: what is true of each is said now."""

import numpy as np
import pytest
from effort import some

import verify
from verify import Verdict


@verify.case(x="N C", t=verify.integer("N", below="C"))
def drops_the_last_class(x, t):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    n = np.arange(len(t))
    dout = yield -np.log(p[n, t]).sum()
    d = p.copy()
    d[n, t] -= 1
    d[t == x.shape[1] - 1] = 0
    return d * dout


@verify.case(ids=verify.integer("N", below="V"), W="V D")
def skips_the_padding(ids, W):
    dout = yield W[ids]
    dW = np.zeros_like(W)
    for i, k in enumerate(ids):
        if k:
            dW[k] += dout[i]
    return dW


@verify.case(x="N D")
def asks_whether_all_are_positive(x):
    dout = yield x * 2.0
    return dout * 3 if (dout > 0).all() else dout * 2


@verify.case(x="N D")
def asks_for_one(x):
    dout = yield (x * x).sum()
    return x if dout == 1 else 2 * x * dout


class LogEps:
    def forward(self, x):
        self.x = x
        z = np.nan_to_num(x)
        z += 1e-7
        return np.log(z)

    def backward(self, dout):
        return dout / self.x


epsilon_in_a_copy = verify.layer(LogEps, inputs={"x": verify.real("N D", low=0)})


@verify.case(x=verify.real("N D", low=0))
def writes_through_einsum(x):
    t = np.einsum("ij->ji", x)
    t += 1e-7
    dout = yield np.log(t)
    return dout.T / (x + 1e-7)


@verify.case(x=verify.real("N D", low=0))
def writes_to_a_copy_of_other_order(x):
    y = x.T * 1.0
    f = y.reshape(-1)
    f += 1e-6
    dout = yield np.log(y * y)
    return 2 / (x + 1e-6) * dout.T


@verify.case(x="N D")
def masks_with_unwritten_memory(x):
    m = np.empty(x.shape) > -1e3
    dout = yield x * m
    return dout * m


class Leaky:
    def __init__(self):
        self.a = np.float32(0.1)

    def forward(self, x):
        self.m = x > 0
        return np.where(self.m, x, self.a * x)

    def backward(self, dout):
        return dout * np.where(self.m, 1.0, float(self.a))


single_constant = verify.layer(Leaky, inputs={"x": "N D"})


@verify.case(x="2 3 4 5")
def writes_through_a_reshape(x):
    y = x.transpose(0, 2, 3, 1) * 1.0
    v = y.transpose(0, 3, 1, 2).reshape(-1)
    v *= 2
    dout = yield y
    return 2 * dout.transpose(0, 3, 1, 2)


@verify.case(x="3")
def writes_a_diagonal(x):
    e = np.exp(x - x.max())
    s = e / e.sum()
    dout = yield s
    J = -np.outer(s, s)
    np.einsum("ii->i", J)[...] += s
    return J @ dout


@verify.case(x=verify.real("N", low=0))
def casts_without_copying(x):
    keep = x
    x = x.astype(np.float64, copy=False)
    x += 1
    dout = yield np.log(x)
    return dout / keep


@verify.case(x="N")
def copies_by_nan_to_num(x):
    z = np.nan_to_num(x)
    z *= 2
    dout = yield z * z
    return 8 * x * dout


@verify.case(x="N")
def goes_on_with_an_iterator(x):
    it = x.flat
    next(it)
    s = 0
    for v in it:
        s = s + v * v
    dout = yield s + 0 * x[0]
    g = 2 * x * dout
    g[0] = 0
    return g


@verify.case(x="N D")
def keeps_dimensions_by_number(x):
    y = x.std(axis=1, keepdims=1)
    dout = yield y
    m = x.mean(1, keepdims=1)
    return dout * (x - m) / x.shape[1] / y


@verify.case(x="N")
def overwrites_its_output(x):
    y = x * 2.0
    dout = yield y
    y *= dout
    return 2 * dout


WRONG = [
    drops_the_last_class,
    skips_the_padding,
    asks_whether_all_are_positive,
    asks_for_one,
    epsilon_in_a_copy,
    writes_through_einsum,
    writes_to_a_copy_of_other_order,
]
RIGHT = [
    single_constant,
    writes_through_a_reshape,
    writes_a_diagonal,
    casts_without_copying,
    copies_by_nan_to_num,
    goes_on_with_an_iterator,
    keeps_dimensions_by_number,
    overwrites_its_output,
]


@pytest.mark.parametrize("case", some(WRONG, 8), ids=lambda case: case.name)
def test_wrong_layers_are_refuted(case):
    """A mistake that shows for some labels, upstreams or entries of memory only is found."""
    result = verify.check(case)
    ignored = {"GP212"} & {finding.code for finding in result.findings if finding.bad}
    assert Verdict.REFUTED in {c.verdict for c in result.comparisons} or ignored


@pytest.mark.parametrize("case", some(RIGHT, 8), ids=lambda case: case.name)
def test_right_layers_are_proved(case):
    """Views and copies are NumPy's own: nothing right is refuted for want of them."""
    assert {c.verdict for c in verify.check(case).comparisons} == {Verdict.PROVED}


def test_unwritten_memory_decides_nothing():
    """A branch on what np.empty left is told."""
    rows = verify.check(masks_with_unwritten_memory).comparisons
    assert {c.verdict for c in rows} == {Verdict.UNDECIDED}
    assert "a branch on memory that was never written (np.empty), at tests/" in rows[0].evidence.detail


def test_labels_are_said():
    """The variants of a case with labels say which these are; each label comes up."""
    variants = {str(c.variant) for c in verify.check(skips_the_padding).comparisons}
    assert "N=3, V=4, D=5, ids=[0, 3, 0]" in variants
    assert "N=3, V=4, D=5, ids=[1, 2, 1]" in variants


@pytest.mark.parametrize("looked_up", [lambda v: v in {50.0}, lambda v: {50.0: 1}.get(v) is not None])
def test_a_symbol_is_no_key(looked_up):
    """To look a number up in a set or a dict is a branch that is not recorded: undecided, never proved."""

    @verify.case(x="")
    def by_table(x):
        dout = yield x * x
        return dout * (7 if looked_up(x) else 2 * x)

    assert {c.verdict for c in verify.check(by_table).comparisons} == {verify.Verdict.UNDECIDED}
