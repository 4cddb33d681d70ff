"""How many planted mistakes `gradproof fix` mends: those of `gradproof mutate` in the reference layers, one at a time.

Each is planted in a copy of all layers, which import each other from there, `fix --write` looks for a change, and a fix is proved once more in a process of
its own; a mistake that the case does not notice is not counted. Printed are the share that is mended, by kind of mistake
too, and the median and largest time for each, on the clock and of the processor. `python tests/benchmarks/repairs.py [EVERY [FIRST]]`
takes every third mistake, or every so many from some place on. Exits with 1 where a limit is exceeded, and where a fix
is wrong. The limits are for the time on the clock, which is what a user waits for; two processes search at once.
"""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

from verify.mutation.mutants import changed
from verify.mutation.result import How, Mutant
from verify.mutation.survey import PLANTED
from verify.runner.crew import Crew
from verify.runner.process import Process
from verify.runner.workers import CollectedCase, Workers

LAYERS = Path(__file__).parents[2] / "layers"
LEAST_SHARE = 0.8
MOST_SECONDS, MOST_MEDIAN = 30, 3
BUDGET = 30  # seconds of a search
MENDED, WRONG, OPEN, UNNOTICED = "mended", "a wrong fix", "no fix", "not noticed"


class Trial(NamedTuple):
    """What became of a planted mistake, in how many seconds on the clock and of the processor."""

    case: str
    mutant: Mutant
    outcome: str
    seconds: float
    processor: float
    text: str


def planted(file):
    """Return the mistakes for the cases of a file, each for the first case that may have it, by the changes they are."""
    with Workers(Process()) as workers, Crew(workers) as crew:
        known = {}
        for case in workers.collected([str(file)], None):
            answer = crew.answer(PLANTED, case, How()) if isinstance(case, CollectedCase) else None
            for mutant in answer.value.mutants if answer is not None and answer.kind == "done" else ():
                known.setdefault((mutant.file, mutant.start, mutant.end, mutant.text), (file.name, case.name, mutant))
    return known


def chosen():
    """Return the mistakes that the command line asks for, of all that can be planted."""
    every, first = map(int, (*sys.argv[1:], *("3", "0")[len(sys.argv) - 1 :]))
    files = [file for file in sorted(LAYERS.glob("*.py")) if "= verify." in file.read_text()]
    by_file = [planted(file) for file in files]
    mistakes = [*dict(sorted(mistake for known in reversed(by_file) for mistake in known.items())).values()]
    print(f"{len(mistakes)} mistakes can be planted; every {every}. is", flush=True)
    return mistakes[first::every]


def gradproof(folder, *arguments):
    """Run the command; returns what came of it with the time that it took, and that of the processor, workers included."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [sys.executable, "-m", "gradproof", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done, (time.monotonic() - started, processor)


def tried(name, case, mutant, folder):
    """Plant a mistake in a copy of its layer, and have it mended."""
    copy = folder / "layers"
    shutil.copytree(LAYERS, copy, dirs_exist_ok=True)
    file = copy / Path(mutant.file).name
    file.write_bytes(changed(mutant))
    target = f"layers/{name}", "--case", case
    done, seconds = gradproof(folder, "fix", *target, "--write", "--fix-budget", str(BUDGET))
    if "nothing to fix" in done.stdout:
        return Trial(case, mutant, UNNOTICED, *seconds, done.stdout)
    if "with a proved fix" not in done.stdout:
        return Trial(case, mutant, OPEN, *seconds, done.stdout + done.stderr)
    again, _ = gradproof(folder, "run", *target)
    return Trial(case, mutant, WRONG if again.returncode else MENDED, *seconds, done.stdout)


def report(trials):
    """Print what became of the mistakes, and return whether all limits hold."""
    noticed = [trial for trial in trials if trial.outcome != UNNOTICED]
    count = Counter(trial.outcome for trial in noticed)
    kinds = defaultdict(Counter)
    for trial in noticed:
        kinds[f"{trial.mutant.kind} {trial.mutant.operator}"][trial.outcome] += 1
    for kind, outcomes in sorted(kinds.items()):
        print(f"  {kind:50} {outcomes[MENDED]:4} of {outcomes.total():4}")
    mended = [trial for trial in noticed if trial.outcome == MENDED]
    seconds = [trial.seconds for trial in mended] or [0]
    processor = [trial.processor for trial in mended] or [0]
    share = count[MENDED] / max(len(noticed), 1)
    median, most = statistics.median(seconds), max(seconds)
    print(
        f"{len(trials)} planted, {len(noticed)} noticed: {count[MENDED]} mended ({share:.0%}), {count[WRONG]} wrongly"
    )
    print(f"seconds for what is mended: median {median:.1f}, at most {most:.1f}")
    print(f"of the processor: median {statistics.median(processor):.1f}, at most {max(processor):.1f}")
    return share >= LEAST_SHARE and not count[WRONG] and most <= MOST_SECONDS and median <= MOST_MEDIAN


def main():
    """Try every third mistake."""
    trials = []
    for name, case, mutant in chosen():
        with tempfile.TemporaryDirectory() as folder:
            trials.append(tried(name, case, mutant, Path(folder)))
        last = trials[-1]
        print(f"{last.outcome:12} {last.seconds:6.1f} s  {mutant.where} {mutant.operator}: {mutant.after}", flush=True)
        if last.outcome in (OPEN, WRONG):
            print(last.text, flush=True)
    sys.exit(not report(trials))


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package is compiled already
    main()
