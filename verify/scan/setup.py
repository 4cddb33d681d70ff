"""From a candidate to its case: readings are tried on floats until one fits, and looks right if one of them does."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from verify.scan import functions, layers
from verify.scan.candidates import Candidate, Source
from verify.scan.recipe import Recipe
from verify.scan.trial import NOT_FINITE, RIGHT, Tried, tried_recipe
from verify.scan.variation import with_options

_SECONDS = 3.0  # for each candidate
_AFTER = 60  # readings that are still tried after one that fits


class Setup(NamedTuple):
    """What came of a candidate: its recipe, or why there is none."""

    candidate: Candidate
    recipe: Recipe | None
    tried: Tried


def set_up(candidate: Candidate, source: Source, module: Mapping[str, Any]) -> Setup:
    """Look for a case of a candidate in an imported module; smaller domains are tried where outputs are not finite."""
    best = Setup(candidate, None, Tried(0, "no way to call it was found: its arguments have no usual names"))
    end, patience = time.monotonic() + _SECONDS, _AFTER
    for domains in _readings(candidate, source, module):
        if best.recipe and domains[0].arrays != best.recipe.arrays:
            continue  # a wrong gradient may look right where all sizes are alike: the first shapes that fit stay
        for recipe in domains:
            outcome = tried_recipe(recipe, module)
            if outcome.score > best.tried.score:
                best = Setup(candidate, recipe if outcome.fits else None, outcome)
            patience -= best.tried.fits
            if outcome.score != NOT_FINITE:  # a smaller domain helps nobody, and may hide what is wrong
                break
        if best.tried.score == RIGHT or patience < 0 or time.monotonic() > end:
            break
    if best.recipe:
        return best._replace(recipe=with_options(candidate, best.recipe, module))
    return best


def _readings(candidate: Candidate, source: Source, module: Mapping[str, Any]) -> Iterator[list[Recipe]]:
    of_class = candidate.kind in ("layer", "value")
    try:
        yield from (layers if of_class else functions).readings(candidate, source, module)
    except (TypeError, ValueError):  # no signature
        return
