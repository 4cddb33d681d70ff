"""Hand-written gradients in a source, by the names of functions and methods: read with `ast`, nothing is imported."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from verify.scan import names

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Candidate(NamedTuple):
    """Code that has a gradient: of which `kind`, under which names, and where its gradient is computed.

    The kinds are `layer` (a class with forward and backward), `value` (a class with a value and its derivative), and
    `pair`, `derivative`, `flag`, `loss` and `minimized` (functions). For classes `forward` and `backward` are methods.
    """

    kind: str
    name: str
    forward: str
    backward: str
    line: int


class Source:
    """A source as a tree, with its classes and functions by name. Raises SyntaxError."""

    def __init__(self, text: str | bytes) -> None:
        self.tree = ast.parse(text)
        body = list(_outside(self.tree.body))
        self.classes = {node.name: node for node in body if isinstance(node, ast.ClassDef)}
        self.functions = {node.name: node for node in body if isinstance(node, Function)}

    def methods(self, name: str, seen: Sequence[str] = ()) -> dict[str, Function]:
        """Return the methods of a class that compute something, with those of its bases in this source."""
        node = self.classes.get(name)
        if node is None or name in seen:
            return {}
        own = {item.name: item for item in node.body if isinstance(item, Function) and not _is_abstract(item)}
        bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
        inherited = {key: value for base in bases for key, value in self.methods(base, [*seen, name]).items()}
        return {**inherited, **own}


_DEFINED = re.compile(rb"^[ \t]*(?:async[ \t]+)?def[ \t]+(\w+)", re.MULTILINE)
_FLAG = re.compile(rb"\bdef\s+\w+\s*\([^)]*?[,(]\s*(?:%s)\s*[=,):]" % "|".join(names.FLAGS).encode())
_BEHIND = re.compile(
    rb"return\b[^\n]*,\s*\(?(?:d[A-Za-z_]\w*|g|jac\w*|\w*grads?\w*|\w*gradients?|delta\w*)(?:\.\w+(?:\([^)\n]*\))?)?"
    rb"(?:\s*[/*][^,\n]*)?\)?[ \t]*$|return\b[^\n]*,[ \t]*\{|\b(?:jac|fprime|gradient)\s*=",
    re.MULTILINE,
)


def may_have(data: bytes) -> bool:
    """Tell whether a source may have a gradient, by the names that it defines: most have none, and are not parsed."""
    defined = {name.decode() for name in _DEFINED.findall(data)}
    methods = not defined.isdisjoint((*names.BACKWARD, *names.SLOPE))
    pairs = any(twin in name for name in defined for twin in names.TWINS)
    return methods or pairs or _has_derivative(defined) or bool(_FLAG.search(data) or _BEHIND.search(data))


def _has_derivative(defined: set[str]) -> bool:
    return any(form.format(name) in defined for name in defined for form in names.DERIVATIVES)


def candidates(source: Source) -> list[Candidate]:
    """Return what has a gradient in a source, in the order of its lines."""
    of_classes = [candidate for name in source.classes for candidate in _of_class(source, name)]
    of_functions: list[Candidate] = []
    for read in (_pairs, _minimized, _flags, _derivatives, _losses):
        taken = {name for item in of_functions for name in (item.forward, item.backward)}
        of_functions += [item for item in read(source) if not {item.forward, item.backward} & taken]
    return sorted([*of_classes, *of_functions], key=lambda candidate: candidate.line)


def _outside(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield statements, and those of branches at the top: `try: ... except ImportError: ...`."""
    for node in body:
        yield node
        if isinstance(node, (ast.If, ast.Try)) and not _is_main(node):
            yield from _outside(node.body)


def _is_main(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "__name__" in ast.dump(node.test)


def _is_abstract(node: Function) -> bool:
    """Tell whether a function computes nothing: it only raises, or passes."""
    body = [item for item in node.body if not (isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant))]
    return all(isinstance(item, (ast.Raise, ast.Pass)) for item in body)


def parameters(node: Function) -> list[str]:
    """Return the names of the arguments of a function by position, without the instance."""
    return [arg.arg for arg in (*node.args.posonlyargs, *node.args.args) if arg.arg not in names.TRIVIAL]


def _of_class(source: Source, name: str) -> Iterator[Candidate]:
    methods = source.methods(name)
    own = {item.name for item in source.classes[name].body if isinstance(item, Function)}
    for kind, forwards, backwards in (("layer", names.FORWARD, names.BACKWARD), ("value", names.VALUE, names.SLOPE)):
        forward = next((key for key in forwards if key in methods), "")
        backward = next((key for key in backwards if key in methods), "")
        if forward and backward and {forward, backward} & own:
            yield Candidate(kind, name, forward, backward, methods[backward].lineno)
            return


def _pairs(source: Source) -> Iterator[Candidate]:
    for name in source.functions:
        for word, twin in names.TWINS.items():
            backward = re.sub(rf"(?<![a-z]){word}(?![a-z])" if word.islower() else word, twin, name)
            if word in name and backward != name and backward in source.functions:
                yield _of_functions(source, "pair", re.sub(rf"^{word}_|_?{word}", "", name) or name, name, backward)


def _of_functions(source: Source, kind: str, title: str, forward: str, backward: str) -> Candidate:
    return Candidate(kind, title, forward, backward, source.functions[backward].lineno)


def _derivatives(source: Source) -> Iterator[Candidate]:
    for name in source.functions:
        twin = next((key for form in names.DERIVATIVES if (key := form.format(name)) in source.functions), None)
        if twin:
            takes_upstream = len(parameters(source.functions[twin])) > len(parameters(source.functions[name]))
            yield _of_functions(source, "pair" if takes_upstream else "derivative", name, name, twin)


def _flags(source: Source) -> Iterator[Candidate]:
    for name, node in source.functions.items():
        if any(argument in names.FLAGS for argument in parameters(node)[1:]):
            yield _of_functions(source, "flag", name, name, name)


def _losses(source: Source) -> Iterator[Candidate]:
    """Yield functions that return a tuple with gradients behind the value."""
    for name, node in source.functions.items():
        arguments = frozenset(argument.lower() for argument in parameters(node))
        if arguments and any(_has_gradient(item, arguments) for item in ast.walk(node)):
            yield _of_functions(source, "loss", name, name, name)


def _has_gradient(node: ast.AST, arguments: frozenset[str]) -> bool:
    if not (isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple) and len(node.value.elts) > 1):
        return False
    first, *rest = node.value.elts
    return not _is_gradient(first, arguments) and all(_is_gradient(item, arguments) for item in rest)


def _is_gradient(node: ast.expr, arguments: frozenset[str]) -> bool:
    """Tell whether an expression is a gradient by its name, `dx` of an argument x, or a form of one: `dx / N`."""
    while isinstance(node, (ast.BinOp, ast.Attribute, ast.Call)):
        if isinstance(node, ast.BinOp):
            node = node.left if isinstance(node.left, (ast.Name, ast.BinOp)) else node.right
        else:
            node = node.value if isinstance(node, ast.Attribute) else node.func
    name = node.id if isinstance(node, ast.Name) else ""
    of_argument = name[:1] == "d" and name[1:].lower() in arguments
    return isinstance(node, ast.Dict) or of_argument or bool(names.GRADIENT.match(name))


def _minimized(source: Source) -> Iterator[Candidate]:
    """Yield functions that are minimized somewhere with a gradient: minimize(f, x0, jac=g)."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Name):
            function = node.args[0].id
            jacobians = [key.value for key in node.keywords if key.arg in ("jac", "fprime", "gradient")]
            for value in jacobians:
                if isinstance(value, ast.Name) and {function, value.id} <= source.functions.keys():
                    yield _of_functions(source, "minimized", function, function, value.id)
