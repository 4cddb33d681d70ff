"""From a candidate to its case: readings are tried on floats until one fits, and looks right if one of them does."""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from typing import Any, NamedTuple

from verify.cases.sizes import bindings
from verify.scan import functions, names, shapes
from verify.scan.candidate import OF_CLASSES, SECONDS, Candidate
from verify.scan.chosen import chosen
from verify.scan.defaults import notes_of
from verify.scan.engines import engines
from verify.scan.fitting import fitting, refitted
from verify.scan.hints import clips_to_unit, has_infinity, returned_by
from verify.scan.layers import layers
from verify.scan.methods import methods
from verify.scan.nets import nets
from verify.scan.options import choices, settings
from verify.scan.read import is_of, read_of
from verify.scan.readings import Reading
from verify.scan.recipe import Recipe
from verify.scan.recorded import recorded
from verify.scan.source import Function, Source
from verify.scan.static import static
from verify.scan.trial import NOT_FINITE, OTHER_SHAPES, RIGHT, Tried, always_right, draws, takes_one, tried_recipe
from verify.scan.unit import Unit, unit_of
from verify.scan.values import models, values
from verify.scan.variation import with_options

_KINDS: dict[str, Callable[[Unit], Iterator[Reading]]] = {
    "layer": layers,
    "value": values,
    "model": models,
    "engine": engines,
    "net": lambda unit: chain(() if unit.candidate.sign else nets(unit), methods(unit)),
}

_SMALL, _MODERATE = ("-0.5", "0.5"), ("-100", "100")
_MOST = 10_000  # readings that are looked at for each candidate, on every machine the same
_AFTER = 60  # readings that are still tried after one that fits
_IDLE = 3_000  # readings of other shapes that are passed over after one that fits: its own stand close to it
_ORDER = "they are returned in a different order than the inputs: {}; write a case that returns them by name"
_SIGN = (
    "it has the sign of the derivative, and a force has the other one: write a case that says which of them is meant"
)
_DRAWN = "its value and its gradient come from two calls, which draw random numbers: write a case that draws them once"
_RANK = (
    "at the inputs tried they look right for {} of shape N, and wrong for {}: a docstring with the shape says which is "
    "meant"
)
_MANY = f"the search for a call ended after {_MOST:,} ways"
_LONG = f"the search for a call ended after {SECONDS:g} s of computing: on a faster machine it may find more"


class Setup(NamedTuple):
    """What came of a candidate: its recipe, or why there is none; `doubt` is a guess that may be what is wrong.

    `cut` says which limit ended the search, where it found nothing that fits, and `unreachable` why there was none.
    `closest` is the call that went furthest, whether it fits or not.
    """

    candidate: Candidate
    recipe: Recipe | None
    tried: Tried
    doubt: str = ""
    cut: str = ""
    unreachable: str = ""
    closest: Recipe | None = None


def set_up(candidate: Candidate, source: Source, module: Mapping[str, Any], opening: str = "") -> Setup:
    """Look for a case of a candidate in an imported module; smaller domains are tried where outputs are not finite.

    `opening` is a line that the case begins with.
    """
    search = Search(candidate, module, _returned(candidate, source), _functions(candidate, source))
    readings, values = _readings(candidate, source, module)
    for reading in readings:
        search.tries([_opened(recipe, opening, values) for recipe in reading])
        if search.ended:
            break
    misshapen = search.misshapen and refitted(search.misshapen, module)
    best = search.best if search.best.recipe else search.best._replace(recipe=misshapen)
    if best.recipe and best.tried.score != RIGHT and (doubt := search.doubt(best.recipe)):
        return best._replace(recipe=None, doubt=doubt)
    if best.recipe is None:
        return best._replace(cut=search.cut)
    recipe = _fixing(best.recipe, best.tried.lacking, module)
    if clips_to_unit(_functions(candidate, source)):
        recipe = _within(_SMALL, recipe, module)
    elif recipe.masks and has_infinity(_functions(candidate, source)):
        recipe = _within(_MODERATE, recipe, module)
    recipe = fitting(recipe, module)
    if not takes_one(recipe, module):
        case = recipe.case(module)
        first, *_ = bindings(case.inputs.values(), case.sizes)[0].items()
        recipe = replace(recipe, sizes=dict([first]))
    functions = _functions(candidate, source)
    recipe = with_options(candidate, recipe, module, choices(*functions))
    return best._replace(
        recipe=replace(recipe, notes=(*recipe.notes, *notes_of(candidate, recipe, module, functions, source.rebound)))
    )


def _opened(recipe: Recipe, opening: str, values: Mapping[str, Any]) -> Recipe:
    """Return a case that begins with a line, and has the options that the constructor cannot do without."""
    missing = {name: each for name, each in values.items() if f"{name}=" not in recipe.text}
    return replace(recipe, text=opening + recipe.text, options={**missing, **recipe.options})


def _functions(candidate: Candidate, source: Source) -> list[Function]:
    """Return the functions of a candidate: those of a class, or its two."""
    if candidate.kind in OF_CLASSES:
        return [*source.methods(candidate.place(candidate.cls)).values()]
    return [source.functions[candidate.place(name)] for name in (candidate.forward, candidate.backward)]


def _fixing(recipe: Recipe, lacking: Sequence[str], module: Mapping[str, Any]) -> Recipe:
    """Return a case that takes inputs without a gradient as given, unless their names are those of weights.

    Of weights the missing gradient is a finding: nobody trains them.
    """
    fixed = recipe.without([name for name in lacking if not shapes.is_weight(name)])
    return fixed if lacking and tried_recipe(fixed, module).fits else recipe


def _within(bounds: tuple[str, str], recipe: Recipe, module: Mapping[str, Any]) -> Recipe:
    """Return a case of numbers so small that no clip changes the probabilities that a network makes of them.

    Beyond it backward gives the slope without the clip, as it is meant to: the clip is there for rounding. So is the
    number that stands for infinity in a mask: it is one beside numbers that are far smaller.
    """
    small = recipe.bounded(
        *bounds, [name for name in recipe.inputs if name not in recipe.masks and not names.is_label(name)]
    )
    return small if tried_recipe(small, module).score == RIGHT else recipe


class Search:
    """A search for the case of a candidate: the best one so far, and what speaks for another one."""

    def __init__(
        self, candidate: Candidate, module: Mapping[str, Any], returned: Sequence[str], nodes: Sequence[Function] = ()
    ) -> None:
        self.best = Setup(candidate, None, Tried(0, "no way to call it was found: its arguments have no usual names"))
        self._module, self._patience, self._left = module, _AFTER, _MOST
        self._idle = 0
        self._end = time.thread_time() + SECONDS
        self._rows: list[Reading] = []
        stated = any(names.NEGATIVE.search(ast.get_docstring(node) or "") for node in nodes)
        self._returned, self._signed = returned, bool(candidate.sign) and not stated
        self._apart = candidate.kind in ("value", "cost") and candidate.forward != candidate.backward
        self._layer = candidate.kind in ("layer", "pair")
        self._probable = clips_to_unit(nodes)
        self.misshapen: Recipe | None = None  # forward runs, and the only gradient has the shape of nothing

    @property
    def ended(self) -> bool:
        """Return whether a case that looks right was found, or nothing better is to be expected."""
        return self.best.tried.score == RIGHT or self._patience < 0 or self._idle > _IDLE or bool(self.cut)

    @property
    def cut(self) -> str:
        """Return which limit has ended the search, or nothing."""
        if self._left <= 0:
            return _MANY
        return _LONG if time.thread_time() > self._end else ""

    def tries(self, reading: Reading) -> None:
        """Try a reading, over smaller domains where outputs are not finite."""
        self._left -= 1
        if self.best.recipe and self._invents(reading[0], self.best.recipe):
            self._idle += 1
            return
        arrays = reading[0].arrays
        if self.best.recipe and {*arrays} < {*self.best.recipe.arrays}:
            self._idle += 1
            return  # a wrong gradient must not choose a reading that leaves it out
        if self.best.recipe and not _agree(arrays, self.best.recipe.arrays):
            if {*arrays.values()} == {"N"}:
                self._rows.append(reading)
            self._idle += 1
            return  # a wrong gradient may look right where all sizes are alike: the first shapes that fit stay
        wide, *others = reading
        for recipe in (wide, *(others[-1:] if self._probable else ()), *others):
            outcome = tried_recipe(recipe, self._module)
            narrower = outcome.fits and outcome.score == self.best.tried.score and self._asks_less(recipe)
            if outcome.score > self.best.tried.score or narrower:  # wrong where least is asked is wrong elsewhere
                self.best = self.best._replace(recipe=recipe if outcome.fits else None, tried=outcome, closest=recipe)
            if outcome.score == OTHER_SHAPES and self._layer and len(recipe.inputs) == 1 and not self._guesses(recipe):
                self.misshapen = self.misshapen or recipe
            self._patience -= self.best.tried.fits
            outside = self._probable and outcome.fits and outcome.score != RIGHT  # the clip is for what is none
            if outcome.score != NOT_FINITE and not outside:  # a smaller domain helps nobody, and may hide what is wrong
                break

    def _guesses(self, recipe: Recipe) -> bool:
        """Tell whether a value is of an argument that has no usual one: then its shape may be what is wrong."""
        return any(not settings(name) for name in self._chosen(recipe))

    def _invents(self, recipe: Recipe, best: Recipe) -> bool:
        """Tell whether a reading differs from one that fits by values alone, by which a wrong gradient may be right.

        So does a number in place of a mask.
        """
        masks = {name: best.inputs[name] for name in best.masks}
        values, before = self._chosen(recipe), {**masks, **self._chosen(best)}
        numbers = {name: text for name, text in values.items() if _is_number(text)}
        others = {name: text for name, text in recipe.inputs.items() if name in masks}
        return any(before.get(name, text) != text for name, text in {**numbers, **others}.items())

    def _chosen(self, recipe: Recipe) -> dict[str, str]:
        with suppress(SyntaxError):
            return chosen(self.best.candidate, recipe, self._module)
        return {}

    def _asks_less(self, recipe: Recipe) -> bool:
        """Tell whether a reading asks less than the best one; none does of labels by which code looks entries up."""
        best = self.best.recipe
        return recipe.narrow and not (best and (best.narrow or any(map(shapes.is_class, best.inputs.values()))))

    def doubt(self, recipe: Recipe) -> str:
        """Return which guess may be why a gradient looks wrong: the order, the rank, or that others were not tried."""
        order = self.best.tried.order
        if order and self._returned and all(map(is_of, self._returned, order)):
            return _ORDER.format(", ".join(order))
        if recipe.doubt:
            return recipe.doubt
        if self._apart and draws(recipe, self._module):
            return _DRAWN
        turned = replace(recipe, text=recipe.text.replace("return -", "return "))
        if self._signed and always_right(turned, self._module):
            return _SIGN
        arrays = recipe.arrays
        if any(" " in shape for shape in arrays.values()) and any(map(self._is_right, self._rows[:_AFTER])):
            texts = ", ".join(f"{name} of shape {shape}" for name, shape in arrays.items())
            return _RANK.format(", ".join(arrays), texts)
        return self.cut

    def _is_right(self, reading: Reading) -> bool:
        """Tell whether a reading looks right whose targets are of the same kind: fewer ask for less, as rows do not."""
        best, like = self.best.recipe, reading[0]
        alike = best is not None and like.arrays.keys() == best.arrays.keys() and like.narrow == best.narrow
        outcomes = ((recipe, tried_recipe(recipe, self._module).score) for recipe in reading if alike)
        recipe, score = next((each for each in outcomes if each[1] != NOT_FINITE), (like, NOT_FINITE))
        return score == RIGHT and always_right(recipe, self._module)


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"-?[\d.e-]+|True|False", text))


def _returned(candidate: Candidate, source: Source) -> list[str]:
    """Return how the gradients that come back together are called, as far as the source says."""
    if candidate.kind in OF_CLASSES:
        return returned_by(source.methods(candidate.place(candidate.cls)).get(candidate.backward))
    return returned_by(source.functions.get(candidate.place(candidate.backward)))


def _agree(left: Mapping[str, str], right: Mapping[str, str]) -> bool:
    return all(right.get(name, shape) == shape for name, shape in left.items())


def _readings(
    candidate: Candidate, source: Source, module: Mapping[str, Any]
) -> tuple[Iterator[Reading], dict[str, tuple[str]]]:
    """Return the readings of a candidate, and the options that all of them have."""
    with suppress(TypeError, ValueError):  # no signature
        if candidate.kind not in OF_CLASSES:
            return functions.readings(read_of(candidate, source, module)), {}
        unit = unit_of(candidate, source, module)
        layer = candidate.kind == "layer"
        before = chain(static(candidate, source, module), recorded(unit, module)) if layer else iter(())
        rest = _KINDS[candidate.kind](unit) if unit.needed or candidate.kind == "engine" else ()
        return chain(before, rest), {name: (texts[0],) for name, texts in unit.texts.items()}
    return iter(()), {}
