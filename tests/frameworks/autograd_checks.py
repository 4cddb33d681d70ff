"""Rules of autograd: right ones are proved, planted mistakes refuted, and what is no rule is named.

`make test-autograd` runs this file, which needs autograd; `make test` does without it.
"""

import subprocess
import sys
from pathlib import Path

import autograd
import autograd.numpy as anp
import autograd_functions
import numpy as np
import pytest
from autograd.core import VSpace
from autograd.extend import defjvp, primitive
from autograd_functions import RIGHT, WRONG, ruled

import verify
from verify import Verdict, autograd_primitive
from verify.model.errors import InputError
from verify.model.reasons import Reason


def checked(case):
    return verify.check(case, quick=True)


def of(function, *rules, x="3", **more):
    """Return the result of a primitive of one input with these rules."""
    return checked(autograd_primitive(ruled(function, *rules), x=x, name="made", **more))


@pytest.mark.parametrize("name", RIGHT)
def test_right_rules_are_proved(name):
    """Every gradient, asked for with the others and alone."""
    assert {row.verdict for row in checked(RIGHT[name]).comparisons} == {Verdict.PROVED}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_rules_are_refuted(name):
    """No row is undecided, and none an error."""
    verdicts = {row.verdict for row in checked(WRONG[name]).comparisons}
    assert Verdict.REFUTED in verdicts
    assert verdicts <= {Verdict.REFUTED, Verdict.PROVED}


@pytest.mark.parametrize("name", ["affine", "gated", "normalised", "cross entropy"])
def test_nothing_false_is_said_of_right_rules(name):
    """Other regions, contracts and floats in three precisions: all passes, and no finding fails."""
    result = verify.check(RIGHT[name])
    assert result.good
    assert [finding for finding in result.findings if not finding.allowed] == []


def test_a_mistake_that_shows_in_a_gradient_alone():
    """A rule that takes no notice of which gradients are asked for is right where all are."""
    rows = checked(WRONG["gated"]).comparisons
    refuted = {(row.name, dict(row.variant.options)["autograd"]) for row in rows if row.verdict is Verdict.REFUTED}
    assert refuted == {("y", "'y alone'")}


def test_the_place_is_the_users_rule():
    """Of a case, and of what is refused."""
    case = autograd_primitive(ruled(autograd_functions.silu, autograd_functions.silu_rule), x="N")
    assert case.name == "silu"
    assert case.backward.file.endswith("autograd_functions.py")
    lines = Path(autograd_functions.__file__).read_text().splitlines()
    assert lines[case.backward.line - 1] == "def silu_rule(ans, x):"


def test_a_sum_that_is_left_out_is_an_error():
    """The gradient of a broadcast input has another shape, and autograd hands it on without a word."""
    made = ruled(autograd_functions.bias, autograd_functions.passed, autograd_functions.passed)
    rows = checked(autograd_primitive(made, x="N D", b="D")).comparisons
    (alone,) = {(r.verdict, r.evidence.reason) for r in rows if r.name == "b" and "alone" in str(r.variant)}
    assert alone == (Verdict.ERROR, Reason.WRONG_SHAPE)


def test_arrays_that_rules_write_into():
    """`anp.zeros` holds symbols, as NumPy's does, in the primitive and in its rule."""

    def shifted(x):
        out = anp.zeros(x.shape)
        out[1:] = x[:-1] * x[1:]
        return out

    def rule(ans, x, factor=1):
        def back(g):
            out = anp.zeros_like(x)
            out[:-1] += g[1:] * x[1:]
            out[1:] += factor * g[1:] * x[:-1]
            return out

        return back

    assert {row.verdict for row in of(shifted, rule).comparisons} == {Verdict.PROVED}
    assert Verdict.REFUTED in {row.verdict for row in of(shifted, lambda ans, x: rule(ans, x, 2)).comparisons}


def test_numbers():
    """An input without axes is differentiated like an array."""
    assert of(lambda x: x * x * x, lambda ans, x: lambda g: 3 * g * x * x, x="")
    assert not of(lambda x: x * x * x, lambda ans, x: lambda g: 2 * g * x * x, x="")


def test_functions_that_call_primitives():
    """autograd's own rules lie between them, and are followed too."""
    right, wrong = (
        ruled(autograd_functions.silu, getattr(autograd_functions, name))
        for name in ("silu_rule", "silu_without_slope")
    )
    for inner, expected in ((right, True), (wrong, False)):
        case = autograd_primitive(
            lambda x, w, f=inner: anp.sum(f(anp.dot(x, w)) ** 2), x="N D", w="D", name="made", options={"f": [inner]}
        )
        assert bool(checked(case)) is expected


def test_the_derivative_of_another_function():
    """`as_if` is proved, and its twin with a wrong slope refuted."""
    for slope, expected in ((1, Verdict.PROVED), (2, Verdict.REFUTED)):
        result = of(lambda x: np.round(x), lambda ans, x, s=slope: lambda g: s * g, as_if=lambda x: x)
        assert {row.verdict for row in result.comparisons} == {expected}
        assert result.as_if.name == "a lambda"


def test_an_input_without_a_rule_is_an_error():
    """What to write is said; as `gradproof.fixed` the input is none of the claim."""
    made = ruled(lambda x, y: x * y, lambda ans, x, y: lambda g: g * y)
    rows = checked(autograd_primitive(made, x="N", y="N", name="made")).comparisons
    assert rows[0].verdict is Verdict.ERROR
    assert rows[0].evidence.reason is Reason.MISSING_GRADIENT
    assert "gradproof.fixed" in rows[0].evidence.detail
    assert checked(autograd_primitive(made, x="N", y=verify.fixed("N"), name="made"))


def test_argnums():
    """`defvjp(..., argnums=)` gives rules to some arguments, whose numbers count the others."""
    made = ruled(lambda flag, x: flag * x * x, lambda ans, flag, x: lambda g: 2 * flag * g * x, argnums=(1,))
    assert checked(autograd_primitive(made, options={"flag": [1, 3]}, x="N", name="made"))
    made = ruled(lambda flag, x: flag * x * x, lambda ans, flag, x: lambda g: 2 * g * x, argnums=(1,))
    assert not checked(autograd_primitive(made, options={"flag": [1, 3]}, x="N", name="made"))


def test_bad_input_is_named():
    """One line with what to do."""
    with pytest.raises(InputError, match="expected a function with @primitive"):
        autograd_primitive(3, x="N")
    with pytest.raises(InputError, match="silu takes x: there is no 'y'"):
        autograd_primitive(ruled(autograd_functions.silu, None), y="N")
    with pytest.raises(InputError, match="affine takes 'w' too: describe it"):
        autograd_primitive(ruled(autograd_functions.affine, None), x="N")
    with pytest.raises(InputError, match="complex inputs are not supported"):
        autograd_primitive(ruled(autograd_functions.silu, None), x=verify.complex("N"))
    with pytest.raises(InputError, match="it has no rule yet: call defvjp"):
        autograd_primitive(primitive(autograd_functions.silu), x="N")


def test_nothing_of_autograd_is_replaced():
    """What autograd computes of floats is the same after a check, and its tables have all that they had."""
    made = ruled(autograd_functions.softplus, autograd_functions.softplus_rule)
    x, known = np.array([0.5, -1.0]), dict(VSpace.mappings)
    before = autograd.elementwise_grad(made)(x)
    assert checked(autograd_primitive(made, x="N", name="made"))
    assert (autograd.elementwise_grad(made)(x) == before).all()
    assert VSpace.mappings == known
    assert type(anp.zeros(2)) is np.ndarray


def test_the_command_checks_rules(tmp_path):
    """In its workers, without a warning."""
    (tmp_path / "my_functions.py").write_text(Path(autograd_functions.__file__).read_text())
    (tmp_path / "my_cases.py").write_text(
        "import my_functions\nsilu, wrong = my_functions.RIGHT['silu'], my_functions.WRONG['silu']\n"
    )
    command = [sys.executable, "-m", "gradproof", "my_cases.py", "--quick", "--color", "never"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Warning" not in done.stderr
    assert "FAILED: 1 gradient refuted" in done.stdout


def test_the_core_imports_no_autograd():
    """A case of NumPy's costs no import of autograd, and none of the adapter."""
    program = (
        "import sys, numpy as np, verify\n"
        "case = verify.pair(lambda x: x * x, lambda d, x: 2 * x * d, x='N')\n"
        "assert verify.check(case, quick=True)\n"
        "sys.exit(any(name.startswith(('autograd', 'verify.adapters')) for name in sys.modules))\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def pushed(function, rules, **inputs):
    made = primitive(function)
    defjvp(made, *rules)
    return {row.verdict for row in checked(autograd_primitive(made, mode="jvp", name="made", **inputs)).comparisons}


def test_rules_of_forward_mode():
    """`defjvp` is judged along a direction: a right rule is proved, and its twin refuted."""
    square = lambda g, ans, x: 2 * g * x  # noqa: E731
    assert pushed(lambda x: x * x, [square], x="N") == {Verdict.PROVED}
    assert pushed(lambda x: x * x, [lambda g, ans, x: g * x], x="N") == {Verdict.REFUTED}
    assert pushed(lambda x: x * x, [lambda g, ans, x: 2 * g * g * x], x="N") == {Verdict.REFUTED}
    right = [lambda g, ans, x, w: anp.dot(g, w), lambda g, ans, x, w: anp.dot(x, g)]
    assert pushed(lambda x, w: x @ w, right, x="N D", w="D M") == {Verdict.PROVED}
    assert pushed(lambda x, w: x @ w, [right[0], None], x="N D", w="D M") == {Verdict.REFUTED}
    assert pushed(lambda x, n=2: n * x, ["same"], x="N", options={"n": [2, 3]}) == {Verdict.PROVED}


def test_a_mode_without_a_rule():
    """The other kind of rule is none of this one."""
    made = ruled(autograd_functions.silu, autograd_functions.silu_rule)
    with pytest.raises(InputError, match="it has no rule yet: call defjvp"):
        autograd_primitive(made, x="N", mode="jvp")
    with pytest.raises(InputError, match="expected one of 'vjp', 'jvp'"):
        autograd_primitive(made, x="N", mode="forward")
