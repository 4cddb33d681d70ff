"""Losses whose targets may be rows with a single 1: labels stand for the targets, and rows are made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from verify.scan import shapes
from verify.scan.candidates import Candidate
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
) -> list[Recipe]:
    """Return a case whose arguments are `needed`: the arrays of `shaped`, the predictions first, and the label.

    `lines` writes the body of the case; it is given what writes the arguments of a call by their names.
    """
    predicted = next(iter(shaped))
    labels = shapes.classes(shaped[predicted])
    every = {name: shaped.get(name, labels) for name in needed if name in (*shaped, label)}
    rows = f"np.eye({predicted}.shape[-1])[{label}]"
    body = lines(lambda passed: ", ".join(rows if name == label else name for name in passed))
    domains = shapes.domains(every, list(shaped))
    return [replace(generator(candidate, domain, body, upstream=upstream), narrow=True) for domain in domains]
