"""Primitives of autograd with rules written by hand, right ones and twins with one planted mistake, each as a case."""

import autograd.numpy as anp
import numpy as np
from autograd.extend import defvjp, defvjp_argnum, defvjp_argnums, primitive

import verify
from verify import autograd_primitive


def ruled(function, *rules, define=defvjp, **options):
    """Return a primitive of its own with these rules."""
    made = primitive(lambda *args, **kwargs: function(*args, **kwargs))
    made.__name__ = function.__name__
    made.fun.__wrapped__ = function  # the names of the parameters
    define(made, *rules, **options)
    return made


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def silu(x):
    return x * sigmoid(x)


def silu_rule(ans, x):
    s = sigmoid(x)
    return lambda g: g * (s + ans * (1 - s))


def silu_without_slope(ans, x):
    s = sigmoid(x)
    return lambda g: g * (s + s * (1 - s))


def softplus(x):
    return np.log1p(np.exp(x))


def softplus_rule(ans, x):
    return lambda g: g / (1 + anp.exp(-x))


def softplus_by_output(ans, x):
    return lambda g: g / (1 + anp.exp(-ans))


def lse(x):
    top = x.max(axis=1, keepdims=True)
    return np.log(np.exp(x - top).sum(axis=1)) + top[:, 0]


def lse_rule(ans, x):
    return lambda g: anp.expand_dims(g, 1) * anp.exp(x - anp.expand_dims(ans, 1))


def lse_unnormalised(ans, x):
    return lambda g: anp.expand_dims(g, 1) * anp.exp(x - x.max(axis=1, keepdims=True))


def affine(x, w, b):
    return x @ w + b


def affine_x(ans, x, w, b):
    return lambda g: g @ w.T


def affine_w(ans, x, w, b):
    return lambda g: x.T @ g


def affine_b(ans, x, w, b):
    return lambda g: g.sum(axis=0)


def affine_b_mean(ans, x, w, b):
    return lambda g: g.mean(axis=0)


def normalised(x, gain):
    scale = 1 / np.sqrt((x * x).mean(axis=1, keepdims=True) + 0.01)
    return x * scale * gain


def _scaled(x):
    return 1 / np.sqrt((x * x).mean(axis=1, keepdims=True) + 0.01)


def normalised_x(ans, x, gain):
    scale = _scaled(x)

    def back(g):
        inner = g * gain
        return scale * inner - x * scale**3 * (inner * x).mean(axis=1, keepdims=True)

    return back


def normalised_scale_held(ans, x, gain):
    return lambda g: g * gain * _scaled(x)


def normalised_gain(ans, x, gain):
    return lambda g: (g * x * _scaled(x)).sum(axis=0)


def solved(a, b):
    return np.linalg.solve(a, b)


def solved_a(ans, a, b):
    return lambda g: -anp.outer(anp.linalg.solve(a.T, g), ans)


def solved_b(ans, a, b):
    return lambda g: anp.linalg.solve(a.T, g)


def solved_a_transposed(ans, a, b):
    return lambda g: -anp.outer(ans, anp.linalg.solve(a.T, g))


def gathered(table, places):
    return table[places]


def gathered_rule(ans, table, places):
    def back(g):
        out = np.zeros(table.shape)
        np.add.at(out, places, g)
        return out

    return back


def gathered_set(ans, table, places):
    def back(g):
        out = np.zeros(table.shape)
        out[places] = g
        return out

    return back


def gated(x, y):
    return x * np.tanh(y)


def gated_argnums(argnums, ans, args, kwargs):
    x, y = args
    t = np.tanh(y)
    slopes = {0: lambda g: g * t, 1: lambda g: g * x * (1 - t * t)}
    return lambda g: tuple(slopes[argnum](g) for argnum in argnums)


def gated_in_order(argnums, ans, args, kwargs):
    """Forget which arguments are asked for: right when all of them are."""
    x, y = args
    t = np.tanh(y)
    slopes = [lambda g: g * t, lambda g: g * x * (1 - t * t)]
    return lambda g: tuple(slopes[place](g) for place in range(len(argnums)))


def weighted(x, y, z):
    return x + 2 * y + 3 * z


def weighted_rule(argnum, ans, args, kwargs):
    return lambda g: (argnum + 1) * g


def weighted_from_zero(argnum, ans, args, kwargs):
    return lambda g: argnum * g


def leaky(x, slope=0.25):
    return np.where(x > 0, x, slope * x)


def leaky_rule(ans, x, slope=0.25):
    return lambda g: g * anp.where(x > 0, 1.0, slope)


def leaky_default_slope(ans, x, slope=0.25):
    return lambda g: g * anp.where(x > 0, 1.0, 0.25)


def bias(x, b):
    return x + b


def passed(ans, x, b):
    return lambda g: g


def summed(ans, x, b):
    return lambda g: anp.sum(g, axis=0)


def cross_entropy(scores, labels):
    shifted = scores - scores.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -logs[np.arange(len(labels)), labels].mean()


def _softmax(scores):
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def cross_entropy_rule(ans, scores, labels):
    def back(g):
        p = _softmax(scores)
        p[np.arange(len(labels)), labels] -= 1
        return g * p / len(labels)

    return back


def cross_entropy_summed(ans, scores, labels):
    def back(g):
        p = _softmax(scores)
        p[np.arange(len(labels)), labels] -= 1
        return g * p

    return back


def clipped(x):
    return np.clip(x, -1, 1)


def clipped_rule(ans, x):
    return lambda g: g * ((x > -1) & (x < 1))


def clipped_above(ans, x):
    return lambda g: g * (x < 1)


_LABELS = verify.integer("N", below="C")
_PLACES = verify.integer("N", below="M")
# Each with its inputs, right rules and wrong ones.
_WITH = {
    "silu": (silu, {"x": "N D"}, [silu_rule], [silu_without_slope]),
    "softplus": (softplus, {"x": "N"}, [softplus_rule], [softplus_by_output]),
    "log sum exp": (lse, {"x": "N D"}, [lse_rule], [lse_unnormalised]),
    "affine": (
        affine,
        {"x": "N D", "w": "D M", "b": "M"},
        [affine_x, affine_w, affine_b],
        [affine_x, affine_w, affine_b_mean],
    ),
    "normalised": (
        normalised,
        {"x": "N D", "gain": "D"},
        [normalised_x, normalised_gain],
        [normalised_scale_held, normalised_gain],
    ),
    "solved": (solved, {"a": "N N", "b": "N"}, [solved_a, solved_b], [solved_a_transposed, solved_b]),
    "gathered": (gathered, {"table": "M D", "places": _PLACES}, [gathered_rule], [gathered_set]),
    "bias": (bias, {"x": "N D", "b": "D"}, [passed, summed], [passed, None]),
    "cross entropy": (
        cross_entropy,
        {"scores": "N C", "labels": _LABELS},
        [cross_entropy_rule],
        [cross_entropy_summed],
    ),
    "clipped": (clipped, {"x": "N"}, [clipped_rule], [clipped_above]),
}
RIGHT = {name: autograd_primitive(ruled(of[0], *of[2]), name=name, **of[1]) for name, of in _WITH.items()}
WRONG = {name: autograd_primitive(ruled(of[0], *of[3]), name=f"{name} wrong", **of[1]) for name, of in _WITH.items()}
_SLOPES = {"options": {"slope": [0.25, 0.5]}, "x": "N"}
_DEFINED = {
    "gated": (gated, defvjp_argnums, {"x": "N", "y": "N"}, gated_argnums, gated_in_order),
    "weighted": (weighted, defvjp_argnum, {"x": "N", "y": "N", "z": "N"}, weighted_rule, weighted_from_zero),
    "leaky": (leaky, defvjp, _SLOPES, leaky_rule, leaky_default_slope),
}
for _name, (_function, _define, _inputs, _right, _wrong) in _DEFINED.items():
    RIGHT[_name] = autograd_primitive(ruled(_function, _right, define=_define), name=_name, **_inputs)
    WRONG[_name] = autograd_primitive(ruled(_function, _wrong, define=_define), name=f"{_name} wrong", **_inputs)
