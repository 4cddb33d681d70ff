#!/usr/bin/env bash
# NumPy: with where=False everywhere an output is overwritten all the same, if it overlaps an input and has to be cast.
#
# Expected: entries of `out` at which `where` is False keep their values, which is what the documentation says and what
#           np.negative(np.flip(w), out=w, where=False) does.
# Real:     np.isfinite(np.flip(w), out=w, where=False) sets all of w to 1: the overlap makes NumPy compute into a
#           buffer of booleans that starts from w cast to bool, and all of it is cast back.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6
"$work/env/bin/python" - <<'PYTHON'
import numpy as np

print("numpy", np.__version__)
never = [False] * 3
results = {}
for name, function, source in (
    ("negative, overlapping", np.negative, None),
    ("isfinite, apart", np.isfinite, np.zeros(3)),
    ("isfinite, overlapping", np.isfinite, None),
):
    w = np.array([1.5, 2.5, 3.5])
    function(np.flip(w) if source is None else source, out=w, where=never)
    results[name] = w.tolist()
    print(f"{name:24} {w}")
assert results["negative, overlapping"] == results["isfinite, apart"] == [1.5, 2.5, 3.5]
assert results["isfinite, overlapping"] == [1.0, 1.0, 1.0], "changed: entries outside of where are kept"
PYTHON
