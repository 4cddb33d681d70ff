"""The table of findings, what `gradproof explain` says of it, and what the author of a case lets pass."""

import json
import re
from pathlib import Path

import pytest
from effort import slow, some

import verify
from verify.model.errors import InputError
from verify.model.explanations import examples, explained
from verify.model.findings import FINDINGS, allowances, finding, judged
from verify.model.result import Finding


class Square:
    """Keeps its input, which is GP120."""

    def forward(self, x):
        self.x = x
        return x**2

    def backward(self, dout):
        return 2 * self.x * dout


def test_every_code_is_told_in_full():
    """A title, a reason for its severity, what it means, why it hurts and how to fix it: no code is without."""
    for code, kind in FINDINGS.items():
        assert re.fullmatch(r"GP\d{3}", code)
        assert len(kind.title.split()) > 2
        assert not kind.because.endswith(".")
        assert all(text.endswith(".") for text in (kind.meaning, kind.harm, kind.mend))
        said = explained([code])
        assert said.startswith(f"{code}  {kind.title}\n")
        assert ("fails the gate" in said) == kind.fails
        assert max(map(len, said.splitlines())) <= 100


@pytest.mark.parametrize(
    "allow", [{"GP999": "why"}, {"GP120": ""}, {"GP120": "  "}, {"GP120": None}, ["GP120"], {"GP120": "a\nb"}]
)
def test_an_allowance_needs_a_code_and_a_reason(allow):
    """A case that allows what does not exist, or does not say why, is refused."""
    with pytest.raises(InputError):
        allowances(allow)
    with pytest.raises(InputError, match="case 'Square'"):
        verify.layer(Square, inputs={"x": "N"}, allow=allow)


def test_severity_comes_from_the_table():
    """A finding fails or not by its code alone."""
    assert finding("GP101", "so").fails
    assert not finding("GP120", "so").fails


def test_what_is_allowed_keeps_its_reason_and_what_is_not_found_is_told():
    """An allowance is shown with its finding; one without any is a finding itself."""
    found = [Finding("GP101", "so", True), Finding("GP101", "so again", True), Finding("GP120", "and so", False)]
    judgement = judged(found, {"GP101": "a reason", "GP105": "an old reason"}, "my_cases.py:3")
    assert [(one.code, one.allowed, one.bad) for one in judgement] == [
        ("GP101", "a reason", False),
        ("GP101", "a reason", False),
        ("GP120", "", False),
        ("GP001", "", False),
    ]
    assert judgement[-1].detail == "GP105 is allowed (an old reason), but was not found"
    assert str(judgement[-1].where) == "my_cases.py:3"


def test_a_case_allows():
    """In a real check: what is allowed passes with its reason, with --strict too; a stale allowance is a hazard."""
    from verify.model.result import strict

    def result(**allow):
        return verify.check(verify.layer(Square, inputs={"x": "N"}, allow=allow))

    assert [(one.code, one.allowed) for one in result().findings] == [("GP120", "")]
    assert not strict(result()).good
    allowed = result(GP120="memory is short")
    assert [(one.code, one.allowed) for one in allowed.findings] == [("GP120", "memory is short")]
    assert strict(allowed).good
    assert [one.code for one in result(GP105="once upon a time").findings] == ["GP120", "GP001"]


def test_every_protocol_takes_allowances():
    """Generators, pairs, losses and derivatives allow as layers do; a case with an expression has nothing to allow."""
    reason = {"GP120": "why not"}

    def forward(x):
        return x**2, x

    def backward(dout, x):
        return 2 * x * dout

    @verify.case(x="N", allow=reason)
    def generator(x):
        dout = yield x**2
        return 2 * x * dout

    cases = [
        generator,
        verify.pair(forward, backward, x="N", allow=reason),
        verify.loss(lambda x: ((x**2).sum(), 2 * x), x="N", allow=reason),
        verify.derivative(lambda x: x**2, lambda x: 2 * x, x="N", allow=reason),
    ]
    assert [case.allow for case in cases] == [reason] * 4
    with pytest.raises(InputError, match="allow= is for cases of arrays"):
        verify.case("y = x * 2", at={"x": 1}, allow=reason)(forward)


@slow
def test_every_example_has_its_finding(command, tmp_path, monkeypatch):
    """Each is run as a user runs it: gradproof reports its code (for that of GP003, an extension, see test_extend)."""
    monkeypatch.chdir(tmp_path)
    codes = some([code for code in examples() if code != "GP003"], 8)
    for code in codes:
        (tmp_path / f"{code}.py").write_text(examples()[code])
    command(*[f"{code}.py" for code in codes], "-q", "--report", "json=run.json")
    assert _own_codes(tmp_path) == set(codes)


def _own_codes(folder):
    """Return the codes that are reported of the files that have their names."""
    cases = json.loads((folder / "run.json").read_text())["cases"]
    reported = {(Path(case["where"]["file"]).stem, finding["code"]) for case in cases for finding in case["findings"]}
    return {code for file, code in reported if file == code}
