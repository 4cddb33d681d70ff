"""Which files of a path have gradients in them: each is read, none is imported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from verify.discovery.messages import Unit
from verify.discovery.sources import not_python
from verify.discovery.targets import of_file, own_folders
from verify.model.errors import InputError
from verify.model.where import relative
from verify.scan.candidate import Candidate
from verify.scan.candidates import candidates, may_have, unwritten_in
from verify.scan.source import Source


class Listing(NamedTuple):
    """A file with what has a gradient in it; `broken` says on which line it is no Python, if it is none.

    `unwritten` are its classes whose backward is empty, with the lines. `refused` says why a path has no file to read.
    """

    path: Path
    candidates: Sequence[Candidate]
    broken: str = ""
    unwritten: Sequence[str] = ()
    refused: str = ""


def listings(paths: Sequence[str]) -> list[Listing]:
    """Return the files that have gradients, and the paths that are none or have no Python source.

    Raises InputError where these, and files that are named and no Python, are all that there is.
    """
    named, walked = {Path(path) for path in paths if Path(path).is_file()}, [_walked(path) for path in paths or ["."]]
    files = dict.fromkeys(file for each in walked if not isinstance(each, Listing) for file in each)
    read = [_listing(file, parsed=file in named) for file in files]
    refused = [each for each in walked if isinstance(each, Listing)]
    if all(listing.broken and listing.path in named for listing in read):
        broken = [f"{listing.broken}: fix the file, or scan another one" for listing in read]
        raise InputError("\n".join([*broken, *(listing.refused for listing in refused)]))
    return [listing for listing in read if listing.candidates or listing.broken or listing.unwritten] + refused


def _walked(path: str) -> list[Path] | Listing:
    try:
        return list(_files(path))
    except InputError as problem:
        return Listing(Path(path), (), refused=f"{problem}")


def unit_of(listing: Listing) -> Unit:
    """Return a file as what is imported to be scanned."""
    return of_file(listing.path)._replace(scan=max(1, len(listing.candidates)))


def narrowed(listings: Sequence[Listing], names: Sequence[str]) -> list[Unit]:
    """Return what is imported to be scanned: all gradients, or those of some names where each name is one of them.

    A name that none has is left to whoever has all of them, and says which one was probably meant.
    """
    existing = {candidate.name for listing in listings for candidate in listing.candidates}
    only = set(names) if existing.issuperset(names) else set()
    units = []
    for listing in listings:
        chosen = tuple(each.name for each in listing.candidates if each.name in only)
        if chosen or not only or listing.broken:
            units.append(unit_of(listing)._replace(scan=max(1, len(chosen or listing.candidates)), only=chosen))
    return units


def none_in(paths: Sequence[str]) -> InputError:
    """Return the error for paths without a gradient."""
    return InputError(
        f"{', '.join(paths) or '.'}: no hand-written gradients, as in classes with forward and backward or functions "
        "f_forward and f_backward. For code with other names, write a case: see `gradproof explain cases`"
    )


def _files(path: str) -> Iterator[Path]:
    place = Path(path)
    if not place.exists():
        raise InputError(f"{path}: no such file or directory")
    if place.is_file():
        if place.suffix != ".py":
            raise InputError(f"{path}: is not a Python file")
        yield place
        return
    files = list(_below(place))
    if not files:
        raise InputError(f"{path}: no Python files in this directory or below")
    yield from files


def _below(folder: Path) -> Iterator[Path]:
    """Walk a directory in sorted order, apart from hidden ones and environments."""
    yield from sorted(file for file in folder.glob("*.py") if file.is_file())
    for below in own_folders(folder):
        yield from _below(below)


def _listing(file: Path, *, parsed: bool = False) -> Listing:
    """Return what has a gradient in a file; it is parsed where it may have some by its names, or is to be."""
    try:
        data = file.read_bytes()
        if not (parsed or may_have(data)):
            return Listing(file, ())
        source = Source(data, file.stem)
        return Listing(file, candidates(source), unwritten=unwritten_in(source))
    except SyntaxError as problem:
        return Listing(file, (), not_python(problem, file))
    except (OSError, ValueError, RecursionError) as problem:
        return Listing(file, (), f"{relative(file)}: cannot be read: {problem}")
