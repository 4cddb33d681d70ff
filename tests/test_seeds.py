"""Random draws are the same in every run, and leave no trace."""

import importlib
import random
import sys

import numpy as np
import pytest

from verify.tracing import seeds
from verify.tracing.seeds import seeded

OWN = np.random.default_rng(5)


def draw(seed=0):
    with seeded(seed) as drawn:
        found = random.random(), np.random.rand(), OWN.random()
    return found, drawn()


def test_each_run_draws_the_same():
    """Global generators are seeded, one that a module has made starts in the state that it is in."""
    assert draw() == draw()
    assert draw(0)[0][:2] != draw(1)[0][:2]
    assert draw(0)[0][2] == draw(1)[0][2]


def test_generators_are_put_back():
    """What the program draws afterwards does not depend on whether a run was in between."""
    random.seed(7)
    np.random.seed(7)
    expected = random.random(), np.random.rand()
    random.seed(7)
    np.random.seed(7)
    draw()
    assert (random.random(), np.random.rand()) == expected


def test_whether_anything_was_drawn_is_told():
    """A run that draws nothing is told from one that does."""
    with seeded(0) as drawn:
        pass
    assert not drawn()
    assert draw()[1]


@pytest.mark.parametrize("drawn", [0, 1, 2])
def test_a_number_that_was_drawn_in_advance_comes_next(drawn):
    """Normal numbers come in pairs: after a run, the second of a pair follows as it would have."""
    before = np.random.get_state()
    try:
        np.random.seed(5)
        expected = np.random.standard_normal(4)
        np.random.seed(5)
        first = np.random.standard_normal(drawn)
        with seeds.held():
            np.random.seed(1)
            np.random.standard_normal(3)
        assert np.array_equal(np.r_[first, np.random.standard_normal(4 - drawn)], expected)
    finally:
        np.random.set_state(before)


def test_other_bits_of_the_global_generator_are_put_back():
    """Code that has chosen other bits for NumPy's global generator has them after a run."""
    own, chosen = np.random.get_bit_generator(), np.random.PCG64(3)
    np.random.set_bit_generator(chosen)
    try:
        with seeds.held(), seeds.seeded(0) as changed:
            np.random.random_sample()
        assert changed()
        assert np.random.get_bit_generator() is chosen
        assert np.random.random_sample() == np.random.Generator(np.random.PCG64(3)).random()
    finally:
        np.random.set_bit_generator(own)


def test_a_generator_that_code_makes_between_runs_is_rewound():
    """What a module comes to hold later counts as what it held before: each run starts in the state that it is in."""
    draw()
    globals()["MADE"] = np.random.default_rng(9)
    try:
        with seeded(0):
            first = globals()["MADE"].random()
        with seeded(0):
            assert globals()["MADE"].random() == first
    finally:
        del globals()["MADE"]


def test_generators_are_looked_for_first_where_the_subject_is(tmp_path, monkeypatch):
    """Not all places are looked through where modules are many: those of the subject come before others'."""
    (tmp_path / "imported_last.py").write_text("class Kept:\n    pass\n\n\ndef subject():\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("imported_last")
    try:
        called, _ = seeds._users_objects(module.subject)
        _, others = seeds._users_objects(None)
        assert called == [module.Kept]
        assert module.Kept in others
    finally:
        del sys.modules["imported_last"]
