"""What is said around a table: of a counterexample what is not 0, of two long formulas what differs."""

import json
import random
from dataclasses import replace

import numpy as np
import pytest
import results

import verify
from reports import jsonfile, jsonread, renderer, words
from reports.jsonread import read
from reports.words import _pair, _point
from verify.checks.checker import check
from verify.model.identity import Variant
from verify.model.result import Apart, Run


@pytest.mark.parametrize(
    ("inputs", "text"),
    [
        ([("x[0]", "1"), ("x[1]", "0")], "x[0]=1, x[1]=0"),
        (
            [("x[0]", "0"), ("x[1]", "1"), ("x[2]", "0"), ("d[0]", "-2")],
            "x[1]=1, d[0]=-2, and the 2 other entries in the formulas are 0",
        ),
        ([("x[0]", "0"), ("x[1]", "0")], "0 in all entries"),
        ([("a", "0"), ("b", "0"), ("x[0]", "0")], "a=0, b=0, x[0]=0"),
    ],
)
def test_zeros_of_entries_are_counted(inputs, text):
    """More than one entry that is 0 is counted; the others, and inputs of one number, are written."""
    assert _point(inputs, "", 8) == text


def test_long_points_list_what_the_formulas_mention():
    """Of more numbers than are listed, those in the formulas come first."""
    inputs = [(f"x[{i}]", "1") for i in range(20)]
    assert _point(inputs, "x[19]*x[18]", 2) == "x[18]=1, x[19]=1, and 18 more (-v lists all)"


@pytest.mark.parametrize("seed", range(300))
def test_two_formulas_that_differ_are_printed_differently(seed):
    """Wherever one of two formulas is changed, or something is put in or left out, the shortened pair shows it."""
    rng = random.Random(seed)
    first = "".join(rng.choice("xy+*()12") for _ in range(rng.randrange(1, 120)))
    place, other = rng.randrange(len(first)), rng.choice(["", "-", "tanh(x)", "x" * 70])
    second = first[:place] + other + first[place + rng.randrange(2) :]
    longest = rng.choice([20, 41, 60])
    texts = _pair(first, second, longest)
    assert (texts[0] == texts[1]) is (first == second)
    assert max(map(len, texts)) <= longest


def test_what_differs_in_the_middle_stands_in_full():
    """Ends that two long formulas have in common are left out, and not the sign between them."""
    texts = _pair("a" * 80 + "+" + "b" * 80, "a" * 80 + "-" + "b" * 80, 40)
    assert texts == ["…" + "a" * 10 + "+" + "b" * 27 + "…", "…" + "a" * 10 + "-" + "b" * 27 + "…"]


def test_formulas_that_are_set_apart():
    """Two long formulas are written in terms of what they have in common, each part on a line, in every format."""
    apart = Apart("t0 - t1", "t0 - t1/4", (("t0", "dout[0]/sqrt(x[0])"), ("t1", "x[0]*dout[0]")))
    row = results.halved("N=2", apart=apart)
    lines = [(line.label, line.text) for line in words.explanation(row)]
    at = lines.index(("backprop", "t0 - t1 = 1/4"))
    assert lines[at + 1 : at + 4] == [
        ("exact", "t0 - t1/4 = 1/2"),
        ("where", "t0 = dout[0]/sqrt(x[0])"),
        ("where", "t1 = x[0]*dout[0]"),
    ]
    run = Run((results.traced("c", row),))
    assert read(renderer("json")(run)).cases == run.cases
    for name in ("terminal", "markdown", "junit", "sarif", "github"):
        assert "dout[0]/sqrt(x[0])" in renderer(name)(run).replace("\\", "")
    assert "<msqrt>" in renderer("html")(run)


@pytest.mark.parametrize(
    ("gradient", "sentence"),
    [
        (lambda d, x: np.full(3, np.nan), "backward returned nan or infinity"),
        (lambda d, x: np.array(["a", "b", "c"]), "backward did not return an array of numbers"),
        (lambda d, x: 1j * d, "backward returned complex numbers"),
        (lambda d, x: np.empty(3), "backward returned entries that were never written"),
        (lambda d, x: d[:2], "backward did not return an array of this shape"),
    ],
)
def test_a_gradient_that_is_not_compared_has_its_own_reason(gradient, sentence):
    """What is wrong with the array that backward returned is said; its shape is blamed only where it is the shape."""
    (row,) = check(verify.pair(lambda x: x * 2.0, gradient, x="3"), quick=True).comparisons
    assert words.sentence(row) == f"not compared: {sentence}"


def scored(times):
    """Return a weighted sum whose weights are labels, with a gradient that is so many times the right one."""

    @verify.case(x="4 6", t=verify.integer("4 6", below=3))
    def subject(x, t):
        dout = yield x * t
        return times * dout * t

    return Run([check(subject)])


def test_labels_are_whole_where_everything_is_asked_for():
    """Integers that a counterexample needs can be read from JSON and `-v`; the short form cuts them."""
    run = scored(2)
    comparison = next(c for c in run.cases[0].comparisons if not c.good)
    labels = jsonread.read(jsonfile.render(run)).cases[0].comparisons[0].variant.labels
    assert np.shape(json.loads(dict(labels)["t"])) == (4, 6)
    lines = [words.explanation(comparison, everything=everything) for everything in (True, False)]
    whole, short = (next(line.text for line in listed if line.label == "for") for listed in lines)
    assert dict(comparison.variant.labels)["t"] in whole
    assert short.endswith("…")


def test_variants_that_differ_where_labels_are_cut_are_listed_once():
    """Two draws of labels that differ at the end only are both listed with `-v`, and are one text in the short form."""
    (case,) = scored(1).cases
    start = "1, " * 20
    drawn = [Variant(labels=(("t", f"[{start}{last}]"),)) for last in (0, 1)]
    twice = replace(case, comparisons=[replace(case.comparisons[0], variant=variant) for variant in drawn])
    counts = [str(words.remarks(twice, everything=everything)).count("t=") for everything in (True, False)]
    assert counts == [2, 1]
