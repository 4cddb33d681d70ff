"""Forward mode: derivatives along a direction are proved, mistakes in them refuted, Hessian products as well."""

import numpy as np
import pytest
from effort import some

import verify
from verify import Verdict, jvp
from verify.model.errors import InputError
from verify.model.reasons import Reason


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def silu(x):
    return x * sigmoid(x)


def silu_rule(x, dx):
    s = sigmoid(x)
    return dx * (s + x * s * (1 - s))


def silu_squared(x, dx):
    """Right for directions of zeros and ones alone."""
    s = sigmoid(x)
    return dx * dx * (s + x * s * (1 - s))


def affine(x, w, b):
    return x @ w + b


def affine_rule(x, w, b, dx, dw, db):
    return dx @ w + x @ dw + db


def affine_without_weights(x, w, b, dx, dw, db):
    return dx @ w + db


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def softmax_rule(x, dx):
    y = softmax(x)
    return y * (dx - (y * dx).sum(axis=1, keepdims=True))


def softmax_diagonal(x, dx):
    y = softmax(x)
    return y * dx * (1 - y)


def relu(x):
    return np.maximum(x, 0)


def relu_rule(x, dx):
    return dx * (x > 0)


def relu_of_direction(x, dx):
    return relu(dx)


def solved(a, b):
    return np.linalg.solve(a, b)


def solved_rule(a, b, a_dot, b_dot):
    return np.linalg.solve(a, b_dot - a_dot @ np.linalg.solve(a, b))


def solved_sign(a, b, a_dot, b_dot):
    return np.linalg.solve(a, b_dot + a_dot @ np.linalg.solve(a, b))


def moments(x):
    return x.mean(), (x * x).mean()


def moments_rule(x, dx):
    return dx.mean(), 2 * (x * dx).mean()


def moments_once(x, dx):
    return dx.mean(), (x * dx).mean()


def square(x):
    return x * x


def square_rule(x, dx):
    return 2 * x * dx


def square_shifted(x, dx):
    """The derivative and a constant, which no direction has a part in."""
    return 2 * x * dx + 1


def quartic_gradient(x):
    return 4 * x * (x @ x)


def quartic_product(x, v):
    return 4 * v * (x @ x) + 8 * x * (x @ v)


def quartic_first_term(x, v):
    return 4 * v * (x @ x)


TWINS = {
    "silu": (silu, {"x": "N D"}, silu_rule, silu_squared),
    "affine": (affine, {"x": "N D", "w": "D M", "b": "M"}, affine_rule, affine_without_weights),
    "softmax": (softmax, {"x": "N D"}, softmax_rule, softmax_diagonal),
    "relu": (relu, {"x": "N"}, relu_rule, relu_of_direction),
    "solved": (solved, {"a": "2 2", "b": "2"}, solved_rule, solved_sign),
    "moments": (moments, {"x": "N"}, moments_rule, moments_once),
    "square": (square, {"x": ""}, square_rule, square_shifted),
    "hessian": (quartic_gradient, {"x": "N"}, quartic_product, quartic_first_term),
    "log": (np.log, {"x": verify.real("N", low=0)}, lambda x, dx: dx / x, lambda x, dx: dx * x),
    "arcsin": (
        lambda x: np.arcsin(x),
        {"x": verify.real("N", low=-1, high=1)},
        lambda x, dx: dx / np.sqrt(1 - x * x),
        lambda x, dx: dx / np.sqrt(1 + x * x),
    ),
}


def verdicts(case, **options):
    return {row.verdict for row in verify.check(case, quick=True, **options).comparisons}


@pytest.mark.parametrize("name", some(TWINS))
def test_derivatives_along_a_direction(name):
    """A right rule is proved, and its twin with a planted mistake refuted."""
    function, inputs, right, wrong = TWINS[name]
    assert verdicts(jvp(function, right, name=name, **inputs)) == {Verdict.PROVED}
    assert Verdict.REFUTED in verdicts(jvp(function, wrong, name=name, **inputs))


def test_names_of_a_rule():
    """Directions go by their names, in whatever order; without such names, in the order of the inputs."""
    product = {"x": "N", "y": "N"}
    for rule, expected in (
        (lambda dy, y, dx, x: x * dy + y * dx, Verdict.PROVED),
        (lambda dy, y, dx, x: x * dx + y * dy, Verdict.REFUTED),
        (lambda a, b, c, d: a * d + b * c, Verdict.PROVED),
        (lambda a, b, c, d: a * c + b * d, Verdict.REFUTED),
    ):
        assert verdicts(jvp(lambda x, y: x * y, rule, name="product", **product)) == {expected}


def test_a_branch_on_the_direction():
    """A rule that is right for directions of one sign alone is refuted in the other region, and at no kink a right one."""
    for rule, right in ((relu_rule, True), (lambda x, dx: np.maximum(dx, 0) * (x > 0), False)):
        assert verify.check(jvp(relu, rule, name="relu", x="2")).good is right


def test_a_kink_has_the_derivatives_on_its_sides():
    """What is between them is a subgradient, and twice as much is not."""
    for factor, right in ((1, True), (2, False)):
        rule = lambda x, dx, f=factor: dx * np.where(x > 0, 1.0, np.where(x == 0, f, 0.0))  # noqa: E731
        assert verify.check(jvp(relu, rule, name="relu", x="1")).good is right


def test_options_and_what_is_not_differentiated():
    """Options go to whoever names them; targets and labels have no direction."""

    def loss(x, target, power=2):
        return ((x - target) ** power).sum()

    case = jvp(
        loss,
        lambda x, target, dx, power: (power * (x - target) ** (power - 1) * dx).sum(),
        x="N",
        target=verify.fixed("N"),
        options={"power": [2, 3]},
    )
    assert verdicts(case) == {Verdict.PROVED}
    wrong = jvp(
        loss,
        lambda x, target, dx: (2 * (x - target) * dx).sum(),
        x="N",
        target=verify.fixed("N"),
        options={"power": [2, 3]},
    )
    assert verdicts(wrong) == {Verdict.PROVED, Verdict.REFUTED}
    rows = lambda table, places: table[places]  # noqa: E731
    labels = {"table": "M D", "places": verify.integer("N", below="M")}
    assert verdicts(jvp(rows, lambda table, places, dtable: dtable[places], name="rows", **labels)) == {Verdict.PROVED}


def test_a_loss_proves_the_gradient_that_a_hessian_product_rests_on():
    """The two cases together are second order; a gradient that is wrong is refuted by the first of them."""
    quartic = lambda x: ((x @ x) ** 2, quartic_gradient(x))  # noqa: E731
    assert verdicts(verify.loss(quartic, x="N", name="quartic")) == {Verdict.PROVED}
    half = lambda x: ((x @ x) ** 2, quartic_gradient(x) / 2)  # noqa: E731
    assert verdicts(verify.loss(half, x="N", name="half")) == {Verdict.REFUTED}
    wrong = jvp(lambda x: quartic_gradient(x) / 2, quartic_product, x="N", name="half")
    assert verdicts(wrong) == {Verdict.REFUTED}


def test_the_backward_of_a_backward():
    """Second order in reverse is a pair whose forward is the first backward: gradients by dout and by x."""

    def backward(dout, x):
        return dout * 3 * x * x

    for factor, expected in ((6, {Verdict.PROVED}), (3, {Verdict.PROVED, Verdict.REFUTED})):
        second = lambda g, dout, x, f=factor: (g * 3 * x * x, f * g * dout * x)  # noqa: E731
        assert verdicts(verify.pair(backward, second, dout="N", x="N", name="cube")) == expected


def test_the_derivative_of_another_function():
    """`as_if` is followed along the line, and a rule of another slope refuted."""
    for slope, expected in ((1, Verdict.PROVED), (2, Verdict.REFUTED)):
        case = jvp(np.round, lambda x, dx, s=slope: s * dx, x="N", as_if=lambda x: x, name="straight")
        assert verdicts(case) == {expected}


def test_a_derivative_of_another_shape_is_an_error():
    """It is not broadcast to that of the output; nor are two where there is one output."""
    for rule in (lambda x, dx: 2 * (x * dx).sum(), lambda x, dx: (2 * x * dx, dx)):
        rows = verify.check(jvp(square, rule, x="N"), quick=True).comparisons
        assert {(row.verdict, row.evidence.reason) for row in rows} == {(Verdict.ERROR, Reason.WRONG_SHAPE)}


def test_inputs_named_like_directions():
    """Names that are taken get an underscore, and the case is the same."""
    inputs = {"x": "N", "dx": "N", "step": ""}
    rule = lambda x, dx, step, a, b, c: a * dx + x * b + c  # noqa: E731
    assert verdicts(jvp(lambda x, dx, step: x * dx + step, rule, name="taken", **inputs)) == {Verdict.PROVED}


def test_bad_input_is_named():
    """One line with what to do."""
    with pytest.raises(InputError, match="rule is 3, not a function"):
        jvp(square, 3, x="N")
    with pytest.raises(InputError, match="complex inputs are not supported in forward mode"):
        jvp(square, square_rule, x=verify.complex("N"))
    with pytest.raises(InputError, match="x: in forward mode bounds are no part of the claim"):
        jvp(square, square_rule, x=verify.real("N", low=0, closed=True))
    with pytest.raises(InputError, match="there is no input to differentiate"):
        jvp(square, square_rule, x=verify.fixed("N"))
    rows = verify.check(jvp(square, lambda x: x, x="N"), quick=True).comparisons
    assert {row.evidence.reason for row in rows} == {Reason.WRONG_ARGUMENTS}
