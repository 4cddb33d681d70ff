"""Random layers of array operations on a tape: right ones are never refuted, a mistake in one is never proved.

Where a mistake makes a difference is found out by a sweep of its own. The road on scalars judges a part of the same
layers, and gives the rows that the tape gives.
"""

import random
from collections import Counter

import pytest
from effort import chunks_of
from random_arrays import MISTAKES, case_of, drawn, makes_a_difference, possible

from verify import Verdict
from verify.checks.gradients import apart, traced, whole
from verify.checks.gradients.traced import check_traced
from verify.checks.gradients.whole import Attempt, attempted
from verify.tracing.observe import variants

# Layers, each of them right and with a mistake: whole 50,000 programs, else 500 or 40.
CHUNKS, CHUNK = chunks_of(250, 20, many=100, every=100)
JUDGED = 20  # one in so many on scalars as well
REFUTING = 10  # one in so many is also refuted on the tape, as large ones are
NAMES = {True: "wrong", False: "no difference", None: "too small for floats to tell"}
LEAST = 0.7  # of the right layers are proved on the tape, or it does not do its work


@pytest.fixture(autouse=True)
def _small_arrays_too(monkeypatch):
    """Prove arrays of any size on the tape."""
    monkeypatch.setattr(whole, "_FEW", -1)


def rows(result):
    """Return what the two roads have to say alike: evidence, and the formula that stands for a branch, may differ."""
    compared = [(row.name, row.verdict, row.shape, row.entries, row.variant, row.where) for row in result.comparisons]
    return compared, result.notes, result.unclaimed


def branches(result):
    """Return where code has branched; scalars know one question of two lines as one, and list the first."""
    return {(branch.where, branch.variant) for branch in result.region}


def judged(case, monkeypatch):
    """Return the results of both roads."""
    with monkeypatch.context() as patch:
        patch.setattr(traced, "attempted", lambda *_: Attempt())
        by_scalars, _ = check_traced(case, quick=True)
    return check_traced(case, quick=True)[0], by_scalars


def without_scalars(case, variant, seed, monkeypatch):
    """Return what is refuted of a variant as if scalars would take too long."""
    with monkeypatch.context() as patch:
        patch.setattr(apart, "LARGE", -1)
        return attempted(case, variant, seed).refuted


@pytest.mark.parametrize("chunk", CHUNKS)
def test_random_array_layers(chunk, monkeypatch, record_property):
    """A right layer is proved or left to scalars, one with a mistake is never proved, and scalars say the same."""
    counts = Counter()
    for number in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        rng = random.Random(number)
        layer = drawn(rng)
        case = case_of(layer)
        for variant in variants(case):
            counts["right", "left open" if attempted(case, variant, number).proved is None else "proved"] += 1
            if number % REFUTING == 0:
                assert without_scalars(case, variant, number, monkeypatch) is None, (number, layer)
                counts["right, without scalars", "not refuted"] += 1
        mistake = rng.choice(list(MISTAKES)), *rng.choice(possible(layer))
        wrong = case_of(layer, mistake)
        for variant in variants(wrong):
            difference = makes_a_difference(layer, mistake, variant.options.get("factor", 1))
            proof = attempted(wrong, variant, number).proved
            counts[f"{mistake[0]}: {NAMES[difference]}", "left open" if proof is None else "proved"] += 1
            assert proof is None or not difference, (number, mistake, layer)
            if number % REFUTING == 0:
                refuted = without_scalars(wrong, variant, number, monkeypatch) is not None
                assert difference is not False or not refuted, (number, mistake, layer)
                counts["wrong, without scalars", "refuted" if refuted else "left open"] += difference is True
        if number % JUDGED == 0:
            for one, kind in ((case, "right"), (wrong, "mistake")):
                by_arrays, by_scalars = judged(one, monkeypatch)
                assert rows(by_arrays) == rows(by_scalars), (number, kind, layer)
                assert branches(by_arrays) >= branches(by_scalars), (number, kind, layer)
                assert kind == "mistake" or all(row.verdict is not Verdict.REFUTED for row in by_scalars.comparisons), (
                    number
                )
                counts["judged by scalars", kind] += 1
    record_property("counts", {", ".join(key): count for key, count in sorted(counts.items())})
    assert counts["right", "proved"] >= LEAST * (counts["right", "proved"] + counts["right", "left open"])
