"""The line at which a gradient of a wrong shape is made: a hint for people, on which no verdict rests."""

from __future__ import annotations

from functools import partial

from verify.cases.case import TracedCase
from verify.checks.claims.claims import Exact
from verify.checks.gradients.parting import LARGEST, appearance, recorded
from verify.model.identity import Place
from verify.model.reasons import Reason


def made_at(case: TracedCase, exact: Exact, seed: int) -> dict[str, Place]:
    """Return the lines at which arrays of these shapes appear that are gradients of other inputs' shapes, by name."""
    malformed = [name for name, cause in exact.seen.malformed.items() if cause.reason is Reason.WRONG_SHAPE]
    observed = partial(recorded, case, exact, seed)
    run = observed() if malformed and len(exact.seen.computed) <= LARGEST else None
    if run is None:
        return {}
    quantities = {name: quantity for name in malformed if (quantity := run.gradients.get(name))}
    places = {name: appearance(exact, each.nodes, observed, shape=each.shape) for name, each in quantities.items()}
    return {name: place for name, place in places.items() if place}
