"""The rows of a result as people read them: the same cells and the same order in every table."""

from __future__ import annotations

from decimal import Decimal, localcontext

from verify.result import CaseResult, Comparison, Rounding, Run, Verdict

HEADERS = ("with respect to", "value", "backprop", "exact", "formula", "off by", "bound", "verdict")
ALIGN = ("left", "right", "right", "right", "left", "right", "right", "left")
_LONGEST_QUOTIENT = 24
_LONGEST = 60  # signs of a formula or name in a table; values are never shortened

_NAMES = {"gradient": "{}", "value": "{} (forward)", "stated": "{} (stated)", "case": "{}"}


def cases(run: Run) -> list[CaseResult]:
    """Return the cases, failures first, else as they were found."""
    return sorted(run.cases, key=lambda case: case.good)


def shown(case: CaseResult, *, everything: bool = False) -> list[Comparison]:
    """Return the comparisons that a table shows, failures first: all gradients, and what else is not good."""
    rows = [c for c in case.comparisons if everything or c.quantity == "gradient" or not c.good]
    return sorted(rows, key=lambda c: c.good)


def name(comparison: Comparison) -> str:
    """Return what a row is about."""
    return _NAMES[comparison.quantity].format(comparison.name)


def verdict(comparison: Comparison) -> str:
    """Return the verdict in a word, in capitals where it is bad, with how it is known."""
    if comparison.good:
        return f"{comparison.verdict.name.lower()} ({comparison.evidence.kind})"
    return "NOT ROUNDING" if comparison.verdict.good else comparison.verdict.name


def sentence(comparison: Comparison) -> str:
    """Return the verdict in a sentence; a right formula with bad floats is never mixed up with a wrong formula."""
    if comparison.verdict.good and not comparison.good:
        return "the formula is right, but rounding does not explain what the floats gave"
    return comparison.verdict.value


def needs_words(comparison: Comparison) -> bool:
    """Tell whether a row is explained below its table: all that is not plainly proved."""
    return not comparison.good or comparison.verdict is not Verdict.PROVED


def cells(comparison: Comparison) -> list[str]:
    """Return the cells of a row, in the order of HEADERS."""
    error, bound = _distance(comparison.rounding)
    return [
        short(name(comparison)),
        comparison.value,
        comparison.actual,
        readable(comparison.expected),
        short(comparison.expected_formula),
        error,
        bound,
        verdict(comparison),
    ]


def _distance(rounding: Rounding | None) -> tuple[str, str]:
    if rounding is None:
        return "", ""
    unit = " ulp" if rounding.unit == "ulp" else ""
    error = rounding.error if rounding.error == "0" else rounding.error + unit
    bound = rounding.bound if rounding.bound == "0" else rounding.bound + unit
    return error, bound if rounding.bound else "unknown"


def readable(exact: str) -> str:
    """Write an exact value; the long quotients as decimals, with an ellipsis where they go on."""
    above, slash, below = exact.partition("/")
    if len(exact) <= _LONGEST_QUOTIENT or not slash:
        return exact
    with localcontext(prec=17):
        return f"{Decimal(above) / Decimal(below)}…".lower()


def short(text: str) -> str:
    """Shorten a long name or formula in its middle."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2 - 1]}…{text[-_LONGEST // 2 :]}"


def title(case: CaseResult) -> str:
    """Return what a case computes: `price = apple*tax = 110`, and the upstream unless it is 1."""
    upstream = "" if case.upstream[1] == "1" else f", {case.upstream[0]} = {case.upstream[1]}"
    return f"{case.output} = {short(case.expression)} = {case.output_value}{upstream}"


def explanation(comparison: Comparison) -> list[tuple[str, str]]:
    """Return why a row has its verdict, as labelled lines."""
    if comparison.verdict.good and not comparison.good:
        assert comparison.rounding is not None
        return [("floats", f"{comparison.actual} is {comparison.rounding.note} {readable(comparison.expected)}")]
    if not (found := comparison.counterexample):
        return [("because", comparison.evidence.detail)]
    size = [("because", comparison.evidence.detail)] if comparison.evidence.kind == "small difference" else []
    return [
        *size,
        ("backprop", f"{comparison.actual_formula} = {found.actual}"),
        ("exact", f"{comparison.expected_formula} = {found.expected}"),
        ("at", ", ".join(f"{name}={value}" for name, value in found.inputs)),
    ]
