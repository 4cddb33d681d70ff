"""Functions of several arguments (`graph.joints`) at a random point of a finite field.

*Roots of polynomials.* A point counts only where the polynomial splits into different factors over the field; else
another one is drawn. Which of its roots in the field stands for the k-th real one nobody can tell: so a pair of nodes
counts as equal only if it is for every assignment (a *sheet*). Why that is a proof: let D be the difference of the
pair, a rational function of the inputs and the roots, that is not 0 for the real roots in their order. The product of
D over all sheets that are conjugate to that one over the rational functions of the inputs is such a function itself,
and not 0; where D is 0 on every sheet, so is that product, which happens at no more than (number of sheets) times
(degree) over the prime of the points. Points that are drawn anew are counted by as many times (`bits_of`).

*The exponential of a matrix* is read as one random polynomial p of degree K, the same for all matrices, K the sum of
their sizes. Why that is a proof: what holds for p with any coefficients holds, at a point of the reals, for the
polynomial that agrees with exp on the spectra of all of the matrices there (Hermite's interpolation, which takes
K - 1), and p(A) is exp(A) for it. So everything holds that does for every power series of a matrix: that it commutes
with transposes and changes of basis, and that its derivatives are blocks; and nothing that is special to exp.
"""

from __future__ import annotations

import functools
import math
import random
from collections.abc import Iterator, Sequence
from itertools import permutations, product
from typing import Any

import flint

from verify.graph.graph import Graph
from verify.proof.kernels import RedrawError
from verify.proof.tower import TooManyRootsError

_MOST_SHEETS = 48  # two cubic polynomials have 36, one of degree four has 24
_DRAWS = 16  # for each point that is to be expected: one in `sheets` splits
_MOST_POWERS = 200  # of a matrix


@functools.cache
def _contexts(prime: int) -> tuple[Any, Any]:
    """Return the polynomials over a field, and the field; they are made for each walk, and never change."""
    return flint.fmpz_mod_poly_ctx(prime), flint.fmpz_mod_ctx(prime)


class Joints:
    """Functions of several arguments at one point; `powers` is the degree of the polynomial in place of exp."""

    def __init__(self, prime: int, rng: random.Random, powers: int, *, splits: bool = True) -> None:
        self.splits = splits
        self._ring, self._field = _contexts(prime)
        self._coefficients = [rng.randrange(1, prime) for _ in range(powers + 1)]
        self._roots: dict[tuple[int, ...], list[int]] = {}
        self._sheet: dict[tuple[int, ...], Sequence[int]] = {}
        self._matrices: dict[tuple[int, ...], flint.fmpz_mod_mat] = {}

    def value(self, op: str, values: Sequence[int], payload: int | tuple[int, int]) -> int:
        """Return a function of elements; raises RedrawError where a polynomial does not split here."""
        key = tuple(values)
        if isinstance(payload, int):
            return self._of(key)[self._sheet.get(key, range(len(key)))[payload]]
        if key not in self._matrices:
            self._matrices[key] = self._polynomial(key)
        return int(self._matrices[key][payload])

    def sheets(self) -> Iterator[None]:
        """Assign the roots of all polynomials that were read to the real ones, in every way, the first one first."""
        keys = list(self._roots)
        for choice in product(*(permutations(range(len(key))) for key in keys)):
            self._sheet = dict(zip(keys, choice, strict=True))
            yield

    def _of(self, key: tuple[int, ...]) -> list[int]:
        if not self.splits:
            raise TooManyRootsError
        if key not in self._roots:
            roots = [int(root) for root, times in self._ring([*key, 1]).roots() if times == 1]
            if len(roots) < len(key):
                raise RedrawError
            self._roots[key] = roots
        return self._roots[key]

    def _polynomial(self, key: tuple[int, ...]) -> flint.fmpz_mod_mat:
        """Return the polynomial in place of exp at a matrix (Horner)."""
        n = math.isqrt(len(key))
        matrix = flint.fmpz_mod_mat(n, n, list(key), self._field)
        total = flint.fmpz_mod_mat(n, n, [0] * n * n, self._field)
        for coefficient in self._coefficients:
            diagonal = [coefficient if i % (n + 1) == 0 else 0 for i in range(n * n)]
            total = total * matrix + flint.fmpz_mod_mat(n, n, diagonal, self._field)
        return total


def sheets(graph: Graph, nodes: Sequence[int]) -> int:
    """Return how many sheets there are at most; raises TooManyRootsError where they are too many, or cannot be drawn.

    A polynomial without variables splits at all points, or at none; with roots of others in its coefficients it has
    sheets of its own on each of theirs.
    """
    polynomials = {graph.args[i] for i in nodes if graph.ops[i] == "root"}
    result = math.prod(math.factorial(len(args)) for args in polynomials)
    if result > _MOST_SHEETS or not all(_varies(graph, args) for args in polynomials):
        raise TooManyRootsError
    return result


def _varies(graph: Graph, args: Sequence[int]) -> bool:
    ops = {graph.ops[i] for i in graph.reach(args)}
    return "variable" in ops and "root" not in ops


def powers(graph: Graph, nodes: Sequence[int]) -> int:
    """Return the degree of the polynomial in place of exp; raises TooManyRootsError where that is too high."""
    result = sum(math.isqrt(len(args)) for args in {graph.args[i] for i in nodes if graph.ops[i] == "expm"})
    if result > _MOST_POWERS:
        raise TooManyRootsError
    return result


def draws(count: int) -> int:
    """Return how often a point is drawn at most for one walk, by the number of sheets."""
    return _DRAWS * count


def bits_of(count: int) -> float:
    """Return the bits of certainty that sheets cost a walk: of the degree, and for points that are drawn anew."""
    return math.log2(count * draws(count) / _DRAWS)


def degree_of(op: str, values: Sequence[tuple[int, int]], highest: int) -> tuple[int, int]:
    """Bound the degrees of numerator and denominator of a function, by those of its arguments.

    Over the common denominator of the arguments a root is one of a monic polynomial again, whose coefficients have no
    denominators: the k-th from the highest one is multiplied by its k-th power.
    """
    below = sum(denominator for _, denominator in values)
    above = max((numerator for numerator, _ in values), default=0) + below
    if op == "root":
        return above + len(values) * below + 1, below
    return (highest + 1) * (above + 1), (highest + 1) * below
