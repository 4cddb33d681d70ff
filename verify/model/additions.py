"""What was added from outside: tables that `verify.extend` writes, and that those read whom they concern."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

FUNCTIONS: dict[Any, Callable[..., Any]] = {}  # of NumPy or ufuncs: what computes them on arrays of symbols
CHECKS: dict[str, Callable[..., Any]] = {}  # by name: what else is asked of a layer
REPORTS: dict[str, str] = {}  # a format: the module whose `render(run)` makes it
FRAMEWORKS: dict[str, Callable[[Any], Any]] = {}  # "module.Class": what makes a case of such an object


class Run(NamedTuple):
    """A run of a case on floats, at the sample: what an added check looks at.

    `variant` says with which sizes and options; `inputs` and `gradients` are arrays of float64 by their names, `output`
    and `upstream` an array, or a tuple of them where there are several outputs.
    """

    variant: str
    inputs: Mapping[str, Any]
    output: Any
    upstream: Any
    gradients: Mapping[str, Any]
