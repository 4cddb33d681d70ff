"""What the names of a file stand for, by its imports: modules, or values; and which files these lead to."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from verify.cache.imports import Folders, ImpureError, Module
from verify.cache.pure import LIBRARIES, SEEDED


@dataclass
class Names:
    """The names of a file: bound to `values`, to `modules`, or to `members` of them, and what it takes as a whole."""

    file: str
    tree: ast.Module
    values: set[str]
    modules: dict[str, Module] = field(default_factory=dict)
    members: dict[str, tuple[Module, str]] = field(default_factory=dict)
    wholes: list[Module] = field(default_factory=list)

    def changed(self) -> str:
        """Return a name that says which blocks are idle, and that the file binds to something else; usually none."""
        others = {name for name, meaning in self.members.items() if meaning != (_TYPING, name)}
        return next((name for name in _IDLE if name in self.values | self.modules.keys() | others), "")


class Reader:
    """Reads files and all that they import; `contents` has what is in each, `names` what its names stand for."""

    def __init__(self, folders: Folders) -> None:
        self.folders = folders
        self.contents: dict[str, bytes] = {}
        self.names: dict[str, Names] = {}

    def read(self, file: str) -> None:
        """Read a file, the packages that it is in, and what it imports; raises ImpureError, OSError and SyntaxError."""
        if file not in self.contents:
            self.contents[file] = Path(file).read_bytes()
            tree = ast.parse(self.contents[file])
            idle = set(_without_idle(tree))
            names = self.names[file] = Names(file, tree, set(_bound(tree)) | idle)
            for package in _packages(file):
                self.read(package)
            for node in ast.walk(tree):
                if isinstance(node, ast.Import):
                    self._import(node, names)
                elif isinstance(node, ast.ImportFrom):
                    self._import_from(node, names)

    def member(self, module: Module, name: str) -> Module | None:
        """Return the module that a member of a module is, or None for a value; raises ImpureError."""
        if module.file:
            inner = self._submodule(module, name)
            return inner or self.meaning(self.names[module.file], name)
        dotted = f"{module.name}.{name}"
        if dotted in LIBRARIES:
            return Module(dotted)
        if name in LIBRARIES[module.name]:
            return None
        raise ImpureError(f"{dotted} may read more than its arguments")

    def meaning(self, names: Names, name: str, passed: tuple[str, ...] = ()) -> Module | None:
        """Return the module that a name of a file stands for, or None for a value; raises ImpureError."""
        if (name in names.modules or name in names.members) and name in names.values:
            raise ImpureError(f"{name} is imported, and also the name of something else")
        if name in names.modules:
            return names.modules[name]
        if name in names.members:
            return self.member(*names.members[name])
        for module in names.wholes:
            if module.file not in passed and name in self.public(module.file):
                whole = self.meaning(self.names[module.file], name, (*passed, module.file))
                if whole and name in names.values:
                    raise ImpureError(f"{name} is imported, and also the name of something else")
                return whole
        if name in names.values:
            return None
        raise ImpureError(f"{name} is not defined in the files that were read")

    def public(self, file: str, passed: tuple[str, ...] = ()) -> set[str]:
        """Return the names that a file has, with those that it takes from others as a whole."""
        names = self.names[file]
        own = names.values | names.modules.keys() | names.members.keys()
        others = (self.public(module.file, (*passed, file)) for module in names.wholes if module.file not in passed)
        return own.union(*others)

    def _take(self, modules: list[Module]) -> Module:
        for module in modules:
            if module.file:
                self.read(module.file)
        return modules[-1]

    def _import(self, node: ast.Import, names: Names) -> None:
        for alias in node.names:
            modules = self.folders.module(alias.name)
            whole = self._take(modules)
            top = modules[0] if modules[0].file else Module(alias.name.partition(".")[0])
            _bind(names, alias.asname or top.name, whole if alias.asname else top)

    def _import_from(self, node: ast.ImportFrom, names: Names) -> None:
        module = self._take(self._from(node, names.file))
        for alias in node.names:
            if alias.name == "*" and module.file:
                names.wholes.append(module)
            elif not module.file and (alias.name == "*" or alias.name in SEEDED):
                raise ImpureError(f"it imports {alias.name} from {module.name}")
            elif module.file:
                inner = self._submodule(module, alias.name)
                _bind(names, alias.asname or alias.name, inner or (module, alias.name))
            else:
                inner = self.member(module, alias.name)
                _bind(names, alias.asname or alias.name, inner or (module, alias.name))

    def _from(self, node: ast.ImportFrom, file: str) -> list[Module]:
        """Return the module that members are imported from, with the packages that it is in."""
        if not node.level:
            return self.folders.module(node.module or "")
        package = Path(file).parents[node.level - 1]
        if not node.module:
            return self.folders.inside(package.parent, package.name, ())
        return self.folders.inside(package.parent, package.name, node.module.split("."))

    def _submodule(self, module: Module, name: str) -> Module | None:
        """Return a module within a package of the user's, which is read; None where there is none of that name."""
        folder = Path(module.file).parent
        if Path(module.file).name != "__init__.py" or not self.folders.look(str(folder), name):
            return None
        return self._take(self.folders.inside(folder, name, (), f"{module.name}."))


_TYPING = Module("typing")
_IDLE = ("TYPE_CHECKING", "__name__")  # decide about blocks that never run here; `Names.changed` sees what they mean


def _without_idle(tree: ast.Module) -> Iterator[str]:
    """Take out the blocks that only type checkers or the script itself run; yields the names that they bind.

    A name that only such a block binds has no value here: to use it is an error in every run, unless it is a builtin
    function too, which is looked at as such.
    """
    for statement in tree.body:
        if isinstance(statement, ast.If) and _is_idle(statement.test):
            for node in (inner for line in statement.body for inner in ast.walk(line)):
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
            yield from (name for line in statement.body for name in _bound(line))
            statement.body = [ast.copy_location(ast.Pass(), statement)]


def _is_idle(test: ast.expr) -> bool:
    return ast.unparse(test) in ("TYPE_CHECKING", "__name__ == '__main__'")


def _bind(names: Names, name: str, meaning: Module | tuple[Module, str]) -> None:
    """Note what an import binds a name to; raises ImpureError where another one binds it to something else."""
    before = names.modules.get(name) or names.members.get(name)
    if before is not None and before != meaning:
        raise ImpureError(f"{name} is imported in two ways")
    if isinstance(meaning, Module):
        names.modules[name] = meaning
    else:
        names.members[name] = meaning


def _packages(file: str) -> Iterator[str]:
    """Yield the files of the packages that a file is in."""
    for folder in Path(file).parents:
        if not (folder / "__init__.py").is_file():
            return
        yield str(folder / "__init__.py")


_BINDING = {  # the field that has the name
    ast.arg: "arg",
    ast.FunctionDef: "name",
    ast.ClassDef: "name",
    ast.ExceptHandler: "name",
    ast.MatchAs: "name",
    ast.MatchStar: "name",
    ast.MatchMapping: "rest",
}


def _bound(tree: ast.AST) -> Iterator[str]:
    """Yield the names that a file binds in any scope, but by imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif type(node) in _BINDING and (name := getattr(node, _BINDING[type(node)])):
            yield name
