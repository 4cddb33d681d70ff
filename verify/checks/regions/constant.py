"""A case whose output depends on no input: what that says, if it says anything.

Derivatives of constants are derivatives: the identity link's second one is 0, and so is that of a step. They are proved
or refuted like others, and it is noted that the output is constant. But where a clip makes the output constant on all
of the domain, and beyond it there is no such thing, the domain has left out whatever there was to check.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from verify.cases.case import TracedCase
from verify.cases.inputs import Real
from verify.checks.claims.claims import Exact
from verify.checks.gradients.rows import not_compared
from verify.checks.gradients.traced import CONSTANT, check_traced, dead
from verify.checks.regions.check import regions
from verify.model.exact import decimal_text
from verify.model.reasons import Reason
from verify.model.result import CaseResult, Cover
from verify.tracing.following import SubjectError

_OPEN = (
    "the output is constant on every branch that was reached: 0 = 0 checks nothing; choose a domain in which it "
    "varies, like {}=gradproof.real({!r}, low=0, high=1)"
)
_LEFT = (
    "the output is constant in every region that was reached, others were not tried, so 0 = 0 checks nothing: "
    "choose a domain in which the output varies, or smaller inputs; not tried: {}"
)
_DEAD = (
    "the output is constant in every region that was reached for {}, but varies without these bounds: 0 = 0 "
    "checks nothing; choose a domain in which the output varies"
)
_QUICK = "the output depends on no input at the sample, so 0 = 0 checks nothing: run without --quick"


def of_a_constant(case: TracedCase, result: CaseResult, runs: Sequence[Exact], seed: int) -> CaseResult:
    """Return the result of a case whose output depends on no input in any of its runs."""
    if not all(row.verdict.good for row in result.comparisons):
        return result
    branching = any(run.seen.conditions for run in runs)
    doubt = _doubt(case, result.cover, seed) if branching else None
    if doubt:
        return replace(result, comparisons=(not_compared(case, None, doubt),), notes=())
    return replace(result, notes=(CONSTANT,))


def _doubt(case: TracedCase, cover: Cover | None, seed: int) -> SubjectError | None:
    """Return why a derivative of 0 may be that of a part of the code only, or nothing.

    Where the search for regions has left some out, the output may vary there: nothing is known of the case.
    """
    if cover is None:  # other regions were not looked for
        return SubjectError(_QUICK, reason=Reason.CONSTANT_OUTPUT, broken=True)
    if cover.unvisited:
        name, real = next(iter(case.real.items()))
        return SubjectError(_OPEN.format(name, real.shape), reason=Reason.CONSTANT_OUTPUT, broken=True)
    domain = _domain(case)
    if domain and _lives(case, seed):
        return SubjectError(_DEAD.format(domain), reason=Reason.CONSTANT_OUTPUT, broken=True)
    if cover.complete or not cover.untried:
        return None
    return SubjectError(_LEFT.format("; ".join(cover.untried)), reason=Reason.CONSTANT_OUTPUT)


def _domain(case: TracedCase) -> str:
    """Write the bounds of the inputs; nothing where there are none."""
    bounded = {name: real for name, real in case.symbolic.items() if (real.low, real.high) != (None, None)}
    return ", ".join(f"{name} in {_interval(real)}" for name, real in bounded.items())


def _lives(case: TracedCase, seed: int) -> bool:
    """Tell whether the output depends on an input where the domain has no bounds."""
    wide = {
        name: replace(described, low=None, high=None) if isinstance(described, Real) else described
        for name, described in case.inputs.items()
    }
    unbounded = replace(case, inputs=wide)
    _, runs = check_traced(unbounded, seed)
    elsewhere = regions(unbounded, runs, seed)
    return bool(runs) and not dead([*runs, *elsewhere.runs, *elsewhere.extras])


def _interval(real: Real) -> str:
    low, high = (
        text if bound is None else decimal_text(bound)
        for bound, text in ((real.low, "-infinity"), (real.high, "infinity"))
    )
    return f"({low}, {high})"
