"""Packages of the environment of the tests as an index has them: a channel of conda, and a folder of wheels.

The recipe and a release are built and installed from them without a network. A package of the channel is links to its
own files and nothing else, so that one which the recipe forgets is missing, as it would be elsewhere.
"""

import hashlib
import io
import json
import re
import sys
import tarfile
import zipfile
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement

VERSION = ".".join(map(str, sys.version_info[:3]))
BASE = Path(sys._base_executable).resolve()
NOTHING = hashlib.sha256().hexdigest()  # what the record of a link says of it


def write_channel(folder, packages):
    """Write a channel with Python and these packages of the index, with all that they need, and return its address."""
    records = {"noarch": {}, "linux-64": dict([write_python(folder / "linux-64")])}
    records["noarch"].update(write_package(folder / "noarch", name) for name in closure(packages))
    for platform, entries in records.items():
        text = json.dumps({"info": {"subdir": platform}, "packages": entries, "packages.conda": {}})
        (folder / platform / "repodata.json").write_text(text)
    return folder.as_uri()


def closure(names):
    """Return packages with all that they need, in order."""
    todo, done = list(names), set()
    while todo:
        name = todo.pop()
        todo += requirements(name) - done if name not in done else ()
        done.add(name)
    return sorted(done)


def requirements(name):
    """Return the names of the packages that a distribution needs here."""
    declared = [Requirement(text) for text in distribution(name).requires or []]
    return {plain(r.name) for r in declared if r.marker is None or r.marker.evaluate({"extra": ""})}


def plain(name):
    """Return the name of a distribution as both indices write it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def write_python(folder):
    """Write Python itself: links to the interpreter, beside what tells it that the folder is an environment."""
    names = ("python", "python3", "python{}.{}".format(*sys.version_info))
    links = {f"bin/{name}": BASE for name in names}
    alone = f"home = {BASE.parent}\ninclude-system-site-packages = false\nversion = {VERSION}\n"
    return write_archive(folder, {"name": "python", "version": VERSION, "depends": []}, {"pyvenv.cfg": alone}, links)


def write_package(folder, name):
    """Write a package of Python's as links to the folders and modules that it has in the environment of the tests."""
    found = distribution(name)
    tops = {file.parts[0] for file in found.files} - {"..", "__pycache__"}
    links = {f"site-packages/{top}": found.locate_file(top) for top in sorted(tops)}
    record = {
        "name": name,
        "version": found.version,
        "depends": ["python", *sorted(requirements(name))],
        "noarch": "python",
    }
    return write_archive(folder, record, {}, links)


def write_archive(folder, record, texts, links):
    """Write a package, and return the name of its file with its entry in the index of the channel."""
    folder.mkdir(parents=True, exist_ok=True)
    record = {**record, "build": "0", "build_number": 0, "subdir": folder.name}
    file = folder / f"{record['name']}-{record['version']}-0.tar.bz2"
    with tarfile.open(file, "w:bz2") as archive:
        for name, target in links.items():
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, str(target)
            archive.addfile(link)
        for name, text in {**texts, **metadata(record, texts, links)}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    data = file.read_bytes()
    return file.name, {**record, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def metadata(record, texts, links):
    """Return the files of a package that say what it is."""
    paths = [
        {"_path": name, "path_type": "hardlink", "size_in_bytes": len(text.encode()), "sha256": digest(text)}
        for name, text in texts.items()
    ]
    paths += [{"_path": name, "path_type": "softlink", "size_in_bytes": 0, "sha256": NOTHING} for name in links]
    kind = {"noarch": {"type": "python"}, "package_metadata_version": 1}
    files = {"index.json": record, "paths.json": {"paths": paths, "paths_version": 1}}
    files |= {"link.json": kind} if "noarch" in record else {}
    return {f"info/{name}": json.dumps(content) for name, content in files.items()}


def digest(text):
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def wheels(folder, packages):
    """Write wheels of these packages, and of all that they need, from the files of the environment of the tests."""
    folder.mkdir()
    for name in closure(packages):
        found = distribution(name)
        files = [file for file in found.files if file.parts[0] != ".." and "__pycache__" not in file.parts]
        tag = next(line[5:] for line in found.read_text("WHEEL").splitlines() if line.startswith("Tag: "))
        with zipfile.ZipFile(folder / f"{plain(name).replace('-', '_')}-{found.version}-{tag}.whl", "w") as archive:
            for file in files:
                archive.write(file.locate(), str(file))
