"""The lines of a program: calls, operators, what Python does with arrays, and what writes into them."""

import numpy as np

from programs.calls import call, method, ufunc
from programs.inventory import MATH
from programs.values import array, index

_PYTHON = """
abs({a}) | round({s}) | round({s}, 1) | min({v}) | max({v}) | sum({v}) | len({v}) | list({v}) | bool({s}) | sorted({v})
divmod({a}, 2) | pow({a}, 2) | float({s}) | int({s}) | tuple({v}) | complex({s}) | any({v}) | all({v}) | max({s}, 0.5)
isinstance({a}, np.ndarray) | list(map(abs, {v})) | {v}.tolist() | {a}.item() | list(zip({v}, {v}))
math.fsum({v}) | math.prod({v}) | math.dist({v}, {v}) | math.hypot({s}, {s}, {s}) | math.sumprod({v}, {v})
np.vectorize(lambda z: z * z)({a}) | np.vectorize(lambda z: z * 2, otypes=[float])({a}) | np.c_[{v}, {v}] | np.c_[{v}]
np.vectorize(lambda z, y: z if z > y else 0.)({a}, 0.5) | np.vectorize(np.sum, signature='(n)->()')({v})
np.r_[{v}, {s}] | np.r_[{s}, 1.0, {v}] | np.array({v}, dtype=np.float32) | np.mgrid[0:2] * {s}
np.array([{s}, 1.5]) | np.array([{v}, {v}]) | np.asarray([{s}, 2]) | np.full(3, {s}) | np.full((2, 2), {s})
np.float64({s}) | np.float32({s}) | np.array({a}, ndmin=2) | np.array({a}, copy=True) | np.ndenumerate({v})
np.lib.stride_tricks.sliding_window_view({v}, 1) | np.frompyfunc(lambda z: z * 2, 1, 1)({v}) | np.ndindex({v}.shape)
np.linalg.inv(np.eye(3) * 2) | np.exp([{s}, {s}]) | np.add([{s}, 1.], {s}) | np.sum([{s}, {s}]) | np.stack([{s}, {s}])
[z for z in {v}] | {v}[0] if len({v}) else 0. | {a} is {a} | np.ndarray.sum({a}) | np.add.reduce([{s}, {s}])
np.concatenate([[{s}], [{s}, 2.]]) | np.dot([{s}, 1.], [2., {s}]) | np.where([True, False], [{s}, 1.], [2., {s}])
"""
PYTHON = [text.strip() for line in _PYTHON.strip().split("\n") for text in line.split(" | ")]
_OF_TWO = ("pow", "hypot", "fmod", "copysign", "atan2")


def python(w):
    """Return what Python itself does with arrays and numbers, and functions that are not in NumPy's lists."""
    a, v = w.pick(), w.pick(lambda x: np.ndim(x) == 1)
    s = w.pick(lambda x: np.ndim(x) == 0)
    if w.rng.random() < 0.3:
        name = w.rng.choice(MATH)
        return f"math.{name}({', '.join([s or '0.5'] * (2 if name in _OF_TWO else 1))})"
    return w.rng.choice(PYTHON).format(a=a or "2.", v=v or "np.ones(3)", s=s or "0.5")


OPERATORS = ["+", "-", "*", "/", "**", "//", "%", "@", "<", "<=", ">", ">=", "==", "!=", "&", "|", "^"]
IN_PLACE = ["+=", "-=", "*=", "/=", "**=", "//=", "%=", "@=", "&="]
ATTRIBUTES = ["T", "shape", "ndim", "size", "real", "imag", "flat", "itemsize", "nbytes", "mT"]


def operator(w):
    """Return what an operator, an index or an attribute gives."""
    a, draw = w.pick() or "2.", w.rng.random()
    value = w.floats.get(a, 2.0)
    if draw < 0.45:
        return _binary(w, a, value)
    if draw < 0.55:
        return f"{w.rng.choice(('-', '+', '~', 'not '))}{a}"
    if draw < 0.65:
        return f"{a}.{w.rng.choice(ATTRIBUTES)}"
    return f"{a}[{index(w, value)}]"


def _binary(w, a, value):
    pair = [a, array(w, value)]
    w.rng.shuffle(pair)
    sign = w.rng.choice(OPERATORS)
    if sign == "**" and w.rng.random() < 0.6:
        return f"(np.abs({pair[0]}) + 0.5) ** {pair[1]}"
    return f" {sign} ".join(pair)


def writing(w):
    """Return a line that writes: into an array, through a view of it, in place, at places named twice."""
    rng = w.rng
    a = w.pick(lambda v: isinstance(v, np.ndarray))
    if not a:
        return f"{w.new()} = np.zeros((2, 3))"
    value, draw = w.floats[a], rng.random()
    targets = [
        (0.3, a),
        (0.9, f"{a}[{index(w, value)}]"),
        (0.94, f"{a}.flat[{rng.choice(('0', '-1', ':2', '[0, 1]', '...'))}]"),
        (0.97, f"{a}.T"),
        (1, f"np.broadcast_to({a}, (2, *{a}.shape))[0]"),
    ]
    target = next(text for limit, text in targets if draw < limit)
    source = rng.choice((a, f"{a}[::-1]", f"{a}.T", array(w, value), "2", "0.5"))
    if target == a or rng.random() < 0.5:
        return f"{target} {rng.choice(IN_PLACE)} {source}"
    return f"{target} = {source}"


_CREATING = """
np.zeros((2, 3)) | np.ones(3) | np.empty_like(np.zeros_like({a}, dtype=float)) | np.zeros_like({a}) | np.eye(3)
np.ones_like({a}, dtype=float) | np.full_like({a}, 2) | np.arange(3) | np.arange(3.) | np.linspace(0, 1, 3)
np.zeros((2, 3), np.float32) | np.full((2, 3), 0.5) | np.identity(3) | np.array([1., 2., 3.])
np.zeros_like({a}, shape=(2, 2)) | np.zeros((2, 3))[::-1] | np.ones((3, 2)).T | np.asfortranarray({a})
"""
CREATING = [text.strip() for line in _CREATING.strip().split("\n") for text in line.split(" | ")]


def creating(w):
    """Return an array that is made of nothing, or like another."""
    return w.rng.choice(CREATING).format(a=w.pick() or "np.ones(2)")


KINDS = ((call, 30), (ufunc, 24), (method, 14), (operator, 16), (python, 6), (creating, 5))
WRITING = 0.2


def line(w):
    """Return the next line of a program."""
    if w.lines and w.rng.random() < WRITING:
        return writing(w)
    makers, weights = zip(*KINDS, strict=True)
    return f"{w.new()} = {w.rng.choices(makers, weights)[0](w)}"
