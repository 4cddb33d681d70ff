#!/usr/bin/env bash
# NumPy: `nanmin` and `nanmax` of a list of rows forget `initial` where a row has no numbers; of the same array they do not.
#
# Expected: np.nanmin(x, axis=1, initial=7) is the smallest of 7 and the row's numbers that are not NaN, for lists and arrays.
# Real:     what is exactly an ndarray goes one way, by fmin, where a row of NaNs or without entries gives `initial`. All that
#           is a list, a matrix or another subclass goes a second way: there such a row gives NaN with a warning.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6
"$work/env/bin/python" -W ignore - <<'PYTHON'
import numpy as np

print("NumPy", np.__version__)
nan = float("nan")
for name, rows in {"rows of NaN": [[nan, nan], [1.0, 9.0]], "rows without entries": [[], []]}.items():
    for function in (np.nanmin, np.nanmax):
        of_array = function(np.array(rows), axis=1, initial=7)
        of_list = function(rows, axis=1, initial=7)
        print(f"{function.__name__} of {name}: array {of_array}, list {of_list}")
        assert of_array[0] == 7
        assert np.isnan(of_list[0]), "changed: a list's rows have their initial value"
PYTHON
