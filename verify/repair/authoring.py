"""The exact gradients of one function as its author would write them: of what it holds, by the names that it has."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from verify.exact.forward import Forward
from verify.exact.nodes import Node, below
from verify.exact.rules import Way, gradients
from verify.exact.writing import Source as Written
from verify.exact.writing import condition, indented
from verify.model.where import as_place
from verify.mutation.scopes import is_upstream
from verify.mutation.slices import Function, assignments, roots
from verify.mutation.slices import names as read_by
from verify.repair.held import Held, Keeper
from verify.repair.rewriting import Piece, inserted_before
from verify.repair.slots import Site, function_at

_LACKS = "no variable of {} ({}) is {} itself, which the exact gradient needs: have forward keep it for backward"
_NO_MODULE = "{} does not import {}, which the exact gradient needs"
_OPTIONS = "the exact gradient is other code for other options, which {} ({}) does not hold"
_IGNORES = "the exact gradient cannot be written by {} of {} ({})"
_SMALL = 4  # whole numbers below it are those of formulas, as 2 in the slope of a square
_MODULES = {"np": "numpy", "special": "scipy.special"}  # as exact code calls them
_CALLED = re.compile(rf"(?<![\w.])({'|'.join(_MODULES)})\.(\w+)")
_SIZE = re.compile(r"(?<![\w.])(?:([A-Za-z_]\w*)\.shape\[(\d+)\]|[A-Za-z_]\w*\b(?![.(]))")  # no name of NumPy's


class UnplacedError(Exception):
    """The exact gradient cannot be written into the code; the message says why."""


@dataclass(frozen=True, slots=True)
class Code:
    """Lines that compute gradients, the text of each by its name, and what else changes: what forward is to keep."""

    lines: tuple[str, ...]
    texts: Mapping[str, str]
    more: tuple[Piece, ...] = ()


@dataclass(slots=True)
class Author:
    """Writes the exact gradients of one function; `options` are those of the run, `fixed` its upstream, if it is."""

    site: Site
    forward: Forward
    held: Held
    keepers: Sequence[Keeper]
    options: Mapping[str, Any]
    fixed: bool
    _texts: dict[int, str] = field(default_factory=dict)
    _more: list[Piece] = field(default_factory=list)

    def code(self, way: Way) -> Code:
        """Return the code; raises UnplacedError."""
        site, forward = self.site, self.forward
        self._texts = {node: self._quoted(text) for node, text in self.held.texts.items()}
        wanted = {slot.gradient: forward.inputs[slot.gradient] for slot in site.slots}
        outputs = [(output, self._upstream(node)) for output, node in forward.outputs]
        nodes = gradients(forward.recording, outputs, list(wanted.values()), way)
        self._resolve(nodes)
        taken, names = names_in(site.source.text, site.function), self.names
        results = {names[name]: node for name, node in zip(wanted, nodes, strict=True)}
        held = self.held
        written = Written(results, taken - set(names.values()), held.ranks, self._texts, held.floats)
        code = self._with_aliases(written.lines, dict(zip(wanted, written.returned, strict=True)))
        self._refuse_without_upstream(code)
        return code

    def _refuse_without_upstream(self, code: Code) -> None:
        """Raise UnplacedError where a function would pass nothing back of what it gets, as others may call it too."""
        used = self._used(set(re.findall(r"\w+", "\n".join([*code.lines, *code.texts.values()]))))
        for argument in self.site.function.args.args:
            if is_upstream(argument.arg) and argument.arg not in used:
                place = self.site.place
                raise UnplacedError(_IGNORES.format(argument.arg, place.name, as_place(place.file, self.site.line)))

    def _used(self, read: set[str]) -> set[str]:
        """Return some variables, and those that they are computed from by statements that stay."""
        replaced = [slot.statement for slot in self.site.slots]
        staying = [assigned for assigned in assignments(self.site.function) if assigned.statement not in replaced]
        for _ in staying:  # as many times as a chain of them can be long
            read |= {name for assigned in staying if roots(assigned.target) & read for name in read_by(assigned.value)}
        return read

    def _quoted(self, text: str) -> str:
        """Return a text with the quotes that the file has around its keys."""
        return text.replace("['", '["').replace("']", '"]') if b'["' in self.site.source.text else text

    @property
    def names(self) -> dict[str, str]:
        """Return the variables that gradients are computed in."""
        taken = names_in(self.site.source.text, self.site.function)
        return {slot.gradient: slot.name or free(f"d{slot.gradient}", taken) for slot in self.site.slots}

    def _upstream(self, node: Node) -> Node:
        """Return an upstream; one that the case fixes as the argument of backward, which others may call otherwise."""
        for argument in self.site.function.args.args if self.fixed else ():
            name = argument.arg
            if is_upstream(name) and self.held.numbers.get(name) == node.details[0]:
                upstream = self.forward.recording.node("input", (), (name,), ())
                self._texts[id(upstream)] = name
                return upstream
        return node

    def _resolve(self, nodes: Sequence[Node]) -> None:
        """Find texts for all that gradients are computed from; raises UnplacedError."""
        leaves = [node for node in below(tuple(nodes), ends=self._texts) if id(node) not in self._texts]
        for op, text in (("input", self._from_forward), ("size", self._size)):
            self._texts.update({id(node): text(node) for node in leaves if node.op == op})
        numbers = {value: text for text, value in reversed(self.held.numbers.items())}
        for node in leaves:
            if node.op == "number" and node.details[0] in numbers and _is_chosen(node.details[0]):
                self._texts[id(node)] = numbers[node.details[0]]  # `self.slope`, which another caller may choose

    def _from_forward(self, node: Node) -> str:
        """Return an input as what forward is to keep of it; raises UnplacedError."""
        source = self.site.source
        for keeper in self.keepers:
            name = keeper.names.get(id(node))
            if name and keeper.owner == self.held.owner and keeper.place.file == self.site.place.file:
                function, attribute = function_at(source, keeper.place), free(name, self.held.attributes)
                for statement in function.body if function else ():
                    if statement.lineno <= keeper.line <= (statement.end_lineno or statement.lineno):
                        line = f"self.{attribute} = {name}.copy()"
                        self._more += inserted_before(source, statement, line) or ()
                        return f"self.{attribute}"
        raise self._lacking(str(node.details[0]))

    def _lacking(self, name: str) -> UnplacedError:
        place = self.site.place
        return UnplacedError(_LACKS.format(place.name, as_place(place.file, self.site.line), name))

    def _size(self, node: Node) -> str:
        text = _SIZE.sub(self._length, str(node.details[0]))
        return f"({text})" if " " in text else text

    def _length(self, match: re.Match[str]) -> str:
        """Return a length, or the value of an option, as the function holds it; raises UnplacedError."""
        name, axis = match[1] or match[0], match[2]
        if axis is not None:
            array = next(n for n in self.forward.recording.all() if n.op == "input" and n.details[0] == name)
            text = self._texts.get(id(array)) or self.held.shapes.get(array.shape)
            if text:
                return f"{text}.shape[{axis}]"
            if (length := array.shape[int(axis)]) in self.held.lengths:
                return self.held.lengths[length]
        elif name in self.options and (equal := self._equal(name)):
            return equal
        raise self._lacking(match[0])

    def _equal(self, name: str) -> str:
        """Return what holds the value of an option, or nothing."""
        value = self.options[name]
        equal = [text for text, number in self.held.numbers.items() if number == value and type(number) is type(value)]
        equal += [text for text, number in self.held.numbers.items() if number == value]
        return min(equal, key=lambda text: not text.endswith(name), default="")

    def option(self, name: str) -> str:
        """Return what holds the value of an option under its own name; raises UnplacedError."""
        place, texts = self.site.place, (name, f"self.{name}", f"self._{name}")
        for text in texts:
            if self.held.settings.get(text) == self.options[name]:
                return text
        raise UnplacedError(_OPTIONS.format(place.name, as_place(place.file, self.site.line)))

    def _with_aliases(self, lines: Sequence[str], texts: Mapping[str, str]) -> Code:
        """Return code with the names that the module has for what it imports; raises UnplacedError."""
        aliases = aliases_of(self.site.source.text)

        def renamed(text: str) -> str:
            return _CALLED.sub(lambda match: self._imported(aliases, _MODULES[match[1]], match[2]), text)

        return Code(tuple(map(renamed, lines)), {n: renamed(text) for n, text in texts.items()}, tuple(self._more))

    def _imported(self, aliases: Mapping[str, str], module: str, name: str) -> str:
        """Return what a module of the user's calls a name of another module; raises UnplacedError."""
        whole = f"{module}.{name}"
        if module in aliases:
            return f"{aliases[module]}.{name}"
        if whole in aliases:
            return aliases[whole]
        needed = whole if any(each.startswith(f"{module}.") for each in aliases) else module
        raise UnplacedError(_NO_MODULE.format(as_place(self.site.place.file, 1).file, needed))


def by_options(authors: Sequence[Author], codes: Sequence[Code]) -> Code:
    """Return code for several choices of options as one, which asks for those that are not always alike."""
    if all(code == codes[0] for code in codes):
        return codes[0]
    choices = [author.options for author in authors]
    differing = [name for name in choices[0] if any(choice[name] != choices[0][name] for choice in choices)]
    names = authors[0].names
    lines: list[str] = []
    for author, code in zip(authors, codes, strict=True):
        chosen = " and ".join(condition(author.option(name), author.options[name]) for name in differing)
        head = "else:" if len(codes) == 2 and lines else f"{'elif' if lines else 'if'} {chosen}:"
        results = [f"{names[name]} = {text}" for name, text in code.texts.items() if text != names[name]]
        lines += [head, *indented([*code.lines, *results])]
    more = dict.fromkeys(piece for code in codes for piece in code.more)
    return replace(codes[0], lines=tuple(lines), texts=names, more=tuple(more))


def _is_chosen(value: float) -> bool:
    """Tell whether somebody has chosen a number: it is none that formulas are full of."""
    return value not in (0.5, -0.5) and (value != int(value) or abs(value) >= _SMALL)


def names_in(source: bytes, function: Function) -> set[str]:
    """Return the names that a function and its module have, which are not to be taken for anything else."""
    inside = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    arguments = {argument.arg for argument in ast.walk(function.args) if isinstance(argument, ast.arg)}
    return {*inside, *arguments, *_bound(ast.parse(source)), *dir(builtins)}


def _bound(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
        else:
            yield from (n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))


def aliases_of(source: bytes) -> dict[str, str]:
    """Return the names that a module has for what it imports."""
    aliases = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Import):
            aliases.update({alias.name: alias.asname or alias.name for alias in node.names})
        elif isinstance(node, ast.ImportFrom) and not node.level:
            aliases.update({f"{node.module}.{alias.name}": alias.asname or alias.name for alias in node.names})
    return aliases


def free(name: str, taken: Container[str]) -> str:
    """Return a name that is not taken."""
    return free(f"{name}_", taken) if name in taken else name
