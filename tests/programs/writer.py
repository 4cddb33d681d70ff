"""A program that is being written: what its names stand for on floats, and on symbols."""

import math
import random
import re
from fractions import Fraction

import numpy as np

from verify.tracing import patches
from verify.tracing.arrays import arrays
from verify.tracing.symbols.trace import Trace

# Floats are what NumPy itself computes; symbols see what user code sees. In dictionaries, which no patch reaches.
_FLOATS = {"np": np, "math": math}
_SYMBOLS = {"np": patches.stand_in(np), "math": patches.stand_in(math)}
INPUTS = ("x", "w", "s", "q", "e", "t")


class Writer:
    """The lines of a program, and its names."""

    def __init__(self, seed, *, whole=False, trace=Trace):
        self.rng = random.Random(f"program {seed}")
        self.trace = trace()
        self.lines = []
        self.floats, self.symbols = dict(_FLOATS), dict(_SYMBOLS)
        self.names = []
        self.refused = {}
        self.short = False  # whether numbers of few digits are about, or truth values, of which NumPy computes such
        self.narrow = False  # whether floats of few digits are about
        self.untyped = set()  # the names of arrays of objects, which NumPy makes of lists of symbols
        self._write_inputs(whole)

    def _write_inputs(self, whole):
        rng, no_entries = self.rng, [(0,), (2, 0), (0, 3)]
        shapes = {"x": (2, 3), "w": (3,), "s": (), "q": (3, 3), "e": rng.choice(no_entries), "t": (2, 2, 3)}
        numbers = iter(rng.sample(range(1, 256), 40))
        for name in shapes if whole else rng.sample(sorted(shapes), 3):
            shape = shapes[name]
            values = [Fraction(next(numbers) * rng.choice((1, 1, -1)), 64) for _ in range(math.prod(shape))]
            entries = [f"{name}[{i}]" for i in range(len(values))]
            nodes = self.trace.inputs(lambda entries=entries: entries, values)
            self.floats[name] = np.array([float(value) for value in values]).reshape(shape)[()]
            with arrays.running(self.trace):
                self.symbols[name] = arrays.scalar(arrays.built(nodes, shape))
            self.names.append(name)

    def pick(self, test=lambda value: True, numbers=True):
        """Return a name of the program whose value passes a test, or nothing; with `numbers`, also of whole ones."""
        kinds = "fiub" if numbers else "f"
        names = [name for name in self.names if kind_of(self.floats[name]) in kinds and test(self.floats[name])]
        return self.rng.choice(names) if names else ""

    def new(self):
        """Return a name that is not in use."""
        return f"v{len(self.lines)}"

    def value(self, text):
        """Return what an expression is on copies of the floats, to know its shape; None where it raises."""
        named = {name: np.array(self.floats[name]) for name in self.names if mentions(text, name)}
        try:
            return eval(text, {**self.floats, **named})
        except Exception:  # noqa: BLE001 - whatever NumPy raises
            return None


def mentions(text, name):
    """Tell whether a text uses a name."""
    return bool(re.search(rf"\b{name}\b", text))


def kind_of(value):
    """Return the kind of a value's type, as NumPy abbreviates it."""
    if isinstance(value, (tuple, list)):
        return "t"
    return np.asarray(value).dtype.kind if not isinstance(value, (str, type(None))) else "-"
