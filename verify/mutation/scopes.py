"""What operators have to know of a function: its part in the backward pass, its upstream, what it keeps."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from verify.mutation.slices import Assigned, Function, assignments, attributes, roots, unneeded
from verify.mutation.watching import LAMBDA, Place, Watch

_UPSTREAM = re.compile(r"d[A-Za-z_]\w*|grad\w*|\w+_grad|delta\w*|upstream|g[yx]?|error")
_BACKWARD = re.compile(r"back|grad|bprop|prime|deriv")
_SHAPING = re.compile(r"range|arange|reshape|transpose|(zeros|ones|empty)(_like)?|shape|len|repeat|pad")
_SIZE = re.compile(r"(\w+\.)*\w+\.(shape|size|ndim|dtype)\b(\[[^]]*\])?|\blen\([^)]*\)")


@dataclass(slots=True, eq=False)
class Scope:
    """A function in which mistakes are planted.

    `parts` are the trees in which backward's mistakes may be, `gradients` the expressions among them that are returned
    or kept as gradients, `cached` the assignments of what backward reads later. `numbers` are the variables that hold
    some, `shapes` those of real ones.
    """

    function: Function
    place: Place
    numpy: str
    parents: dict[ast.AST, ast.AST]
    settings: set[str]
    parts: list[ast.AST] = field(default_factory=list)
    gradients: set[ast.AST] = field(default_factory=set)
    cached: list[Assigned] = field(default_factory=list)
    upstream: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def above(self, node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
        """Return the pairs of a node and what it is in, up to its statement."""
        while not isinstance(node, ast.stmt) and node in self.parents:
            yield node, self.parents[node]
            node = self.parents[node]

    def is_of_sizes(self, node: ast.AST) -> bool:
        """Tell whether a node computes with sizes and places, not with what is differentiated."""
        pairs = list(self.above(node))
        return (
            (isinstance(node, ast.expr) and _of_sizes_alone(node))
            or any(map(_counts, ast.walk(node)))
            or any(_counts(above) for _, above in pairs)
            or any(isinstance(above, ast.Subscript) and above.slice is below for below, above in pairs)
            or any(isinstance(above, (ast.Call, ast.keyword)) and _shapes(below, above) for below, above in pairs)
        )


def _counts(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.FloorDiv)


def _shapes(below: ast.AST, above: ast.Call | ast.keyword) -> bool:
    """Tell whether something is the shape that a call asks for."""
    if isinstance(above, ast.keyword):
        return above.arg in ("shape", "axis", "size")
    name = ast.unparse(above.func).rpartition(".")[2]
    return (
        _SHAPING.fullmatch(name) is not None
        and below is not above.func
        and (len(above.args) < 2 or below is not above.args[0])
    )


def is_upstream(name: str) -> bool:
    """Tell whether an argument has the name of an upstream."""
    return _UPSTREAM.fullmatch(name) is not None


def is_size(node: ast.AST) -> bool:
    """Tell whether an expression is a size: of the shape of something, or its length."""
    return _SIZE.search(ast.unparse(node)) is not None


def _is_start(node: ast.AST) -> bool:
    """Tell whether an expression is no gradient yet: a size, zeros to add to, or a copy of something."""
    return (
        is_size(node) or re.match(r"(\w+\.)?(zeros|empty)(_like)?\(|\w+(\.copy\(\))?$", ast.unparse(node)) is not None
    )


def _of_sizes_alone(node: ast.AST) -> bool:
    rest, count = _SIZE.subn("1", ast.unparse(node))
    return count > 0 and not any(character.isalpha() for character in rest)


def scopes(file: str, tree: ast.Module, seen: Watch) -> list[Scope]:
    """Return the functions of a file that have a part in the backward pass."""
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    functions = {
        Place(file, first_line(node), node.name): node for node in ast.walk(tree) if isinstance(node, Function)
    }
    numpy, scopes_found = _numpy(tree), []
    read_later = {name for place in seen.backward if place in functions for name in _read(functions[place])}
    for place, function in functions.items():
        if place in seen.stated:
            continue
        scope = Scope(function, place, numpy, parents, _settings(function, parents))
        _take_numbers(scope, seen)
        if place in seen.backward - seen.forward:
            _take_backward(scope, fixed=seen.fixed)
        elif place in seen.forward - seen.backward:
            others = [functions[other] for other in seen.forward if other in functions and other != place]
            _take_forward(scope, seen, {name for other in others for name in _read(other)}, read_later)
        if scope.parts or scope.cached:
            scopes_found.append(scope)
    return scopes_found


def forward_scopes(file: str, tree: ast.Module, seen: Watch) -> list[Scope]:
    """Return the functions of a file that run forward, and the lambdas that run, with all that is in them.

    What such a function computes may reach an output: that is seen where it runs.
    """
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    functions = [node for node in ast.walk(tree) if isinstance(node, Function)]
    functions += [_named(node) for node in ast.walk(tree) if isinstance(node, ast.Lambda)]
    scopes_of_it = []
    for function in functions:
        place = Place(file, first_line(function), function.name)
        if place in seen.forward or (place in seen.backward and function.name == LAMBDA):
            scope = Scope(function, place, _numpy(tree), parents, _settings(function, parents))
            _take_numbers(scope, seen)
            scope.parts = list(function.body)
            scope.gradients = {n.value for n in ast.walk(function) if isinstance(n, ast.Return) and n.value}
            scopes_of_it.append(scope)
    return scopes_of_it


def _named(function: ast.Lambda) -> ast.FunctionDef:
    """Return a lambda as a function that returns its body."""
    returned = ast.copy_location(ast.Return(function.body), function.body)
    return ast.copy_location(ast.FunctionDef(LAMBDA, function.args, [returned], []), function)


def _take_numbers(scope: Scope, seen: Watch) -> None:
    shapes = seen.shapes.get(scope.place, {})
    scope.numbers = set(shapes)
    scope.shapes = {name: shape for name, shape in shapes.items() if name in seen.reals[scope.place]}


def first_line(function: Function) -> int:
    """Return the line of a function, or of its first decorator, as its code has it."""
    return min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])


def _read(function: Function) -> set[str]:
    return attributes(function, ast.Load)


def _numpy(tree: ast.Module) -> str:
    """Return the name that a module has for NumPy, or nothing."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
    aliases = [alias for node in imports for alias in node.names if alias.name == "numpy"]
    return next((alias.asname or alias.name for alias in aliases), "")


def _settings(function: Function, parents: dict[ast.AST, ast.AST]) -> set[str]:
    """Return the numbers that a layer is made with, or a function is called with: parameters with a default."""
    owner = parents.get(function)
    makers = [n for n in getattr(owner, "body", []) if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
    settings = set(_defaulted(function))
    return settings | {f"self.{name}" for maker in makers for name in _defaulted(maker)}


def _defaulted(function: Function) -> list[str]:
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    return [a.arg for a in [*positional[len(positional) - len(arguments.defaults) :], *arguments.kwonlyargs]]


def _take_backward(scope: Scope, *, fixed: bool) -> None:
    """Take all of a function that runs backward; an upstream that is `fixed` cannot be mishandled."""
    function = scope.function
    parameters = [a.arg for a in (*function.args.posonlyargs, *function.args.args) if a.arg not in ("self", "cls")]
    scope.upstream = {name for name in parameters if _UPSTREAM.fullmatch(name)}
    if _BACKWARD.search(function.name.lower()) and not scope.upstream:
        scope.upstream = {name for name in parameters[:1] if name not in scope.settings}
    scope.upstream = set() if fixed else scope.upstream
    scope.parts = list(function.body)
    stored = [a.value for a in assignments(function) if isinstance(a.target, ast.Attribute)]
    returned = [n.value for n in ast.walk(function) if isinstance(n, ast.Return) and n.value]
    values = [p for v in returned for p in (v.elts if isinstance(v, ast.Tuple) else [v])] + stored
    scope.gradients = {
        v for v in values if isinstance(v, ast.Name) or not (isinstance(v, (ast.Constant, ast.Starred)) or _is_start(v))
    }


def _take_forward(scope: Scope, seen: Watch, read_elsewhere: set[str], read_later: set[str]) -> None:
    """Take what a function computes for the backward pass alone."""
    outputs = seen.returned.get(scope.place, set())
    assigned, extra = unneeded(scope.function, outputs, read_elsewhere)
    scope.parts = [a.statement if a.statement.value is a.value else a.value for a in assigned]  # type: ignore[attr-defined]
    scope.parts += extra
    slopes = [
        a.value for a in assigned if isinstance(a.target, ast.Attribute) and ast.unparse(a.target) in scope.shapes
    ]
    scope.gradients = {value for value in [*slopes, *extra] if not _is_start(value)}
    scope.cached = (
        []
        if seen.once
        else [
            a
            for a in assignments(scope.function)
            if isinstance(a.target, ast.Attribute) and roots(a.target) & read_later
        ]
    )
