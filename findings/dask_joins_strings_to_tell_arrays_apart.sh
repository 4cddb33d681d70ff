#!/usr/bin/env bash
# Dask: arrays of strings that read alike once they are joined by hyphens are one argument, and their tasks one task.
#
# Expected: client.map(list, [a, b]) gives the strings of a and those of b.
# Real:     those of one of them twice, if a is ["north-east", "shore"] and b is ["north", "east-shore"]: a task is named
#           after its arguments, of an array of objects the strings with "-" between them, and tasks of one name are
#           computed once. So it is with NumPy's strings of variable width. Lists of strings and arrays of fixed width are
#           told apart.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check distributed==2026.7.1 numpy==2.4.6
"$work/env/bin/python" - <<'PYTHON'
import distributed
import numpy as np

print("distributed", distributed.__version__, "NumPy", np.__version__)
first, second = ["north-east", "shore"], ["north", "east-shore"]
with distributed.Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=None) as client:

    def right(kind, convert):
        """Tell whether the cluster gives back what each of both arguments holds."""
        results = client.gather(client.map(list, [convert(first), convert(second)]))
        print(f"{kind}: {[[str(text) for text in result] for result in results]}")
        return results == [first, second]

    objects = right("objects", lambda texts: np.array(texts, dtype=object))
    variable = right("variable width", lambda texts: np.array(texts, dtype=np.dtypes.StringDType()))
    fixed = right("fixed width", np.array)
    lists = right("lists", list)
assert not objects and not variable, "changed: both arrays are told apart"
assert fixed and lists
PYTHON
