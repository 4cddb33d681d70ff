#!/usr/bin/env bash
# PyTensor: the largest and smallest entry of an array pass over NaN when a function is compiled, and do not in Python.
#
# Expected: pt.max of [1, NaN, 2] is NaN, as np.max has it and as `perform` of the same operation gives; a mode says how
#           fast a function runs, and a value that is lost in training shows in the loss.
# Real:     2 in the default mode, which compiles with numba, with rewrites or without: the loop keeps the larger of two,
#           and no comparison with NaN is true. Of NaNs alone the maximum is -inf and the minimum inf. `pt.logsumexp`,
#           whose rewritten form begins with the maximum, gives -inf for NaNs alone, and inf where an infinity is beside
#           one. `pt.maximum` of two arrays, sums and products are NaN in all modes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6 scipy==1.17.1 numba==0.65.1 pytensor==3.0.7
"$work/env/bin/python" - <<'PYTHON'
import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.compile.mode import Mode

print("PyTensor", pytensor.__version__, "NumPy", np.__version__)
x = pt.vector("x")
modes = {
    "Python": Mode(linker="py", optimizer=None),
    "numba": Mode(linker="numba", optimizer=None),
    "default": pytensor.compile.mode.get_default_mode(),
}
graphs = {
    "max": pt.max(x),
    "min": pt.min(x),
    "logsumexp": pt.logsumexp(x),
    "maximum": pt.maximum(x[0], x[1]),
    "sum": pt.sum(x),
    "prod": pt.prod(x),
}
tries = {"a NaN": [1.0, np.nan, 2.0], "NaN alone": [np.nan, np.nan], "beside an infinity": [np.inf, np.nan, 2.0]}
found = {}
for name, graph in graphs.items():
    compiled = {mode: pytensor.function([x], graph, mode=chosen) for mode, chosen in modes.items()}
    for which, values in tries.items():
        given = {mode: float(run(np.array(values))) for mode, run in compiled.items()}
        print(f"{name:10} of {which:18} {values}: {given}")
        found[name, which] = [mode for mode, value in given.items() if not np.isnan(value)]
passing = {key: modes for key, modes in found.items() if modes}
expected = {(name, which): ["numba", "default"] for name in ("max", "min") for which in tries}
expected |= {("logsumexp", which): ["default"] for which in ("NaN alone", "beside an infinity")}
assert passing == expected, f"changed: {passing}"
PYTHON
