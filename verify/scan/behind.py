"""Functions that return gradients behind a value: losses, by the names or the forms of what they return."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from verify.scan import names
from verify.scan.candidate import Candidate, of_functions
from verify.scan.source import Function, Scope, Source, parameters


def closures(_: Source, scope: Scope) -> Iterator[Candidate]:
    """Yield functions that return a value, and the function that takes its upstream gradient: `return y, pullback`."""
    for name, node in scope.functions.items():
        inner = {item.name: item for item in node.body if isinstance(item, Function) and len(parameters(item)) == 1}
        for value in _returned(node) if parameters(node) else []:
            last = value.elts[-1]
            named = isinstance(last, ast.Name) and last.id in inner and not _is_function(value.elts[0], node)
            unnamed = isinstance(last, ast.Lambda) and len(last.args.args) == 1
            if len(value.elts) == 2 and (named or unnamed):
                sure = bool(names.PULLBACK.search(f"{name} {getattr(last, 'id', '')}"))
                yield of_functions(scope, "closure", name, name, name)._replace(sure=sure)
                break


def _is_function(value: ast.expr, node: Function) -> bool:
    """Tell whether a value is a function that is defined in another one."""
    inner = {item.name for item in node.body if isinstance(item, Function)}
    return isinstance(value, ast.Lambda) or (isinstance(value, ast.Name) and value.id in inner)


def losses(_: Source, scope: Scope) -> Iterator[Candidate]:
    """Yield functions that return a tuple with gradients behind the value."""
    for name, node in scope.functions.items():
        tuples = _returned(node) if parameters(node) else []
        if returns_gradients(node, tuples):
            yield of_functions(scope, "loss", name, name, name)
        elif any(map(_has_gradient_first, tuples)):
            yield of_functions(scope, "behind", name, name, name)
        elif keys := keys_of_value(node) if parameters(node) else None:
            sign = "-" if names.is_force(keys.gradients[0]) else ""
            yield of_functions(scope, "loss", name, name, name)._replace(sign=sign)
        elif returns_force(name, node, tuples):
            sure = names.is_energy(name) or any(names.is_force(_leading(item.elts[1])) for item in tuples)
            yield of_functions(scope, "loss", name, name, name)._replace(sign="-", sure=sure)
        elif names.LOSS.search(name) and any(map(_has_expressions, tuples)):
            sure = bool(names.STATED.search(ast.get_docstring(node) or ""))
            yield of_functions(scope, "loss", name, name, name)._replace(sure=sure)


class Keys(NamedTuple):
    """The keys under which a function returns a value and its gradients: `{"energy": E, "forces": F}`."""

    value: str
    gradients: tuple[str, ...]


def keys_of_value(node: Function) -> Keys | None:
    """Return the keys of a dict that a function returns with one loss or energy, and gradients or forces beside it."""
    returned = [item.value for item in ast.walk(node) if isinstance(item, ast.Return)]
    called = {getattr(value, "id", "") for value in returned}
    assigned = [item.value for item in ast.walk(node) if isinstance(item, ast.Assign) and _target(item) in called]
    for made in (*returned, *assigned):
        keys = (
            [str(key.value) for key in made.keys if isinstance(key, ast.Constant)] if isinstance(made, ast.Dict) else []
        )
        values = [key for key in keys if names.LOSS.search(key) or names.is_energy(key)]
        gradients = tuple(key for key in keys if key not in values and _is_slope(key, parameters(node)))
        if len(values) == 1 and gradients:
            return Keys(values[0], gradients)
    return None


def _target(node: ast.Assign) -> str:
    return getattr(node.targets[0], "id", "")


def _is_slope(key: str, arguments: Sequence[str]) -> bool:
    """Tell whether a key is that of gradients or forces."""
    of_argument = key[:1] == "d" and key[1:].lower() in map(str.lower, arguments)
    return names.is_force(key) or of_argument or names.GRADIENT.match(key) is not None


def returns_force(name: str, node: Function, tuples: Sequence[ast.Tuple] | None = None) -> bool:
    """Tell whether a function of this name returns an energy with its force behind it."""
    returned = _returned(node) if tuples is None else tuples
    return any(_has_force(name, ast.get_docstring(node) or "", item) for item in returned)


def returns_gradients(node: Function, tuples: Sequence[ast.Tuple] | None = None) -> bool:
    """Tell whether a function returns a tuple with gradients behind the value; `tuples` are those that it returns."""
    arguments = frozenset(argument.lower() for argument in parameters(node))
    returned = _returned(node) if tuples is None else tuples
    return bool(arguments) and any(_has_gradient(item, arguments) for item in returned)


def returns_loss(node: Function) -> bool:
    """Tell whether a function returns a tuple whose first value is a loss by its name."""
    return any(names.LOSS.search(_leading(item.elts[0])) for item in _returned(node))


def returns_expressions(node: Function) -> int:
    """Return how many expressions a function returns behind its value, in a tuple or as they are; 0 for none."""
    for item in _returned(node):
        behind = item.elts[1].elts if isinstance(item.elts[1], (ast.Tuple, ast.List)) else item.elts[1:]
        if _has_expressions(ast.Tuple([item.elts[0], *behind])):
            return len(behind)
    return 0


def _returned(node: Function) -> list[ast.Tuple]:
    """Return the tuples of several values that a function returns."""
    values = [item.value for item in ast.walk(node) if isinstance(item, ast.Return)]
    tuples = [value for value in values if isinstance(value, ast.Tuple) and len(value.elts) > 1]
    return [value for value in tuples if not _is_function(value.elts[0], node)]


def _has_force(name: str, text: str, node: ast.Tuple) -> bool:
    """Tell whether a force stands behind its energy: by its name, else by that of the function or its text."""
    first, second, *others = map(_leading, node.elts)
    if others:
        return False
    energetic = names.is_energy(name) or names.is_energy(first)
    named_so = names.is_force(name) or names.FORCEFUL.search(text) is not None
    return (first, second) == ("E", "F") or (energetic and (names.is_force(second) or named_so))


def _has_expressions(node: ast.Tuple) -> bool:
    """Tell whether a tuple is a value, and something computed behind it."""
    return all(isinstance(item, (ast.BinOp, ast.UnaryOp, ast.Call)) for item in node.elts[1:])


def _has_gradient(node: ast.Tuple, arguments: frozenset[str]) -> bool:
    first, *rest = node.elts
    beside_loss = names.LOSS.search(_leading(first)) is not None  # loss, d / N
    return not _is_gradient(first, arguments) and all(
        _is_gradient(item, arguments) or (beside_loss and (_leading(item) == "d" or _are_gradients(item, arguments)))
        for item in rest
    )


def _are_gradients(node: ast.expr, arguments: frozenset[str]) -> bool:
    """Tell whether values in a tuple are gradients by their names: one is for sure, the others begin like one.

    So does `dpos` of an argument p; `ddistance` of a and p does not.
    """
    parts = node.elts if isinstance(node, (ast.Tuple, ast.List)) else []
    begins = tuple(f"d{argument}" for argument in arguments)
    return any(_is_gradient(part, arguments) for part in parts) and all(
        _is_gradient(part, arguments) or _leading(part).startswith(begins) for part in parts
    )


def _has_gradient_first(node: ast.Tuple) -> bool:
    """Tell whether a loss stands behind its gradients: `return grads, cost`."""
    gradient, loss, *others = node.elts
    return not others and _is_gradient(gradient, frozenset()) and names.LOSS.search(_leading(loss)) is not None


def _is_gradient(node: ast.expr, arguments: frozenset[str]) -> bool:
    """Tell whether an expression is a gradient by its name, `dx` of an argument x, or a form of one: `dx / N`."""
    name = _leading(node)
    of_argument = name[:1] == "d" and name[1:].lower() in arguments
    if isinstance(node, (ast.Tuple, ast.List)) and node.elts:
        return all(_is_gradient(item, arguments) for item in node.elts)
    return isinstance(node, ast.Dict) or of_argument or bool(names.GRADIENT.match(name))


def _leading(node: ast.expr) -> str:
    """Return the name that an expression is a form of: dx in `dx / N` and `dx.reshape(N, -1)`; usually one."""
    while isinstance(node, (ast.BinOp, ast.Attribute, ast.Call)):
        if isinstance(node, ast.BinOp):
            node = node.left if isinstance(node.left, (ast.Name, ast.BinOp)) else node.right
        else:
            node = node.value if isinstance(node, ast.Attribute) else node.func
    return node.id if isinstance(node, ast.Name) else ""
