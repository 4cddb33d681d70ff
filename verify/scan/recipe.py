"""The recipe of a case: its text as a person would write it, and what was guessed to write it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.abc import InspectLoader
from types import ModuleType
from typing import Any

from verify.cases.case import TracedCase
from verify.cases.names import spelled
from verify.scan.candidate import Candidate

OPTIONS, ACCEPTED, PASSED, HANDED = "<options>", "<accepted>", "<passed>", "<handed>"


@dataclass(frozen=True)
class Recipe:
    """A case as text: `code` defines the variable `name`, and uses variables of the module that is scanned.

    `inputs` are shapes or descriptions by name, as they stand in the text. In the `text` marks stand where `options`
    are declared, accepted and passed on; `passed` are the options that a function in the text has to pass on, `handed`
    those that it passes to a method, and not where an object is made.
    `assumed` tells that the text has a value that the code does not compute: some gradients have to look right for it.
    `stores` are the inputs that the text stores in an object that has been made: weights.
    `narrow` tells that it asks less of the code than another reading of the same call does. `sizes` are of dimensions
    that the code cannot take another size of. `notes` say what was assumed. `masks` are the inputs
    of zeros and ones by which entries are chosen. `changes` tells that gradients are what backward takes off weights.
    `doubt` is a guess that a wrong gradient may be due to. `unshared` are the options of forward that backward is not
    told of.
    """

    name: str
    text: str
    inputs: Mapping[str, str]
    options: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    passed: frozenset[str] = frozenset()
    stores: tuple[str, ...] = ()
    narrow: bool = False
    assumed: bool = False
    sizes: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    masks: frozenset[str] = frozenset()
    changes: bool = False
    doubt: str = ""
    unshared: frozenset[str] = frozenset()
    handed: frozenset[str] = frozenset()
    output: str = (
        ""  # "alike" where it has to have the shape of the first input, "scalar" where it has to be one number
    )

    @property
    def arrays(self) -> dict[str, str]:
        """Return the shapes of the inputs that are differentiated, whatever their domains."""
        real = {name: text for name, text in self.inputs.items() if text.startswith(('"', "gradproof.real(", "[", "{"))}
        return {name: " | ".join(re.findall(r'"([^"]*)"(?!:)', text)) for name, text in real.items()}

    @property
    def code(self) -> str:
        """Return the text with the options in it."""
        passed, handed = ([name for name in self.options if name in names] for names in (self.passed, self.handed))
        accepted = [name for name in self.options if name in (*passed, *handed)]
        declared = ", ".join(f"{quoted(name)}: {literal(list(values))}" for name, values in self.options.items())
        parts = {
            OPTIONS: (f", options={{{declared}}}" if declared else "")
            + (f", sizes={literal(dict(self.sizes))}" if self.sizes else ""),
            ACCEPTED: "".join(f", {name}={literal(self.options[name][0])}" for name in accepted),
            HANDED: "".join(f", {name}={name}" for name in handed),
            PASSED: "".join(f", {name}={name}" for name in passed),
        }
        text = self.text
        for mark, replacement in parts.items():
            text = text.replace(mark, replacement)
        return text.replace("(, ", "(").replace("lambda , ", "lambda ").replace("lambda :", "lambda:")

    def without(self, names: Sequence[str]) -> Recipe:
        """Return the case with some arrays not differentiated; those in lists stay as they are."""
        return self.redescribed(
            {
                name: re.sub(r'^gradproof\.real\((.*)\)$|^(".*")$', r"gradproof.fixed(\1\2)", self.inputs[name])
                for name in names
            }
        )

    def bounded(self, low: str, high: str, names: Sequence[str]) -> Recipe:
        """Return the case with arrays of any numbers between bounds, those that are given as well."""
        arrays = {name: re.fullmatch(r'(?:gradproof\.fixed\()?("[^"]*")\)?', self.inputs[name]) for name in names}
        bounds = f"low={low}, high={high}"
        kinds = {name: "fixed" if self.inputs[name].startswith("gradproof.") else "real" for name in names}
        texts = {name: f"gradproof.{kinds[name]}({match[1]}, {bounds})" for name, match in arrays.items() if match}
        return self.redescribed(texts)

    def redescribed(self, texts: Mapping[str, str]) -> Recipe:
        """Return the case with other descriptions of some inputs."""
        text, inputs = self.text, dict(self.inputs)
        for name, other in texts.items():
            for sign in (f"{name}=", f"{quoted(name)}: "):
                text = f"{sign}{other}".join(re.split(rf"(?<!\w){re.escape(sign + inputs[name])}", text))
            inputs[name] = other
        return replace(self, text=text, inputs=inputs)

    def case(self, module: Mapping[str, Any]) -> TracedCase:
        """Return the case, made of the variables of the module; raises whatever its making raises."""
        return case_of(self.code, self.name, module)


class _Text(InspectLoader):
    """Loads the text of a recipe, which is made of names and numbers, as Python loads that of a file."""

    def __init__(self, text: str) -> None:
        self._text = text

    def get_source(self, fullname: str) -> str:
        """Return the text."""
        return self._text


def case_of(text: str, name: str, module: Mapping[str, Any]) -> TracedCase:
    """Return the case that a text calls by a name, made of a module's variables; raises whatever its making does."""
    import numpy

    import verify

    namespace = ModuleType(name)
    vars(namespace).update({"np": numpy, **module, "gradproof": verify})
    _Text(text).exec_module(namespace)
    case = getattr(namespace, name)
    assert isinstance(case, TracedCase)
    return case


def described(shape: str, low: str = "", high: str = "") -> str:
    """Write an input: a shape, or real numbers between bounds."""
    bounds = [f"{side}={bound}" for side, bound in (("low", low), ("high", high)) if bound]
    return f"gradproof.real({', '.join([quoted(shape), *bounds])})" if bounds else quoted(shape)


def listed(shapes: str, low: str = "", high: str = "") -> str:
    """Write an input, or a list of several: their shapes stand between bars."""
    each = [described(shape.strip(), low, high) for shape in shapes.split("|")]
    return each[0] if len(each) == 1 else f"[{', '.join(each)}]"


def quoted(text: str) -> str:
    """Write a text as Python does here, between double quotes."""
    return '"' + text.replace('"', '\\"') + '"'


def literal(value: Any) -> str:
    """Write a setting: a number, a truth value, text, or a dict or list of them."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    return quoted(value) if isinstance(value, str) else repr(value)


def arguments(inputs: Mapping[str, str]) -> str:
    """Write inputs as keyword arguments."""
    return ", ".join(f"{name}={text}" for name, text in inputs.items())


def table(inputs: Mapping[str, str]) -> str:
    """Write inputs as a dict."""
    return "{" + ", ".join(f"{quoted(name)}: {text}" for name, text in inputs.items()) + "}"


def generator(
    candidate: Candidate, inputs: Mapping[str, str], lines: Sequence[str], *, upstream: bool = False
) -> Recipe:
    """Return a case of a generator function with these lines; with `upstream` as a loss has it, 1."""
    name, body = variable(candidate), "".join(f"\n    {line}" for line in lines)
    more = ", upstream=1" if upstream else ""
    declared = f"@gradproof.case({arguments(inputs)}{more}{OPTIONS}, name={quoted(candidate.name)})"
    return Recipe(name, f"{declared}\ndef {name}({', '.join(inputs)}{ACCEPTED}):{body}", inputs)


def variable(candidate: Candidate) -> str:
    """Return the name of the variable of a case, which hides none that the case uses."""
    parts = re.split(r"[\W_]+", candidate.name)
    return f"{'_'.join(filter(None, map(_in_words, parts))) or 'gradient'}_case"


def _in_words(name: str) -> str:
    """Return a name with underscores between its words; those of one or two letters are one word: ReLU, Conv2D, IoU."""
    words = re.sub(r"(?<=\d)_(?=[a-z](_|$))", "", spelled(name)).split("_")
    groups = itertools.groupby(words, _is_short)
    return "_".join(("" if short else "_").join(group) for short, group in groups)


def _is_short(word: str) -> bool:
    """Tell whether a word may be a piece of an acronym: it has at most two letters."""
    return len(re.sub(r"\d", "", word)) <= 2
