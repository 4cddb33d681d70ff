"""Time limits count what a process could run, not what it waited for a core."""

import os
import sys

from clock import SAY

from verify.runner import waiting

CASE = """
import gradproof
from pathlib import Path

@gradproof.case("x * y", at={{"x": 2, "y": 3}})
def slow(x, y):
    {say}
    while not Path("go").exists(): pass
    dout = yield x * y
    return dout * y, dout * x
"""


def test_what_a_process_has_waited_is_no_time_of_its_own(command, shop, clock, monkeypatch):
    """A case that takes longer than its limit, for as long as it waits for a core, is not broken off."""

    def waited(_):
        if not list(shop.glob("hanging*")):
            return 0.0
        (shop / "go").touch()
        return 3500.0

    monkeypatch.setattr(waiting, "waited", waited)
    (shop / "slow.py").write_text(CASE.format(say=SAY))
    assert command("slow.py", "--timeout", 1800).status == 0


def test_whoever_waits_without_end_is_broken_off(command, shop, clock, monkeypatch):
    """After so many times its limit a case is undecided, however long it has waited."""
    monkeypatch.setattr(waiting, "waited", lambda _: 1e9 * len(list(shop.glob("hanging*"))))
    (shop / "slow.py").write_text(CASE.format(say=SAY))
    done = command("slow.py", "--timeout", 3600 / waiting.MOST - 1)
    assert (done.status, "because   not finished after 899 s" in done.out) == (1, True)


def test_the_system_says_how_long_a_process_has_waited():
    """Of a process that is there it is some time, where the system says so; of one that is gone, none."""
    assert waiting.waited(os.getpid()) > 0 or sys.platform != "linux"
    assert waiting.waited(2**30) == 0
