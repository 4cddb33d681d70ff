"""Second names of our packages: one module each, under whichever name it is imported.

In a checkout the packages are `verify`, `layers` and `reports`, and `gradproof.verify` is a second name of `verify`. A
wheel has them inside `gradproof`, and `verify` is a second name of `gradproof.verify`, for files that were written for
it. Nothing has that name in `site-packages`: it is looked up last, so that a module of the user's own goes first.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

_PARTS = ("verify", "layers", "reports")
_IS_INSTALLED = Path(__file__).with_name("verify").is_dir()
_OUTER, _INNER = _PARTS, tuple(f"gradproof.{part}" for part in _PARTS)
# Second names, each with the name that the module has.
ALIASES = dict(zip(_OUTER, _INNER, strict=True) if _IS_INSTALLED else zip(_INNER, _OUTER, strict=True))
ALIASES["gradproof.extend"] = f"{_INNER[0] if _IS_INSTALLED else _OUTER[0]}.extend"


class _Loader:
    """Returns the module of another name, as it is."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Import the module by its own name."""
        module = import_module(self._name)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Give the module its own spec back, which the import system has replaced; it has been run."""
        module.__spec__ = self._spec

    def get_code(self, name: str) -> CodeType | None:
        """Return the code of the module, for `python -m`."""
        spec = find_spec(self._name)
        loader: Any = spec and spec.loader
        code: CodeType | None = loader.get_code(self._name) if loader else None
        return code


class Packages:
    """Finds a second name that no other finder knows: last on `sys.meta_path`."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return the spec of a second name, unless a finder that was added later knows the name."""
        return None if name not in ALIASES or _is_elsewhere(name, path) else _second(name, ALIASES[name])


class Parts:
    """Finds the modules within a second name: first on `sys.meta_path`, before their files are found."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return the spec of a module of a package of ours that is imported under its second name."""
        for alias, own in ALIASES.items():
            if name.startswith(f"{alias}.") and _is_ours(alias, own):
                return _second(name, own + name.removeprefix(alias))
        return None


def install() -> None:
    """Let second names be found, once."""
    if Parts not in sys.meta_path:
        sys.meta_path.insert(0, Parts)
        sys.meta_path.append(Packages)


def _is_ours(alias: str, own: str) -> bool:
    module = sys.modules.get(alias)
    return module is not None and module is sys.modules.get(own)


def _is_elsewhere(name: str, path: Sequence[str] | None) -> bool:
    """Tell whether a finder behind `Packages` knows a name: those before it were asked, and did not."""
    later = sys.meta_path[sys.meta_path.index(Packages) + 1 :] if Packages in sys.meta_path else []
    return any(finder.find_spec(name, path) is not None for finder in later)


def _second(name: str, own: str) -> ModuleSpec | None:
    spec = find_spec(own)
    if spec is None:
        return None
    loader: Any = _Loader(own)  # has what the import system calls
    second = ModuleSpec(name, loader, origin=spec.origin)
    second.submodule_search_locations = spec.submodule_search_locations
    second.has_location = spec.has_location
    return second
