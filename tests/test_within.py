"""A budget of calls: what is spent ends the work, wherever in it that happens."""

import sys

import pytest

from verify.model.steps import within


class Closing:
    """An object whose end calls a function."""

    def __del__(self):
        """Call one."""
        len([])


def early():
    """Close a generator before its end, which calls the profile function once more, and end an object."""
    return all(len([value]) < 0 for value in range(3)), Closing()


def ended():
    """Close a generator that calls a function when it is closed."""

    def parts():
        try:
            yield 1
        finally:
            len([])

    return next(parts())


@pytest.mark.parametrize("work", [early, ended])
@pytest.mark.parametrize("steps", range(60))
def test_work_ends_where_nobody_hears_of_it(work, steps, capfd):
    """Work is ended by its budget, though that is spent while Python closes a generator or an object; all in silence."""
    done = []

    def whole():
        for turn in range(100):
            done.append(turn)
            work()
        return "done"

    assert within(steps, whole, "too long") == "too long"
    assert len(done) <= steps // 3 + 1
    assert capfd.readouterr() == ("", "")


def test_work_within_its_budget_is_returned():
    """What ends in time is returned."""
    assert within(1000, lambda: early()[0], "too long") is False


def test_an_exception_nobody_hears_of_is_passed_on(monkeypatch):
    """What the work itself raises in `__del__` is said as ever."""
    said = []
    monkeypatch.setattr(sys, "unraisablehook", said.append)

    class Wrong:
        def __del__(self):
            raise ValueError("mine")

    def work():
        Wrong()
        return "done"

    assert within(1000, work, "too long") == "done"
    assert [str(one.exc_value) for one in said] == ["mine"]
