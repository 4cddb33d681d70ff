"""What a run printed is printed again, with nothing imported, only where a run would print the same."""

import os
import re

import pytest
from effort import some
from products import cases

from verify.cache import cache, folder
from verify.cache.folder import FOLDER

HELPER = "def double(x):\n    return 2 * x\n"
MINE = cases("a").replace("import", "from helper import double\nimport", 1)


@pytest.fixture
def twice(command, shop, monkeypatch):
    """Run the command with a cache; returns its output and status, and whether these were printed without a look."""
    (shop / "helper.py").write_text(HELPER)
    (shop / "mine.py").write_text(MINE)
    looks = []
    look = cache.Cache.look
    monkeypatch.setattr(cache.Cache, "look", lambda self, *names: looks.append(1) or look(self, *names))

    def run(*arguments):
        looks.clear()
        done = command(*(arguments or ["mine.py"]), "--cache", "--quick")
        return done.out, done.status, not looks

    return run


def printed(shop):
    """Return the files with texts."""
    return list((shop / FOLDER / folder.RESULTS).glob("*.printed"))


@pytest.mark.parametrize("wrong", ["", "b"])
def test_a_text_is_printed_again(twice, shop, wrong):
    """The second run prints what the first printed, with its status, and leaves the list of failures as it is."""
    (shop / "more.py").write_text(cases("a", "b", wrong=wrong))
    out, status, _ = twice("mine.py", "more.py", "shop.toml")
    known = {path.name: path.read_bytes() for path in (shop / FOLDER).glob("*.json")}
    assert (status, bool(known)) == (int(bool(wrong)), bool(wrong))
    assert twice("mine.py", "more.py", "shop.toml") == (out, status, True)
    assert {path.name: path.read_bytes() for path in (shop / FOLDER).glob("*.json")} == known
    assert twice("more.py", "mine.py", "shop.toml")[2] is False


CHANGES = {
    "a helper": lambda shop, patch: (shop / "helper.py").write_text(HELPER.replace("2", "3")),
    "a file that goes first": lambda shop, patch: (shop / "colorsys.py").write_text(""),
    "a module that Python imports by itself": lambda shop, patch: (shop / "sitecustomize.py").write_text(""),
    "the settings": lambda shop, patch: (shop / "pyproject.toml").write_text("[tool.gradproof]\nseed = 3\n"),
    "a variable": lambda shop, patch: patch.setenv("MY_OWN", "1"),
    "the colours": lambda shop, patch: patch.setenv("FORCE_COLOR", "1"),
    "the list of failures": lambda shop, patch: (shop / FOLDER / "lastfailed.json").write_text("{}"),
    "damage": lambda shop, patch: printed(shop)[0].write_bytes(printed(shop)[0].read_bytes()[:-1] + b"?"),
    "another version of Python": lambda shop, patch: patch.setattr("sys.version", "4"),
}


@pytest.mark.parametrize("change", some(CHANGES, 18))
def test_a_change_has_it_looked_at_again(twice, shop, monkeypatch, change):
    """Whatever a text depends on, it is not printed once that has changed, and is again where nothing has."""
    twice()
    assert twice()[2] is True
    CHANGES[change](shop, monkeypatch)
    assert twice()[2] is False
    assert change == "a helper" or twice()[2] is (
        change not in ("a file that goes first", "a module that Python imports by itself")
    )


def test_a_new_file_in_a_directory(twice, shop):
    """A file that a target now leads to is checked, and its failure is seen."""
    (shop / "verify_mine.py").write_text(MINE)
    (shop / "mine.py").unlink()
    assert twice(".")[1] == 0
    assert twice(".")[1:] == (0, True)
    (shop / "verify_more.py").write_text(cases("b", wrong="b"))
    assert twice(".")[1:] == (1, False)


def test_an_edit_of_what_is_installed(twice, shop, monkeypatch):
    """A library that somebody edits where it is installed is noticed, in whichever folder of it the file is."""
    library = shop / "site-packages" / "scipy" / "special"
    library.mkdir(parents=True)
    for path in (library, library.parent):
        (path / "__init__.py").write_text("1")
    monkeypatch.setattr("sys.path", [str(shop / "site-packages"), *__import__("sys").path])
    twice()
    assert twice()[2] is True
    state = (library / "__init__.py").stat()
    (library / "__init__.py").write_text("2")
    os.utime(library / "__init__.py", ns=(state.st_atime_ns, state.st_mtime_ns))
    assert twice()[2] is False


@pytest.mark.parametrize("argument", some([["-v"], ["--report", "json=r.json"], ["--lf"], ["--durations", "1"]], 8))
def test_what_does_more_than_print(twice, shop, argument):
    """A run that writes files, or to standard error, is not one whose text alone is kept."""
    twice("mine.py", *argument)
    assert printed(shop) == []


def test_what_users_code_prints(twice, shop):
    """A text is not kept where the user's code printed beside it."""
    (shop / "mine.py").write_text(MINE + "\n".join(["", "import numpy as np", "np.log(np.zeros(1))"]))
    twice()
    assert printed(shop) == []


def test_a_file_that_reads_anything(twice, shop):
    """Beside a file of which nothing can be kept, the text of another one is not kept either."""
    (shop / "more.py").write_text(cases("b") + "\nimport os\nhome = os.environ.get('HOME')\n")
    for _ in range(2):
        assert twice("mine.py", "more.py")[1:] == (0, False)
    assert printed(shop) == []


def test_clear_counts_files_of_cases(twice, command, shop):
    """`gradproof cache clear` removes texts too, and counts files of cases."""
    twice()
    assert len(printed(shop)) == 1
    assert re.search("of 1 file of", command("cache", "clear").out)
    assert printed(shop) == []
    assert twice()[2] is False


def test_without_the_option(command, twice, shop):
    """The same command without its option does not know of a text."""
    twice()
    command("mine.py", "--quick")
    assert len(printed(shop)) == 1
