"""Cases checked on a cluster of dask.distributed: the same result, also where a worker is lost."""

import json
import os
import re
import signal
import threading
from pathlib import Path

import dask
import distributed
import pytest
from effort import slow, some
from products import cases

from verify.discovery.messages import packed, unpacked
from verify.runner.cluster import Cluster
from verify.runner.errand import Errand, Refusal, digest, run, versions
from verify.runner.process import Process
from verify.runner.workers import Workers

FORMATS = ("json", "junit", "sarif", "html", "markdown")
WAITING = """
import pathlib
import gradproof

@gradproof.case("x * y", at={"x": 2, "y": 3})
def waits(x, y):
    pathlib.Path("begun").touch()
    while not pathlib.Path("go").exists():
        pass
    dout = yield x * y
    return dout * y, dout * x
"""


def cluster_of(number):
    """Return a cluster of so many worker processes on this machine."""
    return distributed.LocalCluster(n_workers=number, threads_per_worker=1, dashboard_address=":0")


@pytest.fixture(scope="module")
def cluster():
    """Return a cluster of two workers, each of which is a process."""
    with cluster_of(2) as here:
        yield here


def busy(cluster):
    """Return the processes of the workers that are at a task."""
    with distributed.Client(cluster, set_as_default=False) as client:
        at_work = {address for address, tasks in client.processing().items() if tasks}
    return [nanny.pid for nanny in cluster.workers.values() if nanny.worker_address in at_work]


def broken_off(command, cluster, shop, times):
    """Run a case on a cluster, kill so often the worker that is at it, and let the case end; returns what is said."""
    (shop / "waiting.py").write_text(WAITING)
    done = []
    asked = ("waiting.py", "shop.toml", "--report", "json", "--scheduler", cluster.scheduler_address)
    running = threading.Thread(target=lambda: done.append(command(*asked)))
    running.start()
    for _ in range(times):
        while not (shop / "begun").exists():
            pass
        (shop / "begun").unlink()
        for process in busy(cluster):
            os.kill(process, signal.SIGKILL)
    (shop / "go").touch()
    running.join()
    return done[0]


@slow
def test_the_same_result(command, shop, cluster):
    """Every report, and both streams, are the same bytes as on this machine, with rows of what was not imported."""
    (shop / "mine.py").write_text(cases("a", "b", wrong="b") + "print('imported')\n")
    (shop / "broken.py").write_text("1 / 0")
    targets = ("mine.py", "shop.toml", "broken.py", "-v", "--seed", 3)
    reports = [part for name in FORMATS for part in ("--report", f"{name}=report.{name}")]
    here = command(*targets, *reports), {name: Path(f"report.{name}").read_bytes() for name in FORMATS}
    there = command(*targets, *reports, "--scheduler", cluster.scheduler_address)
    assert (there, {name: Path(f"report.{name}").read_bytes() for name in FORMATS}) == here
    assert there.status == 1


@slow
def test_a_worker_that_is_killed(command, shop, cluster):
    """What a lost worker was at is done again by another one, and the report is that of a run without a loss."""
    lost = broken_off(command, cluster, shop, times=1)
    assert (lost.status, lost.err) == (0, "")
    assert lost.out == command("waiting.py", "shop.toml", "--report", "json").out


@slow
def test_a_file_that_takes_its_workers_with_it(command, shop):
    """A file whose workers end again and again is an error of its cases; those of other files are what they are."""
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}), cluster_of(1) as alone:
        lost = broken_off(command, alone, shop, times=2)
    assert lost.status == 1
    assert "the workers of the cluster died several times while they checked this file" in lost.out
    assert [case["good"] for case in json.loads(lost.out)["cases"]] == [False, True, True]


@slow
def test_no_scheduler(command, shop, monkeypatch):
    """An address where nobody answers, or that is none, is one line and exit status 2; no report is written."""
    monkeypatch.setattr("verify.runner.cluster._CONNECT", 1)
    for address in ("tcp://127.0.0.1:9", "nowhere", "http://127.0.0.1:9", ""):
        done = command("shop.toml", f"--scheduler={address}", "--report", "json=report.json")
        assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
        assert f"--scheduler {address}: no scheduler answers there" in done.err
    assert not Path("report.json").exists()


@pytest.mark.parametrize("option", ["--jobs=2", "--cache", "--watch"])
def test_options_of_this_machine(command, shop, option):
    """What is of this machine only is refused together with a scheduler."""
    done = command("shop.toml", option, "--scheduler", "tcp://127.0.0.1:9")
    assert (done.status, done.err.count("\n")) == (2, 1)
    assert f"{option.partition('=')[0]} applies to this machine" in done.err


@slow
def test_a_cluster_without_workers(shop, capsys):
    """A cluster that has no worker yet is waited for, and that is said."""
    (shop / "mine.py").write_text(cases("a"))
    with cluster_of(0) as empty, Workers(Process()) as workers:
        found = workers.collected(["mine.py"], None)
        with Cluster(empty.scheduler_address, workers) as there:
            threading.Timer(1, empty.scale, [1]).start()
            assert [checked.result.passes for checked in there.checked(found, 0)] == [True]
    assert "has no worker yet" in capsys.readouterr().err


@pytest.fixture
def errand(shop):
    """Return an errand that can be done."""
    (shop / "mine.py").write_text(cases("a", "b"))
    with Workers(Process()) as workers:
        unit = workers.collected(["mine.py"], None)[0].unit
        listing = workers.listing(unit)
    return Errand(str(shop), unit, listing, (1,), 0, False, 60, 1e10, ((), ""), versions(), digest(unit))


@slow
def test_an_errand(errand):
    """The cases that are asked for are checked, no others."""
    (done,) = unpacked(run(packed(errand), errand.folder))
    assert (done.result.name, done.result.passes, done.output) == ("b", True, "")


@pytest.mark.parametrize(
    ("change", "text"),
    some(
        [
            ({"folder": "/nowhere/at/all"}, "there is no folder /nowhere/at/all"),
            ({"versions": (("numpy", "0.1"),)}, "numpy is .* there and 0.1 here: install the same version"),
            ({"digest": "0"}, "mine.py is not the same file there"),
            ({"listing": []}, "mine.py has other cases there"),
        ],
        6,
    ),
)
def test_an_errand_for_another_machine(errand, change, text):
    """Where the results would be others than those of the machine that asks, there are none, and it is said why."""
    other = errand._replace(**change)
    answer = unpacked(run(packed(other), other.folder))
    assert isinstance(answer, Refusal)
    assert re.search(text, answer.text)


def test_an_errand_that_ends_without_a_word(errand):
    """A process that ends without an answer is an error, with what it has written: the scheduler tries again."""
    with pytest.raises(RuntimeError, match="UnpicklingError"):
        run(b"no errand", errand.folder)
