"""What has a gradient in a source: of which kind, under which names, and where it is computed."""

from __future__ import annotations

from typing import NamedTuple

from verify.scan.source import Scope

SECONDS = 20.0  # of computing in one thread, in which a call of a candidate is looked for
OF_CLASSES = ("layer", "value", "model", "engine", "net")


class Candidate(NamedTuple):
    """Code that has a gradient: of which `kind`, under which names, and where its gradient is computed.

    The kinds are `layer` (a class with forward and backward), `value` (with a value and its derivative), `model` (with
    a curve and fit_deriv), `net` (with a loss that returns the gradients of its weights) and `engine` (an operation of
    a class with backward and grad: `Tensor.exp`), and for functions `pair`, `derivative`, `flag`, `loss`, and those of
    solvers. In classes these are methods.
    """

    kind: str
    name: str
    forward: str
    backward: str
    line: int
    sure: bool = True  # else it is one if it looks right: a loss with an expression beside it may be no gradient
    cls: str = ""  # whose methods these are, as a case writes it
    sign: str = ""  # "-" for what returns the negative gradient: forces, of an energy
    within: str = ""  # the function that they are defined in, and which has to return them

    @property
    def owner(self) -> str:
        """Return the class or function that has to be there, as a case writes it."""
        return self.cls if self.kind in OF_CLASSES else self.forward

    def place(self, name: str) -> str:
        """Return what a source calls a class or function of this candidate."""
        return f"{self.within}.{name}" if self.within else name


def of_functions(scope: Scope, kind: str, title: str, forward: str, backward: str) -> Candidate:
    """Return a candidate of functions, which is placed where the gradient is."""
    names = (scope.prefix + forward, scope.prefix + backward)
    return Candidate(
        kind, (scope.title + title).rstrip("."), *names, scope.functions[backward].lineno, within=scope.within
    )
