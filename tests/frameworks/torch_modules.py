"""Modules of PyTorch: with the gradients of their parameters, what is right is proved, and a planted mistake refuted.

`make test-torch` runs this file, which needs PyTorch; `make test` does without it.
"""

import pytest
import torch
from torch import nn
from torch.autograd import Function

import verify
from verify import Verdict, torch_module
from verify.model.errors import InputError
from verify.model.reasons import Reason


def cube(factor):
    """Return a Function, x ** 3, with a factor of its slope."""

    class Cube(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * factor * x**2

    return Cube


class Net(nn.Module):
    """Two affine layers with a norm between them, and a Function of one's own."""

    def __init__(self, factor):
        super().__init__()
        self.first, self.norm, self.last = nn.Linear(2, 3), nn.LayerNorm(3), nn.Linear(3, 1)
        self.cube = cube(factor).apply

    def forward(self, x):
        """Return (N, 1) of (N, 2)."""
        return self.last(self.norm(self.cube(self.first(x))))


def verdicts(module, **described):
    """Return the verdicts of each gradient, of all calls."""
    rows = verify.check(torch_module(module, **described), quick=True).comparisons
    return {name: {row.verdict for row in rows if row.name == name} for name in {row.name for row in rows}}


def test_a_module_with_a_right_function_is_proved():
    """The gradients of its input and of all parameters, by their names in the module."""
    parts = ["first.weight", "first.bias", "norm.weight", "norm.bias", "last.weight", "last.bias"]
    assert verdicts(Net(3), x="N 2") == {name: {Verdict.PROVED} for name in ["x", *parts]}


def test_a_wrong_function_shows_in_what_comes_before_it():
    """The gradients behind it are right."""
    found = verdicts(Net(2), x="N 2")
    wrong = {name for name, verdicts in found.items() if Verdict.REFUTED in verdicts}
    assert wrong == {"x", "first.weight", "first.bias"}
    assert found["last.weight"] == {Verdict.PROVED}


MODULES = {
    "convolution": (lambda: nn.Sequential(nn.Conv2d(1, 2, 2), nn.Tanh()), {"input": "N 1 3 3"}),
    "batch norm": (lambda: nn.BatchNorm1d(2), {"input": "3 2"}),
    "batch norm in use": (lambda: nn.BatchNorm1d(2).eval(), {"input": "N 2"}),
    "embedding": (lambda: nn.Embedding(3, 2), {"input": verify.integer("N", below=3)}),
    "recurrent": (lambda: nn.GRUCell(2, 2), {"input": "N 2", "hx": "N 2"}),
    "attention": (lambda: nn.MultiheadAttention(2, 1, bias=False), {"query": "2 2", "key": "2 2", "value": "2 2"}),
}


@pytest.mark.parametrize("name", MODULES)
def test_modules_of_pytorch_are_right(name):
    """Nothing of them is refuted or undecided, and something is proved."""
    make, described = MODULES[name]
    found = set().union(*verdicts(make(), **described).values())
    assert Verdict.PROVED in found
    assert found <= {Verdict.PROVED, Verdict.AGREES}


def test_a_buffer_that_is_written_is_a_copy():
    """Each call has its own, and the module's are what they were."""
    norm = nn.BatchNorm1d(2)
    before = norm.running_mean.clone()
    verify.check(torch_module(norm, input="3 2"), quick=True)
    assert torch.equal(norm.running_mean, before)
    assert norm.num_batches_tracked == 0


def test_parameters_that_are_described_and_that_are_frozen():
    """A domain of a parameter is stated by `params`; one that requires no gradient is a constant."""

    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale, self.shift = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2), requires_grad=False)

        def forward(self, x):
            return x * self.scale.log() + self.shift

    case = torch_module(Scaled(), x="N 2", params={"scale": verify.real("2", low=0)})
    assert {row.name for row in verify.check(case, quick=True).comparisons} == {"x", "scale"}
    assert verify.check(case, quick=True).good


def test_what_is_drawn_at_random_is_undecided():
    """Dropout in training draws a mask."""
    rows = verify.check(torch_module(nn.Dropout(0.5), input="N 2"), quick=True).comparisons
    assert {row.evidence.reason for row in rows} == {Reason.UNKNOWN_FUNCTION}
    assert verify.check(torch_module(nn.Dropout(0.5).eval(), input="N 2"), quick=True).good


class Same(nn.Module):
    """A parameter with the name of an argument."""

    def __init__(self):
        super().__init__()
        self.x = nn.Parameter(torch.ones(1))

    def forward(self, x):
        return x * self.x


BAD = {
    "a class": (lambda: torch_module(Net, x="N 2"), "expected a module, as in"),
    "a function": (lambda: torch_module(torch.tanh, x="N"), "expected a module"),
    "no such input": (lambda: torch_module(Net(3), x="N 2", y="N"), "takes x: there is no 'y'"),
    "a missing input": (lambda: torch_module(nn.GRUCell(2, 2), hx="N 2"), "takes 'input' too: describe it"),
    "no such parameter": (lambda: torch_module(Net(3), x="N 2", params={"w": "2"}), "has no parameter 'w'"),
    "one name for two": (lambda: torch_module(Same(), x="N"), "'x' is a parameter and an argument"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_named(name):
    """One line says what is wrong, and what to write."""
    make, message = BAD[name]
    with pytest.raises(InputError, match=message):
        make()
