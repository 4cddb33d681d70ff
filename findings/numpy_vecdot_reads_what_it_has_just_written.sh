#!/usr/bin/env bash
# NumPy: a ufunc with core dimensions does not notice that its output is also an operand that is broadcast.
#
# Expected: np.vecdot(q, w, out=w) gives the products of each row of q with w, [14, 32, 50]: since NumPy 1.13 operations
#           whose operands overlap give the result of operands that do not, and elementwise ufuncs and matmul do.
# Real:     [14, 84, 797]: each product is written into w at once, and the next row is multiplied with the changed w.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6
"$work/env/bin/python" - <<'PYTHON'
import numpy as np

print("numpy", np.__version__)
q, w = np.arange(1.0, 10.0).reshape(3, 3), np.array([1.0, 2.0, 3.0])
apart = np.vecdot(q, w)
by_matmul = np.matmul(q, w, out=w.copy())
w2 = w.copy()
np.matmul(q, w2, out=w2)
inside = np.vecdot(q, w, out=w).copy()
print("vecdot(q, w)            ", apart)
print("matmul(q, w, out=w)     ", w2)
print("vecdot(q, w, out=w)     ", inside)
assert (apart == by_matmul).all() and (apart == w2).all()
assert not (apart == inside).all(), "changed: vecdot into its own operand gives the products"
PYTHON
