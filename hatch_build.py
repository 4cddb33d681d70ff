"""Builds the wheel: one package, `gradproof`, with `verify`, `layers` and `reports` inside, whose imports say so.

docs/decisions/one-package.md tells why. Lines keep their numbers. Whatever cannot be rewritten safely ends the build.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

# By label, as <https://packaging.python.org/specifications/well-known-project-urls> has them: pages of a repository.
_PAGES = {
    "Repository": "",
    "Documentation": "/tree/main/docs",
    "Changelog": "/blob/main/CHANGELOG.md",
    "Issues": "/issues",
}
PARTS = ("verify", "layers", "reports")
_SAMPLES = "reports/samples"
_DOTTED = re.compile(rf"({'|'.join(PARTS)})(\.\w+)+(:\w+)?")
# A line that Python runs when it starts, since nothing else makes `import verify` work in a process that has not
# imported gradproof. It adds a finder, asked last, and imports nothing until somebody imports one of these names.
_STARTING = (
    'import sys; sys.meta_path.append(type("GradproofPackages", (), {"find_spec": staticmethod('
    'lambda name, path=None, target=None: __import__("gradproof.aliases").aliases.Packages.find_spec(name, path) '
    f"if name in {PARTS!r} else None)}}))\n"
)


class Edit(NamedTuple):
    """A piece of a line, by its offset in bytes, and what comes in its place."""

    line: int
    start: int
    old: str
    new: str


class Hook(BuildHookInterface[Any]):
    """Hands the rewritten tree to hatchling."""

    _folder = ""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the tree and name its files; an editable installation is the checkout as it is."""
        if version == "editable":
            return
        self._folder = tempfile.mkdtemp()
        written = write_tree(Path(self.root), Path(self._folder))
        build_data["force_include"].update({str(Path(self._folder, name)): name for name in written})

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the tree."""
        shutil.rmtree(self._folder, ignore_errors=True)


class Addresses(MetadataHookInterface):
    """States the addresses of the repository that a release is built from; a copy of it states its own."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Take the repository from GRADPROOF_REPOSITORY, which the release workflow sets; elsewhere there is none."""
        metadata["urls"] = urls(os.environ.get("GRADPROOF_REPOSITORY", ""))


def urls(repository: str) -> dict[str, str]:
    """Return the pages of a repository by their labels."""
    return {label: f"{repository.rstrip('/')}{page}" for label, page in _PAGES.items()} if repository else {}


def write_tree(root: Path, folder: Path) -> list[str]:
    """Write what a wheel holds, beside its metadata, into a folder; returns the names of the files, in order.

    Raises ValueError for an import or a name of a module that cannot be rewritten.
    """
    texts = {"gradproof_packages.pth": _STARTING.encode()}
    for source, name in _files(root):
        data = source.read_bytes()
        texts[name] = rewritten(data, name) if source.suffix == ".py" else data
    for name, data in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return sorted(texts)


def _files(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield the files of our packages, with their names in the wheel."""
    for part in ("gradproof", *PARTS):
        for path in sorted((root / part).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.is_file() and "__pycache__" not in path.parts and not name.startswith(_SAMPLES):
                yield path, name if part == "gradproof" else f"gradproof/{name}"


def rewritten(source: bytes, name: str) -> bytes:
    """Return a module with the packages that it imports inside `gradproof`; raises ValueError where it cannot."""
    lines = source.splitlines(keepends=True)
    tree = ast.parse(source)
    for edit in sorted(_edits(tree, name), reverse=True):
        line, old = lines[edit.line - 1], edit.old.encode()
        if not line[edit.start :].startswith(old):
            raise ValueError(f"{name}:{edit.line}: {edit.old!r} was expected at byte {edit.start}")
        lines[edit.line - 1] = line[: edit.start] + edit.new.encode() + line[edit.start + len(old) :]
    return b"".join(lines)


def _edits(tree: ast.Module, name: str) -> Iterator[Edit]:
    variables = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not node.level and _is_ours(node.module or ""):
            yield Edit(node.lineno, node.col_offset, f"from {node.module} ", f"from gradproof.{node.module} ")
        elif isinstance(node, ast.Import):
            yield from (_of_import(alias, variables, name) for alias in node.names if _is_ours(alias.name))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _DOTTED.fullmatch(node.value):
            raise ValueError(f"{name}:{node.lineno}: {node.value!r} would name a module of a checkout only")


def _of_import(alias: ast.alias, variables: set[str], name: str) -> Edit:
    """Return the edit of `import verify` or `import verify.model`, of which the latter sets another name then."""
    top = alias.name.partition(".")[0]
    if alias.asname is None and alias.name != top and top in variables:
        raise ValueError(f"{name}:{alias.lineno}: import {alias.name} as a name, which is used as {top}")
    bound = f" as {top}" if alias.asname is None and alias.name == top else ""
    return Edit(alias.lineno, alias.col_offset, alias.name, f"gradproof.{alias.name}{bound}")


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] in PARTS
