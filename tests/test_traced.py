"""Traced cases from layer to row: verdicts, diagnoses, regions, and what is said of bad layers."""

import inspect
import math
import statistics
from collections import Counter

import numpy as np
import pytest
from effort import LONG, slow, some

import verify
from layers import activations, attention, convolution, linear, losses, normalisation, pooling, recurrent
from verify import Verdict
from verify.cases.case import TracedCase
from verify.model.errors import InputError
from verify.tracing.arrays.arrays import SymbolArray
from verify.tracing.observe import variants
from verify.tracing.symbols.concolic import Concolic

MODULES = (activations, attention, convolution, linear, losses, normalisation, pooling, recurrent)
LAYERS = {
    f"{module.__name__.rpartition('.')[2]}.{name}": found
    for module in MODULES
    for name, found in vars(module).items()
    if isinstance(found, TracedCase)
}
FEW = ("activations.gelu", "losses.softmax_with_loss")


def rows(case, seed=0):
    """Return the gradient rows of the largest variant, by name."""
    result = verify.check(case, seed)
    variant = result.comparisons[0].variant
    return {row.name: row for row in result.comparisons if row.variant == variant}


def affine(dx=lambda d, x, W: d @ W.T, dW=lambda d, x, W: x.T @ d, db=lambda d: d.sum(axis=0)):
    """Make the case of an affine layer with some other gradients."""

    @verify.case(x="N D", W="D M", b="M")
    def planted(x, W, b):
        dout = yield x @ W + b
        return dx(dout, x, W), dW(dout, x, W), db(dout)

    return planted


def elementwise(forward, backward, shape="N"):
    """Make the case of a function of x, and the gradient that it claims."""

    @verify.case(x=shape)
    def planted(x):
        dout = yield forward(x)
        return backward(dout, x)

    return planted


def test_the_unchanged_layer_is_proved():
    """What the errors below are planted in is right."""
    assert verify.check(affine()).good
    assert {row.verdict for row in rows(affine()).values()} == {Verdict.PROVED}


@pytest.mark.parametrize(
    ("name", "planted", "said"),
    some(
        [
            ("b", {"db": lambda d: -d.sum(axis=0)}, "the sign is wrong"),
            ("b", {"db": lambda d: 2 * d.sum(axis=0)}, "too large by a factor of 2"),
            ("b", {"db": lambda d: d.mean(axis=0)}, "too small by a factor of N"),
            ("W", {"dW": lambda d, x, W: x.T @ d * len(x)}, "too large by a factor of N"),
            ("b", {"db": lambda d: 0 * d.sum(axis=0)}, "the gradient is all zeros"),
            ("b", {"db": lambda d: np.ones_like(d).sum(axis=0)}, "the upstream gradient is missing"),
            ("b", {"db": lambda d: (d * d).sum(axis=0)}, "squared"),
            ("b", {"db": lambda d: np.abs(d).sum(axis=0)}, "not linear in the upstream"),
            ("b", {"db": lambda d: np.clip(d, -1, 1).sum(axis=0)}, "not linear in the upstream"),
            ("b", {"db": lambda d: d}, "not summed over axis 0"),
            ("b", {"db": lambda d: d.sum(axis=0, keepdims=True)}, "the shape is wrong"),
            ("W", {"dW": lambda d, x, W: d.T @ x}, "the gradient is transposed"),
        ],
        6,
    ),
    ids=some(
        ["sign", "2", "mean", "N", "zeros", "no upstream", "squared", "abs", "clip", "not summed", "keepdims", "T"], 6
    ),
)
def test_a_planted_error_is_named(name, planted, said):
    """Each kind of mistake is refuted (or malformed, by its shape) in its own row alone, and the row names it."""
    found = rows(affine(**planted))
    malformed = found[name].evidence.kind == "malformed"
    assert found[name].verdict is (Verdict.ERROR if malformed else Verdict.REFUTED)
    assert malformed == ("summed" in said or "shape" in said or "transposed" in said)
    assert {row.verdict for key, row in found.items() if key != name} <= {Verdict.PROVED, Verdict.UNDECIDED}
    assert said in found[name].diagnosis


def test_swapped_gradients_are_named():
    """Two gradients in the wrong order are both refuted, as that of the other input."""

    @verify.case(x="N", y="N")
    def planted(x, y):
        dout = yield x * y
        return dout * x, dout * y

    found = rows(planted)
    assert {row.verdict for row in found.values()} == {Verdict.REFUTED}
    assert [found[name].diagnosis.split(":")[0] for name in "xy"] == [
        f"this is the gradient of {other}" for other in "yx"
    ]


def test_a_dropped_term_is_refuted():
    """One of two ways in which an input enters is left out: the row says so."""
    row = rows(elementwise(lambda x: np.exp(x) + np.sin(x), lambda d, x: d * np.exp(x)))["x"]
    assert row.verdict is Verdict.REFUTED
    assert row.diagnosis.startswith("np.sin(x) is treated as a constant: what flows back through it, at ")


def test_assigned_and_not_accumulated():
    """A gradient of a row that is looked up twice, assigned in place of added up, is refuted."""

    @verify.case(ids=verify.integer("4", below="V"), W="V D")
    def planted(ids, W):
        dout = yield W[ids]
        dW = np.zeros_like(W)
        dW[ids] = dout
        return dW

    row = rows(planted)["W"]
    assert row.verdict is Verdict.REFUTED
    assert "accumulated" in row.diagnosis


def gelu(slope_scale, off=0.0):
    """Make a GELU whose backward types its constant."""
    scale = np.sqrt(2 / np.pi)

    def forward(x):
        return x * (1 + np.tanh(scale * (x + 0.044715 * x**3))) / 2

    def backward(d, x):
        t = np.tanh(scale * (x + 0.044715 * x**3))
        return d * ((1 + t) / 2 + x * (1 - t * t) * slope_scale * (1 + off) * (1 + 3 * 0.044715 * x * x) / 2)

    return elementwise(forward, backward)


def test_an_irrational_typed_with_17_digits_agrees():
    """A constant that is a float of an irrational agrees, or is proved where forward has the same float."""
    assert rows(gelu(0.7978845608028654))["x"].verdict in (Verdict.PROVED, Verdict.AGREES)
    root = elementwise(lambda x: x * 2**0.5 * x, lambda d, x: d * x * 2.8284271247461903)
    assert rows(root)["x"].verdict is Verdict.AGREES
    sigmoid = elementwise(
        lambda x: x / (1 + np.exp(-2 * np.sqrt(2 / np.pi) * x)),
        lambda d, x: d * ((s := 1 / (1 + np.exp(-1.5957691216057308 * x))) + 1.5957691216057308 * x * s * (1 - s)),
    )
    assert rows(sigmoid)["x"].verdict in (Verdict.PROVED, Verdict.AGREES)


@pytest.mark.parametrize("off", some([1e-9, 1e-11, 1e-12], 6))
def test_a_small_relative_error_is_refuted_with_its_size(off):
    """One constant of one entry that is off by 1e-12 is refuted, and the size of the difference is named."""

    def backward(d, x):
        dx = d * 3 * x**2
        dx[1] = d[1] * 3 * (1 + off) * x[1] ** 2
        return dx

    row = rows(elementwise(lambda x: x**3, backward))["x"]
    assert (row.verdict, row.failing, row.index) == (Verdict.REFUTED, 1, (1,))
    assert "differ by" in row.evidence.detail
    assert math.isclose(float(row.evidence.detail.split("differ by ")[1].split()[0]), off, rel_tol=0.1)
    assert rows(gelu(0.7978845608028654, off))["x"].verdict is Verdict.REFUTED


@pytest.mark.parametrize("name", LAYERS if LONG else FEW)
def test_verdicts_do_not_depend_on_the_seed(name):
    """20 seeds give the same rows with the same verdicts, on a reference layer and on a wrong one."""
    found = {
        tuple((row.name, row.variant, row.verdict) for row in verify.check(LAYERS[name], seed).comparisons)
        for seed in range(20 if LONG else 2)
    }
    assert len(found) == 1
    assert {verdict for _, _, verdict in next(iter(found))} <= {Verdict.PROVED, Verdict.AGREES}


@slow
@pytest.mark.parametrize(
    "planted", some([{"db": lambda d: np.abs(d).sum(axis=0)}, {"dW": lambda d, x, W: x.T @ d * (1 + 1e-12)}], 4)
)
def test_refutations_do_not_depend_on_the_seed(planted):
    """20 seeds refute the same rows."""
    found = {
        tuple((name, row.verdict) for name, row in rows(affine(**planted), seed).items())
        for seed in range(20 if LONG else 2)
    }
    assert len(found) == 1
    assert Verdict.REFUTED in dict(next(iter(found))).values()


def counting(backward):
    """Make a case that counts how often its forward is called."""
    calls = Counter()

    def forward(x):
        calls["symbols" if isinstance(x, SymbolArray) else "floats"] += 1
        return np.where(x > 0, x, 0)

    return elementwise(forward, backward, "N D"), calls


def test_forward_is_called_once_per_variant():
    """For the formula a variant is traced once; a run on floats beside it, if any, is one as well."""
    case, calls = counting(lambda d, x: np.where(x > 0, d, 0))
    assert verify.check(case, quick=True).good
    assert calls["symbols"] == len(variants(case)) == 2
    assert calls["floats"] <= 2


def test_a_branch_on_the_upstream_is_run_again():
    """Only where code branches on the upstream it runs again, for the other side.

    For the line at fault it runs once more, and once for the inputs that its counterexample needs.
    """
    case, calls = counting(lambda d, x: np.where(x > 0, np.abs(d), 0))
    assert not verify.check(case, quick=True).good
    assert len(variants(case)) < calls["symbols"] <= (10 + 2) * len(variants(case))


def test_the_region_of_a_claim():
    """A branch of ReLU is in the result, with file, line, condition and how often it was decided."""

    def forward(x):
        return np.where(x > 0, x, 0)

    result = verify.check(elementwise(forward, lambda d, x: np.where(x > 0, d, 0), "3"))
    assert result.good
    branch = result.region[0]
    assert str(branch.where) == f"tests/test_traced.py:{inspect.getsourcelines(forward)[1] + 1}"
    assert branch.count == 3
    assert branch.condition.startswith("x[0]")
    assert branch.condition.endswith((" > 0", " <= 0"))


def test_a_symbol_turned_into_a_float_is_undecided():
    """What compiled code makes a float cannot be traced: UNDECIDED, with file, line and what was asked."""

    def forward(x):
        return x * statistics.fmean(x)

    (row, *_) = verify.check(elementwise(forward, lambda d, x: d, "3")).comparisons
    assert row.verdict is Verdict.UNDECIDED
    assert "turned into a plain number" in row.evidence.detail
    assert f"tests/test_traced.py:{inspect.getsourcelines(forward)[1] + 1}" in row.evidence.detail


def test_a_tie_is_undecided():
    """A branch on equality that holds at the sample alone pins the inputs: nothing is learnt about derivatives there."""
    seen = {}

    def sample(x):
        return next(iter(x.trace.sample.values())) if isinstance(x, Concolic) else x

    @verify.case(x="")
    def tied(x):
        seen["line"] = inspect.currentframe().f_lineno + 1
        dout = yield np.where(x == sample(x), x, 2 * x)
        return dout

    @verify.case(x="3")
    def no_tie(x):
        dout = yield np.where(x - x * x / x == 0, x, 2 * x)
        return dout

    (row,) = verify.check(tied).comparisons
    assert row.verdict is Verdict.UNDECIDED
    assert f"on a tie, at tests/test_traced.py:{seen['line']}" in row.evidence.detail
    assert verify.check(no_tie).good  # the function 0 is zero everywhere


def returning(*gradients):
    """Make a case of x + y that returns these."""

    @verify.case(x="3", y="3")
    def planted(x, y):
        yield x + y
        return gradients[0] if len(gradients) == 1 else gradients

    return planted


def yields_nothing(x):
    return x
    yield


def yields_twice(x):
    yield x
    yield x


def no_generator(x):
    return x


def raises_forward(x):
    raise ValueError("shapes do not fit")
    yield x


def nan_output(x):
    yield np.array([1.0, np.nan])
    return x


def text_output(x):
    yield "loss"
    return x


BAD_SUBJECTS = {
    yields_nothing: "yields nothing",
    yields_twice: "yields twice",
    no_generator: "must be a generator",
    raises_forward: "ValueError: shapes do not fit, at tests/test_traced.py:",
    nan_output: "the output contains nan at [1]",
    text_output: "the output is 'loss' (str): expected an array",
}


@pytest.mark.parametrize("subject", BAD_SUBJECTS, ids=lambda subject: subject.__name__)
def test_a_bad_subject_is_one_row(subject):
    """What does not keep to the protocol is a row that says what was expected and what came."""
    result = verify.check(verify.case(x="3")(subject))
    (row,) = [row for row in result.comparisons if row.quantity == "case"]
    assert row.verdict is Verdict.ERROR
    assert BAD_SUBJECTS[subject] in row.evidence.detail
    assert not result.good


@pytest.mark.parametrize(
    ("gradients", "said"),
    [
        ((np.ones(3),), "expected 2 gradients (x, y), got 1"),
        ((1, 2, 3), "expected 2 gradients (x, y), got 3"),
        ((None, None), "every gradient is None"),
        ((np.ones(3), np.ones(2)), "the gradient of 'y' has the shape (2,): expected (3,)"),
        ((np.ones(3), "text"), "the gradient of 'y' is 'text' (str): expected an array"),
        ((np.ones(3), np.array([1, np.nan, 1])), "the gradient of 'y' contains nan at [1]"),
        (({"x": 1},), "no gradient is returned for y"),
        (({"x": 1, "y": 1, "z": 1},), "a gradient is returned for 'z'"),
    ],
    ids=["one", "three", "none", "shape", "text", "nan", "missing", "unknown"],
)
def test_bad_gradients(gradients, said):
    """A gradient that is no gradient is an ERROR that says what was expected and what came."""
    found = [row for row in verify.check(returning(*gradients)).comparisons if row.verdict is Verdict.ERROR]
    assert any(said in row.evidence.detail for row in found), found


class Unfinished:
    def forward(self, x):
        return x


def test_a_class_without_backward():
    """The row names the methods that were looked for."""
    for row in verify.check(verify.layer(Unfinished, inputs={"x": "N"})).comparisons:
        assert row.verdict is Verdict.ERROR
        assert "Unfinished has no method backward" in row.evidence.detail


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"x": "N", "sizes": {"M": 2}}, "a size is given for 'M', which is in no shape (N)"),
        ({"x": "N-1"}, "cannot be read at 'N-1'"),
        ({"x": 1.5}, "expected a shape like 'N D'"),
        ({"x": "N", "sizes": {"N": 0}}, "expected a positive integer"),
        ({"x": "N", "options": {"stride": 1}}, "expected a list of values"),
        ({"c": verify.constant(1)}, "there is no input to differentiate"),
    ],
)
def test_bad_cases(options, said):
    """A case whose parts do not fit is an InputError that names the case."""
    with pytest.raises(InputError) as problem:
        verify.case(**options)(no_generator)
    assert said in str(problem.value)
    assert "case 'no generator'" in str(problem.value)


def test_several_outputs_can_be_diagnosed():
    """A wrong gradient of a layer with two outputs is refuted like any other."""

    @verify.case(h="N H", c="N H")
    def two(h, c):
        dh, dc = yield h * c, h + c
        return dh * c, dh * h + dc

    assert {c.name: c.verdict for c in verify.check(two).comparisons} == {"h": Verdict.REFUTED, "c": Verdict.PROVED}


def test_a_fixed_upstream_is_not_said_to_be_unused():
    """A wrong loss is not told that it does not use an upstream that it never gets."""
    row = verify.check(verify.loss(lambda x: ((x**3).sum(), x * x + x), x="N")).comparisons[0]
    assert row.verdict is Verdict.REFUTED
    assert "upstream" not in row.diagnosis


def test_what_fails_on_floats_too_is_the_codes_fault():
    """Code that raises on symbols and on floats is an error with what floats raise; code that runs on floats is not."""

    @verify.case(x="N")
    def none(x):
        dout = yield x * 2
        return dout * None

    @verify.case(x="N")
    def spectrum(x):
        dout = yield np.linalg.eigvals(x * np.eye(x.size)).sum()
        return dout * np.ones(x.size)

    row = verify.check(none).comparisons[0]
    assert row.verdict is Verdict.ERROR
    assert "TypeError: unsupported operand" in row.evidence.detail
    row = verify.check(spectrum).comparisons[0]
    assert row.verdict is Verdict.UNDECIDED
    assert "tests/test_traced.py:" in row.evidence.detail


def test_a_refusal_within_argmax_is_not_covered():
    """NumPy's argmax goes on to the next row with the exception set: what is told is what was refused, and not that."""

    @verify.case(x="3 4")
    def undefined(x):
        place = np.log(x).argmax(axis=1)
        dout = yield x * 2
        return dout * 2 + 0 * place[0]

    [row] = verify.check(undefined, quick=True).comparisons
    assert row.verdict is Verdict.UNDECIDED
    assert "a comparison with what is not defined at the sample, at tests/test_traced.py:" in row.evidence.detail
