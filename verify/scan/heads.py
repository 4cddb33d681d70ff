"""Losses of probabilities whose gradient is that of the logits: a softmax or sigmoid before the loss is part of both.

Courses return `p - y` for a cross entropy of p: the derivative by what the probabilities are computed of.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from verify.scan import shapes
from verify.scan.candidate import Candidate
from verify.scan.onehot import Lines
from verify.scan.recipe import Recipe, generator, quoted
from verify.scan.source import Function

_SIGMOID = '''def probability(logit):
    """Return the probability that a logit stands for."""
    return 1 / (1 + np.exp(-logit))


'''
_SOFTMAX = '''def probabilities(logits):
    """Return the probabilities of each row of logits."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


'''


def takes_logarithms(nodes: Iterable[Function | None]) -> bool:
    """Tell whether functions take logarithms, as the losses of probabilities do."""
    parts = (part for node in nodes if node for part in ast.walk(node))
    return any("log" in (getattr(part, "attr", ""), getattr(part, "id", "")) for part in parts)


def headed(
    candidate: Candidate, needed: Sequence[str], shaped: Mapping[str, str], label: str, lines: Lines
) -> Iterator[list[Recipe]]:
    """Yield cases of logits, of which a softmax or sigmoid makes the predictions that `lines` passes on."""
    predicted, first = next(iter(shaped.items()))
    rows = f"np.eye({predicted}.shape[-1])[{label}]"
    heads = [(_SIGMOID, "probability({})", f"gradproof.fixed({quoted(first)})", label)]
    if len(first.split()) > 1:
        heads.append((_SOFTMAX, "probabilities({})", shapes.classes(first), rows))
    for text, head, described, target in heads:
        every = next(shapes.domains({name: {**shaped, label: described}[name] for name in needed}, [predicted]))
        recipe = generator(candidate, every, lines(_passing(predicted, head, label, target)), upstream=True)
        yield [replace(recipe, text=text + recipe.text)]


def _passing(predicted: str, head: str, label: str, target: str) -> Callable[[Sequence[str]], str]:
    texts = {predicted: head.format(predicted), label: target}
    return lambda passed: ", ".join(texts.get(name, name) for name in passed)
