"""The exact gradients of a case for whoever asks in a program: as SymPy expressions, and as NumPy code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import sympy

from verify.cases.case import Case, ExpressionCase, TracedCase
from verify.exact.candidate import exact_code
from verify.graph.formulas import to_sympy
from verify.model.errors import InputError


class ExactGradient:
    """The exact gradient with respect to one input; nothing is computed before it is asked for."""

    def __init__(self, case: Case, name: str) -> None:
        self._case, self._name = case, name

    def __repr__(self) -> str:
        return f"the exact gradient of {self._case.name} with respect to {self._name}: .sympy, .numpy"

    @cached_property
    def sympy(self) -> Any:
        """Return a SymPy expression, or an array of one for each entry.

        Symbols are named as reports name numbers: `x[0,1]`, `dout[0,1]`. Where the code branches, this is the gradient
        for inputs that take the branches of the first sample.
        """
        if isinstance(self._case, ExpressionCase):
            return _of_expression(self._case, self._name)
        assert isinstance(self._case, TracedCase)
        return _of_arrays(self._case, self._name)

    @cached_property
    def numpy(self) -> str:
        """Return the source of a function that computes the gradient, proved for all inputs.

        If it only agrees to the accuracy of the constants in the code, its first line says so.
        Raises InputError with the reason where no code is proved.
        """
        code = exact_code(self._case, wanted=(self._name,))
        if not code.text:
            raise InputError(f"{self._case.name}, {self._name}: {code.why}")
        return code.text


class ExactGradients(Mapping[str, ExactGradient]):
    """The exact gradients of a case by the names of its inputs."""

    def __init__(self, case: Case) -> None:
        names = case.inputs if isinstance(case, ExpressionCase) else getattr(case, "real", {})
        self._gradients = {name: ExactGradient(case, name) for name in names}

    def __getitem__(self, name: str) -> ExactGradient:
        return self._gradients[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._gradients)

    def __len__(self) -> int:
        return len(self._gradients)


def _of_expression(case: ExpressionCase, name: str) -> Any:
    from verify.checks.reference.theory import theory

    exact = theory(case)
    [step] = [step for step in case.program.input_steps if case.program.names[step] == name]
    values = {variable: sympy.Symbol(variable) for variable in exact.sample}
    return to_sympy(exact.graph, exact.derivatives[step], values)


def _of_arrays(case: TracedCase, name: str) -> Any:
    from verify.checks.claims.claims import Exact
    from verify.checks.gradients.traced import observed
    from verify.checks.gradients.whole import Attempt
    from verify.tracing.observe import variants

    seen = observed(case, variants(case)[0], 0, Attempt())
    nodes = Exact(case, seen, twice=False).gradient(name)
    values = {variable: sympy.Symbol(variable) for variable in seen.trace.sample}
    expressions = [to_sympy(seen.trace, node, values) for node in nodes]
    shape = seen.inputs[name].shape
    if not shape:
        return expressions[0]
    array = np.empty(len(expressions), object)
    array[:] = expressions
    return array.reshape(shape)
