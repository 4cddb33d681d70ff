"""Kernels of Triton in Functions of PyTorch: right ones are proved, planted mistakes refuted, the rest is told by name.

`make test-torch` runs this file, which needs PyTorch and Triton, and no GPU.
"""

import subprocess
import sys
from pathlib import Path

import pytest
import triton_functions
from triton_functions import BLOCK, RIGHT, WRONG, forward_kernel, function, tl, torch, triton

import verify
from verify import Verdict, torch_function
from verify.model.reasons import Reason


def rows(case):
    return verify.check(case, quick=True).comparisons


@pytest.mark.parametrize("name", RIGHT)
def test_right_kernels_are_right(name):
    """Every gradient is proved, or equal up to the rounding of a constant; nothing is undecided."""
    verdicts = {row.verdict for row in rows(RIGHT[name])}
    assert verdicts <= {Verdict.PROVED, Verdict.AGREES}
    assert Verdict.PROVED in verdicts or name == "gelu"


@pytest.mark.parametrize("name", WRONG)
def test_wrong_kernels_are_refuted(name):
    """By an exact counterexample."""
    assert Verdict.REFUTED in {row.verdict for row in rows(WRONG[name])}


def test_the_line_is_one_of_the_kernel():
    """Where the gradient parts from the exact one."""
    result = verify.check(WRONG["rms norm by the width of its block"])
    (place, *_) = [row.parting for row in result.comparisons if row.verdict is Verdict.REFUTED]
    source = Path(triton_functions.__file__).read_text().splitlines()
    assert "shared = tl.sum" in source[place.line - 1] or "normal * shared" in source[place.line - 1]


def test_other_layouts_of_memory_are_tried():
    """A kernel that reads memory in order takes a transposed input for another one; a copy in order is right."""
    codes = {finding.code for finding in verify.check(RIGHT["silu"]).findings if finding.fails}
    assert codes == {"GP122"}
    ordered = function(
        lambda x: triton_functions.elementwise(x.contiguous(), x.contiguous(), "relu"),
        lambda g, y, x: triton_functions.elementwise(x.contiguous(), g, "relu backward"),
    )
    assert verify.check(torch_function(ordered, x="N D")).good


def test_shorter_floats_have_shorter_addresses():
    """Floats of 32 bits are judged by the bound of their own operations."""
    result = verify.check(torch_function(function(tripled, lambda g, y, x: tripled(g)), x="N"))
    assert result.good
    assert {row.precision for row in result.accuracy} >= {"float32", "float64"}


def tripled(x):
    y = torch.empty_like(x)
    tripled_kernel[(triton.cdiv(x.numel(), BLOCK),)](x, y, x.numel(), SIZE=BLOCK)
    return y


@triton.jit
def tripled_kernel(x, y, n, SIZE: tl.constexpr):
    at = tl.program_id(0) * SIZE + tl.arange(0, SIZE)
    tl.store(y + at, tl.load(x + at, mask=at < n) * 3, mask=at < n)


@triton.jit
def outside_kernel(x, y, n, SIZE: tl.constexpr):
    at = tl.arange(0, SIZE)
    tl.store(y + at, tl.load(x + at + 1, mask=at < n, other=0.0), mask=at < n)


def outside(x):
    y = torch.empty_like(x)
    outside_kernel[(1,)](x, y, x.numel(), SIZE=16)
    return y


def test_what_a_kernel_reads_outside_of_a_tensor():
    """It is an error, and no number of whatever lies there."""
    found = rows(torch_function(function(tripled, lambda g, y, x: outside(g) * 0 + tripled(g)), x="3"))
    assert {row.verdict for row in found} == {Verdict.ERROR}
    assert "a kernel reads outside of a tensor of 3 entries, at place 3" in found[0].evidence.detail


@triton.jit
def unmasked_kernel(x, y, n, SIZE: tl.constexpr):
    at = tl.arange(0, SIZE)
    total = tl.sum(tl.load(x + at, mask=at < n), axis=0)
    tl.store(y + at, total + 0 * tl.load(x + at, mask=at < n), mask=at < n)


def summed(x):
    y = torch.empty_like(x)
    unmasked_kernel[(1,)](x, y, x.numel(), SIZE=8)
    return y


def test_entries_that_a_mask_leaves_unset():
    """What a masked load gives without `other` is not defined: a sum over it is no proof, though zeros come here."""
    found = rows(torch_function(function(summed, lambda g, y, x: g.sum().expand_as(x) * 1), x="3"))
    assert Verdict.PROVED not in {row.verdict for row in found}


@triton.jit
def bits_kernel(x, y, n, SIZE: tl.constexpr):
    at = tl.arange(0, SIZE)
    bits = tl.load(x + at, mask=at < n, other=0.0).to(tl.int64, bitcast=True)
    tl.store(y + at, (bits & 0x7FFFFFFFFFFFFFFF).to(tl.float64, bitcast=True), mask=at < n)


def by_bits(x):
    y = torch.empty_like(x)
    bits_kernel[(1,)](x, y, x.numel(), SIZE=8)
    return y


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_tensor_of_bfloat16_is_not_followed_in_a_kernel(dtype):
    """It is named; one of float32 in the same place is followed."""

    def squared(x):
        short = x.to(dtype)
        made = torch.empty_like(short)
        forward_kernel[(1,)](short, short, made, x.numel(), "product", 8)
        return made.to(x.dtype)

    (first, *_) = rows(torch_function(function(squared, lambda g, y, x: 2 * g * x), x="3"))
    followed = dtype == torch.float32
    assert first.verdict is (Verdict.PROVED if followed else Verdict.UNDECIDED)
    assert ("a tensor of torch.bfloat16 in a kernel" in first.evidence.detail) is not followed


def test_what_is_not_followed_is_told_by_name():
    """The bits of a number; the reason and the line are the user's."""
    found = rows(torch_function(function(by_bits, lambda g, y, x: g * x.sign()), x="3"))
    assert {row.verdict for row in found} == {Verdict.UNDECIDED}
    assert found[0].evidence.reason is Reason.RAW_MEMORY
    assert found[0].evidence.place.file.endswith("triton_checks.py")


def test_nothing_of_a_check_stays_behind():
    """Kernels run on plain tensors as before."""
    rows(RIGHT["relu"])
    x = torch.tensor([-1.0, 2.0, 3.0])
    assert torch.equal(triton_functions.elementwise(x, x, "relu"), torch.relu(x))
    assert forward_kernel.__class__.__name__ == "InterpretedFunction"


SOURCE = """
import triton, triton.language as tl, torch, gradproof
@triton.jit
def kernel(x, y, n, SIZE: tl.constexpr):
    at = tl.arange(0, SIZE)
    tl.store(y + at, tl.load(x + at, mask=at < n), mask=at < n)
class Same(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = torch.empty_like(x)
        kernel[(1,)](x, y, x.numel(), SIZE=16)
        return y
    @staticmethod
    def backward(ctx, g):
        return g * 1
same = gradproof.torch_function(Same, x="N")
"""


def test_compiled_kernels_are_told_what_to_set(tmp_path):
    """Without the interpreter nothing can be followed; the message says how to have it."""
    (tmp_path / "my_cases.py").write_text(SOURCE)
    command = [sys.executable, "-m", "gradproof", "-q", "my_cases.py"]
    made = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env={"PATH": ""}, check=False)
    assert made.returncode == 1
    assert "TRITON_INTERPRET=1" in made.stdout
