"""Processes that workers are forked from: one forks another like itself, and each has workers of its own."""

import os
import sys

import pytest
from effort import slow

from verify.runner.origins import origin
from verify.runner.process import Process

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only")

LIMIT = 60


@pytest.fixture
def process():
    """A process that has a worker; it is closed in the end."""
    with_worker = Process()
    assert ask(with_worker) == "done"
    yield with_worker
    with_worker.close()


def ask(process):
    """Ask a worker for the cases of an expression; returns the kind of its answer."""
    return process.ask(("units", "shop.toml", None), LIMIT).kind


@pytest.fixture(autouse=True)
def _in_shop(shop):
    """Work beside a small suite."""


def test_another_one_outlives_the_workers_of_the_first(process):
    """What is swept after a worker is what that worker has left: neither the other nursery nor its worker."""
    other = process.another()
    assert ask(other) == "done"
    process.retire()
    assert (ask(process), ask(other)) == ("done", "done")
    process.close()
    assert ask(other) == "done"
    other.close()


def test_another_one_ends_by_itself(process):
    """Its end leaves the first one and its worker as they were."""
    other = process.another()
    assert ask(other) == "done"
    other.close()
    assert ask(process) == "done"


def test_one_that_is_prepared():
    """What all workers need is imported before the first one, which then answers as ever; also if that is gone."""
    process = Process(later=True)
    process.prepare()
    assert ask(process) == "done"
    process._origin._process.kill()
    process._origin._process.wait(LIMIT)
    process.prepare()
    process.close()


def test_another_one_of_one_that_is_gone(process):
    """It is a new interpreter."""
    process._origin._process.kill()
    process._origin._process.wait(LIMIT)
    other = process.another()
    assert ask(other) == "done"
    other.close()


def test_another_one_has_workers_that_end_with_what_they_started(process, shop):
    """An orphan of the user's, in a session of its own, is a child of the nursery that its worker came from."""
    (shop / "bad.py").write_text(
        "import os, subprocess\n"
        "subprocess.run(['sh', '-c', 'setsid sh -c \"echo $$ > pid; exec sleep 1000\" & while ! [ -s pid ]; do :; done'])\n"
        "os._exit(3)\n"
    )
    other = process.another()
    (unit,) = other.ask(("units", "bad.py", None), LIMIT).value
    assert other.ask(("cases", unit), LIMIT).value == "the process exited with status 3"
    pid = int((shop / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert ask(process) == "done"
    other.close()


def test_an_end_that_is_told_late(process, shop, monkeypatch):
    """The end of a worker that nobody waits for any more is not taken for the start of the next one, nor for its end."""
    with monkeypatch.context() as patch:
        patch.setattr("verify.runner.origins._GRACE", 0)
        process.retire()
    (shop / "bad.py").write_text("import os\nos._exit(3)\n")
    (unit,) = process.ask(("units", "bad.py", None), LIMIT).value
    assert process.ask(("cases", unit), LIMIT).value == "the process exited with status 3"


@slow
def test_the_second_worker_has_what_the_first_had_to_import(shop, monkeypatch, capfd):
    """The checks of code on arrays are imported by the first worker that needs them, and then once for all."""
    monkeypatch.setattr("verify.runner.process.origin", origin)
    (shop / "one.py").write_text("import sys\nprint('verify.checks.beyond' in sys.modules)\n")
    process = Process()
    for _ in range(3):
        (unit,) = process.ask(("units", "one.py", None), LIMIT).value
        process.ask(("cases", unit), LIMIT)
        process.retire()
    process.close()
    assert capfd.readouterr().err.split() == ["False", "True", "True"]
