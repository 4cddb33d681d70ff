#!/usr/bin/env bash
# SciPy: filters of `ndimage` leave out weights where the input is one number that is broadcast.
#
# Expected: correlate(np.broadcast_to(1.0, (5,)), [1, 2, 4]) is [7, 7, 7, 7, 7], as for a copy of that array, and as
#           correlate1d gives for both: the values of an array count, and not how they lie in memory.
# Real:     [3, 5, 5, 5, 7], without an error: where every stride of the input is 0 some weights are not added, in
#           correlate, convolve and generic_filter, of any number of dimensions. With one stride that is not 0 (rows that
#           are broadcast) all weights are.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6 scipy==1.17.1
"$work/env/bin/python" - <<'PYTHON'
import numpy as np
import scipy
from scipy import ndimage

print("SciPy", scipy.__version__, "NumPy", np.__version__)
ones, weights = np.broadcast_to(1.0, (5,)), [1.0, 2.0, 4.0]
plane, square = np.broadcast_to(1.0, (3, 3)), np.arange(1.0, 10).reshape(3, 3)
rows = np.broadcast_to(np.arange(1.0, 4), (3, 3))
tries = {
    "correlate": lambda x: ndimage.correlate(x, weights),
    "convolve": lambda x: ndimage.convolve(x, weights),
    "generic_filter": lambda x: ndimage.generic_filter(x, np.sum, size=3),
    "correlate1d": lambda x: ndimage.correlate1d(x, weights),
}
apart = {}
for name, run in tries.items():
    print(f"{name:15} of the broadcast number {run(ones)}  of its copy {run(ones.copy())}")
    apart[name] = not np.array_equal(run(ones), run(ones.copy()))
for name, x in (("a number", plane), ("rows", rows)):
    given, wanted = ndimage.correlate(x, square), ndimage.correlate(x.copy(), square)
    print(f"in two dimensions, {name} broadcast: {given.tolist()}, copied: {wanted.tolist()}")
    apart[name] = not np.array_equal(given, wanted)
expected = {"correlate": True, "convolve": True, "generic_filter": True, "correlate1d": False, "a number": True, "rows": False}
assert apart == expected, f"changed: {apart}"
PYTHON
