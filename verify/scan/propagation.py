"""Networks in three parts: forward, a cost of its output and targets, and backward, which takes targets again.

Courses write them as functions of a dict of weights (`L_model_forward`, `compute_cost`, `L_model_backward`), or as the
methods of a class. What one part returns is passed to the next ones by its name; the case has an input for each weight.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from verify.cases.names import NAMES
from verify.scan import names
from verify.scan.candidate import Candidate
from verify.scan.hints import returned_by
from verify.scan.read import is_of
from verify.scan.readings import Reading
from verify.scan.recipe import generator, quoted
from verify.scan.source import Function, parameters

_PREDICTED = re.compile(
    r"^(A\d?|AL|y_?_?hat|y_?pred\w*|pred\w*|prob\w*|out(put)?s?|p|scores|h\d?|activations?)$", re.IGNORECASE
)
_COST = re.compile(r"^(cost|loss|J|L)$|_(cost|loss)$")
_FORMS = tuple(dict.fromkeys(("d{}", "{}", *NAMES["gradients"])))


class Target(NamedTuple):
    """What stands for the targets of a cost: its description in a case, and what is passed, by the label."""

    described: str
    passed: str = "{}"


class Parts(NamedTuple):
    """The functions of a network, and what stands before their names in a call: `layer.` of methods."""

    candidate: Candidate
    forward: Function
    backward: Function
    costs: Sequence[Function]
    owner: str = ""

    @property
    def label(self) -> str:
        """Return the argument of backward that has the targets, or nothing."""
        return next((name for name in parameters(self.backward) if names.is_label(name)), "")

    def calls(self, node: Function, arguments: str) -> str:
        """Write the call of a part."""
        candidate = self.candidate
        called = {id(self.forward): candidate.forward, id(self.backward): candidate.backward}
        return f"{self.owner}{called.get(id(node), node.name)}({arguments})"


class Network(NamedTuple):
    """Weights as a case has them: described by name, and the `lines` that put them in their place.

    `first` is the shape of the data, and `passed` has what stands for the arguments of forward that are weights.
    """

    weights: Mapping[str, str]
    lines: Sequence[str]
    first: str
    passed: Mapping[str, str]
    stores: tuple[str, ...] = ()
    options: frozenset[str] = frozenset()


def networks(parts: Parts, network: Network) -> Iterator[Reading]:
    """Yield cases of a network of given weights: by each cost, by kinds of targets, by where gradients come out."""
    data = [name for name in _needed(parts.forward) if name not in network.passed and name != parts.label]
    if len(data) != 1 or not parts.label:
        return
    returned = _returned(parts.forward)
    weights = {name: quoted(shape) for name, shape in network.weights.items()}
    for target in _targets(network):
        texts = {**network.passed, data[0]: data[0], **{name: name for name in returned}}
        flow = _Flow(texts, target.passed.format(parts.label), returned)
        called, backward = flow.arguments(parts.forward), flow.arguments(parts.backward)
        if called is None or backward is None:
            return
        lines = [*network.lines, f"{', '.join(returned)} = {parts.calls(parts.forward, called)}"]
        described = {data[0]: f"gradproof.fixed({quoted(network.first)})", parts.label: target.described}
        for cost in _costs(parts, flow):
            for ending in _endings(parts, parts.calls(parts.backward, backward), [*network.weights]):
                body = [*lines, f"yield {cost}", *ending]
                recipe = generator(parts.candidate, {**described, **weights}, body, upstream=True)
                narrow = "integer" in target.described
                recipe = replace(recipe, stores=network.stores, passed=network.options, output="scalar")
                yield [replace(recipe, narrow=narrow)]


class _Flow(NamedTuple):
    """What can be passed on: texts by name, that of the targets, and the names of what forward returns."""

    texts: Mapping[str, str]
    target: str
    returned: Sequence[str]

    def arguments(self, node: Function) -> str | None:
        """Write what a function is passed by the names of its arguments; None where one of them is not there."""
        passed = [self._text(name) for name in _needed(node)]
        return None if None in passed else ", ".join(filter(None, passed))

    def _text(self, name: str) -> str | None:
        if name in self.texts:
            return self.texts[name]
        if names.is_label(name):
            return self.target
        return self.returned[0] if _PREDICTED.match(name) else None


def _needed(node: Function) -> list[str]:
    taken = parameters(node)
    return taken[: len(taken) - len(node.args.defaults)]


def _returned(node: Function) -> list[str]:
    """Return names for what forward returns: its own, or a usual one."""
    values = [item.value for item in ast.walk(node) if isinstance(item, ast.Return) and item.value]
    last = values[-1] if values else None
    if not isinstance(last, (ast.Tuple, ast.List)):
        return [last.id if isinstance(last, ast.Name) else "output"]
    *outputs, final = [part.id if isinstance(part, ast.Name) else "" for part in last.elts]
    return [*(name or f"output_{place}" for place, name in enumerate(outputs)), final or "cache"]


def _targets(network: Network) -> Iterator[Target]:
    """Yield targets of the shape of the output: probabilities, numbers, or labels; those that ask least come last."""
    *_, (name, last) = network.weights.items()
    width = next((part for part in last.split() if part != "1"), "1")
    column = network.first.endswith(" N")
    shape = f"{width} N" if column else f"N {width}"
    axis = last.split().index(width) if width in last.split() else 0
    count = f"{name}.shape[{axis}]"
    yield Target(f"gradproof.fixed({quoted(shape)}, low=0, high=1)")
    yield Target(f"gradproof.fixed({quoted(shape)})")
    if width == "1":
        yield Target('gradproof.fixed("N", low=0, high=1)')
        return
    rows = f'gradproof.integer("N", below="{width}")'
    yield Target(rows)
    yield Target(rows, f"np.eye({count})[:, {{}}]" if column else f"np.eye({count})[{{}}]")


def _costs(parts: Parts, flow: _Flow) -> Iterator[str]:
    """Yield what may be the cost, as text: what forward returns by such a name, or what another part computes."""
    yield from (name for name in flow.returned if _COST.search(name))
    for node in parts.costs:
        if (passed := flow.arguments(node)) is not None:
            yield parts.calls(node, passed)


def _endings(parts: Parts, call: str, weights: Sequence[str]) -> Iterator[list[str]]:
    """Yield the lines that return the gradients of weights: by name from a tuple, a dict or the object, or in order."""
    returned = returned_by(parts.backward)
    labels = [next((label for label in returned if is_of(label, name)), "") for name in weights]
    if all(labels):
        yield [f"{', '.join(returned)} = {call}", f"return {', '.join(labels)}"]
    for form in _FORMS:
        yield [
            f"gradients = {call}",
            f"return {', '.join(f'gradients[{quoted(form.format(name))}]' for name in weights)}",
        ]
        if parts.owner:
            yield [call, f"return {', '.join(parts.owner + form.format(name) for name in weights if form != '{}')}"]
    yield [f"return {call}"]
