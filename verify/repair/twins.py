"""Other cases that run what an edit changes: a helper may serve a right gradient too, which has to stay right.

They are asked for in the files of the case that an edit is for, whether or not they were asked to be fixed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from verify.cases.case import Case, ExpressionCase, TracedCase
from verify.model.errors import GradproofError
from verify.mutation.result import How, Mutant
from verify.mutation.watching import LAMBDA, Place, Watch, watch_on
from verify.repair.checked import until_refuted
from verify.repair.result import Edits
from verify.tracing.following import SubjectError

if TYPE_CHECKING:
    from verify.checks.claims.claims import Exact
    from verify.tracing.observe import Variant


def runs_any(case: Case, edits: Edits, how: How) -> bool:
    """Tell whether a case runs a function that one of some edits is in, for the first sizes of each of its options."""
    functions = {place for edit in edits for place in _around(edit)}
    if isinstance(case, ExpressionCase):
        return not functions.isdisjoint(_watched(case, None, how))
    if not isinstance(case, TracedCase):
        return False
    from verify.tracing.observe import variants

    first = {variant.choice: variant for variant in reversed(variants(case))}
    return any(not functions.isdisjoint(_watched(case, variant, how)) for variant in first.values())


def failure(case: Case, how: How) -> str:
    """Return what is wrong with a case, or nothing."""
    result, _ = until_refuted(case, how)
    rows = [f"the {row.quantity} of {row.name} is {row.state}" for row in result.comparisons if not row.good]
    findings = [f"it has {finding.code}" for finding in result.findings if finding.bad]
    return "" if result.good else next(iter([*rows, *findings]), "it fails")


def _around(edit: Mutant) -> Iterator[Place]:
    """Yield the functions that have a line of an edit's statement, as their code tells where they are."""
    for node in ast.walk(ast.parse(Path(edit.file).read_bytes())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
            start = min([node.lineno, *(decorator.lineno for decorator in decorators)])
            if start <= edit.last and edit.first <= (node.end_lineno or start):
                yield Place(edit.file, start, LAMBDA if isinstance(node, ast.Lambda) else node.name)


def _watched(case: TracedCase | ExpressionCase, variant: Variant | None, how: How) -> set[Place]:
    """Return the functions that run in a variant of a case, up to where the code raises."""
    watcher = Watch()
    with suppress(GradproofError, SubjectError):
        runs = [_run(case, variant, how.seed)] if isinstance(case, TracedCase) and variant is not None else []
        watch_on(watcher, case, runs, how.seed)
    return watcher.forward | watcher.backward


def _run(case: TracedCase, variant: Variant, seed: int) -> Exact:
    from verify.checks.claims.claims import Exact
    from verify.checks.gradients.traced import observed
    from verify.checks.gradients.whole import Attempt

    return Exact(case, observed(case, variant, seed, Attempt()), twice=False)
