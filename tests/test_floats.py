"""The run on floats tells a trace that is not what the code computes."""

from fractions import Fraction

import numpy as np
import pytest
from effort import slow

import verify
from verify.tracing.floats import FloatRun
from verify.tracing.following import SubjectError
from verify.tracing.observe import observe, variants


def strays(case):
    seen = observe(case, variants(case)[0], 0)
    return FloatRun(case, seen, 0).strays()


@verify.case(x="N D", W="D M")
def right(x, W):
    dout = yield np.exp(x @ W)
    inner = dout * np.exp(x @ W)
    return inner @ W.T, x.T @ inner


@verify.case(x="N")
def by_type(x):
    factor = 3 if x.__class__ is np.ndarray else 2
    dout = yield x * 2
    return dout * factor


@verify.case(x="N")
def other_shape(x):
    plain = x.__class__ is np.ndarray
    dout = yield x.sum() if not plain else x
    return dout * np.ones(3)


@verify.case(x="N")
def single(x):
    dout = yield np.tanh(x.astype(np.float32))
    return dout * (1 - np.tanh(x) ** 2)


def test_what_computes_the_same_does_not_stray():
    """Rounding, also that of single precision, is no matter here."""
    assert not strays(right)
    assert not strays(single)


@verify.case(x="60")
def half(x):
    dout = yield x.astype(np.float16) * np.float64(1)
    return dout


@verify.case(x="60")
def half_by_type(x):
    factor = 1 + 2**-8 if x.__class__ is np.ndarray else 1
    dout = yield x.astype(np.float16) * np.float64(factor)
    return dout * factor


def test_what_is_rounded_to_half_precision_does_not_stray():
    """A cast to float16 may round each entry by as much as that type does; more is seen."""
    assert not strays(half)
    assert "on floats the output 1" in strays(half_by_type)


def test_code_that_looks_at_types_strays():
    """A layer that is right on symbols and wrong on floats is not proved, and both values are told."""
    assert "on floats the gradient of x at [0] is" in strays(by_type)
    result = verify.check(by_type)
    assert {c.verdict for c in result.comparisons} == {verify.Verdict.UNDECIDED}


def test_another_shape_is_told():
    """So is an output that has another shape on floats."""
    assert "on floats the output 1 has the shape (3,), on symbols ()" in strays(other_shape)


def test_code_that_fails_on_floats_is_an_error():
    """A layer that only runs on symbols is broken."""

    @verify.case(x="N")
    def picky(x):
        if x.__class__ is np.ndarray:
            raise RuntimeError("no floats, please")
        dout = yield x
        return dout

    with pytest.raises(SubjectError, match="RuntimeError: no floats, please, at tests/test_floats.py:"):
        strays(picky)


def test_outputs_that_are_missing_on_floats():
    """A layer that returns fewer outputs on floats is another layer there; one that returns both is not."""

    def splitting(on_floats):
        @verify.case(x="N")
        def split(x):
            dout, *_ = yield (x * 2, x * x)[: on_floats if x.__class__ is np.ndarray else 2]
            return 2 * dout

        return split

    assert strays(splitting(2)) == ""
    assert strays(splitting(1)) == "on floats the number of outputs is 1, on symbols 2"


def test_a_planted_error_of_the_trace_is_seen(monkeypatch):
    """If an array function computed something else than NumPy does, nothing would be proved."""
    from verify.tracing.numpy import elementwise

    monkeypatch.setitem(elementwise.BINARY, "add", elementwise.BINARY["subtract"])

    @verify.case(x="N", y="N")
    def added(x, y):
        dout = yield x + y
        return dout, -dout

    assert {c.verdict for c in verify.check(added).comparisons} == {verify.Verdict.UNDECIDED}


class Doubling:
    def forward(self, x):
        return x * 2

    def backward(self, dout):
        return dout * 3


def test_the_place_of_backward_is_found():
    """The function that a subject calls for its gradients is what a wrong row points to."""

    @verify.case(x="N")
    def doubled(x):
        layer = Doubling()
        dout = yield layer.forward(x)
        return layer.backward(dout)

    line = Doubling.backward.__code__.co_firstlineno
    assert {str(c.where) for c in verify.check(doubled).comparisons} == {f"tests/test_floats.py:{line}"}


def test_a_counterexample_is_confirmed_on_floats(monkeypatch):
    """What no run on floats confirms is no counterexample: with every confirmation planted away nothing is refuted."""

    @verify.case(x="N")
    def wrong(x):
        dout = yield x * 2
        return dout * 3

    assert {c.verdict for c in verify.check(wrong).comparisons} == {verify.Verdict.REFUTED}
    monkeypatch.setattr(FloatRun, "gives", lambda self, name, place, node: False)
    rows = verify.check(wrong).comparisons
    assert {c.verdict for c in rows} == {verify.Verdict.UNDECIDED}
    assert "no run on floats confirms that the code returns the value of its formula there" in rows[0].evidence.detail


def masked(wrong=1.0, score=-1e30):
    """Return a case of a causal softmax whose mask is a large number: what it leaves of the others is below floats."""

    def forward(s):
        kept = np.where(np.tri(len(s)) > 0, s, score)
        e = np.exp(kept - kept.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        return p, p

    return verify.pair(forward, lambda d, p: p * (d - wrong * (d * p).sum(axis=1, keepdims=True)), s="T T")


@slow
def test_a_float_that_is_0_confirms_no_smaller_number():
    """Where both sides are less than any float, that the code gives 0 refutes nothing."""
    rows = verify.check(masked(), quick=True).comparisons
    assert {row.verdict for row in rows} == {verify.Verdict.UNDECIDED, verify.Verdict.PROVED}


@slow
def test_another_entry_is_confirmed_where_the_clearest_is_not():
    """A wrong gradient is refuted, whichever of its entries floats can tell of."""
    rows = verify.check(masked(wrong=1.5), quick=True).comparisons
    assert rows[0].verdict is verify.Verdict.REFUTED
    assert rows[0].index not in {(0, 1), (0, 2), (1, 2)}  # of which floats see nothing


def test_an_entry_that_is_wrong_at_moderate_inputs_is_shown_first():
    """Where others are wrong at scores as low as the mask only, the counterexample is one of inputs of ordinary size."""
    row = verify.check(masked(wrong=1.5, score=-1e9), quick=True).comparisons[0]
    assert row.verdict is verify.Verdict.REFUTED
    assert all(abs(Fraction(value)) < 1000 for _, value in row.counterexample.inputs)


def test_digits_that_cancel_are_confirmed_with_all_that_floats_have():
    """Where few bits tell nothing of scores as low as the mask, floats confirm with more that they get a gradient."""
    row = verify.check(masked(score=-1e9), quick=True).comparisons[0]
    assert row.verdict is verify.Verdict.REFUTED
    assert any(abs(Fraction(value)) > 9e8 for _, value in row.counterexample.inputs)
