"""TOML files of cases: exact numbers, and errors with file and line."""

from fractions import Fraction

import pytest

from layers.wiring import wire
from verify.cases.suite import load
from verify.model.errors import InputError

CASE = """
[[case]]
name = "apples"
expression = "price = apple * tax"
inputs = { apple = 100, tax = 1.1 }
"""


@pytest.fixture
def loaded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(text):
        (tmp_path / "shop.toml").write_text(text, encoding="utf-8")
        return load(tmp_path / "shop.toml", wire)

    return run


def test_a_case(loaded):
    """Floats are exact decimals, the upstream is 1 unless stated, the place is the line of [[case]]."""
    (case,) = loaded(CASE)
    assert case.inputs == {"apple": 100, "tax": Fraction(11, 10)}
    assert (case.upstream, str(case.where)) == (1, "shop.toml:2")


def test_all_keys(loaded):
    """Upstream and stated values are read exactly too."""
    (case,) = loaded(CASE + "upstream = 1.3\nexpected.values = { price = 110 }\nexpected.gradients = { tax = 100.0 }")
    assert case.upstream == Fraction(13, 10)
    assert case.stated == {("value", "price"): 110, ("gradient", "tax"): 100}


def test_a_domain(loaded):
    """An input in a table has a value and bounds, which are exact and belong to the claim where they are closed."""
    (case,) = loaded(CASE.replace("tax = 1.1", "tax = { at = 1.1, low = 0.1, high = 2, closed = 'high' }"))
    assert case.inputs["tax"] == Fraction(11, 10)
    assert list(map(str, case.domains["tax"].bounds)) == ["> 1/10", "<= 2"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (CASE + "uptsream = 2", r"shop\.toml:2: unknown key uptsream; did you mean 'upstream'\?"),
        (CASE + "zzz = 2", "unknown key zzz; known: name, expression"),
        (CASE + "expected.value = {}", r"unknown key expected\.value; did you mean 'values'"),
        (CASE.replace("case", "cases"), r"shop\.toml: 'cases' is not a case: start each case with \[\[case\]\]"),
        (CASE + CASE, r"shop\.toml:7: two cases have the name 'apples'"),
        (CASE.replace("tax = 1.1", "tax = nan"), r"shop\.toml:2: case 'apples': the input 'tax' is NaN"),
        (CASE.replace("tax = 1.1", "tax = inf"), "the input 'tax' is Infinity"),
        (CASE.replace("tax = 1.1", "tax = 1e999"), "does not fit a float64"),
        (CASE.replace("tax = 1.1", "tax = true"), "'tax' is True: expected a number"),
        (CASE.replace("tax = 1.1", "tax = 2026-01-01"), "expected a number"),
        (
            CASE.replace("tax = 1.1", "tax = { low = 2, high = 1 }"),
            r"shop\.toml:2: inputs\.tax lacks its value: write tax = \{ at = 1, low = 0, closed = true \}",
        ),
        (
            CASE.replace("tax = 1.1", "tax = { at = 1, low = 2, high = 1 }"),
            r"shop\.toml:2: case 'apples': the input 'tax': low=2 is above high=1: write low=1, high=2",
        ),
        (
            CASE.replace("tax = 1.1", "tax = { at = 1, low = 'a' }"),
            r"shop\.toml:2: case 'apples': the input 'tax': low='a' is not a real number: write a finite one",
        ),
        (
            CASE.replace("tax = 1.1", "tax = { at = 1, closed = true }"),
            r"shop\.toml:2: case 'apples': the input 'tax': closed=True without a bound: give low or high",
        ),
        (
            CASE.replace("tax = 1.1", "tax = { at = 1, low = 0, closed = 'both' }"),
            r"closed='both': expected True, 'low' or 'high'",
        ),
        (
            CASE.replace("tax = 1.1", "tax = { at = 1, hihg = 2 }"),
            r"unknown key inputs\.tax\.hihg; did you mean 'high'",
        ),
        (
            CASE.replace("tax = 1.1", "tax = { at = 0, low = 0, closed = true }"),
            r"'tax' is 0: write a number inside its domain, >= 0; closed bounds are visited beside it",
        ),
        (CASE.replace(", tax = 1.1", ""), "'tax' has no value"),
        (CASE.replace("tax = 1.1", "tax = 1.1, coupon = 2"), "the input 'coupon' is not used"),
        (CASE.replace('name = "apples"', ""), "the case lacks name"),
        (CASE.replace('"apples"', '" "'), "empty name"),
        (CASE.replace('"apples"', "3"), "name is 3: expected text"),
        (CASE.replace("{ apple = 100, tax = 1.1 }", "3"), "inputs is 3: expected a table"),
        (
            CASE.replace("apple * tax", "__import__('os').system('x')"),
            r"not arithmetic: a call .* \(line 1, column 9\)",
        ),
        ("case = 3", r"'case' is not a case: start each case with \[\[case\]\]"),
        ("[case.tax]\nexpression = 'y = x'", r"'case' is not a case: start each case with \[\[case\]\]"),
        ("case = [3]", r"shop\.toml:1: a case must be a table"),
        ("[[case]\n", r"shop\.toml:1:\d+: not TOML"),
        (CASE + "name = 'again'", r"shop\.toml:\d+: not TOML: Cannot overwrite"),
        ("a = " + "[" * 100_000, "not TOML"),
        ("a = 1" + "0" * 5000, "not TOML"),
    ],
    ids=lambda text: text[-30:],
)
def test_bad_files(loaded, text, message):
    """Each mistake is told with the file, the line, and what was expected."""
    with pytest.raises(InputError, match=message):
        loaded(text)


def test_a_header_written_otherwise(loaded):
    """A case whose line is not found still has a place, and so a command that repeats it."""
    (case,) = loaded(CASE.replace("[[case]]", '[["case"]]'))
    assert str(case.where) == "shop.toml:1"


def test_files_that_cannot_be_read(tmp_path):
    """A file that is not there, a directory, and what is not text."""
    (tmp_path / "latin.toml").write_bytes("name = 'caf\xe9'".encode("latin-1"))
    for name, message in [("none.toml", "No such file"), ("", "directory"), ("latin.toml", "not UTF-8")]:
        with pytest.raises(InputError, match=message):
            load(tmp_path / name, wire)


def test_an_empty_file_has_no_cases(loaded):
    """That nothing is in it is for the caller to judge."""
    assert loaded("") == []
