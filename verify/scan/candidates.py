"""Hand-written gradients in a source, by the names of functions and methods: read with `ast`, nothing is imported."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeGuard

from verify.scan import names
from verify.scan.callsites import solved

OF_CLASSES = ("layer", "value", "model", "engine")
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Candidate(NamedTuple):
    """Code that has a gradient: of which `kind`, under which names, and where its gradient is computed.

    The kinds are `layer` (a class with forward and backward), `value` (with a value and its derivative), `model` (with
    a curve and fit_deriv) and `engine` (an operation of a class with backward and grad: `Tensor.exp`), and for
    functions `pair`, `derivative`, `flag`, `loss`, and those of solvers. In classes these are methods.
    """

    kind: str
    name: str
    forward: str
    backward: str
    line: int
    sure: bool = True  # else it is one if it looks right: a loss with an expression beside it may be no gradient

    @property
    def owner(self) -> str:
        """Return the class or function in the module that has to be there."""
        return self.name.split(".")[0] if self.kind in OF_CLASSES else self.forward


class Source:
    """A source as a tree, with its classes and functions by name, and the name of its module. Raises SyntaxError."""

    def __init__(self, text: str | bytes, module: str = "") -> None:
        self.module = module
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

    def abstract(self, name: str, seen: Sequence[str] = ()) -> set[str]:
        """Return the methods of a class that compute nothing, and are there to be filled in."""
        node = self.classes.get(name)
        if node is None or name in seen:
            return set()
        bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
        inherited = {key for base in bases for key in self.abstract(base, [*seen, name])}
        own = {item.name: _raises(item) for item in node.body if isinstance(item, Function)}
        return {key for key in inherited if key not in own} | {key for key, raises in own.items() if raises}


_DEFINED = re.compile(rb"^[ \t]*(?:async[ \t]+)?def[ \t]+(\w+)", re.MULTILINE)
_FLAG = re.compile(rb"\bdef\s+\w+\s*\([^)]*?[,(]\s*(?:%s)\s*[=,):]" % "|".join(names.FLAGS).encode())
_BEHIND = re.compile(
    rb"return\b[^\n]*,\s*\(?(?:d[A-Za-z_]\w*|g|jac\w*|\w*grads?\w*|\w*gradients?|delta\w*)(?:\.\w+(?:\([^)\n]*\))?)?"
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
    of_classes = [candidate for name in source.classes for candidate in _of_class(source, name)]
    of_functions: list[Candidate] = []
    for read in (_minimized, _pairs, _flags, _derivatives, _losses):
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


def _raises(node: Function) -> bool:
    marked = any("abstractmethod" in ast.dump(item) for item in node.decorator_list)
    return marked or (_is_abstract(node) and any(isinstance(item, ast.Raise) for item in node.body))


def parameters(node: Function) -> list[str]:
    """Return the names of the arguments of a function by position, without the instance."""
    return [arg.arg for arg in (*node.args.posonlyargs, *node.args.args) if arg.arg not in names.TRIVIAL]


def _of_class(source: Source, name: str) -> Iterator[Candidate]:
    methods = source.methods(name)
    own = {item.name for item in source.classes[name].body if isinstance(item, Function)}
    if inheriting := list(_inheriting(source, name, methods)):
        yield inheriting[0]
        return
    for kind, forwards, backwards in _METHODS:
        forward = next((key for key in forwards if key in methods), "")
        backward = next((key for key in backwards if key in methods), "")
        if forward and backward:
            used = {forward, backward} | _reached(methods, (forward, backward))
            if used & own and not used & source.abstract(name):
                yield Candidate(kind, name, forward, backward, _line(source, name, methods, backward, used))
            return
    yield from _operations(source, name, methods)


def _inheriting(source: Source, name: str, methods: Mapping[str, Function]) -> Iterator[Candidate]:
    """Yield a class with a backward of its own whose forward is that of a base in another module."""
    bases = [base.id if isinstance(base, ast.Name) else base for base in source.classes[name].bases]
    if any(base not in source.classes and base not in names.PLAIN_BASES for base in bases):
        for forward, backward in zip(names.FORWARD[:4], names.BACKWARD[:4], strict=True):
            if backward in methods and methods.keys().isdisjoint(names.FORWARD):
                yield Candidate("layer", name, forward, backward, methods[backward].lineno)


_METHODS = (
    ("model", names.CURVE, names.FITTED),
    ("layer", names.FORWARD, names.BACKWARD),
    ("value", names.VALUE, names.SLOPE),
)


def _line(source: Source, name: str, methods: Mapping[str, Function], backward: str, used: set[str]) -> int:
    """Return the line of backward; in a class that only fills in what it calls, of the last such method."""
    own = [item for item in source.classes[name].body if isinstance(item, Function) and item.name in used]
    return next((item.lineno for item in own if item.name == backward), own[-1].lineno)


def _reached(methods: Mapping[str, Function], start: Sequence[str]) -> set[str]:
    """Return the methods of an instance that methods call, directly or not."""
    reached: set[str] = set()
    left = list(start)
    while left:
        node = methods.get(left.pop())
        called = {item.attr for item in ast.walk(node) if _is_own(item)} if node else set()
        left += called - reached
        reached |= called
    return reached


def _is_own(node: ast.AST) -> TypeGuard[ast.Attribute]:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"


def _operations(source: Source, name: str, methods: Mapping[str, Function]) -> Iterator[Candidate]:
    """Yield the operations of an autodiff engine: a class with backward and grad that makes others of its kind."""
    made = methods.get("__init__")
    stored = {item.attr for item in ast.walk(made) if _is_own(item)} if made else set()
    if "backward" in methods and "grad" in stored and stored & names.DATA:
        for node in source.classes[name].body:
            operator = isinstance(node, Function) and node.name in names.OPERATORS
            unary = isinstance(node, Function) and not parameters(node) and not node.name.startswith("_")
            if isinstance(node, Function) and (operator or unary) and _makes(node, name):
                yield Candidate("engine", f"{name}.{node.name}", node.name, "backward", node.lineno)


def _makes(node: Function, name: str) -> bool:
    """Tell whether a method makes an object of a class, with a function that passes gradients on."""
    calls = [item.func for item in ast.walk(node) if isinstance(item, ast.Call)]
    made = any(isinstance(item, ast.Name) and item.id == name for item in calls)
    return made and any(isinstance(item, (ast.FunctionDef, ast.Lambda)) and item is not node for item in ast.walk(node))


def _pairs(source: Source) -> Iterator[Candidate]:
    for name in source.functions:
        for word, twin in names.TWINS.items():
            backward = re.sub(rf"(?<![a-z]){word}(?![a-z])" if word.islower() else word, twin, name)
            if word in name and backward != name and backward in source.functions:
                yield _of_functions(
                    source, "pair", re.sub(rf"^{word}_|_?{word}", "", name) or source.module or name, name, backward
                )


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
        elif arguments and names.LOSS.search(name) and any(map(_has_expressions, ast.walk(node))):
            sure = bool(names.STATED.search(ast.get_docstring(node) or ""))
            yield _of_functions(source, "loss", name, name, name)._replace(sure=sure)


def _has_expressions(node: ast.AST) -> bool:
    """Tell whether a function returns a value, and something computed behind it."""
    if not (isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple) and len(node.value.elts) > 1):
        return False
    return all(isinstance(item, (ast.BinOp, ast.UnaryOp, ast.Call)) for item in node.value.elts[1:])


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
    if isinstance(node, (ast.Tuple, ast.List)) and node.elts:
        return all(_is_gradient(item, arguments) for item in node.elts)
    return isinstance(node, ast.Dict) or of_argument or bool(names.GRADIENT.match(name))


def _minimized(source: Source) -> Iterator[Candidate]:
    """Yield functions that are solved somewhere with a gradient: minimize(f, x0, jac=g)."""
    for item in dict.fromkeys(solved(source.tree)):
        if {item.function, item.gradient} <= source.functions.keys():
            yield _of_functions(source, item.kind, item.function, item.function, item.gradient)
