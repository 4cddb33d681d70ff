"""Classes with a gradient: layers, values, models, and the operations of autodiff engines, by their methods."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeGuard

from verify.cases.names import labels_of
from verify.scan import names
from verify.scan.behind import keys_of_value, returns_expressions, returns_force, returns_gradients, returns_loss
from verify.scan.candidate import Candidate
from verify.scan.source import Function, Source, has_flag, parameters, takes_instance

_METHODS = (
    ("model", names.CURVE, names.FITTED),
    ("layer", names.FORWARD, names.BACKWARD),
    ("value", names.VALUE, names.SLOPE),
    ("value", names.LIKELIHOOD, ("score",)),
)


def of_class(source: Source, name: str) -> Iterator[Candidate]:
    """Yield what has a gradient in a class: itself by its methods, pairs of methods, or operations of an engine."""
    within = source.within[name]
    cls = name.removeprefix(f"{within}.") if within else name
    main = _main(source, name)
    if main:
        yield main._replace(cls=cls, within=within)
    for item in [*_slopes(source, name), *(() if main else _operations(source, name))]:
        if main is None or not {item.forward, item.backward} & {main.forward, main.backward}:
            yield item._replace(cls=cls, within=within)


def _main(source: Source, name: str) -> Candidate | None:
    """Return a class as what its methods make it: a layer, a value with its derivative, or a model."""
    methods = source.methods(name)
    if inheriting := next(_inheriting(source, name, methods), None):
        return inheriting
    spellings = names.Spellings(methods)
    own = {item.name for item in source.classes[name].body if isinstance(item, Function)}
    for kind, forwards, backwards in _METHODS:
        forward, backward = spellings.find(*forwards), spellings.find(*backwards)
        if forward and backward:
            used = {forward, backward} | _reached(methods, (forward, backward))
            if used & own and not used & source.abstract(name):
                sign = "-" if names.is_force(backward) else ""
                line = _line(source, name, methods, backward, used)
                return Candidate(kind, name, forward, backward, line, sign=sign)
            return None
    return _net(source, name)


def unwritten(source: Source, name: str) -> Iterator[int]:
    """Yield the line of a method backward that is empty, or only raises, in a class that has a forward."""
    empty = source.empty(name)
    if names.Spellings(source.methods(name)).find(*names.FORWARD) and (
        backward := names.Spellings(empty).find(*names.BACKWARD)
    ):
        yield empty[backward].lineno


def _net(source: Source, name: str) -> Candidate | None:
    """Return a class with a method that returns a loss and gradients: those of its weights.

    They are by their names, or by those of attributes where it stores them; what stands there as an expression is one
    where it looks right, or where there are several behind a loss.
    """
    own = {item.name: item for item in source.classes[name].body if isinstance(item, Function) and takes_instance(item)}
    made = source.methods(name).get("__init__")
    weights = {item.attr for item in ast.walk(made) if _is_own(item)} if made else set()
    for key, node in own.items():
        keys = keys_of_value(node) if parameters(node) else None
        if keys or (parameters(node) and returns_force(key, node)):
            forces = keys is None or names.is_force(keys.gradients[0])
            return Candidate("net", name, key, key, node.lineno, sign="-" if forces else "")
        lossy = names.LOSS.search(key) is not None
        if (lossy or returns_loss(node)) and returns_gradients(node):
            return Candidate("net", name, key, key, node.lineno)
        behind = returns_expressions(node)
        if lossy and weights and parameters(node) and (behind or _stores_gradients(node, weights)):
            return Candidate("net", name, key, key, node.lineno, sure=behind != 1)
    return None


def _stores_gradients(node: Function, weights: set[str]) -> bool:
    """Tell whether a method stores attributes that are named as the gradients of other ones are."""
    stored = {item.attr for item in ast.walk(node) if _is_own(item) and isinstance(item.ctx, ast.Store)}
    returns = any(isinstance(item, ast.Return) and item.value for item in ast.walk(node))
    return returns and any(not stored.isdisjoint(labels_of(weight)) for weight in weights)


def _slopes(source: Source, name: str) -> Iterator[Candidate]:
    """Yield methods of an instance that come with a derivative, by another method or a flag, whatever the class is."""
    own = [item for item in source.classes[name].body if isinstance(item, Function) and takes_instance(item)]
    abstract = source.abstract(name)
    methods = {item.name: item for item in own if item.name not in abstract and item.name != "__init__"}
    spellings = names.Spellings(methods)
    for key, node in methods.items():
        twin = key if has_flag(node, optional=True) else spellings.twin(key)
        if twin and parameters(node):
            yield Candidate("value", f"{name}.{key}", key, twin, methods[twin].lineno)


def _inheriting(source: Source, name: str, methods: Mapping[str, Function]) -> Iterator[Candidate]:
    """Yield a class with a backward of its own whose forward is that of a base in another module."""
    if any(base not in source.classes and base not in names.PLAIN_BASES for base in source.bases(name)):
        spellings = names.Spellings(methods)
        for forward, backward in names.INHERITED:
            if (there := spellings.find(backward)) and not spellings.find(*names.FORWARD):
                yield Candidate("layer", name, forward, there, methods[there].lineno)


def _line(source: Source, name: str, methods: Mapping[str, Function], backward: str, used: set[str]) -> int:
    """Return the line of backward; in a class that only fills in what it calls, of the last such method."""
    own = [item for item in source.classes[name].body if isinstance(item, Function) and item.name in used]
    return next((item.lineno for item in own if item.name == backward), own[-1].lineno)


def _reached(methods: Mapping[str, Function], start: Sequence[str]) -> set[str]:
    """Return the methods of an instance that methods call, directly or not."""
    reached: set[str] = set()
    left = list(start)
    while left:
        node = methods.get(left.pop())
        called = {item.attr for item in ast.walk(node) if _is_own(item)} if node else set()
        left += called - reached
        reached |= called
    return reached


def _is_own(node: ast.AST) -> TypeGuard[ast.Attribute]:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"


def _operations(source: Source, name: str) -> Iterator[Candidate]:
    """Yield the operations of an autodiff engine: a class with backward and grad that makes others of its kind."""
    methods = source.methods(name)
    made = methods.get("__init__")
    stored = {item.attr for item in ast.walk(made) if _is_own(item)} if made else set()
    if "backward" in methods and "grad" in stored and stored & names.DATA:
        for node in source.classes[name].body:
            operator = isinstance(node, Function) and node.name in names.OPERATORS
            unary = isinstance(node, Function) and not parameters(node) and not node.name.startswith("_")
            if isinstance(node, Function) and (operator or unary) and _makes(node, name.rpartition(".")[2]):
                yield Candidate("engine", f"{name}.{node.name}", node.name, "backward", node.lineno)


def _makes(node: Function, name: str) -> bool:
    """Tell whether a method makes an object of a class, with a function that passes gradients on."""
    calls = [item.func for item in ast.walk(node) if isinstance(item, ast.Call)]
    made = any(isinstance(item, ast.Name) and item.id == name for item in calls)
    return made and any(isinstance(item, (ast.FunctionDef, ast.Lambda)) and item is not node for item in ast.walk(node))
