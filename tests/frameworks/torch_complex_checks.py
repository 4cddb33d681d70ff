"""Complex tensors in Functions of PyTorch: right ones are proved, each wrong twin is refuted, and PyTorch agrees.

`make test-torch` runs this file, which needs PyTorch.
"""

import re

import numpy as np
import pytest
import torch
import torch_complex
from torch_complex import RIGHT, WRONG, ModulatedComplex

import verify
from verify import Verdict, torch_function
from verify.adapters.torch.running import followed, leaf
from verify.adapters.torch.tensors import leaving
from verify.tracing.arrays import arrays
from verify.tracing.symbols.trace import Trace

WHOLE = {"written", "modulated"}  # with all checks on, which take longer


@pytest.mark.parametrize("name", RIGHT)
def test_right_functions_are_proved(name):
    """Every gradient in every way of calling it, of both parts of a complex input."""
    rows = verify.check(RIGHT[name], quick=name not in WHOLE).comparisons
    assert {row.verdict for row in rows} == {Verdict.PROVED}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_functions_are_refuted(name):
    """By at least one way of calling it; no row is undecided."""
    verdicts = {row.verdict for row in verify.check(WRONG[name], quick=True).comparisons}
    assert Verdict.REFUTED in verdicts
    assert Verdict.UNDECIDED not in verdicts


@pytest.mark.parametrize("name", ["Product", "Squared", "Modulus", "Exponential", "Conjugate"])
def test_the_convention_is_that_of_pytorch(name):
    """PyTorch's checker passes what is proved, and fails what is refuted."""
    generator = torch.Generator().manual_seed(0)
    wrong = [twin for twin in WRONG if twin.startswith(name)]
    for title in (name, *wrong):
        function = getattr(torch_complex, title)
        count = 2 if name == "Product" else 1
        drawn = [
            torch.rand(3, 4, generator=generator, dtype=torch.complex128, requires_grad=True) for _ in range(count)
        ]
        assert torch.autograd.gradcheck(function.apply, drawn, raise_exception=False) == (title == name)


def test_a_complex_gradient_of_a_real_input_is_an_error():
    """PyTorch's engine raises there, and does not leave out the imaginary part."""
    rows = verify.check(torch_function(ModulatedComplex, x="N D"), quick=True).comparisons
    assert {row.verdict for row in rows} == {Verdict.ERROR}
    assert all("complex" in row.evidence.detail for row in rows)


def _into_a_conjugate(ctx, z):
    shown = z.clone().conj()
    shown[:, 0] = 0
    return shown.clone()


def _by_fourier(ctx, z):
    return torch.fft.fft(z)


def _narrow(ctx, z):
    return torch.complex(z.real.half(), z.imag.half())


@pytest.mark.parametrize(
    ("forward", "said"),
    [(_into_a_conjugate, "aten.copy_|aten.fill_"), (_by_fourier, "aten._fft"), (_narrow, "ComplexHalf")],
    ids=["conjugate", "fourier", "half"],
)
def test_what_is_not_followed_of_complex_numbers_is_named(forward, said):
    """No row is proved, nor refuted; the message names the operation or the type, and the line is the user's."""
    backward = staticmethod(lambda ctx, g: g)
    function = type("Refused", (torch.autograd.Function,), {"forward": staticmethod(forward), "backward": backward})
    rows = verify.check(torch_function(function, z=verify.complex("N 2")), quick=True).comparisons
    assert {row.verdict for row in rows} <= {Verdict.UNDECIDED, Verdict.ERROR}
    assert re.search(said, rows[0].evidence.detail)


def test_entries_lie_as_in_pytorch():
    """Views by parts and by strides show one memory, and all that moves entries moves both parts of them."""
    floats = torch.view_as_complex(torch.arange(24, dtype=torch.float64).reshape(3, 4, 2))
    expected = [way(written) for written in [_written_into(floats)] for way in _MOVES]
    with arrays.running(trace := Trace()), followed(np.complex128):
        entries = arrays.built(trace.inputs(lambda: [f"x{i}" for i in range(24)], range(24)), (3, 4, 2))
        symbols = _written_into(torch.view_as_complex(leaf(entries)))
        given = [way(symbols) for way in _MOVES]
        nodes = [arrays.nodes(leaving(torch.view_as_real(tensor))) for tensor in given]
    for tensor, like, of in zip(given, expected, nodes, strict=True):
        assert (tensor.shape, tensor.stride(), tensor.dtype) == (like.shape, like.stride(), like.dtype)
        assert [float(trace.at_sample(node)) for node in of] == torch.view_as_real(like).reshape(-1).tolist()


def _written_into(tensor):
    tensor.real[0] = tensor.imag[1]
    tensor.t()[1] = 5 - 2j
    tensor[2, 2:] = tensor[0, :2].conj()
    return tensor


_MOVES = [
    lambda z: z,
    lambda z: z.t()[1:],
    lambda z: z.expand(2, 3, 4),
    lambda z: z.conj().resolve_conj(),
    lambda z: z[0].expand(3, 4).conj() * 1,
    lambda z: torch.cat([z, z.real]),
    lambda z: torch.where(z.real > 6, z, 1),
    lambda z: z.masked_fill(z.imag < 9, 2 - 3j),
    lambda z: z[:, [1, 1, 0]],
    lambda z: z.flip(0).roll(1, 1),
    lambda z: torch.full_like(z, 4j) + torch.zeros_like(z),
    lambda z: z.to(torch.complex64),
    lambda z: z.clone().copy_(z.imag),
    lambda z: z.clone().fill_(2j),
]
