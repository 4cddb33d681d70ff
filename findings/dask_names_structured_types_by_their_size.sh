#!/usr/bin/env bash
# Dask: two structured types are one argument if they have the same size, whatever their fields are.
#
# Expected: client.map(zeros, [kind, other]), with types of one field, "mass" of floats and "count" of integers, gives two
#           arrays, each of the type that was asked for.
# Real:     two arrays of the same type. A task is named after its arguments, of a type only the text `dtype.str`, which
#           is "|V8" for every structured type of eight bytes, and tasks of one name are computed once. Arrays of these
#           types are told apart, as they are named after the whole type.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check distributed==2026.7.1 numpy==2.4.6
"$work/env/bin/python" - <<'PYTHON'
import distributed
import numpy as np

print("distributed", distributed.__version__, "NumPy", np.__version__)
kinds = [np.dtype([("mass", float)]), np.dtype([("count", np.int64)])]
print([kind.str for kind in kinds])


def zeros(kind):
    """Return an array of one entry of a type."""
    return np.zeros(1, kind)


def kind_of(array):
    """Return the type of an array."""
    return array.dtype


with distributed.Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=None) as client:
    made = [array.dtype for array in client.gather(client.map(zeros, kinds))]
    held = client.gather(client.map(kind_of, [zeros(kind) for kind in kinds]))
print("asked for:", kinds)
print("made:     ", made)
print("of arrays:", held)
assert made[0] == made[1], "changed: each array has the type that was asked for"
assert held == kinds
PYTHON
