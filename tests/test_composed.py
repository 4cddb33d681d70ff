"""Regions that are put together of others: what is wrong in one mix only is found, and what is right costs few runs."""

from contextlib import suppress
from random import Random

import numpy as np
import pytest
from effort import slow, some
from subjects import elementwise

import verify
from layers.activations import ELU, LeakyReLU, ReLU, Sigmoid, Softplus, Swish
from verify.checks.regions.composed import Composer
from verify.checks.regions.explore import Explorer
from verify.checks.regions.parts import results
from verify.model.result import Verdict
from verify.tracing.observe import observe
from verify.tracing.symbols.trace import Trace


def relu(x):
    """Return the larger of each entry and 0."""
    return np.where(x > 0, x, 0)


def masked(wrong, shape="2 3"):
    """Return a layer whose gradient has what `wrong` makes of its mask, an array of symbols or floats."""
    return elementwise(relu, lambda d, x: d * (x > 0) * wrong(x > 0, x), shape)


def is_proved(result):
    """Tell whether all rows are proved; what is off by as little as here may agree."""
    return {row.verdict for row in result.comparisons} == {Verdict.PROVED}


def right(mask, x):
    """Return what makes no mistake."""
    return 1.0


def first_alone(mask, x):
    """Return 1, but a little more where of six entries the first one alone counts: masks are not read."""
    alone = mask[:1, :1] & ~mask[:1, 1:2] & ~mask[:1, 2:] & ~mask[1:, :1] & ~mask[1:, 1:2] & ~mask[1:, 2:]
    return np.where(alone, 1 + 2.0**-40, 1.0)


def all_but_the_first(mask, x):
    """Return 1, but less by 1e-12 where all but the first count, by products of 0 and 1."""
    numbers = mask.astype(float)
    product = (1 - numbers[:1, :1]) * numbers[:1, 1:2] * numbers[:1, 2:] * numbers[1:, :1] * numbers[1:, 1:2]
    return 1 - 2.0**-40 * product * numbers[1:, 2:]


def counted(mask, x):
    """Return 1, but a little more where five count, which is read."""
    return 1.0 + 2.0**-40 * (mask.sum() == 5)


def listed(mask, x):
    """Return 1, but 2 where the mask ends, which is read entry by entry."""
    return 2.0 if mask.ravel().tolist() == [True, True, False, False, False, False] else 1.0


def caught(mask, x):
    """Return 1, but 2 where the first alone counts; what may not be read there is taken for right."""
    with suppress(Exception):
        return 2.0 if np.flatnonzero(mask).tolist() == [0] else 1.0
    return 1.0


def on_symbols(mask, x):
    """Return 1, but 2 on floats where the first alone counts."""
    return 2.0 if type(x) is np.ndarray and (x > 0).ravel().tolist() == [True, *[False] * 5] else 1.0


ENTRY_BY_ENTRY = [ReLU, LeakyReLU, ELU, Sigmoid, Softplus, Swish]
WRONG = [first_alone, all_but_the_first, counted, listed, caught, on_symbols]


@pytest.fixture
def runs(monkeypatch):
    """Return lists of the runs that were made and of those that were put together."""
    made, composed = [], []
    run, compose = Explorer.run, Composer.composed
    monkeypatch.setattr(Explorer, "run", lambda self, *args: made.append(run(self, *args)) or made[-1])

    def noticed(self, *args):
        seen = compose(self, *args)
        return composed.append(seen) or seen if seen else None

    monkeypatch.setattr(Composer, "composed", noticed)
    return made, composed


@pytest.mark.parametrize("wrong", some(WRONG, 6))
def test_what_is_wrong_in_one_mix_is_not_proved(wrong):
    """However little it is wrong there, and whether or not the code reads its masks."""
    assert not is_proved(verify.check(masked(wrong)))


@pytest.mark.parametrize("layer", some(ENTRY_BY_ENTRY, 6))
def test_its_questions_are_those_of_the_runs_of_its_parts(layer, monkeypatch):
    """What is known of each question, and of the signs that are left to it, is what is worked out anew."""
    compose, alike = Explorer._composed, []

    def compared(self, at):
        if seen := compose(self, at):
            alike.append(self.sites.passed(seen) == self.sites._passed_conditions(seen))
        return seen

    monkeypatch.setattr(Explorer, "_composed", compared)
    verify.check(verify.layer(layer, inputs={"x": "2 3"}))
    assert alike
    assert all(alike)


@slow
@pytest.mark.parametrize("wrong", some([right, *WRONG], 6))
def test_results_are_those_of_runs(wrong, monkeypatch):
    """All of a result is the same where nothing is put together."""
    result = verify.check(masked(wrong))
    monkeypatch.setattr(Composer, "composed", lambda *_: None)
    assert verify.check(masked(wrong)) == result


def formula(rng, mask, depth=3):
    """Return a random connection of the answers of four entries, none of which is read."""
    if not depth:
        place = rng.randrange(4)
        return mask[place : place + 1]
    first, second = formula(rng, mask, depth - 1), formula(rng, mask, depth - 1)
    return rng.choice((lambda: first & second, lambda: first | second, lambda: first ^ second, lambda: ~first))()


@slow
@pytest.mark.parametrize("seed", some(range(12), 8))
def test_random_mistakes_in_some_of_all_mixes_are_found(seed, monkeypatch):
    """Of four entries all mixes are looked at: results are those of runs, and proofs where the mistake has no mix."""
    wrong = lambda mask, x: np.where(formula(Random(seed), mask), 1 + 2.0**-40, 1.0)  # noqa: E731
    result = verify.check(masked(wrong, "4"))
    mixes = ((np.arange(16)[:, None] >> np.arange(4)) & 1).astype(bool)
    is_wrong = any((mix * formula(Random(seed), mix)).any() for mix in mixes)
    assert is_proved(result) != is_wrong
    monkeypatch.setattr(Composer, "composed", lambda *_: None)
    assert verify.check(masked(wrong, "4")) == result


@pytest.mark.parametrize("layer", some(ENTRY_BY_ENTRY, 6))
def test_what_works_entry_by_entry_needs_few_runs(layer, runs):
    """Of the mixes of six entries most are put together of those that were run."""
    result = verify.check(verify.layer(layer, inputs={"x": "2 3"}))
    assert is_proved(result)
    made, composed = runs
    assert len(composed) > len(made)


@pytest.mark.parametrize("layer", some(ENTRY_BY_ENTRY, 6))
def test_what_is_put_together_is_what_a_run_computes(layer, monkeypatch):
    """Outputs, gradients, questions and answers are those of a run of the code at the same inputs."""
    compose, held = Composer.composed, []

    def compared(self, at, runs):
        if seen := compose(self, at, runs):
            run = observe(
                self.case, self.start.variant, self.seed, seen=self.start.again(Trace(self.start.trace)), at=at
            )
            held.append(
                (results(run), run.conditions, run.trace.sample)
                == (results(seen), seen.conditions, dict(seen.trace.sample))
            )
        return seen

    monkeypatch.setattr(Composer, "composed", compared)
    verify.check(verify.layer(layer, inputs={"x": "2 3"}))
    assert held
    assert all(held)


def test_sums_over_entries_are_run(runs):
    """A parameter that all entries share makes one part of all of them."""

    class Leaky:
        def __init__(self, a):
            self.a = a

        def forward(self, x):
            self.x = x.copy()
            return np.where(x > 0, x, self.a * x)

        def backward(self, dout):
            self.da = np.where(self.x > 0, 0, dout * self.x).sum()
            return np.where(self.x > 0, dout, self.a * dout)

    case = verify.layer(Leaky, params={"a": ""}, inputs={"x": "2 3"})
    assert is_proved(verify.check(case))
    assert not runs[1]
