#!/usr/bin/env bash
# python-flint: arb_mat.solve and inv raise "singular matrix" for a matrix that is regular, and solve it at more bits.
#
# Expected: for the Hilbert matrix of 20 rows, whose exact determinant is not 0, either enclosures (however wide), or an
#           error that says that the working precision of 53 bits does not suffice. det() does give an enclosure.
# Real:     ZeroDivisionError: singular matrix, the error of a matrix without an inverse; at 400 bits the very same
#           call succeeds. Code that takes the error for a property of the matrix draws a false conclusion.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check python-flint==0.9.0
"$work/env/bin/python" - <<'PYTHON'
import flint
from flint import arb, arb_mat, ctx, fmpq, fmpq_mat

N = 20
places = [(i, j) for i in range(N) for j in range(N)]
print("python-flint", flint.__version__)
print("exact determinant is 0:", fmpq_mat(N, N, [fmpq(1, i + j + 1) for i, j in places]).det() == 0)
answers = {}
for bits in (53, 400):
    ctx.prec = bits
    matrix = arb_mat(N, N, [arb(1) / (i + j + 1) for i, j in places])
    try:
        answers[bits] = str(matrix.solve(arb_mat(N, 1, [1] * N))[0, 0].str(10))
    except ZeroDivisionError as problem:
        answers[bits] = f"ZeroDivisionError: {problem}"
    print(f"{bits} bits: {answers[bits]}")
assert "singular" in answers[53], "changed: 53 bits no longer call the matrix singular"
assert "singular" not in answers[400], "changed: 400 bits do not suffice any more"
PYTHON
