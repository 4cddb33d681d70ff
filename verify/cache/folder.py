"""The folder in the working directory in which is kept what the next run may use; whoever likes deletes it.

What cannot be read counts as nothing kept, and what cannot be written is left. Each file is written whole, under
another name first: a run that is killed, and two at a time, leave a file as one of them has it.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Sequence
from pathlib import Path

FOLDER = ".gradproof_cache"
RESULTS = "decided"  # the folder in it that has what `gradproof cache clear` removes
_BESIDE = {
    ".gitignore": b"# Written by gradproof.\n*\n",
    "CACHEDIR.TAG": b"Signature: 8a477f597d28d172789f06886806bc55\n# A directory of gradproof that may be deleted, "
    b"see https://bford.info/cachedir/\n",
}


def name(argv: Sequence[str]) -> str:
    """Return the file in the folder of what a command line printed; another one may have the same."""
    return f"{RESULTS}/{zlib.crc32(repr(tuple(argv)).encode('utf-8', 'surrogateescape')):08x}.printed"


def write(name: str, data: bytes) -> None:
    """Write a file of the folder whole, and what tells others what the folder is. Raises OSError."""
    from verify.model.files import replace  # not needed where nothing is written

    path = Path(FOLDER) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = {Path(FOLDER) / other: text for other, text in _BESIDE.items()}
    replace({**{other: text for other, text in beside.items() if not other.exists()}, path: data})


def remove(name: str, suffix: str) -> int:
    """Remove a folder of the folder with the files in it; returns how many have a suffix. Raises OSError."""
    import shutil

    folder = Path(FOLDER) / name
    count = sum(1 for path in folder.iterdir() if path.suffix == suffix) if folder.is_dir() else 0
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)
    return count
