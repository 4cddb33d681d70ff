"""The arguments of a call, by the names that they have in its signature."""

import inspect

import numpy as np

from programs.values import (
    BOOL,
    DTYPE,
    among,
    array,
    axis,
    beyond_ends,
    mask,
    one_axis,
    optional,
    permutation,
    places,
    same,
    several,
    shape_for,
    widths,
)

_BY_KIND = {
    array: "a x arr m v y b z A array ary p a1 a2 ar x1 x2 f element seq_of_zeros values val object ar1 ar2"
    " test_elements filt u fill_value prototype dst src base mean vals stop xi arys args sample like",
    several: "keys arrays tup choicelist choices",
    mask: "condition where mask",
    axis: "axis",
    one_axis: "axis1 axis2 axisa axisb axisc source destination",
    BOOL: "keepdims returned endpoint cov full stable rowvar bias equal_nan increasing right wrap overwrite_input invert"
    " descending assume_unique include_initial hermitian upper density retstep return_index return_inverse return_counts sorted copy"
    " subok full_matrices compute_uv return_indices sparse optimize",
    DTYPE: "dtype",
    places: "indices ind",
    shape_for: "shape new_shape",
    widths: "pad_width",
    permutation: "axes",
    same: "weights",
    beyond_ends: "mode",
}
# The arguments that are one of a few texts.
_BY_TEXT = {
    "order": "'C'|'F'|'A'|'K'",
    "ddof": "0|1|0.5|2",
    "correction": "0|1|0.5",
    "min": "0|-0.5|None|[0., 0.5, 1.]",
    "max": "1|0.5|None|2",
    "n": "1|2|0",
    "N": "2|3",
    "M": "2|3|None",
    "k": "1|0|-1|2",
    "offset": "1|0|-1|2",
    "decimals": "0|1|-1|2",
    "kind": "None|'stable'|'quicksort'",
    "kth": "0|1|-1|[0, 1]",
    "shift": "1|-1|2|(1, 0)",
    "reps": "2|(2, 1)|(1, 2)|0",
    "repeats": "2|0|[1, 2, 0]|1",
    "indices_or_sections": "1|2|[1]|[1, 2]|3",
    "start": "0|1",
    "q": "0.5|50|0.25|[0.25, 1.0]|30",
    "xp": "[-1., 0., 1.]",
    "fp": "[2., 0., 1.]",
    "bins": "[-1., 0., 1.]|3",
    "rtol": "1e-5|0.1",
    "atol": "1e-8|0.5|0",
    "ord": "None|1|2|3|0|np.inf|-np.inf|'fro'|'nuc'|-1|0.5",
    "deg": "1|2|False|True",
    "side": "'left'|'right'",
    "funclist": "[lambda z: -z, lambda z: z * z]|[1., lambda z: z * 2]|[0.5, 2, 3.]|[abs, 0, lambda z: z + 1]",
    "func1d": "np.sum|lambda z: z[::-1]|lambda z: z * 2|np.exp|np.max",
    "func": "np.sum|np.max",
    "default": "0|1.5|-1",
    "edge_order": "1|2",
    "nan": "0.0|1.",
    "posinf": "None|3.",
    "neginf": "None|3.",
    "to_end": "None|[1.]|2.",
    "to_begin": "None|[1.]|2.",
    "prepend": "0|1.",
    "append": "0|1.",
    "dx": "1.0|0.5|2",
    "casting": "'same_kind'|'unsafe'|'safe'",
    "method": "'linear'|'lower'|'nearest'|'higher'|'midpoint'",
    "interpolation": "None",
    "discont": "None|1.",
    "period": "2.|360",
    "left": "None|1.",
    "num": "3|5",
    "tol": "100",
    "UPLO": "'L'|'U'",
    "rcond": "None",
    "trim": "'fb'|'f'",
    "sorter": "None",
    "minlength": "0|5",
    "multi_index": "[[0, 1], [1, 0]]",
    "dims": "(2, 3)",
    "max_work": "0",
    "function": "lambda i, j: i + j",
    "start_or_stop": "3",
    "step": "1|0.5",
    "requirements": "None|'C'|'F'",
    "varargs": "1.|2|0.5",
    "range": "None|(0, 2)",
    "aweights": "None|[1., 2., 1.]",
    "fweights": "None|[1, 2, 1]",
    "ndmin": "0|2|3",
    "indexing": "'xy'|'ij'",
    "device": "'cpu'|None",
}
ARGUMENT = {
    **{name: maker for maker, names in _BY_KIND.items() for name in names.split()},
    **{name: among(*texts.split("|")) for name, texts in _BY_TEXT.items()},
    "initial": optional(array, "0", "1.5", "-2", "0."),
    "a_min": optional(array, "0", "-0.5", "None"),
    "a_max": optional(array, "1", "0.5", "None"),
    "obj": optional(places, "slice(0, 2)", "0"),
    "condlist": lambda w, first: f"[{mask(w, first)}, {mask(w, first)}]",
}
# Where the name of an argument says something else than elsewhere, or its value has to fit another one.
_OF_FUNCTION_BY_TEXT = {
    "np.sort.order": "None",
    "np.argsort.order": "None",
    "np.partition.order": "None",
    "np.argpartition.order": "None",
    "np.partition.kind": "'introselect'",
    "np.argpartition.kind": "'introselect'",
    "np.quantile.q": "0.5|0.25|[0.25, 1.0]",
    "np.nanquantile.q": "0.5|0.25|[0.25, 1.0]",
    "np.logspace.axis": "0|-1",
    "np.pad.mode": "'constant'|'edge'|'reflect'|'wrap'|'mean'|'maximum'|'symmetric'|'linear_ramp'|'minimum'|'median'",
    "np.convolve.mode": "'full'|'same'|'valid'",
    "np.correlate.mode": "'full'|'same'|'valid'",
    "np.linalg.qr.mode": "'reduced'",
    "np.choose.a": "[0, 1, 0]|0|[2, 1, 5]|[-1, 0, 1]",
    "np.unravel_index.indices": "3|[0, 5]",
    "np.unravel_index.shape": "(2, 3)",
    "np.tensordot.axes": "0|1|2|([0], [0])|(-1, 0)|((0, 1), (0, 1))",
    "np.linalg.tensordot.axes": "0|1|2|([0], [0])",
    "np.linalg.tensorsolve.axes": "None",
    "np.rot90.axes": "(0, 1)|(1, 0)|(-1, 0)",
    "np.apply_over_axes.axes": "0|[0]|[0, 1]",
    "np.bincount.x": "[0, 1, 1]",
    "np.zeros.shape": "3|(2, 3)|()",
    "np.ones.shape": "3|(2, 3)|()",
    "np.empty.shape": "3|(2, 3)|()",
    "np.empty.dtype": "float|None",
    "np.empty_like.dtype": "float|None",
    "np.full.shape": "3|(2, 3)|()",
    "np.fromfunction.shape": "(2, 3)",
    "np.tri.N": "3",
    "np.identity.n": "3",
    "np.expand_dims.axis": "0|-1|(0, 1)|1",
    "np.stack.axis": "0|-1|1",
    "np.histogram2d.bins": "2",
    "np.cross.axis": "-1|0",
    "np.diff.n": "1|2",  # with 0, a list is given back as it is
    "np.linalg.matrix_power.n": "2|0|3|1|-1",
    "np.linalg.cond.p": "None",
    "np.geomspace.start": "1.",
    "np.geomspace.stop": "2.|8.",
    "np.logspace.start": "0|s",
    "np.logspace.stop": "1",
    "np.logspace.base": "10|2",
    "np.arange.stop": "None|4",
    "np.interp.period": "None|2.",
    "np.searchsorted.a": "[-1., 0., 1.]|w",
    "np.digitize.bins": "[-1., 0., 1.]",
    "np.require.dtype": "None|float",
    "np.unwrap.period": "2.|6.",
    "np.polyint.k": "None|1.",
    "np.polyder.m": "1|2",
    "np.polyint.m": "1|2",
    "np.polyfit.w": "None",
    "np.vander.N": "None|2",
    "np.compress.condition": "[True, False]|[True, False, True]|[0, 1]",
    "np.array.copy": "True|None",
    "np.asarray.copy": "True|None",
    "np.linalg.pinv.rtol": "None",
    "np.linalg.tensorinv.ind": "1",
}


def _zeros(w, first):
    return f"np.zeros({np.shape(first)}, int)"


OF_FUNCTION = {
    **{name: among(*texts.split("|")) for name, texts in _OF_FUNCTION_BY_TEXT.items()},
    "np.take_along_axis.indices": _zeros,
    "np.put_along_axis.indices": _zeros,
    "np.apply_along_axis.axis": one_axis,
    "np.fill_diagonal.a": lambda w, first: w.pick(lambda v: np.ndim(v) > 1) or "np.zeros((2, 2))",
    "np.empty_like.prototype": lambda w, first: w.pick(numbers=False) or "1.",
    "np.broadcast_to.shape": lambda w, first: str((2, *np.shape(first))),
    "np.block.arrays": lambda w, first: f"[[{same(w, first)}, {same(w, first)}]]",
    "np.linalg.multi_dot.arrays": lambda w, first: f"[{array(w)}, {array(w)}, {array(w)}]",
    "np.linspace.start": array,
    "np.squeeze.axis": lambda w, first: str(np.shape(first).index(1)) if 1 in np.shape(first) else axis(w, first),
    "np.nan_to_num.copy": BOOL,
}
LEFT_ALONE = ("out", "kwargs", "kw", "ndmax")
_RARE = ("like", "device")
_KEYWORDS = {"np.pad": (("constant_values", "1.5|(1, 2)"), ("end_values", "2.|(0., 1.)"), ("stat_length", "1|2"))}


def _is_skipped(w, name, parameter):
    key, optional_one = parameter.name, parameter.default is not parameter.empty
    if key in LEFT_ALONE or (name.startswith("np.nanm") and key in ("where", "initial")):
        return True  # NumPy 2.4 gives NaN where a row of a list is left out or empty
    return optional_one and w.rng.random() < (0.98 if key in _RARE else 0.65)


def arguments(w, name, function):
    """Return the arguments of a call by the signature, as texts."""
    texts, first, by_name = [], None, False
    for parameter in inspect.signature(function).parameters.values():
        key, kind = parameter.name, parameter.kind
        if _is_skipped(w, name, parameter) or (kind is parameter.VAR_POSITIONAL and by_name):
            by_name = by_name or kind is not parameter.VAR_POSITIONAL
            continue
        if kind is parameter.VAR_POSITIONAL:
            texts += [ARGUMENT[key](w, first) for _ in range(w.rng.randrange(0 if texts else 1, 3))]
            continue
        text = OF_FUNCTION.get(f"{name}.{key}", ARGUMENT.get(key))(w, first)
        first = _first_array(w, text) if first is None else first
        may_be_named = kind is not parameter.POSITIONAL_ONLY
        named = kind is parameter.KEYWORD_ONLY or (may_be_named and (by_name or w.rng.random() < 0.3))
        by_name = by_name or named
        texts.append(f"{key}={text}" if named else text)
    for key, options in _KEYWORDS.get(name, ()):
        texts += [f"{key}={w.rng.choice(options.split('|'))}"] if w.rng.random() < 0.15 else []
    return texts


def _first_array(w, text):
    value = w.value(text)
    return value[0] if isinstance(value, list) and value and text.startswith("[") else value
