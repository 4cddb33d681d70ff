"""How a case may be called: as text, by arrays, labels and settings in shapes that fit each other."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from verify.scan import shapes
from verify.scan.options import settings
from verify.scan.read import Read
from verify.scan.recipe import OPTIONS, PASSED, Recipe, arguments, generator, literal, quoted, table, variable

Reading = list[Recipe]
Write = Callable[[Mapping[str, str]], Recipe]
_MOST = 24  # ways of writing labels and settings beside arrays of one shape
_DATA = re.compile(r"^(X|x|inputs?|data|features|A|A_prev)(_train|_batch|s)?$")


def narrowed(reading: Reading) -> Reading:
    """Mark what asks less of the code than another reading of the same call."""
    return [replace(recipe, narrow=any(map(shapes.is_narrow, recipe.inputs.values()))) for recipe in reading]


def of_arrays(
    read: Read,
    write: Write,
    needed: Sequence[str],
    labels: Sequence[str] = (),
    data: Sequence[str] = (),
    real: Sequence[str] = (),
) -> Iterator[Reading]:
    """Yield cases of functions of arrays, of which `data` is not differentiated, labels and settings.

    None of those in `real` is a setting, whatever its name.
    """
    graded = {*real, *(name for name in needed if read.has_gradient(name))}
    chosen: dict[str, tuple[Any, ...]] = {name: (dict(read.dicts[name]),) for name in needed if name in read.dicts}
    chosen |= {name: (read.texts[name][0],) for name in needed if name in read.texts and name not in labels}
    flat = [part for name in needed if name not in chosen for part in read.weights.get(name, [name])]
    arrays_first = [*(name for name in flat if name not in labels), *flat][:1]  # a mask may stand before them
    lead = next((name for name in flat if data and _DATA.match(name)), "".join(arrays_first))
    usual = [name for name in flat if name not in (lead, *labels, *graded) and settings(name)]
    for numbers in dict.fromkeys([tuple(usual), ()]) if flat else ():
        arrays = [name for name in flat if name not in (lead, *labels, *numbers)]
        for shaped in _shapes(read, lead, arrays):
            firsts = dict.fromkeys([shaped[lead], *(_outputs(shaped) if data else ())])
            scores = dict.fromkeys([*(_scores(shaped, lead) if data else ()), *firsts])
            chosen_of = [scores if name in read.hinted.indices else firsts for name in labels]
            kinds = [shapes.of_labels(name, [*each], read.hinted) for name, each in zip(labels, chosen_of, strict=True)]
            values = [[f"gradproof.constant({literal(value)})" for value in settings(name)] for name in numbers]
            open_to = [name for name in shaped if name not in data]
            fixed = {name: f"gradproof.fixed({quoted(shaped[name])})" for name in shaped if name in data}
            for combination in itertools.islice(itertools.product(*kinds, *values), _MOST):
                rest = {**fixed, **dict(zip((*labels, *numbers), combination, strict=True))}
                domains = [{**domain, **rest} for domain in shapes.domains(shaped, open_to)]
                order = [name for name in needed if name not in chosen]
                yield narrowed([replace(write(whole(read, order, every)), options=chosen) for every in domains])


def _shapes(read: Read, lead: str, others: Sequence[str]) -> Iterator[dict[str, str]]:
    if lead in read.hinted.listed:
        yield from ({lead: shape, **dict.fromkeys(others, "D")} for shape in shapes.LISTS)
    yield from shapes.of_inputs(lead, others, read.hinted)


def _scores(shaped: Mapping[str, str], lead: str) -> Iterator[str]:
    """Yield shapes that scores beside data may have: a row's has a size that the other arrays have and data has not."""
    rows, *columns = shaped[lead].split() or [""]
    others = (part for name, text in shaped.items() if name != lead for part in text.split())
    yield from (
        f"{rows} {part}" for part in dict.fromkeys(others) if part.isidentifier() and part not in (rows, *columns)
    )


def _outputs(shaped: Mapping[str, str]) -> Iterator[str]:
    """Yield shapes that outputs beside data may have: a row's, or one number for each row."""
    last = [part for text in shaped.values() for part in text.split()[-1:] if part not in ("N", "D")]
    yield from (f"N {part}" for part in dict.fromkeys(last))
    yield "N"
    yield from (
        f"1 {text.split()[1]}" for text in shaped.values() if len(text.split()) == 2 and "N 1" in shaped.values()
    )


def whole(read: Read, order: Sequence[str], every: Mapping[str, str]) -> dict[str, str]:
    """Return the inputs in order, with the arrays of a dict of weights in it."""
    dicts = read.weights
    return {
        name: table({part: every[part] for part in dicts[name]}) if name in dicts else every[name] for name in order
    }


def called(read: Read, kind: str, more: str = "") -> Write:
    """Return what writes a case of functions by one of the usual protocols."""
    candidate = read.candidate
    name, title = variable(candidate), quoted(candidate.name)
    alike = candidate.backward == candidate.forward
    taken = {candidate.forward: [*read.signature], **({} if alike else {candidate.backward: [*read.taken]})}

    def write(inputs: Mapping[str, str]) -> Recipe:
        masks = [name for name, text in inputs.items() if name in read.hinted.masks and shapes.is_narrow(text)]
        truths = [name for name in masks if read.hinted.masks[name]]
        functions = [_passing(function, arguments, truths) for function, arguments in taken.items()]
        parts = ", ".join(part for part in [*functions, arguments(inputs), more] if part)
        text = f"{name} = gradproof.{kind}({parts}{OPTIONS}, name={title})"
        return Recipe(name, text, inputs, masks=frozenset(masks))

    return write


def _passing(function: str, taken: Sequence[str], truths: Sequence[str]) -> str:
    """Write a function, or one that passes it truth values for zeros and ones: code with `x[~mask]` takes no others."""
    passed = [f"{name} == 1" if name in truths else name for name in taken]
    return f"lambda {', '.join(taken)}: {function}({', '.join(passed)})" if {*taken} & {*truths} else function


def both(read: Read, passed: Callable[[Sequence[str]], str]) -> list[str]:
    """Return the lines that call a function and then its gradient, with the same arguments."""
    arguments = passed(read.needed)
    return [
        f"yield {read.candidate.forward}({arguments}{PASSED})",
        f"return {read.candidate.sign}{read.candidate.backward}({arguments}{PASSED})",
    ]


def gradient(read: Read, inputs: Mapping[str, str]) -> Recipe:
    """Return a function and another one that returns its gradient."""
    recipe = generator(read.candidate, inputs, both(read, lambda _: ", ".join(inputs)), upstream=True)
    return replace(recipe, passed=read.shared)
