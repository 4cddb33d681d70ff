"""Cases that are begun: of code that no call was found for, with `...` where a person has to fill something in."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from verify.scan.candidate import OF_CLASSES, Candidate
from verify.scan.hints import hints
from verify.scan.recipe import Recipe, quoted, variable
from verify.scan.source import Function, Source, parameters
from verify.scan.trial import IN_BACKWARD, NOT_FINITE

_OPEN = "..."
_DIMENSION = re.compile(r"[A-Za-z]\w*|\d+")
_FUNCTIONS = ("pair", "derivative", "loss")
_UNNAMED = ("output", "cache")


class Begun(NamedTuple):
    """The text of a case, and what is `open` in it: the inputs whose shapes are missing."""

    text: str = ""
    open: tuple[str, ...] = ()


def begun(candidate: Candidate, source: Source, closest: Recipe | None, score: int) -> Begun:
    """Return a case as far as the closest call went; nothing of what is within a function.

    Shapes that the source does not state are open where forward raises. Where it runs, its shapes are those of the
    call, and the bounds of its inputs are open, or how backward is called, or what of it is returned.
    """
    if candidate.within:
        return Begun()
    functions, inputs, params = _arguments(candidate, source)
    names = list(dict.fromkeys([*inputs, *params]))
    described = _described(names, functions, closest if score >= NOT_FINITE else None)
    if score == NOT_FINITE:
        described = {name: _bounded(text) for name, text in described.items()}
    if score >= IN_BACKWARD:
        lines = _generator(candidate, described, _calls(candidate, functions, inputs, params))
    else:
        lines = _declared(candidate, functions, inputs, params, described)
    still = tuple(name for name, text in described.items() if quoted(_OPEN) in text)
    return Begun("\n".join(lines), still if score < IN_BACKWARD else ())


def _arguments(candidate: Candidate, source: Source) -> tuple[Mapping[str, Function], list[str], list[str]]:
    """Return the functions that a candidate has, and what its forward and its constructor have to be passed."""
    if candidate.kind not in OF_CLASSES:
        return source.functions, _needed(source.functions.get(candidate.forward)), []
    methods = source.methods(candidate.place(candidate.cls))
    return methods, _needed(methods.get(candidate.forward)), _needed(methods.get("__init__"))


def _described(names: Sequence[str], functions: Mapping[str, Function], closest: Recipe | None) -> dict[str, str]:
    """Return the descriptions of inputs: those of a call that ran, else the shapes that the source states, or open."""
    stated = {name: parts for name, parts in hints(*functions.values()).shapes.items() if all(map(_is_part, parts))}
    ran = closest.inputs if closest else {}
    return {name: ran.get(name, quoted(" ".join(stated.get(name, (_OPEN,))))) for name in names}


def _is_part(text: str) -> bool:
    return bool(_DIMENSION.fullmatch(text))


def _bounded(text: str) -> str:
    return f"gradproof.real({text}, low=..., high=...)" if text.startswith('"') else text


def _imported(candidate: Candidate) -> list[str]:
    whole = [candidate.cls] if candidate.kind in OF_CLASSES else [candidate.forward, candidate.backward]
    return list(dict.fromkeys(name.split(".")[0] for name in whole))


def _declared(
    candidate: Candidate,
    functions: Mapping[str, Function],
    inputs: Sequence[str],
    params: Sequence[str],
    described: Mapping[str, str],
) -> list[str]:
    """Return a case in the form that its kind has, whose shapes are open."""
    name = _variable(candidate)
    if candidate.kind == "layer":
        weights = f", params={{{_dict(params, described)}}}" if params else ""
        return [f"{name} = gradproof.layer({candidate.cls}, inputs={{{_dict(inputs, described)}}}{weights})"]
    if candidate.kind in _FUNCTIONS:
        called = ", ".join(dict.fromkeys([candidate.forward, candidate.backward]))
        return [f"{name} = gradproof.{candidate.kind}({called}, {_words(described)})"]
    return _generator(candidate, described, _calls(candidate, functions, inputs, params))


def _generator(candidate: Candidate, described: Mapping[str, str], lines: Sequence[str]) -> list[str]:
    head = [f"@gradproof.case({_words(described)})", f"def {_variable(candidate)}({', '.join(described)}):"]
    return [*head, *(f"    {line}" for line in lines)]


def _calls(
    candidate: Candidate, functions: Mapping[str, Function], inputs: Sequence[str], params: Sequence[str]
) -> list[str]:
    """Return the calls of forward and backward; what backward takes that has the name of nothing there is open.

    Where it takes nothing else, what of its result is which gradient is open.
    """
    made = [f"layer = {candidate.cls}({', '.join(params)})"] if candidate.kind in OF_CLASSES else []
    owner = "layer." if made else ""
    forward = functions.get(candidate.forward)
    returned = _returned(forward) if forward else []
    value = f"{owner}{candidate.forward}({', '.join(inputs)})"
    if candidate.forward == candidate.backward:
        return [*made, f"value, gradients = {value}", "yield value", "return ..."]
    run = [f"{', '.join(returned)} = {value}", f"dout = yield {returned[0]}"] if returned else [f"dout = yield {value}"]
    named = {*inputs, *params, *returned[1:]}
    passed: list[str] = []
    upstream = ["dout"]
    for name in _needed(functions.get(candidate.backward)):
        text = name if name in named else upstream.pop() if upstream else _OPEN
        passed.append(f"{name}={text}" if any("=" in each for each in passed) or text == _OPEN else text)
    call = f"{owner}{candidate.backward}({', '.join(passed)})"
    ending = [f"return {call}"] if _OPEN in call else [f"gradients = {call}", "return ..."]
    return [*made, *run, *ending]


def _returned(node: Function) -> list[str]:
    """Return names for what a function returns in a tuple: its own where it has some."""
    returns = [item.value for item in ast.walk(node) if isinstance(item, ast.Return)]
    last = returns[-1] if returns else None
    parts = last.elts if isinstance(last, ast.Tuple) else []
    return [getattr(part, "id", _UNNAMED[min(place, 1)]) for place, part in enumerate(parts)]


def _variable(candidate: Candidate) -> str:
    """Return the name of the case, which hides nothing that it imports."""
    name = variable(candidate)
    return name if (short := name.removesuffix("_case")) in _imported(candidate) else short


def _needed(node: Function | None) -> list[str]:
    """Return the arguments of a function that have no default."""
    if node is None:
        return []
    optional = len(node.args.defaults)
    names = [item.arg for item in (*node.args.posonlyargs, *node.args.args)]
    names = names[: len(names) - optional] if optional else names
    return [name for name in names if name in parameters(node)]


def _words(described: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={text}" for name, text in described.items())


def _dict(names: Sequence[str], described: Mapping[str, str]) -> str:
    return ", ".join(f"{quoted(name)}: {described[name]}" for name in names)
