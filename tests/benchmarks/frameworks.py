"""Who finds what inside PyTorch, and how fast: gradproof beside `torch.autograd.gradcheck`, on the Functions of our tests.

Each Function is given to `gradproof --quick`, to gradproof with everything on, and to PyTorch's checker in its slow and
its fast mode, at tensors of 3x4. The right ones are timed there, and by `--quick` at 32x64. PyTorch is installed by
`make .torch/installed`; `.torch/bin/python -m tests.benchmarks.frameworks` prints the tables and exits with 1 where a
limit is exceeded, or a right Function is called wrong by gradproof.
"""

import os
import statistics
import sys
import time
import warnings
from functools import partial
from pathlib import Path

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))

import torch

import verify
from verify.adapters.torch.case import parameters_of
from verify.cases.inputs import Constant, Fixed, Integer, Real, described
from verify.cases.shapes import concrete

FOLDER = Path(__file__).parents[1] / "frameworks"
SMALL, LARGE = (3, 4), (32, 64)
LIMITS = {"quick 3x4": 1.0, "everything 3x4": 1 / 20, "quick 32x64": 20}  # times as fast as slow gradcheck, median
WRITTEN = {}  # of a case, the Function and its description
SECOND = 1000


def recorded(made):
    """Return what makes a case of a Function, and remembers of what it is one."""

    def make(function, **terms):
        case = made(function, **terms)
        WRITTEN[id(case)] = function, terms
        return case

    return make


def functions():
    """Return the right and the wrong Functions of the tests, by name."""
    sys.path.insert(0, str(FOLDER))
    verify.torch_function = recorded(verify.torch_function)
    import torch_functions

    return torch_functions.RIGHT, torch_functions.WRONG


def sized(case, lengths):
    """Return a case at one size: the first of its names as many as the first length, all others as the second."""
    function, terms = WRITTEN[id(case)]
    names = list(dict.fromkeys(part for shape in _shapes(terms) for part in shape.split() if part.isidentifier()))
    sizes = {name: lengths[0] if place == 0 else lengths[1] + place - 1 for place, name in enumerate(names)}
    return verify.torch_function(function, **{**terms, "sizes": sizes})


def _shapes(terms):
    declared = (described(key, value) for key, value in terms.items() if key not in ("sizes", "options", "upstream"))
    return [item.shape for item in declared]


def arguments(case):
    """Return a call and its tensors for PyTorch's checker, in the order of forward's parameters.

    It refuses to have its own tensors written into, and outputs of truth values: it is given copies and the others.
    """
    function, terms = WRITTEN[id(case)]
    generator = torch.Generator().manual_seed(0)
    given = {key: _tensor(item, case.sizes, generator) for key, item in case.inputs.items()}
    given |= {key: values[0] for key, values in (terms.get("options") or {}).items()}

    def call(*values):
        returned = function.apply(*(value.clone() if isinstance(value, torch.Tensor) else value for value in values))
        return tuple(filter(torch.is_floating_point, returned)) if isinstance(returned, tuple) else returned

    return call, [given[name] for name in parameters_of(function, given)]


def _tensor(item, sizes, generator):
    if isinstance(item, Constant):
        return item.value
    shape = concrete(item.shape, sizes)
    if isinstance(item, Integer):
        return torch.randint(concrete(item.below, sizes)[0], shape, generator=generator)
    low = -1.0 if item.low is None else float(item.low)
    high = low + 2 if item.high is None else float(item.high)
    drawn = low + (high - low) * torch.rand(shape, dtype=torch.float64, generator=generator)
    return drawn.requires_grad_(isinstance(item, Real) and not isinstance(item, Fixed))


def ours(case, quick):
    """Tell whether gradproof passes a case, and whether it decides all of it."""
    result = verify.check(case, quick=quick)
    return result.good, not any(row.verdict.name == "UNDECIDED" for row in result.comparisons)


def gradcheck(case, fast):
    """Tell whether PyTorch's checker passes a Function; an error of its code is none."""
    apply, tensors = arguments(case)
    with warnings.catch_warnings(action="ignore"):
        return torch.autograd.gradcheck(apply, tensors, raise_exception=False, fast_mode=fast), True


CHECKERS = {
    "gradproof --quick": partial(ours, quick=True),
    "gradproof": partial(ours, quick=False),
    "gradcheck, slow": partial(gradcheck, fast=False),
    "gradcheck, fast": partial(gradcheck, fast=True),
}


def passes(check, case):
    """Return whether a checker passes a case; one that raises does not."""
    try:
        return check(case)[0]
    except Exception:  # noqa: BLE001 - of whatever Function
        return False


def table(cases):
    """Print for each case which checkers pass it; returns the names that each passes."""
    passed = {title: set() for title in CHECKERS}
    for name, case in cases.items():
        small = sized(case, SMALL)
        for title, check in CHECKERS.items():
            if passes(check, small):
                passed[title].add(name)
        print(f"  {name:30}", *(f"{'passes' if name in passed[title] else 'fails':18}" for title in CHECKERS))
    return passed


def seconds(run):
    """Return the median processor time of a few runs, the first one left out."""
    run()
    times = []
    while len(times) < 3 or (sum(times) < 0.3 and len(times) < 20):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return statistics.median(times)


def ratios(cases, lengths, quick):
    """Return how many times as fast as slow gradcheck each right Function is checked."""
    found = {}
    for name, case in cases.items():
        at = sized(case, lengths)
        found[name] = seconds(partial(gradcheck, at, fast=False)) / seconds(partial(ours, at, quick=quick))
    return found


def main():
    """Print the tables; returns whether a limit is exceeded."""
    right, wrong = functions()
    print("Right functions:", *CHECKERS, sep="  ")
    passed = table(right)
    print("Mistakes:", *CHECKERS, sep="  ")
    missed = table(wrong)
    for title in CHECKERS:
        print(f"{title:20} finds {len(wrong) - len(missed[title])} of {len(wrong)} mistakes", end=", ")
        print(f"fails {len(right) - len(passed[title])} of {len(right)} right functions")
    exceeded = bool(missed["gradproof"]) or len(passed["gradproof"]) < len(right)
    for title, lengths, quick in (
        ("quick 3x4", SMALL, True),
        ("everything 3x4", SMALL, False),
        ("quick 32x64", LARGE, True),
    ):
        found = ratios(right, lengths, quick)
        median = statistics.median(found.values())
        exceeded |= median < LIMITS[title]
        print(f"{title:16} {median:8.2f} times as fast as slow gradcheck (median; limit {LIMITS[title]:g})", end=": ")
        print(", ".join(f"{name} {ratio:.2f}" for name, ratio in sorted(found.items(), key=lambda item: item[1])))
    return exceeded


if __name__ == "__main__":
    sys.exit(main())
