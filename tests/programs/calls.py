"""Calls of NumPy's functions, ufuncs and methods, with their options."""

import inspect

import numpy as np

from programs.arguments import ARGUMENT, LEFT_ALONE, OF_FUNCTION, arguments
from programs.inventory import FUNCTIONS, UFUNCS
from programs.values import BOOL, DTYPE, among, array, axis, length, mask, one_axis, places
from programs.writer import INPUTS, mentions

_EINSUM = (
    "ij->ji|ij->|ij->i|ii|ii->i|i->i|ij,j->i|ij,jk|i,i|i,j->ji|ij,ij->ij|...i,...i->...|ij,kj,j->ik|...i->...|ij,i"
)


def einsum(w):
    """Return a sum in Einstein's notation.

    NumPy 2.4 shows other memory as the diagonal of an array without entries.
    """
    notation = w.rng.choice(_EINSUM.split("|"))
    parts = notation.partition("->")[0].split(",")
    names = [_array_with_axes(w, len(part.replace(".", "")), may_be_empty=part != "ii") for part in parts]
    return f"np.einsum({notation!r}, {', '.join(names)})"


def _array_with_axes(w, count, *, may_be_empty):
    return w.pick(lambda v: np.ndim(v) == count and (may_be_empty or np.size(v))) or "np.ones((3, 3))"


def call(w, name=None):
    """Return a call of one of NumPy's functions, now and then with a place for its result."""
    name = name or w.rng.choice(list(FUNCTIONS))
    if name == "np.einsum":
        return einsum(w)
    texts = _fitting_operands(w, name) or arguments(w, name, FUNCTIONS[name])
    if "out" in inspect.signature(FUNCTIONS[name]).parameters and w.rng.random() < 0.3:
        result = w.value(f"{name}({', '.join(texts)})")
        texts += [f"out={place_for(w, result)}"] if isinstance(result, (np.ndarray, np.generic)) else []
    return f"{name}({', '.join(texts)})"


# Operands whose shapes fit each other, stacks of matrices among them, for what raises for most others.
_MATRICES = (
    "q, q|x, q|q, w|w, q|x, x.T|t, q|q, t[0].T|w, w|t, x.T|x.T, t|x, w|t, w|e, e.T|t[:, :, None], q|x[::-1], q[::-1]"
)
_VECTORS = "w, w|w, x[0]|w[::-1], w|q[1], w[:2]|x.ravel(), w|w, [1., 0.5]|[2.], w"
_STACKS = "q, w|t, w|t, x[:, None]|x, w|q[None], x"
_SQUARES = "q|q[None]|q.T|np.stack([q, q.T])|np.eye(3) * 2|np.zeros((3, 3)) + np.eye(3)"
_OPERANDS = {
    **dict.fromkeys(("np.matmul", "np.dot", "np.linalg.matmul"), _MATRICES),
    **dict.fromkeys(("np.inner", "np.vecdot", "np.linalg.vecdot"), "w, w|x, w|x, x|t, x|q, w|t, w|x[:, ::-1], w"),
    **dict.fromkeys(("np.convolve", "np.correlate", "np.polymul", "np.corrcoef", "np.cross"), _VECTORS),
    "np.matvec": _STACKS,
    "np.vecmat": "w, q|w, t.mT|x, q|x, q[None]",
    **dict.fromkeys(("np.linalg.det", "np.linalg.slogdet", "np.linalg.inv", "np.trace", "np.linalg.trace"), _SQUARES),
    "np.linalg.multi_dot": "[x, q, w]|[w, q, q, w]|[x, q, x.T]",
}


def _fitting_operands(w, name):
    """Return operands that fit each other, half of the time, where the program has what they are made of."""
    texts = _OPERANDS.get(name, "").split("|")
    usable = [text for text in texts if text and all(n in w.names for n in INPUTS if mentions(text, n))]
    return [w.rng.choice(usable)] if usable and w.rng.random() < 0.5 else []


def place_for(w, result, *, masked=False):
    """Return a place for a result: an array of the program's, or a new one.

    NumPy 2.4 writes garbage where a mask leaves out entries of a place that overlaps an argument in another order.
    """
    shape, kind = np.shape(result), np.asarray(result).dtype.kind
    if kind in "ib" and w.rng.random() < 0.7:
        return f"np.zeros({shape}, {'int' if kind == 'i' else 'bool'})"
    if masked:
        return f"np.zeros({shape})"
    other = w.pick(lambda v: isinstance(v, np.ndarray) and v.shape == shape, numbers=False)
    fresh = w.rng.choice((f"np.zeros({shape})", f"np.empty({shape})"))
    return other if other and w.rng.random() < 0.6 else fresh


_UNARY_METHODS, _UFUNC_METHODS = (
    ("", "", "", ".at"),
    ("", "", "", "", ".reduce", ".accumulate", ".outer", ".at", ".reduceat"),
)
_AXES = ("axis=0", "axes=[(0, 1), (0, 1), (0, 1)]", "axis=-1", "keepdims=True")


def ufunc(w, name=None):
    """Return a call of a ufunc, or of a method of it, with its options."""
    rng = w.rng
    name = name or rng.choice(list(UFUNCS))
    function = UFUNCS[name]
    rare = rng.random() < 0.05  # what raises
    method = rng.choice(_UFUNC_METHODS if (function.nin == 2 and not function.signature) or rare else _UNARY_METHODS)
    if method == ".at":
        return _at(w, name, function)
    a = w.pick() or "np.ones(3)" if rng.random() < 0.6 else array(w)
    a = w.pick() or "2." if "list" in a and method else a
    texts = _operands(w, function, method, a)
    if "list" in " ".join(texts):
        return f"{name}{method}({', '.join(texts)})"
    options = _ufunc_options(w, function, method, w.value(a))
    return _with_place(w, f"{name}{method}", texts, options, by_position=method == "")


def _at(w, name, function):
    if function.signature:
        return f"{name}.at(np.ones(3), [0])"
    a = w.pick(lambda v: isinstance(v, np.ndarray)) or "np.zeros(3)"
    return f"{name}.at({', '.join([a, *[places(w, w.floats.get(a)), array(w)][: function.nin]])})"


def _operands(w, function, method, a):
    first = w.value(a)
    if method == "" and (texts := _fitting_operands(w, f"np.{function.__name__}")):
        return texts
    if method in ("", ".outer"):
        return [a, *[array(w, first) for _ in range(function.nin - 1)]]
    if method == ".reduceat":
        return [a, str([w.rng.randrange(max(length(first), 1)) for _ in range(w.rng.randrange(1, 4))])]
    return [a]


def _ufunc_options(w, function, method, first):
    """Return options that a method of a ufunc takes, each with a probability of its own."""
    folds, plain = method in (".reduce", ".accumulate", ".reduceat"), method == ""
    table = [
        (folds, 0.6, lambda: f"axis={(axis if method == '.reduce' else one_axis)(w, first)}"),
        (method == ".reduce", 0.3, lambda: f"keepdims={BOOL(w, first)}"),
        (method == ".reduce", 0.2, lambda: f"initial={ARGUMENT['initial'](w, first)}"),
        (method in ("", ".reduce") and function.nout == 1, 0.2, lambda: f"where={mask(w, first)}"),
        (True, 0.1, lambda: f"dtype={DTYPE(w, first)}"),
        (plain, 0.05, lambda: w.rng.choice(("order='F'", "casting='unsafe'", "casting='no'", "subok=False"))),
        (not plain and method != ".outer", 0.05, lambda: "out=None"),
        (bool(function.signature) and plain, 0.2, lambda: w.rng.choice(_AXES)),
    ]
    return [option() for applies, often, option in table if applies and w.rng.random() < often]


def _with_place(w, name, texts, options, *, by_position):
    """Return a call with a place for its result: always where a mask leaves out entries, which are garbage without."""
    masked = any(option.startswith("where") for option in options)
    text = f"{name}({', '.join([*texts, *options])})"
    if "out=None" in options or w.rng.random() > (1 if masked else 0.15):
        return text
    result = w.value(text)
    results = result if isinstance(result, tuple) else (result,)
    if not all(isinstance(part, (np.ndarray, np.generic)) for part in results):
        return text
    outs = [place_for(w, results[0], masked=masked), *(f"np.zeros({np.shape(part)})" for part in results[1:])]
    if by_position and w.rng.random() < 0.3:
        return f"{name}({', '.join([*texts, *outs, *options])})"
    out = outs[0] if len(outs) == 1 else f"({', '.join(outs)})"
    return f"{name}({', '.join([*texts, f'out={out}', *options])})"


METHODS = {
    name: getattr(np, name)
    for name in dir(np.ndarray)
    if not name.startswith("_") and callable(getattr(np.ndarray, name)) and f"np.{name}" in FUNCTIONS
}
ONLY_METHODS = {
    "astype": lambda w, v: DTYPE(w, v) + w.rng.choice(("", ", copy=False", ", order='F'")),
    "copy": among("", "'F'", "order='K'"),
    "fill": array,
    "flatten": among("", "'F'"),
    "item": among("", "0", "0, 0"),
    "tolist": among(""),
    "swapaxes": lambda w, v: f"{one_axis(w, v)}, {one_axis(w, v)}",
    "view": among("", "np.ndarray", "np.int64"),
    "conj": among(""),
    "conjugate": among(""),
    "tobytes": among(""),
    "byteswap": among(""),
    "sort": among("", "0", "axis=-1"),
    "partition": among("1"),
    "resize": among("(2, 2)"),
    "setflags": among("write=True"),
    "getfield": among("np.float32"),
    "dumps": among(""),
    "to_device": among("'cpu'"),
}


def method(w):
    """Return a call of a method of an array."""
    name = w.rng.choice([*METHODS, *ONLY_METHODS])
    a = w.pick(lambda v: np.ndim(v) or w.rng.random() < 0.3) or "np.ones((2, 3))"
    value = w.floats.get(a, np.ones((2, 3)))
    texts = [ONLY_METHODS[name](w, value)] if name in ONLY_METHODS else _method_arguments(w, name, value)
    return f"{a}.{name}({', '.join(texts)})"


def _method_arguments(w, name, value):
    texts = []
    for parameter in list(inspect.signature(METHODS[name]).parameters.values())[1:]:
        key, needed = parameter.name, parameter.default is parameter.empty
        if key in LEFT_ALONE or (not needed and w.rng.random() < 0.6):
            continue
        text = OF_FUNCTION.get(f"np.{name}.{key}", ARGUMENT.get(key))(w, value)
        bare = needed or (key == "axis" and not texts and w.rng.random() < 0.5)
        texts.append(text if bare else f"{key}={text}")
    return sorted(texts, key=lambda text: "=" in text and text[0] not in "[(")
