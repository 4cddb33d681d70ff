"""How long the check of each reference layer takes on one core, and where: `make bench`.

Each layer is checked in one variant, its sizes fixed; the time of its parts is taken from the outside, around the functions
that do them. The median of a few runs is shown, and that of the layers compared with its limit. Exits with 1 where a limit
is exceeded, or a layer is not proved.
"""

import gc
import statistics
import sys
import time
from collections import defaultdict
from dataclasses import replace
from functools import wraps

import verify
from layers import activations, attention, convolution, linear, losses, normalisation, pooling, recurrent
from layers.linear import Affine
from layers.normalisation import BatchNorm
from layers.recurrent import TimeLSTM
from layers.shopping import basket
from verify.checks.claims import claims
from verify.checks.gradients import traced

RUNS = 5
MEDIAN = 20  # ms
SLOWEST = 1000
PARTS = ("trace", "derive", "decide")

# Sizes of named dimensions, and the one value of each option, by layer.
MODULES = (activations, linear, attention, convolution, losses, normalisation, pooling)
LARGER = {
    "affine, 3x4 to 5": verify.layer(Affine, params={"W": "4 5", "b": "5"}, inputs={"x": "3 4"}),
    "batch norm, 16x64": verify.layer(BatchNorm, params={"gamma": "64", "beta": "64"}, inputs={"x": "16 64"}),
    "time lstm, 3 steps": verify.layer(
        TimeLSTM,
        params={"Wx": "4 4*2", "Wh": "2 4*2", "b": "4*2"},
        inputs={"xs": "1 3 4", "h": "1 2", "c": "1 2"},
    ),
}
CONVOLUTION = {"N": 2, "C": 2, "F": 3}
LARGEST = verify.layer(Affine, params={"W": "784 50", "b": "50"}, inputs={"x": "2 784"})

spent = defaultdict(float)


class FailedError(Exception):
    """A layer that could not be measured, and why."""


def timed(module, name, part):
    """Add up the time that a function of a module takes, calls from within one another counted once."""
    original = getattr(module, name)

    @wraps(original)
    def wrapper(*args, **options):
        start = time.perf_counter()
        try:
            return original(*args, **options)
        finally:
            spent[part] += time.perf_counter() - start

    setattr(module, name, wrapper)


def one_variant(case):
    """Fix the sizes and options of a case, so that it has just one variant."""
    [first, *_] = traced.variants(case)
    options = {name: [value] for name, value in first.options.items()}
    return replace(case, sizes=first.sizes, options=options)


def suite():
    """Return the cases by name, each in one variant."""
    found = {}
    for module in (*MODULES, recurrent):
        for name, case in vars(module).items():
            if isinstance(case, verify.Case):
                sizes = CONVOLUTION if name == "convolution" else {}
                if name == "convolution":
                    case = verify.case(
                        x="N C 5 5", W="F C 3 3", b="F", options={"stride": [1], "pad": [0]}, sizes=sizes
                    )(case.subject)
                found[name.replace("_", " ")] = one_variant(case)
    return {**found, **{name: one_variant(case) for name, case in LARGER.items()}}


def measured(case, runs=RUNS):
    """Check a case a few times; returns how many entries its gradients have, and the median times of parts and whole in ms.

    Raises FailedError where the check fails, or does not find the layer right: its time then says nothing.
    """
    times = defaultdict(list)
    for _ in range(runs):
        spent.clear()
        start = time.perf_counter()
        try:
            result = verify.check(case)
        except Exception as problem:  # whatever it is, the other layers are measured
            raise FailedError(repr(problem)) from problem
        total = time.perf_counter() - start
        if not result.good:
            worst = max(result.comparisons, key=lambda row: row.verdict.rank)
            raise FailedError(f"{worst.name} {worst.verdict.name}: {worst.evidence.detail}")
        for part in PARTS:
            times[part].append(spent[part] * 1000)
        times["total"].append(total * 1000)
        times["rest"].append((total - sum(spent[part] for part in PARTS)) * 1000)
    return sum(row.entries for row in result.comparisons), {part: statistics.median(t) for part, t in times.items()}


def within(what, value, limit, unit):
    """Print a measurement beside its limit."""
    print(f"{what:<48} {value:9.2f} {unit:<2} limit {limit:7.2f}  {'ok' if value <= limit else 'EXCEEDED'}")
    return value <= limit


def seconds(n):
    """Return how long a basket of n kinds takes to be built and checked."""
    gc.collect()
    start = time.perf_counter()
    if not verify.check(basket(n)).good:
        raise FailedError(f"basket({n:,}) is not proved")
    return time.perf_counter() - start


def growth(small):
    """Return how many times as long ten times as many kinds take.

    Five of the small ones go before the large one and five behind it: each side then has the same share of the moments
    in which a machine is fast or slow, which the best of a few short runs would not.
    """
    before = [seconds(small) for _ in range(5)]
    large = seconds(10 * small)
    return large / statistics.mean(before + [seconds(small) for _ in range(5)])


def linearity():
    """Compare a basket with one of a tenth of its size."""
    fine = []
    for small, runs in ((1_000, 15), (10_000, 7)):
        ratio = statistics.median(growth(small) for _ in range(runs))
        fine.append(within(f"basket, {10 * small:,} / {small:,}, apart from 10", abs(ratio - 10), 1.5, ""))
        print(f"{'':<48} {ratio:9.2f}")
    fine.append(within("basket(100,000)", statistics.median(seconds(100_000) for _ in range(3)), 10, "s"))
    return all(fine)


def largest():
    """Measure the largest layer, in seconds."""
    return within("affine, 2x784 to 50", measured(one_variant(LARGEST), 3)[1]["total"] / 1000, 3, "s")


def main():
    """Measure everything."""
    timed(traced, "observe", "trace")
    timed(claims, "observe", "trace")
    timed(traced, "Exact", "derive")
    timed(claims, "Exact", "derive")
    timed(claims, "decide", "decide")
    gc.collect()
    gc.freeze()  # as the command does with what is imported
    print(
        f"{'one variant of each layer':<32} {'entries':>7} {'trace':>8} {'derive':>8} {'decide':>8} {'rest':>8} {'total':>8}  ms"
    )
    totals, fine = {}, []
    for name, case in suite().items():
        try:
            measured(case, 1)  # what is worked out once in a process
            entries, times = measured(case)
        except FailedError as problem:
            print(f"{name:<32} FAILED: {problem}")
            fine.append(False)
            continue
        totals[name] = times["total"]
        shown = " ".join(f"{times[part]:8.1f}" for part in (*PARTS, "rest", "total"))
        print(f"{name:<32} {entries:7,} {shown}", flush=True)
    if totals:
        slowest = max(totals, key=totals.get)
        fine.append(within("median of the layers", statistics.median(totals.values()), MEDIAN, "ms"))
        fine.append(within(f"slowest: {slowest}", totals[slowest], SLOWEST, "ms"))
    for measure in (largest, linearity):
        try:
            fine.append(measure())
        except FailedError as problem:
            print(f"{measure.__name__:<48} FAILED: {problem}")
            fine.append(False)
    return 0 if all(fine) else 1


if __name__ == "__main__":
    sys.exit(main())
