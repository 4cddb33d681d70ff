"""Random layers of array operations as code: a forward pass, a hand-written reverse sweep, and mistakes to plant in it.

Each operation keeps in a dict what its rule needs, as layers do in `self`. A rule is linear in the upstream, so that
what a mistake adds to the gradients is swept back on its own: it shows on floats however small the mistake is.
"""

import math
from types import SimpleNamespace

import numpy as np

import verify
from verify.cases.samples import Sampler
from verify.tracing.observe import _FIXED

LARGEST = 1e3  # of the values in a layer
TINY = 1e-12  # relative
SEEN = 1e-8  # of the largest number of a sweep: above, what a mistake adds is no rounding
SHAPES = ((2, 3), (3,), (3, 2), (4,), (2, 2, 2), (4, 3), (1, 3), (2, 1), ())


def first_largest(a, axis):
    """Return 1 at the first largest entry along an axis, and 0 elsewhere."""
    places = np.expand_dims(np.asarray(a.argmax(axis=axis)), axis)
    marks = np.zeros(a.shape)
    np.put_along_axis(marks, places, 1.0, axis)
    return marks


def summed(gradient, shape):
    """Sum a gradient over the axes along which an array of this shape was broadcast."""
    while gradient.ndim > len(shape):
        gradient = gradient.sum(axis=0)
    for axis, size in enumerate(shape):
        if size == 1 and gradient.shape[axis] > 1:
            gradient = gradient.sum(axis=axis, keepdims=True)
    return gradient


def both(partials):
    """Return the rule of an operation on two arrays that broadcast, from its partial derivatives."""

    def rule(p, kept, d, y, a, b):
        by_a, by_b = partials(p, a, b, y)
        return summed(d * by_a, np.shape(a)), summed(d * by_b, np.shape(b))

    return rule


def of_one(forward, partial):
    """Return an operation on each entry, from its derivative."""
    return lambda p, kept, a: forward(a, p), lambda p, kept, d, y, a: (d * partial(a, y, p),)


def softmax(p, kept, a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_rule(p, kept, d, y, a):
    return (y * (d - (d * y).sum(axis=-1, keepdims=True)),)


def log_sum_exp(p, kept, a):
    top = a.max(axis=-1, keepdims=True)
    return np.log(np.exp(a - top).sum(axis=-1)) + top[..., 0]


def log_sum_exp_rule(p, kept, d, y, a):
    return (d[..., None] * np.exp(a - y[..., None]),)


def normalised(p, kept, a):
    kept["x"] = a - a.mean(axis=p, keepdims=True)
    kept["s"] = 1 / np.sqrt((kept["x"] ** 2).mean(axis=p, keepdims=True) + 1e-5)
    return kept["x"] * kept["s"]


def normalised_rule(p, kept, d, y, a):
    mean = d.mean(axis=p, keepdims=True)
    return (kept["s"] * (d - mean - y * (d * y).mean(axis=p, keepdims=True)),)


def scattered(p, kept, a):
    kept["at"] = np.arange(a.shape[0]) * p % 3
    y = np.zeros((3, *a.shape[1:]))
    np.add.at(y, kept["at"], a)
    return y


def gathered_rule(p, kept, d, y, a):
    g = np.zeros_like(a)
    np.add.at(g, kept["at"], d)
    return (g,)


def gathered(p, kept, a):
    kept["at"] = np.array([[0, -1], [p % a.shape[0], 0]])
    return a[kept["at"]]


def windows(p, kept, a):
    """Return the windows of two by two as columns, as im2col does."""
    rows, columns = (np.add.outer(np.arange(n - 1), np.arange(2)) for n in a.shape)
    kept["at"] = rows[:, None, :, None], columns[None, :, None, :]
    return a[kept["at"]].reshape(-1, 4).T


def windows_rule(p, kept, d, y, a):
    g = np.zeros(a.shape)
    np.add.at(g, kept["at"], d.T.reshape(np.broadcast_shapes(*(i.shape for i in kept["at"]))))
    return (g,)


def picked(p, kept, a):
    kept["at"] = a.argmax(axis=-1)
    return np.take_along_axis(a, kept["at"][..., None], axis=-1)[..., 0]


def picked_rule(p, kept, d, y, a):
    g = np.zeros_like(a)
    np.put_along_axis(g, kept["at"][..., None], d[..., None], axis=-1)
    return (g,)


def dropped(p, kept, a):
    kept["mask"] = np.random.default_rng(p).random(a.shape) < 0.6
    return a * kept["mask"] / 0.6


def written(p, kept, a):
    """Write through views of a copy, and through one of a transpose."""
    y = a.copy()
    view = y[::2]
    view *= 3
    y.T[..., 0] += 1
    return y


def written_rule(p, kept, d, y, a):
    g = d.copy()
    g[::2] *= 3
    return (g,)


def filled(p, kept, a):
    y = np.empty(a.shape)
    y[1:] = a[:-1] * a[1:]
    y[0] = a[0] * a[-1]
    return y


def filled_rule(p, kept, d, y, a):
    g = np.empty_like(a)
    g[0] = d[0] * a[-1]
    g[1:] = d[1:] * a[:-1]
    g[:-1] += d[1:] * a[1:]
    g[-1] += d[0] * a[0]
    return (g,)


def ordered(p, kept, a):
    kept["at"] = np.argsort(a)
    return a[kept["at"]] * np.arange(1, len(a) + 1)


def ordered_rule(p, kept, d, y, a):
    g = np.zeros_like(a)
    g[kept["at"]] = d * np.arange(1, len(a) + 1)
    return (g,)


def by_masks(p, kept, a):
    """Return a sigmoid that is stable on both sides."""
    y, kept["mask"] = np.zeros_like(a), a >= 0
    y[kept["mask"]] = 1 / (1 + np.exp(-a[kept["mask"]]))
    e = np.exp(a[~kept["mask"]])
    y[~kept["mask"]] = e / (1 + e)
    return y


def spread(d, axis, shape):
    return np.broadcast_to(np.expand_dims(d, axis), shape)


# forward(parameter, kept, *arguments), and rule(parameter, kept, upstream, output, *arguments)
OPERATIONS = {
    "add": (lambda p, k, a, b: a + b, both(lambda p, a, b, y: (1, 1))),
    "subtract": (lambda p, k, a, b: a - b, both(lambda p, a, b, y: (1, -1))),
    "multiply": (lambda p, k, a, b: a * b, both(lambda p, a, b, y: (b, a))),
    "divide": (lambda p, k, a, b: a / (2 + b * b), both(lambda p, a, b, y: (1 / (2 + b**2), -2 * b * y / (2 + b**2)))),
    "where": (
        lambda p, k, a, b: np.where(a > 0.1373, a * a, b),
        both(lambda p, a, b, y: (np.where(a > 0.1373, 2 * a, 0), a <= 0.1373)),
    ),
    "maximum": (lambda p, k, a, b: np.maximum(a, 2 * b), both(lambda p, a, b, y: (a > 2 * b, 2 * (a <= 2 * b)))),
    "logaddexp": (
        lambda p, k, a, b: np.logaddexp(a, b),
        both(lambda p, a, b, y: (1 / (1 + np.exp(b - a)), 1 / (1 + np.exp(a - b)))),
    ),
    "matmul": (lambda p, k, a, b: a @ b, lambda p, k, d, y, a, b: (d @ b.T, a.T @ d)),
    "einsum": (
        lambda p, k, a, b: np.einsum("ij,kj->ik", a, b),
        lambda p, k, d, y, a, b: (np.einsum("ik,kj->ij", d, b), np.einsum("ik,ij->kj", d, a)),
    ),
    "outer": (
        lambda p, k, a, b: np.outer(a, b),
        lambda p, k, d, y, a, b: (d @ b, a @ d),
    ),
    "joined": (
        lambda p, k, a, b: np.concatenate([a, b, a]),
        lambda p, k, d, y, a, b: (d[: len(a)] + d[-len(a) :], d[len(a) : -len(a)]),
    ),
    "exp": of_one(lambda a, p: np.exp(a / 4), lambda a, y, p: y / 4),
    "log": of_one(lambda a, p: np.log(1 + a * a), lambda a, y, p: 2 * a / (1 + a * a)),
    "log1p": of_one(lambda a, p: np.log1p(np.exp(a)), lambda a, y, p: 1 - np.exp(-y)),
    "sqrt": of_one(lambda a, p: np.sqrt(1 + a * a), lambda a, y, p: a / y),
    "tanh": of_one(lambda a, p: np.tanh(a), lambda a, y, p: 1 - y**2),
    "sigmoid": of_one(lambda a, p: 1 / (1 + np.exp(-a)), lambda a, y, p: y * (1 - y)),
    "power": of_one(lambda a, p: (1 + a * a) ** -1.5, lambda a, y, p: -3 * a * (1 + a * a) ** -2.5),
    "powers": of_one(
        lambda a, p: a ** (np.arange(a.size).reshape(a.shape) % 3 + 1),
        lambda a, y, p: (np.arange(a.size).reshape(a.shape) % 3 + 1) * a ** (np.arange(a.size).reshape(a.shape) % 3),
    ),
    "scale": (lambda p, k, a: a * 0.7 * p, lambda p, k, d, y, a: (d * 0.7 * p,)),
    "clip": of_one(lambda a, p: np.clip(a, -0.51, 0.77), lambda a, y, p: (a > -0.51) & (a < 0.77)),
    "relu": of_one(lambda a, p: np.maximum(a, 0), lambda a, y, p: a > 0),
    "absolute": of_one(lambda a, p: np.abs(a), lambda a, y, p: np.sign(a)),
    "fraction": of_one(lambda a, p: a - np.floor(a * p), lambda a, y, p: 1),
    "short": (lambda p, k, a: a.astype(np.float32) * np.float32(2), lambda p, k, d, y, a: (d * 2,)),
    "by masks": (by_masks, lambda p, k, d, y, a: (d * y * (1 - y),)),
    "written where": (
        lambda p, k, a: np.exp(a, out=np.zeros_like(a), where=a > 0),
        lambda p, k, d, y, a: (d * y,),
    ),
    "softmax": (softmax, softmax_rule),
    "log sum exp": (log_sum_exp, log_sum_exp_rule),
    "normalised": (normalised, normalised_rule),
    "scattered": (scattered, lambda p, k, d, y, a: (d[k["at"]],)),
    "gathered": (gathered, gathered_rule),
    "windows": (windows, windows_rule),
    "picked": (picked, picked_rule),
    "dropped": (dropped, lambda p, k, d, y, a: (d * k["mask"] / 0.6,)),
    "written": (written, written_rule),
    "filled": (filled, filled_rule),
    "ordered": (ordered, ordered_rule),
    "largest": (
        lambda p, k, a: a.max(axis=p, keepdims=True),
        lambda p, k, d, y, a: (d * first_largest(a, p),),  # of entries that are one function one has the gradient
    ),
    "sum": (lambda p, k, a: a.sum(axis=p), lambda p, k, d, y, a: (spread(d, p, a.shape) * 1,)),
    "mean": (lambda p, k, a: a.mean(axis=p), lambda p, k, d, y, a: (spread(d, p, a.shape) / a.shape[p],)),
    "deviation": (
        lambda p, k, a: a.std(axis=p, keepdims=True),
        lambda p, k, d, y, a: (d * (a - a.mean(axis=p, keepdims=True)) / (a.shape[p] * y),),
    ),
    "running sum": (
        lambda p, k, a: np.cumsum(a, axis=p),
        lambda p, k, d, y, a: (np.flip(np.cumsum(np.flip(d, p), axis=p), p),),
    ),
    "transpose": (lambda p, k, a: a.T, lambda p, k, d, y, a: (d.T,)),
    "flat": (lambda p, k, a: a.reshape(-1), lambda p, k, d, y, a: (d.reshape(a.shape),)),
    "rolled": (lambda p, k, a: np.roll(a, 1, axis=p), lambda p, k, d, y, a: (np.roll(d, -1, axis=p),)),
    "padded": (lambda p, k, a: np.pad(a, 1), lambda p, k, d, y, a: (d[(slice(1, -1),) * a.ndim],)),
    "lower": (lambda p, k, a: np.tril(a), lambda p, k, d, y, a: (np.tril(d),)),
    "product": (lambda p, k, a: a.prod(axis=p, keepdims=True), lambda p, k, d, y, a: (d * y / a,)),
}
TWO = ("add", "subtract", "multiply", "divide", "where", "maximum", "logaddexp", "matmul", "einsum", "outer", "joined")
ALONG = (
    "normalised",
    "largest",
    "sum",
    "mean",
    "deviation",
    "running sum",
    "rolled",
    "product",
)  # the parameter: an axis
AXES = {  # which numbers of axes an operation is for, where not for any
    "matmul": (2,),
    "einsum": (2,),
    "outer": (1,),
    "windows": (2,),
    "lower": (2,),
    "ordered": (1,),
    **dict.fromkeys(("softmax", "log sum exp", "picked", "scattered", "gathered", "written", "filled"), (1, 2, 3)),
    **dict.fromkeys(("joined", "padded", *ALONG), (1, 2, 3)),
}
UNROUNDED = {  # in doubles: a rounding to short floats would decide which of two equal numbers is the larger
    "short": lambda p, k, a: a * 2,
}
UNDEFINED = {  # where a rule divides by 0, or does not undo what NumPy broadcasts
    "deviation": lambda p, a: a.std(axis=p).min() == 0,
    "product": lambda p, a: (a == 0).any(),
    "einsum": lambda p, a, b: a.shape[1] != b.shape[1],
}


def swapped(share):
    """Return an array with its first two entries in each other's place."""
    changed = share.copy()
    flat = changed.reshape(-1)
    flat[:2] = flat[:2][::-1].copy()
    return changed


# What a mistake makes of the share that a rule passes back to an argument a; d is what came to the rule.
MISTAKES = {
    "sign": lambda share, d, a: -share,
    "a part in 10^12": lambda share, d, a: share * (1 + TINY),
    "an index": lambda share, d, a: swapped(share),
    "upstream squared": lambda share, d, a: share * d.sum(),
    "a term": lambda share, d, a: share + a * d.sum(),
    "a small term": lambda share, d, a: share + TINY * a * d.sum(),
    "a wrong branch": lambda share, d, a: np.where(a > 0.037, share, 0),
    "a factor": lambda share, d, a: share / 3,
    "one entry": lambda share, d, a: np.where(np.arange(share.size).reshape(share.shape) == share.size - 1, 0, share),
    "a constant": lambda share, d, a: share + TINY,
    "reversed": lambda share, d, a: share.reshape(-1)[::-1].reshape(share.shape),
}
SMALL = ("a part in 10^12", "a small term", "a constant")
LARGER = {  # small mistakes as what they add, a million million times larger
    "a part in 10^12": lambda share, d, a: share,
    "a small term": lambda share, d, a: a * d.sum(),
    "a constant": lambda share, d, a: np.ones(share.shape),
}


def drawn(rng):
    """Draw a layer of at least one step."""
    while not (layer := _drawn(rng)).steps:
        pass
    return layer


def _drawn(rng):
    """Draw a layer: inputs, steps (operation, arguments, parameter), which values it returns."""
    shapes = [rng.choice(SHAPES) for _ in range(rng.randint(1, 3))]
    layer = SimpleNamespace(inputs=shapes, steps=[], outputs=(), options=rng.random() < 0.1)
    values, wanted = at_sample(shapes), rng.randint(2, 8)
    for _ in range(4 * wanted):
        if len(layer.steps) == wanted:
            break
        name = rng.choice(list(OPERATIONS))
        last = len(values) - 1 if layer.steps else rng.randrange(len(shapes))
        places = [last, rng.randrange(len(values))] if name in TWO else [last]
        rng.shuffle(places)
        arrays = [values[place] for place in places]
        if any(a.ndim not in AXES.get(name, (0, 1, 2, 3)) for a in arrays):
            continue
        parameter = rng.randrange(arrays[0].ndim) if name in ALONG else rng.randint(1, 5)
        if name in UNDEFINED and UNDEFINED[name](parameter, *arrays):
            continue
        if (value := applied(name, parameter, arrays)) is not None:
            layer.steps.append((name, tuple(places), parameter))
            values.append(value)
    layer.outputs = (len(values) - 1, *([len(values) - 2] if len(layer.steps) > 1 and rng.random() < 0.2 else []))
    return layer


def at_sample(shapes):
    """Return the numbers that inputs of these shapes are traced at."""
    sampler = Sampler(_FIXED, 0)
    return [np.array([*map(float, sampler.draw(None, None, math.prod(shape)))]).reshape(shape) for shape in shapes]


def applied(name, parameter, arrays):
    """Return what an operation makes of floats, or None where it makes nothing that a layer should have."""
    with np.errstate(all="ignore"):
        try:
            value = np.asarray(OPERATIONS[name][0](parameter, {}, *arrays), dtype=float)
        except (ValueError, IndexError):
            return None
    fits = value.ndim <= 3 and 0 < value.size <= 24 and np.isfinite(value).all() and np.abs(value).max() < LARGEST
    return value if fits else None


def forward(layer, inputs, unrounded=()):
    """Return all values of a layer, and what each step keeps."""
    values, kept = list(inputs), []
    for name, places, parameter in layer.steps:
        kept.append({})
        operation = UNROUNDED[name] if name in unrounded else OPERATIONS[name][0]
        values.append(operation(parameter, kept[-1], *[values[place] for place in places]))
    return values, kept


def swept(layer, values, kept, upstreams, mistake=None, added=None):
    """Sweep back, to None for an input that is not used.

    A mistake is its kind, its step and the place of the argument. `added` are the shares of a first sweep: then only
    what the mistake adds to them is swept back.
    """
    adjoints = {} if added is not None else dict(zip(layer.outputs, upstreams, strict=True))
    shares_of = {}
    for step in range(len(layer.steps) - 1, -1, -1):
        name, places, parameter = layer.steps[step]
        output, arguments = len(layer.inputs) + step, [values[place] for place in places]
        d = adjoints.get(output)
        if d is None and (added is None or mistake[1] != step):
            continue
        shares = [None] * len(places)
        if d is not None:
            shares = list(OPERATIONS[name][1](parameter, kept[step], d, values[output], *arguments))
        if mistake is not None and mistake[1] == step:
            kind, _, place = mistake
            if added is None:
                shares[place] = MISTAKES[kind](shares[place], d, arguments[place])
            else:
                shares[place] = addition(kind, *added[step], arguments[place], place)
        shares_of[step] = d, shares
        for place, share in zip(places, shares, strict=True):
            if share is not None:
                adjoints[place] = adjoints[place] + share if place in adjoints else share
    return [adjoints.get(place) for place in range(len(layer.inputs))], shares_of


def addition(kind, d, shares, argument, place):
    """Return what a mistake adds to a share, small ones enlarged."""
    share = shares[place]
    return LARGER[kind](share, d, argument) if kind in LARGER else MISTAKES[kind](share, d, argument) - share


def possible(layer):
    """Return the steps and arguments that a sweep gets to."""
    used, found = set(layer.outputs), []
    for step in range(len(layer.steps) - 1, -1, -1):
        if len(layer.inputs) + step in used:
            places = layer.steps[step][1]
            used.update(places)
            found += [(step, place) for place in range(len(places))]
    return found


def makes_a_difference(layer, mistake, factor=1):
    """Tell whether a mistake changes a gradient at the sample: True, False, or None where floats do not tell."""
    inputs = [x * factor for x in at_sample(layer.inputs)]
    rng = np.random.default_rng(5)
    with np.errstate(all="ignore"):  # an option can take a layer beyond what floats hold
        values, kept = forward(layer, inputs, UNROUNDED)
        upstreams = [rng.uniform(0.3, 2, np.shape(values[place])) for place in layer.outputs]
        _, shares = swept(layer, values, kept, upstreams)
        change = addition(mistake[0], *shares[mistake[1]], values[layer.steps[mistake[1]][1][mistake[2]]], mistake[2])
        additions, _ = swept(layer, values, kept, upstreams, mistake, shares)
    sizes = [float(np.abs(addition).max()) for addition in additions if addition is not None]
    size, scale = max(sizes, default=0.0), float(np.abs(change).max())
    largest = max(float(np.abs(d).max()) for d in [*upstreams, *(d for d, _ in shares.values())])
    if not (np.isfinite([size, scale, largest]).all() and all(np.isfinite(value).all() for value in values)):
        return None
    if scale <= SEEN * largest:
        return None if scale else False
    return False if not size else True if size > SEEN * largest else None


def case_of(layer, mistake=None):
    """Make a case of a layer, with a mistake or without."""

    def subject(*, factor=1, **given):
        values, kept = forward(layer, [x * factor for x in given.values()])
        upstreams = yield tuple(values[place] for place in layer.outputs)
        gradients, _ = swept(layer, values, kept, upstreams, mistake)
        return tuple(None if g is None else g * factor for g in gradients)

    shapes = {f"x{i}": " ".join(map(str, shape)) for i, shape in enumerate(layer.inputs)}
    return verify.case(shapes, name="random", options={"factor": [1, 2]} if layer.options else None)(subject)
