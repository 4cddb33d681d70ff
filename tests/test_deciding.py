"""Inputs that only decide branches are named, with what to write where they hold whole numbers."""

import numpy as np
import pytest

import gradproof
import verify
from verify import Verdict

ALONE = "the output depends on k by the branches alone"


def checked(run, quick=False, **inputs):
    """Return the result of a case of a run."""
    return verify.check(gradproof.case(**inputs)(run), quick=quick)


def by_whole_numbers(k, w):
    taken = k.astype(int)
    dout = yield w[taken]
    dw = np.zeros_like(w)
    np.add.at(dw, taken, dout)
    return 0 * k, dw


def by_the_largest(k, w):
    dout = yield w * k.argmax()
    return 0 * k, dout * k.argmax()


def by_a_comparison(k, w):
    dout = yield np.where(k > 0.5, w, 2 * w)
    return 0 * k, np.where(k > 0.5, dout, 2 * dout)


def in_part(k, w):
    """Use the number itself too."""
    dout = yield w * np.floor(k) + k * k
    return 2 * k * dout, dout * np.floor(k)


def not_at_all(k, w):
    dout = yield w * w
    return 0 * k, 2 * w * dout


def inactive(k, w):
    """Use the number beyond a threshold alone: at some sizes the sample has none there."""
    dout = yield np.maximum(k, 0.7) * w
    return np.where(k > 0.7, w, 0) * dout, np.maximum(k, 0.7) * dout


@pytest.mark.parametrize("run", [by_whole_numbers, by_the_largest, by_a_comparison])
def test_an_input_that_only_decides_branches_is_named(run):
    """Its gradient of 0 is right, and the report says why."""
    shape = "3" if run is by_whole_numbers else "N"
    result = checked(run, k=gradproof.real(shape, low=0, high=3), w="3" if run is by_whole_numbers else "N")
    assert {row.verdict for row in result.comparisons} == {Verdict.PROVED}
    assert any(note.startswith(ALONE) and "gradproof.integer" in note for note in result.notes)


def the_larger(k, w):
    """Use the number where it is the larger one: at the sample it is not."""
    dout = yield np.maximum(k, w)
    return np.where(k > w, dout, 0), np.where(k > w, 0, dout)


def the_larger_by_branches(k, w):
    is_larger = k[0] > w[0]
    dout = yield k if is_larger else w
    return dout * is_larger, dout * (not is_larger)


@pytest.mark.parametrize("run", [the_larger, the_larger_by_branches])
def test_an_input_is_not_named_that_the_output_depends_on_in_another_region(run):
    """One entry decides the branch and is the output beyond it; without other regions nothing is said."""
    small = {"k": gradproof.real("1", low=-1, high=0.5), "w": gradproof.real("1", low=0, high=1)}
    for quick in (True, False):
        assert not any(ALONE in note for note in checked(run, quick, **small).notes)


def test_an_input_is_named_that_is_below_the_other_one_everywhere():
    """The twin: no region has it as its output."""
    small = {"k": gradproof.real("1", low=-1, high=-0.5), "w": gradproof.real("1", low=0, high=1)}
    assert any(ALONE in note for note in checked(the_larger, **small).notes)


@pytest.mark.parametrize("run", [in_part, not_at_all, inactive])
def test_other_inputs_are_not_named(run):
    """One that the output depends on besides, or not at all, or at some of the samples."""
    for quick in (True, False):
        result = checked(run, quick, k="4", w="4")
        assert not any(ALONE in note for note in result.notes)


def test_a_gradient_that_is_not_claimed_is_not_named():
    """A mask, say, for which backward returns None."""

    def run(k, w):
        dout = yield np.where(k > 0, w, 0 * w)
        return None, np.where(k > 0, dout, 0 * dout)

    assert not any(ALONE in note for note in checked(run, k="N", w="N").notes)


def outside(k, w):
    dout = yield w[(9 * k).astype(int)]
    return 0 * k, dout


def in_backward(k, w):
    dout = yield w[k.astype(int)]
    dw = np.zeros_like(w)
    np.add.at(dw, k.astype(int) + 2, dout)
    return 0 * k, dw


@pytest.mark.parametrize("run", [outside, in_backward])
def test_an_index_out_of_bounds_names_the_input_that_it_was_made_of(run):
    """In forward and in backward."""
    row = checked(run, k=gradproof.real("4", low=0.5, high=3), w="3").comparisons[0]
    assert row.verdict is Verdict.ERROR
    assert "makes whole numbers of k" in row.evidence.detail
    assert "gradproof.integer('4', below=...)" in row.evidence.detail


def test_another_exception_names_no_input():
    """Where nothing was made a whole number."""

    def run(k, w):
        dout = yield w[7]
        return dout

    assert "whole numbers" not in checked(run, k="4", w="3").comparisons[0].evidence.detail


def test_entries_that_are_taken_by_a_real_input_name_it():
    """In NumPy as in PyTorch."""

    def run(k, w):
        dout = yield w[k]
        return None, dout

    row = checked(run, k="N", w="M").comparisons[0]
    assert "entries are taken by k, which is described as real" in row.evidence.detail
    assert "gradproof.integer('N', below=...)" in row.evidence.detail
