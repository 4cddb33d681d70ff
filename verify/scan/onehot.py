"""Losses whose targets are rows with a single 1, or 1 and -1: labels stand for the targets, which are made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from verify.scan import shapes
from verify.scan.candidate import Candidate
from verify.scan.recipe import Recipe, generator

Lines = Callable[[Callable[[Sequence[str]], str]], list[str]]


def one_hot(
    candidate: Candidate,
    needed: Sequence[str],
    shaped: Mapping[str, str],
    label: str,
    lines: Lines,
    *,
    upstream: bool = True,
    others: Mapping[str, str] | None = None,
) -> Iterator[list[Recipe]]:
    """Yield cases whose arguments are `needed`: the arrays of `shaped`, the predictions first, `others`, and the label.

    `lines` writes the body of a case; it is given what writes the arguments of a call by their names.
    """
    for labels, target in _targets(shaped, label):
        every = {name: text for name, text in {**shaped, **(others or {}), label: labels}.items() if name in needed}
        ordered = {name: every[name] for name in needed if name in every}
        passed = _passing(label, target)
        domains = shapes.domains(ordered, list(shaped))
        yield [replace(generator(candidate, each, lines(passed), upstream=upstream), narrow=True) for each in domains]


def _passing(label: str, target: str) -> Callable[[Sequence[str]], str]:
    return lambda passed: ", ".join(target if name == label else name for name in passed)


def _targets(shaped: Mapping[str, str], label: str) -> Iterator[tuple[str, str]]:
    """Yield labels, as text of a case, and the targets that are made of them."""
    predicted, first = next(iter(shaped.items()))
    ends = {text.split()[-1]: name for name, text in shaped.items() if text and text.split()[-1] not in ("N", "D")}
    yield shapes.classes(first), f"np.eye({predicted}.shape[-1])[{label}]"
    for end, name in ends.items() if len(shaped) > 1 or "M" in ends else ():
        yield shapes.classes(f"N {end}"), f"np.eye({name}.shape[-1])[{label}]"
    for rows in dict.fromkeys([first, "N"]):
        yield shapes.signs(rows), f"2 * {label} - 1"
