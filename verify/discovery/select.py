"""`-k`: which cases a person means, as pytest understands it: words, `and`, `or`, `not`, parentheses."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable

from verify.model.errors import InputError

Parser = Callable[[list[str], str], tuple[bool, list[str]]]

_OPERATORS = ("and", "or", "not", "(", ")")


def matches(pattern: str, name: str) -> bool:
    """Tell whether a name has what a pattern asks for; words between operators are one piece, in any case.

    Raises InputError for a pattern that does not parse.
    """
    tokens = re.findall(r"[()]|[^\s()]+", pattern)
    matching, rest = _alternatives(tokens, name.lower())
    if rest:
        raise InputError(f"-k {pattern!r}: unexpected {rest[0]!r}")
    return matching


def _alternatives(tokens: list[str], name: str) -> tuple[bool, list[str]]:
    return _joined("or", any, _all, tokens, name)


def _all(tokens: list[str], name: str) -> tuple[bool, list[str]]:
    return _joined("and", all, _term, tokens, name)


def _joined(
    operator: str, combine: Callable[[list[bool]], bool], part: Parser, tokens: list[str], name: str
) -> tuple[bool, list[str]]:
    """Parse parts with an operator between them; returns whether they match together, and the tokens left."""
    matching, tokens = part(tokens, name)
    results = [matching]
    while tokens and tokens[0] == operator:
        matching, tokens = part(tokens[1:], name)
        results.append(matching)
    return combine(results), tokens


def _term(tokens: list[str], name: str) -> tuple[bool, list[str]]:
    if not tokens:
        raise InputError("-k: a word is missing at the end")
    if tokens[0] == "not":
        matching, rest = _term(tokens[1:], name)
        return not matching, rest
    if tokens[0] == "(":
        matching, rest = _alternatives(tokens[1:], name)
        if rest[:1] != [")"]:
            raise InputError("-k: a closing parenthesis is missing")
        return matching, rest[1:]
    words = list(itertools.takewhile(lambda token: token not in _OPERATORS, tokens))
    if not words:
        raise InputError(f"-k: expected a word, got {tokens[0]!r}")
    return " ".join(words).lower() in name, tokens[len(words) :]
