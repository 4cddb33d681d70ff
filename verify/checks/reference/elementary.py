"""Code of which its formula tells everything: layers of one sum or product each, wired without a question.

Beyond the formula, a layer may be wrong in other regions, on edges, where its backward is not defined, by what it
keeps from call to call, or by floats. Elementary code cannot, so that it is not run for that:

- It asks nothing: a class has no branch, no call and no attribute of a number; what the wiring asks has no symbol in
  it, or the run on plain symbols would have been refused. So there is one region, whatever kind of number runs.
- It is defined everywhere: there are sums, differences and products only.
- It keeps nothing but its arguments: `forward` reads no attribute, `backward` writes none and reads only those that
  every forward writes. The wiring makes its layers anew in each run, and refers to nothing outside that could change.
- Its floats only round: a gradient is a product of two stored numbers, or one of them with its sign changed, and the
  code types in no number beyond a digit. Digits that are lost where shares are added up, the sum itself loses.

All of this is read in the source, after that is seen to be what the code was compiled from. What is not listed is not
elementary.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

_METHODS = {"forward", "backward"}
_PLUMBING = {"__module__", "__qualname__", "__doc__", "__dict__", "__weakref__", "__annotations__"}
_PLUMBING |= {"__firstlineno__", "__static_attributes__"}  # from Python 3.13 on
_FORWARD, _BACKWARD = (ast.Add, ast.Sub, ast.Mult), (ast.Mult,)
_BUILTINS = (len, reversed, range, enumerate, zip)
_CONTAINERS = {"append": 1, "pop": 0}  # methods of lists, with the number of arguments

_TEN = 10

_Function = ast.FunctionDef


def is_elementary(subject: Any) -> bool:
    """Tell whether a subject and the layers that it makes are elementary; it has been run on plain symbols."""
    tree = _tree_of(subject)
    return tree is not None and _Wiring(subject, tree).holds()


def _tree_of(function: Any) -> _Function | None:
    """Return the source of a function without defaults; None where it is not known to be that of its code."""
    if type(function) is not FunctionType or function.__defaults__ or function.__kwdefaults__:
        return None
    code = function.__code__
    trees, codes = _sources(code.co_filename)
    tree = trees.get((code.co_firstlineno, code.co_name))
    return tree if code in codes else None


@lru_cache(maxsize=64)
def _sources(file: str) -> tuple[dict[tuple[int, str], _Function], frozenset[CodeType]]:
    """Return the functions of a file by line and name, and what they are compiled to, as the file is now."""
    try:
        source = Path(file).read_bytes()
        tree = ast.parse(source)
        compiled = SourceFileLoader("", file).source_to_code(source, file)  # as an import of the file does
    except (OSError, SyntaxError, ValueError):
        return {}, frozenset()
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    by_place = {(min([f.lineno, *(d.lineno for d in f.decorator_list)]), f.name): f for f in functions}
    return by_place, frozenset(_codes(compiled))


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _is_layer(cls: Any) -> bool:
    """Tell whether a class is an elementary layer."""
    if type(cls) is not type or cls.__bases__ != (object,):
        return False
    methods = {name: value for name, value in vars(cls).items() if name not in _PLUMBING}
    trees = {name: _tree_of(value) for name, value in methods.items()}
    forward, backward = trees.get("forward"), trees.get("backward")
    if set(methods) != _METHODS or forward is None or backward is None:
        return False
    kept = _Method(forward, _FORWARD, frozenset()).kept()
    return kept is not None and _Method(backward, _BACKWARD, kept).kept() == frozenset()


class _Method:
    """A method in one line after the other; a name is `True` while it holds a number that is given, not computed."""

    def __init__(self, tree: _Function, operations: tuple[type[ast.operator], ...], readable: frozenset[str]) -> None:
        self.tree, self.operations, self.readable = tree, operations, readable
        self.itself, *names = [argument.arg for argument in tree.args.args] or [""]
        self.given = dict.fromkeys(names, True)
        self.written: set[str] = set()

    def kept(self) -> frozenset[str] | None:
        """Return the attributes in which the method keeps its arguments; None where it is not elementary."""
        *lines, last = _body(self.tree)
        if not _is_plain(self.tree) or not isinstance(last, ast.Return) or last.value is None:
            return None
        values = last.value.elts if isinstance(last.value, ast.Tuple) else [last.value]
        fine = all(isinstance(line, ast.Assign) and self._assigned(line) for line in lines)
        return frozenset(self.written) if fine and all(self._kind(value) is not None for value in values) else None

    def _assigned(self, line: ast.Assign) -> bool:
        (target, *others), value = line.targets, line.value
        targets = target.elts if isinstance(target, ast.Tuple) else [target]
        values = value.elts if isinstance(value, ast.Tuple) else [value]
        kinds = [self._kind(one) for one in values]
        fine = not others and len(kinds) == len(targets)
        return fine and all(self._store(one, kind) for one, kind in zip(targets, kinds, strict=True))

    def _store(self, target: ast.expr, given: bool | None) -> bool:
        if isinstance(target, ast.Name) and target.id != self.itself and given is not None:
            self.given[target.id] = given
            return True
        if self._is_attribute(target) and given and not self.readable:
            self.written.add(target.attr)  # type: ignore[attr-defined]
            return True
        return False

    def _is_attribute(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == self.itself

    def _kind(self, node: ast.expr) -> bool | None:
        """Tell whether a number is given or computed; None for what is no number that is elementary."""
        if isinstance(node, ast.Constant):
            return True if _is_digit(node.value) else None
        if isinstance(node, ast.Name):
            return self.given.get(node.id)
        if self._is_attribute(node):
            return True if node.attr in self.readable else None  # type: ignore[attr-defined]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return self._kind(node.operand)
        if isinstance(node, ast.BinOp) and isinstance(node.op, self.operations):
            return False if self._kind(node.left) and self._kind(node.right) else None
        return None


def _body(tree: _Function) -> Sequence[ast.stmt]:
    """Return the statements of a function, without its docstring."""
    return tree.body[1:] if ast.get_docstring(tree, clean=False) is not None and len(tree.body) > 1 else tree.body


def _is_plain(tree: _Function) -> bool:
    """Tell whether a function takes its arguments as they are."""
    arguments = tree.args
    return not (arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs) and not (
        tree.decorator_list
    )


class _Wiring:
    """The generator of a case: what it may refer to outside, and what may stand in it.

    A name is data while it only ever holds what a loop over data gives: it may be a key, which asks for equality.
    """

    def __init__(self, subject: FunctionType, tree: _Function) -> None:
        self.tree, self.names = tree, subject.__globals__
        code = subject.__code__
        cells = zip(code.co_freevars, subject.__closure__ or (), strict=True)
        self.cells = {name: _content(cell) for name, cell in cells}
        self.free = {name for name, content in self.cells.items() if _is_data(content)}
        self.local = {*code.co_varnames, *code.co_cellvars}
        self.data: set[str] = set()
        self.classes: dict[int, bool] = {}

    def holds(self) -> bool:
        """Tell whether the generator is elementary."""
        arguments = self.tree.args
        if arguments.vararg or arguments.posonlyargs:
            return False
        loops = [node for node in ast.walk(self.tree) if isinstance(node, ast.For)]
        for loop in loops:
            self._iterates(loop)
        stored = [n.id for n in ast.walk(self.tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        looped = [n.id for loop in loops for n in ast.walk(loop.target) if isinstance(n, ast.Name)]
        self.data = {name for name in self.data if stored.count(name) == looped.count(name)}
        return all(self._is_fine(node) for line in _body(self.tree) for node in _nodes(line))

    def _iterates(self, loop: ast.For) -> None:
        """Note the names that a loop over data gives a value."""
        over = loop.iter
        if isinstance(over, ast.Call) and len(over.args) == 1 and self._is_builtin(over.func):
            over = over.args[0]
        if isinstance(over, ast.Name) and self._is_data(over.id):
            self.data |= {node.id for node in ast.walk(loop.target) if isinstance(node, ast.Name)}

    def _is_fine(self, node: ast.AST) -> bool:
        rule = _RULES.get(type(node))
        return rule is not None and rule(self, node)

    def _outside(self, name: str) -> Any:
        if name in self.cells:
            return self.cells[name]
        return self.names.get(name, getattr(builtins, name, _UNKNOWN))

    def name(self, node: Any) -> bool:
        """Tell whether a name is local, or data outside; what is called is asked for elsewhere."""
        return node.id in self.local or self._is_data(node.id)

    def _is_data(self, name: str) -> bool:
        """Tell whether a name is data outside; a cell may have a lot of it, and is looked through once."""
        return name in self.free or (name not in self.cells and _is_data(self._outside(name)))

    def call(self, node: Any) -> bool:
        """Tell whether a call makes a layer, calls one, or serves a list."""
        if node.keywords:
            return False
        if isinstance(node.func, ast.Attribute):
            number = _CONTAINERS.get(node.func.attr)
            return node.func.attr in _METHODS or number == len(node.args)
        if not isinstance(node.func, ast.Name) or node.func.id in self.local:
            return False
        return self._is_builtin(node.func) or (not node.args and self._is_layer(self._outside(node.func.id)))

    def _is_builtin(self, node: ast.expr) -> bool:
        outside = self._outside(node.id) if isinstance(node, ast.Name) and node.id not in self.local else None
        return any(outside is one for one in _BUILTINS)

    def _is_layer(self, cls: Any) -> bool:
        if id(cls) not in self.classes:
            self.classes[id(cls)] = _is_layer(cls)
        return self.classes[id(cls)]

    def key(self, node: Any) -> bool:
        """Tell whether what is looked up with is a constant, a number with a sign, or data."""
        if isinstance(node, ast.UnaryOp):
            node = node.operand
        return isinstance(node, ast.Constant) or (isinstance(node, ast.Name) and node.id in self.data)

    def keys(self, node: Any) -> bool:
        """Tell whether the keys of a dict are such; a dict in a dict, `**other`, has none."""
        return all(key is None or self.key(key) for key in node.keys)

    def comparison(self, node: Any) -> bool:
        """Tell whether what is compared with is a constant: then nothing is compared by what it is made of."""
        sides = [node.left, *node.comparators]
        identity = isinstance(node.ops[0], (ast.Is, ast.IsNot))
        plain = len(sides) == 2 and isinstance(sides[1], ast.Constant)
        return plain and (not identity or sides[1].value is None)


_UNKNOWN = object()


def _always(_: _Wiring, __: Any) -> bool:
    return True


_RULES: dict[type[ast.AST], Callable[[_Wiring, Any], bool]] = {
    **dict.fromkeys((ast.Assign, ast.Return, ast.Yield, ast.For, ast.If, ast.IfExp, ast.Continue), _always),
    **dict.fromkeys((ast.Tuple, ast.List, ast.Starred, ast.Load, ast.Store), _always),
    **dict.fromkeys((ast.Add, ast.USub, ast.Eq, ast.NotEq, ast.Is, ast.IsNot, ast.Gt, ast.Lt), _always),
    ast.Constant: lambda _, node: node.value is None or type(node.value) is str or _is_digit(node.value),
    ast.Expr: lambda _, node: isinstance(node.value, ast.Call),
    ast.BinOp: lambda _, node: isinstance(node.op, ast.Add),
    ast.UnaryOp: lambda _, node: isinstance(node.op, ast.USub),
    ast.Name: _Wiring.name,
    ast.Call: _Wiring.call,
    ast.Compare: _Wiring.comparison,
    ast.Subscript: lambda wiring, node: wiring.key(node.slice),
    ast.Dict: _Wiring.keys,
}


def _nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and what is in it, without the functions of calls, which are judged with them."""
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(node, ast.Call) and child is node.func:
            yield from _nodes(child.value) if isinstance(child, ast.Attribute) else ()
        else:
            yield from _nodes(child)


def _is_digit(value: Any) -> bool:
    return type(value) is int and value < _TEN


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # nothing yet
        return _UNKNOWN


def _is_data(value: Any) -> bool:
    """Tell whether a value is a text or a number, or made of them, and cannot be changed."""
    if type(value) is tuple:
        return all(map(_is_data, value))
    return value is None or type(value) in (str, int, float, bool)
