"""Mistakes of public bug reports as twins: the wrong code of each is found, the right code passes."""

from pathlib import Path

import pytest
from effort import some
from subjects import complaints

from verify import Verdict
from verify.checks.checker import check
from verify.discovery.collect import collect

FILES = sorted((Path(__file__).parent / "data" / "twins").glob("*.py"))


@pytest.mark.parametrize("file", some(FILES[::-1], 48), ids=lambda file: file.stem)
def test_twins(file):
    """The wrong twin of a report is refuted or has a finding that the right one has not; the right one passes."""
    results = {case.name: check(case) for case in collect([str(file)])}
    assert {name.split()[0] for name in results} == {"wrong", "right"}
    usual = {finding.code for name, result in results.items() if name[0] == "r" for finding in result.findings}
    for name, result in results.items():
        assert Verdict.UNDECIDED not in {row.verdict for row in result.comparisons}
        if name.startswith("right"):
            assert not complaints(result)
        else:
            assert complaints(result) or {finding.code for finding in result.findings} - usual, name
