"""How fast gradproof is, against the limits that the project sets itself: `make bench`.

Whole processes are timed in pairs, in turn, so that a machine whose speed drifts slows both; the median of the pairs' ratios is
compared with the limit. Absolute times are for orientation. Exits with 1 where a limit is exceeded.
"""

import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
PYTHON = sys.executable
COMMAND = str(Path(PYTHON).with_name("gradproof"))
RUNS = 11
MINE = """
import gradproof

class Double:
    def forward(self, x):
        return 2 * x

    def backward(self, dout):
        return 2 * dout

double = gradproof.layer(Double, inputs={"x": "N D"})
"""
SHOPPING = ("layers/shopping.toml", "layers.shopping")  # scalars: the larger layers are measured in layers.py


def seconds(*command: str, folder: Path | str = ROOT) -> float:
    """Run a command to its end in a folder and return how long it took."""
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def report(what: str, value: float, limit: float, unit: str) -> bool:
    """Print a measurement beside its limit."""
    print(f"{what:<58} {value:7.2f} {unit:<2} limit {limit:5.2f}  {'ok' if value <= limit else 'EXCEEDED'}")
    return value <= limit


def suite_ratio() -> float:
    """Return the time of the shopping suite with all four reports over that of importing SymPy and NumPy."""
    with tempfile.TemporaryDirectory() as folder:
        reports = [f"--report={name}={folder}/{name}" for name in ("terminal", "markdown", "json", "junit")]
        suite = (COMMAND, *SHOPPING, *reports)
        pairs = [(seconds(*suite), seconds(PYTHON, "-c", "import sympy, numpy")) for _ in range(RUNS + 1)]
    return statistics.median(ours / bare for ours, bare in pairs[1:])


def report_step() -> float:
    """Return how long all formats take for the whole suite, from the result to the last byte in its file."""
    import io

    from reports import FORMATS
    from verify.command import main as cli

    write, taken = cli.report, []

    def timed(*args: Any) -> tuple[int, str]:
        start = time.perf_counter()
        status = write(*args)
        taken.append(time.perf_counter() - start)
        return status

    cli.report = timed
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(ROOT):
        cli.main(["--quick", *[f"--report={name}={folder}/{name}" for name in FORMATS]], io.StringIO())
    return taken[0]


def again_ratio() -> float:
    """Return the time of a second run of a file that has not changed over that of the bare start of the command."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "mine.py").write_text(MINE)
        run, bare = (COMMAND, "mine.py", "--cache"), (COMMAND, "--version")
        pairs = [(seconds(*run, folder=folder), seconds(*bare, folder=folder)) for _ in range(2 * RUNS)]
    return statistics.median(ours / start for ours, start in pairs[1:])


def basket(n: int) -> float:
    """Return how long a basket of n kinds takes in a process of its own, imports included."""
    code = f"import verify; from layers.shopping import basket; assert verify.check(basket({n})).good"
    return min(seconds(PYTHON, "-c", code) for _ in range(3))


def main() -> int:
    """Measure everything."""
    fine = [
        report("shopping, four reports / bare import of sympy and numpy", suite_ratio(), 1.5, ""),
        report(
            "gradproof --help", 1000 * statistics.median(seconds(COMMAND, "--help") for _ in range(RUNS)), 100, "ms"
        ),
        report(
            "gradproof --version",
            1000 * statistics.median(seconds(COMMAND, "--version") for _ in range(RUNS)),
            100,
            "ms",
        ),
        report("second run of an unchanged file / gradproof --version", again_ratio(), 1.3, ""),
        report("all formats of the whole suite, beyond the run", report_step(), 1, "s"),
        report("basket(1000): 2,001 derivatives, whole process", basket(1000), 2, "s"),
    ]
    return 0 if all(fine) else 1


if __name__ == "__main__":
    sys.exit(main())
