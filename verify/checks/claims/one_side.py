"""A gradient that is right on one side of a branch, and wrong on the other: which condition of the code parts the two.

Entries are right or wrong as far as formulas are proved to be alike. A condition is named that each of them decides on
its own, and differently where they are wrong. So may a mask be that is chosen by something else, by chance: hence the
same has to be seen at other inputs, in whose entries the branches are others.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from verify.checks.claims.coefficients import fault
from verify.checks.claims.explain import alike, constant_ratio
from verify.checks.claims.suspect import Suspect
from verify.graph.graph import Graph
from verify.graph.substitution import Rewritten
from verify.model.exact import decimal_text
from verify.model.excerpts import source_of
from verify.model.identity import Place
from verify.tracing.region import NEGATED, written

if TYPE_CHECKING:
    from verify.tracing.symbols.trace import Condition

_RIGHT = Fraction(1)
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
Factors = Mapping[int, Fraction | None]  # by entry: how many times the exact one came, None if it is no multiple


class _Question(NamedTuple):
    """What the code asks of each entry: the line, the calls that lead there, the relation, which of several it is."""

    where: Place
    path: int
    relation: str
    number: int


Questions = dict[_Question, dict[int, "Condition"]]  # of each entry


def sided_factor(s: Suspect) -> str:
    """Find that the entries on one side of a branch are off by one factor, and all others right."""
    factors = _factors(s)
    wrong = {factor for factor in factors.values() if factor != _RIGHT}
    if len(wrong) != 1 or None in wrong:
        return ""
    (factor,) = wrong
    side = _side(s, factors)
    return f"the gradient {fault(factor, 'is')} where {side}{_within(s)}" if side and factor is not None else ""


def sided(s: Suspect) -> str:
    """Find that just the entries on one side of a branch are wrong."""
    side = _side(s, _factors(s))
    return f"the gradient is wrong where {side}, and right elsewhere{_within(s)}" if side else ""


def _within(s: Suspect) -> str:
    """Say that other branches are those of this run, where the code asks more than something of each entry."""
    of_entries = {id(condition) for of in _questions(s).values() for condition in of.values()}
    others = (condition for condition in s.region.conditions if id(condition) not in of_entries)  # type: ignore[attr-defined]
    return " (other branches as in this run)" if any(condition.relation in _MIRRORED for condition in others) else ""


def _factors(s: Suspect) -> Factors:
    """Return by what each entry is off, if the code asks something of each; what is 0 on both sides says nothing."""
    if not s.small or not getattr(s.region, "conditions", ()):
        return {}
    pairs = enumerate(zip(s.expected, s.actual.nodes, strict=True))
    telling = {place: pair for place, pair in pairs if not all(s.graph.value(node) == 0 for node in pair)}
    if not any(telling.keys() <= of.keys() for of in _questions(s).values()):
        return {}
    return {place: _factor(s, *pair) for place, pair in telling.items()}


def _factor(s: Suspect, expected: int, actual: int) -> Fraction | None:
    if alike(s.graph, [expected], [actual]):
        return _RIGHT
    if s.graph.value(actual) == 0:
        return Fraction(0)
    return None if s.graph.value(expected) == 0 else constant_ratio(s.graph, expected, actual, s.region)


def _side(s: Suspect, factors: Factors) -> str:
    """Return the condition that holds of the wrong entries and not of the right ones, here and at other inputs."""
    if len({factor == _RIGHT for factor in factors.values()}) < 2:  # all right or all wrong
        return ""
    sides = {question: answer for question in _questions(s) if (answer := _answer(s, factors, question)) is not None}
    if not sides:
        return ""
    others = [(other, _factors(other)) for other in s.elsewhere()]
    confirmed = [
        q for q, answer in sides.items() if others and all(_follows(*other, q, answer, factors) for other in others)
    ]
    return next(filter(None, (_written(s, question, sides[question]) for question in confirmed)), "")


def _questions(s: Suspect) -> Questions:
    """Return the questions of which each is about one entry, with the condition of each entry."""
    own = {node: place for place, node in enumerate(s.inputs[s.name][1])} if s.name in s.inputs else {}
    questions: Questions = {}
    for condition in s.region.conditions:  # type: ignore[attr-defined]
        leaves = s.graph.leaves(condition.node)
        places = [own[leaf] for leaf in leaves if leaf in own]
        if len(places) == 1 and condition.relation in _MIRRORED and not condition.tie:
            start = condition.where, condition.path, condition.relation
            number = sum(question[:3] == start and places[0] in of for question, of in questions.items())
            questions.setdefault(_Question(*start, number), {})[places[0]] = condition
    return questions


def _answer(s: Suspect, factors: Factors, question: _Question) -> bool | None:
    """Return how wrong entries answer a question, where all of them do in one way and the right ones in the other."""
    of = _questions(s)[question]
    if not factors.keys() <= of.keys():
        return None
    wrong = {of[place].holds for place, factor in factors.items() if factor != _RIGHT}
    right = {of[place].holds for place, factor in factors.items() if factor == _RIGHT}
    return None if len(wrong) > 1 or wrong & right else next(iter(wrong), None)


def _follows(other: Suspect, own: Factors, question: _Question, answer: bool, factors: Factors) -> bool:
    """Tell whether the same side is wrong, in the same way, at other inputs."""
    wrong = {factor for factor in own.values() if factor != _RIGHT}
    same = wrong <= {factor for factor in factors.values() if factor != _RIGHT}
    of = _questions(other).get(question, {})
    return same and own.keys() <= of.keys() and all((own[p] != _RIGHT) == (of[p].holds is answer) for p in own)


def _written(s: Suspect, question: _Question, answer: bool) -> str:
    """Write a condition: its formula where that is the same of all entries, else as it stands in the code."""
    conditions = [*_questions(s)[question].values()]
    relation = question.relation if answer else NEGATED[question.relation]
    forms = {_form(s, condition, relation) for condition in conditions}
    if len(forms) == 1 and (form := forms.pop()):
        return form
    text = _compared(question.where)
    return f"{text} is {'true' if answer else 'false'} ({question.where})" if text else ""


def _form(s: Suspect, condition: Condition, relation: str) -> str:
    """Write what holds, with arrays in place of their entries; nothing if two entries are of one array."""
    arrays = {node: name for name, (_, nodes) in s.inputs.items() for node in nodes}
    leaves = s.graph.leaves(condition.node)
    names = [arrays.get(leaf, "") for leaf in leaves]
    if not all(names) or len({*names}) < len(names):
        return ""
    whole = Graph()
    values = {leaf: whole.variable(name) for leaf, name in zip(leaves, names, strict=True)}
    s.graph.read([condition.node], Rewritten(whole), values)
    node = values[condition.node]
    constants = [part for part in whole.args[node] if whole.value(part) is not None] if whole.ops[node] == "sum" else []
    bound = -sum(map(whole.constants.__getitem__, constants), Fraction(0))
    moved = whole.sum(node, whole.constant(bound))
    text = written(whole, moved)
    if text.startswith("-"):
        moved, bound, relation = whole.product(whole.constant(-_RIGHT), moved), -bound, _MIRRORED[relation]
    return f"{written(whole, moved)} {relation} {decimal_text(bound)}"


def _compared(where: Place) -> str:
    """Return the comparison on a line of the code, where there is just one."""
    texts = {text for line, text in _comparisons(where.file) if line == where.line}
    return texts.pop() if len(texts) == 1 else ""


@lru_cache(maxsize=8)
def _comparisons(file: str) -> Sequence[tuple[int, str]]:
    """Return the comparisons of a file, with their lines."""
    try:
        return [*_of_source(source_of(file))]
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return ()


def _of_source(text: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Compare):
            yield node.lineno, ast.unparse(node)
