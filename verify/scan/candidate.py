"""What has a gradient in a source: of which kind, under which names, and where it is computed."""

from __future__ import annotations

from typing import NamedTuple

from verify.scan.source import Source

OF_CLASSES = ("layer", "value", "model", "engine")


class Candidate(NamedTuple):
    """Code that has a gradient: of which `kind`, under which names, and where its gradient is computed.

    The kinds are `layer` (a class with forward and backward), `value` (with a value and its derivative), `model` (with
    a curve and fit_deriv) and `engine` (an operation of a class with backward and grad: `Tensor.exp`), and for
    functions `pair`, `derivative`, `flag`, `loss`, and those of solvers. In classes these are methods.
    """

    kind: str
    name: str
    forward: str
    backward: str
    line: int
    sure: bool = True  # else it is one if it looks right: a loss with an expression beside it may be no gradient

    @property
    def owner(self) -> str:
        """Return the class or function in the module that has to be there."""
        return self.name.split(".")[0] if self.kind in OF_CLASSES else self.forward


def of_functions(source: Source, kind: str, title: str, forward: str, backward: str) -> Candidate:
    """Return a candidate of functions, which is placed where the gradient is."""
    return Candidate(kind, title, forward, backward, source.functions[backward].lineno)
