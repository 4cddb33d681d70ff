"""What the gradients of a case lack, in terms of the variables of each function that runs backward."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from verify.mutation import patterns
from verify.mutation.scopes import Scope
from verify.mutation.slices import assignments
from verify.mutation.watching import Place
from verify.repair.quantities import axes, quantities
from verify.repair.terms import Term, Terms

_CLOSE = 1e-9


class Target(NamedTuple):
    """A wrong gradient at one run: what is exact there, and what was returned, if that has the same shape."""

    exact: Any
    returned: Any = None

    @property
    def missing(self) -> Any:
        """Return what has to be added."""
        return None if self.returned is None else self.exact - self.returned

    @property
    def wrong(self) -> bool:
        """Tell whether there is something to be found: numbers that are not right."""
        off = self.exact if self.returned is None else self.missing
        return bool(off.size and np.isfinite(off).all() and abs(off).max() > _CLOSE * abs(self.exact).max())


@dataclass(slots=True)
class Lacking:
    """The gradients that are wrong at one run, in which functions had some `values`."""

    values: Mapping[Place, Mapping[str, Any]] = field(default_factory=dict)
    targets: Sequence[Target] = ()
    _made: dict[tuple[Scope, tuple[int, ...]], Terms] = field(default_factory=dict)

    def sums(self, node: ast.AST, scope: Scope) -> Iterator[str]:
        """Add a missing term that holds a sum over entries."""
        return (_added(node, [term], scope) for term in self._missing(node, scope) if term.sums)

    def plain(self, node: ast.AST, scope: Scope) -> Iterator[str]:
        """Add a missing term that is computed entry by entry."""
        return (_added(node, [term], scope) for term in self._missing(node, scope) if not term.sums)

    def wholes(self, node: ast.AST, scope: Scope) -> Iterator[str]:
        """Write an exact gradient, where that is one term."""
        for target in self._of(node, scope):
            yield from (_alone([term], scope) for term in self._terms(scope, target.exact).single(target.exact))

    def pairs(self, node: ast.AST, scope: Scope) -> Iterator[str]:
        """Write an exact gradient that is two terms, one of them with a sum, or add two that are missing."""
        for target in self._of(node, scope):
            terms = self._terms(scope, target.exact)
            yield from (_alone(pair, scope) for pair in terms.pairs(target.exact))
            if target.missing is not None:
                yield from (_added(node, pair, scope) for pair in terms.pairs(target.missing))

    def _missing(self, node: ast.AST, scope: Scope) -> Iterator[Term]:
        for target in self._of(node, scope):
            if target.missing is not None:
                yield from self._terms(scope, target.exact).single(target.missing)

    def _of(self, node: ast.AST, scope: Scope) -> Iterator[Target]:
        """Return the targets that a node may be the gradient of; none where it is no gradient."""
        name, values = _name(node, scope), self.values.get(scope.place, {})
        if name is not None and values:
            value = values.get(name)
            yield from (t for t in self.targets if value is None or t.returned is None or _equal(value, t.returned))

    def _terms(self, scope: Scope, target: Any) -> Terms:
        """Return the terms of the shape of a target that the variables of a function make."""
        key = scope, target.shape
        if key not in self._made:
            values = self.values[scope.place]
            mine = {name: values[name] for name in _read(scope) if name in values}
            wrong = [target.returned for target in self.targets if target.returned is not None]
            mine = {
                name: value
                for name, value in mine.items()
                if name in scope.upstream or not any(_equal(value, other) for other in wrong)
            }
            self._made[key] = Terms(target.shape, mine, axes(scope))
        return self._made[key]


def _equal(value: Any, other: Any) -> bool:
    return np.shape(value) == np.shape(other) and np.allclose(value, other, rtol=_CLOSE, atol=0)


def _added(node: ast.AST, terms: Sequence[Term], scope: Scope) -> str:
    """Return a node with terms added to it, or taken away."""
    for term in terms:
        bound = {"a": node, "q": ast.parse(term.text, mode="eval").body}
        node = ast.parse(patterns.filled("a - q" if term.minus else "a + q", bound, scope.numpy), mode="eval").body
    return ast.unparse(node)


def _alone(terms: Sequence[Term], scope: Scope) -> str:
    """Return terms as a sum, those first that are not taken away."""
    first, *others = sorted(terms, key=lambda term: term.minus)
    start = ast.parse(f"-({first.text})" if first.minus else first.text, mode="eval").body
    return _added(start, others, scope)


def _read(scope: Scope) -> list[str]:
    """Return the quantities of a function, those first that it speaks of."""
    text = ast.unparse(scope.function)
    return sorted([*quantities(scope), *scope.numbers], key=lambda name: name not in text)


def _name(node: ast.AST, scope: Scope) -> str | None:
    """Return what a gradient is called that a node is, or is assigned to; nothing of one without a name."""
    names = {ast.unparse(gradient) for gradient in scope.gradients if isinstance(gradient, ast.Name)}
    for target, value, _ in assignments(scope.function):
        if value is node and (node in scope.gradients or ast.unparse(target) in names):
            return ast.unparse(target)
    return ast.unparse(node) if node in scope.gradients else None
