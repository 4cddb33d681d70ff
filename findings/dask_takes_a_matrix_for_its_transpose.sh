#!/usr/bin/env bash
# Dask: a task on a square matrix and the same task on its transpose are one task, and have one result.
#
# Expected: client.map(np.triu, [matrix, matrix.T]) gives the upper triangles of two different matrices.
# Real:     the same triangle twice, without a warning. A task is named after its arguments: of an array the bytes in the
#           order of its memory, its type and its shape, but not its strides. For a square matrix and its transpose all of
#           these are the same, and tasks of one name are computed once. With a copy of the transpose, or with
#           `pure=False`, both are right, and so are matrices that are not square.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check distributed==2026.7.1 numpy==2.4.6
"$work/env/bin/python" - <<'PYTHON'
import distributed
import numpy as np
from dask.tokenize import tokenize

print("distributed", distributed.__version__, "NumPy", np.__version__)
matrix = np.array([[1, 2], [3, 4]])
with distributed.Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=None) as client:

    def triangles(*arrays, **options):
        """Return the upper triangles that the cluster computes, and whether they are NumPy's."""
        results = client.gather(client.map(np.triu, arrays, **options))
        print([result.tolist() for result in results], options or "")
        return all(np.array_equal(result, np.triu(array)) for result, array in zip(results, arrays, strict=True))

    direct = triangles(matrix, matrix.T)
    copied = triangles(matrix, matrix.T.copy())
    impure = triangles(matrix, matrix.T, pure=False)
print("expected:", [np.triu(matrix).tolist(), np.triu(matrix.T).tolist()])
same = tokenize(matrix) == tokenize(matrix.T)
print("one name for both:", same)
assert not direct and same, "changed: the transpose is another argument"
assert copied and impure and tokenize(matrix[:1]) != tokenize(matrix[:1].T)
PYTHON
