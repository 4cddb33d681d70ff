"""Files that are written whole or not at all."""

import os
import stat

import pytest

from verify.model.files import replace


def test_files_are_replaced(tmp_path):
    """The old ones keep their permissions, new ones have those of any new file, and nothing is left beside them."""
    old, new, plain = (tmp_path / name for name in ("old", "new", "plain"))
    old.write_bytes(b"1")
    old.chmod(0o640)
    plain.write_bytes(b"")
    replace({old: b"2\r\n", new: b"\xff"})
    assert (old.read_bytes(), new.read_bytes()) == (b"2\r\n", b"\xff")
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    assert new.stat().st_mode == plain.stat().st_mode
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "old", "plain"]


def test_none_is_written_where_one_cannot_be(tmp_path):
    """The error has the file that cannot be written as its name; the others stay what they are."""
    old, lost = tmp_path / "old", tmp_path / "gone" / "lost"
    old.write_bytes(b"1")
    with pytest.raises(OSError, match="No such file") as problem:
        replace({old: b"2", lost: b"3"})
    assert problem.value.filename == str(lost)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("old", b"1")]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_stays_one(tmp_path):
    """What is no file is written to, and not replaced."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    replace({pipe: b"text"})
    assert os.read(reader, 10) == b"text"
    os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
