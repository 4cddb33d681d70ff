"""Matrices of symbols, one by one: what all of linear algebra does with its arguments before it computes.

LAPACK chooses pivots by the size of floats. The functions themselves (an inverse, a determinant) do not depend on that
choice, so that none is recorded as a branch: what is computed here divides by other numbers than LAPACK does, and is
the same function wherever the matrix is regular.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from verify.model.errors import TraceError
from verify.model.reasons import Reason
from verify.model.unfollowed import unbounded
from verify.model.where import asked_at
from verify.tracing.arrays.arrays import SymbolArray, current, layout, nodes, objects
from verify.tracing.arrays.sparse import dense
from verify.tracing.numpy.arguments import constants, lifted
from verify.tracing.numpy.products import as_array

_MATRIX = 2
_SMALL = 8  # rows of constants: more of them take longer to eliminate exactly than they are worth
_DECLARE = "declare a domain (`low=`, `high=`) in which it is {}, or write a case that makes it so"


def linear(
    name: str,
    function: Callable[..., Any],
    compute: Callable[..., Any],
    *,
    is_composed: bool = False,
    is_exact: bool = False,
    executed: Callable[..., Any] | None = None,
) -> Callable[..., Any]:
    """Return a function of symbols for one of NumPy's or SciPy's, which itself computes what depends on no input.

    What it does on floats is `executed`, if that is known. What `is_exact` on small constants is a formula of them: the
    floats that LAPACK makes of them are rounded.
    """

    def answer(*args: Any, **options: Any) -> Any:
        by_formula = is_exact and not current().as_executed and all(map(_is_small, args))
        if not by_formula and (numbers := constants(args, options)) is not None:
            return lifted(function(*numbers[0], **numbers[1]))
        if current().as_executed and executed is not None:
            return executed(*args, **options)
        if current().as_executed and not is_composed:
            raise unbounded(name)
        result = compute(*args, **options)
        return result if is_composed else _in_rows(result)

    return answer


def _in_rows(result: Any) -> Any:
    """Return results row by row in memory, as those of `numpy.linalg` are: code may reshape them, and write there."""
    if isinstance(result, tuple):
        parts = map(_in_rows, result)
        return type(result)(*parts) if hasattr(result, "_fields") else tuple(parts)
    return result if not isinstance(result, SymbolArray) or layout(result).flags.c_contiguous else result.copy("C")


def _is_small(value: Any) -> bool:
    return max(np.shape(value)[-2:], default=0) <= _SMALL


def matrices(a: Any) -> Any:
    """Return an argument as an array of matrices; raises LinAlgError as NumPy does."""
    a = a if isinstance(a, SymbolArray) else objects(dense(a)).view(SymbolArray)  # floats would be rounded
    if a.ndim < _MATRIX:
        raise np.linalg.LinAlgError(f"{a.ndim}-dimensional array given. Array must be at least two-dimensional")
    return a


def squares(a: Any) -> Any:
    """Return an argument as an array of square matrices; raises LinAlgError as NumPy does."""
    a = matrices(a)
    if a.shape[-1] != a.shape[-2]:
        raise np.linalg.LinAlgError("Last 2 dimensions of the array must be square")
    return a


def each(compute: Callable[..., Any], *stacks: Any) -> Any:
    """Compute something of each matrix of stacks that are broadcast; what comes may be several arrays."""
    shape = np.broadcast_shapes(*(stack.shape[:-2] for stack in stacks))
    if not shape:
        return compute(*stacks)
    spread = [np.broadcast_to(stack, (*shape, *stack.shape[-2:])) for stack in stacks]
    rows = [compute(*(stack[index] for stack in spread)) for index in np.ndindex(shape)]
    if isinstance(rows[0], tuple):
        return tuple(_stacked(column, shape) for column in zip(*rows, strict=True))
    return _stacked(rows, shape)


def _stacked(results: Sequence[Any], shape: tuple[int, ...]) -> Any:
    arrays = [as_array(result) for result in results]
    return np.stack(arrays).reshape(*shape, *arrays[0].shape)


def key(matrix: Any) -> tuple[int, ...]:
    """Return the nodes of a matrix, row by row: what is worked out of it is remembered by them."""
    return tuple(np.asarray(nodes(matrix)).tolist())


def sign_of(symbol: Any) -> int:
    """Return the sign of a symbol at the sample, which is recorded as no branch."""
    return current().sign(node_of(symbol))


def node_of(symbol: Any) -> int:
    """Return the node of a single symbol."""
    return int(np.asarray(nodes(symbol)).item())


def singular(kind: str = "singular", instead: str = "regular") -> np.linalg.LinAlgError:
    """Return the error of a matrix that has no inverse at the sample, as NumPy's floats have it."""
    return np.linalg.LinAlgError(f"the matrix is {kind} at the sample; {_DECLARE.format(instead)}")


def deficient() -> TraceError:
    """Return the refusal of a matrix of less than full rank, of which NumPy computes something that is not smooth."""
    advice = _DECLARE.format("of full rank")
    return TraceError(
        "the matrix is of less than full rank at the sample", asked_at(), f"; {advice}", Reason.DEFICIENT_MATRIX
    )


def transposed(a: Any) -> Any:
    """Return the transposes of matrices."""
    return np.swapaxes(a, -1, -2)


def joined(rows: Sequence[Any], shape: Sequence[int]) -> Any:
    """Return single symbols as an array."""
    return np.stack([as_array(row) for row in rows]).reshape(shape)
