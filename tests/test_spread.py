"""All entries of a gradient that is refuted on whole arrays: a map of them, and a table at the counterexample."""

from fractions import Fraction

import numpy as np
import pytest
from whole_cases import case

from reports import sides
from verify.checks.gradients import apart, spread, whole
from verify.checks.gradients.whole import attempted
from verify.model.result import Rest
from verify.tracing.observe import variants


@pytest.fixture(autouse=True)
def _small_arrays_too(monkeypatch):
    """Take arrays of any size for too large for scalars."""
    monkeypatch.setattr(whole, "_FEW", -1)
    monkeypatch.setattr(apart, "LARGE", -1)


def row_of(forward, backward, **inputs):
    one = case(forward, backward, **inputs)
    [row] = attempted(one, variants(one)[0], 0).refuted.rows
    return row


def test_every_entry_has_a_sign():
    """What is proved is a dot; what is wrong has the tenths by which it is off."""
    row = row_of(lambda x: np.tanh(x), lambda d, y, x: d * (1 - y * y) * np.array([1, 1, 0.5, 1, 2, 1]))
    assert row.marks == "..5.5."
    assert row.failing == 2


def test_the_table_has_what_the_named_inputs_tell():
    """Both sides of the entries that differ most, exact, where all that is not named is 0."""
    row = row_of(lambda x: x.sum() ** 2, lambda d, y, x: d * x.sum() * np.arange(6))
    assert row.arrays.rest is Rest.OPEN
    assert len(row.arrays.entries) == 4
    inputs = dict(row.counterexample.inputs)
    total = sum(Fraction(value) for name, value in inputs.items() if name.startswith("x"))
    upstream = next(Fraction(value) for name, value in inputs.items() if name.startswith("dout"))
    for entry in row.arrays.entries:
        assert Fraction(entry.expected) == 2 * total * upstream
        assert Fraction(entry.actual) == total * upstream * entry.index[0]
        assert entry.differs
    assert row.index in [entry.index for entry in row.arrays.entries]
    assert len(sides.table(row).rows) == 4


def test_entries_that_hang_on_other_inputs_are_left_out():
    """Entry by entry, no other one is at the inputs that the counterexample names."""
    row = row_of(lambda x: x**3, lambda d, y, x: d * x * x)
    assert [entry.index for entry in row.arrays.entries] == [row.index]
    assert sides.table(row) is None


def test_large_arrays_have_no_map(monkeypatch):
    """Nobody looks at a map of so many entries; a table is as short as any."""
    monkeypatch.setattr(spread, "_LARGEST", 5)
    row = row_of(lambda x: x**3, lambda d, y, x: d * x * x)
    assert row.marks == ""
    assert len(row.arrays.entries) == 1
