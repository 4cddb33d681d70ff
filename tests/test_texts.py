"""Texts of symbols have no digits: where code may compute with one, the report says so."""

import logging
import warnings

import numpy as np
import pytest

import verify
from verify import Verdict

NOT_FOLLOWED = "converts a number to text"


def squared(backward):
    return verify.pair(lambda x: x * x, backward, x="3")


def notes(backward):
    return [note for note in verify.check(squared(backward), quick=True).notes if NOT_FOLLOWED in note]


def by_text(d, x):
    return 2 * d * x * (2 if str(float(x[0])).startswith("9") else 1)


def by_format(d, x):
    return 2 * d * x * (2 if f"{x[0]:.3f}" == "9.125" else 1)


def by_array(d, x):
    table = {str(x): 2 * x}
    return d * table[str(x)]


def by_list(d, x):
    return 2 * d * x * (2 if "9.125" in repr(x.tolist()) else 1)


@pytest.mark.parametrize("backward", [by_text, by_format, by_array, by_list])
def test_a_text_that_code_may_compute_with_is_told(backward):
    """A branch on a text, and a key, are none that a run on symbols takes: the line is named."""
    (note,) = notes(backward)
    assert "test_texts.py:" in note


def shown(d, x):
    print("the input is", x, f"{x[0]:.2f}", "%s" % x)  # noqa: UP031 - what users write
    logging.getLogger("layers").info(f"{x}")
    if x.ndim > 1:
        raise ValueError(f"{x} has {x.ndim} axes")
    assert x.ndim == 1, f"{x} has {x.ndim} axes"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.warn(f"{x}", stacklevel=1)
    return 2 * d * x


@pytest.mark.parametrize("backward", [shown, lambda d, x: 2 * d * x])
def test_messages_are_for_people(backward):
    """What is printed, logged, warned of or raised is computed with by nobody."""
    assert notes(backward) == []
    assert {row.verdict for row in verify.check(squared(backward), quick=True).comparisons} == {Verdict.PROVED}


def test_lines_of_one_case_are_not_told_of_another():
    """Each case starts without lines."""
    assert notes(by_text)
    assert not notes(lambda d, x: 2 * d * x)


def test_many_lines_are_counted():
    """Three lines are named, and the others counted."""

    def several(d, x):
        made = [
            str(x[0]),
            str(x[1]),
            str(x[2]),
            str(x),
            repr(x),
        ]
        return 2 * d * x * np.sign(len(made))

    (note,) = notes(several)
    assert "and 2 more lines" in note
