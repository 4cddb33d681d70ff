"""Rules of JAX: right ones are proved, planted mistakes refuted, and what is not followed is refused by name.

`make test-jax` runs this file, which needs JAX; `make test` does without it.
"""

import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import jax
import jax.numpy as jnp
import jax_functions
import numpy as np
import pytest
from jax import lax
from jax_functions import RIGHT, WRONG, ruled, tangent

import verify
from verify import Verdict, jax_rule
from verify.adapters.jax.moves import MOVES
from verify.adapters.jax.primitives import COMPUTED, SCATTERED
from verify.adapters.jax.running import run
from verify.model.errors import InputError
from verify.model.reasons import Reason
from verify.tracing.arrays import arrays
from verify.tracing.symbols.trace import Trace


def checked(case):
    return verify.check(case, quick=True)


@pytest.mark.parametrize("name", RIGHT)
def test_right_rules_are_proved(name):
    """Every gradient, and the value of the rule."""
    rows = checked(RIGHT[name]).comparisons
    assert {row.verdict for row in rows} == {Verdict.PROVED}
    assert {dict(row.variant.options)["jax"] for row in rows} == {"'gradients by the rule'", "'value of the rule'"}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_rules_are_refuted(name):
    """No row is undecided."""
    verdicts = {row.verdict for row in checked(WRONG[name]).comparisons}
    assert Verdict.REFUTED in verdicts
    assert Verdict.UNDECIDED not in verdicts


def test_a_value_of_the_rule_that_is_not_the_functions():
    """It is a row of its own: the gradients are right."""
    rows = checked(WRONG["value wrong"]).comparisons
    assert {(row.name, row.verdict) for row in rows} == {("x", Verdict.PROVED), ("scale", Verdict.REFUTED)}


def of(function, forward=None, backward=lambda kept, g: (g,)):
    """Return the rows of a function of a vector with a rule."""
    return checked(
        jax_rule(ruled(function, forward or (lambda x: (function(x), x)), backward), x="3", name="made")
    ).comparisons


@pytest.mark.parametrize("name", ["cube", "relu", "both", "product"])
def test_nothing_false_is_said_of_right_rules(name):
    """Other regions, contracts and floats in three precisions: all passes, and no finding fails."""
    result = verify.check(RIGHT[name])
    assert result.good
    assert [finding for finding in result.findings if not finding.allowed] == []


def test_the_place_is_the_users_line():
    """Of what is refused, and of a branch."""
    rows = of(lambda x: jax.scipy.special.i1(x))
    assert rows[0].verdict is Verdict.UNDECIDED
    assert rows[0].evidence.place.file.endswith("jax_checks.py")
    line = Path(__file__).read_text().splitlines()[rows[0].evidence.place.line - 1]
    assert "special.i1" in line


def by_branch(x):
    return x if x[0] > 0 else 2 * x


def by_float(x):
    return x * float(x[0])


def by_numpy(x):
    return jnp.asarray(np.exp(np.asarray(x)))


def by_unknown(x):
    return jax.scipy.special.i1(x)


def by_several_keys(x):
    return lax.sort([x, -x], num_keys=2)[0]


def by_bytes(x):
    return lax.bitcast_convert_type(lax.bitcast_convert_type(x, jnp.uint8), x.dtype)


def by_complex(x):
    return (x + 1j).real


def by_float8(x):
    return x.astype(jnp.float8_e4m3fn).astype(x.dtype)


def set_twice(x):
    return x.at[jnp.array([0, 0])].set(x[:2])


def beyond(x):
    return x + x.at[jnp.array([7])].get(mode="fill")


def by_callback(x):
    return jax.pure_callback(np.sin, jax.ShapeDtypeStruct(x.shape, x.dtype), x)


def shortened(x):
    return lax.reduce_precision(x, 5, 10)


def windowed(x):
    return lax.reduce_window(x, 0.0, lambda a, b: a + 2 * b, (2,), (1,), "SAME")


def of_padding(x):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1,), (1,), [(1, 0)])[1:]


REFUSED = {
    by_branch: "the value of an array",
    by_float: "the value of an array",
    by_numpy: "TracerArrayConversionError|the value of an array",
    by_unknown: "the primitive bessel_i1|the primitive",
    by_several_keys: "several keys",
    by_bytes: "bitcast_convert_type",
    by_complex: "complex",
    by_float8: "an array of float8_e4m3fn",
    set_twice: "twice",
    beyond: "beyond the end",
    by_callback: "pure_callback",
    shortened: "reduce_precision to 10 bits",
    windowed: "the primitive reduce_window ",
    of_padding: "a window of padding alone",
}


@pytest.mark.parametrize("function", REFUSED, ids=lambda function: function.__name__)
def test_what_is_not_followed_is_refused_by_name(function):
    """No row is proved, nor refuted; the message names the primitive, and the line is the user's."""
    rows = of(function)
    assert {row.verdict for row in rows} <= {Verdict.UNDECIDED, Verdict.ERROR}
    assert re.search(REFUSED[function], rows[0].evidence.detail)
    assert rows[0].evidence.place.file.endswith("jax_checks.py")


_POOLED = (2, 2), (1, 2), [(1, 0), (0, 1)]


def _windows(x, start, combine):
    one = lax.reduce_window(x, start, combine, *_POOLED)
    apart = lax.reduce_window(x, start, combine, (1, 2), (1, 1), [(0, 0), (1, 1)], (1, 2), (1, 3))
    return jnp.concatenate([one.ravel(), apart.ravel()])


def _convolutions(x):
    """Yield convolutions in one and two dimensions: strides, holes, groups, layouts, what goes back to them."""
    yield jnp.convolve(x[0], x[1], mode="full")
    image, kernel = jnp.outer(x[0], jnp.arange(20.0) - 7).reshape(1, 2, 6, 5), (x[:, :, None] + x[0]).reshape(3, 2, 3)
    kernels = jnp.stack([kernel, kernel * 2, kernel - 1], -1)
    yield lax.conv_general_dilated(image, kernels, (2, 1), [(1, 2), (-1, 1)], rhs_dilation=(2, 1))
    yield lax.conv_general_dilated(image, kernels, (1, 2), [(1, 1), (2, 0)], lhs_dilation=(2, 3))
    layout = lax.conv_dimension_numbers((1, 6, 5, 2), (3, 3, 1, 4), ("NHWC", "HWIO", "HWNC"))
    weights = jnp.resize(kernels, (3, 3, 1, 4))
    yield lax.conv_general_dilated(
        jnp.moveaxis(image, 1, -1), weights, (1, 1), "SAME", dimension_numbers=layout, feature_group_count=2
    )
    grouped = {"dimension_numbers": layout, "feature_group_count": 2}
    for place in (0, 1):
        arguments = [jnp.moveaxis(image, 1, -1), weights]

        def of_one(value, place=place, arguments=arguments):
            passed = [*arguments[:place], value, *arguments[place + 1 :]]
            return (lax.conv_general_dilated(*passed, (2, 1), "SAME", **grouped) ** 2).sum()

        yield jax.grad(of_one)(arguments[place])


VALUES = {
    "add_any": lambda x: jax.vjp(lambda v: v * v, x)[1](x)[0],
    "atan2": lambda x: jnp.arctan2(x, x[::-1] + 3),
    "asin": lambda x: jnp.arcsin(x / 10),
    "acos": lambda x: jnp.arccos(x / 10),
    "acosh": lambda x: jnp.arccosh(x + 10),
    "atanh": lambda x: jnp.arctanh(x / 10),
    "log": lambda x: jnp.log(x + 10),
    "log1p": lambda x: jnp.log1p(jnp.abs(x)),
    "sqrt": lambda x: jnp.sqrt(x + 10),
    "rsqrt": lambda x: lax.rsqrt(x + 10),
    "cbrt": lambda x: jnp.cbrt(x + 10),
    "square": lambda x: lax.square(x),
    "div": lambda x: x / (x[::-1] + 10),
    "rem": lambda x: lax.rem(x, jnp.full_like(x, 0.75)),
    "is_finite": lambda x: jnp.where(jnp.isfinite(x), x, 0),
    "stop_gradient": lambda x: lax.stop_gradient(x) * x,
    "reduce_precision": lambda x: lax.reduce_precision(x, 11, 52) * x,
    "integer_pow": lambda x: x**4 + (x + 10) ** -3,
    "pow": lambda x: (x + 10) ** 0.5 + (x + 10) ** x,
    "round": lambda x: jnp.round(x) * x + lax.round(x) + lax.round(jnp.array([-2.5, 0.5, 1.5])) * x,
    "clamp": lambda x: lax.clamp(-0.5, x, 0.5) + lax.clamp(x - 1, x[::-1], x + 1),
    "select_n": lambda x: lax.select_n(jnp.array([[0, 1, 2], [2, 0, 1]], jnp.int32), x, 2 * x, 3 * x),
    "convert_element_type": lambda x: x * x.astype(jnp.int64) + (x > 0) * x + x.astype(bool),
    "reduce_sum": lambda x: x.sum() + x.sum(0) + x.sum(1, keepdims=True),
    "reduce_prod": lambda x: x.prod() + x.prod(0),
    "reduce_max": lambda x: x.max() + x.max(0) + x.max(1, keepdims=True),
    "reduce_min": lambda x: x.min() + x.min(0) + x.min(1, keepdims=True),
    "argmax": lambda x: x * x.argmax(0) + x.argmax(),
    "argmin": lambda x: x * x.argmin(0) + x.argmin(),
    "cumsum": lambda x: jnp.cumsum(x, 1) + lax.cumsum(x, 0, reverse=True),
    "cumprod": lambda x: lax.cumprod(x, 1) + lax.cumprod(x, 0, reverse=True),
    "cummax": lambda x: lax.cummax(x, 1) + lax.cummax(x, 0, reverse=True),
    "cummin": lambda x: lax.cummin(x, 1) + lax.cummin(x, 0, reverse=True),
    "dot_general": lambda x: jnp.einsum("bij,bkj->bik", x[:, :, None] + x[:, None], x[:, None] * x[:, :, None]),
    "conv_general_dilated": lambda x: jnp.concatenate([made.ravel() for made in _convolutions(x)]),
    "reduce_window_sum": lambda x: _windows(x, 0.0, lax.add),
    "reduce_window_max": lambda x: _windows(x, -jnp.inf, lax.max),
    "reduce_window_min": lambda x: _windows(x, jnp.inf, lax.min),
    "select_and_scatter_add": lambda x: jax.vjp(lambda v: lax.reduce_window(v, -jnp.inf, lax.max, *_POOLED), x)[1](
        x[:, :2] * 2
    )[0],
    "sort": lambda x: jnp.sort(x, 0) + lax.sort([x, -x], dimension=1, num_keys=1)[1],
    "top_k": lambda x: lax.top_k(x, 2)[0] * lax.top_k(x, 2)[1],
    "scatter-add": lambda x: x.at[:, jnp.array([0, 0, 2])].add(x) + x.at[1].add(2.0),
    "scatter-sub": lambda x: x.at[:, jnp.array([0, 0, 2])].subtract(x),
    "scatter-mul": lambda x: x.at[:, jnp.array([0, 0, 2])].multiply(x),
    "scatter-max": lambda x: x.at[:, jnp.array([0, 0, 2])].max(x),
    "scatter-min": lambda x: x.at[:, jnp.array([0, 0, 2])].min(x),
    "max": lambda x: jnp.maximum(x, x[::-1]),
    "min": lambda x: jnp.minimum(x, x[::-1]),
    **{name: (lambda x, name=name: getattr(lax, name)(x, x[:, ::-1]) * x) for name in ("eq", "ne", "lt", "le")},
    **{name: (lambda x, name=name: getattr(lax, name)(x, x[:, ::-1]) * x) for name in ("gt", "ge")},
    **{name: (lambda x, name=name: getattr(lax, name)(x, x[:, ::-1])) for name in ("add", "sub", "mul")},
}


@pytest.mark.parametrize("name", sorted({*COMPUTED, *SCATTERED}))
def test_each_primitive_is_jaxs(name):
    """Its value on symbols is that of JAX on floats, digit by digit, in all the ways in which it may be called."""
    compute = VALUES.get(name) or getattr(lax, name)
    assert name in primitives(compute)
    assert values_agree(compute)


MOVED = {
    "reshape": lambda x: x.reshape(3, 2),
    "transpose": lambda x: x.T,
    "broadcast_in_dim": lambda x: jnp.broadcast_to(x[:, None], (2, 4, 3)),
    "squeeze": lambda x: lax.squeeze(x[None], [0]),
    "slice": lambda x: lax.slice(x, (0, 1), (2, 3), (1, 2)),
    "dynamic_slice": lambda x: lax.dynamic_slice(x, (0, 2), (2, 2)),
    "dynamic_update_slice": lambda x: lax.dynamic_update_slice(x, x[:1, :2] * 2, (1, 5)),
    "gather": lambda x: x[:, jnp.array([2, 0, 2])] + jnp.take_along_axis(x, jnp.array([[1], [2]]), 1),
    "rev": lambda x: x[::-1, ::-1],
    "concatenate": lambda x: jnp.concatenate([x, x * 2], 1),
    "pad": lambda x: lax.pad(x, 7.0, [(1, 0, 0), (0, -1, 1)]),
    "scatter": lambda x: x.at[1, 2].set(5.0).at[:, jnp.array([0, 1])].set(x[:, 1:]),
    "split": lambda x: jnp.split(x, [1], 1)[1],
    "copy": lambda x: jnp.copy(x),
    "stack": lambda x: jnp.stack([x, 2 * x], 1),
    "tile": lambda x: jnp.tile(x, (2, 3)),
}


@pytest.mark.parametrize("name", sorted(name for name in MOVES if hasattr(lax, f"{name}_p")))  # in this version
def test_each_move_is_jaxs(name):
    """It moves the entries that JAX moves."""
    assert name in primitives(MOVED[name])
    assert values_agree(MOVED[name])


def fibonacci(x):
    return lax.while_loop(lambda s: s[0] < 5, lambda s: (s[0] + 1, s[2], s[1] * s[2]), (0, x, 2 * x))[1]


def mapped(x):
    return lax.map(lambda row: row * row.sum(), x) + jax.vmap(lambda row: row / (2 + row.max()))(x)


def switched(x):
    return lax.switch(jnp.array(7), [lambda v: v, lambda v: 2 * v], x) + lax.cond(x[0, 0] > 0, jnp.sin, jnp.cos, x)


def again(x):
    return jax.checkpoint(lambda v: jax.jit(jnp.tanh)(v) * v)(x) + jax.grad(lambda v: (jax.nn.silu(v) ** 2).sum())(x)


def backwards(x):
    return lax.scan(lambda c, row: (c * row, c + row), x[0], x, reverse=True)[1]


@pytest.mark.parametrize("compute", [fibonacci, mapped, switched, again, backwards], ids=lambda f: f.__name__)
def test_control_flow_is_jaxs(compute):
    """Loops, branches, and functions within functions."""
    assert values_agree(compute)


_FLOATS = np.array([[0.3, -0.7, 1.1], [-1.3, 0.9, -0.2]])


def primitives(compute):
    """Return the names of the primitives of a function's jaxpr, those of functions within it too."""
    with jax.enable_x64(True):
        return re.findall(r"= ([\w-]+)", str(jax.make_jaxpr(compute)(_FLOATS)))


def values_agree(compute):
    """Tell whether a function has the values on symbols that it has on floats."""
    with jax.enable_x64(True):
        expected = np.asarray(compute(jnp.asarray(_FLOATS)))
        trace = Trace()
        with arrays.running(trace):
            nodes = trace.inputs(lambda: [f"x{i}" for i in range(6)], [Fraction(str(v)) for v in _FLOATS.ravel()])
            (made,) = run(compute, [arrays.built(nodes, (2, 3))])
            actual = arrays.floats_of(made)
    np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-13)
    return True


def in_short(dtype, of_x, *, of_value=1.0):
    """Return a case of `x @ w` in a short type, kept in it for a rule whose gradient of x, and value, is so much."""

    def product(x, w):
        return x.astype(dtype) @ w.astype(dtype)

    def forward(x, w):
        return product(x, w) * of_value, (x.astype(dtype), w.astype(dtype))

    def backward(kept, g):
        x, w = kept
        long = jnp.result_type(float)
        return jnp.outer(g, w).astype(long) * of_x, (g @ x).astype(long)

    return jax_rule(ruled(product, forward, backward), x="N D", w="D", name="made")


@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16])
def test_rules_in_short_types(dtype):
    """They are proved as formulas; what is wrong is refuted, also what the type itself cannot tell."""

    def verdicts(case):
        return {row.name: row.verdict for row in checked(case).comparisons}

    right = dict.fromkeys(("x", "w", "scale"), Verdict.PROVED)
    assert verdicts(in_short(dtype, 1.0)) == right
    assert verdicts(in_short(dtype, 1 + 2**-6)) == {**right, "x": Verdict.REFUTED}
    assert verdicts(in_short(dtype, 1 + 2**-13)) == {**right, "x": Verdict.REFUTED}
    assert verdicts(in_short(dtype, 1.0, of_value=1 + 2**-6)) == {**right, "scale": Verdict.REFUTED}


@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16])
def test_a_wrong_primitive_is_seen_in_short_types(dtype, monkeypatch):
    """If a sine were followed as one that is larger by 2^-6, nothing would be proved or refuted."""

    def rows(factor):
        def function(x):
            return jnp.sin(x.astype(dtype)).astype(x.dtype)

        return of(function, backward=lambda kept, g: (factor * g * jnp.cos(kept),))

    assert {row.verdict for row in rows(1)} == {Verdict.PROVED}
    assert {row.verdict for row in rows(2)} == {Verdict.PROVED, Verdict.REFUTED}
    sine = COMPUTED["sin"]
    monkeypatch.setitem(COMPUTED, "sin", lambda params, x: sine(params, x) * (1 + 2**-6))
    for factor in (1, 2):
        assert {row.verdict for row in rows(factor)} == {Verdict.UNDECIDED}


@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16])
def test_a_cast_to_a_short_type_has_its_line(dtype):
    """An output of that type is the function's choice, for its gradients too; a gradient in float64 is not."""
    result = verify.check(in_short(dtype, 1.0))
    strays = {finding.name: finding for finding in result.findings if finding.code == "GP201"}
    name = np.dtype(dtype).name
    assert f"a cast to {name} at " in strays["x"].detail
    assert f"as the output is {name}" in strays["x"].detail
    assert not strays["x"].fails

    def rounded(kept, g):
        return (2 * g.astype(dtype).astype(kept.dtype) * kept,)

    square = ruled(lambda x: x * x, lambda x: (x * x, x), rounded)
    (stray,) = [found for found in verify.check(jax_rule(square, x="3")).findings if found.code == "GP201"]
    assert f"a cast to {name} at " in stray.detail
    assert stray.fails


def test_an_error_of_jaxs_is_at_the_rule():
    """JAX calls the rule, and says itself what is wrong with what it returns: no line of its own is the place."""
    rows = of(lambda x: x.sum(), backward=lambda kept, g: (jnp.ones(2),))
    assert rows[0].verdict is Verdict.ERROR
    assert rows[0].evidence.place.file.endswith("jax_checks.py")


def test_whole_numbers_of_a_call_stay_whole_numbers():
    """An output of whole numbers has no gradient, and an input of them gets none."""

    def function(x, places):
        return x[places], places + 1

    def backward(kept, g):
        places, size = kept
        return jnp.zeros(size, g[0].dtype).at[places].add(g[0]), None

    made = ruled(function, lambda x, places: (function(x, places), (places, x.shape[0])), backward)
    rows = checked(jax_rule(made, x="N", places=verify.integer("M", below="N"), name="made")).comparisons
    assert {row.verdict for row in rows} == {Verdict.PROVED}


def test_rules_within_functions():
    """Any function that calls others with rules is judged, by what JAX makes of all of them."""
    right = ruled(jax_functions.cube, jax_functions.cube_forward, jax_functions.cube_backward)
    wrong = ruled(jax_functions.cube, jax_functions.cube_forward, jax_functions.cube_half)
    for inner, expected in ((right, Verdict.PROVED), (wrong, Verdict.REFUTED)):
        rows = checked(jax_rule(lambda x, f=inner: jnp.tanh(f(x)).sum(), x="N", name="outer")).comparisons
        assert {row.verdict for row in rows if row.name == "x"} == {expected}


@pytest.mark.parametrize("key", [jax.random.key, jax.random.PRNGKey])
def test_numbers_that_are_drawn_by_a_key(key):
    """They are constants: a mask that is kept is right, and one that is drawn by another key is not."""

    def forward(x):
        mask = jax.random.bernoulli(key(0), 0.5, x.shape)
        return jnp.where(mask, 2 * x, 0), mask

    def drawn_again(mask, g):
        return (jnp.where(jax.random.bernoulli(key(1), 0.5, g.shape), 2 * g, 0),)

    def scaled(mask, g):
        return (jax.random.uniform(key(0), g.shape, g.dtype) * g,)

    def kept(mask, g):
        return (jnp.where(mask, 2 * g, 0),)

    for backward, expected in ((kept, Verdict.PROVED), (drawn_again, Verdict.REFUTED), (scaled, Verdict.REFUTED)):
        made = ruled(lambda x: forward(x)[0], forward, backward)
        rows = checked(jax_rule(made, x="7", name="made")).comparisons
        assert {row.verdict for row in rows if row.name == "x"} == {expected}


def test_symbolic_zeros():
    """A rule that asks which inputs are perturbed is asked as JAX asks it."""

    def rule(primals, tangents, factor=1):
        (x, y), (dx, dy) = primals, tangents
        zero = jax.custom_derivatives.SymbolicZero
        terms = [
            p for p, t in ((y * dx if type(dx) is not zero else None, dx), (factor * x * dy, dy)) if type(t) is not zero
        ]
        return x * y, sum(terms[1:], terms[0])

    for factor, expected in ((1, Verdict.PROVED), (2, Verdict.REFUTED)):
        made = jax.custom_jvp(lambda x, y: x * y)
        made.defjvp(lambda p, t, f=factor: rule(p, t, f), symbolic_zeros=True)
        rows = checked(jax_rule(made, x="N", y="N", name="made")).comparisons
        assert {row.verdict for row in rows if row.name == "y"} == {expected}


def test_float32_is_what_jax_has_by_default():
    """A claim of float32 is run without float64, where constants are of the shorter type."""
    seen = set()

    def forward(x):
        seen.add((str(x.dtype), str(jnp.zeros(1).dtype)))
        return x**3, x

    made = ruled(jax_functions.cube, forward, jax_functions.cube_backward)
    assert verify.check(jax_rule(made, x="N", name="made")).good
    assert seen >= {("float64", "float64"), ("float32", "float32")}


def of_second_order(slope):
    """Return the gradients of a cube by a rule with a slope, which has a rule of its own."""

    @jax.custom_vjp
    def cube(x):
        return x**3

    cube.defvjp(lambda x: (x**3, x), lambda x, g: (slope(x) * g,))

    def gradients(x, dout):
        return jax.vjp(cube, x)[1](dout)[0]

    return gradients


@jax.custom_vjp
def wrong_slope(x):
    return 3 * x**2


wrong_slope.defvjp(lambda x: (3 * x**2, x), lambda x, g: (5 * x * g,))


def test_second_order_by_a_function_of_the_gradients():
    """As the message for order= says: what JAX derives from the rule is held against the function without it."""
    right = checked(jax_rule(of_second_order(lambda x: 3 * x**2), x="N", dout="N")).comparisons
    assert {row.verdict for row in right} == {Verdict.PROVED}
    wrong = checked(jax_rule(of_second_order(wrong_slope), x="N", dout="N")).comparisons
    assert {row.name for row in wrong if row.verdict is Verdict.REFUTED} == {"x"}


def test_bad_input_is_named():
    """One line with what to do."""
    with pytest.raises(InputError, match="expected a function with custom_vjp or custom_jvp"):
        jax_rule(3, x="N")
    with pytest.raises(InputError, match="swish takes x, beta: there is no 'y'"):
        jax_rule(jax_functions.swish, y="N")
    with pytest.raises(InputError, match="swish takes 'beta' too: describe it"):
        jax_rule(jax_functions.swish, x="N")
    with pytest.raises(InputError, match=r"order= is for PyTorch: check a function of the gradients.*jax.vjp"):
        jax_rule(jax_functions.swish, x="N", beta="", order=2)
    with pytest.raises(InputError, match="complex inputs are not supported"):
        jax_rule(jax_functions.cube, x=verify.complex("N"))
    with pytest.raises(InputError, match="it has no rule yet: call"):
        jax_rule(jax.custom_vjp(jax_functions.cube), x="N")
    with pytest.raises(InputError, match="it has no rule yet: call"):
        jax_rule(jax.custom_jvp(jax_functions.cube), x="N")


def test_an_output_without_real_numbers_is_an_error():
    """It is no proof that the derivative is 0."""
    rows = of(lambda x: jnp.argmax(x))
    assert rows[0].verdict is Verdict.ERROR
    assert rows[0].evidence.reason is Reason.MISSING_OUTPUT


def test_the_command_checks_rules(tmp_path):
    """In its workers, without a warning of JAX's."""
    (tmp_path / "my_functions.py").write_text(Path(jax_functions.__file__).read_text())
    (tmp_path / "my_cases.py").write_text(
        "import my_functions\nlinear, wrong = my_functions.RIGHT['linear'], my_functions.WRONG['linear wrong']\n"
    )
    command = [sys.executable, "-m", "gradproof", "my_cases.py", "--quick", "--color", "never"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Warning" not in done.stderr
    assert "FAILED: 1 gradient refuted" in done.stdout


def test_the_core_imports_no_jax():
    """A case of NumPy's costs no import of JAX, and none of the adapter."""
    program = (
        "import sys, numpy as np, verify\n"
        "case = verify.pair(lambda x: x * x, lambda d, x: 2 * x * d, x='N')\n"
        "assert verify.check(case, quick=True)\n"
        "sys.exit(any(name.startswith(('jax', 'verify.adapters')) for name in sys.modules))\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_nothing_of_a_check_stays_behind():
    """JAX's settings are the same after a check as before it."""
    before = jax.config.jax_enable_x64
    checked(RIGHT["cube"])
    assert jax.config.jax_enable_x64 == before


def test_devices_are_looked_for_before_any_run():
    """The first case of a process is followed like all others: threads of JAX's own are none of the user's code."""
    program = (
        "import sys\nsys.path.insert(0, sys.argv[1])\nfrom jax_functions import RIGHT\nimport verify\n"
        "sys.exit(not verify.check(RIGHT['chosen'], quick=True))\n"
    )
    command = [sys.executable, "-c", program, str(Path(jax_functions.__file__).parent)]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0


def rounded(slope=1.0):
    """Return a straight-through estimator of rounding."""
    return ruled(jnp.round, lambda x: (jnp.round(x), None), lambda _, g: (slope * g,))


def test_the_derivative_of_another_function():
    """`as_if` is proved and its twin with a wrong slope refuted; the value of the rule is still the function's own."""
    right = checked(jax_rule(rounded(), x="3", as_if=lambda x: x))
    assert {row.verdict for row in right.comparisons} == {Verdict.PROVED}
    assert right.as_if.name == "a lambda"
    wrong = checked(jax_rule(rounded(1.0005), x="3", as_if=lambda x: x))
    assert {(row.name, row.verdict) for row in wrong.comparisons} == {
        ("x", Verdict.REFUTED),
        ("scale", Verdict.PROVED),
    }
    floored = ruled(jnp.round, lambda x: (jnp.floor(x), None), lambda _, g: (g,))
    rows = checked(jax_rule(floored, x="3", as_if=lambda x: x)).comparisons
    assert {(row.name, row.verdict) for row in rows} == {("x", Verdict.PROVED), ("scale", Verdict.REFUTED)}
    plain = checked(jax_rule(rounded(), x="3")).comparisons
    assert {row.surrogate.value for row in plain if not row.good} == {"rounding"}


def test_trees_and_functions_of_jax_as_if():
    """A dict of arrays is passed as the function has it, and `as_if` may be any function of JAX."""

    def scaled(params, x):
        return jnp.sign(params["w"] * x)

    def backward(kept, g):
        params, x = kept
        slope = g * (1 - jnp.tanh(params["w"] * x) ** 2)
        return {"w": (slope * x).sum()}, slope * params["w"]

    function = ruled(scaled, lambda params, x: (scaled(params, x), (params, x)), backward)
    shapes = {"params": {"w": ""}, "x": "3"}
    right = jax_rule(function, as_if=lambda params, x: jnp.tanh(params["w"] * x), **shapes)
    assert {row.verdict for row in checked(right).comparisons} == {Verdict.PROVED}
    wrong = jax_rule(function, as_if=lambda params, x: jnp.tanh(x), **shapes)
    assert Verdict.REFUTED in {row.verdict for row in checked(wrong).comparisons}


def test_as_if_that_holds_a_part_constant():
    """`stop_gradient` is not followed: the numbers alone have another derivative."""
    case = jax_rule(rounded(), x="3", as_if=lambda x: x + lax.stop_gradient(jnp.round(x) - x))
    rows = [row for row in checked(case).comparisons if row.quantity == "case"]
    assert {row.verdict for row in rows} == {Verdict.UNDECIDED}
    assert "as_if holds a part constant (stop_gradient)" in rows[0].evidence.detail


def straight(x):
    return x + lax.stop_gradient(jnp.round(x) - x)


def straight_over_a_tree(x):
    return x + jax.tree.map(lax.stop_gradient, [jnp.round(x) - x])[0]


def straight_inside(x):
    return jax.jit(lambda v: v + lax.stop_gradient(jnp.round(v) - v))(x)


@pytest.mark.parametrize("function", [straight, straight_over_a_tree, straight_inside])
@pytest.mark.parametrize("slope", [1, 0])
def test_a_function_that_holds_a_part_constant(function, slope):
    """Neither the derivative of its numbers is claimed, which is 0, nor JAX's, which is 1; its value still is."""
    made = ruled(function, lambda x: (jnp.round(x), None), lambda _, g: (slope * g,))
    rows = checked(jax_rule(made, x="3", name="made")).comparisons
    assert {(row.name, row.verdict) for row in rows} == {
        ("the whole case", Verdict.UNDECIDED),
        ("scale", Verdict.PROVED),
    }
    assert "the function holds a part constant (stop_gradient)" in rows[0].evidence.detail
    rows = checked(jax_rule(made, x="3", as_if=lambda x: x)).comparisons
    assert {row.verdict for row in rows if row.name == "x"} == {Verdict.PROVED if slope else Verdict.REFUTED}


def test_what_functions_of_jax_hold_is_followed():
    """softmax and logsumexp hold the greatest input, which changes no derivative; rules may hold what they like."""

    def function(x):
        return jax.nn.softmax(x) + jax.scipy.special.logsumexp(x)

    def backward(factor, kept, g):
        y = lax.stop_gradient(jax.nn.softmax(kept))
        return (y * (g - (g * y).sum()) + factor * y * g.sum(),)

    for factor, expected in ((1, Verdict.PROVED), (2, Verdict.REFUTED)):
        made = ruled(function, lambda x: (function(x), x), lambda kept, g, f=factor: backward(f, kept, g))
        rows = checked(jax_rule(made, x="3", name="made")).comparisons
        assert {row.verdict for row in rows if row.name == "x"} == {expected}


def pushed(function, rule, **inputs):
    """Return the verdicts on a rule of forward mode along a direction."""
    case = jax_rule(with_tangents(function, rule), mode="jvp", name="made", **inputs)
    return {row.verdict for row in checked(case).comparisons}


def with_tangents(function, rule):
    return tangent(function, lambda primals, tangents: (function(*primals), rule(*primals, *tangents)))


SLOPES = {
    "square": (lambda x: x * x, lambda x, dx: 2 * x * dx, lambda x, dx: 2 * x * dx * dx, {"x": "N"}),
    "product": (
        lambda x, w: x @ w,
        lambda x, w, dx, dw: dx @ w + x @ dw,
        lambda x, w, dx, dw: dx @ w - x @ dw,
        {"x": "N D", "w": "D M"},
    ),
    "one of two": (
        lambda x, w: x * w,
        lambda x, w, dx, dw: dx * w,
        lambda x, w, dx, dw: dx * x,
        {"x": "N", "w": verify.fixed("N")},
    ),
    "row sums": (
        lambda x: jnp.log(x).sum(axis=1),
        lambda x, dx: (dx / x).sum(axis=1),
        lambda x, dx: (dx / x).mean(axis=1),
        {"x": verify.real("N D", low=0)},
    ),
    "two outputs": (
        lambda x: (jnp.sin(x), jnp.cos(x)),
        lambda x, dx: (jnp.cos(x) * dx, -jnp.sin(x) * dx),
        lambda x, dx: (jnp.cos(x) * dx, jnp.sin(x) * dx),
        {"x": "N"},
    ),
}


@pytest.mark.parametrize("name", SLOPES)
def test_rules_of_forward_mode(name):
    """A rule by `defjvp` is judged along a direction: a right one is proved, and its twin refuted."""
    function, right, wrong, inputs = SLOPES[name]
    assert pushed(function, right, **inputs) == {Verdict.PROVED}
    assert pushed(function, wrong, **inputs) == {Verdict.REFUTED}


def test_forward_mode_of_what_calls_rules():
    """JAX's own rules between them are followed, in nested inputs too; `as_if` states another function."""

    def network(params, x):
        return with_tangents(jnp.tanh, lambda x, dx: dx * (1 - jnp.tanh(x) ** 2))(x @ params["w"])

    rows = checked(jax_rule(network, params={"w": "D M"}, x="N D", mode="jvp")).comparisons
    assert {row.verdict for row in rows} == {Verdict.PROVED}
    straight = with_tangents(jnp.round, lambda x, dx: dx)
    for stated, expected in ((lambda x: x, Verdict.PROVED), (lambda x: 2 * x, Verdict.REFUTED)):
        rows = checked(jax_rule(straight, x="N", mode="jvp", as_if=stated, name="straight")).comparisons
        assert {row.verdict for row in rows} == {expected}


def test_a_mode_without_a_rule():
    """JAX has no forward mode of `custom_vjp`."""
    made = ruled(jnp.sin, lambda x: (jnp.sin(x), x), lambda x, g: (g * jnp.cos(x),))
    with pytest.raises(InputError, match="mode='jvp' is for custom_jvp"):
        jax_rule(made, x="N", mode="jvp")
    with pytest.raises(InputError, match="expected one of 'vjp', 'jvp'"):
        jax_rule(made, x="N", mode="forward")


@pytest.mark.parametrize("short", [jnp.float16, jnp.bfloat16, jnp.float32])
def test_a_short_output_is_the_functions_choice(short):
    """Its rounding fails no claim, of the value neither; another value of the forward rule is refuted all the same."""

    def checked_with(factor):
        made = jax.custom_vjp(lambda x: (x * jnp.sin(x)).astype(short))
        made.defvjp(
            lambda x: ((x * jnp.sin(x) * factor).astype(short), x),
            lambda x, g: ((g * (jnp.sin(x) + x * jnp.cos(x))).astype(x.dtype),),
        )
        return verify.check(jax_rule(made, x="N", name="short"))

    right, wrong = checked_with(1), checked_with(1.25)
    assert {row.verdict for row in right.comparisons} == {Verdict.PROVED}
    assert not [finding for finding in right.findings if finding.bad]
    assert Verdict.REFUTED in {row.verdict for row in wrong.comparisons if row.name == "scale"}
