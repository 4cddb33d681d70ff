"""Derivatives in the manner of scientific packages: the right ones are decided, and every edit that is wrong is found."""

from importlib import import_module
from pathlib import Path

import pytest
from effort import some
from science.derivative import derivatives

import verify
from verify import Verdict

pytest.importorskip("scipy")

FIELDS = sorted(path.stem for path in (Path(__file__).parent / "science").glob("*.py"))
ALL = [
    derivative
    for field in FIELDS
    if field not in ("__init__", "derivative")
    for derivative in derivatives(import_module(f"science.{field}"))
]
# What calls a function that is not followed yet: undecided, with its name.
NOT_FOLLOWED = {"astronomy.voigt_deriv": "wofz of complex symbols"}
# Exponentials with the maximum subtracted, powers of powers, and prices: what agreed only, or took minutes.
PROVED = (
    "neural.logsumexp_backward",
    "neural.log_softmax_backward",
    "neural.softmax_backward",
    "neural.cross_entropy",
    "neural.attention_backward",
    "neural.CausalAttention",
    "neural.distillation",
    "states.twu_alpha_deriv",
    "states.soave_alpha_deriv",
    "states.mathias_copeman_deriv",
    "states.association_deriv",
    "copulas.clayton_deriv",
    "copulas.gumbel_deriv",
    "chemistry.hill_deriv",
    "finance.call_greeks",
    "links.box_cox_deriv",
)
LEAST = 150  # derivatives
SHARE = 0.95  # of the right ones, which are decided at least


def complaints(result):
    """Return what says that a gradient is wrong."""
    rows = [row.name for row in result.comparisons if row.verdict is Verdict.REFUTED]
    return rows + [f"{finding.code} {finding.detail}" for finding in result.findings if finding.fails]


def test_there_are_enough():
    """There are 150 derivatives at least, each with a name of its own and an edit, and few that are not followed."""
    names = {derivative.name for derivative in ALL}
    assert len(names) == len(ALL) >= LEAST
    assert all(derivative.edits for derivative in ALL)
    assert names >= NOT_FOLLOWED.keys()
    assert len(NOT_FOLLOWED) <= (1 - SHARE) * len(ALL)


@pytest.mark.parametrize("derivative", some(ALL, 288), ids=lambda derivative: derivative.name)
def test_derivative(derivative):
    """A right derivative is proved or agrees, with no finding; each edit of it is refuted."""
    result = verify.check(derivative.right())
    if derivative.name in NOT_FOLLOWED:
        (row,) = result.comparisons
        assert row.verdict is Verdict.UNDECIDED
        assert NOT_FOLLOWED[derivative.name] in row.evidence.detail
        return
    assert all(row.good for row in result.comparisons), [row for row in result.comparisons if not row.good]
    assert not complaints(result)
    for case in derivative.wrongs():
        assert complaints(verify.check(case, quick=True)) or complaints(verify.check(case)), case.name


@pytest.mark.parametrize("name", some(PROVED, 4))
def test_laws_prove(name):
    """What needs laws of exponentials, logarithms and powers is proved, and not just equal at points."""
    (derivative,) = (derivative for derivative in ALL if derivative.name == name)
    result = verify.check(derivative.right(), quick=True)
    assert {row.verdict for row in result.comparisons} == {Verdict.PROVED}


def test_an_edit_is_of_the_source_once():
    """An edit whose text does not occur once is refused; the module is as it was after another one."""
    derivative = ALL[0]
    with pytest.raises(AssertionError, match="occurs 0 times"):
        derivative.wrong(("no such text", ""))
    derivative.wrongs()
    assert derivatives(import_module(derivative.code.__module__))[0] is derivative
