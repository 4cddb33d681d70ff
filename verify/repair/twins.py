"""Other cases that run what an edit changes: a helper may serve a right gradient too, which has to stay right.

They are asked for in the files of the case that an edit is for, whether or not they were asked to be fixed.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from verify.cases.case import Case, ExpressionCase, TracedCase
from verify.model.errors import GradproofError
from verify.mutation.result import How
from verify.mutation.watching import Watch, watch_on
from verify.repair.checked import until_refuted
from verify.repair.result import Edits
from verify.tracing.following import SubjectError

if TYPE_CHECKING:
    from verify.checks.claims.claims import Exact
    from verify.tracing.observe import Variant


def runs_any(case: Case, edits: Edits, how: How) -> bool:
    """Tell whether a case runs a function that one of some edits is in, for the first sizes of each of its options."""
    functions = {(edit.file, edit.function) for edit in edits}
    if isinstance(case, ExpressionCase):
        return _watched(case, None, how) & functions != set()
    if not isinstance(case, TracedCase):
        return False
    from verify.tracing.observe import variants

    first = {variant.choice: variant for variant in reversed(variants(case))}
    return any(_watched(case, variant, how) & functions for variant in first.values())


def failure(case: Case, how: How) -> str:
    """Return what is wrong with a case, or nothing."""
    result, _ = until_refuted(case, how)
    rows = [f"the {row.quantity} of {row.name} is {row.state}" for row in result.comparisons if not row.good]
    findings = [f"it has {finding.code}" for finding in result.findings if finding.bad]
    return "" if result.good else next(iter([*rows, *findings]), "it fails")


def _watched(case: TracedCase | ExpressionCase, variant: Variant | None, how: How) -> set[tuple[str, str]]:
    """Return the files and functions that run in a variant of a case, up to where the code raises."""
    watcher = Watch()
    with suppress(GradproofError, SubjectError):
        runs = [_run(case, variant, how.seed)] if isinstance(case, TracedCase) and variant is not None else []
        watch_on(watcher, case, runs, how.seed)
    return {(place.file, place.name) for place in watcher.forward | watcher.backward}


def _run(case: TracedCase, variant: Variant, seed: int) -> Exact:
    from verify.checks.claims.claims import Exact
    from verify.checks.gradients.traced import observed
    from verify.checks.gradients.whole import Attempt

    return Exact(case, observed(case, variant, seed, Attempt()), twice=False)
