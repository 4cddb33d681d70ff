"""Code that returns outputs of other shapes in other regions: each region is judged with upstreams of its own."""

import numpy as np
import pytest

import verify

MASKS = {
    "positive rows": lambda x: x.sum(axis=1) > 0,
    "first column": lambda x: x[:, 0] > 0.5,
    "curved": lambda x: x[:, 0] * x[:, 1] > 0.5,
}
CHOICES = {
    "by a mask": lambda x, mask: x[mask],
    "compressed": lambda x, mask: np.compress(mask, x, axis=0),
    "by places": lambda x, mask: x[np.flatnonzero(mask)],
    "flat": lambda x, mask: x[mask].ravel(),
}
MISTAKES = {
    "a factor": lambda gradient, mask: 2 * gradient,
    "where none is chosen": lambda gradient, mask: gradient + (not mask.any()),
    "where one is chosen": lambda gradient, mask: gradient * (1 + (mask.sum() == 1)),
    "of those left out": lambda gradient, mask: gradient + ~mask[:, None],
}


class Chosen:
    """The chosen rows, and then a function with a kink of them."""

    def __init__(self, mask, choose, mistake=lambda gradient, mask: gradient):
        self.rule, self.choose, self.mistake = mask, choose, mistake

    def forward(self, x):
        self.x, self.mask = x, self.rule(x)
        return np.where(self.choose(x, self.mask) > 1, 2 * self.choose(x, self.mask) - 1, self.choose(x, self.mask))

    def backward(self, dout):
        gradient = np.zeros_like(self.x)
        chosen = self.x[self.mask]
        gradient[self.mask] = np.where(chosen > 1, 2, 1) * dout.reshape(chosen.shape)
        return self.mistake(gradient, self.mask)


class Grown:
    """An output that is twice as long where the first entry is large."""

    def forward(self, x):
        self.x, self.times = x, 2 if x[0] > 1 else 1
        return np.tile(x, self.times) ** 2

    def backward(self, dout):
        return 2 * self.x * dout.reshape(self.times, -1).sum(axis=0)


class GrownWrong(Grown):
    def backward(self, dout):
        return 2 * self.x * dout[: len(self.x)]


def verdicts(make, shape):
    """Return the verdicts of a layer with one input."""
    result = verify.check(verify.layer(make, inputs={"x": shape}))
    return {row.verdict for row in result.comparisons}, result


@pytest.mark.parametrize("choose", CHOICES)
@pytest.mark.parametrize("mask", MASKS)
def test_chosen_rows(mask, choose):
    """Right gradients are proved in each region."""
    found, _ = verdicts(lambda: Chosen(MASKS[mask], CHOICES[choose]), "3 2")
    assert found == {verify.Verdict.PROVED}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("mask", MASKS)
def test_mistakes_among_chosen_rows(mask, mistake):
    """Mistakes are found, also in a region with fewer outputs than at the sample, or none."""
    found, _ = verdicts(lambda: Chosen(MASKS[mask], CHOICES["compressed"], MISTAKES[mistake]), "3 2")
    assert verify.Verdict.REFUTED in found
    assert verify.Verdict.ERROR not in found


@pytest.mark.parametrize(("make", "verdict"), [(Grown, "PROVED"), (GrownWrong, "REFUTED")])
def test_an_output_that_grows(make, verdict):
    """Where an output is larger the further upstreams count."""
    found, _ = verdicts(make, "3")
    assert verify.Verdict[verdict] in found


class Trimmed:
    """Without what is negative at the end."""

    def forward(self, x):
        self.x, self.length = x, len(x)
        while self.length > 1 and x[self.length - 1] < 0:
            self.length -= 1
        return x[: self.length] ** 2

    def backward(self, dout):
        gradient = np.zeros_like(self.x)
        gradient[: self.length] = 2 * self.x[: self.length] * dout
        return gradient


class Overwriting(Trimmed):
    def backward(self, dout):
        dout *= 2 * self.x[: self.length]
        gradient = np.zeros_like(self.x)
        gradient[: self.length] = dout
        return gradient


@pytest.mark.parametrize(("make", "codes"), [(Trimmed, {"GP120"}), (Overwriting, {"GP101", "GP120"})])
def test_contracts_are_checked_at_other_inputs(make, codes):
    """Where another shape comes out an upstream of that shape is sent: the code does not raise."""
    _, result = verdicts(make, "3")
    assert {finding.code for finding in result.findings} == codes


def test_the_edge_of_a_shape_is_a_jump():
    """On an edge where the shape changes there is no derivative, which is said."""
    _, result = verdicts(lambda: Chosen(MASKS["first column"], CHOICES["by a mask"]), "3 2")
    assert any("x[0,0] - 1/2 = 0: the output jumps there" in remark for remark in result.cover.kinks), result.cover
