"""Files are replaced whole or not at all."""

import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from effort import LONG, slow

from reports.write import Request, requests, write
from verify.model.errors import InputError

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}


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
    assert requests(["json=-"]) == requests(["json=/dev/stdout"]) == [Request("json")]
    assert requests([]) == []


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("json=", "expected a file after the ="),
        ("json=my_cases.py", "my_cases.py would replace a source file"),
        ("json=shop.toml", "shop.toml would replace a source file"),
        ("json=known.json", "known.json is written twice"),
    ],
)
def test_what_is_read_is_not_replaced(tmp_path, asked, message):
    """A report may not take the place of a source file, or of the baseline; and an empty variable is no file."""
    with pytest.raises(InputError, match=message):
        requests([asked], [tmp_path / "known.json"])


# Writes two reports over and over: ten megabytes of a digit that changes from one time to the next.
WRITER = """
import itertools, sys
from pathlib import Path
from reports.write import write

def torn(texts):
    for path, text in texts.items():
        path.write_text(text)

for n in itertools.count():
    {how}({{Path(name): str(n % 10) * 10_000_000 for name in ("a", "b")}})
    print(n, flush=True)
"""


def killed(how, folder, times):
    """Kill a writer at some moment after it has written once; return what is in its files then."""
    found = []
    for attempt in range(times):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER.format(how=how)], cwd=folder, stdout=subprocess.PIPE, env=ENVIRONMENT
        )
        writer.stdout.readline()
        time.sleep(0.003 * attempt)
        writer.kill()
        writer.wait()
        writer.stdout.close()
        found += [(folder / name).read_bytes() for name in ("a", "b")]
    return found


@slow
def test_killed_while_writing(tmp_path):
    """Whenever the process is killed, each report is whole: the previous one or the new one."""
    for content in killed("write", tmp_path, 12 if LONG else 4):
        assert (len(content), len(set(content))) == (10_000_000, 1)


@slow
def test_a_writer_that_is_not_careful_is_noticed(tmp_path):
    """The twin: written in place, a file is soon found torn."""
    contents = (content for _ in range(20) for content in killed("torn", tmp_path, 10))
    assert any((len(content), len(set(content))) != (10_000_000, 1) for content in contents)


def test_annotations_may_stand_beside_the_table():
    """Both are lines of a log; any other two formats want standard output for themselves."""
    assert requests(["github", "terminal"]) == [Request("github"), Request("terminal")]
    for pair in (["github", "json"], ["terminal", "terminal"], ["github", "terminal", "junit"]):
        with pytest.raises(InputError, match="two reports write to standard output"):
            requests(pair)
