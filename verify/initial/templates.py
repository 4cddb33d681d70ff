"""Cases to fill in, as comments: of what scan found and could not set up, with the names that its source has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from verify.scan.candidate import OF_CLASSES, Candidate
from verify.scan.recipe import quoted, variable
from verify.scan.source import Function, Source, parameters

_SHAPE = '"..."'
_HINT = 'Or fill in a shape for each "...", such as "N D", and take the # away:'
_FUNCTIONS = ("pair", "derivative", "loss")


def template(candidate: Candidate, source: Source, module: str) -> str:
    """Return the lines of a case of a candidate, with shapes left open; nothing of what is within a function."""
    if candidate.within:
        return ""
    lines = [f"from {module} import {', '.join(_imported(candidate))}", *_case(candidate, source)]
    return "\n".join(f"# {line}".rstrip() for line in [_HINT, *lines])


def templates(path: Path, candidates: Sequence[Candidate], module: str) -> dict[str, str]:
    """Return the templates of what has a gradient in a file, by its name."""
    source = Source(path.read_bytes(), path.stem)
    return {candidate.name: template(candidate, source, module) for candidate in candidates}


def _imported(candidate: Candidate) -> list[str]:
    whole = [candidate.cls] if candidate.kind in OF_CLASSES else [candidate.forward, candidate.backward]
    return list(dict.fromkeys(name.split(".")[0] for name in whole))


def _case(candidate: Candidate, source: Source) -> list[str]:
    name = variable(candidate).removesuffix("_case")
    if candidate.kind in OF_CLASSES:
        methods = source.methods(candidate.place(candidate.cls))
        inputs, params = (_needed(methods.get(key)) for key in (candidate.forward, "__init__"))
        if candidate.kind == "layer":
            weights = f", params={{{_dict(params)}}}" if params else ""
            return [f"{name} = gradproof.layer({candidate.cls}, inputs={{{_dict(inputs)}}}{weights})"]
        lines = [f"layer = {candidate.cls}({', '.join(params)})", *_calls(candidate, methods, "layer.")]
        return _generator(name, [*inputs, *params], lines)
    arrays = _needed(source.functions.get(candidate.forward))
    functions = ", ".join(dict.fromkeys([candidate.forward, candidate.backward]))
    if candidate.kind in _FUNCTIONS:
        return [f"{name} = gradproof.{candidate.kind}({functions}, {_words(arrays)})"]
    return _generator(name, arrays, _calls(candidate, source.functions, ""))


def _generator(name: str, inputs: Sequence[str], lines: Sequence[str]) -> list[str]:
    each = list(dict.fromkeys(inputs))
    head = [f"@gradproof.case({_words(each)})", f"def {name}({', '.join(each)}):"]
    return [*head, *(f"    {line}" for line in lines)]


def _calls(candidate: Candidate, functions: Mapping[str, Function], before: str) -> list[str]:
    """Return the calls of the two functions, which a person puts the upstream gradient in."""
    forward, backward = (
        f"{before}{name}({', '.join(_needed(functions.get(name)))})" for name in (candidate.forward, candidate.backward)
    )
    return [f"dout = yield {forward}", f"return {backward}"]


def _needed(node: Function | None) -> list[str]:
    """Return the arguments of a function that have no default."""
    if node is None:
        return []
    optional = len(node.args.defaults)
    names = [item.arg for item in (*node.args.posonlyargs, *node.args.args)]
    names = names[: len(names) - optional] if optional else names
    return [name for name in names if name in parameters(node)]


def _words(names: Sequence[str]) -> str:
    return ", ".join(f"{name}={_SHAPE}" for name in names)


def _dict(names: Sequence[str]) -> str:
    return ", ".join(f"{quoted(name)}: {_SHAPE}" for name in names)
