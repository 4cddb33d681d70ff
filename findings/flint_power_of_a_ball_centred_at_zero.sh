#!/usr/bin/env bash
# python-flint: an integer power of a ball whose midpoint is exactly 0 is nan; moved off 0 by any amount it is finite.
#
# Expected: arb(0, 1) ** 2 encloses [0, 1], and arb(0, 1) ** 1 is the ball itself: integer powers are defined everywhere.
#           `x * x` gives such an enclosure, and so does ** of every other ball, also of one that holds 0.
# Real:     `x ** 1`, `x ** 2`, `x ** fmpz(2)`, `x ** fmpq(2)` and `x ** 3` are nan for arb(0, 1), and finite for
#           arb(1e-300, 1). So a polynomial is finite or nan by how its powers are spelled and how its input is centred.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check python-flint==0.9.0
"$work/env/bin/python" - <<'PYTHON'
import flint
from flint import arb, fmpq, fmpz

ball = arb(0, 1)
print("python-flint", flint.__version__)
powers = {f"x ** {text}": ball**exponent for text, exponent in (("1", 1), ("2", 2), ("fmpz(2)", fmpz(2)), ("fmpq(2)", fmpq(2)), ("3", 3))}
for text, value in {"x": ball, "x * x": ball * ball, **powers}.items():
    print(f"{text:12} {value}")
off = arb(1e-300, 1)
print(f"centred at 1e-300, x ** 2: {off**2}")
assert (ball * ball).is_finite() and (off**2).is_finite()
assert powers["x ** 2"].is_nan() and powers["x ** 3"].is_nan(), "changed: a power of a ball centred at 0 is no longer nan"
PYTHON
