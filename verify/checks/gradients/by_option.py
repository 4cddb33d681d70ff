"""Gradients that are right with some values of an option alone, as of `backward` with a fixed number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from verify.model.result import Comparison, Verdict

_MOST = 3  # values that are listed


def by_option(rows: Sequence[Comparison]) -> list[Comparison]:
    """Name the option that a gradient's verdict depends on, before what is known of the mistake.

    It is said of the values that were checked: with those that are called right every row of the gradient is right,
    with the others every one is refuted.
    """
    rows_of: dict[str, list[Comparison]] = {}
    for row in rows:
        if row.quantity == "gradient":
            rows_of.setdefault(row.name, []).append(row)
    sentences = {name: _sentence_of(gradients) for name, gradients in rows_of.items()}
    return [_with_sentence(row, sentences[row.name]) if row.quantity == "gradient" else row for row in rows]


def _with_sentence(row: Comparison, sentence: str) -> Comparison:
    if not sentence or row.verdict is not Verdict.REFUTED:
        return row
    return replace(row, diagnosis=f"{sentence}: {row.diagnosis}" if row.diagnosis else sentence)


def _sentence_of(rows: Sequence[Comparison]) -> str:
    """Say with which values of which option rows are right and wrong; nothing where no single option tells."""
    options = set.intersection(*({name for name, _ in row.variant.options} for row in rows))
    sentences = [sentence for option in sorted(options) if (sentence := _of_option(option, rows))]
    return sentences[0] if len(sentences) == 1 else ""


def _of_option(option: str, rows: Sequence[Comparison]) -> str:
    values: dict[str, set[bool | None]] = {}
    for row in rows:
        is_right = True if row.verdict.good else False if row.verdict is Verdict.REFUTED else None
        values.setdefault(dict(row.variant.options)[option], set()).add(is_right)
    right = [value for value, verdicts in values.items() if verdicts == {True}]
    wrong = [value for value, verdicts in values.items() if verdicts == {False}]
    if not right or not wrong or len(right) + len(wrong) < len(values):
        return ""
    return f"right with {_listed(option, right)}, wrong with {_listed(option, wrong)}"


def _listed(option: str, values: Iterable[str]) -> str:
    first, *others = values
    more = [*others[: _MOST - 1], *(["..."] if len(others) >= _MOST else [])]
    return ", ".join([f"{option}={first}", *more])
