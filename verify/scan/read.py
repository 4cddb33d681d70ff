"""What is read of the functions of a candidate: their arguments, what the source says of them, and settings."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from verify.scan import names
from verify.scan.behind import keys_of_value
from verify.scan.candidate import Candidate
from verify.scan.heads import takes_logarithms
from verify.scan.hints import Hints, gradients_of, hints, keys_before, keys_of, places_of, returned_by
from verify.scan.options import choices, keyed, weights_in
from verify.scan.source import Function, Source, parameters


class Read(NamedTuple):
    """What is read of the functions of a candidate: arguments without a default, hints, and dicts.

    The dicts are those of settings, with values, and those of `weights`, with their keys.
    """

    candidate: Candidate
    signature: Mapping[str, inspect.Parameter]
    hinted: Hints
    dicts: Mapping[str, Mapping[str, Any]]
    weights: Mapping[str, Sequence[str]]
    gradients: Sequence[str]
    keys: Sequence[str]
    returned: Sequence[str] = ()  # the names of what the gradient returns as a tuple
    texts: Mapping[str, Sequence[Any]] = {}  # what the functions compare arguments with
    shared: frozenset[str] = frozenset()  # the arguments of both functions
    taken: Sequence[str] = ()  # the arguments of the gradient
    places: int = 0  # how many values the gradient returns in a tuple
    logarithmic: bool = False  # they take logarithms
    functions: Mapping[str, Function] = {}  # those of the source
    module: Mapping[str, Any] = {}

    @property
    def needed(self) -> list[str]:
        """Return the arguments of the function that have to be passed; the first one at least."""
        return required(self.signature) or list(self.signature)[:1]

    def has_gradient(self, name: str) -> bool:
        """Tell whether a gradient is returned by the name of an argument's."""
        return any(is_of(gradient, name) for gradient in (*self.gradients, *self.returned, *self.keys))


def read_of(candidate: Candidate, source: Source, module: Mapping[str, Any]) -> Read:
    """Read the functions of a candidate; raises TypeError and ValueError where they have no signature."""
    functions = [source.functions[candidate.place(name)] for name in (candidate.forward, candidate.backward)]
    read = read_functions(candidate, functions, inspect.signature(resolved(module, candidate.forward)))
    return read._replace(functions=source.functions, module=module)


def read_functions(candidate: Candidate, functions: Sequence[Function | None], signature: inspect.Signature) -> Read:
    """Read the functions of a candidate, the first of which has a signature."""
    hinted, dicts, weights = hints(*functions), keyed(*functions), weights_in(*functions)
    behind, keys = (gradients_of(functions[1]), keys_of(functions[1])) if functions[1] else ([], [])
    if functions[1] and candidate.kind == "behind":
        behind = keys_before(functions[1])
    if functions[1] and not behind and (under := keys_of_value(functions[1])):
        behind = [*under.gradients]
    shared = (
        frozenset.intersection(*(frozenset(parameters(node)) for node in functions if node))
        if any(functions)
        else frozenset()
    )
    texts, returned = choices(*functions), returned_by(functions[1])
    taken, places = (parameters(functions[1]), len(places_of(functions[1]))) if functions[1] else ([], 0)
    return Read(
        candidate,
        positional(signature),
        hinted,
        dicts,
        weights,
        behind,
        keys,
        returned,
        texts,
        shared,
        taken,
        places,
        takes_logarithms(functions),
    )


def resolved(module: Mapping[str, Any], name: str) -> Any:
    """Return what a name stands for, or one in a class: `Layers.Dense`; raises KeyError and AttributeError."""
    first, *others = name.split(".")
    return functools.reduce(getattr, others, module[first])


def positional(signature: inspect.Signature) -> dict[str, inspect.Parameter]:
    """Return the arguments of a signature that have names, without the instance."""
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    parameters = signature.parameters.items()
    return {name: item for name, item in parameters if item.kind not in kinds and name not in names.TRIVIAL}


def required(signature: Mapping[str, inspect.Parameter]) -> list[str]:
    """Return the arguments without a default."""
    return [name for name, item in signature.items() if item.default is item.empty]


def is_of(gradient: str, name: str) -> bool:
    """Tell whether a gradient is that of an array, by its name."""
    usual = (form.format(name) for form in ("d{}", "d_{}", "grad_{}", "{}_grad", "grad{}", "g{}"))
    return gradient in (name, *usual) or (gradient[:1] == "d" and gradient.endswith(f"_d{name}"))  # dj_dw
