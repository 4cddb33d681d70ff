#!/usr/bin/env bash
# NumPy: `unique` of a million different whole numbers takes hundreds of times as long as `unique` with `return_index=True`.
#
# Expected: to ask for the values alone is no slower than to ask for the values and where they stand first.
# Real:     since the values alone are looked for in a hash table, that table's growth dominates where most numbers differ:
#           seconds for a million numbers that are sorted already, against milliseconds with `return_index=True`, which
#           sorts. The same numbers as floats take the fast road too, and so do numbers of which most are equal.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6
"$work/env/bin/python" - <<'PYTHON'
import time

import numpy as np

print("NumPy", np.__version__)


def seconds(run):
    times = []
    for _ in range(3):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return min(times)


def ratio(values):
    alone, more = seconds(lambda: np.unique(values)), seconds(lambda: np.unique(values, return_index=True))
    print(f"{values.dtype} {len(np.unique(values)):9,} different: {alone:.4f} s alone, {more:.4f} s with return_index")
    return alone / more


numbers = np.arange(2**20)
different, floats, alike = ratio(numbers), ratio(numbers.astype(float)), ratio(numbers % 100)
print(f"ratios: {different:.0f}, {floats:.1f}, {alike:.1f}")
assert different > 20, "changed: the values alone no longer take longer"
assert floats < 20 and alike < 20
PYTHON
