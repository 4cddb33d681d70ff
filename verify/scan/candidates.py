"""Hand-written gradients in a source, by the names of functions and methods: read with `ast`, nothing is imported."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from verify.cases.names import spelled
from verify.scan import names
from verify.scan.behind import closures, losses
from verify.scan.callsites import solved
from verify.scan.candidate import Candidate, of_functions
from verify.scan.classes import of_class, unwritten
from verify.scan.source import Scope, Source, has_flag, parameters

_DEFINED = re.compile(rb"^[ \t]*(?:async[ \t]+)?def[ \t]+(\w+)", re.MULTILINE)
_FLAG = re.compile(rb"\bdef\s+\w+\s*\([^)]*?[,(]\s*(?:%s)\s*[=,):]" % "|".join(names.FLAGS).encode())
_CLOSURE = re.compile(
    rb"return\b[^\n]*,\s*(?:lambda\b|\w*(?:vjp|pullback|backward|bwd|backprop|grad)\w*\)?[ \t]*$)", re.MULTILINE
)
_BEHIND = re.compile(
    rb"return\s*\(?(?:\w*grads?|\w*gradients?)\s*,|return\b[^\n]*,\s*\(?(?:d\w*|g|jac\w*|\w*grads?\w*|\w*gradients?|delta\w*|\w*forces?|F)(?:\.\w+(?:\([^)\n]*\))?)?"
    rb"(?:\s*[/*][^,\n]*)?\)?[ \t]*$|return\b[^\n]*,[ \t]*\{|\b(?:jac|fprime|gradient)\s*="
    rb"|\b(?:check_grad|fmin_\w+)\s*\(",
    re.MULTILINE,
)


def may_have(data: bytes) -> bool:
    """Tell whether a source may have a gradient, by the names that it defines: most have none, and are not parsed."""
    defined = {name.decode() for name in _DEFINED.findall(data)}
    words = {spelled(name) for name in defined}
    methods = not words.isdisjoint((*names.BACKWARD, *names.SLOPE, *names.FITTED, *names.LIKELIHOOD))
    pairs = any(twin in name for name in words for _, twin in names.TWINS)
    losses = b"return" in data and any(map(names.LOSS.search, defined))
    return (
        methods
        or pairs
        or losses
        or bool(_CLOSURE.search(data))
        or _has_derivative(defined)
        or bool(_FLAG.search(data) or _BEHIND.search(data))
    )


def _has_derivative(defined: set[str]) -> bool:
    spellings = names.Spellings(defined)
    return spellings.has_twins or any(map(spellings.gradient, defined))


def candidates(source: Source) -> list[Candidate]:
    """Return what has a gradient in a source, in the order of its lines."""
    of_classes = [candidate for name in source.classes for candidate in of_class(source, name)]
    of_functions = [item for scope in source.scopes for item in _of_scope(source, _without_methods(scope, of_classes))]
    return sorted([*of_classes, *of_functions], key=lambda candidate: candidate.line)


def unwritten_in(source: Source) -> list[str]:
    """Return the classes whose backward is still to be written, each with its line."""
    return [f"{name} (line {line})" for name in source.classes for line in unwritten(source, name)]


def _without_methods(scope: Scope, of_classes: Sequence[Candidate]) -> Scope:
    """Return a scope without the static methods that its class has its gradient by."""
    own = [item for item in of_classes if f"{item.cls}." == scope.prefix and item.within == scope.within]
    used = {name for item in own for name in (item.forward, item.backward)}
    return scope._replace(functions={name: node for name, node in scope.functions.items() if name not in used})


def _of_scope(source: Source, scope: Scope) -> list[Candidate]:
    """Return what has a gradient among functions that see each other, each function in one candidate only."""
    of_functions: list[Candidate] = []
    for read in (_minimized, _pairs, _flags, _derivatives, _costs, closures, losses):
        taken = {name for item in of_functions for name in (item.forward, item.backward)}
        of_functions += [item for item in read(source, scope) if not {item.forward, item.backward} & taken]
    return of_functions


def _pairs(source: Source, scope: Scope) -> Iterator[Candidate]:
    spellings = names.Spellings(scope.functions)
    for name in scope.functions:
        words = spelled(name)
        for word, twin in names.TWINS:
            backward = spellings.find(re.sub(rf"(?<![a-z]){word}", twin, words)) if word in words else ""
            if backward and backward != name:
                plain = _without(word, name) or ("" if scope.title else source.module or name)
                yield of_functions(scope, "pair", plain, name, backward)
                break


def _without(word: str, name: str) -> str:
    """Return the name of a function without the word that its twin has another for: relu of reluForward."""
    return re.sub(rf"^(?i:{word})[a-z]*_?|_?(?i:{word})[a-z]*", "", name)


def _derivatives(_: Source, scope: Scope) -> Iterator[Candidate]:
    spellings = names.Spellings(scope.functions)
    for name, node in scope.functions.items():
        if parameters(node) and (twin := spellings.twin(name)):
            takes_upstream = _takes_upstream(parameters(scope.functions[twin]), parameters(node))
            yield of_functions(scope, "pair" if takes_upstream else "derivative", name, name, twin)


def _takes_upstream(gradient: Sequence[str], function: Sequence[str]) -> bool:
    """Tell whether a gradient takes more than its function does, or something else that is named as an upstream is."""
    named = any(names.UPSTREAM.match(name) for name in gradient if name not in function)
    return len(gradient) > len(function) or (named and len(gradient) > 1)


def _costs(_: Source, scope: Scope) -> Iterator[Candidate]:
    """Yield costs and their gradients, which take the same arguments; forces are the negative ones of an energy."""
    spellings = names.Spellings(scope.functions)
    for name, node in scope.functions.items():
        twin = spellings.gradient(name)
        if twin and twin != name and parameters(node) and parameters(node) == parameters(scope.functions[twin]):
            sign = "-" if names.is_force(twin) else ""
            yield of_functions(scope, "cost", name, name, twin)._replace(sign=sign)


def _flags(_: Source, scope: Scope) -> Iterator[Candidate]:
    for name, node in scope.functions.items():
        if has_flag(node):
            yield of_functions(scope, "flag", name, name, name)


def _minimized(source: Source, scope: Scope) -> Iterator[Candidate]:
    """Yield functions that are solved somewhere with a gradient: minimize(f, x0, jac=g)."""
    tree = source.makers[scope.within] if scope.within else source.tree
    for item in dict.fromkeys(solved(tree)) if scope.functions and not scope.prefix else ():
        if {item.function, item.gradient} <= scope.functions.keys():
            yield of_functions(scope, item.kind, item.function, item.function, item.gradient)
