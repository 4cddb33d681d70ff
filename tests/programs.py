"""Random programs on arrays, written from NumPy's own lists of functions: the same lines on floats and on symbols.

A function that NumPy or the tracer gets later is in the lists already, and is called with the arguments that its
signature has. What an argument may be is looked up by its name.
"""

import inspect
import math
import random
import re
from fractions import Fraction

import numpy as np
from numpy.testing import overrides

from verify.errors import TraceError
from verify.tracing import arrays, concolic, functions, patches, ufuncs
from verify.tracing.concolic import Concolic, Endless
from verify.tracing.trace import Trace

LARGEST, MOST_ENTRIES, MOST_NODES = 1e4, 40, 4000  # of a value that a program goes on with
SMALLEST = 1e-4
CLOSE = 1e-7  # relative: the floats of a short program of numbers of ordinary size are better
_np = patches.stand_in(np)
_math = patches.stand_in(math)
NO_NUMBERS = [
    "array2string",
    "array_repr",
    "array_str",
    "busday_count",
    "busday_offset",
    "datetime_as_string",
    "frombuffer",
    "fromfile",
    "fromstring",
    "genfromtxt",
    "is_busday",
    "loadtxt",
    "save",
    "savetxt",
    "savez",
    "savez_compressed",
    "packbits",
    "unpackbits",
    "can_cast",
    "result_type",
    "min_scalar_type",
    "common_type",
    "einsum_path",
    "fromiter",
]  # of files, dates, types, texts and bits


def overridable():
    """Return the functions that NumPy lets other arrays take over, by the text that names them, and its ufuncs."""
    found = {}
    for function in overrides.get_overridable_numpy_array_functions():
        module, name = function.__module__, function.__name__
        if module in ("numpy", "numpy.linalg") and name not in NO_NUMBERS:
            found[f"{module.replace('numpy', 'np')}.{name}"] = function
    known = {f"np.{u.__name__}": u for u in overrides.get_overridable_numpy_ufuncs() if hasattr(np, u.__name__)}
    return dict(sorted(found.items())), dict(sorted(known.items()))


FUNCTIONS, UFUNCS = overridable()
MATH = sorted(patches.MATH)


def of_tables():
    """Return the functions that the tracer's tables name and NumPy has: every one of them has to be called."""
    names = {*functions.FUNCTIONS, *ufuncs.BINARY, *ufuncs.COMPARISONS, *concolic.METHODS, *patches.REPLACED}
    return sorted(name for name in names if hasattr(np, name) or hasattr(np.linalg, name))


class Writer:
    """A program that is being written: what its names stand for on floats, and on symbols."""

    def __init__(self, seed, *, whole=False):
        self.whole = whole  # whether all inputs are there
        self.rng = random.Random(f"program {seed}")
        self.trace = Trace()
        self.lines = []
        self.floats = {"np": _np, "math": _math}
        self.symbols = {"np": _np, "math": _math}
        self.names = []
        self.refused = {}
        self.short = False  # whether numbers of few digits are about
        self.untyped = set()  # the names of arrays of objects, which NumPy makes of lists of symbols
        self._inputs()

    def _inputs(self):
        rng = self.rng
        shapes = {"x": (2, 3), "w": (3,), "s": (), "q": (3, 3), "e": rng.choice([(0,), (2, 0), (0, 3)]), "t": (2, 2, 3)}
        numbers = iter(rng.sample(range(1, 256), 40))
        for name in shapes if self.whole else rng.sample(sorted(shapes), 3):
            shape = shapes[name]
            values = [Fraction(next(numbers) * rng.choice((1, 1, -1)), 64) for _ in range(math.prod(shape))]
            nodes = [self.trace.input(f"{name}[{i}]", value) for i, value in enumerate(values)]
            self.floats[name] = np.array([float(value) for value in values]).reshape(shape)[()]
            with arrays.running(self.trace):
                self.symbols[name] = arrays.scalar(arrays.built(nodes, shape))
            self.names.append(name)

    def pick(self, test=lambda value: True, numbers=True):
        """Return a name of the program of which something holds, or nothing."""
        kinds = "fiub" if numbers else "f"
        found = [name for name in self.names if _kind(self.floats[name]) in kinds and test(self.floats[name])]
        return self.rng.choice(found) if found else ""

    def new(self):
        """Return a name that is not in use."""
        return f"v{len(self.lines)}"


def _kind(value):
    if isinstance(value, (tuple, list)):
        return "t"
    return np.asarray(value).dtype.kind if not isinstance(value, (str, type(None))) else "-"


# --- what arguments are ------------------------------------------------------------------------------------------


def array(w, first=None):
    """Return an array, mostly one of the program's: a view of it, a number, a list, or an array of numbers."""
    rng, draw = w.rng, w.rng.random()
    name = w.pick(lambda v: np.ndim(v) > 0 or draw < 0.3, numbers=draw < 0.5)
    if draw > 0.93:
        return rng.choice(["2", "0.5", "-1", "np.float64(1.5)", "np.int64(3)", "True", "1e-3", "np.float32(0.1)", "3."])
    if draw > 0.88 and first is not None:
        return literal(w, np.shape(first))
    if draw > 0.84 and first is None:
        return f"list({name})" if name and np.ndim(w.floats[name]) else "[1., 2., 3.]"
    if draw > 0.80 and name and np.ndim(w.floats[name]):
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
    kind = rng.choice(("i", "f"))
    numbers = [rng.randrange(-3, 4) if kind == "i" else rng.randrange(-20, 20) / 8 for _ in range(math.prod(shape))]
    return f"np.array({np.array(numbers).reshape(shape).tolist()})"


def mask(w, first=None):
    """Return a mask that fits an array."""
    rng, shape = w.rng, np.shape(first)
    if rng.random() < 0.3 and (name := w.pick(lambda v: np.shape(v) == shape and v is not None)):
        return rng.choice((f"({name} > 0)", f"({name} != {name})", f"({name} < 1)"))
    if shape and rng.random() < 0.3:
        shape = shape[1:]
    return f"np.array({np.array([rng.random() < 0.6 for _ in range(math.prod(shape))], bool).reshape(shape).tolist()}, bool)"


def axis(w, first):
    rng, n = w.rng, np.ndim(first)
    if rng.random() < 0.05:
        return str(n)
    if n > 1 and rng.random() < 0.3:
        return str(tuple(i - n * rng.randrange(2) for i in rng.sample(range(n), rng.randrange(1, n + 1))))
    return str(rng.randrange(-n, n)) if n else rng.choice(("None", "()"))


def one_axis(w, first):
    n = np.ndim(first)
    return str(w.rng.randrange(-n, n) if n else 0)


def length(w, first):
    return np.shape(first)[0] if np.ndim(first) else 1


def places(w, first):
    rng, n = w.rng, max(length(w, first), 1)
    return (
        str([rng.randrange(-n, n) for _ in range(rng.randrange(1, 5))]) if rng.random() < 0.8 else str(rng.randrange(n))
    )


def index(w, value):
    """Return what may stand between the brackets of an array: views, copies, masks, places named twice."""
    rng, shape = w.rng, np.shape(value)
    if not shape or rng.random() < 0.08:
        return rng.choice(("...", "()", "None"))
    draw = rng.random()
    if draw < 0.12:
        return mask(w, value)
    if draw < 0.2:
        parts = [str(rng.randrange(max(n, 1))) for n in shape]
        return ", ".join(parts)
    if draw < 0.28 and len(shape) > 1:
        return "np.ix_(" + ", ".join(str([rng.randrange(max(n, 1)) for _ in range(2)]) for n in shape) + ")"
    parts = []
    for n in shape[: rng.randrange(1, len(shape) + 1)]:
        low = rng.randrange(max(n, 1))
        parts.append(
            rng.choice(
                (
                    ":",
                    "::-1",
                    f"{low}:",
                    "::2",
                    str(low),
                    f"-{low + 1}",
                    f"[{low}, 0, {low}]",
                    "None",
                    f":{low + 1}",
                    "1:1",
                )
            )
        )
    if rng.random() < 0.15:
        parts.insert(rng.randrange(len(parts) + 1), "...")
    return ", ".join(parts)


def number(*texts):
    return lambda w, first: w.rng.choice(texts)


def several(w, first):
    """Return a list of arrays of the same shape, or nearly."""
    rng = w.rng
    parts = [same(w, first) for _ in range(rng.randrange(1, 4))]
    return f"[{', '.join(parts)}]"


def same(w, first):
    shape = np.shape(first)
    name = w.pick(lambda v: np.shape(v) == shape)
    return w.rng.choice([name or "1.5", name or "2", literal(w, shape)]) if w.rng.random() < 0.9 else array(w, first)


def shape_of(w, first):
    n = np.size(first)
    found = [f"({n},)", "-1", f"(1, {n})"] + [f"({k}, {n // k})" for k in (2, 3) if n % k == 0] + ["(2, 3)", "3"]
    return w.rng.choice(found)


def optional(maker, *texts):
    return lambda w, first: w.rng.choice((maker(w, first), *texts))


def permutation(w, first):
    n = np.ndim(first)
    return str(tuple(i - n * w.rng.randrange(2) for i in w.rng.sample(range(n), n)))


def widths(w, first):
    return w.rng.choice(("1", "(1, 2)", "((1, 2),)", str(tuple((w.rng.randrange(3), 1) for _ in np.shape(first)))))


_DTYPE = number("np.float32", "float", "np.float64", "None", "np.float16", "int", "bool", "object", "'f4'")
_BOOL = number("True", "False")
_WHOLE = number("1", "0", "-1", "2")
ARGUMENT = {
    **dict.fromkeys(
        [
            "a",
            "x",
            "arr",
            "m",
            "v",
            "y",
            "b",
            "z",
            "A",
            "array",
            "ary",
            "p",
            "a1",
            "a2",
            "ar",
            "x1",
            "x2",
            "f",
            "element",
            "seq_of_zeros",
            "values",
            "val",
        ],
        array,
    ),
    **dict.fromkeys(
        [
            "object",
            "ar1",
            "ar2",
            "test_elements",
            "filt",
            "x_",
            "u",
            "fill_value",
            "choices_",
            "prototype",
            "dst",
            "src",
            "base",
        ],
        array,
    ),
    **dict.fromkeys(["keys"], several),
    **dict.fromkeys(["arrays", "tup", "choicelist", "choices"], several),
    **dict.fromkeys(["condition", "where", "mask"], mask),
    **dict.fromkeys(["axis"], axis),
    **dict.fromkeys(["axis1", "axis2", "axisa", "axisb", "axisc", "source", "destination", "axes_"], one_axis),
    **dict.fromkeys(
        [
            "keepdims",
            "returned",
            "endpoint",
            "cov",
            "full",
            "stable",
            "rowvar",
            "bias",
            "equal_nan",
            "increasing",
            "right",
            "wrap",
        ],
        _BOOL,
    ),
    **dict.fromkeys(
        ["overwrite_input", "invert", "assume_unique", "include_initial", "hermitian", "upper", "density", "retstep"],
        _BOOL,
    ),
    **dict.fromkeys(
        ["return_index", "return_inverse", "return_counts", "sorted", "copy", "subok", "edge_order_", "full_matrices"],
        _BOOL,
    ),
    **dict.fromkeys(
        ["compute_uv", "return_indices", "writeable", "deg_", "correction_", "sparse", "allow_pickle"], _BOOL
    ),
    "dtype": _DTYPE,
    "order": number("'C'", "'F'", "'A'", "'K'"),
    "initial": optional(array, "0", "1.5", "-2", "s" if False else "0."),
    "ddof": number("0", "1", "0.5", "2"),
    "correction": number("0", "1", "0.5"),
    "mean": array,
    "min": number("0", "-0.5", "None", "[0., 0.5, 1.]"),
    "max": number("1", "0.5", "None", "2"),
    "a_min": optional(array, "0", "-0.5", "None"),
    "a_max": optional(array, "1", "0.5", "None"),
    "n": number("1", "2", "0"),
    "N": number("2", "3"),
    "M": number("2", "3", "None"),
    "k": _WHOLE,
    "offset": _WHOLE,
    "decimals": number("0", "1", "-1", "2"),
    "kind": number("None", "'stable'", "'quicksort'"),
    "kth": number("0", "1", "-1"),
    "mode": number("'raise'", "'wrap'", "'clip'"),
    "indices": places,
    "ind": places,
    "obj": optional(places, "slice(0, 2)", "0"),
    "vals": array,
    "shift": number("1", "-1", "2", "(1, 0)"),
    "reps": number("2", "(2, 1)", "(1, 2)", "0"),
    "repeats": number("2", "0", "[1, 2, 0]", "1"),
    "shape": shape_of,
    "new_shape": shape_of,
    "indices_or_sections": number("1", "2", "[1]", "[1, 2]", "3"),
    "pad_width": widths,
    "axes": permutation,
    "start": number("0", "1"),
    "weights": same,
    "q": number("0.5", "50", "0.25", "[0.25, 1.0]", "30"),
    "q_": array,
    "xp": number("[-1., 0., 1.]"),
    "fp": number("[2., 0., 1.]"),
    "bins": number("[-1., 0., 1.]", "3"),
    "rtol": number("1e-5", "0.1"),
    "atol": number("1e-8", "0.5", "0"),
    "ord": number("None", "1", "2", "3", "0", "np.inf", "-np.inf", "'fro'", "'nuc'", "-1", "0.5"),
    "deg": number("1", "2", "False"),
    "side": number("'left'", "'right'"),
    "condlist": lambda w, first: f"[{mask(w, first)}, {mask(w, first)}]",
    "funclist": number("[lambda z: -z, lambda z: z * z]", "[1., lambda z: z * 2]", "[0.5, 2, 3.]"),
    "func1d": number("np.sum", "lambda z: z[::-1]", "lambda z: z * 2", "np.exp", "np.max"),
    "func": number("np.sum", "np.max"),
    "default": number("0", "1.5", "-1"),
    "edge_order": number("1", "2"),
    "nan": number("0.0", "1."),
    "posinf": number("None", "3."),
    "neginf": number("None", "3."),
    "to_end": number("None", "[1.]", "2."),
    "to_begin": number("None", "[1.]", "2."),
    "prepend": number("0", "1."),
    "append": number("0", "1."),
    "dx": number("1.0", "0.5", "2"),
    "casting": number("'same_kind'", "'unsafe'", "'safe'"),
    "optimize": _BOOL,
    "method": number("'linear'", "'lower'", "'nearest'"),
    "discont": number("None", "1."),
    "period": number("2.", "360"),
    "left": number("None", "1."),
    "stop": array,
    "num": number("3", "5"),
    "base_": number("2."),
    "tol": number(
        "100",
    ),
    "UPLO": number("'L'", "'U'"),
    "rcond": number("None"),
    "trim": number("'fb'"),
    "sorter": number("None"),
    "minlength": number("0"),
    "multi_index": number("[[0, 1], [1, 0]]"),
    "dims": number("(2, 3)"),
    "window_shape": number("2", "1"),
    "max_work": number("0"),
    "function": number("lambda i, j: i + j"),
    "start_or_stop": number("3"),
    "step": number("1", "0.5"),
    "requirements": number("None", "'C'", "'F'"),
    "xi": array,
    "arys": array,
    "args": array,
    "varargs": number("1.", "2", "0.5"),
    "bins_": number("3"),
    "sample": array,
    "range": number("None"),
    "aweights": number("None"),
    "fweights": number("None"),
    "ndmin": number("0", "2", "3"),
    "indexing": number("'xy'", "'ij'"),
    "h": number("1."),
}
# Where the name of an argument says something else than elsewhere, or what it is has to fit another one.
OF_FUNCTION = {
    "np.pad.mode": number(
        "'constant'", "'edge'", "'reflect'", "'wrap'", "'mean'", "'maximum'", "'symmetric'", "'linear_ramp'"
    ),
    "np.convolve.mode": number("'full'", "'same'", "'valid'"),
    "np.correlate.mode": number("'full'", "'same'", "'valid'"),
    "np.linalg.qr.mode": number("'reduced'"),
    "np.choose.a": number("[0, 1, 0]", "0", "[2, 1, 5]"),
    "np.take_along_axis.indices": lambda w, first: f"np.zeros({np.shape(first)}, int)",
    "np.put_along_axis.indices": lambda w, first: f"np.zeros({np.shape(first)}, int)",
    "np.unravel_index.indices": number("3", "[0, 5]"),
    "np.unravel_index.shape": number("(2, 3)"),
    "np.tensordot.axes": number("0", "1", "2", "([0], [0])", "(-1, 0)", "((0, 1), (0, 1))"),
    "np.linalg.tensordot.axes": number("0", "1", "2", "([0], [0])"),
    "np.linalg.tensorsolve.axes": number("None"),
    "np.rot90.axes": number("(0, 1)", "(1, 0)", "(-1, 0)"),
    "np.apply_over_axes.axes": number("0", "[0]", "[0, 1]"),
    "np.apply_along_axis.axis": one_axis,
    "np.fill_diagonal.a": lambda w, first: w.pick(lambda v: np.ndim(v) > 1) or "np.zeros((2, 2))",
    "np.bincount.x": number("[0, 1, 1]"),
    "np.zeros.shape": number("3", "(2, 3)", "()"),
    "np.ones.shape": number("3", "(2, 3)", "()"),
    "np.empty.shape": number("3", "(2, 3)", "()"),
    "np.empty.dtype": number("float", "None"),
    "np.empty_like.prototype": lambda w, first: w.pick(numbers=False) or "1.",
    "np.empty_like.dtype": number("float", "None"),
    "np.full.shape": number("3", "(2, 3)", "()"),
    "np.fromfunction.shape": number("(2, 3)"),
    "np.tri.N": number("3"),
    "np.identity.n": number("3"),
    "np.broadcast_to.shape": lambda w, first: str((2, *np.shape(first))),
    "np.expand_dims.axis": number("0", "-1", "(0, 1)", "1"),
    "np.stack.axis": number("0", "-1", "1"),
    "np.histogram2d.bins": number("2"),
    "np.cross.axis": number("-1", "0"),
    "np.block.arrays": lambda w, first: f"[[{same(w, first)}, {same(w, first)}]]",
    "np.transpose.axes": permutation,
    "np.linalg.matrix_power.n": number("2", "0", "3", "1"),
    "np.linalg.cond.p": number("None"),
    "np.linalg.multi_dot.arrays": lambda w, first: f"[{array(w)}, {array(w)}, {array(w)}]",
    "np.linalg.logn.n": number("2"),
    "np.geomspace.start": number("1."),
    "np.geomspace.stop": number("2.", "8."),
    "np.logspace.start": number("0", "s"),
    "np.logspace.stop": number("1"),
    "np.logspace.base": number("10", "2"),
    "np.linspace.start": array,
    "np.arange.stop": number("None", "4"),
    "np.interp.period": number("None", "2."),
    "np.searchsorted.a": number("[-1., 0., 1.]", "w"),
    "np.digitize.bins": number("[-1., 0., 1.]"),
    "np.require.dtype": number("None", "float"),
    "np.unwrap.period": number("2.", "6."),
    "np.polyint.k": number("None", "1."),
    "np.linalg.norm.axis": axis,
    "np.polyder.m": number("1", "2"),
    "np.polyint.m": number("1", "2"),
    "np.polyfit.w": number("None"),
    "np.histogramdd.sample": array,
    "np.sinc.x": array,
    "np.vander.N": number("None", "2"),
    "np.compress.condition": number("[True, False]", "[True, False, True]", "[0, 1]"),
    "np.place.mask": mask,
    "np.lexsort.keys": several,
    "np.nan_to_num.copy": _BOOL,
    "np.array.copy": number("True", "None"),
    "np.asarray.copy": number("True", "None"),
    "np.i0.x": array,
    "np.linalg.pinv.rtol": number("None"),
    "np.linalg.tensorinv.ind": number("1"),
}
LEFT_ALONE = ("like", "device", "einsum_call", "out", "kwargs", "kw", "ndmax", "funclist_args", "where_")


def arguments(w, name, function):
    """Return the arguments of a call by the signature, as texts, and the first array among them."""
    texts, first, by_name = [], None, False
    for parameter in inspect.signature(function).parameters.values():
        key, kind = parameter.name, parameter.kind
        rare = name.startswith("np.nanm") and key == "where"  # NumPy 2.4 gives NaN where a row of a list is left out
        if key in LEFT_ALONE or rare or (parameter.default is not parameter.empty and w.rng.random() < 0.65):
            by_name = by_name or kind is not parameter.VAR_POSITIONAL
            continue
        if kind is parameter.VAR_POSITIONAL:
            if by_name:
                continue
            count = w.rng.randrange(0 if texts else 1, 3)
            texts += [ARGUMENT[key](w, first) for _ in range(count)]
            continue
        text = OF_FUNCTION.get(f"{name}.{key}", ARGUMENT.get(key))(w, first)
        if first is None:
            first = _value(w, text)
        named = kind is parameter.KEYWORD_ONLY or (by_name and kind is not parameter.POSITIONAL_ONLY)
        named = named or (kind is not parameter.POSITIONAL_ONLY and first is not None and w.rng.random() < 0.3)
        by_name = by_name or named
        texts.append(f"{key}={text}" if named else text)
    return texts, first


def _value(w, text):
    """Return what a text is on floats, to know its shape; None where it is nothing."""
    try:
        named = {name: np.array(w.floats[name]) for name in w.names if re.search(rf"\b{name}\b", text)}
        found = eval(text, {**w.floats, **named})
    except Exception:  # noqa: BLE001 - whatever NumPy says of it
        return None
    return found if not isinstance(found, list) or not found else found[0] if text.startswith("[") else found


# --- the lines of a program --------------------------------------------------------------------------------------


def call(w, name=None):
    """Return a call of one of NumPy's functions."""
    name = name or w.rng.choice(list(FUNCTIONS))
    if name == "np.einsum":
        return einsum(w)
    texts, _ = arguments(w, name, FUNCTIONS[name])
    return with_out(w, name, texts, FUNCTIONS[name])


def with_out(w, name, texts, function):
    """Return a call, now and then with a place for its result: a new array, or what it is computed from."""
    if "out" in inspect.signature(function).parameters and w.rng.random() < 0.3:
        result = _value(w, f"{name}({', '.join(texts)})")
        if isinstance(result, (np.ndarray, np.generic)):
            return f"{name}({', '.join([*texts, 'out=' + place_for(w, result)])})"
    return f"{name}({', '.join(texts)})"


def place_for(w, result):
    """Return a place for a result: an array of the program's, or a new one.

    NumPy 2.4 writes garbage where a mask leaves out entries of a place that overlaps an argument in another order.
    """
    other = w.pick(lambda v: isinstance(v, np.ndarray) and v.shape == np.shape(result), numbers=False)
    fresh = w.rng.choice((f"np.zeros({np.shape(result)})", f"np.empty({np.shape(result)})"))
    return other if other and w.rng.random() < 0.6 else fresh


def ufunc(w, name=None):  # noqa: C901 - an option after the other
    """Return a call of a ufunc, or of a method of it, with its options."""
    rng = w.rng
    name = name or rng.choice(list(UFUNCS))
    function = UFUNCS[name]
    method = rng.choice(("", "", "", "", ".reduce", ".accumulate", ".outer", ".at", ".reduceat"))
    a = w.pick() or "np.ones(3)" if rng.random() < 0.6 else array(w)
    a = w.pick() or "2." if "list" in a and method else a
    first = _value(w, a)
    options = []
    if method in ("", ".outer"):
        texts = [a, *[array(w, first) for _ in range(function.nin - 1)]]
    elif method == ".at":
        a = w.pick(lambda v: isinstance(v, np.ndarray)) or "np.zeros(3)"
        return f"{name}.at({', '.join([a, *[places(w, w.floats.get(a)), array(w)][: function.nin]])})"
    else:
        texts = [a]
        texts += (
            [str(sorted(rng.randrange(max(length(w, first), 1)) for _ in range(2)))] if method == ".reduceat" else []
        )
        options += [f"axis={(axis if method == '.reduce' else one_axis)(w, first)}"] if rng.random() < 0.6 else []
    if method == ".reduce":
        options += [f"keepdims={rng.choice(('True', 'False'))}"] if rng.random() < 0.3 else []
        options += [f"initial={ARGUMENT['initial'](w, first)}"] if rng.random() < 0.2 else []
    if "list" in " ".join(texts):
        return f"{name}{method}({', '.join(texts)})"
    if method in ("", ".reduce") and function.nout == 1 and rng.random() < 0.2:
        options.append(f"where={mask(w, first)}")
    if rng.random() < 0.1:
        options.append(f"dtype={_DTYPE(w, first)}")
    if rng.random() < 0.05:
        options.append(rng.choice(("order='F'", "casting='unsafe'", "subok=False")) if method == "" else "out=None")
    if function.signature and method == "" and rng.random() < 0.2:
        options.append(rng.choice(("axis=0", "axes=[(0, 1), (0, 1), (0, 1)]", "axis=-1", "keepdims=True")))
    text = f"{name}{method}({', '.join([*texts, *options])})"
    if "out=None" not in options and rng.random() < (1 if any(o.startswith("where") for o in options) else 0.15):
        result = _value(w, text)
        if isinstance(result, (np.ndarray, np.generic)):
            out = place_for(w, result)
            masked = any(option.startswith("where") for option in options)
            out = f"np.zeros({np.shape(result)})" if masked and len(w.names) > 3 else out
            place = out if rng.random() < 0.3 and method == "" else f"out={out}"
            text = f"{name}{method}({', '.join([*texts, place, *options])})"
    return text


PYTHON = [
    "abs({a})", "round({s})", "round({s}, 1)", "min({v})", "max({v})", "sum({v})", "len({v})", "list({v})", "bool({s})",
    "sorted({v})", "divmod({a}, 2)", "pow({a}, 2)", "float({s})", "int({s})", "tuple({v})", "complex({s})", "any({v})",
    "all({v})", "max({s}, 0.5)", "isinstance({a}, np.ndarray)", "list(map(abs, {v}))", "{v}.tolist()", "{a}.item()",
    "math.fsum({v})", "math.prod({v})", "math.dist({v}, {v})", "math.hypot({s}, {s}, {s})", "list(zip({v}, {v}))",
    "np.vectorize(lambda z: z * z)({a})", "np.vectorize(lambda z: z * 2, otypes=[float])({a})", "np.c_[{v}, {v}]",
    "np.vectorize(lambda z, y: z if z > y else 0.)({a}, 0.5)", "np.vectorize(np.sum, signature='(n)->()')({v})",
    "np.r_[{v}, {s}]", "np.r_[{s}, 1.0, {v}]", "np.c_[{v}]", "np.array({v}, dtype=np.float32)", "np.mgrid[0:2] * {s}",
    "np.array([{s}, 1.5])", "np.array([{v}, {v}])", "np.asarray([{s}, 2])", "np.full(3, {s})", "np.full((2, 2), {s})",
    "np.float64({s})", "np.float32({s})", "np.array({a}, ndmin=2)", "np.array({a}, copy=True)", "np.lib.stride_tricks.sliding_window_view({v}, 1)",
    "np.frompyfunc(lambda z: z * 2, 1, 1)({v})", "np.lib.stride_tricks.as_strided(np.append({v}, {v}), (1,), (8,))" if False else "np.linalg.inv(np.eye(3) * 2)",
]  # fmt: skip


def python(w):
    """Return what Python itself does with arrays and numbers, and what is no function of NumPy's lists."""
    rng = w.rng
    a, v = w.pick(), w.pick(lambda x: np.ndim(x) == 1)
    s = w.pick(lambda x: np.ndim(x) == 0)
    if rng.random() < 0.3:
        name = rng.choice(MATH)
        count = 2 if name in ("pow", "hypot", "fmod", "copysign", "atan2") else 1
        return f"math.{name}({', '.join([s or '0.5'] * count)})"
    text = rng.choice(PYTHON)
    return text.format(a=a or "2.", v=v or "np.ones(3)", s=s or "0.5")


_EINSUM = (
    "ij->ji",
    "ij->",
    "ij->i",
    "ii",
    "ii->i",
    "i->i",
    "ij,j->i",
    "ij,jk",
    "i,i",
    "i,j->ji",
    "ij,ij->ij",
    "...i,...i->...",
    "ij,kj,j->ik",
    "...i->...",
    "ij,i",
)


def einsum(w):
    """Return a sum in Einstein's notation."""
    notation = w.rng.choice(_EINSUM)
    parts = notation.partition("->")[0].split(",")
    names = [w.pick(lambda v, p=p: np.ndim(v) == len(p.replace(".", ""))) or "np.ones((3, 3))" for p in parts]
    return f"np.einsum({notation!r}, {', '.join(names)})"


METHODS = {
    name: getattr(np, name)
    for name in dir(np.ndarray)
    if not name.startswith("_") and callable(getattr(np.ndarray, name)) and f"np.{name}" in FUNCTIONS
}
ONLY_METHODS = {
    "astype": lambda w, v: _DTYPE(w, v) + w.rng.choice(("", ", copy=False", ", order='F'")),
    "copy": number("", "'F'", "order='K'"),
    "fill": array,
    "flatten": number("", "'F'"),
    "item": number("", "0", "0, 0"),
    "tolist": number(""),
    "swapaxes": lambda w, v: f"{one_axis(w, v)}, {one_axis(w, v)}",
    "view": number("", "np.ndarray", "np.int64"),
    "conj": number(""),
    "conjugate": number(""),
    "tobytes": number(""),
    "byteswap": number(""),
    "sort": number("", "0", "axis=-1"),
    "partition": number("1"),
    "resize": number("(2, 2)"),
    "setflags": number("write=True"),
    "getfield": number("np.float32"),
    "dumps": number(""),
    "to_device": number("'cpu'"),
}


def method(w):
    """Return a call of a method of an array."""
    rng = w.rng
    name = rng.choice([*METHODS, *ONLY_METHODS])
    a = w.pick(lambda v: np.ndim(v) or rng.random() < 0.3) or "np.ones((2, 3))"
    value = w.floats.get(a, np.ones((2, 3)))
    if name in ONLY_METHODS:
        return f"{a}.{name}({ONLY_METHODS[name](w, value)})"
    function = METHODS[name]
    texts = []
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        key = parameter.name
        if key in LEFT_ALONE or (parameter.default is not parameter.empty and rng.random() < 0.6):
            continue
        maker = OF_FUNCTION.get(f"np.{name}.{key}", ARGUMENT.get(key))
        text = maker(w, value)
        bare = parameter.default is parameter.empty or (key == "axis" and not texts and rng.random() < 0.5)
        texts.append(text if bare else f"{key}={text}")
    texts.sort(key=lambda text: "=" in text and text[0] not in "[(")
    return f"{a}.{name}({', '.join(texts)})"


OPERATORS = ["+", "-", "*", "/", "**", "//", "%", "@", "<", "<=", ">", ">=", "==", "!=", "&", "|", "^"]
IN_PLACE = ["+=", "-=", "*=", "/=", "**=", "//=", "%=", "@=", "&="]
ATTRIBUTES = ["T", "shape", "ndim", "size", "real", "imag", "flat", "itemsize", "nbytes", "mT"]


def operator(w):
    """Return what an operator, an index or an attribute gives."""
    rng = w.rng
    a = w.pick() or "2."
    value = w.floats.get(a, 2.0)
    draw = rng.random()
    if draw < 0.45:
        pair = [a, array(w, value)]
        rng.shuffle(pair)
        sign = rng.choice(OPERATORS)
        return (
            f"(np.abs({pair[0]}) + 0.5) ** {pair[1]}" if sign == "**" and rng.random() < 0.6 else f" {sign} ".join(pair)
        )
    if draw < 0.55:
        return f"{rng.choice(('-', '+', '~', 'not '))}{a}"
    if draw < 0.65:
        return f"{a}.{rng.choice(ATTRIBUTES)}"
    return f"{a}[{index(w, value)}]"


def writing(w):
    """Return a line that writes: into an array, through a view of it, in place, at places named twice."""
    rng = w.rng
    a = w.pick(lambda v: isinstance(v, np.ndarray))
    if not a:
        return f"{w.new()} = np.zeros((2, 3))"
    value = w.floats[a]
    draw = rng.random()
    target = a if draw < 0.3 else f"{a}[{index(w, value)}]"
    if draw > 0.94:
        target = f"{a}.T"
    elif draw > 0.9:
        target = f"{a}.flat[{rng.choice(('0', '-1', ':2', '[0, 1]', '...'))}]"
    source = rng.choice((a, f"{a}[::-1]", f"{a}.T", array(w, value), "2", "0.5"))
    if target == a or rng.random() < 0.5:
        return f"{target} {rng.choice(IN_PLACE)} {source}"
    return f"{target} = {source}"


def creating(w):
    """Return an array that is made of nothing, or like another."""
    a = w.pick() or "np.ones(2)"
    texts = "np.zeros((2, 3))|np.ones(3)|np.empty_like({a})|np.zeros_like({a})|np.ones_like({a}, dtype=float)|np.eye(3)|np.full_like({a}, 2)|np.arange(3)|np.arange(3.)|np.linspace(0, 1, 3)|np.zeros((2, 3), np.float32)|np.full((2, 3), 0.5)|np.identity(3)|np.array([1., 2., 3.])|np.zeros_like({a}, shape=(2, 2))"
    return w.rng.choice(texts.split("|")).format(a=a)


KINDS = ((call, 30), (ufunc, 24), (method, 14), (operator, 16), (python, 6), (creating, 5))
WRITING = 0.2


def line(w):
    """Return the next line of a program."""
    if w.lines and w.rng.random() < WRITING:
        return writing(w)
    makers, weights = zip(*KINDS, strict=True)
    text = w.rng.choices(makers, weights)[0](w)
    return f"{w.new()} = {text}"


# --- both runs, and what they gave -------------------------------------------------------------------------------


class WrongError(AssertionError):
    """A program whose formulas are not what NumPy computes."""


def program(seed, steps=5):
    """Write a program and run it, line by line, on floats and on symbols; raises WrongError where they differ."""
    w = Writer(seed)
    for _ in range(w.rng.randrange(2, steps + 1)):
        if not step(w, line(w)) or len(w.trace) > MOST_NODES:
            break
    return w


def step(w, text):
    """Run a line on both; tell whether the program can go on."""
    code = compile(text, "program", "exec")
    w.lines.append(text)
    w.short = w.short or bool(re.search("float32|float16|f4|True", text))
    w.short = w.short or any(re.search(rf"\b{name}\b", text) for name in w.names if _kind(w.floats[name]) == "b")
    before = set(w.floats)
    copies = {name: np.array(w.floats[name]) for name in w.names}
    failed = _run(code, w.floats)
    if failed is not None and not isinstance(failed, Exception):
        raise failed
    with arrays.running(w.trace):
        TraceError.raised.clear()
        refused = _run(code, w.symbols)
        of_list = "list(" in text and isinstance(refused, (TypeError, ValueError, AttributeError))
        if refused is not None and (of_list or _refusal(refused)):
            w.refused[len(w.lines) - 1] = _refusal(refused) or str(refused)
        elif refused is not None and failed is None:
            raise WrongError(told(w, f"{type(refused).__name__}: {refused}")) from refused
        elif refused is None and isinstance(failed, IndexError) and "NumPy raises" and "broadcast" in str(failed):
            raise WrongError(told(w, f"NumPy raises {type(failed).__name__}: {failed}; no error on symbols"))
        if failed is not None and refused is None:
            return False  # the code is at fault, and floats say so
        if refused is not None or failed is not None:
            w.lines[-1] += f"  # {'raises' if failed is not None else 'refused'}"
            for name in set(w.floats) - before:
                w.floats.pop(name, None)
                w.symbols.pop(name, None)
            return all(np.array_equal(w.floats[name], copies[name], equal_nan=True) for name in w.names)
        return _compare(w, before)


def _refusal(problem):
    """Return the words of a refusal, or nothing: NumPy wraps some of them in an error of its own."""
    while problem is not None:
        if isinstance(problem, TraceError):
            return str(problem)
        if re.search(
            "ufunc|no callable .* method|no attribute|cannot resize|support|dtype object|read-only", str(problem)
        ):
            return str(problem)  # of a list of symbols, which NumPy takes for objects; it names the function
        problem = problem.__cause__ or problem.__context__
    return TraceError.raised[0] if TraceError.raised else ""


def _run(code, space):
    try:
        exec(code, space)
    except Exception as problem:  # noqa: BLE001 - compared with what NumPy raises
        return problem
    return None


def told(w, what):
    """Return a program that went wrong, to be run again."""
    inputs = {name: w.floats[name] for name in ("x", "w", "s", "q", "e", "t") if name in w.symbols}
    return "\n".join([what, *(f"# {n}: {np.shape(v)}" for n, v in inputs.items()), *w.lines])


def _compare(w, before):
    """Compare all that has a name; tell whether the values are such as a program can go on with."""
    new = [name for name in w.floats if name not in before]
    going_on = True
    for name in [*w.names, *new]:
        size = same_values(w, name, w.floats[name], w.symbols.get(name))
        usable = size is not None
        if (
            name in new
            and usable
            and name not in w.untyped
            and _kind(w.floats[name]) in "fiub"
            and np.size(w.floats[name]) <= MOST_ENTRIES
        ):
            if np.ndim(w.floats[name]) <= 4 and isinstance(w.floats[name], (np.ndarray, np.generic)):
                w.names.append(name)
        elif name not in new and not usable:
            going_on = False
    return going_on


def same_values(w, name, expected, actual):  # noqa: C901 - a kind of value after the other
    """Compare what a name stands for; returns None where a program should not go on with it."""
    if isinstance(expected, (tuple, list)):
        if (type(expected) is not type(actual) and not isinstance(actual, tuple)) or len(expected) != len(actual):
            raise WrongError(told(w, f"{name} is {expected!r}, on symbols {actual!r}"))
        for one, other in zip(expected, actual, strict=True):
            same_values(w, name, one, other)
        return None
    if not isinstance(expected, (np.ndarray, np.generic, int, float)):
        if isinstance(actual, (arrays.SymbolArray, Concolic)) and not isinstance(expected, np.flatiter):
            raise WrongError(told(w, f"{name} is a {type(expected).__name__}, on symbols {type(actual).__name__}"))
        return None
    if np.asarray(expected).dtype.kind not in "fiub":
        return None
    symbolic = isinstance(actual, (arrays.SymbolArray, Concolic))
    kinds = [isinstance(value, np.ndarray) for value in (expected, actual)]
    if np.shape(expected) != np.shape(actual) or kinds[0] != kinds[1]:
        raise WrongError(told(w, f"{name}: {_described(expected)}, on symbols {_described(actual)}"))
    _same_types(w, name, expected, actual, symbolic)
    numbers = np.asarray(expected, float).ravel().tolist()
    if not symbolic and np.asarray(actual).dtype.kind == "O":
        actual, symbolic = arrays.objects(actual), True
    found = _numbers(w, actual) if symbolic else np.asarray(actual, float).ravel().tolist()
    for one, other in zip(numbers, found, strict=True):
        if other is None or (one == other):
            continue
        short = (
            getattr(np.asarray(expected), "dtype", np.dtype(float)).itemsize < 8 and _kind(expected) == "f"
        ) or w.short
        if not math.isfinite(one) and not math.isfinite(other):
            continue  # not defined there, to both
        if not abs(one - other) <= max(CLOSE, 1e-2 if short else 0) * (1 + abs(one)):
            raise WrongError(told(w, f"{name} is {numbers}, on symbols {found}"))
    ordinary = all(n == 0 or SMALLEST < abs(n) < LARGEST for n in numbers) and None not in found
    return len(numbers) if ordinary else None


def _described(value):
    return f"{'array' if isinstance(value, np.ndarray) else type(value).__name__} of shape {np.shape(value)}"


def _same_types(w, name, expected, actual, symbolic):
    if not isinstance(expected, (np.ndarray, np.generic)):
        return
    types = [np.asarray(expected).dtype, actual.dtype if isinstance(actual, arrays.SymbolArray) else None]
    if types[1] is None:
        types[1] = types[0] if symbolic else np.asarray(actual).dtype
    if types[0].kind == "f" and types[0].itemsize < 8:
        w.short = True
    if types[1].kind == "O" or (not np.any(expected) and ".dot(" in w.lines[-1]):
        w.untyped.add(name)
        return  # NumPy makes an array of objects of a list of symbols, and computes with these
    types[1:] = [types[0]] if types[1].kind == "f" and w.short and types[0].kind == "f" else types[1:]
    if types[0].kind != types[1].kind or (types[0] != types[1] and isinstance(expected, np.ndarray)):
        raise WrongError(told(w, f"{name} is of {types[0]}, on symbols {types[1]}"))


def _numbers(w, value):
    """Return the values of symbols at the sample; None for memory that nobody has written to."""
    found = arrays.objects(value).ravel().tolist()
    found = [arrays.lift(one) for one in found]
    finite = [one for one in found if type(one) is not Endless]
    balls = iter(w.trace.at_samples([one.node for one in finite]))
    reach = w.trace.unset and set(w.trace.reach([one.node for one in finite]))
    if reach and not w.trace.unset.isdisjoint(reach):
        return [None] * len(found)
    return [one.number() if type(one) is Endless else float(next(balls).mid()) for one in found]
