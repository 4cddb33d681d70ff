"""Functions of JAX with rules written by hand, right ones and twins with one planted mistake, each as a case."""

import jax
import jax.numpy as jnp
from jax import lax

import verify
from verify import jax_rule


def ruled(function, forward, backward, **options):
    """Return a function of its own with a rule by custom_vjp."""
    made = jax.custom_vjp(lambda *args: function(*args), **options)
    made.__name__ = function.__name__
    made.defvjp(forward, backward)
    return made


def tangent(function, rule, **options):
    """Return a function of its own with a rule by custom_jvp."""
    made = jax.custom_jvp(lambda *args: function(*args), **options)
    made.__name__ = function.__name__
    made.defjvp(rule)
    return made


def sigmoid(x):
    return 1 / (1 + jnp.exp(-x))


def swish(x, beta):
    return x * sigmoid(beta * x)


def swish_forward(x, beta):
    s = sigmoid(beta * x)
    return x * s, (x, beta, s)


def swish_backward(kept, g):
    x, beta, s = kept
    return g * (s + beta * x * s * (1 - s)), (g * x * x * s * (1 - s)).sum()


def swish_without_beta(kept, g):
    x, _, s = kept
    return g * (s + x * s * (1 - s)), (g * x * x * s * (1 - s)).sum()


def linear(x, w, b):
    return x @ w + b


def linear_forward(x, w, b):
    return x @ w + b, (x, w)


def linear_backward(kept, g):
    x, w = kept
    return g @ w.T, x.T @ g, g.sum(0)


def linear_mean(kept, g):
    x, w = kept
    return g @ w.T, x.T @ g, g.mean(0)


def cube(x):
    return x**3


def cube_forward(x):
    return x**3, x


def cube_backward(x, g):
    return (3 * x**2 * g,)


def cube_half(x, g):
    return (2 * x**2 * g,)


def cube_forward_shifted(x):
    return x**3 + 1, x


def relu(x):
    return jnp.where(x > 0, x, 0.0)


def relu_forward(x):
    return relu(x), x


def relu_backward(x, g):
    return (jnp.where(x > 0, g, 0.0),)


def relu_of_upstream(x, g):
    return (jnp.where(g > 0, g, 0.0),)


def leaky(slope, x):
    return jnp.where(x > 0, x, slope * x)


def leaky_forward(slope, x):
    return leaky(slope, x), x > 0


def leaky_backward(slope, positive, g):
    return (jnp.where(positive, g, slope * g),)


def leaky_swapped(slope, positive, g):
    return (jnp.where(positive, slope * g, g),)


def normed(x):
    centred = x - x.mean(-1, keepdims=True)
    return centred / jnp.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)


def normed_forward(x):
    centred = x - x.mean(-1, keepdims=True)
    deviation = jnp.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
    return centred / deviation, (centred / deviation, deviation)


def normed_backward(kept, g):
    y, deviation = kept
    return ((g - g.mean(-1, keepdims=True) - y * (g * y).mean(-1, keepdims=True)) / deviation,)


def normed_without_mean(kept, g):
    y, deviation = kept
    return ((g - y * (g * y).mean(-1, keepdims=True)) / deviation,)


def entropy(scores, labels):
    shifted = scores - scores.max(1, keepdims=True)
    log_p = shifted - jnp.log(jnp.exp(shifted).sum(1, keepdims=True))
    return -jnp.take_along_axis(log_p, labels[:, None], 1).mean()


def entropy_forward(scores, labels):
    return entropy(scores, labels), (jax.nn.softmax(scores), labels)


def entropy_backward(kept, g):
    p, labels = kept
    return g * (p - jax.nn.one_hot(labels, p.shape[1], dtype=p.dtype)) / p.shape[0], None


def entropy_summed(kept, g):
    p, labels = kept
    return g * (p - jax.nn.one_hot(labels, p.shape[1], dtype=p.dtype)), None


def log1pexp(x):
    return jnp.log1p(jnp.exp(x))


def log1pexp_rule(primals, tangents):
    ((x,), (dx,)) = primals, tangents
    return log1pexp(x), (1 - 1 / (1 + jnp.exp(x))) * dx


def log1pexp_half(primals, tangents):
    ((x,), (dx,)) = primals, tangents
    return log1pexp(x), (1 - 1 / (1 + jnp.exp(2 * x))) * dx


def product(x, y):
    return x * y


def product_rule(primals, tangents):
    (x, y), (dx, dy) = primals, tangents
    return x * y, x * dy + y * dx


def product_swapped(primals, tangents):
    (x, y), (dx, dy) = primals, tangents
    return x * y, x * dx + y * dy


def total(x):
    return lax.scan(lambda carry, row: (carry * 0.5 + row, carry), jnp.zeros(x.shape[1], x.dtype), x)[0]


def total_forward(x):
    return total(x), x.shape[0]


def total_backward(length, g):
    return (lax.scan(lambda carry, _: (carry * 0.5, carry), g, None, length=length, reverse=True)[1],)


def total_backward_other_way(length, g):
    return (lax.scan(lambda carry, _: (carry * 0.5, carry), g, None, length=length)[1],)


def chosen(x, flag):
    return lax.cond(flag, lambda v: v * v, lambda v: 3 * v, x)


def chosen_forward(x, flag):
    return chosen(x, flag), (x, flag)


def chosen_backward(kept, g):
    x, flag = kept
    return lax.cond(flag, lambda: 2 * x * g, lambda: 3 * g), None


def chosen_one_branch(kept, g):
    x, _ = kept
    return 2 * x * g, None


def rows(table, places):
    return table[places]


def rows_forward(table, places):
    return table[places], (places, table.shape[0])


def rows_backward(kept, g):
    places, length = kept
    return jnp.zeros((length, g.shape[1]), g.dtype).at[places].add(g), None


def rows_set(kept, g):
    places, length = kept
    zeros = jnp.zeros((length, g.shape[1]), g.dtype)
    return sum((zeros.at[place].set(row) for place, row in zip(places, g, strict=True)), zeros).at[places[0]].set(
        g[0]
    ), None


def both(x, y):
    return x * y, x + y


def both_forward(x, y):
    return both(x, y), (x, y)


def both_backward(kept, gs):
    (x, y), (g, h) = kept, gs
    return g * y + h, g * x + h


def both_first_only(kept, gs):
    (x, y), (g, _) = kept, gs
    return g * y, g * x


def norm(x):
    return jnp.sqrt((x * x).sum())


def norm_forward(x):
    n = norm(x)
    return n, (x, n)


def norm_backward(kept, g):
    x, n = kept
    return (g * x / n,)


def norm_squared(kept, g):
    x, n = kept
    return (g * x / n**2,)


def sums(x):
    return jnp.cumsum(x)


def sums_forward(x):
    return jnp.cumsum(x), None


def sums_backward(_, g):
    return (jnp.cumsum(g[::-1])[::-1],)


def sums_forwards(_, g):
    return (jnp.cumsum(g),)


def largest(x):
    return x.max(1)


def largest_forward(x):
    place = x.argmax(1)
    return jnp.take_along_axis(x, place[:, None], 1)[:, 0], (place, x.shape[1])


def largest_backward(kept, g):
    place, width = kept
    return (jax.nn.one_hot(place, width, dtype=g.dtype) * g[:, None],)


def largest_spread(kept, g):
    place, width = kept
    return (jnp.broadcast_to(g[:, None], (len(place), width)) / width,)


def dense(params, x):
    return jnp.tanh(x @ params["w"] + params["b"])


def dense_forward(params, x):
    y = dense(params, x)
    return y, (params, x, y)


def dense_backward(kept, g):
    params, x, y = kept
    h = g * (1 - y * y)
    return {"w": x.T @ h, "b": h.sum(0)}, h @ params["w"].T


def dense_of_upstream(kept, g):
    params, x, y = kept
    h = g * (1 - y * y)
    return {"w": x.T @ h, "b": g.sum(0)}, h @ params["w"].T


def attention(q, k, v):
    return jax.nn.softmax(q @ k.T) @ v


def attention_forward(q, k, v):
    p = jax.nn.softmax(q @ k.T)
    return p @ v, (q, k, v, p)


def attention_backward(kept, g):
    q, k, v, p = kept
    dp = g @ v.T
    ds = p * (dp - (dp * p).sum(-1, keepdims=True))
    return ds @ k, ds.T @ q, p.T @ g


def attention_without_sum(kept, g):
    q, k, v, p = kept
    ds = p * (g @ v.T)
    return ds @ k, ds.T @ q, p.T @ g


def huber(x):
    return jnp.where(jnp.abs(x) <= 1, 0.5 * x * x, jnp.abs(x) - 0.5).sum()


def huber_forward(x):
    return huber(x), x


def huber_backward(x, g):
    return (g * jnp.clip(x, -1, 1),)


def huber_unclipped(x, g):
    return (g * x,)


def outer_product(x, y):
    return jnp.einsum("i,j->ij", x, y)


def outer_product_forward(x, y):
    return outer_product(x, y), (x, y)


def outer_product_backward(kept, g):
    x, y = kept
    return jnp.einsum("ij,j->i", g, y), jnp.einsum("ij,i->j", g, x)


def outer_product_once(kept, g):
    x, y = kept
    return jnp.einsum("ij,j->i", g, y), jnp.einsum("ii,i->i", g[: len(y)], x)


def power(x, n):
    return lax.fori_loop(0, n, lambda _, y: y * x, jnp.ones_like(x))


def power_forward(x, n):
    return power(x, n), x


def power_backward(n, x, g):
    return (n * power(x, n - 1) * g,)


def power_too_high(n, x, g):
    return (n * power(x, n) * g,)


def sorted_rows(x):
    return jnp.sort(x, axis=-1)


def sorted_rows_forward(x):
    order = jnp.argsort(x, axis=-1)
    return jnp.take_along_axis(x, order, -1), order


def sorted_rows_backward(order, g):
    return (jnp.take_along_axis(g, jnp.argsort(order, axis=-1), -1),)


def sorted_rows_not_inverted(order, g):
    return (jnp.take_along_axis(g, order, -1),)


_LABELS = verify.integer("N", below="C")
_SAME = {"padding": "SAME", "window_strides": (1, 2)}


def convolved(x, w):
    return lax.conv_general_dilated(x, w, **_SAME)


def convolved_forward(x, w):
    return convolved(x, w), (x, w)


def convolved_backward(kept, g):
    return jax.vjp(convolved, *kept)[1](g)


def convolved_turned(kept, g):
    """The kernel is turned round in what goes back to the image."""
    x, w = kept
    return jax.vjp(convolved, x, w[..., ::-1])[1](g)[0], jax.vjp(convolved, x, w)[1](g)[1]


def pooled(x):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2), (1, 2), [(0, 0), (1, 0)])


def pooled_forward(x):
    return pooled(x), x


def pooled_backward(x, g):
    return jax.vjp(pooled, x)[1](g)


def pooled_last(x, g):
    """Each number goes to the last entry of its window, whichever is the largest."""
    return (jnp.zeros_like(x).at[:, ::2].set(g),)


def averaged(x):
    return lax.reduce_window(x, 0.0, lax.add, (1, 3), (1, 1), "SAME") / 3


def averaged_forward(x):
    return averaged(x), None


def averaged_backward(_, g):
    return (lax.reduce_window(g, 0.0, lax.add, (1, 3), (1, 1), "SAME") / 3,)


def averaged_shifted(_, g):
    return (lax.reduce_window(g, 0.0, lax.add, (1, 3), (1, 1), [(0, 0), (2, 0)]) / 3,)


_WITH = {
    "swish": (swish, swish_forward, {"x": "N D", "beta": ""}, swish_backward, swish_without_beta),
    "linear": (linear, linear_forward, {"x": "N D", "w": "D M", "b": "M"}, linear_backward, linear_mean),
    "cube": (cube, cube_forward, {"x": "N"}, cube_backward, cube_half),
    "relu": (relu, relu_forward, {"x": "N"}, relu_backward, relu_of_upstream),
    "normed": (normed, normed_forward, {"x": "N D"}, normed_backward, normed_without_mean),
    "total": (total, total_forward, {"x": "T D"}, total_backward, total_backward_other_way),
    "both": (both, both_forward, {"x": "N", "y": "N"}, both_backward, both_first_only),
    "norm": (norm, norm_forward, {"x": "N"}, norm_backward, norm_squared),
    "sums": (sums, sums_forward, {"x": "N"}, sums_backward, sums_forwards),
    "largest": (largest, largest_forward, {"x": "N D"}, largest_backward, largest_spread),
    "dense": (dense, dense_forward, {"params": {"w": "D M", "b": "M"}, "x": "N D"}, dense_backward, dense_of_upstream),
    "attention": (
        attention,
        attention_forward,
        {"q": "N D", "k": "M D", "v": "M E"},
        attention_backward,
        attention_without_sum,
    ),
    "convolution": (
        convolved,
        convolved_forward,
        {"x": "2 1 3 4", "w": "2 1 3 3"},
        convolved_backward,
        convolved_turned,
    ),
    "pooling": (pooled, pooled_forward, {"x": "N 5"}, pooled_backward, pooled_last),
    "averages": (averaged, averaged_forward, {"x": "N 4"}, averaged_backward, averaged_shifted),
    "huber": (huber, huber_forward, {"x": "N"}, huber_backward, huber_unclipped),
    "outer product": (
        outer_product,
        outer_product_forward,
        {"x": "N", "y": "N"},
        outer_product_backward,
        outer_product_once,
    ),
    "sorted rows": (sorted_rows, sorted_rows_forward, {"x": "N D"}, sorted_rows_backward, sorted_rows_not_inverted),
    "entropy": (entropy, entropy_forward, {"scores": "N C", "labels": _LABELS}, entropy_backward, entropy_summed),
    "rows": (
        rows,
        rows_forward,
        {"table": "M D", "places": verify.integer("N", below="M")},
        rows_backward,
        rows_set,
    ),
}
_TANGENTS = {
    "log1pexp": (log1pexp, {"x": "N"}, log1pexp_rule, log1pexp_half),
    "product": (product, {"x": "N", "y": "N"}, product_rule, product_swapped),
}


def _made(name, function, forward, inputs, backward):
    return jax_rule(ruled(function, forward, backward), name=name, **inputs)


RIGHT = {name: _made(name, *of[:3], of[3]) for name, of in _WITH.items()}
WRONG = {f"{name} wrong": _made(f"{name} wrong", *of[:3], of[4]) for name, of in _WITH.items()}
for _name, (_function, _inputs, _right, _wrong) in _TANGENTS.items():
    RIGHT[_name] = jax_rule(tangent(_function, _right), name=_name, **_inputs)
    WRONG[f"{_name} wrong"] = jax_rule(tangent(_function, _wrong), name=f"{_name} wrong", **_inputs)
_LEAKY = {"slope": verify.constant(0.25), "x": "N"}
_CHOSEN = {"options": {"flag": [True, False]}, "x": "N"}
_POWER = {"options": {"n": [1, 3]}, "x": "N"}
RIGHT |= {
    "leaky": jax_rule(ruled(leaky, leaky_forward, leaky_backward, nondiff_argnums=(0,)), name="leaky", **_LEAKY),
    "chosen": jax_rule(ruled(chosen, chosen_forward, chosen_backward), name="chosen", **_CHOSEN),
    "power": jax_rule(ruled(power, power_forward, power_backward, nondiff_argnums=(1,)), name="power", **_POWER),
}
WRONG |= {
    "leaky wrong": jax_rule(
        ruled(leaky, leaky_forward, leaky_swapped, nondiff_argnums=(0,)), name="leaky wrong", **_LEAKY
    ),
    "chosen wrong": jax_rule(ruled(chosen, chosen_forward, chosen_one_branch), name="chosen wrong", **_CHOSEN),
    "power wrong": jax_rule(
        ruled(power, power_forward, power_too_high, nondiff_argnums=(1,)), name="power wrong", **_POWER
    ),
    "value wrong": jax_rule(ruled(cube, cube_forward_shifted, cube_backward), name="value wrong", x="N"),
}
