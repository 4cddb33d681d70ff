"""Gradients of code that draws random numbers: right for those of the sample only, or for all."""

import copy
import random
import sys
from itertools import product
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from effort import some

import gradproof as verify
from verify.model.result import Verdict

KEPT = 0.9  # of the entries: two masks of one or two entries are mostly alike
MODULES = np.random.default_rng(3)


class Drawing:
    """A dropout layer; `draw` gives the numbers of a mask."""

    def mask(self, shape):
        return self.draw(shape) < KEPT

    def forward(self, x):
        self.kept = self.mask(x.shape)
        return x * self.kept


class OfProgram(Drawing):
    def draw(self, shape):
        return np.random.rand(*shape)


class OfPython(Drawing):
    def draw(self, shape):
        return np.array([random.random() for _ in range(int(np.prod(shape)))]).reshape(shape)


class OfModule(Drawing):
    def draw(self, shape):
        return MODULES.random(shape)


class OfClass(Drawing):
    numbers = np.random.default_rng(5)

    def draw(self, shape):
        return self.numbers.random(shape)


class OfLayer(Drawing):
    def __init__(self):
        self.numbers = np.random.default_rng(0)

    def draw(self, shape):
        return self.numbers.random(shape)


class OfOldLayer(Drawing):
    def __init__(self):
        self.numbers = np.random.RandomState(0)

    def draw(self, shape):
        return self.numbers.random_sample(shape)


class OfCaller(Drawing):
    def __init__(self, numbers):
        self.numbers = numbers

    def draw(self, shape):
        return self.numbers.random(shape)


class OfSystem(Drawing):
    def draw(self, shape):
        return np.random.default_rng().random(shape)


class OfOldSystem(Drawing):
    def draw(self, shape):
        return np.random.RandomState().random_sample(shape)


class OfBits(Drawing):
    def draw(self, shape):
        return np.random.Generator(np.random.PCG64()).random(shape)


class OfPythonsSystem(Drawing):
    def draw(self, shape):
        numbers = random.Random()
        return np.array([numbers.random() for _ in range(int(np.prod(shape)))]).reshape(shape)


class Reseeding(Drawing):
    def draw(self, shape):
        np.random.seed()
        return np.random.rand(*shape)


class ReseedingPython(Drawing):
    def draw(self, shape):
        random.seed()
        return np.full(shape, random.random())


SOURCES = [
    *(OfProgram, OfPython, OfModule, OfClass, OfLayer, OfOldLayer, OfCaller),
    *(OfSystem, OfOldSystem, OfBits, OfPythonsSystem, Reseeding, ReseedingPython),
]


def check(layer, shape):
    options = {"numbers": [np.random.default_rng(1)]} if issubclass(layer, OfCaller) else {}
    return verify.check(verify.layer(layer, inputs={"x": shape}, options=options))


def of_kind(source, backward):
    return type(f"{source.__name__}Layer", (source,), {"backward": backward})


def anew(self, dout):
    return dout * self.mask(dout.shape)


def kept(self, dout):
    return dout * self.kept


@pytest.mark.parametrize(("source", "shape"), some(product(SOURCES, ("1", "2", "3 4")), 12))
def test_a_mask_that_backward_draws_anew_is_refuted(source, shape):
    """Whoever gives the numbers, and however small the arrays are, two draws are told apart."""
    result = check(of_kind(source, anew), shape)
    assert any(row.verdict is Verdict.REFUTED for row in result.comparisons), result


@pytest.mark.parametrize(("source", "shape"), some(product(SOURCES, ("1", "3 4"))))
def test_a_mask_that_forward_keeps_is_proved(source, shape):
    """The twin: what was drawn in forward is used in backward."""
    result = check(of_kind(source, kept), shape)
    assert result, result
    assert all(row.verdict is Verdict.PROVED for row in result.comparisons)


class SeedsItself(Drawing):
    def draw(self, shape):
        return np.random.default_rng(0).random(shape)


class SeedsProgram(Drawing):
    def draw(self, shape):
        np.random.seed(0)
        return np.random.rand(*shape)


class SeedsByDraw(Drawing):
    def forward(self, x):
        self.seed = np.random.randint(1000)
        return x * self.mask(x.shape)

    def draw(self, shape):
        return np.random.RandomState(self.seed).random_sample(shape)


class RestoresState(Drawing):
    def forward(self, x):
        self.state = np.random.get_state()
        return x * self.mask(x.shape)

    def draw(self, shape):
        np.random.set_state(self.state)
        return np.random.rand(*shape)


class CopiesGenerator(Drawing):
    def __init__(self):
        self.numbers = np.random.default_rng(0)

    def forward(self, x):
        self.copy = copy.deepcopy(self.numbers)
        return x * (self.numbers.random(x.shape) < KEPT)

    def backward(self, dout):
        return dout * (copy.deepcopy(self.copy).random(dout.shape) < KEPT)


SEEDED = [of_kind(source, anew) for source in (SeedsItself, SeedsProgram, SeedsByDraw, RestoresState)]


@pytest.mark.parametrize(("layer", "shape"), some(product(SEEDED, ("1", "2", "3 4")), every=2))
def test_code_that_draws_the_same_numbers_again_is_proved(layer, shape):
    """A seed, or a state, that both passes start from is one mask: the tool's own numbers take nothing from that."""
    result = check(layer, shape)
    assert all(row.verdict is Verdict.PROVED for row in result.comparisons), result


def test_a_copy_of_a_generator_draws_the_same_numbers():
    """A copy from before forward's draws gives them again, also after earlier draws."""
    assert all(row.verdict is Verdict.PROVED for row in check(CopiesGenerator, "1").comparisons)


only_wrong, only_right = of_kind(OfLayer, anew)(), of_kind(OfLayer, kept)()


@pytest.mark.parametrize(("layer", "is_right"), [(only_wrong, False), (only_right, True)])
def test_a_generator_of_a_layer_of_the_module_is_rewound(layer, is_right):
    """A layer that all runs share has the same numbers in each: floats and symbols are of the same mask."""

    @verify.case(x="1")
    def case(x):
        dout = yield layer.forward(x)
        return layer.backward(dout)

    result = verify.check(case)
    assert bool(result) is is_right, result
    assert {row.verdict for row in result.comparisons} <= {Verdict.PROVED, Verdict.REFUTED}


@pytest.mark.parametrize(("layer", "is_right"), [(only_wrong, False), (only_right, True)])
def test_a_generator_is_rewound_however_much_other_modules_hold(layer, is_right, monkeypatch):
    """What a case calls is looked through before all that others of the user's modules keep."""
    large = ModuleType("large")
    large.__file__ = str(Path(__file__).with_name("large.py"))
    vars(large).update((f"table_{i}", dict.fromkeys(range(100))) for i in range(100))
    monkeypatch.setitem(sys.modules, "large", large)

    @verify.case(x="1")
    def case(x):
        dout = yield layer.forward(x)
        return layer.backward(dout)

    assert bool(verify.check(case)) is is_right


@pytest.mark.parametrize(("backward", "is_right"), [(anew, False), (kept, True)])
def test_a_generator_of_a_layer_that_a_case_makes_has_drawn_before(backward, is_right):
    """A layer that a case makes itself is called many times in use, as one that a protocol makes."""

    @verify.case(x="1")
    def case(x):
        layer = of_kind(OfLayer, backward)()
        dout = yield layer.forward(x)
        return layer.backward(dout)

    assert bool(verify.check(case)) is is_right


def test_what_was_right_by_chance_is_said_with_its_draws():
    """The row names another region, and a note the draws after which it is wrong."""
    result = check(of_kind(OfProgram, anew), "1")
    assert [row.variant.elsewhere for row in result.comparisons] == [False, True]
    assert any("earlier draws" in note and "by chance" in note for note in result.notes)


def test_noise_that_changes_nothing_is_no_mask():
    """Numbers that backward draws and does not use leave the gradient right."""

    def noisy(self, dout):
        return dout * self.kept + 0 * np.random.rand(*dout.shape)

    assert all(row.verdict is Verdict.PROVED for row in check(of_kind(OfProgram, noisy), "2").comparisons)


class Permuting:
    def forward(self, x):
        self.order = np.random.permutation(len(x))
        return x[self.order]

    def backward(self, dout):
        dx = np.empty_like(dout)
        dx[self.order] = dout
        return dx


class PermutingAgain(Permuting):
    def backward(self, dout):
        self.order = np.random.permutation(len(dout))
        return super().backward(dout)


class Skipping:
    """A layer of stochastic depth."""

    def forward(self, x):
        self.x, self.kept = x.copy(), random.random() < KEPT
        return x + x**2 * self.kept

    def backward(self, dout):
        return dout + 2 * dout * self.x * self.kept


class SkippingAgain(Skipping):
    def backward(self, dout):
        self.kept = random.random() < KEPT
        return super().backward(dout)


class Scaling:
    def forward(self, x):
        self.scale = np.random.choice([1.0, 2.0])
        return x * self.scale

    def backward(self, dout):
        return dout * self.scale


class ScalingAgain(Scaling):
    def backward(self, dout):
        self.scale = np.random.choice([1.0, 2.0])
        return super().backward(dout)


@pytest.mark.parametrize(
    ("layer", "is_right"),
    some(
        [
            *((layer, True) for layer in (Permuting, Skipping, Scaling)),
            *((layer, False) for layer in (PermutingAgain, SkippingAgain, ScalingAgain)),
        ],
        6,
    ),
)
def test_orders_switches_and_scales(layer, is_right):
    """What is drawn need not be a mask: an order, whether a layer is there, a number of two."""
    verdicts = {row.verdict for row in check(layer, "2").comparisons}
    assert (Verdict.REFUTED in verdicts) is not is_right
    assert verdicts <= {Verdict.PROVED, Verdict.REFUTED}
