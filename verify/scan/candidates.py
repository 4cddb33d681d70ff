"""Hand-written gradients in a source, by the names of functions and methods: read with `ast`, nothing is imported."""

from __future__ import annotations

import re
from collections.abc import Iterator

from verify.scan import names
from verify.scan.behind import losses
from verify.scan.callsites import solved
from verify.scan.candidate import Candidate, of_functions
from verify.scan.classes import of_class
from verify.scan.source import Source, parameters

_DEFINED = re.compile(rb"^[ \t]*(?:async[ \t]+)?def[ \t]+(\w+)", re.MULTILINE)
_FLAG = re.compile(rb"\bdef\s+\w+\s*\([^)]*?[,(]\s*(?:%s)\s*[=,):]" % "|".join(names.FLAGS).encode())
_BEHIND = re.compile(
    rb"return\b[^\n]*,\s*\(?(?:d\w*|g|jac\w*|\w*grads?\w*|\w*gradients?|delta\w*)(?:\.\w+(?:\([^)\n]*\))?)?"
    rb"(?:\s*[/*][^,\n]*)?\)?[ \t]*$|return\b[^\n]*,[ \t]*\{|\b(?:jac|fprime|gradient)\s*="
    rb"|\b(?:check_grad|fmin_\w+)\s*\(",
    re.MULTILINE,
)


def may_have(data: bytes) -> bool:
    """Tell whether a source may have a gradient, by the names that it defines: most have none, and are not parsed."""
    defined = {name.decode() for name in _DEFINED.findall(data)}
    methods = not defined.isdisjoint((*names.BACKWARD, *names.SLOPE, *names.FITTED))
    pairs = any(twin in name for name in defined for twin in names.TWINS)
    losses = b"return" in data and any(map(names.LOSS.search, defined))
    return methods or pairs or losses or _has_derivative(defined) or bool(_FLAG.search(data) or _BEHIND.search(data))


def _has_derivative(defined: set[str]) -> bool:
    return any(form.format(name) in defined for name in defined for form in names.DERIVATIVES)


def candidates(source: Source) -> list[Candidate]:
    """Return what has a gradient in a source, in the order of its lines."""
    of_classes = [candidate for name in source.classes for candidate in of_class(source, name)]
    of_functions: list[Candidate] = []
    for read in (_minimized, _pairs, _flags, _derivatives, losses):
        taken = {name for item in of_functions for name in (item.forward, item.backward)}
        of_functions += [item for item in read(source) if not {item.forward, item.backward} & taken]
    return sorted([*of_classes, *of_functions], key=lambda candidate: candidate.line)


def _pairs(source: Source) -> Iterator[Candidate]:
    for name in source.functions:
        for word, twin in names.TWINS.items():
            backward = re.sub(rf"(?<![a-z]){word}(?![a-z])" if word.islower() else word, twin, name)
            if word in name and backward != name and backward in source.functions:
                yield of_functions(
                    source, "pair", re.sub(rf"^{word}_|_?{word}", "", name) or source.module or name, name, backward
                )


def _derivatives(source: Source) -> Iterator[Candidate]:
    for name in source.functions:
        twin = next((key for form in names.DERIVATIVES if (key := form.format(name)) in source.functions), None)
        if twin:
            takes_upstream = len(parameters(source.functions[twin])) > len(parameters(source.functions[name]))
            yield of_functions(source, "pair" if takes_upstream else "derivative", name, name, twin)


def _flags(source: Source) -> Iterator[Candidate]:
    for name, node in source.functions.items():
        if any(argument in names.FLAGS for argument in parameters(node)[1:]):
            yield of_functions(source, "flag", name, name, name)


def _minimized(source: Source) -> Iterator[Candidate]:
    """Yield functions that are solved somewhere with a gradient: minimize(f, x0, jac=g)."""
    for item in dict.fromkeys(solved(source.tree)):
        if {item.function, item.gradient} <= source.functions.keys():
            yield of_functions(source, item.kind, item.function, item.function, item.gradient)
