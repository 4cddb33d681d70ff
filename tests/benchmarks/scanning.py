"""How long `gradproof scan`, with and without `--no-run`, takes against `python -m compileall -q`.

Both read every file. They are run in turn, compileall on a fresh copy each time, since it skips what is compiled; the
processor time of whole processes is compared, which other jobs of the machine disturb least. The packages: one made
here, of 200 modules in the style of libraries and without gradients, and what is installed of SymPy, which is only
listed. Exits with 1 where the limit is exceeded.
"""

import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

LIMIT = 1.5
MODULES = 200
RUNS = 11
_PARTS = [
    'def {name}(x, scale=1.0, *, strict=False):\n    """Return x in other units."""\n    if strict and scale <= 0:\n'
    '        raise ValueError(f"{{scale}} is not positive")\n    total = sum(v * scale for v in x)\n    return total, len(x)\n',
    'class {name}:\n    """Keeps rows by key."""\n\n    def __init__(self, rows=()):\n        self.rows = dict(rows)\n\n'
    "    def add(self, key, row):\n        self.rows.setdefault(key, []).append(row)\n        return self\n\n"
    "    def merged(self, other):\n        both = {{**self.rows, **other.rows}}\n        return type(self)(both.items())\n",
    'def {name}(path, encoding="utf-8"):\n    """Read pairs of words."""\n    with open(path, encoding=encoding) as file:\n'
    "        for line in file:\n            left, _, right = line.partition(':')\n            if right:\n"
    "                yield left.strip(), right.strip()\n",
]


def write_package(folder: Path) -> None:
    """Write a package of modules that have functions and classes, and no gradient."""
    draw = random.Random(0)
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    for number in range(1, MODULES):
        parts = [draw.choice(_PARTS).format(name=f"name_{number}_{part}") for part in range(draw.randrange(5, 40))]
        (folder / f"module_{number}.py").write_text("import math\nimport os\n\n\n" + "\n\n".join(parts))


def processor_seconds(*command: str) -> float:
    """Run a command to its end; returns the processor time that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=False, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def ratio(package: Path, *options: str) -> float:
    """Return the time of a scan over that of compileall, the median of pairs."""
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name) / "copy"
        pairs = []
        for _ in range(RUNS + 1):
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__"))
            scan = processor_seconds(sys.executable, "-m", "gradproof", "scan", *options, str(copy))
            pairs.append((scan, processor_seconds(sys.executable, "-m", "compileall", "-q", str(copy))))
    return statistics.median(ours / theirs for ours, theirs in pairs[1:])


def main() -> int:
    """Measure each package."""
    with tempfile.TemporaryDirectory() as name:
        made = Path(name) / "made"
        write_package(made)
        installed = find_spec("sympy")
        assert installed is not None
        core = Path(str(installed.origin)).parent / "core"
        ratios = {
            f"scan, {MODULES} modules made here": ratio(made),
            f"scan --no-run, {MODULES} modules made here": ratio(made, "--no-run"),
            "scan --no-run, sympy/core": ratio(core, "--no-run"),
        }
    for what, value in ratios.items():
        print(f"{what:<40} / compileall {value:5.2f}  limit {LIMIT}  {'ok' if value <= LIMIT else 'EXCEEDED'}")
    return 0 if max(ratios.values()) <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
