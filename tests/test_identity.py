"""What a result is about: texts are written from fields."""

import pytest

from verify.model.identity import (
    NOWHERE,
    SAMPLE,
    Argument,
    Bound,
    CaseId,
    Place,
    Quantity,
    Relation,
    Variant,
)


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        (Place("a b.py", 3), "a b.py:3"),
        (Place("a:1.py"), "a:1.py"),
        (NOWHERE, ""),
        (CaseId("a.py", "c"), "a.py: c"),
        (CaseId("", "c"), "expr: c"),
        (Quantity("gradient", "W"), "gradient W"),
        (Quantity("finding", "", "GP101"), "finding GP101"),
        (Quantity("finding", "dout", "GP101"), "finding GP101 dout"),
        (Variant((("N", 2),), (("s", "'x'"),), (("t", "[0]"),)), "N=2, s='x', t=[0]"),
        (Variant((("N", 2),), elsewhere=True), "N=2, in another region"),
        (Variant(elsewhere=True), "in another region"),
        (SAMPLE, ""),
        (Argument("x", shape=("N", "4*H"), bounds=(Bound(">", "0"), Bound("<=", "1"))), "x: N 4*H > 0, <= 1"),
        (Argument("s", bounds=(Bound(">=", "0"),)), "s: scalar >= 0"),
        (Argument("t", "whole", ("N",), below="V"), "t: N of integers below V"),
        (Argument("c", "given"), "c: given"),
        (Relation(before="-", after="/2"), "actual = -expected/2"),
        (Relation("expected", "0", alone=True), "expected = 0"),
        (Relation(note="not simplified"), "not simplified"),
    ],
)
def test_texts(fact, text):
    """Each is written in one way."""
    assert str(fact) == text
    assert bool(text) or not fact


def test_relations_with_other_names():
    """Whatever the formulas have in them, only the two sides get the names that readers know."""
    relation = Relation(after="*expected[0] + actual")
    assert relation.text("backprop", "exact") == "backprop = exact*expected[0] + actual"
