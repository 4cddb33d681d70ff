"""A file of the cache is read whole or not at all, whoever else writes it and whenever that is killed."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from verify.cache import folder, sealed

ROOT = Path(__file__).parent.parent
FORM = b"a format 1\n"
NAME = "decided/mine.cases"
# A process that is killed by itself, in the midst of writing: at the call of the name that it is passed.
KILLED = """
import os, pathlib, signal, sys
sys.path.insert(0, sys.argv[1])
from verify.cache import sealed
def killed(*arguments, **names):
    os.kill(os.getpid(), signal.SIGKILL)
owner = {"fsync": os, "replace": pathlib.Path, "chmod": pathlib.Path}[sys.argv[2]]
setattr(owner, sys.argv[2], killed)
sealed.write("decided/mine.cases", b"a format 1\\n", b"new" * 100_000)
"""
# A process that writes the same file again and again, each time whole of one letter.
WRITING = """
import sys
sys.path.insert(0, sys.argv[1])
from verify.cache import sealed
for length in range(1, 60):
    sealed.write("decided/mine.cases", b"a format 1\\n", sys.argv[2].encode() * 1000 * length)
"""


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Have the cache in a folder of its own."""
    monkeypatch.chdir(tmp_path)


def started(code, *arguments):
    return subprocess.Popen([sys.executable, "-c", code, str(ROOT), *arguments])


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
@pytest.mark.parametrize("earlier", [None, b"old" * 7])
@pytest.mark.parametrize("moment", ["fsync", "chmod", "replace"])
def test_a_writer_that_is_killed(moment, earlier):
    """A process killed in the midst of writing leaves what there was before, whole."""
    if earlier:
        sealed.write(NAME, FORM, earlier)
    assert started(KILLED, moment).wait() == -signal.SIGKILL
    assert sealed.read(NAME, FORM) == earlier
    sealed.write(NAME, FORM, b"after")
    assert sealed.read(NAME, FORM) == b"after"


def test_two_writers():
    """Two processes that write one file at a time leave it whole at every moment, as one of them wrote it."""
    sealed.write(NAME, FORM, b"a" * 1000)
    writers = [started(WRITING, letter) for letter in "ab"]
    seen = set()
    while any(writer.poll() is None for writer in writers):
        contents = sealed.read(NAME, FORM)
        assert contents
        assert len(contents) % 1000 == 0
        assert len(set(contents)) == 1
        seen.add(contents)
    assert [writer.returncode for writer in writers] == [0, 0]
    assert len(seen) > 1
    assert [path.name for path in Path(folder.FOLDER, "decided").iterdir()] == ["mine.cases"]


@pytest.mark.parametrize("length", range(len(FORM) + 70))
def test_a_file_that_is_cut(length):
    """However much of a file is left, it counts only where all of it is."""
    sealed.write(NAME, FORM, b"12345")
    path = Path(folder.FOLDER, NAME)
    path.write_bytes(path.read_bytes()[:length])
    assert sealed.read(NAME, FORM) is None


def test_another_format():
    """A file of another format counts as none."""
    sealed.write(NAME, FORM, b"12345")
    assert sealed.read(NAME, FORM) == b"12345"
    assert sealed.read(NAME, b"a format 2\n") is None
