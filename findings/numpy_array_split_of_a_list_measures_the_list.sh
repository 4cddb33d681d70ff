#!/usr/bin/env bash
# NumPy: `array_split` of a list of arrays along any axis but the first divides the length of the list.
#
# Expected: np.array_split(x, 2, axis=1) of a list is that of np.array(x), as it is for every other function that takes
#           "array-like": four blocks of shape (2, 3) have two entries along axis 1, so each part has one.
# Real:     the number of entries to divide is len(x), 4 here, whatever the axis: the parts have 2 and 0 entries along axis 1.
#           Nothing is raised and no entry is lost, so that only the shapes tell. np.split(x, 2, axis=1) does raise: it asks
#           the list for its shape.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6
"$work/env/bin/python" - <<'PYTHON'
import numpy as np

print("NumPy", np.__version__)
blocks = [np.arange(6).reshape(2, 3) + 10 * i for i in range(4)]
of_array = [part.shape for part in np.array_split(np.array(blocks), 2, axis=1)]
of_list = [part.shape for part in np.array_split(blocks, 2, axis=1)]
print("of the array", of_array)
print("of the list ", of_list)
try:
    np.split(blocks, 2, axis=1)
except AttributeError as problem:
    print("np.split of the list:", problem)
assert of_array == [(4, 1, 3), (4, 1, 3)]
assert of_list == [(4, 2, 3), (4, 0, 3)], "changed: the list is split as the array is"
PYTHON
