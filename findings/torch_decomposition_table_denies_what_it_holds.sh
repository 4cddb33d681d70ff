#!/usr/bin/env bash
# PyTorch: `get` of the table of decompositions denies every operation that the table holds.
#
# Expected: the table of core_aten_decompositions() is a dict, so that get returns what indexing returns for each key
#           that it contains.
# Real:     `op in table` is true and table[op] is the definition, but table.get(op) is None, for all of its entries: the
#           class (torch.export.decomp_utils.CustomDecompTable) keeps them beside the dict that it is, which stays empty,
#           and overrides methods one by one; get is none of them. A copy by dict(table) is complete, and its get works.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6 torch==2.13.0
"$work/env/bin/python" - <<'PYTHON'
import torch
from torch._decomp import core_aten_decompositions

table = core_aten_decompositions()
operation = torch.ops.aten.mse_loss.default

print("torch", torch.__version__, type(table).__name__, isinstance(table, dict), len(table))
print("operation in table    ", operation in table)
print("table[operation]      ", table[operation].__name__)
print("table.get(operation)  ", table.get(operation))
print("dict(table).get       ", dict(table).get(operation).__name__)
assert isinstance(table, dict)
assert operation in table
assert callable(table[operation])
assert not any(table.get(key) for key in table), "changed: get finds some of them"
assert len(dict(table)) == len(table)
print("as described: get denies an operation that the table holds")
PYTHON
