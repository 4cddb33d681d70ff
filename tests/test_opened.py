"""The operations of a layer with a wrong gradient: what uses what, at which line, and where it goes wrong."""

import inspect
from fractions import Fraction

import numpy as np
import pytest

import verify
from verify.checks.gradients import opened
from verify.checks.gradients.opened import with_operations
from verify.checks.gradients.traced import check_traced


class Affine:
    """tanh of an affine function, whose derivative lacks a square."""

    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x.copy()
        self.y = np.tanh(x @ self.W + self.b)
        return self.y

    def backward(self, dout):
        self.db = (dout * (1 - self.y * self.y)).sum(axis=0)
        dh = dout * (1 - self.y)
        self.dW = self.x.T @ dh
        return dh @ self.W.T


class Softmax:
    """The diagonal of the derivative alone."""

    def forward(self, x):
        e = np.exp(x - x.mean())
        self.y = e / e.sum(axis=1, keepdims=True)
        return self.y.copy()

    def backward(self, dout):
        return dout * self.y * (1 - self.y)


class Zeros:
    """No operation makes its gradient."""

    def forward(self, x):
        return 2 * x

    def backward(self, dout):
        return np.zeros(dout.shape)


class Untaped(Softmax):
    """A root of a square, which the tape does not follow."""

    def forward(self, x):
        self.y = np.sqrt(x**2)
        return self.y.copy()


def steps_of(layer, inputs="2 3", **params):
    case = verify.layer(layer, inputs={"x": inputs}, params=params)
    result, runs = check_traced(case)
    operations = with_operations(case, result, runs, 0).operations
    return operations.steps if operations else None


@pytest.fixture(scope="module")
def affine():
    return steps_of(Affine, W="3 2", b="2")


def test_every_operation_stands_after_what_it_uses(affine):
    """Inputs, forward, the output, the upstream, backward; each gradient after what it is made of."""
    assert [step.label for step in affine if step.kind == "input"] == ["x", "W", "b"]
    kinds = [step.kind for step in affine]
    assert kinds.index("output") < kinds.index("upstream") < kinds.index("gradient")
    assert all(argument < number for number, step in enumerate(affine) for argument in step.args)
    [output] = [step for step in affine if step.kind == "output"]
    assert affine[output.args[0]].label == "tanh"
    assert all(not step.backward for step in affine[: kinds.index("upstream")])


def test_an_operation_has_its_line(affine):
    """The file, the line and its source, in forward and in backward."""
    source, first = inspect.getsourcelines(Affine)
    for step in affine:
        if step.kind == "operation":
            assert step.code == source[step.where.line - first].strip()
    assert {step.label for step in affine if step.code.startswith("self.y")} == {"@", "+", "tanh"}


def test_what_parts_and_all_behind_it_is_wrong(affine):
    """The product of the wrong line, both products with it, and both gradients; what leads to a right one is not."""
    assert [(step.label, step.code) for step in affine if step.parted] == [("×", "dh = dout * (1 - self.y)")]
    assert [step.label for step in affine if step.wrong] == ["×", "@", "dW", "@", "dx"]
    [right] = [step for step in affine if step.label == "db"]
    assert not right.wrong
    assert not any(affine[argument].wrong for argument in right.args)


def test_differences_and_quotients_are_one_step():
    """As the code has them, although the tape has a sum with a negative, and a product with an inverse."""
    steps = steps_of(Softmax)
    assert [step.label for step in steps if step.kind == "operation"] == [
        *("sum", "× 0.1667", "−", "exp", "sum", "÷"),  # of forward: the mean first
        *("×", "1 −", "×"),
    ]
    by_label = {step.label: number for number, step in enumerate(steps)}
    assert steps[by_label["−"]].args == (by_label["x"], by_label["× 0.1667"])
    assert steps[by_label["÷"]].args == (by_label["exp"], steps.index(steps[by_label["÷"]]) - 1)


def test_a_difference_that_is_added_stays_one():
    """It is no negative number, and so is 1 - x."""

    class Added(Zeros):
        def forward(self, x):
            return np.sin(x) + (x - np.exp(x)) + (1 - np.cos(x))

    labels = [step.label for step in steps_of(Added) if step.kind == "operation"]
    assert labels == ["sin", "exp", "−", "+", "cos", "1 −", "+"]


def test_a_gradient_that_no_operation_makes_is_wrong_alone():
    """Zeros have no step before them."""
    *_, gradient = steps = steps_of(Zeros)
    assert (gradient.label, gradient.args, gradient.wrong) == ("dx", (), True)
    assert not any(step.parted for step in steps)


def test_what_cannot_be_followed_is_not_drawn():
    """There are no operations then."""
    assert steps_of(Untaped) is None


def test_what_is_long_is_not_drawn(monkeypatch):
    """So many steps at most are drawn, and one more is too many."""
    monkeypatch.setattr(opened, "_MOST", 4)
    assert len(steps_of(Zeros)) == 4
    monkeypatch.setattr(opened, "_MOST", 3)
    assert steps_of(Zeros) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(1, 3), "0.3333"),
        (0.5, "0.5"),
        (Fraction(0), "0"),
        (Fraction(10) ** 400, "…"),
        (Fraction(1, 10**400), "…"),
    ],
)
def test_constants_are_written_short(value, text):
    """Those that no float can be are exact on the tape, and no error here."""
    assert opened.written(value) == text


def test_a_right_layer_has_none():
    """There is nothing to look for."""

    class Right(Softmax):
        def backward(self, dout):
            return self.y * (dout - (dout * self.y).sum(axis=1, keepdims=True))

    assert steps_of(Right) is None


def test_a_quick_check_has_none():
    """It has verdicts alone."""
    case = verify.layer(Softmax, inputs={"x": "2 3"})
    assert verify.check(case, quick=True).operations is None


def test_a_check_of_everything_has_them():
    """What is checked whole has the operations that it is drawn with."""
    case = verify.layer(Zeros, inputs={"x": "2"})
    assert verify.check(case).operations.steps == steps_of(Zeros, "2")


def test_the_line_that_has_a_case_checked_is_none_of_its_code(monkeypatch):
    """What gradproof computes itself on the tape, such as the upstream, has no line: that of its caller is not shown."""
    seen = []
    begin = opened._Placed.__init__
    monkeypatch.setattr(opened._Placed, "__init__", lambda self, blocks: (begin(self, blocks), seen.append(self))[0])
    verify.check(verify.layer(Softmax, inputs={"x": "2 3"}))
    files_and_lines = {line for blocks in seen for line in blocks.lines.values() if line[0]}
    first = inspect.getsourcelines(Softmax)[1]
    last = first + len(inspect.getsourcelines(Softmax)[0])
    assert seen
    assert files_and_lines
    assert {where for where in files_and_lines if where[0] != __file__ or not first <= where[1] <= last} == set()
