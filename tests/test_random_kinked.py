"""Random layers with series branches, quotients that cancel, sums in several orders, ties, clips and wide domains.

What is right passes the whole check, with every finding that fails; what is planted and shows on floats is found.
"""

import random
from collections import Counter

import pytest
from effort import chunks_of, slow
from random_kinked import Plan, case_of, drawn, makes_a_difference, plants
from subjects import complaints

from verify.checks.checker import check
from verify.model.result import Verdict

# Plans with consecutive seeds, each once right and most of them once with a plant: whole 20,079 layers, else about 190 or 10.
CHUNKS, CHUNK = chunks_of(50, 5, many=213, every=107)


@pytest.mark.parametrize("chunk", CHUNKS)
def test_random_layers_with_kinks(chunk, record_property):
    """A right layer passes with everything on, and one with a planted mistake does not."""
    counts, false = Counter(), []
    for number in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        rng = random.Random(number)
        plan = drawn(rng)
        counts["right layers"] += 1
        false += [(number, plan, complaint) for complaint in complaints(check(case_of(plan)))]
        if possible := plants(plan):
            kind, plant = rng.choice(possible)
            if makes_a_difference(plan, plant, number):
                counts[f"wrong layers: {kind}"] += 1
                false += [] if complaints(check(case_of(plan, plant))) else [(number, plan, f"missed: {kind}")]
    record_property("counts", dict(counts))
    assert not false


@slow
def test_a_wrong_edge_of_a_layer_with_many_regions():
    """The search for regions leaves runs for the edges, and what one run asks there has no value in another."""
    plan = Plan(
        "2 3", "", (("relu, one at 0", "series exp", "series sinc"),), two="add", rows="nothing", orders=("dot", "dot")
    )
    wrong = case_of(plan, dict(plants(plan))["tie"])
    assert [row.name for row in check(wrong).comparisons if row.verdict is Verdict.REFUTED] == ["x"]
    assert not complaints(check(case_of(plan)))


def test_a_slope_without_end():
    """On the edge of this layer a root's slope is infinite in the constants of the code: that ends in no error."""
    plan = Plan(
        "3", "positive", (("clip",),), two="larger, halved at ties", rows="variance", orders=("einsum", "reversed")
    )
    assert not complaints(check(case_of(plan)))
