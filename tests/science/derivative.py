"""A derivative as a package writes it, the case that checks it, and the edits of its source that make it wrong.

A decorator says how the derivative is read: `slopes` are partial derivatives of each output by each input, `gradient` is
that of one number, `jacobian` a matrix with a row for each output (a Hessian below a score), `backward` takes an
upstream. Each edit is `(old, new)`, where `old` occurs once in the source of the derivative.
"""

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import verify
from verify.cases.inputs import Real

POSITIVE = verify.real(low=0)
UNIT = verify.real(low=0, high=1)


@dataclass(frozen=True)
class Derivative:
    """A derivative `code` (a function or a class), with `case`, which makes a case of a name and of such a code."""

    code: Any
    case: Callable[[str, Any], Any]
    edits: tuple[tuple[str, str], ...]

    @property
    def name(self):
        return f"{Path(inspect.getsourcefile(self.code)).stem}.{self.code.__name__}"

    def right(self):
        """Return the case of the derivative as it stands."""
        return self.case(self.name, self.code)

    def source(self):
        """Return the source without its decorators, and the number of lines before it."""
        lines, first = inspect.getsourcelines(self.code)
        start = next(i for i, line in enumerate(lines) if line.startswith(("def ", "class ")))
        return "".join(lines[start:]), first + start - 1

    def wrong(self, edit):
        """Return the case of the derivative with an edit in its source, at the same lines of the same file."""
        text, before = self.source()
        old, new = edit
        assert text.count(old) == 1, f"{self.name}: {old!r} occurs {text.count(old)} times"
        padded = "\n" * before + text.replace(old, new)
        return self.case(f"{self.name}: {old} => {new}", self._run(padded))

    def _run(self, text):
        """Return what a definition makes in the module of the derivative, which stays as it was."""
        names, name = vars(sys.modules[self.code.__module__]), self.code.__name__
        kept = names[name]
        exec(compile(text, inspect.getsourcefile(self.code), "exec"), names)
        code, names[name] = names[name], kept
        return code

    def wrongs(self):
        """Return the cases of all edits."""
        return [self.wrong(edit) for edit in self.edits]


def derivatives(module):
    """Return the derivatives of a module in order."""
    return [value for value in vars(module).values() if isinstance(value, Derivative)]


def _decorator(case, edits):
    return lambda code: Derivative(code, case, tuple(edits))


def _listed(values):
    return list(values) if isinstance(values, (list, tuple)) else [values]


def _shapes(inputs, values):
    return [
        np.shape(value)
        for description, value in zip(inputs.values(), values, strict=True)
        if isinstance(description, (str, Real))
    ]


def _summed(array, shape):
    """Sum a gradient over the axes along which an input of a shape is broadcast."""
    extra = np.ndim(array) - len(shape)
    return np.sum(array, axis=tuple(range(extra))) if extra else array


def _case(forward, inputs, read, upstream=None):
    """Return what makes a case: `read` has the gradients from the code, the upstream and the inputs."""

    def case(name, code):
        def subject(**arguments):
            values = list(arguments.values())
            dout = yield forward(*values)
            return read(code(*values), dout, _shapes(inputs, values))

        return verify.case(inputs, name=name, upstream=upstream)(subject)

    return case


def slopes(forward, edits, **inputs):
    """Read a function as the partial derivatives of each output by each input, in order."""

    def read(returned, dout, shapes):
        return tuple(_summed(dout * part, shape) for part, shape in zip(_listed(returned), shapes, strict=True))

    return _decorator(_case(forward, inputs, read), edits)


def gradient(forward, edits, **inputs):
    """Read a function as the gradient of one number by each input, in order."""

    def read(returned, _, shapes):
        return tuple(returned) if len(shapes) > 1 else returned

    return _decorator(_case(forward, inputs, read, upstream=1), edits)


def jacobian(forward, edits, **inputs):
    """Read a function as the matrices of partial derivatives, with a row for each output and a column for each entry."""

    def read(returned, dout, shapes):
        matrices = [returned] if len(shapes) == 1 else returned
        flat = np.reshape(dout, -1)
        return tuple(np.reshape(flat @ matrix, shape) for matrix, shape in zip(matrices, shapes, strict=True))

    return _decorator(_case(forward, inputs, read), edits)


def backward(forward, edits, **inputs):
    """Read a function as `backward(dout, cache)` of a `forward` that returns its output and a cache, or the inputs."""
    return _decorator(lambda name, code: verify.pair(forward, code, name=name, **inputs), edits)


def layer(edits, inputs, params=None, **terms):
    """Read a class as a layer."""
    return _decorator(lambda name, code: verify.layer(code, inputs=inputs, params=params, name=name, **terms), edits)


def loss(edits, **inputs):
    """Read a function as one that returns a number and its gradients."""
    return _decorator(lambda name, code: verify.loss(code, name=name, **inputs), edits)
