"""Classes and functions that are defined within a function: a case gets what that returns by calling it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from verify.scan.candidate import Candidate
from verify.scan.options import settings
from verify.scan.read import positional, required, resolved
from verify.scan.recipe import literal
from verify.scan.source import Source

_NOT_RETURNED = "it is defined within {}, which does not return it: return it there, or define it in the module"
_ASKS = "it is defined within {0}, and no usual value is known for {1}: give {1} a default, or define it in the module"


class UnreachableError(Exception):
    """What is defined within a function cannot be had from outside; the text says why, and what to change."""


def opened(candidate: Candidate, source: Source, module: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return the line of a case that gets a candidate out of its function, and the module with what it returns.

    Of a candidate in the module, that is no line and the module. Raises UnreachableError where the function does not
    return it or asks for what has no usual value, and whatever the function raises.
    """
    if not candidate.within:
        return "", module
    names = source.returned(candidate.within)
    if not set(_wanted(candidate)) <= {*names}:
        raise UnreachableError(_NOT_RETURNED.format(candidate.within))
    function = resolved(module, candidate.within)
    chosen = {name: _usual(name, candidate.within) for name in required(positional(inspect.signature(function)))}
    returned = function(**chosen)
    values = returned if len(names) > 1 else [returned]
    call = f"{candidate.within}({', '.join(f'{name}={literal(value)}' for name, value in chosen.items())})"
    return f"{', '.join(names)} = {call}\n", {**module, **dict(zip(names, values, strict=True))}


def _wanted(candidate: Candidate) -> Sequence[str]:
    texts = [candidate.cls] if candidate.cls else [candidate.forward, candidate.backward]
    return [text.split(".")[0] for text in texts]


def _usual(name: str, function: str) -> Any:
    if values := settings(name):
        return values[0]
    raise UnreachableError(_ASKS.format(function, name))
