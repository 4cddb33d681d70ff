"""What the text of a case says of its call that its first line does not: values that no code gives, and conversions.

It is read of the text, whoever wrote that: no kind of case can pass a value to the code that is not found here.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from verify.scan import names
from verify.scan.candidate import OF_CLASSES, Candidate
from verify.scan.read import required, resolved
from verify.scan.recipe import Recipe, literal
from verify.scan.variation import called

_CHOSEN = "{} {}; for other values, write a case: `gradproof init`"
_KINDS = ("is a value that scan chose", "are values that scan chose")
_PASSED = "the code is passed {}"
_MASKED = "{} {} of zeros and ones"
_ARRAYS = ("is an array", "are arrays")
_ONE_HOT = "{} as rows of the identity (one-hot)"
_ENERGY = "the value behind the energy is taken as its gradient: a force would be the negative of that"
_UNIT_UPSTREAM = "checked for {} = 1 only"


def notes_of_call(candidate: Candidate, recipe: Recipe, module: Mapping[str, Any]) -> Iterator[str]:
    """Say which values scan has chosen, what the code is passed in place of an input, and which upstream is 1."""
    if values := chosen(candidate, recipe, module):
        texts = ", ".join(f"{name}={text}" for name, text in values.items())
        yield _CHOSEN.format(texts, _KINDS[len(values) > 1])
    if masks := [name for name in recipe.inputs if name in recipe.masks]:
        yield _MASKED.format(", ".join(masks), _ARRAYS[len(masks) > 1])
    if converted := list(dict.fromkeys(_converted(recipe))):
        yield _PASSED.format(", ".join(converted))
    if candidate.kind == "loss" and names.is_energy(candidate.forward) and not (candidate.sign or candidate.sure):
        yield _ENERGY
    if upstream := _upstream(candidate, module) if "upstream=1" in recipe.text else "":
        yield _UNIT_UPSTREAM.format(upstream)


def chosen(candidate: Candidate, recipe: Recipe, module: Mapping[str, Any]) -> dict[str, str]:
    """Return the values of arguments that the code has no default for, and of which one alone is tried."""
    values: dict[str, str] = {}
    for call in _calls(recipe):
        if ast.unparse(call.func) == candidate.cls:
            values |= {word.arg: ast.unparse(word.value) for word in call.keywords if word.arg and _is_value(word)}
    constants = {name: text for name, text in recipe.inputs.items() if text.startswith("gradproof.constant(")}
    values |= {name: text.removeprefix("gradproof.constant(").removesuffix(")") for name, text in constants.items()}
    needed = {name for function in called(candidate, module) for name in _needed(function)}
    single = {name: each[0] for name, each in recipe.options.items() if len(each) == 1 and name in needed}
    return {**values, **{name: literal(value) for name, value in single.items()}}


def _needed(function: Any) -> list[str]:
    with suppress(TypeError, ValueError):
        return required(inspect.signature(function).parameters)
    return []


def _calls(recipe: Recipe) -> Iterator[ast.Call]:
    return (item for item in ast.walk(ast.parse(recipe.code)) if isinstance(item, ast.Call))


def _is_value(word: ast.keyword) -> bool:
    """Tell whether an argument is a value of its own: no input, and no step, of which any is as good."""
    read = {item.id for item in ast.walk(word.value) if isinstance(item, ast.Name)}
    bound = {item.arg for item in ast.walk(word.value) if isinstance(item, ast.arg)}
    step = word.arg and (names.is_stepping(word.arg) or names.OPTIMIZER.match(word.arg))
    return not read - bound - {"np"} and not step


def _converted(recipe: Recipe) -> Iterator[str]:
    """Yield what calls of the code are passed that is made of an input: `y as 2 * y - 1`."""
    for call in _calls(recipe):
        if ast.unparse(call.func).split(".")[0] not in ("gradproof", "np"):
            for value in (*call.args, *(word.value for word in call.keywords)):
                yield from (_conversion(name, value) for name in _made_of(value) if name in recipe.inputs)


def _conversion(name: str, value: ast.expr) -> str:
    is_row = isinstance(value, ast.Subscript) and ast.unparse(value.value).startswith("np.eye(")
    return _ONE_HOT.format(name) if is_row else f"{name} as {ast.unparse(value)}"


def _made_of(value: ast.expr) -> list[str]:
    """Return the names that an expression computes with: none of a name alone, a list of names, or a shape."""
    if not isinstance(value, (ast.BinOp, ast.Compare, ast.Subscript)):
        return []
    shapes = {part for item in ast.walk(value) if _is_shape(item) for part in ast.walk(item)}
    return [item.id for item in ast.walk(value) if isinstance(item, ast.Name) and item not in shapes]


def _is_shape(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "shape"


def _upstream(candidate: Candidate, module: Mapping[str, Any]) -> str:
    """Return the argument of backward that is 1 by default, as that of a loss: `dout=1`."""
    if candidate.kind not in OF_CLASSES:
        return ""
    with suppress(TypeError, ValueError, KeyError, AttributeError):
        method = getattr(resolved(module, candidate.cls), candidate.backward)
        for name, item in inspect.signature(method).parameters.items():
            if type(item.default) in (int, float) and item.default == 1:
                return name
    return ""
