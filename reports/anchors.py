"""Anchors of the page: a name for each case and each row, the same in every run, which the terminal prints too."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

from verify.model.result import CaseResult, Run

_LONGEST = 60


def of_cases(run: Run) -> dict[int, str]:
    """Return the anchor of each case, by the identity of the case."""
    names = _distinct_names(case.name for case in run.cases)
    return {id(case): name for case, name in zip(run.cases, names, strict=True)}


def of_rows(case: CaseResult, anchor: str) -> Mapping[int, str]:
    """Return the anchor of each comparison of a case, by the identity of the comparison: `apples.tax`."""
    named = (c.name if c.quantity == "gradient" else f"{c.name} {c.quantity}" for c in case.comparisons)
    return {id(c): f"{anchor}.{name}" for c, name in zip(case.comparisons, _distinct_names(named), strict=True)}


def _distinct_names(names: Iterable[str]) -> list[str]:
    """Make names fit for an address; the second of a name gets a number, which no other one has."""
    slugs = [_slug(name) for name in names]
    taken, seen, distinct = set(slugs), Counter[str](), []
    for slug in slugs:
        seen[slug] += 1
        number = seen[slug]
        name = slug if number == 1 else f"{slug}-{number}"
        while number > 1 and name in taken:
            number += 1
            name = f"{slug}-{number}"
        taken.add(name)
        distinct.append(name)
    return distinct


@lru_cache(maxsize=4096)
def _slug(name: str) -> str:
    return re.sub(r"[^\w]+", "-", name)[:_LONGEST].strip("-") or "case"
