"""Random draws are the same in every run, and leave no trace."""

import random

import numpy as np

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
