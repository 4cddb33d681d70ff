#!/usr/bin/env bash
# NumPy: a[::2] = a[:6] writes entries that it has written itself, where a list, a bytearray and a row of a matrix do not.
#
# Expected: the first six numbers of arange(12) at every other place: 0 1 1 3 2 5 3 7 4 9 5 11. a[1:] = a[:-1] is right,
#           a[::-1] = a is, and so is the same assignment in an array of two axes: NumPy copies first, or goes backwards.
# Real:     0 1 1 3 1 5 3 7 1 9 5 11: on one axis, NumPy looks where both views begin, but not that one of them has longer
#           steps and so overtakes the other. No copy is made, whatever the type and the length. `copyto` and `round` with
#           `out` do the same; `positive`, a ufunc, gets it right.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6
"$work/env/bin/python" - <<'PYTHON'
import numpy as np

print("NumPy", np.__version__)
expected = list(range(12))
expected[::2] = expected[:6]


def spread(name, write, axes=1):
    """Tell whether a way to write half of an array to its every other place gives what a list does."""
    array = np.arange(12).reshape((1,) * (axes - 1) + (12,))
    write(array[..., ::2], array[..., :6])
    print(f"{name:16}", *array.ravel())
    return array.ravel().tolist() == expected


print(f"{'a list':16}", *expected)
assignment = spread("assignment", lambda target, source: target.__setitem__(..., source))
copyto = spread("copyto", np.copyto)
rounded = spread("round", lambda target, source: np.round(source, out=target))
ufunc = spread("positive", lambda target, source: np.positive(source, out=target))
matrix = spread("row of a matrix", lambda target, source: target.__setitem__(..., source), axes=2)
array, shifted = np.arange(12), np.arange(12)
array[::2] = array[:6]
shifted[1:] = shifted[:-1]
assert array.tolist() != expected and not (assignment or copyto or rounded), "changed: it writes what was there before"
assert ufunc and matrix and shifted.tolist() == [0, *range(11)]
PYTHON
