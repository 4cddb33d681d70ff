"""Files are replaced whole or not at all."""

import os
import stat
import threading

import pytest

from reports.write import Request, requests, write
from verify.errors import InputError


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_writes_and_replaces(tmp_path):
    """New files appear, old ones are replaced, nothing is left beside them."""
    (tmp_path / "b").write_text("old")
    write({tmp_path / "a": "사과\n", tmp_path / "b": "new\n"})
    assert (tmp_path / "a").read_bytes() == "사과\n".encode()
    assert (tmp_path / "b").read_text() == "new\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_none_is_written_when_one_cannot_be(tmp_path):
    """If the second report cannot be written, the first is left as it was."""
    (tmp_path / "a").write_text("old")
    with pytest.raises(InputError, match="x cannot be written"):
        write({tmp_path / "a": "new", tmp_path / "missing" / "x": "new"})
    assert (tmp_path / "a").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_failure_halfway_leaves_the_old_file(tmp_path, monkeypatch):
    """If writing stops in the middle the old file is whole, and no other is left."""
    (tmp_path / "a").write_text("old")
    monkeypatch.setattr("os.fsync", lambda handle: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(InputError, match="No space left"):
        write({tmp_path / "a": "x" * 100_000})
    assert (tmp_path / "a").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_permissions(tmp_path):
    """A new file has the usual permissions, a replaced one keeps its own."""
    (tmp_path / "b").write_text("old")
    (tmp_path / "b").chmod(0o640)
    before = os.umask(0o022)
    try:
        write({tmp_path / "a": "", tmp_path / "b": ""})
    finally:
        os.umask(before)
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in "ab"] == [0o644, 0o640]


def test_links_and_devices(tmp_path):
    """A link keeps pointing to its file; a pipe is written to, not replaced."""
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    os.mkfifo("pipe")
    found = []
    reader = threading.Thread(target=lambda: found.append((tmp_path / "pipe").read_text()))
    reader.start()
    write({request.path: "new" for request in requests(["json=link", "junit=pipe"])})
    reader.join()
    assert (tmp_path / "link").is_symlink()
    assert ((tmp_path / "real").read_text(), found) == ("new", ["new"])
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_requests(tmp_path):
    """A format with a path is a file, without one or with `-` standard output."""
    assert requests(["json=out/../a.json".replace("out/../", ""), "markdown"]) == [
        Request("json", tmp_path / "a.json"),
        Request("markdown"),
    ]
    assert requests(["json=-"]) == [Request("json")]
    assert requests([]) == []
