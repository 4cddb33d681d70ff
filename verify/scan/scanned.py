"""The cases of a module that is scanned, and what has a gradient and could not be set up."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from inspect import isabstract
from pathlib import Path
from types import ModuleType

from verify.cases.case import Case, TracedCase
from verify.cases.made import Lost
from verify.model.reasons import Reason
from verify.model.where import as_place, described
from verify.scan import names
from verify.scan.begun import begun
from verify.scan.candidate import OF_CLASSES, Candidate
from verify.scan.candidates import candidates
from verify.scan.read import resolved
from verify.scan.recipe import case_of
from verify.scan.setup import Setup, set_up
from verify.scan.source import Source
from verify.scan.trial import IN_BACKWARD, IN_FORWARD, NOT_FINITE, NOT_MADE, OTHER_SHAPES, RIGHT, Tried
from verify.scan.within import UnreachableError, opened

_MISSING = "no call was found at which it runs and returns gradients of the shapes of its inputs; the closest one: {}"
# What a search lacks, by how far the closest call went; `{0}` is where forward is, and `{1}` backward.
_LACKING = {
    NOT_MADE: "give the arguments of {0} defaults, or names such as x, W, b, n_in",
    IN_FORWARD: "state the shape{2} in the docstring of {0}, such as `{3}: (N, D)`",
    NOT_FINITE: "say in a case for which numbers {0} is defined, such as gradproof.real('N D', low=0)",
    IN_BACKWARD: "let {1} take the upstream gradient and what {0} keeps, and return one gradient for each input",
    OTHER_SHAPES: "return from {1} a gradient of the shape of each input, or say in a case which inputs have none",
}
_RAISED = "it is defined within {0}, which raised when it was called: {1}"
_DOUBTED = "gradients of the right shapes are returned, but it is not clear how to call it: {}"


def scanned(module: ModuleType, only: Collection[str] = ()) -> tuple[list[Case], list[Lost]]:
    """Return the cases of the gradients in an imported module, or those of some names alone.

    Those without a case are lost, with the reason.
    """
    file = module.__file__ or ""
    source = Source(Path(file).read_bytes(), Path(file).stem)
    there = (_there(vars(module), item) for item in candidates(source) if not only or item.name in only)
    setups = [_set_up(candidate, source, vars(module)) for candidate in there if candidate]
    setups = [setup for setup in setups if setup.candidate.sure or setup.tried.score == RIGHT]
    cases = [_case(setup, vars(module), file) for setup in setups if setup.recipe]
    return list(cases), [_lost(setup, source, file) for setup in setups if not setup.recipe]


def made_again(module: ModuleType, cases: Sequence[Case]) -> list[Case]:
    """Return scanned cases of a module whose source has changed: they are called as before, and no call is looked for.

    Another call could be found, of which the changed gradient is right. Raises whatever the making of a case raises.
    """
    return [_made_again(case, vars(module)) for case in cases if isinstance(case, TracedCase)]


def _made_again(case: TracedCase, module: Mapping[str, object]) -> TracedCase:
    """Return a case made of its text, whose last statement names it."""
    last = ast.parse(case.text).body[-1]
    name = last.name if isinstance(last, ast.FunctionDef) else ast.unparse(last).split()[0]
    return replace(case_of(case.text, name, module), where=case.where, backward=case.backward, text=case.text)


def _set_up(candidate: Candidate, source: Source, module: Mapping[str, object]) -> Setup:
    """Set up what is in the module, or what is defined within a function of it."""
    try:
        opening, namespace = opened(candidate, source, module)
    except Exception as problem:  # noqa: BLE001 - whatever the function raises is why its classes cannot be had
        text = (
            f"{problem}"
            if isinstance(problem, UnreachableError)
            else _RAISED.format(candidate.within, described(problem))
        )
        return Setup(candidate, None, Tried(NOT_MADE), unreachable=text)
    return set_up(candidate, source, namespace, opening)


def _there(module: Mapping[str, object], candidate: Candidate) -> Candidate | None:
    """Return what is in the module: a function, or a class that has the methods, be they of bases in other modules."""
    if candidate.within:
        return candidate if callable(_resolved(module, candidate.within)) else None
    owner = _resolved(module, candidate.owner)
    if not callable(owner) or (candidate.kind in OF_CLASSES and isabstract(owner)):
        return None
    if candidate.kind not in OF_CLASSES or hasattr(owner, candidate.forward):
        return candidate
    value = next((name for name in names.VALUE if name in vars(owner)), "")
    return candidate._replace(kind="value", forward=value) if value else None


def _resolved(module: Mapping[str, object], name: str) -> object:
    with suppress(KeyError, AttributeError):
        return resolved(module, name)
    return None


def _case(setup: Setup, module: Mapping[str, object], file: str) -> Case:
    assert setup.recipe is not None
    place = as_place(file, setup.candidate.line)
    recipe = setup.recipe
    return replace(recipe.case(module), where=place, backward=place, text=recipe.code, notes=recipe.notes)


def _lost(setup: Setup, source: Source, file: str) -> Lost:
    problem = _DOUBTED.format(setup.doubt) if setup.doubt else _MISSING.format(setup.tried.problem)
    place = as_place(file, setup.candidate.line)
    case = begun(setup.candidate, source, setup.closest, setup.tried.score)
    lacking = "" if setup.doubt else _lacking(setup, case.open)
    sentence = setup.unreachable or "; ".join(part for part in (problem, setup.cut, lacking) if part)
    return Lost(setup.candidate.name, place, sentence, Reason.NOT_SET_UP, case.text)


def _lacking(setup: Setup, shapes: Sequence[str]) -> str:
    """Return what to change so that a call is found: in a docstring, or in the case that is begun."""
    candidate = setup.candidate
    owner = f"{candidate.cls}." if candidate.kind in OF_CLASSES else ""
    of_inputs = f"{'s' * (len(shapes) != 1)} of {', '.join(shapes)}" if shapes else "s"
    return _LACKING[min(setup.tried.score, OTHER_SHAPES)].format(
        owner + candidate.forward, owner + candidate.backward, of_inputs, next(iter(shapes), "x")
    )
