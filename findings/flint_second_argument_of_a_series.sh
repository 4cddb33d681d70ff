#!/usr/bin/env bash
# python-flint: the second positional argument of a power series is a precision for one type and a denominator for another.
#
# Expected: fmpq_series([0, 1], 8) is x + O(x^8), as arb_series([0, 1], 8), acb_series([0, 1], 8) and fmpz_series([0, 1], 8)
#           are: the exact twin of a series over balls, written in the same way.
# Real:     fmpq_series([0, 1], 8) is (1/8)*x + O(x^10): the 8 divides every coefficient, and the precision is the default.
#           Nothing is raised, so that exact and numeric series of the same text differ by a factor.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check python-flint==0.9.0
"$work/env/bin/python" - <<'PYTHON'
import flint
from flint import acb_series, arb_series, fmpq, fmpq_series, fmpz_series

print("python-flint", flint.__version__)
series = {kind.__name__: kind([0, 1], 8) for kind in (arb_series, acb_series, fmpz_series, fmpq_series)}
for name, value in series.items():
    print(f"{name}([0, 1], 8): {value}")
assert series["arb_series"][1] == 1 and series["fmpz_series"][1] == 1
assert series["fmpq_series"][1] == fmpq(1, 8), "changed: the second argument is no longer a denominator"
PYTHON
