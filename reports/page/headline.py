"""The verdict in words and in colour, and one sentence of why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from reports import cells, rows, words
from verify.model.result import CaseResult, Comparison, Run, Verdict, exit_status

_NOUNS = {"value": "forward value", "stated": "stated value"}
_GOOD = dict.fromkeys((Verdict.PROVED, Verdict.AGREES, Verdict.SAMPLED), 2)
_ORDER = {Verdict.REFUTED: 0, Verdict.ERROR: 1, **_GOOD, Verdict.UNDECIDED: 3}


class Headline(NamedTuple):
    """What the band says: `tone` is bad, unsure or good, `sign` is for those who see no colour.

    `also` is what else is the matter; `case` and `comparison` are what `why` tells of.
    """

    tone: str
    sign: str
    verdict: str
    why: str
    also: str = ""
    case: CaseResult | None = None
    comparison: Comparison | None = None


def headline(run: Run) -> Headline:
    """Return the verdict on a run; only what is proved or agrees, and is finished, is good."""
    if exit_status(run) == 0 and all(case.good for case in run.cases):
        return _passing(run)
    first, *others = sorted(_troubles(run), key=lambda trouble: not trouble[1]) or [("nothing was checked", False)]
    case, comparison, why = _why(run)
    also = "; ".join(trouble for trouble, _ in others)
    return Headline(*(("bad", "✗") if first[1] else ("unsure", "?")), first[0], why, also, case, comparison)


def total(case: CaseResult) -> bool:
    """Tell whether what is proved of a case holds for all inputs: no domain, branch, note or size restricts it."""
    cover = case.cover
    bounded = bool(case.region) if cover is None else not cover.complete
    proved = all(c.verdict is Verdict.PROVED for c in case.comparisons)
    return proved and not bounded and not case.bounded and not case.notes and not case.unclaimed


def _passing(run: Run) -> Headline:
    gradients = run.count("gradient")
    proved, number = gradients[Verdict.PROVED], gradients.total()
    agreeing, sampled = gradients[Verdict.AGREES], gradients[Verdict.SAMPLED]
    everywhere = all(map(total, run.cases))
    verdict = f"{_all(number)} {'equal' if number > 1 else 'equals'} the exact derivative"
    if agreeing or sampled:
        others = [f"{agreeing} not proved but agreeing"] if agreeing else []
        others += [f"{sampled} right at the points tried"] if sampled else []
        verdict = ", ".join([f"{proved} of {_plural(number, 'gradient')} proved", *others])
    elif everywhere:
        verdict += ", for all inputs"
    return Headline("good", "✓", verdict, " ".join(_scope(run, everywhere and proved == number)))


def _scope(run: Run, everywhere: bool) -> Iterator[str]:
    """Yield sentences that say what the verdict holds for."""
    if stated := sum(case.as_if is not None for case in run.cases):
        yield f"In {_plural(stated, 'case')} the derivative is that of another function than forward, as stated."
    if not everywhere:
        number = sum(map(total, run.cases))
        subject = (
            f"For all inputs in {number} of {_plural(len(run.cases), 'case')}; each of the others says"
            if number
            else "Each case says"
        )
        yield f"{subject} for which inputs it holds."
    elif any(map(rows.traced, run.cases)):
        yield "Each is proved to be the same function, at all inputs where both are defined, for the sizes listed."
    else:
        yield "Each is proved to be the same function, at all inputs where both are defined."


def _troubles(run: Run) -> Iterator[tuple[str, bool]]:
    """Yield what is the matter, and whether it is wrong and not only unknown."""
    number = run.count("gradient").total()
    if wrong := _failing(run, Verdict.REFUTED, "gradient"):
        yield f"{wrong} of {_plural(number, 'gradient')} {'is' if wrong == 1 else 'are'} wrong", True
    for quantity, noun in _NOUNS.items():
        if wrong := _failing(run, Verdict.REFUTED, quantity):
            yield f"{_plural(wrong, noun)} {'is' if wrong == 1 else 'are'} wrong", True
    if unexplained := run.unexplained:
        yield f"{_plural(unexplained, 'float result')} outside the rounding bound", True
    if faults := sum(finding.bad for finding in run.findings):
        yield f"{_plural(faults, 'fault')} found in how layers work", True
    if broken := _failing(run, Verdict.ERROR, "gradient", "value", "case"):
        yield f"{_plural(broken, 'error')} in the code", True
    if unknown := _failing(run, Verdict.UNDECIDED, "gradient", "value", "stated", "case"):
        yield f"{unknown} undecided", False
    if sampled := _failing(run, Verdict.SAMPLED, "gradient", "value"):
        yield f"{sampled} known at points only", False
    if not run.complete:
        yield "stopped early", False
    yield from _of_baseline(run)


def _of_baseline(run: Run) -> Iterator[tuple[str, bool]]:
    if run.weaker:
        yield f"{_plural(run.weaker, 'proof')} weaker than in the baseline", True
    if run.known:
        yield _plural(run.known, "known failure"), False
    if run.stale:
        noun = "entry no longer applies" if len(run.stale) == 1 else "entries no longer apply"
        yield f"{len(run.stale):,} baseline {noun}", run.strict


def _failing(run: Run, verdict: Verdict, *quantities: str) -> int:
    """Count what has a verdict and is not known to the baseline, as the gate does."""
    return sum(run.failing[quantity][verdict] for quantity in quantities if quantity in run.failing)


def _why(run: Run) -> tuple[CaseResult | None, Comparison | None, str]:
    """Return what is worst, and a sentence of it."""
    troubled = [(case, c) for case in run.cases for c in case.comparisons if not c.good]
    if troubled:
        order = {id(c): (c.passes, _ORDER[c.verdict], c.quantity != "gradient") for _, c in troubled}
        case, worst = min(troubled, key=lambda pair: order[id(pair[1])])
        worst = _blamed(case) or worst
        return case, worst, _sentence(case, worst)
    for case in run.cases:
        for finding in case.findings:
            if finding.bad:
                return case, None, f"{case.name}: {finding.detail}."
    return None, None, "" if run.cases else "No case was found."


def _blamed(case: CaseResult) -> Comparison | None:
    """Return a gradient that the blamed node gets wrong, which tells more than one that inherits the error."""
    if case.graph is None or case.graph.blamed is None:
        return None
    nodes = case.graph.nodes
    names = {nodes[i].label for i in (case.graph.blamed, *nodes[case.graph.blamed].args)}
    return next((c for c in case.comparisons if not c.good and c.quantity == "gradient" and c.name in names), None)


def _sentence(case: CaseResult, worst: Comparison) -> str:
    place = f" ({worst.place})" if worst.place else ""
    subject = f"the gradient of {worst.name}" if worst.quantity == "gradient" else cells.name(worst)
    if worst.diagnosis:
        return f"{case.name}: {subject}{place}: {worst.diagnosis}."
    if worst.verdict is Verdict.REFUTED and worst.actual:
        off = "" if case.graph is None or case.graph.blamed is None else _node(case)
        return f"{case.name}: {subject} is {worst.actual}, and exactly {cells.readable(worst.expected)}{place}{off}."
    reasons = [line.text for line in words.explanation(worst) if line.tells in ("relation", "because", "floats")]
    return f"{case.name}: {subject}{place}: {(reasons or [words.sentence(worst)])[0]}."


def _node(case: CaseResult) -> str:
    assert case.graph is not None
    assert case.graph.blamed is not None
    node = case.graph.nodes[case.graph.blamed]
    return f"; the first wrong node is {node.label}{f' ({node.operation})' if node.sign else ''}"


def _all(number: int) -> str:
    return "the only gradient" if number == 1 else f"all {number:,} gradients"


def _plural(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
