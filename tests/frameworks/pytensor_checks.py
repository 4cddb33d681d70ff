"""Ops of PyTensor: right gradients are proved, planted mistakes refuted, and what is not followed is named.

`make test-pytensor` runs this file, which needs PyTensor; `make test` does without it.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytensor_functions
import pytest
from pytensor.gradient import disconnected_grad, grad_clip, grad_undefined
from pytensor_functions import RIGHT, TRANSPOSED, WRONG, Affine, Elementwise, Polar, Silu, Softplus

import verify
from verify import Verdict, pytensor_op
from verify.model.errors import InputError
from verify.model.reasons import Reason

SQUARE = "3 3"


def checked(case):
    return verify.check(case, quick=True)


def of(op, **inputs):
    """Return the rows of an Op, or of a function of variables."""
    return checked(pytensor_op(op, name="made", **inputs)).comparisons


def verdicts(op, **inputs):
    return {row.verdict for row in of(op, **inputs)}


@pytest.mark.parametrize("name", RIGHT)
def test_right_gradients_are_proved(name):
    """By whichever of the three names of the rule, and for each output alone."""
    assert {row.verdict for row in checked(RIGHT[name]).comparisons} == {Verdict.PROVED}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_gradients_are_refuted(name):
    """No row is undecided, and none an error."""
    found = {row.verdict for row in checked(WRONG[name]).comparisons}
    assert Verdict.REFUTED in found
    assert found <= {Verdict.REFUTED, Verdict.PROVED}


@pytest.mark.parametrize("name", ["silu", "affine", "leaky", "cumulated", "polar"])
def test_nothing_false_is_said_of_right_gradients(name):
    """Other regions, contracts and floats in three precisions: all passes, and there is no finding."""
    result = verify.check(RIGHT[name])
    assert result.good
    assert [finding for finding in result.findings if not finding.allowed] == []


def test_each_output_is_asked_for_alone():
    """The rule gets gradients of a disconnected type for the other outputs."""
    ways = {dict(row.variant.options)["pytensor"] for row in checked(RIGHT["polar"]).comparisons}
    assert ways == {"'all outputs'", "'output 0 alone'", "'output 1 alone'"}

    class Disconnecting(Polar):
        def pullback(self, inputs, outputs, output_grads):
            return [output_grads[0] * pt.cos(inputs[1]), -output_grads[0] * outputs[1]]

    rows = of(Disconnecting(), radius="N", angle="N")
    wrong = {dict(row.variant.options)["pytensor"] for row in rows if row.verdict is not Verdict.PROVED}
    assert wrong == {"'all outputs'", "'output 1 alone'"}


def test_the_place_is_the_users_rule():
    """Of a case, and of what is refused."""
    case = pytensor_op(Silu(), x="N")
    assert case.name == "Silu"
    lines = Path(pytensor_functions.__file__).read_text().splitlines()
    assert lines[case.backward.line - 1] == "    def pullback(self, inputs, outputs, output_grads):"
    (row,) = of(lambda x: pytensor.scan(lambda row: 2 * row, sequences=x, return_updates=False), x="3")
    assert row.verdict is Verdict.UNDECIDED
    assert "Scan" in row.evidence.detail
    assert f"pytensor_checks.py:{test_the_place_is_the_users_rule.__code__.co_firstlineno + 6}" in row.evidence.detail


def test_a_gradient_of_another_shape_is_an_error():
    """PyTensor's types do not know sizes, so it hands a transposed gradient on."""
    rows = [row for row in checked(TRANSPOSED).comparisons if row.name == "w"]
    assert {(row.verdict, row.evidence.reason) for row in rows} == {(Verdict.ERROR, Reason.WRONG_SHAPE)}


def test_an_output_with_other_axes_is_an_error():
    """Compiled code would read it as if it had those of its type."""

    class Summed(Silu):
        def perform(self, node, inputs, output_storage):
            output_storage[0][0] = inputs[0].sum()

    (row,) = of(Summed(), x="3")
    assert (row.verdict, row.evidence.reason) == (Verdict.ERROR, Reason.WRONG_SHAPE)
    assert "0 axes" in row.evidence.detail


FOLLOWED = {
    "elementwise": lambda x: pt.tanh(x) + pt.sigmoid(x) * pt.softplus(x) + pt.exp(x) + x + 2 * x - pt.sqr(x),
    "branches": lambda x: pt.switch(x > 0, x, 0.1 * x) + pt.clip(x, -1, 1) + abs(x) + pt.maximum(x, 0.5),
    "softmax": lambda x: pt.special.softmax(x, axis=-1) * pt.special.log_softmax(x, axis=0) + pt.logsumexp(x),
    "sums": lambda x: x.mean(axis=0) + x.sum(axis=1) + x.max(axis=1) + x.prod(axis=0) + x.var(axis=0),
    "indices": lambda x: x[1:] * x[:-1] + x[[0, 1]] + pt.set_subtensor(x[0], x[1])[:2] + x[x > 0].sum(),
    "parts": lambda x: pt.concatenate([x, pt.stack([x[0], x[1]])]) + pt.repeat(x[:1], 5, axis=0),
    "products": lambda x: x @ x.T + pt.dot(x, x) + pt.einsum("ij,kj->ik", x, x) + pt.tensordot(x, x, axes=1),
    "matrices": lambda x: pt.linalg.inv(x) + pt.linalg.solve(x, x.T) * pt.linalg.det(x) + pt.diag(x[:, 0]),
    "positive": lambda x: pt.linalg.cholesky(x @ x.T + pt.eye(3)),
    "types": lambda x: x.astype("float32").astype("float64") * pt.arange(3) + pt.argmax(x, axis=0),
}


@pytest.mark.parametrize("name", FOLLOWED)
def test_operations_of_pytensors_are_followed(name):
    """In functions of variables, whose gradients are PyTensor's own."""
    assert verdicts(FOLLOWED[name], x=SQUARE) == {Verdict.PROVED}


@pytest.mark.parametrize("name", FOLLOWED)
def test_a_wrong_op_is_found_behind_what_is_followed(name):
    """The planted error is a slope one part in a million off, at the beginning."""

    class Twice(Elementwise):
        def perform(self, node, inputs, output_storage):
            output_storage[0][0] = 2 * inputs[0]

        def slope(self, x, y):
            return 2.000002

    assert Verdict.REFUTED in verdicts(lambda x: FOLLOWED[name](Twice()(x)), x=SQUARE)


def test_bounds_that_cross():
    """PyTensor looks at the lower bound first; a rule for the other order is refuted."""
    bounds = {"low": [1.0], "high": [-1.0]}
    clipped = lambda x, low, high: pt.clip(x, low, high) * x  # noqa: E731
    assert verdicts(clipped, x="N", options=bounds) == {Verdict.PROVED}
    swapped = lambda x, low, high: pt.minimum(pt.maximum(x, low), high) * x  # noqa: E731
    assert verdicts(clipped, x="N", options=bounds, as_if=swapped) == {Verdict.REFUTED}


def test_shared_variables_are_constants():
    """Their values are those at the time of the run, and PyTensor differentiates by the inputs alone."""
    weights = pytensor.shared(np.arange(9.0).reshape(3, 3) / 7)
    assert verdicts(lambda x: pt.tanh(x @ weights), x=SQUARE) == {Verdict.PROVED}


@pytest.mark.parametrize("held", [disconnected_grad, lambda x: grad_clip(x, -1, 1)], ids=["held", "clipped"])
def test_what_pytensor_differentiates_otherwise_is_undecided(held):
    """As long as no function is stated whose derivative is meant."""
    (row,) = of(lambda x: x * held(x), x="3")
    assert row.verdict is Verdict.UNDECIDED
    assert "as_if" in row.evidence.detail
    (row,) = of(lambda x: x, as_if=lambda x: x + held(x), x="3")
    assert row.verdict is Verdict.UNDECIDED


def test_the_derivative_of_another_function():
    """`as_if` is proved, and its twin with a wrong slope refuted."""

    class Rounded(Elementwise):
        def __init__(self, factor):
            self.factor = factor

        def perform(self, node, inputs, output_storage):
            output_storage[0][0] = np.round(inputs[0])

        def slope(self, x, y):
            return self.factor * pt.ones_like(x)

    assert verdicts(Rounded(1), x="N", as_if=lambda x: x) == {Verdict.PROVED}
    assert verdicts(Rounded(2), x="N", as_if=lambda x: x) == {Verdict.REFUTED}
    passed = {row.verdict for row in of(lambda x: disconnected_grad(pt.round(x) - x) + x, x="N", as_if=lambda x: x)}
    assert passed == {Verdict.PROVED}


def test_an_input_without_a_gradient_is_an_error():
    """What to write is said; as `gradproof.fixed` the input is none of the claim."""

    class Partial(Affine):
        def L_op(self, inputs, outputs, output_grads):  # noqa: N802 - as PyTensor has it
            x, w, _ = super().L_op(inputs, outputs, output_grads)
            return [x, w, grad_undefined(self, 2, inputs[2])]

    rows = of(Partial(), x="N D", w="D M", b="M")
    assert {(row.verdict, row.evidence.reason) for row in rows} == {(Verdict.ERROR, Reason.MISSING_GRADIENT)}
    assert "gradproof.fixed" in rows[0].evidence.detail
    assert verdicts(Partial(), x="N D", w="D M", b=verify.fixed("M")) == {Verdict.PROVED}


def test_sizes_of_one_are_not_stretched():
    """PyTensor stretches where a type says 1, and raises for a size that happens to be 1."""
    added = lambda x, b: x + b  # noqa: E731
    assert verdicts(added, x="N D", b="1 D") == {Verdict.PROVED}
    assert Verdict.ERROR in verdicts(added, x="N D", b="M D", sizes={"N": 3, "M": 1})


def test_options():
    """They are further parameters of a function."""
    assert verdicts(lambda x, n: n * x * x, x="N", options={"n": [2, 3]}) == {Verdict.PROVED}


def test_bad_input_is_named():
    """One line with what to do."""
    with pytest.raises(InputError, match=r"expected an Op, as in pytensor_op\(MyOp\(\), ...\), or a function"):
        pytensor_op(Silu, x="N")
    with pytest.raises(InputError, match="Silu takes x: there is no 'y'"):
        pytensor_op(Silu(), y="N")
    with pytest.raises(InputError, match="Affine takes 'b' too: describe it"):
        pytensor_op(Affine(), x="N D", w="D M")
    with pytest.raises(InputError, match="complex inputs are not supported"):
        pytensor_op(Silu(), x=verify.complex("N"))


def test_what_has_no_real_output_is_an_error():
    """A function that returns no variable, and one of whole numbers alone."""
    for returned in (3.0, pt.arange(3)):
        (row,) = of(lambda x, r=returned: r, x="3", options={"r": [returned]})
        assert (row.verdict, row.evidence.reason) == (Verdict.ERROR, Reason.MISSING_OUTPUT)


def test_nothing_of_pytensor_is_replaced():
    """What PyTensor computes of floats is the same after a check, and its settings are what they were."""
    x = pt.vector("x")
    gradient, at = pytensor.grad(Softplus()(x).sum(), x), np.array([0.5, -1.0])
    mode = pytensor.compile.mode.Mode(linker="py", optimizer=None)
    before, floats = gradient.eval({x: at}, mode=mode), pytensor.config.floatX
    assert checked(RIGHT["softplus"])
    assert (gradient.eval({x: at}, mode=mode) == before).all()
    assert pytensor.config.floatX == floats


def test_the_command_checks_ops(tmp_path):
    """In its workers, without a warning."""
    (tmp_path / "my_functions.py").write_text(Path(pytensor_functions.__file__).read_text())
    (tmp_path / "my_cases.py").write_text(
        "import my_functions\nnorm, wrong = my_functions.RIGHT['norm'], my_functions.WRONG['norm']\n"
    )
    command = [sys.executable, "-m", "gradproof", "my_cases.py", "--quick", "--color", "never"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Warning" not in done.stderr
    assert "FAILED: 1 gradient refuted" in done.stdout


def test_the_core_imports_no_pytensor():
    """A case of NumPy's costs no import of PyTensor, and none of the adapter."""
    program = (
        "import sys, numpy as np, verify\n"
        "case = verify.pair(lambda x: x * x, lambda d, x: 2 * x * d, x='N')\n"
        "assert verify.check(case, quick=True)\n"
        "sys.exit(any(name.startswith(('pytensor', 'verify.adapters')) for name in sys.modules))\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
