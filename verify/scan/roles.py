"""Which argument of a gradient is what, by names: the upstream, inputs, or the output that forward has returned.

`softmax_backward(dout, y)` of `softmax(x)` takes what softmax returns. Where names do not tell, the output and the
input are both tried, and a gradient that looks right with neither is not refuted: it may take something else.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from verify.scan import names, shapes
from verify.scan.read import Read
from verify.scan.readings import Write, called
from verify.scan.recipe import HANDED, PASSED, Recipe, generator
from verify.scan.source import Function, parameters

_UNCLEAR = "nothing says what {} of {} is: the output and the input were tried"
_AS = "{} is passed {} as {}"


class _Roles(NamedTuple):
    """What a gradient is passed for its arguments, by their names, and which of them is the output, if any."""

    passed: Mapping[str, str]
    output: str = ""


def by_roles(read: Read) -> Iterator[Write]:
    """Yield what writes a function and its gradient, by what the arguments of this are."""
    if roles := _roles(read):
        passed = [*roles.passed.values()]
        if roles.output or {*passed} - {"dout"} < {*read.needed} or passed[0] != "dout":
            yield lambda inputs: _by_name(read, roles, inputs)
        if roles.output and len(read.needed) == 1:  # an input that has another name there
            swapped = {name: text if text != "output" else read.needed[0] for name, text in roles.passed.items()}
            yield lambda inputs: _by_name(read, roles._replace(passed=swapped), inputs)
        if roles.output:
            return
    yield called(read, "pair")


def _roles(read: Read) -> _Roles | None:
    """Return what the arguments of a gradient are, or None where it takes others than the upstream and one output."""
    node = read.functions.get(read.candidate.place(read.candidate.backward))
    taken = _required(node) if node else [*read.taken]
    others = [name for name in taken if name not in read.signature]
    if not {*taken} <= {*read.needed, *others} or not 1 <= len(others) <= 2:
        return None
    same = {name: name for name in taken if name in read.needed}
    if len(others) == 1:
        return _Roles({name: same.get(name, "dout") for name in taken}) if same else None
    if not _returns_one(read.functions.get(read.candidate.place(read.candidate.forward)), read.functions):
        return None
    upstream, output = others if not _is_swapped(*others) else reversed(others)
    return _Roles({name: {**same, upstream: "dout", output: "output"}[name] for name in taken}, output)


def _is_swapped(first: str, second: str) -> bool:
    """Tell whether the second one is named as an upstream gradient is, and the first one is not."""
    return bool(names.UPSTREAM.match(second) and not names.UPSTREAM.match(first))


def _required(node: Function) -> list[str]:
    optional = {item.arg for item in node.args.args[len(node.args.args) - len(node.args.defaults) :]}
    return [name for name in parameters(node) if name not in optional]


def _returns_one(node: Function | None, functions: Mapping[str, Function], seen: frozenset[str] = frozenset()) -> bool:
    """Tell whether a function returns one value: no tuple, and no other function's that may be one."""
    if node is None or node.name in seen:
        return False
    values = [item.value for item in ast.walk(node) if isinstance(item, ast.Return)]
    called = [getattr(value.func, "id", "") for value in values if isinstance(value, ast.Call)]
    others = [functions[name] for name in called if name in functions]
    return not any(isinstance(value, ast.Tuple) for value in values) and all(
        _returns_one(other, functions, seen | {node.name}) for other in others
    )


def _by_name(read: Read, roles: _Roles, inputs: Mapping[str, str]) -> Recipe:
    """Return a function whose gradient takes these: `(dout, mask, p)` or `(mask, dout, y)`."""
    masks = [name for name, text in inputs.items() if name in read.hinted.masks and shapes.is_narrow(text)]
    truths = {name: f"{name} == 1" for name in masks if read.hinted.masks[name]}
    forward, backward = (", ".join(truths.get(name, name) for name in each) for each in (inputs, roles.passed.values()))
    value = f"{read.candidate.forward}({forward}{PASSED}{HANDED})"
    keeps = "output" in roles.passed.values()
    lines = [
        *([f"output = {value}", "dout = yield output"] if keeps else [f"dout = yield {value}"]),
        f"return {read.candidate.backward}({backward}{HANDED})",
    ]
    recipe = generator(read.candidate, inputs, lines)
    both = frozenset(read.signature) & {*read.taken} - {*read.needed}
    only = frozenset(read.signature) - {*read.taken}
    recipe = replace(recipe, passed=only, handed=both, masks=frozenset(masks), unshared=only)
    return _noted(read, roles, recipe)


def _noted(read: Read, roles: _Roles, recipe: Recipe) -> Recipe:
    """Return a case that says what is passed under another name, and that this is a guess where no name tells."""
    if not roles.output:
        return recipe
    text = roles.passed[roles.output]
    note = _AS.format(read.candidate.backward, "the output" if text == "output" else text, roles.output)
    doubt = "" if _is_told(read, roles.output) else _UNCLEAR.format(roles.output, read.candidate.backward)
    return replace(recipe, notes=(*recipe.notes, note), doubt=doubt)


def _is_told(read: Read, output: str) -> bool:
    """Tell whether an argument is the output by its name: a usual one, or that of what forward returns."""
    forward = read.functions[read.candidate.place(read.candidate.forward)]
    returned = (item.value for item in ast.walk(forward) if isinstance(item, ast.Return))
    return bool(names.OUTPUT.match(output)) or any(getattr(value, "id", "") == output for value in returned)
