"""Nodes as source: expressions with as few brackets as Python needs, and names for what is used more than once."""

from __future__ import annotations

import keyword
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import NamedTuple

from verify.exact.algebra import parts_of
from verify.exact.nodes import Node, below

_COMPARE, _OR, _AND, _SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(1, 9)
_BINARY = {
    "add": ("+", _SUM),
    "sub": ("-", _SUM),
    "mul": ("*", _PRODUCT),
    "div": ("/", _PRODUCT),
    "matmul": ("@", _PRODUCT),
    "applied": ("@", _PRODUCT),
    "less": ("<", _COMPARE),
    "less_equal": ("<=", _COMPARE),
    "greater": (">", _COMPARE),
    "greater_equal": (">=", _COMPARE),
    "equal": ("==", _COMPARE),
    "not_equal": ("!=", _COMPARE),
    "logical_and": ("&", _AND),
    "bitwise_and": ("&", _AND),
    "logical_or": ("|", _OR),
    "bitwise_or": ("|", _OR),
}
_ASSOCIATIVE = ("add", "mul")
_LEAVES = ("input", "number", "size")
_STATEMENTS = ("scatter", "setitem")
NAME = "backward"
_LONGEST = 72  # signs of an expression that has no name
MOST_LINES = 40
_MODULES: dict[str, str] = {"erf": "special.erf", "expit": "special.expit"}


class LongError(Exception):
    """Code that nobody would read: most of it is a loop that was written out."""


class Source:
    """Statements that compute some nodes, in order, and what each node is called.

    `held` are texts of nodes that are there already, by their ids: nothing is written that computes these. `floats` are
    the arguments that zeros may be like.
    """

    def __init__(
        self,
        wanted: Mapping[str, Node],
        taken: Iterable[str],
        ranks: Mapping[str, int],
        held: Mapping[int, str] | None = None,
        floats: Container[str] = (),
    ) -> None:
        self.lines: list[str] = []
        self._floats = floats
        self._ranks = ranks  # how many axes each argument has
        self._names: dict[int, str] = dict(held or {})
        self._taken = {*taken, "np", "special", *keyword.kwlist}
        nodes = list(below(tuple(wanted.values()), ends=self._names.copy()))
        self._uses = Counter(id(arg) for node in nodes if id(node) not in self._names for arg in node.args)
        self._results = {id(node): name for name, node in reversed([*wanted.items()]) if node.op not in _LEAVES}
        self._uses.update({id(node): 1 for node in wanted.values()})
        self._taken |= set(wanted)
        for node in nodes:
            self._place(node)
        self.returned = [self._text(node, 0) for node in wanted.values()]

    def _place(self, node: Node) -> None:
        """Write a statement for a node that is to have a name."""
        if node.op in _LEAVES or id(node) in self._names:
            return
        if node.op in _STATEMENTS:
            self._write_statement(node)
        elif self._is_named(node):
            text = self._text(node, 0)
            self._append(f"{self._called(node)} = {text}")

    def _is_named(self, node: Node) -> bool:
        if id(node) in self._results or (node.name and node.op != "call"):
            return True
        if self._uses[id(node)] > 1 and node.op not in ("neg", "transpose", "expand"):
            return True
        return len(self._text(node, 0)) > _LONGEST

    def _append(self, line: str) -> None:
        self.lines.append(line)
        if len(self.lines) > MOST_LINES:
            raise LongError

    def _called(self, node: Node) -> str:
        """Choose the name of a node."""
        name = self._results.get(id(node)) or self._free(node.name if node.name.isidentifier() else "t")
        self._names[id(node)] = name
        return name

    def _free(self, stem: str) -> str:
        numbered = (f"{stem}{number}" for number in range(1, len(self._taken) + 2))
        name = next(n for n in ([stem] if stem != "t" else []) + list(numbered) if n not in self._taken)
        self._taken.add(name)
        return name

    def _write_statement(self, node: Node) -> None:
        if node.op == "scatter":
            self._scatter(node)
            return
        before, written, *indices = node.args
        index, text = self._filled(node.details[0], indices), self._text(written, 0)
        copied = f"{self._text(before, _ATOM)}.copy()"
        name = self._called(node)
        self._append(f"{name} = {copied}")
        self._append(f"{name}[{index}] = {text}")

    def _scatter(self, node: Node) -> None:
        parts = [
            (self._filled(template, nodes[1:]), basic, self._text(nodes[0], 0))
            for template, basic, nodes in parts_of(node)
        ]
        name, sign = self._called(node), "=" if len(parts) == 1 else "+="
        shape = self._shape(node.args[: len(node.shape)])
        like = shape.removesuffix(".shape")
        self._append(f"{name} = np.zeros_like({like})" if like in self._floats else f"{name} = np.zeros({shape})")
        for index, basic, text in parts:
            added = f"np.add.at({name}, {self._tuple(index)}, {text})"
            self._append(f"{name}[{index}] {sign} {text}" if basic else added)

    @staticmethod
    def _tuple(index: str) -> str:
        return f"np.s_[{index}]" if ":" in index else f"({index})" if "," in index else index

    def _text(self, node: Node, level: int) -> str:
        """Return a node as an expression, in brackets where it binds less than a level."""
        if id(node) in self._names:
            return self._names[id(node)]
        text, own = self.expression(node)
        return f"({text})" if own < level else text

    def expression(self, node: Node) -> tuple[str, int]:
        """Return a node as an expression, and how much it binds."""
        op = node.op
        if op in _LEAVES:
            return _leaf(node)
        if op == "call":
            return self._filled(node.details[0], node.args), _ATOM if node.details[0][0] != "~" else _SIGN
        if op in _BINARY:
            sign, own = _BINARY[op]
            right = own if op in _ASSOCIATIVE and node.args[1].op == op else own + 1
            left = own + 1 if own == _COMPARE else own
            return f"{self._text(node.args[0], left)} {sign} {self._text(node.args[1], right)}", own
        if op == "neg":
            return f"-{self._text(node.args[0], _PRODUCT)}", _SIGN
        if op == "power":
            return f"{self._text(node.args[0], _ATOM)}**{self._text(node.args[1], _POWER)}", _POWER
        if op in _WRITTEN:
            return _WRITTEN[op](self, node), _ATOM
        return f"{_MODULES.get(op, f'np.{op}')}({', '.join(self._text(arg, 0) for arg in node.args)})", _ATOM

    def _filled(self, template: str, nodes: Sequence[Node]) -> str:
        method = template.startswith("{0}.")
        return template.format(*(self._text(node, _ATOM if method else 0) for node in nodes))

    def reduction(self, node: Node) -> str:
        """Write a sum, a mean, or the like."""
        axes, keep = node.details
        number = len(node.args[0].shape)
        axis = "" if len(axes) == number else f"axis={axes[0] if len(axes) == 1 else axes}"
        options = ", ".join(filter(None, [axis, "keepdims=True" if keep else ""]))
        return f"{self._text(node.args[0], _ATOM)}.{node.op}({options})"

    def expand(self, node: Node) -> str:
        """Write an array with axes more."""
        number, axes = len(node.shape), node.details[0]
        places = ["None" if axis in axes else ":" for axis in range(number)]
        if len(places) > 1 and places[-1] == "None" and number > 2 and axes == (number - 1,):
            places = ["...", "None"]
        while places[-1] == ":" and "None" in places[:-1]:
            places.pop()
        return f"{self._text(node.args[0], _ATOM)}[{', '.join(places)}]"

    def transpose(self, node: Node) -> str:
        """Write an array with its axes in another order."""
        order, text = node.details[0], self._text(node.args[0], _ATOM)
        last = len(order)
        if order == tuple(range(last))[::-1]:
            return f"{text}.T"
        if order == (*range(last - 2), last - 1, last - 2):
            return f"{text}.swapaxes(-1, -2)"
        return f"{text}.transpose{order}"

    def _shape(self, lengths: Sequence[Node]) -> str:
        """Write a shape: that of an array where it is all of one."""
        texts = [self._text(length, 0) for length in lengths]
        stem = texts[0].removesuffix(".shape[0]") if texts else ""
        if stem and texts == [f"{stem}.shape[{axis}]" for axis in range(len(texts))]:
            return (
                f"{stem}.shape"
                if self._ranks.get(stem) == len(texts)
                else f"({', '.join(texts)}{',' * (len(texts) == 1)})"
            )
        return f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"

    def reshape(self, node: Node) -> str:
        """Write an array in another shape."""
        lengths = list(node.args[1:])
        unknown = [place for place, length in enumerate(lengths) if length.is_number and length.details[0] > 1]
        texts = [self._text(length, 0) for length in lengths]
        if unknown:
            texts[unknown[0]] = "-1"
        text = f"({', '.join(texts)}{',' if len(texts) == 1 else ''})" if unknown else self._shape(lengths)
        inner = text[1:-1].rstrip(",") if text.startswith("(") else text
        return f"{self._text(node.args[0], _ATOM)}.reshape({inner})"

    def concatenate(self, node: Node) -> str:
        """Write arrays beside each other; those of one entry along the axis as a stack."""
        axis = node.details[0]
        stacked = all(part.op == "expand" and part.details[0] == (axis,) for part in node.args)
        parts = ", ".join(self._text(part.args[0] if stacked else part, 0) for part in node.args)
        option = f", axis={axis}" if axis else ""
        return f"np.{'stack' if stacked else 'concatenate'}([{parts}]{option})"

    def pad(self, node: Node) -> str:
        """Write an array with zeros around it."""
        array, *widths = (self._text(arg, 0) for arg in node.args)
        pairs = ", ".join(f"({before}, {after})" for before, after in zip(widths[::2], widths[1::2], strict=True))
        return f"np.pad({array}, ({pairs}))"

    def extent(self, node: Node) -> str:
        """Write the length of an array along an axis."""
        return f"{self._text(node.args[0], _ATOM)}.shape[{node.details[0]}]"

    def broadcast(self, node: Node) -> str:
        """Write an array that stands for more entries."""
        return f"np.broadcast_to({self._text(node.args[0], 0)}, {self._shape(node.args[1:])})"

    def getitem(self, node: Node) -> str:
        """Write entries of an array."""
        return f"{self._text(node.args[0], _ATOM)}[{self._filled(node.details[0], node.args[1:])}]"


_WRITTEN = {
    "extent": Source.extent,
    "pad": Source.pad,
    "concatenate": Source.concatenate,
    "sum": Source.reduction,
    "mean": Source.reduction,
    "max": Source.reduction,
    "min": Source.reduction,
    "expand": Source.expand,
    "transpose": Source.transpose,
    "reshape": Source.reshape,
    "broadcast": Source.broadcast,
    "getitem": Source.getitem,
}


def _leaf(node: Node) -> tuple[str, int]:
    if node.op == "number":
        return repr(node.details[0]).replace("e-0", "e-"), _ATOM if node.details[0] >= 0 else _SIGN
    text = str(node.details[0])
    return text, _SUM if node.op == "size" and " " in text else _ATOM


def text_of(node: Node) -> str:
    """Return a node as an expression in brackets, if it needs any."""
    text, own = Source({}, (), {}).expression(node)
    return text if own == _ATOM else f"({text})"


class Written(NamedTuple):
    """A function of some arguments as the lines of its body, and the inputs whose gradients it returns, in order."""

    arguments: tuple[str, ...]
    inputs: tuple[str, ...]
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """Return the source of the function, with the imports that it needs."""
        modules = {"np.": "import numpy as np", "special.": "from scipy import special"}
        imports = [text for name, text in modules.items() if any(name in statement for statement in self.lines)]
        head = f"def {NAME}({', '.join(self.arguments)}):"
        return "\n".join([*imports, *["", ""] * bool(imports), head, *indented(self.lines), ""])


def function(arguments: Sequence[str], wanted: Mapping[str, Node], ranks: Mapping[str, int]) -> Written:
    """Return a function that computes nodes, each the gradient of an input."""
    source = Source({f"d{name}": node for name, node in wanted.items()}, arguments, ranks)
    return Written(tuple(arguments), tuple(wanted), (*source.lines, f"return {', '.join(source.returned)}"))


def by_options(functions: Sequence[tuple[Mapping[str, object], Written]]) -> Written:
    """Return functions for several choices of options as one, which asks for the options that are not always alike."""
    choices = [choice for choice, _ in functions]
    differing = [name for name in choices[0] if any(choice[name] != choices[0][name] for choice in choices)]
    lines: list[str] = []
    for place, (choice, written) in enumerate(functions):
        chosen = " and ".join(condition(name, choice[name]) for name in differing)
        lines += [f"{'elif' if place else 'if'} {chosen}:", *indented(written.lines)]
    return functions[0][1]._replace(lines=tuple(lines))


def condition(name: str, value: object) -> str:
    """Return what asks whether an option has a value."""
    if isinstance(value, bool):
        return name if value else f"not {name}"
    return f"{name} == {value!r}"


def indented(lines: Sequence[str]) -> list[str]:
    """Return the lines of a block."""
    return [f"    {line}" for line in lines]
