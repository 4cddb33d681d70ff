"""What arguments may be: arrays, masks, axes, places, indices. Each takes the program and the call's first array."""

import math

import numpy as np

_CONSTANTS = ["2", "0.5", "-1", "np.float64(1.5)", "np.int64(3)", "True", "1e-3", "np.float32(0.1)", "3."]


def among(*texts):
    """Return what chooses one of some texts."""
    return lambda w, first: w.rng.choice(texts)


def optional(maker, *texts):
    """Return what chooses one of some texts, or a value."""
    return lambda w, first: w.rng.choice((maker(w, first), *texts))


BOOL = among("True", "False")
DTYPE = among("np.float32", "float", "np.float64", "None", "np.float16", "int", "bool", "object", "'f4'")


def array(w, first=None):
    """Return an array, mostly one of the program's: a view of it, a number, a list, or an array of numbers."""
    draw = w.rng.random()
    name = w.pick(lambda v: np.ndim(v) > 0 or draw < 0.3, numbers=draw < 0.5)
    has_axes = bool(name) and np.ndim(w.floats[name]) > 0
    if draw > 0.93:
        return w.rng.choice(_CONSTANTS)
    if draw > 0.88 and first is not None:
        return literal(w, np.shape(first))
    if draw > 0.84 and first is None:
        return f"list({name})" if has_axes else "[1., 2., 3.]"
    if draw > 0.80 and has_axes:
        return f"{name}[{index(w, w.floats[name])}]"
    if draw > 0.77 and name:
        return f"{name}.astype(np.float32)"
    if draw > 0.7 and name:
        return f"(np.abs({name}) + 0.5)"
    return name or "np.ones(3)"


def literal(w, shape):
    """Return an array of numbers of a shape, of floats or whole numbers."""
    rng = w.rng
    if len(shape) > 2 or 0 in shape:
        return f"np.ones({tuple(shape)})"
    whole = rng.random() < 0.5
    numbers = [rng.randrange(-3, 4) if whole else rng.randrange(-20, 20) / 8 for _ in range(math.prod(shape))]
    return f"np.array({np.array(numbers).reshape(shape).tolist()})"


def mask(w, first=None):
    """Return a mask that fits an array."""
    rng, shape = w.rng, np.shape(first) if not isinstance(first, type) else ()
    if rng.random() < 0.3 and (name := w.pick(lambda v: np.shape(v) == shape and v is not None)):
        return rng.choice((f"({name} > 0)", f"({name} != {name})", f"({name} < 1)"))
    if shape and rng.random() < 0.3:
        shape = shape[1:]
    entries = np.array([rng.random() < 0.6 for _ in range(math.prod(shape))], bool).reshape(shape).tolist()
    return f"np.array({entries}, bool)"


def axis(w, first):
    """Return an axis of an array, several of them, or now and then one that it does not have."""
    rng, n = w.rng, np.ndim(first)
    if rng.random() < 0.05:
        return str(n)
    if n > 1 and rng.random() < 0.3:
        return str(tuple(i - n * rng.randrange(2) for i in rng.sample(range(n), rng.randrange(1, n + 1))))
    return str(rng.randrange(-n, n)) if n else rng.choice(("None", "()"))


def one_axis(w, first):
    """Return an axis of an array."""
    n = np.ndim(first)
    return str(w.rng.randrange(-n, n) if n else 0)


def length(first):
    """Return how many places the first axis has."""
    return np.shape(first)[0] if np.ndim(first) else 1


def places(w, first):
    """Return places along the first axis, some of them twice, or one place."""
    rng, n = w.rng, max(length(first), 1)
    if rng.random() < 0.2:
        return str(rng.randrange(n))
    return str([rng.randrange(-n, n) for _ in range(rng.randrange(1, 5))])


def index(w, value):
    """Return what may stand between the brackets of an array: views, copies, masks, places named twice."""
    rng, shape = w.rng, np.shape(value)
    draw = rng.random()
    if not shape or draw < 0.08:
        return rng.choice(("...", "()", "None"))
    if draw < 0.2:
        return mask(w, value)
    if draw < 0.28:
        return ", ".join(str(rng.randrange(max(n, 1))) for n in shape)
    if draw < 0.36 and len(shape) > 1:
        return "np.ix_(" + ", ".join(str([rng.randrange(max(n, 1)) for _ in range(2)]) for n in shape) + ")"
    parts = [_part(rng, n) for n in shape[: rng.randrange(1, len(shape) + 1)]]
    for extra in ("...", "None"):
        if rng.random() < 0.15:
            parts.insert(rng.randrange(len(parts) + 1), extra)
    return ", ".join(parts)


def _part(rng, n):
    """Return what stands in an index for an axis of a length."""
    low = rng.randrange(max(n, 1))
    chosen = [rng.random() < 0.5 for _ in range(n)]
    parts = f":|::-1|{low}:|::2|{low}|-{low + 1}|[{low}, 0, {low}]|None|:{low + 1}|1:1|-1::-2|[[{low}], [0]]|{chosen}"
    return rng.choice(parts.split("|"))


def several(w, first):
    """Return a list of arrays of the same shape, or nearly."""
    return f"[{', '.join(same(w, first) for _ in range(w.rng.randrange(1, 4)))}]"


def same(w, first):
    """Return an array of the same shape, or now and then any."""
    if w.rng.random() < 0.1:
        return array(w, first)
    shape = np.shape(first)
    name = w.pick(lambda v: np.shape(v) == shape)
    return w.rng.choice([name or "1.5", name or "2", literal(w, shape)])


def shape_for(w, first):
    """Return a shape for as many entries, or one that does not fit."""
    n = np.size(first)
    fitting = [f"({k}, {n // k})" for k in (2, 3) if n % k == 0]
    return w.rng.choice([f"({n},)", "-1", f"(1, {n})", *fitting, "(2, 3)", "3"])


def permutation(w, first):
    """Return the axes of an array in another order."""
    n = np.ndim(first)
    return str(tuple(i - n * w.rng.randrange(2) for i in w.rng.sample(range(n), n)))


def widths(w, first):
    """Return how far an array is padded on its sides."""
    return w.rng.choice(("1", "(1, 2)", "((1, 2),)", str(tuple((w.rng.randrange(3), 1) for _ in np.shape(first)))))


def beyond_ends(w, first):
    """Return what is done with places beyond the ends.

    NumPy 2.4 never ends where it wraps places around nothing, to no effect.
    """
    return w.rng.choice(("'raise'", "'clip'", "'wrap'")[: 3 - (np.shape(first).count(0) > 1)])
