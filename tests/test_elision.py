"""Texts cut to a length keep names, indices and numbers whole."""

import re

import pytest

from verify.model.elision import cut_at_word, cut_end, cut_middle, window

_FORMULA = " + ".join(f"exp(self.weights[{i},{j}])*1.25e-{i + 1}/x[{j}]" for i in range(4) for j in range(12))
_UNITS = {*re.findall(r"\w(?:[\w.]|(?<=e)[+-])*(?:\[[^\]]*\])?", _FORMULA)}


def units(text):
    return {*re.findall(r"\w(?:[\w.]|(?<=e)[+-])*(?:\[[^\]]*\]?)?", text)}


@pytest.mark.parametrize("longest", range(60, 140))
def test_no_name_index_or_number_is_cut(longest):
    """Wherever a cut falls, all that is left is whole, no longer than asked, and most of what may be left."""
    for text in (cut_middle(_FORMULA, longest), cut_end(_FORMULA, longest), window(_FORMULA, longest, longest)):
        assert longest * 0.5 < len(text) <= longest
        assert "…" in text
        assert units(text) <= _UNITS


def test_a_short_text_stays():
    """A text that is short enough is returned as it is."""
    assert cut_middle("x[0,1]", 6) == cut_end("x[0,1]", 6) == "x[0,1]"
    assert window("x[0,1]*2", 7, 6) == "…2"


def test_one_long_name_is_cut():
    """A name, a number or an index that is longer than all that may be left is cut in two."""
    assert cut_middle("1" * 90, 24) == "1" * 11 + "…" + "1" * 12
    assert cut_end("a" * 90, 10) == "a" * 9 + "…"


_NESTED = (
    "(gamma[0]*dout[0,0] - mean*(sum(a*b) + c)/(4*sqrt(t5)))/sqrt(1e-5 + (x[0] - mu)**2/4 + (x[1] - mu)**2/4)*scale"
)


@pytest.mark.parametrize("longest", range(50, len(_NESTED), 3))
def test_brackets_stay_in_pairs(longest):
    """What is left out of the middle of a formula has both brackets of each pair, where that is not much longer."""
    text = cut_middle(_NESTED, longest)
    depth, lowest = 0, 0
    for sign in text:
        depth += (sign in "([") - (sign in ")]")
        lowest = min(lowest, depth)
    assert (depth, lowest) == (0, 0)
    assert len(text) <= longest


@pytest.mark.parametrize("longest", range(20, 60))
def test_sentences_end_at_a_word(longest):
    """A sentence that is too long ends behind a whole word, without its comma."""
    sentence = "the upstream gets to the wrong entries: dout[0,1], and not dout[1,0], is in the first entry of it"
    text = cut_at_word(sentence, longest)
    assert len(text) <= longest
    assert text.removesuffix("…").split(" ")[:-1] == sentence.split(" ")[: len(text.split(" ")) - 1]
    assert text[-2] not in " ,:("
    assert cut_at_word(sentence, 200) == sentence
