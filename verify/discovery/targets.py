"""From what the user names to what is imported in one go: files, modules, the modules of packages and directories."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from verify.discovery.messages import Unit
from verify.model.commands import COMMANDS
from verify.model.elision import cut_end
from verify.model.errors import InputError, TargetError, nearest
from verify.model.package import is_engine
from verify.model.reasons import Reason
from verify.model.where import described, printable, raised_at, relative, working_folder

_ALONE = "_gradproof_file_{}"  # the name of a file that is in no package
_LONGEST_NAME = 80
_PATTERN = "verify_*.py"
_SKIPPED = ("__pycache__", "node_modules")


def units(target: str, layers: str | None = None) -> list[Unit]:
    """Return the units of a target; a module's name is looked up, which imports the packages that it is in.

    Raises InputError for what does not exist, and whatever such a package raises.
    """
    path, folders = Path(target), _folders_of(layers)
    if target.endswith(".toml"):
        return [Unit(target, target, folders=folders, layers=layers)]
    if not is_path(target):
        units_found = _named(target)
    elif path.is_dir():
        units_found = _directory(path)
    else:
        units_found = [of_file(path)]
    return [unit._replace(layers=layers) for unit in units_found]


def of_expression(
    text: str, at: Sequence[str], upstream: str, layers: str | None, domain: Sequence[tuple[str, str]] = ()
) -> Unit:
    """Return the unit of an expression of the command line."""
    return Unit(text, folders=_folders_of(layers), layers=layers, at=tuple(at), domain=tuple(domain), upstream=upstream)


def case_name(target: str) -> str:
    """Return a target, or an expression, as the name of a case or row."""
    return cut_end(printable(target.strip()), _LONGEST_NAME)


def failed(problem: BaseException, file: str = "") -> TargetError:
    """Return the error that says what the user's code raised when it was imported, and where; rows name the target.

    A `file` that does not parse itself is no Python; one that imports such a file merely fails.
    """
    place = raised_at(problem)
    own = (
        isinstance(problem, SyntaxError)
        and bool(file)
        and Path(problem.filename or "").resolve() == Path(file).resolve()
    )
    text = f"importing it failed: {described(problem)}{', at ' if place else ''}{place}"
    return TargetError(text, place, reason=Reason.NOT_PYTHON if own else Reason.IMPORT_FAILED)


def is_path(target: str) -> bool:
    """Tell whether a target is the path of a file or directory, not the name of a module."""
    return target.endswith(".py") or "/" in target or Path(target).exists()


def _hint(path: Path) -> str:
    """Say where cases of a notebook can be checked."""
    hint = "; check a case of a notebook in the notebook, with gradproof.check(case), or move its code into a .py file"
    return hint if path.suffix == ".ipynb" else ""


def of_file(path: Path) -> Unit:
    """Return the unit of a Python file: in a package it has its full name, else one of its own, as if it were run."""
    if not path.is_file() or path.suffix != ".py":
        text = f"is not a Python or TOML file{_hint(path)}" if path.exists() else f"no such file{_meant(path)}"
        raise InputError(f"{path}: {text}")
    package = path.resolve().parent
    parts = [] if path.stem == "__init__" else [path.stem]
    while (package / "__init__.py").is_file():
        parts.insert(0, package.name)
        package = package.parent
    label, folder = relative(path), str(path.resolve().parent)
    if not (package / parts[0]).is_dir() or is_engine(".".join(parts)):  # that name is ours
        return Unit(label, label, _ALONE.format(path.stem), _folders(folder), alone=True)
    return Unit(label, label, ".".join(parts), _folders(str(package), folder))


def _meant(path: Path) -> str:
    """Return the file or the module beside it, or the command, that was probably meant by a target that is none."""
    files = [file for file in path.parent.glob("*") if file.suffix in (".py", ".toml")]
    return nearest(path.name, [*(file.name for file in files), *(file.stem for file in files), *COMMANDS])


def of_name(name: str) -> Unit:
    """Return the unit of a module, as `python -m` would find it from the working directory."""
    return Unit(name, "", name, _folders())


def _folders_of(layers: str | None) -> tuple[str, ...]:
    if layers is None:
        return _folders()
    return (of_file(Path(layers)) if is_path(layers) else of_name(layers)).folders


def _folders(*first: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*first, str(working_folder())]))


def _directory(path: Path) -> list[Unit]:
    """Return the units of a directory: of a package all its modules, else the files that say that they have cases."""
    if (path / "__init__.py").is_file():
        return [of_file(file) for _, file in _modules(path, path.name)]
    units_found = [of_file(file) for file in _files(path)]
    if not units_found:
        raise InputError(
            f"{path}: no {_PATTERN} in this directory or below, and no __init__.py that makes it a package: name a "
            "file of cases (see `gradproof explain cases`)"
        )
    return units_found


def _files(folder: Path) -> Iterator[Path]:
    """Walk a directory in sorted order; hidden directories and environments are not looked into."""
    yield from sorted(folder.glob(_PATTERN))
    for below in own_folders(folder):
        yield from _files(below)


def own_folders(folder: Path) -> Iterator[Path]:
    """Yield the directories in a directory in sorted order, without hidden ones and environments."""
    for below in sorted(folder.iterdir()):
        is_own = below.is_dir() and not below.is_symlink() and not (below / "pyvenv.cfg").exists()
        if is_own and below.name not in _SKIPPED and not below.name.startswith("."):
            yield below


def _named(name: str) -> list[Unit]:
    """Return the unit of a module, or those of all modules of a package."""
    sys.path[:0] = [] if str(working_folder()) in sys.path[:1] else [str(working_folder())]
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError as problem:
        if not problem.name or not f"{name}.".startswith(f"{problem.name}."):
            raise failed(problem) from problem
        spec = None
    except ValueError:  # a name that is none, or a module without a spec
        spec = None
    except (KeyboardInterrupt, InputError):
        raise
    except BaseException as problem:
        raise failed(problem) from problem
    if spec is None or not (spec.origin or spec.submodule_search_locations):
        raise InputError(f"{name}: no such file or module{_meant(Path(name))}")
    if not spec.submodule_search_locations:
        return [of_name(name)._replace(file=relative(spec.origin or "") if spec.has_location else "")]
    folders = [Path(folder) for folder in spec.submodule_search_locations]
    modules = [module for folder in folders for module in _modules(folder, name)]
    return [of_name(dotted)._replace(file=relative(file)) for dotted, file in modules]


def _modules(package: Path, name: str) -> Iterator[tuple[str, Path]]:
    """Walk a package in sorted order, importing nothing; `__main__` is a program and not looked into."""
    if (package / "__init__.py").is_file():
        yield name, package / "__init__.py"
    for below in sorted(os.scandir(package), key=lambda entry: entry.name):
        path = Path(below.path)
        if (path / "__init__.py").is_file():
            yield from _modules(path, f"{name}.{path.name}")
        elif path.suffix == ".py" and path.stem.isidentifier() and path.stem not in ("__init__", "__main__"):
            yield f"{name}.{path.stem}", path
