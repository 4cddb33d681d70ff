"""A source as a tree: its classes and functions by name, and which of their methods compute something."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from verify.scan import names

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Scope(NamedTuple):
    """Functions that see each other: of a module, the static ones of a class, or those within a function.

    A case calls one as `prefix` and its name; what is `within` a function has to be returned by that first.
    """

    functions: Mapping[str, Function]
    prefix: str = ""
    within: str = ""

    @property
    def title(self) -> str:
        """Return what stands before the names of these functions in reports."""
        return f"{self.within}.{self.prefix}" if self.within else self.prefix


class Source:
    """A source as a tree, with its classes and functions by name, and the name of its module. Raises SyntaxError.

    Names are those of `__qualname__` without the marks of functions: `Layers.Dense`, and `make.Dense` of a class that
    is defined within the function `make`, which `within` has. `makers` are functions within which others are defined.
    """

    def __init__(self, text: str | bytes, module: str = "") -> None:
        self.module = module
        self.tree = ast.parse(text)
        self.classes: dict[str, ast.ClassDef] = {}
        self.functions: dict[str, Function] = {}
        self.within: dict[str, str] = {}
        self.makers: dict[str, Function] = {}
        self.scopes = list(self._scopes(self.tree.body, "", ""))

    def _scopes(self, body: Sequence[ast.stmt], prefix: str, within: str) -> Iterator[Scope]:
        """Note the classes and functions of a body, and yield the scopes in it, the outermost first."""
        nodes = list(_outside(body))
        classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
        functions = {node.name: node for node in nodes if isinstance(node, Function) and not _is_case(node)}
        in_class = prefix != (f"{within}." if within else "")
        reached = {name: node for name, node in functions.items() if not in_class or not takes_instance(node)}
        self.functions |= {prefix + name: node for name, node in reached.items()}
        yield Scope(reached, prefix.removeprefix(f"{within}.") if within else prefix, within)
        for cls in classes:
            self.classes[prefix + cls.name], self.within[prefix + cls.name] = cls, within
            yield from self._scopes(cls.body, f"{prefix}{cls.name}.", within)
        for node in functions.values() if not within else ():
            if not prefix or _returns_own(node):
                name = prefix + node.name
                self.makers[name] = node
                yield from self._scopes(node.body, f"{name}.", name)

    @property
    def rebound(self) -> frozenset[str]:
        """Return the variables of the module that functions set, and the attributes that are set of anything."""
        nodes = list(ast.walk(self.tree))
        declared = {name for node in nodes if isinstance(node, ast.Global) for name in node.names}
        stores = (node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store))
        return frozenset({*declared, *stores})

    def bases(self, name: str) -> list[str]:
        """Return the bases of a class that are in this source, as names, and the others as they are written."""
        written = [ast.unparse(base) for base in self.classes[name].bases]
        around = [name.rsplit(".", count)[0] + "." for count in range(1, name.count(".") + 1)] + [""]
        return [next((before + base for before in around if before + base in self.classes), base) for base in written]

    def methods(self, name: str, seen: Sequence[str] = ()) -> dict[str, Function]:
        """Return the methods of a class that compute something, with those of its bases in this source."""
        node = self.classes.get(name)
        if node is None or name in seen:
            return {}
        own = {item.name: item for item in node.body if isinstance(item, Function) and not _is_abstract(item)}
        inherited = [item for base in self.bases(name) for item in self.methods(base, [*seen, name]).items()]
        return {**dict(inherited), **own}

    def empty(self, name: str) -> dict[str, Function]:
        """Return the methods that a class itself defines and that compute nothing."""
        own = [item for item in self.classes[name].body if isinstance(item, Function)]
        return {item.name: item for item in own if _is_abstract(item)}

    def abstract(self, name: str, seen: Sequence[str] = ()) -> set[str]:
        """Return the methods of a class that compute nothing, and are there to be filled in."""
        node = self.classes.get(name)
        if node is None or name in seen:
            return set()
        inherited = {key for base in self.bases(name) for key in self.abstract(base, [*seen, name])}
        own = {item.name: _raises(item) for item in node.body if isinstance(item, Function)}
        return {key for key in inherited if key not in own} | {key for key, raises in own.items() if raises}

    def returned(self, function: str) -> list[str]:
        """Return the names of what a function returns that is defined within it: `return forward, backward`."""
        returns = [item.value for item in _outside(self.makers[function].body) if isinstance(item, ast.Return)]
        parts = returns[-1].elts if returns and isinstance(returns[-1], ast.Tuple) else returns[-1:]
        return [part.id if isinstance(part, ast.Name) else "_" for part in parts]


def _outside(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield statements, and those of branches at the top: `try: ... except ImportError: ...`."""
    for node in body:
        yield node
        if isinstance(node, (ast.If, ast.Try)) and not _is_main(node):
            yield from _outside(node.body)


def _returns_own(node: Function) -> bool:
    """Tell whether a method returns a class or function that it defines."""
    own = {item.name for item in node.body if isinstance(item, (Function, ast.ClassDef))}
    returns = [item.value for item in _outside(node.body) if isinstance(item, ast.Return) and item.value]
    return any(isinstance(part, ast.Name) and part.id in own for value in returns for part in ast.walk(value))


def takes_instance(node: Function) -> bool:
    """Tell whether a method takes an instance: it is not static, nor of the class."""
    return not any(
        isinstance(item, ast.Name) and item.id in ("staticmethod", "classmethod") for item in node.decorator_list
    )


def _is_case(node: Function) -> bool:
    """Tell whether a function is a case, which somebody has written or `gradproof init` has."""
    calls = [item.func if isinstance(item, ast.Call) else item for item in node.decorator_list]
    owners = [item.value for item in calls if isinstance(item, ast.Attribute)]
    return any(isinstance(item, ast.Name) and item.id == "gradproof" for item in owners)


def _is_main(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "__name__" in ast.dump(node.test)


def _is_abstract(node: Function) -> bool:
    """Tell whether a function computes nothing: it only raises, or passes."""
    body = [item for item in node.body if not (isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant))]
    return all(isinstance(item, (ast.Raise, ast.Pass)) for item in body)


def _raises(node: Function) -> bool:
    marked = any("abstractmethod" in ast.dump(item) for item in node.decorator_list)
    return marked or (_is_abstract(node) and any(isinstance(item, ast.Raise) for item in node.body))


def has_flag(node: Function, *, optional: bool = False) -> bool:
    """Tell whether a function takes a flag that asks for its derivative; with `optional`, one that has a default."""
    taken = parameters(node)[1:]
    flags = [argument for argument in taken if argument in names.FLAGS]
    return bool(flags) and (not optional or flags[-1] in taken[len(taken) - len(node.args.defaults) :])


def parameters(node: Function) -> list[str]:
    """Return the names of the arguments of a function by position, without the instance."""
    return [arg.arg for arg in (*node.args.posonlyargs, *node.args.args) if arg.arg not in names.TRIVIAL]
