"""`as_if`: the derivative of another function is what a case claims, and every report says so."""

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from effort import slow

import reports
import verify
from reports import FORMATS, concise, renderer
from reports.jsonread import read
from verify.checks.claims.surrogate import estimates, reverses, words_of
from verify.model.errors import InputError
from verify.model.reasons import Reason
from verify.model.result import Run, Surrogate, Verdict

SAMPLES_OF_NAMES = {
    "STERound": True,
    "sign_ste": True,
    "QuantizedLinear": True,
    "BinarizeWeights": True,
    "spike": True,
    "GradientReversal": True,
    "gradient reversal": True,
    "StraightThrough": True,
    "FakeQuant": True,
    "quantile": False,
    "design": False,
    "background": False,
    "Signal": False,
    "ReverseSequence": False,
    "Gradient": False,
    "Affine": False,
}


class Keeping:
    """A layer that keeps its input, as most of these do."""

    def forward(self, x):
        self.x = x.copy()
        return self.function(x)


class Round(Keeping):
    function = staticmethod(np.round)

    def backward(self, dout):
        return dout.copy()


class ClippedSign(Keeping):
    function = staticmethod(np.sign)

    def __init__(self, width=1):
        self.width = width

    def backward(self, dout):
        return dout * (np.abs(self.x) <= self.width)


class Spike(Keeping):
    """A spiking neuron with the derivative of a fast sigmoid, its slope times a factor."""

    def __init__(self, factor=1):
        self.factor = factor

    def function(self, x):
        return (x > 1).astype(float)

    def backward(self, dout):
        return self.factor * dout / (1 + 10 * np.abs(self.x - 1)) ** 2


class Reversed(Keeping):
    def __init__(self, strength):
        self.strength = strength

    def function(self, x):
        return x.copy()

    def backward(self, dout):
        return -self.strength * dout


def fast_sigmoid(x):
    return (x - 1) / (1 + 10 * np.abs(x - 1))


def clip(x):
    return np.clip(x, -1, 1)


def of(make, as_if, x="3", quick=True, **more):
    case = verify.layer(make, inputs={"x": x}, as_if=as_if, name="made", **more)
    return verify.check(case, quick=quick)


def verdicts(result):
    return {row.verdict for row in result.comparisons}


RIGHT = {
    "round": (Round, lambda x: x),
    "sign": (ClippedSign, clip),
    "spike": (Spike, fast_sigmoid),
    "reversed": (lambda: Reversed(0.5), lambda x: -x / 2),
    "a ufunc": (Round, np.positive),
}
WRONG = {
    "a wrong slope of a straight-through estimator": (Round, lambda x: 2 * x),
    "a window that is too wide": (lambda: ClippedSign(2), clip),
    "a wrong slope of a surrogate": (lambda: Spike(10), fast_sigmoid),
    "a slope that is wrong by 0.05 %": (lambda: Spike(1.0005), fast_sigmoid),
    "a reversal of another strength": (lambda: Reversed(0.5), lambda x: -x),
    "no reversal": (lambda: Reversed(-0.5), lambda x: -x / 2),
    "a gradient of another entry": (Round, lambda x: x[::-1]),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_gradients_are_proved(name):
    """Against the function that is stated; without it each of them is refuted, but for none."""
    make, as_if = RIGHT[name]
    assert verdicts(of(make, as_if)) == {Verdict.PROVED}
    assert verdicts(of(make, None)) == {Verdict.REFUTED}


@pytest.mark.parametrize("name", WRONG)
def test_planted_twins_are_refuted(name):
    """A proof under `as_if` is one of the stated function, and of no other."""
    make, as_if = WRONG[name]
    assert Verdict.REFUTED in verdicts(of(make, as_if))


@slow
def test_all_regions_of_both_functions_are_checked():
    """A window of the gradient that is wrong on one side only is found where the sample does not lie."""

    class OneSided(ClippedSign):
        def backward(self, dout):
            return dout * ((self.x <= 1) & (self.x >= -50))

    assert verdicts(of(ClippedSign, clip, x="", quick=False)) == {Verdict.PROVED}
    assert Verdict.REFUTED in verdicts(of(OneSided, clip, x="", quick=False))


def test_contracts_are_those_of_the_arrays_that_forward_returns():
    """Code that writes into its output in backward is found, although what is differentiated is another array."""

    def writing(x):
        y = np.exp(x)
        dout = yield y
        y *= dout
        return y.copy()

    cases = [verify.case(x="1", as_if=as_if)(writing) for as_if in (np.exp, None)]
    stated, plain = ({finding.code for finding in verify.check(case).findings} for case in cases)
    assert stated == plain == {"GP104"}


def test_an_input_that_forward_overwrites_is_as_it_was():
    """The function is passed copies from before forward."""

    def forward(x):
        before = x.copy()
        x[...] = 0.0
        return np.sign(before), before

    case = verify.pair(forward, lambda dout, x: 2 * dout * x, x="3", as_if=lambda x: x * x)
    assert verdicts(verify.check(case, quick=True)) == {Verdict.PROVED}


def test_parameters_options_and_lists():
    """The function is passed what its parameters name, or inputs in order; a list of arrays as forward is."""

    class Scaled:
        def __init__(self, w, power=1):
            self.w, self.power = w, power

        def forward(self, x):
            self.x = x
            return np.round(x * self.w**self.power)

        def backward(self, dout):
            self.dw = (dout * self.x * self.power * self.w ** (self.power - 1)).sum()
            return dout * self.w**self.power

    def scaled(power, x, w):
        return x * w**power

    options = {"params": {"w": ""}, "options": {"power": [1, 2]}}
    assert verdicts(of(Scaled, scaled, **options)) == {Verdict.PROVED}
    assert verdicts(of(Scaled, lambda a, b: a * b, params={"w": ""})) == {Verdict.PROVED}
    joined = verify.pair(
        lambda xs: (np.round(np.concatenate(xs)), None),
        lambda dout, _: [[dout[:2], dout[2:]]],
        xs=["2", "3"],
        as_if=np.concatenate,
    )
    assert verdicts(verify.check(joined, quick=True)) == {Verdict.PROVED}


def test_several_outputs():
    """The function returns as many, each of the same shape."""

    def forward(x):
        return np.sign(x), np.round(x), None

    def backward(da, db, _):
        return da + 2 * db

    right = verify.pair(forward, backward, x="3", as_if=lambda x: (x, 2 * x))
    wrong = verify.pair(forward, backward, x="3", as_if=lambda x: (2 * x, x))
    assert verdicts(verify.check(right, quick=True)) == {Verdict.PROVED}
    assert verdicts(verify.check(wrong, quick=True)) == {Verdict.REFUTED}


def test_a_generator_of_any_code():
    """`gradproof.case` has it too, and so have cases of losses and of elementwise derivatives."""

    @verify.case(x="3", as_if=lambda x: x * x)
    def squared(x):
        dout = yield np.floor(x)
        return 2 * dout * x

    loss = verify.loss(lambda x: (np.round(x).sum(), np.ones_like(x)), x="3", as_if=np.sum)
    step = verify.derivative(lambda x: np.heaviside(x, 0.5), lambda x: 1 - np.tanh(x) ** 2, x="3", as_if=np.tanh)
    for case in (squared, loss, step):
        assert verdicts(verify.check(case, quick=True)) == {Verdict.PROVED}


def test_complex_inputs():
    """The function is passed whole complex arrays."""

    @verify.case(z=verify.complex("2"), as_if=lambda z: z)
    def rounded(z):
        dout = yield np.round(z.real) + 1j * np.round(z.imag)
        return dout

    assert verdicts(verify.check(rounded, quick=True)) == {Verdict.PROVED}


@pytest.mark.parametrize("as_if", [3, "x", Round, lambda: 0, lambda a, b: a, lambda *, other: other])
def test_what_is_no_function_of_the_inputs_is_refused(as_if):
    """Where the case is made, with its line."""
    with pytest.raises(InputError, match=r"test_as_if.py:\d+.*as_if"):
        verify.layer(Round, inputs={"x": "3"}, as_if=as_if)


def test_expressions_have_no_such_function():
    """An expression states what is computed."""
    with pytest.raises(InputError, match="as_if= is for cases of arrays"):
        verify.case("y = 2 * x", at={"x": 1}, as_if=lambda x: x)(lambda x: (yield x))


@pytest.mark.parametrize("as_if", [np.sum, lambda x: (x, x), lambda x: x[:1], lambda _: None])
def test_outputs_of_another_shape_are_an_error(as_if):
    """What is claimed of a scalar is nothing that is known of an array."""
    (row,) = of(Round, as_if).comparisons
    assert (row.verdict, row.evidence.reason) == (Verdict.ERROR, Reason.WRONG_SHAPE)


def test_a_subject_that_yields_nothing_or_twice_keeps_its_message():
    """The protocol is that of any case."""

    def twice(x):
        yield x
        yield x

    def nothing(x):
        return iter([x])

    for subject in (twice, nothing):
        (row,) = verify.check(verify.case(x="3", as_if=lambda x: x)(subject), quick=True).comparisons
        assert (row.verdict, row.evidence.reason) == (Verdict.ERROR, Reason.WRONG_YIELD)


def test_every_format_says_it():
    """With the name of the function; drawings hold no words. JSON has it as a field, and gives it back."""
    run = Run((of(Round, clip), of(Round, lambda x: x)))
    texts = {name: renderer(name)(run) for name in FORMATS if name not in {"svg", "dot"}}
    assert all(("as if" in text or name == "json") and "clip" in text for name, text in texts.items())
    document = json.loads(texts["json"])
    schema = json.loads(Path(reports.__file__).with_name("result.schema.json").read_text())
    jsonschema.validate(document, schema)
    stated = [case["as_if"] for case in document["cases"]]
    assert [each["name"] for each in stated] == ["clip", "a lambda"]
    assert stated[0]["where"]["file"].endswith("test_as_if.py")
    assert read(texts["json"]).cases[0].as_if == run.cases[0].as_if


def test_reports_of_what_passes_say_it():
    """The summary counts such cases: a proof under `as_if` is none of forward's own derivative."""
    run = Run((of(ClippedSign, clip),))
    assert "1 case as if forward were the stated function" in verify.model.result.summary(run)
    for name in ("terminal", "markdown", "html", "json", "junit"):
        assert "as if" in renderer(name)(run), name
    assert "as if" in concise.render(run)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (Round, Surrogate.ROUNDING),
        (ClippedSign, Surrogate.STEPS),
        (Spike, Surrogate.STEPS),
        (lambda: Reversed(1), Surrogate.NONE),
    ],
)
def test_who_is_refuted_is_told_of_it(make, expected):
    """Where forward rounds, or is constant between jumps; a comparison cast to float is one."""
    result = of(make, None)
    assert {row.surrogate for row in result.comparisons} == {expected}
    assert ("as_if=lambda x: x" in renderer("terminal")(Run((result,)))) is (expected is not Surrogate.NONE)


def test_who_states_it_is_not_told_again():
    """Nor is what is merely wrong, in a region in which forward is constant."""

    class Relu(Keeping):
        def function(self, x):
            return np.maximum(x, 0)

        def backward(self, dout):
            return dout.copy()

    told = [of(Round, clip), of(Relu, None, x="", quick=False), of(Relu, None)]
    assert {row.surrogate for result in told for row in result.comparisons} == {Surrogate.NONE}


@pytest.mark.parametrize("offset", [0, 5, 50])
def test_what_is_constant_at_the_sample_alone_is_no_step(offset):
    """Of a clipped input the sample may lie outside of the bounds: it is constant there, and not elsewhere."""

    class Clipped(Keeping):
        def function(self, x):
            return np.where(x > offset, x, offset) + np.where(x < -offset, x, -offset)

        def backward(self, dout):
            return np.where(np.abs(self.x) > offset, 2, 0) * dout + (np.abs(self.x) <= offset) * dout

    result = of(Clipped, None)
    assert {row.verdict for row in result.comparisons} == {Verdict.REFUTED}
    assert {row.surrogate for row in result.comparisons} == {Surrogate.NONE}


class Level(Keeping):
    """Constant, of a formula that asks nothing."""

    def function(self, x):
        return 0 * x + 1

    def backward(self, dout):
        return dout.copy()


class Square(Keeping):
    def function(self, x):
        return x**2

    def backward(self, dout):
        return self.x * dout


def surrogates(make, name):
    """Return what is told of a wrong layer by a name."""
    result = verify.check(verify.layer(make, inputs={"x": "2"}, name=name), quick=True)
    return {row.surrogate for row in result.comparisons}


@pytest.mark.parametrize(("name", "expected"), SAMPLES_OF_NAMES.items())
def test_names(name, expected):
    """By whole words, of an estimator where the derivative is 0, and of a reversed gradient anywhere."""
    words = words_of(name)
    assert (estimates(words) or reverses(words)) is expected
    suggested = {Surrogate.NAME if expected else Surrogate.NONE}
    assert surrogates(Level, name) == suggested
    assert surrogates(lambda: Reversed(1), name) == ({Surrogate.NONE} if estimates(words) else suggested)


@pytest.mark.parametrize("name", [name for name, expected in SAMPLES_OF_NAMES.items() if estimates(words_of(name))])
def test_a_mistake_is_no_estimator_whatever_it_is_called(name):
    """`SignedSquare` without its factor is wrong, and nothing else is meant."""
    assert surrogates(Square, name) == {Surrogate.NONE}
