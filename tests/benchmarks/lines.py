"""How often the line of a planted mistake is the place of the wrong gradients: `gradproof mutate`'s, one at a time.

Each is planted in a copy of the reference layers, and its case is run. Printed are how many of the mistakes that are
refuted are placed at their own line, at another one, or only at the definition, as before. `python
tests/benchmarks/lines.py [EVERY [FIRST]]` takes every third mistake, or every so many from some place on. Exits with 1
where fewer than 70 % are placed at their line.
"""

import json
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

from repairs import LAYERS, chosen, gradproof

from verify.mutation.mutants import changed

LEAST_SHARE = 0.7
OWN, OTHER, DEFINITION = "its own line", "another line", "the definition"


def places(case, file, folder):
    """Run a case of a file quickly; returns the places of its refuted gradients, as far as they part, or None."""
    target = f"{file.parent.name}/{file.name}"
    gradproof(folder, "run", target, "--case", case, "--quick", "-qq", "--report", "json=run.json")
    rows = [row for case in json.loads((folder / "run.json").read_text())["cases"] for row in case["comparisons"]]
    wrong = [row for row in rows if row["quantity"] == "gradient" and row["verdict"] == "REFUTED"]
    return [row["parting"] for row in wrong if row["line_of"] == "parting"] if wrong else None


def tried(name, case, mutant, folder):
    """Plant a mistake, and return where its gradients are placed; nothing where none is refuted."""
    copy = folder / "planted"
    shutil.copytree(LAYERS, copy, dirs_exist_ok=True)
    (copy / Path(mutant.file).name).write_bytes(changed(mutant))
    parting = places(case, copy / name, folder)
    if parting is None:
        return None
    if not parting:
        return DEFINITION
    first = parting[0]
    own = Path(first["file"]).name == Path(mutant.file).name and mutant.first <= first["line"] <= mutant.last
    return OWN if own else OTHER


def main():
    """Try every third mistake."""
    count = Counter()
    for name, case, mutant in chosen():
        with tempfile.TemporaryDirectory() as folder:
            outcome = tried(name, case, mutant, Path(folder))
        if outcome is not None:
            count[outcome] += 1
        if outcome in (OTHER, DEFINITION):
            print(f"{outcome:16} {mutant.where} {mutant.operator}: {mutant.after}", flush=True)
    print(", ".join(f"{outcome}: {number} of {count.total()}" for outcome, number in count.most_common()))
    sys.exit(count[OWN] < LEAST_SHARE * count.total())


if __name__ == "__main__":
    main()
