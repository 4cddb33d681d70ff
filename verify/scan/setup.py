"""From a candidate to its case: readings are tried on floats until one fits, and looks right if one of them does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from verify.scan import functions
from verify.scan.candidates import OF_CLASSES, Candidate, Source
from verify.scan.engines import engines
from verify.scan.functions import Reading
from verify.scan.layers import layers
from verify.scan.recipe import Recipe
from verify.scan.trial import NOT_FINITE, RIGHT, Tried, tried_recipe
from verify.scan.unit import Unit, unit_of
from verify.scan.values import models, values
from verify.scan.variation import with_options

_KINDS: dict[str, Callable[[Unit], Iterator[Reading]]] = {
    "layer": layers,
    "value": values,
    "model": models,
    "engine": engines,
}

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
        if best.recipe and not _agree(domains[0].arrays, best.recipe.arrays):
            continue  # a wrong gradient may look right where all sizes are alike: the first shapes that fit stay
        for recipe in domains:
            outcome = tried_recipe(recipe, module)
            narrower = recipe.narrow and outcome.score == best.tried.score and outcome.fits
            if outcome.score > best.tried.score or narrower:  # what is wrong where least is asked is wrong elsewhere
                best = Setup(candidate, recipe if outcome.fits else None, outcome)
            patience -= best.tried.fits
            if outcome.score != NOT_FINITE:  # a smaller domain helps nobody, and may hide what is wrong
                break
        if best.tried.score == RIGHT or patience < 0 or time.monotonic() > end:
            break
    if best.recipe:
        return best._replace(recipe=with_options(candidate, best.recipe, module))
    return best


def _agree(left: Mapping[str, str], right: Mapping[str, str]) -> bool:
    return all(right.get(name, shape) == shape for name, shape in left.items())


def _readings(candidate: Candidate, source: Source, module: Mapping[str, Any]) -> Iterator[Reading]:
    with suppress(TypeError, ValueError):  # no signature
        if candidate.kind not in OF_CLASSES:
            return functions.readings(functions.read_of(candidate, source, module))
        unit = unit_of(candidate, source, module)
        return _KINDS[candidate.kind](unit) if unit.needed or candidate.kind == "engine" else iter(())
    return iter(())
