"""SymPy's derivative of the whole and the sweep are one function, and a planted difference is seen."""

import numpy as np

import verify
from verify.checks.claims.claims import Exact
from verify.tracing.observe import observe, variants


@verify.case(x="2", w="")
def neuron(x, w):
    y = np.tanh(w * x.sum())
    dout = yield y
    inner = dout * (1 - y**2)
    return inner * w * np.ones(2), inner * x.sum()


def test_small_computations_are_differentiated_at_once():
    """For each input there is SymPy's derivative of the whole; the case is proved with it."""
    exact = Exact(neuron, observe(neuron, variants(neuron)[0], 0))
    assert len(exact.wholes) == 3
    assert verify.check(neuron).good


def test_large_ones_are_not():
    """With many inputs the sweep stands alone."""

    @verify.case(x="30")
    def doubled(x):
        dout = yield x * 2
        return dout * 2

    assert not Exact(doubled, observe(doubled, variants(doubled)[0], 0)).wholes


def test_numbers_of_a_million_digits_are_not():
    """A power of a power of a constant is one operation, and SymPy would write all of its digits."""

    @verify.case(x="")
    def scaled(x):
        factor = (1.0000001**0.5 * (x - x + 1)) ** 1000  # a constant that the code does not know
        for exponent in (100, 100):
            factor = factor**exponent
        dout = yield factor * x
        return dout * factor

    assert not Exact(scaled, observe(scaled, variants(scaled)[0], 0)).wholes


def test_functions_of_functions_are_not():
    """SymPy may take forever over those; the sweep stands alone, and at once."""

    @verify.case(x="")
    def nested(x):
        y = np.tanh(1 / (1 + np.exp(-((3.1373 * x) ** 2))))
        dout = yield y
        s = 1 / (1 + np.exp(-((3.1373 * x) ** 2)))
        return dout * (1 - y**2) * s * (1 - s) * 2 * 3.1373**2 * x

    assert not Exact(nested, observe(nested, variants(nested)[0], 0)).wholes
    assert verify.check(nested).comparisons[0].verdict.good


def test_a_wrong_rule_is_seen(monkeypatch):
    """If the sweep took another rule than SymPy's, nothing would be proved: its result is not that of the whole."""
    import sympy

    from verify.graph import adjoints
    from verify.graph.formulas import plan

    rule = adjoints._rule
    symbol = adjoints._SYMBOL
    monkeypatch.setattr(
        adjoints,
        "_rule",
        lambda op, payload: plan(sympy.Integer(1) + 0 * symbol) if op == "tanh" else rule(op, payload),
    )
    rows = verify.check(neuron).comparisons
    assert {row.verdict for row in rows} == {verify.Verdict.UNDECIDED}
    assert "could not be proved equal" in rows[0].evidence.detail
