"""One proof for ways of calling a Function that compute the same: what was computed is told, and nothing is missed.

`make test-torch` runs this file, which needs PyTorch; `make test` does without it.
"""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.autograd import Function
from torch_functions import RIGHT

import verify
from verify import Verdict, torch_function
from verify.adapters.torch.recording import recorded, recording
from verify.cases.accounts import Accounts, accounted
from verify.checks.gradients import traced


def account_of(function, accounts, dtype=torch.float64):
    """Return what a function of a tensor is made of."""
    with accounted(accounts):
        made = recording()
        x = (torch.arange(6.0).reshape(2, 3) + 1).to(dtype)
        with recorded(made):
            made.name(x, "x")
            result = function(x)
        return made.account([result], {})


def stale(x):
    """Return a view of what was written into after the view was made."""
    y = x * 2
    view = y[0]
    y.mul_(3)
    return view


def of_written(x):
    y = x * 2
    y.mul_(3)
    return y[0]


def by_numpy(x):
    y = x * 2
    y.numpy()[0] = 7
    return y


def by_array(x):
    y = x * 2
    np.asarray(y)[0] = 7
    return y


def by_dlpack(x):
    y = x * 2
    np.from_dlpack(y)[0] = 7
    return y


def by_data(x):
    y = x * 2
    y.data.mul_(3)
    return y


def by_other_memory(x):
    y = x * 2
    y.data = x * 3
    return y


def out_of(x):
    y = torch.empty_like(x)
    torch.mul(x, 2, out=y)
    return y


BUFFER = torch.ones(2, 3, dtype=torch.float64)

ALIKE = {
    "a copy": (lambda x: x * 2, lambda x: x.clone() * 2),
    "another way to a shape": (lambda x: x.reshape(6).sum(0), lambda x: x.view(-1).clone().sum(0)),
    "detached": (lambda x: x * 2, lambda x: x.detach() * 2),
    "written in place": (of_written, of_written),
}
DIFFERENT = {
    "another factor": (lambda x: x * 2, lambda x: x * 3),
    "another constant": (lambda x: x * torch.tensor(2.0), lambda x: x * torch.tensor(2.001)),
    "another result": (lambda x: x.max(0)[0], lambda x: x.max(0)[1]),
    "another axis": (lambda x: x.sum(0), lambda x: x.sum(1)),
    "transposed": (lambda x: x.reshape(3, 2), lambda x: x.t()),
    "other bits": (lambda x: x * 2, lambda x: (x * 2).view(torch.int64)),
    "another type": (lambda x: x * 2, lambda x: x.float().double() * 2),
    "a view before and after a write": (of_written, stale),
    "a write into the input": (lambda x: x * 2, lambda x: x.mul_(3) * 2),
    "a write into an alias": (lambda x: x * 2, by_data),
    "other memory": (lambda x: x * 2, by_other_memory),
    "a buffer that is written": (lambda x: x * BUFFER, lambda x: x * BUFFER.mul_(1.5)),
}
COMPLEX = {
    "conjugated": (lambda z: z * 2, lambda z: z.conj() * 2),
    "conjugated twice": (lambda z: z.conj() * 2, lambda z: z.conj().conj() * 2),
}
UNTOLD = {
    "numpy": by_numpy,
    "an array": by_array,
    "DLPack": by_dlpack,
    "stale": stale,
    "out=": out_of,
    "by where entries lie": lambda x: x.as_strided((2,), (1,)),
    "random numbers": torch.rand_like,
    "a number": lambda x: x * x.sum().item(),
    "a branch": lambda x: x if x.sum() > 0 else -x,
    "a list": lambda x: torch.tensor(x.tolist()),
    "an address": lambda x: x * (x.data_ptr() > 0),
    "a copy of an object": lambda x: copy.deepcopy(x) * 2,
    "a shape by a mask": lambda x: x * len(x[x > 1]),
    "a shape by places": lambda x: x * len((x > 1).nonzero()),
    "a selection": lambda x: x * torch.masked_select(x, x > 1).numel(),
    "an operation in no table": lambda x: torch.special.bessel_j0(x),
}


@pytest.mark.parametrize("name", ALIKE)
def test_what_computes_the_same_has_one_account(name):
    """Copies, strides and ways to a shape count for nothing."""
    accounts = Accounts()
    first, second = (account_of(function, accounts) for function in ALIKE[name])
    assert first == second
    assert first is not None


@pytest.mark.parametrize("name", [*DIFFERENT, *COMPLEX])
def test_what_computes_another_thing_has_another_account(name):
    """Or none."""
    accounts, dtype = Accounts(), torch.complex128 if name in COMPLEX else torch.float64
    first, second = (account_of(function, accounts, dtype) for function in (DIFFERENT | COMPLEX)[name])
    assert first is not None
    assert first != second


@pytest.mark.parametrize("name", UNTOLD)
def test_what_is_done_past_the_operations_leaves_no_account(name):
    """So that nobody takes a run for another one that it is not."""
    assert account_of(UNTOLD[name], Accounts()) is None


def test_methods_are_put_back():
    """What notices reads of memory is in force while accounts are wanted."""
    before = dict(vars(torch.Tensor))
    account_of(by_numpy, Accounts())
    assert dict(vars(torch.Tensor)) == before


def followed_ways(case, monkeypatch, **options):
    """Return the rows of a case, and how many ways were followed on symbols."""
    seen = []
    own = traced.observe

    def observe(case, variant, *args, **more):
        seen.append(variant)
        return own(case, variant, *args, **more)

    monkeypatch.setattr(traced, "observe", observe)
    rows = verify.check(case, **options).comparisons
    return rows, seen


@pytest.mark.parametrize("name", ["cube", "layer norm", "softmax", "broadcast"])
def test_ways_that_compute_the_same_are_followed_once(name, monkeypatch):
    """Their rows are there all the same, in a quick check; else each way is followed, in its own regions too."""
    rows, seen = followed_ways(RIGHT[name], monkeypatch, quick=True)
    ways = {row.variant for row in rows}
    assert {row.verdict for row in rows} == {Verdict.PROVED}
    assert len(ways) > 3 * len({(way.sizes, way.labels) for way in ways})
    assert len(seen) == len({(way.sizes, way.labels) for way in ways})


@pytest.mark.parametrize("name", ["cube", "leaky relu"])
def test_a_whole_check_says_the_same_of_ways_that_compute_the_same(name, monkeypatch):
    """As where each way is followed for itself: the same rows, findings and branches, of fewer runs."""
    alike = verify.check(RIGHT[name])
    monkeypatch.setattr(traced.Alike, "of", lambda self, variant: None)
    each = verify.check(RIGHT[name])
    counted = {"notes": (), "accuracy": (), "cover": None}
    assert replace(alike, **counted) == replace(each, **counted)
    assert {*alike.notes} <= {*each.notes}
    assert {*alike.accuracy} < {*each.accuracy}
    assert alike.cover.complete is each.cover.complete
    assert alike.cover.kinks == each.cover.kinks


def of(backward):
    """Return the case of a square whose backward is given."""

    def forward(ctx, x):
        ctx.save_for_backward(x)
        ctx.slopes = 2 * x.detach()
        return x * x

    made = type("Made", (Function,), {"forward": staticmethod(forward), "backward": staticmethod(backward)})
    return torch_function(made, x="N")


WAYS = ("as it is", "backward a second time", "upstream with gaps")


def hidden_by_numpy(ctx, g):
    """Change what is large, with gaps in the upstream alone: no operation and no number at the sample tells."""
    result = 2 * ctx.saved_tensors[0] * g
    if not g.is_contiguous():
        result.numpy()[result.numpy() > 1e6] = 0
    return result


def hidden_by_a_branch(ctx, g):
    result = 2 * ctx.saved_tensors[0] * g
    return 3 * result if not g.is_contiguous() and (g > 1e6).any() else result


def hidden_in_a_constant(ctx, g):
    """Take for the slopes what they are at the sample."""
    slopes = ctx.slopes if g.is_contiguous() else torch.tensor(ctx.slopes.tolist(), dtype=g.dtype)
    return slopes * g


def hidden_by_a_shape(ctx, g):
    """Go another way where there are large numbers, by the shape of what a mask takes."""
    x, result = ctx.saved_tensors[0], 2 * ctx.saved_tensors[0] * g
    return 3 * result if not g.is_contiguous() and len(x[x > 1e6]) else result


@pytest.mark.parametrize("backward", [hidden_by_numpy, hidden_by_a_branch, hidden_in_a_constant])
def test_what_no_float_shows_in_one_way_is_not_proved_by_another(backward):
    """Where the operations and the numbers at the sample are those of a proof."""
    rows = verify.check(of(backward), quick=True).comparisons
    verdicts = {way: {row.verdict for row in rows if dict(row.variant.options)["torch"] == repr(way)} for way in WAYS}
    assert verdicts["as it is"] == verdicts["backward a second time"] == {Verdict.PROVED}
    assert verdicts["upstream with gaps"] != {Verdict.PROVED}


@pytest.mark.parametrize("quick", [True, False])
def test_what_a_shape_decides_in_one_way_is_a_branch_of_that_way(quick):
    """A quick check says so; else the other side is looked at."""
    result = verify.check(of(hidden_by_a_shape), quick=quick)
    assert {dict(branch.variant.options)["torch"] for branch in result.region} == {
        "'upstream with gaps'",
        "'first output alone, summed'",
    }
    assert quick or not result.good


def overwriting(ctx, g):
    """Write into the saved input, with an upstream that has gaps alone, once it is not needed any more."""
    result = 2 * ctx.saved_tensors[0] * g
    if not g.is_contiguous():
        ctx.saved_tensors[0].mul_(2)
    return result


def test_a_way_that_writes_more_is_followed(monkeypatch):
    """Though its gradients are computed as in the others."""
    _, seen = followed_ways(of(overwriting), monkeypatch, quick=True)
    ways = {(variant.options["torch"], variant.sizes["N"]) for variant in seen}
    assert ways == {("as it is", 3), ("as it is", 1), ("upstream with gaps", 3), ("first output alone, summed", 3)}
