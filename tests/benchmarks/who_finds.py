"""Who finds what inside a framework, and how fast: gradproof beside the framework's own checker, on our tests' cases.

Each case is given to `gradproof --quick`, to gradproof with everything on, and to PyTorch's or JAX's checker, at arrays
of 3x4. The right ones are timed there, and by `--quick` at 32x64. `.torch/bin/python -m tests.benchmarks.torch_finds`
and `.jax/bin/python -m tests.benchmarks.jax_finds` print the tables and exit with 1 where a limit is exceeded, or where
gradproof passes a mistake, or `--quick`, which judges formulas alone, fails what is right.
"""

import math
import os
import statistics
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np

import verify
from verify.cases.inputs import Constant, Integer, described
from verify.cases.shapes import concrete

SMALL, LARGE = (3, 4), (32, 64)
LIMITS = {"quick 3x4": 1.0, "everything 3x4": 1 / 20, "quick 32x64": 20}  # times as fast as the slow checker, median
TERMS = {"sizes", "options", "upstream", "name", "as_if", "mode", "allow", "accuracy"}  # all others are inputs
ENOUGH = 0.3  # seconds of runs, of which three at least are made
LONG = 1  # seconds of a run that is not made again
ONE_CORE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


class Written:
    """The cases of a file of the tests, with what each was made of."""

    def __init__(self, maker, *files):
        """Import files of `tests/frameworks/` that make cases by `maker`, such as `torch_function`."""
        self.make = getattr(verify, maker)
        self.of = {}
        sys.path.insert(0, str(Path(__file__).parents[1] / "frameworks"))
        setattr(verify, maker, self._recorded)
        modules = [__import__(file) for file in files]
        setattr(verify, maker, self.make)
        self.right, self.wrong = (
            {name: case for module in modules for name, case in getattr(module, kind).items() if self._is_plain(case)}
            for kind in ("RIGHT", "WRONG")
        )

    def _recorded(self, function, **terms):
        case = self.make(function, **terms)
        self.of[id(case)] = function, terms
        return case

    def _is_plain(self, case):
        """Tell whether no input is a dict or a list of arrays, which have no names of their own."""
        return not any(isinstance(value, (dict, list, tuple)) for value in self._inputs(case).values())

    def _inputs(self, case):
        return {key: value for key, value in self.of[id(case)][1].items() if key not in TERMS}

    def sized(self, case, lengths):
        """Return a case at one size: its first name is the first length, others the second; one alone is the product."""
        function, terms = self.of[id(case)]
        shapes = [described(key, value).shape for key, value in self._inputs(case).items()]
        names = list(dict.fromkeys(part for shape in shapes for part in shape.split() if part.isidentifier()))
        sizes = {name: lengths[0] if place == 0 else lengths[1] + place - 1 for place, name in enumerate(names)}
        sizes = sizes if len(names) > 1 else dict.fromkeys(names, math.prod(lengths))
        made = self.make(function, **{**terms, "sizes": sizes})
        self.of[id(made)] = function, terms
        return made

    def function(self, case):
        """Return the function of a case."""
        return self.of[id(case)][0]

    def arguments(self, case):
        """Return arrays or values of all that the case describes, by name: of options the first ones."""
        rng = np.random.default_rng(0)
        options = self.of[id(case)][1].get("options") or {}
        own = self._inputs(case)
        drawn = {key: _drawn(item, case.sizes, rng) for key, item in case.inputs.items() if key in own}
        return drawn | {key: values[0] for key, values in options.items()}


def _drawn(item, sizes, rng):
    if isinstance(item, Constant):
        return item.value
    shape = concrete(item.shape, sizes)
    if isinstance(item, Integer):
        return rng.integers(concrete(item.below, sizes)[0], size=shape)
    low = -1.0 if item.low is None else float(item.low)
    return rng.uniform(low, low + 2 if item.high is None else float(item.high), shape)


def ours(quick, case):
    """Tell whether gradproof passes a case."""
    return verify.check(case, quick=quick).good


def passes(check, case):
    """Return whether a checker passes a case; one that raises does not."""
    try:
        return bool(check(case))
    except Exception:  # noqa: BLE001 - of whatever code
        return False


def table(written, cases, checkers):
    """Print for each case which checkers pass it; returns the names that each passes."""
    passed = {title: set() for title in checkers}
    for name, case in cases.items():
        small = written.sized(case, SMALL)
        for title, check in checkers.items():
            if passes(check, small):
                passed[title].add(name)
        print(f"  {name:36}", *(f"{'passes' if name in passed[title] else 'fails':{len(title)}}" for title in checkers))
    return passed


def seconds(run):
    """Return the median processor time of a few runs, the first one left out if it is short."""
    times = []
    while len(times) < 4 or (sum(times) < ENOUGH and len(times) < 20):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
        if times[0] > LONG:
            return times[0]
    return statistics.median(times[1:])


def ratios(written, checker, lengths, quick):
    """Return how many times as fast as the framework's checker each right case is checked."""
    at = {name: written.sized(case, lengths) for name, case in written.right.items()}
    return {name: seconds(partial(checker, case)) / seconds(partial(ours, quick, case)) for name, case in at.items()}


def compared(written, checkers):
    """Print the tables, of our two ways and of a framework's `checkers`, the slow one first; tells whether one is bad."""
    everyone = {"gradproof --quick": partial(ours, True), "gradproof": partial(ours, False), **checkers}
    missed = {}
    for kind, cases in (("right", written.right), ("wrong", written.wrong)):
        print(f"{kind:38}", *everyone)
        missed[kind] = table(written, cases, everyone)
    for title in everyone:
        found, failed = (
            len(written.wrong) - len(missed["wrong"][title]),
            len(written.right) - len(missed["right"][title]),
        )
        print(f"{title:20} finds {found} of {len(written.wrong)}, fails {failed} of {len(written.right)} right ones")
    bad = bool(missed["wrong"]["gradproof"]) or len(missed["right"]["gradproof --quick"]) < len(written.right)
    return bad | timed(written, next(iter(checkers.values())))


def timed(written, checker):
    """Print how much faster than a checker the right cases are checked; tells whether a limit is exceeded."""
    exceeded = False
    for title, lengths, quick in (
        ("quick 3x4", SMALL, True),
        ("everything 3x4", SMALL, False),
        ("quick 32x64", LARGE, True),
    ):
        found = ratios(written, checker, lengths, quick)
        median = statistics.median(found.values())
        exceeded |= median < LIMITS[title]
        print(f"{title:16} {median:8.3g} times as fast (median; limit {LIMITS[title]:g})", end=": ")
        print(", ".join(f"{name} {ratio:.2g}" for name, ratio in sorted(found.items(), key=lambda item: item[1])))
    return exceeded


os.environ.update(ONE_CORE)
