"""The everyday ways to ask for gradients are understood, and what is missing is named."""

import numpy as np
import pytest
from effort import slow, some

import verify
from verify import Verdict
from verify.model.errors import InputError


class Base:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def grads_of(self, dout):
        return self.x.T @ dout, dout.sum(axis=0)

    def backward(self, dout):
        self.dW, self.db = self.grads_of(dout)
        return dout @ self.W.T


class InDict(Base):
    def backward(self, dout):
        dW, db = self.grads_of(dout)
        self.grads = {"W": dW, "db": db}
        return dout @ self.W.T


class InList(Base):
    def __init__(self, W, b):
        super().__init__(W, b)
        self.params, self.grads = [W, b], [np.zeros_like(W), np.zeros_like(b)]

    def backward(self, dout):
        dW, db = self.grads_of(dout)
        self.grads[0][...] = dW
        self.grads[1][...] = db
        return dout @ self.W.T


class SetLater:
    W = b = None

    def __call__(self, x):
        self.x = x
        return x @ self.W + self.b

    backward = Base.backward
    grads_of = Base.grads_of


class Wrong(Base):
    def backward(self, dout):
        self.dW, self.db = self.grads_of(dout)
        return dout @ self.W.T * 2


LAYERS = [Base, InDict, InList, SetLater]
SHAPES = {"params": {"W": "D M", "b": "M"}, "inputs": {"x": "N D"}}


@pytest.mark.parametrize("make", LAYERS)
def test_layers(make):
    """Gradients of parameters are found in attributes, dicts and lists; parameters are passed, or set."""
    result = verify.check(verify.layer(make, **SHAPES))
    assert {c.name: c.verdict for c in result.comparisons} == dict.fromkeys("xWb", Verdict.PROVED)


@slow
def test_other_names_of_methods():
    """forward_pass and backward_pass, grad_W and b_grad are understood; positional parameters need not have our names."""

    class Pass:
        def __init__(self, weights, bias):
            self.W, self.b = weights, bias

        def forward_pass(self, x):
            self.x = x
            return x @ self.W + self.b

        def backward_pass(self, dout):
            self.grad_W, self.b_grad = self.x.T @ dout, dout.sum(axis=0)
            return (dout @ self.W.T,)

    assert verify.check(verify.layer(Pass, **SHAPES)).good


@slow
def test_a_wrong_layer_is_refuted_with_its_place():
    """The gradient that is wrong is refuted, with the line of backward."""
    wrong = [c for c in verify.check(verify.layer(Wrong, **SHAPES)).comparisons if not c.good]
    assert {(c.name, c.verdict) for c in wrong} == {("x", Verdict.REFUTED)}
    assert str(wrong[0].relation) == "actual = 2*expected"
    assert str(wrong[0].where).startswith("tests/test_protocols.py:")


def test_a_loss_layer_without_upstream():
    """A backward without an argument is that of a loss: its upstream is 1."""

    class Loss:
        def forward(self, y, t):
            self.y, self.t = y, t
            return ((y - t) ** 2).sum() / 2

        def backward(self):
            return self.y - self.t

    result = verify.check(verify.layer(Loss, inputs={"y": "N", "t": verify.constant(0.25)}))
    assert result.good
    assert result.upstream == ("dout", "1")


@slow
def test_options_go_where_they_are_known():
    """Options reach the constructor or forward, every combination of them."""

    class Leaky:
        def __init__(self, alpha=0.1):
            self.alpha = alpha

        def forward(self, x, scale=1):
            self.slope = np.where(x > 0, 1, self.alpha) * scale
            return x * self.slope

        def backward(self, dout):
            return dout * self.slope

    result = verify.check(verify.layer(Leaky, inputs={"x": "N"}, options={"alpha": [0.1, 0.3], "scale": [1, 2]}))
    assert result.good
    assert {str(c.variant) for c in result.comparisons} == {
        f"N={n}, alpha={a}, scale={s}" for n in (3, 1) for a in (0.1, 0.3) for s in (1, 2)
    }


def affine_forward(x, w, b):
    return x @ w + b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(0)


def affine_backward_wrong(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.mean(0)


@slow
def pool_forward(x, mode="max"):
    return x.max(axis=1) if mode == "max" else x.mean(axis=1), x.copy()


def pool_backward(dout, cache, mode="max"):
    if mode == "max":
        return (cache == cache.max(axis=1, keepdims=True)) * dout[:, None]
    return np.repeat(dout[:, None], cache.shape[1], axis=1) / cache.shape[1]


def demanding_backward(dout, cache, mode):
    return pool_backward(dout, cache, mode)


def summed_backward(dout, cache, mode="max"):
    return pool_backward(dout, cache, mode) * (1 if mode == "max" else cache.shape[1])


class Pool:
    def forward(self, x, mode="max"):
        out, self.x = pool_forward(x, mode)
        return out

    def backward(self, dout, mode="max"):
        return pool_backward(dout, self.x, mode)


@pytest.mark.parametrize(
    ("backward", "verdict"),
    [
        (pool_backward, Verdict.PROVED),
        (demanding_backward, Verdict.PROVED),
        (summed_backward, Verdict.REFUTED),
        (None, Verdict.PROVED),
    ],
)
def test_options_that_both_functions_take(backward, verdict):
    """A mode that forward and backward take is passed to both of them, and a mistake in one mode is found."""
    options = {"mode": ["max", "average"]}
    case = (
        verify.pair(pool_forward, backward, x="N D", options=options)
        if backward
        else verify.layer(Pool, inputs={"x": "N D"}, options=options)
    )
    verdicts = {
        mode: {row.verdict for row in verify.check(case, quick=True).comparisons if mode in str(row.variant)}
        for mode in options["mode"]
    }
    assert verdicts == {"max": {Verdict.PROVED}, "average": {verdict}}


def test_a_pair_of_functions():
    """A cache is passed from forward to backward; what is wrong is refuted."""
    shapes = {"x": "N D", "w": "D M", "b": "M"}
    assert verify.check(verify.pair(affine_forward, affine_backward, **shapes)).good
    wrong = verify.check(verify.pair(affine_forward, affine_backward_wrong, **shapes))
    assert {c.name for c in wrong.comparisons if not c.good} == {"b"}


def test_a_pair_without_a_cache():
    """Without a cache, backward takes the inputs."""
    assert verify.check(verify.pair(lambda x: x * x, lambda dout, x: 2 * x * dout, x="N")).good


def test_a_pair_with_a_dict():
    """Gradients may come by name, with and without a d."""
    case = verify.pair(lambda x, y: (x * y, (x, y)), lambda d, c: {"dx": d * c[1], "y": d * c[0]}, x="N", y="N")
    assert verify.check(case).good


def squared(x, y):
    return ((x - y) ** 2).sum(), 2 * (x - y)


def test_a_loss_with_its_gradient():
    """A function that returns a loss and a gradient; further inputs may be constants."""
    assert verify.check(verify.loss(squared, x="N D", y=verify.constant(np.ones((1, 4))))).good
    wrong = verify.loss(lambda x: ((x**2).sum(), x), x="N D", name="wrong")
    assert {c.verdict for c in verify.check(wrong).comparisons} == {Verdict.REFUTED}


@pytest.mark.parametrize(("forward", "backward"), [("Forward", "Backward"), ("forwardPass", "backProp")])
def test_names_of_methods_in_any_spelling(forward, backward):
    """Methods are found in capitals and in camel case, and a wrong gradient in them too; gradients of weights are not."""

    def made(factor):
        def run(unit, x):
            unit.x = x
            return unit.w * x

        def back(unit, dout):
            unit.dw = factor * np.sum(unit.x * dout)
            return unit.w * dout

        return type("Scale", (), {"__init__": lambda unit, w: setattr(unit, "w", w), forward: run, backward: back})

    for factor, good in ((1, True), (2, False)):
        assert verify.check(verify.layer(made(factor), inputs={"x": "N"}, params={"w": ""})).good is good


def test_a_function_and_its_derivative():
    """The derivative takes the input, or the output."""
    assert verify.check(verify.derivative(np.tanh, lambda x: 1 - np.tanh(x) ** 2, x="N")).good
    assert verify.check(verify.derivative(np.tanh, lambda y: 1 - y**2, of="output", x="N")).good
    assert not verify.check(verify.derivative(np.tanh, lambda y: 1 - y**2, x="N")).good


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (type("NoBackward", (), {"forward": lambda self, x: x}), "NoBackward has no method backward"),
        (type("NoForward", (), {"backward": lambda self, d: d}), "NoForward has no method forward"),
        (
            type("Two", (), {"forward": lambda self, x: x, "backward": lambda self, d: (d, d)}),
            r"expected 1 gradient \(x\), got 2",
        ),
    ],
)
def test_what_a_layer_lacks_is_named(make, message):
    """A missing method, or another number of gradients, is a row that says so."""
    import re

    row = verify.check(verify.layer(make, inputs={"x": "N"})).comparisons[0]
    assert row.verdict is Verdict.ERROR
    assert re.search(message, row.evidence.detail)


def test_a_missing_gradient_of_a_parameter_is_named():
    """The message lists where it was looked for."""

    class Forgetful(Base):
        def backward(self, dout):
            return dout @ self.W.T

    row = verify.check(verify.layer(Forgetful, **SHAPES)).comparisons[0]
    assert (
        "Forgetful keeps no gradient of 'W': let backward set self.dW (other names that are read: d_W, grad_W"
        in row.evidence.detail
    )


def test_cases_have_the_name_of_what_they_check():
    """A class gives its name, a pair its first function's; name= overrides both."""
    assert verify.layer(Base, **SHAPES).name == "Base"
    assert verify.pair(affine_forward, affine_backward, x="N D", w="D M", b="M").name == "affine"
    assert verify.layer(Base, name="mine", **SHAPES).name == "mine"


class KeepsItsResults:
    """In the manner of Neural Networks from Scratch."""

    def __init__(self, weights, biases):
        self.weights, self.biases = weights, biases

    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.dot(inputs, self.weights) + self.biases

    def backward(self, dvalues, clip=None):
        self.dweights = np.dot(self.inputs.T, dvalues)
        self.dbiases = np.sum(dvalues, axis=0)
        self.dinputs = np.dot(dvalues, self.weights.T)


def test_results_may_be_kept_in_attributes():
    """Methods that return nothing leave output and dinputs behind; an option that only backward knows goes there."""
    shapes = {"params": {"weights": "D M", "biases": "M"}, "inputs": {"inputs": "N D"}}
    assert verify.check(verify.layer(KeepsItsResults, **shapes, options={"clip": [None]})).good


def test_options_are_copied():
    """Code that writes into an option does not change it for the next run, nor what is said of it."""

    def forward(x, state):
        state["mean"] = x.mean()
        return x * x, x

    case = verify.pair(forward, lambda d, x: 2 * d * x, x="N", options={"state": [{"mode": "train"}]})
    result = verify.check(case)
    assert result.good
    assert str(result.comparisons[0].variant) == "N=3, state={'mode': 'train'}"


def test_objects_and_partials_have_names():
    """What is called need not be a function."""
    from functools import partial

    class Squares:
        def __call__(self, x):
            return x * x

        def gradient(self, x):
            return 2 * x

    square = Squares()
    case = verify.derivative(square, square.gradient, x="N")
    assert case.name == "Squares"
    assert verify.check(case).good
    assert verify.pair(partial(affine_forward), affine_backward, x="N D", w="D M", b="M").name == "affine"


@pytest.mark.parametrize(
    ("value", "cure"),
    [
        (2, "options={'size': [2]}, or '2' for an array of 2 entries"),
        (0.5, "options={'size': [0.5]}"),
        (True, "options={'size': [True]}"),
    ],
)
def test_numbers_are_options(value, cure):
    """A number for the constructor is no shape: it is refused, with the option that it is."""
    with pytest.raises(InputError) as refused:
        verify.layer(Base, inputs={"x": "N D"}, params={"W": "D M", "b": "M", "size": value})
    assert str(refused.value).endswith(f"'size' is {value!r}, not the shape of an array: write {cure}")


class Grouped(Base):
    def backward(self, dout):
        return dout @ self.W.T, list(self.grads_of(dout))


class GroupedByName(Base):
    def backward(self, dout):
        dW, db = self.grads_of(dout)
        return dout @ self.W.T, {"db": db, "dW": dW}


class WrongGrouped(Base):
    def backward(self, dout):
        return dout @ self.W.T, [self.x.T @ dout, dout.mean(axis=0)]


@pytest.mark.parametrize(("make", "wrong"), [(Grouped, ""), (GroupedByName, ""), (WrongGrouped, "b")])
def test_gradients_behind_those_of_inputs(make, wrong):
    """Gradients of parameters may be returned behind those of the inputs, as a list or dict."""
    result = verify.check(verify.layer(make, **SHAPES))
    assert {c.name for c in result.comparisons} == set("xWb")
    assert {c.name for c in result.comparisons if c.verdict is not Verdict.PROVED} == set(wrong)


class Written:
    factor = 2

    def forward(self, x, y):
        return x * x * y

    def backward(self, dout, x, y, dx, dy):
        dx[...] = self.factor * dout * x * y
        dy[...] = dout * x * x


class WronglyWritten(Written):
    factor = 1


class Named:
    sign = 1

    def forward(self, x):
        return np.exp(x)

    def backward(self, x, outputs, grads):
        return self.sign * grads * outputs


class WronglyNamed(Named):
    sign = -1


@pytest.mark.parametrize("make", [Written, WronglyWritten, Named, WronglyNamed])
def test_arguments_of_backward_by_name(make):
    """Backward is passed inputs and the output by their names, and arrays that it writes gradients into."""
    inputs = {"x": "N D", "y": "N D"} if issubclass(make, Written) else {"x": "N D"}
    result = verify.check(verify.layer(make, inputs=inputs))
    wrong = make.__name__.startswith("Wrongly")
    assert result.comparisons[0].verdict is (Verdict.REFUTED if wrong else Verdict.PROVED)
    assert len({c.name for c in result.comparisons}) == len(inputs)


def joined_forward(xs):
    return np.concatenate(xs, axis=1), [x.shape[1] for x in xs]


def joined_backward(dout, widths):
    return np.split(dout, np.cumsum(widths)[:-1], axis=1)


def swapped_backward(dout, widths):
    return joined_backward(2 * dout, widths)


def summed_forward(params, x):
    return x @ params["W"] + params["b"], (params["W"], x)


def summed_backward(dout, cache):
    W, x = cache
    return {"W": x.T @ dout, "b": dout.sum(axis=0), "x": dout @ W.T}


def wrongly_summed_backward(dout, cache):
    return {**summed_backward(dout, cache), "b": 2 * dout.sum(axis=0)}


@pytest.mark.parametrize(
    ("functions", "inputs", "wrong"),
    some(
        [
            ((joined_forward, joined_backward), {"xs": ["N D", "N M"]}, set()),
            ((joined_forward, swapped_backward), {"xs": ["N D", "N M"]}, {"xs_0", "xs_1"}),
            ((summed_forward, summed_backward), {"params": {"W": "D M", "b": "M"}, "x": "N D"}, set()),
            ((summed_forward, wrongly_summed_backward), {"params": {"W": "D M", "b": "M"}, "x": "N D"}, {"b"}),
        ],
        6,
    ),
)
def test_lists_and_dicts_of_arrays(functions, inputs, wrong):
    """An input may be a list or dict of arrays, each of which has its gradient."""
    result = verify.check(verify.pair(*functions, **inputs))
    assert {c.name for c in result.comparisons if c.verdict is Verdict.REFUTED} == wrong
    assert {c.verdict for c in result.comparisons if c.name not in wrong} <= {Verdict.PROVED}


def test_arrays_of_one_name():
    """Two arrays of one name, one of them in a dict, are refused."""
    with pytest.raises(InputError, match="'W' is declared twice"):
        verify.pair(summed_forward, summed_backward, params={"W": "D M"}, W="D M")
