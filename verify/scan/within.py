"""Classes and functions that are defined within a function: a case gets them from what a call of it returns."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from verify.scan.candidate import Candidate
from verify.scan.options import compared, settings
from verify.scan.read import positional, required, resolved
from verify.scan.recipe import literal
from verify.scan.source import Function, Source, takes_instance

_NOT_RETURNED = "it is defined within {}, which does not return it: return it there, or define it in the module"
_ASKS = "it is defined within {0}, and no usual value is known for {1}: give {1} a default, or define it in the module"
_CALLS = 12  # of a function that returns other things for other arguments
_MADE = "made"  # the variable with what the function returns, where parts of it are taken


class UnreachableError(Exception):
    """What is defined within a function cannot be had from outside; the text says why, and what to change."""


def opened(candidate: Candidate, source: Source, module: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return the line of a case that gets a candidate out of its function, and the module with what it returns.

    Of a candidate in the module, that is no line and the module. Raises UnreachableError where the function does not
    return it or asks for what has no usual value, and whatever the function raises.
    """
    if not candidate.within:
        return "", module
    node = source.makers[candidate.within]
    names, (call, returned) = source.returned(candidate.within), next(_calls(candidate.within, node, module))
    if set(_wanted(candidate)) <= {*names}:
        values = returned if len(names) > 1 else [returned]
        return f"{', '.join(names)} = {call}\n", {**module, **dict(zip(names, values, strict=True))}
    for call, returned in itertools.islice(_calls(candidate.within, node, module), _CALLS):
        places = {name: _place(f"{candidate.within}.<locals>.{name}", returned) for name in _wanted(candidate)}
        if all(places.values()):
            return _taken(call, places, {**module, _MADE: returned})
    raise UnreachableError(_NOT_RETURNED.format(candidate.within))


def _wanted(candidate: Candidate) -> Sequence[str]:
    texts = [candidate.cls] if candidate.cls else [candidate.forward, candidate.backward]
    return list(dict.fromkeys(text.split(".")[0] for text in texts))


def _calls(name: str, node: Function, module: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield calls of a function as text, and what they return: of arguments that it compares with texts, by each."""
    function, owner = resolved(module, name), name.rpartition(".")[0]
    if owner and takes_instance(node):
        function = getattr(resolved(module, owner)(), node.name)
        name = f"{owner}().{node.name}"
    signature, texts = positional(inspect.signature(function)), compared(node)
    varied = [key for key in signature if key in texts]
    needed = [key for key in required(signature) if key not in varied]
    usual = {key: _usual(key, name) for key in needed}
    for combination in itertools.product(*(texts[key] for key in varied)):
        chosen = {**usual, **dict(zip(varied, combination, strict=True))}
        arguments = ", ".join(f"{key}={literal(value)}" for key, value in chosen.items())
        yield f"{name}({arguments})", function(**chosen)


def _place(qualified: str, returned: Any) -> str:
    """Write where in a returned value a class or function is, which may be the class of what is there; or nothing."""
    parts = _parts(returned, _MADE)
    return next((text for text, part in parts if getattr(part, "__qualname__", "") == qualified), "") or next(
        (f"type({text})" for text, part in parts if type(part).__qualname__ == qualified), ""
    )


def _parts(value: Any, text: str, depth: int = 2) -> list[tuple[str, Any]]:
    """Return a value and what it holds, each with its text: `made["relu"][0]`."""
    held = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, (tuple, list)) else ()
    inner = [_parts(part, f"{text}[{literal(key)}]", depth - 1) for key, part in held] if depth else []
    return [(text, value), *itertools.chain.from_iterable(inner)]


def _taken(call: str, places: Mapping[str, str], module: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return the lines that take parts of what a call returns, and the module with them."""
    lines = [f"{_MADE} = {call}", *(f"{name} = {place}" for name, place in places.items())]
    parts = dict(_parts(module[_MADE], _MADE))
    parts |= {f"type({text})": type(part) for text, part in parts.items()}
    return "\n".join([*lines, ""]), {**module, **{name: parts[place] for name, place in places.items()}}


def _usual(name: str, function: str) -> Any:
    if values := settings(name):
        return values[0]
    raise UnreachableError(_ASKS.format(function, name))
