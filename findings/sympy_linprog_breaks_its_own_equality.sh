#!/usr/bin/env bash
# SymPy: the optimum that linprog returns for a feasible system violates one of the equations it was given.
#
# Expected: minimise -y under x + y <= 1, 2x + 2y = 2, 2y = 0, 0 <= x, y <= 5. The only feasible point is (1, 0),
#           with the optimum 0.
# Real:     (-1, [0, 1]), where 2y = 2: the point satisfies two of the three constraints. Every number here is exact, so
#           no rounding is involved. The same system with the redundant inequality left out cannot be asked at all:
#           with A_eq and without A, which the signature allows, linprog raises "mismatched dimensions".
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check sympy==1.14.0
"$work/env/bin/python" - <<'PYTHON'
import sympy
from sympy.solvers.simplex import linprog

print("sympy", sympy.__version__)
optimum, (x, y) = linprog([0, -1], A=[[1, 1]], b=[1], A_eq=[[2, 2], [0, 2]], b_eq=[2, 0], bounds=(0, 5))
print(f"optimum {optimum} at x = {x}, y = {y}; 2*y is {2 * y}, asked: 0")
try:
    alone = linprog([0, -1], A_eq=[[2, 2], [0, 2]], b_eq=[2, 0])
except ValueError as problem:
    alone = f"ValueError: {problem}"
print("with equations only:", alone)
assert 2 * y != 0, "changed: the point now satisfies 2*y = 0"
assert isinstance(alone, str), "changed: equations alone are accepted now"
PYTHON
