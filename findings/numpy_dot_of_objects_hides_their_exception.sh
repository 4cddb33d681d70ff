#!/usr/bin/env bash
# NumPy: `dot`, `inner` and `tensordot` of matrices of objects lose the exception that an entry raises.
#
# Expected: an entry whose `*` raises ValueError ends the product with that ValueError, as `@`, `einsum`, `outer`,
#           `correlate` and `dot` of vectors do.
# Real:     where the result is a matrix the loop over its entries goes on with the exception set, and Python reports
#           SystemError: "returned a result with an exception set", at the end of whose causes the ValueError stands. So
#           `except ValueError` around `a.dot(b)` does not catch what it catches around `a @ b`.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6
"$work/env/bin/python" - <<'PYTHON'
import numpy as np


class Unknown:
    """A number that is not known yet."""

    def __mul__(self, other):
        raise ValueError("the number is not known yet")


matrix = np.array([[Unknown(), Unknown()], [Unknown(), Unknown()]], dtype=object)
vector = matrix[0]
products = {
    "dot": lambda: matrix.dot(matrix),
    "inner": lambda: np.inner(matrix, matrix),
    "tensordot": lambda: np.tensordot(matrix, matrix, 1),
    "@": lambda: matrix @ matrix,
    "einsum": lambda: np.einsum("ij,jk", matrix, matrix),
    "outer": lambda: np.outer(vector, vector),
    "dot of vectors": lambda: vector.dot(vector),
}
raised = {}
for name, product in products.items():
    try:
        product()
    except (ValueError, SystemError) as problem:
        raised[name] = type(problem).__name__
        first = problem
        while first.__cause__ is not None:
            first = first.__cause__
        print(f"{name:15} {type(problem).__name__}: {problem}" + (f" (first cause: {first!r})" if first is not problem else ""))
print("numpy", np.__version__)
hiding, plain = ("dot", "inner", "tensordot"), ("@", "einsum", "outer", "dot of vectors")
assert all(raised[name] == "ValueError" for name in plain)
assert all(raised[name] == "SystemError" for name in hiding), "changed: the exception of an entry gets through"
PYTHON
