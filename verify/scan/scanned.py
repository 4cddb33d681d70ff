"""The cases of a module that is scanned, and what has a gradient and could not be set up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from verify.cases.case import Case
from verify.cases.made import Lost
from verify.model.reasons import Reason
from verify.model.where import as_place
from verify.scan.candidates import Source, candidates
from verify.scan.setup import Setup, set_up

_MISSING = "no call was found at which it runs and returns gradients of the shapes of its inputs; the closest one: {}"


def scanned(module: ModuleType) -> tuple[list[Case], list[Lost]]:
    """Return the cases of the gradients in an imported module; those without a case are lost, with the reason."""
    file = module.__file__ or ""
    source = Source(Path(file).read_bytes())
    present = [item for item in candidates(source) if item.owner in vars(module)]
    setups = [set_up(candidate, source, vars(module)) for candidate in present]
    cases = [_case(setup, vars(module), file) for setup in setups if setup.recipe]
    return list(cases), [_lost(setup, file) for setup in setups if not setup.recipe]


def _case(setup: Setup, module: Mapping[str, object], file: str) -> Case:
    assert setup.recipe is not None
    place = as_place(file, setup.candidate.line)
    return replace(setup.recipe.case(module), where=place, backward=place, text=setup.recipe.code)


def _lost(setup: Setup, file: str) -> Lost:
    problem = _MISSING.format(setup.tried.problem)
    return Lost(setup.candidate.name, as_place(file, setup.candidate.line), problem, Reason.NOT_SET_UP)
