#!/usr/bin/env bash
# NumPy: with AVX-512, np.power.reduce and np.arctan2.reduce over one axis of floats combine the first and last number only.
#
# Expected: ((2 ** 3) ** 2) = 64, which is what accumulate ends with, what whole numbers give, what float_power.reduce
#           gives, and what the same reduction along the first axis of a table with two columns gives.
# Real:     power.reduce([2.0, 3.0, 2.0]) is 4.0, that is 2 ** 2, and power.reduce([5.0, 3.0, -1.0]) is 0.2: the numbers
#           in the middle have no effect. Nothing is raised. arctan2.reduce([1.0, 2.0, 3.0]) is arctan2(1, 3). Only the
#           loops for processors with AVX-512 do this: elsewhere the results are right, and one program has two results.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6
"$work/env/bin/python" - <<'PYTHON'
import numpy as np

print("numpy", np.__version__)
numbers = [2.0, 3.0, 2.0]
reduced = {
    "power.reduce, floats": np.power.reduce(numbers),
    "power.reduce, whole numbers": np.power.reduce([2, 3, 2]),
    "power.accumulate, floats": np.power.accumulate(numbers)[-1],
    "float_power.reduce": np.float_power.reduce(numbers),
    "power.reduce, first axis": np.power.reduce(np.array([[2.0, 2.0], [3.0, 3.0], [2.0, 2.0]]), axis=0)[0],
}
for text, value in reduced.items():
    print(f"{text:28} {value}")
print("arctan2.reduce([1, 2, 3])   ", np.arctan2.reduce([1.0, 2.0, 3.0]), "; arctan2(arctan2(1, 2), 3) is", np.arctan2(np.arctan2(1.0, 2.0), 3.0))
first, *others = reduced.values()
assert set(map(float, others)) == {64.0}
features = np._core._multiarray_umath.__cpu_features__
if not (features.get("AVX512_SKX") or features.get("X86_V4")):
    assert first == 64.0
    print("this processor has no AVX-512, and its loops are right")
    raise SystemExit
assert first == 4.0, "changed: the reduction of floats is no longer 2 ** 2"
assert np.arctan2.reduce([1.0, 2.0, 3.0]) == np.arctan2(1.0, 3.0), "changed: arctan2.reduce takes the middle into account"
PYTHON
