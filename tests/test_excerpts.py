"""The source that comes with a result: of what is wrong in it, and nothing else."""

from dataclasses import replace

import pytest
import results

from verify.model.excerpts import excerpted
from verify.model.result import Evidence, Finding, Verdict

TEXT = '''"""A module."""


class Layer:
    @staticmethod
    def backward(dout):
        """Return it."""
        return dout / 2


PLAIN = 1
'''
LONG = "def backward(dout):\n" + "".join(f"    x{i} = {i}\n" for i in range(100))


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(TEXT)
    (tmp_path / "long.py").write_text(LONG)
    (tmp_path / "broken.py").write_text("def f(:\n")


def source(where):
    return excerpted(results.traced("c", results.halved("N=2", where=results.at(where)))).sources


@pytest.mark.parametrize("line", [5, 6, 8])
def test_a_line_brings_its_function(here, line):
    """Whichever line of it is at fault, with its decorators and no more."""
    (found,) = source(f"mine.py:{line}")
    assert (str(found.where), found.first, len(found.lines)) == (f"mine.py:{line}", 5, 4)
    assert found.lines[1] == "    def backward(dout):"


def test_a_line_outside_of_functions_brings_its_neighbours(here):
    """As where a case is defined."""
    (found,) = source("mine.py:11")
    assert found.first == 8
    assert found.lines[-1] == "PLAIN = 1"


def test_a_long_function_is_cut(here):
    """Around the line, which is among what is left."""
    (found,) = source("long.py:80")
    assert len(found.lines) <= 41
    assert found.lines[80 - found.first] == "    x78 = 78"


@pytest.mark.parametrize(
    "where", ["missing.py:3", "broken.py:1", "suite.toml:3", "mine.py:900", "mine.py", "", "<string>:1"]
)
def test_what_cannot_be_shown_is_not(here, where):
    """No file, no Python, no such line: no source, and no error."""
    assert source(where) == ()


def test_where_it_raised_is_shown(here):
    """An error says where it happened, which tells more than where the case stands."""
    problem = results.Comparison(
        "case",
        "the whole case",
        Verdict.ERROR,
        evidence=Evidence("error", "KeyError: 3, at mine.py:8", place=results.at("mine.py:8")),
        where=results.at("mine.py:11"),
    )
    assert excerpted(results.traced("c", problem)).sources[0].where == results.at("mine.py:8")


def test_what_is_in_order_brings_nothing(here):
    """Findings do, unless they are allowed."""
    good = results.traced("c", results.array("x", "N=2", "2 3", where=results.at("mine.py:6")), where="mine.py:11")
    finding = Finding("GP120", "keeps its input", False, where=results.at("mine.py:8"))
    assert excerpted(good).sources == ()
    assert excerpted(replace(good, findings=(finding,))).sources[0].where == results.at("mine.py:8")
    assert excerpted(replace(good, findings=(replace(finding, allowed="on purpose"),))).sources == ()
