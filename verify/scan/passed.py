"""Functions that a constructor takes with their derivatives, by the names of its arguments: tanh, which is everywhere.

Which derivative it has to be is not told by a name: that at the input, or that in terms of the output. Both are tried.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from verify.scan import names

_FUNCTION = re.compile(
    r"^(activations?|act|phi|f|fn|func|function|nonlinearity|non_linearity)$|_(fn|func|function|activation)$"
)
_DERIVATIVE = re.compile(r"^(df|dfn|df_?dx|f?_?prime|deriv(ative)?|grad(ient)?)(_fn|_func|_function)?$")
_FORWARD = "np.tanh"
_BACKWARD = ("lambda z: 1 - np.tanh(z) ** 2", "lambda y: 1 - y**2")
# What the texts stand for, where objects are made before their case is written.
MEANT: Mapping[str, Callable[[Any], Any]] = {
    _FORWARD: np.tanh,
    _BACKWARD[0]: lambda z: 1 - np.tanh(z) ** 2,
    _BACKWARD[1]: lambda y: 1 - y**2,
}


def passed_functions(taken: Sequence[str]) -> Iterator[dict[str, str]]:
    """Yield what a constructor may be passed for a function and for its derivative, as text; nothing for none."""
    spellings = names.Spellings(taken)
    functions = [name for name in taken if any(map(_FUNCTION.search, names.spellings(name)))]
    pairs = {name: spellings.twin(name) or _derivative(taken) for name in functions}
    if not pairs or not all(pairs.values()):
        yield {}
        return
    for derivative in _BACKWARD:
        yield {**dict.fromkeys(pairs, _FORWARD), **dict.fromkeys(pairs.values(), derivative)}


def _derivative(taken: Sequence[str]) -> str:
    return next((name for name in taken if any(map(_DERIVATIVE.match, names.spellings(name)))), "")
