"""`gradproof.jax_check_grads` takes the arguments of JAX's checker, and decides where that compares at one point.

`make test-jax` runs this file, which needs JAX.
"""

import warnings

import jax
import jax.numpy as jnp
import jax.test_util
import numpy as np
import pytest

from verify import jax_check_grads
from verify.testing.deciding import PointsOnlyWarning

X, W = np.linspace(-1, 1, 12).reshape(3, 4), np.linspace(0.2, 1, 20).reshape(4, 5)
POSITIVE = np.array([0.5, 0.7, 0.9])


@jax.custom_jvp
def softplus(x):
    return jnp.logaddexp(x, 0.0)


@softplus.defjvp
def _softplus_rule(primals, tangents):
    return softplus(primals[0]), jax.nn.sigmoid(primals[0]) * tangents[0]


@jax.custom_vjp
def doubled(x):
    return 2 * x


doubled.defvjp(lambda x: (2 * x, None), lambda _, g: (2 * g,))


@jax.custom_vjp
def rectified(x):
    return jnp.maximum(x, 0)


rectified.defvjp(lambda x: (jnp.maximum(x, 0), x), lambda x, g: (jnp.where(x > -5, g, 0),))


@jax.custom_jvp
def nearly(x):
    return jnp.exp(x)


nearly.defjvp(lambda primals, tangents: (jnp.exp(primals[0]), (1 + 1e-5) * jnp.exp(primals[0]) * tangents[0]))


def dense(params, x):
    return jnp.tanh(x @ params["w"][0] + params["b"])


RIGHT = {
    "by tangents": (softplus, (X,), ("fwd", "rev")),
    "by gradients": (doubled, (X,), ("rev",)),
    "one mode": (doubled, (X,), "rev"),
    "dicts and lists": (dense, ({"w": [W], "b": np.zeros(5)}, X), ("rev",)),
    "a domain": (jnp.log, (POSITIVE,), ("fwd", "rev")),
    "other values": (lambda x, n: x**n, (X, 3), ("rev",)),
}
WRONG = {"close by": (nearly, (X,), ("rev",)), "on the other side": (rectified, (POSITIVE,), ("rev",))}


@pytest.mark.parametrize("name", RIGHT)
def test_right_gradients(name):
    """Nothing is returned, as JAX's checker does, and nothing is left to points."""
    function, args, modes = RIGHT[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error", PointsOnlyWarning)
        assert jax_check_grads(function, args, 1, modes=modes, atol=1e-2, rtol=1e-2) is None


@pytest.mark.parametrize("name", WRONG)
def test_wrong_gradients_that_jax_passes(name):
    """The exception is that of JAX's checker, which passes both; it has the report, with a counterexample."""
    function, args, modes = WRONG[name]
    jax.test_util.check_grads(function, args, 1, modes=modes, atol=1e-2, rtol=1e-2)
    with pytest.raises(AssertionError, match="REFUTED"):
        jax_check_grads(function, args, 1, modes=modes, atol=1e-2, rtol=1e-2)


@jax.custom_vjp
def cubed(x):
    return x**3


@jax.custom_vjp
def slope(x):
    return 3 * x**2


slope.defvjp(lambda x: (3 * x**2, x), lambda x, g: ((6 + 1e-5) * x * g,))
cubed.defvjp(lambda x: (x**3, x), lambda x, g: (slope(x) * g,))


@jax.custom_vjp
def held(x):
    return x**3


held.defvjp(lambda x: (x**3, 3 * x**2), lambda s, g: (jax.lax.stop_gradient(s) * g,))


@pytest.mark.parametrize(("function", "modes"), [(softplus, ("rev", "fwd")), (doubled, "rev"), (jnp.sin, "fwd")])
@pytest.mark.parametrize("order", [2, 3])
def test_higher_orders_are_decided(function, modes, order):
    """By the derivatives that JAX's checker asks for; none is left to points."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", PointsOnlyWarning)
        jax_check_grads(function, (X[0],), order, modes=modes, atol=1e-2, rtol=1e-2)


def test_a_wrong_second_order_that_jax_passes():
    """A rule within the rule: the first order is right, and the second one wrong by little."""
    jax_check_grads(cubed, (X,), 1, modes="rev")
    jax.test_util.check_grads(cubed, (X,), 2, modes="rev", atol=1e-2, rtol=1e-2)
    with pytest.raises(AssertionError, match=r"(?s)derivatives of cubed.*REFUTED"):
        jax_check_grads(cubed, (X,), 2, modes="rev", atol=1e-2, rtol=1e-2)


def test_what_is_held_constant_is_judged_at_points():
    """The first order is decided, and a warning says who has judged the second one, which is wrong."""
    jax_check_grads(held, (X,), 1, modes=("rev",))
    with pytest.raises(AssertionError, match="VJP of VJP"), pytest.warns(PointsOnlyWarning) as warned:
        jax_check_grads(held, (X,), 2, modes=("rev",), atol=1e-2, rtol=1e-2)
    assert warned[0].filename == __file__


def test_what_jax_refuses():
    """Tangents through `custom_vjp` end in the error of JAX."""
    with pytest.raises(TypeError, match="custom_vjp"), pytest.warns(PointsOnlyWarning):
        jax_check_grads(doubled, (X,), 1, modes=("fwd",))
