"""A result in a program prints as the terminal's report, and in a notebook is the page's card."""

import html
import re

import numpy as np
import results

import verify
from reports import terminal
from verify.model.result import PRESENT


def squared(backward):
    """Check a square against a gradient."""
    return verify.check(verify.derivative(lambda x: x * x, backward, x="N"), quick=True)


def document_of(frame):
    """Return the document in a frame."""
    return html.unescape(re.search('srcdoc="([^"]*)"', frame)[1])


def test_printing_a_result_is_the_report():
    """A wrong gradient prints with its table and its counterexample; its `repr` stays a line."""
    result = squared(lambda x: 3 * x)
    assert str(result) == terminal.block(result).rstrip("\n")
    assert "there is an exact counterexample" in str(result)
    assert len(repr(result).splitlines()) == 1


def test_a_notebook_shows_the_card():
    """The card stands in a frame of its own, with the failure, its formulas and the styles of the page."""
    frame = squared(lambda x: 3 * x)._repr_html_()
    assert re.fullmatch("<iframe [^<>]*></iframe>", frame)
    document = document_of(frame)
    assert "wrong: there is an exact counterexample" in document
    assert "<math" in document
    assert "<style>" in document


def test_a_right_case_has_a_card_too():
    """What is proved is shown with its table."""
    frame = squared(lambda x: np.multiply(2, x))._repr_html_()
    assert "proved" in frame


def test_names_are_no_markup():
    """A name with markup in it ends neither the frame nor the document in it."""
    frame = PRESENT["html"](results.case('"></iframe><script>', results.PROVED))
    assert frame.count("<iframe") == frame.count("</iframe>") == 1
    assert "<script" not in frame
    assert "<script" not in document_of(frame)


def test_results_without_reports_print_as_a_line(monkeypatch):
    """Where no report is at hand, as in the engine's worker, a result is written as its `repr`, and has no card."""
    monkeypatch.setattr("verify.model.result.PRESENT", {})
    case = results.case("c", results.PROVED)
    assert (str(case), case._repr_html_()) == (repr(case), None)
