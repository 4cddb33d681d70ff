"""`--cache` runs no file again whose results rest on nothing that has changed, and tells no result from a run's."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from effort import slow, some
from products import cases

from verify.cache import cache, folder, machine
from verify.cache.folder import FOLDER
from verify.runner import process

LAYER = """
import gradproof
import numpy as np
from helper import double

class Relu:
    def forward(self, x):
        self.mask = x > 0
        return np.where(self.mask, double(x), 0)

    def backward(self, dout):
        return dout * self.mask * 2

relu = gradproof.layer(Relu, inputs={"x": "N"})
"""
ARGUMENTS = ("--cache", "-v", "--quick")


@pytest.fixture
def again(command, shop):
    """Run the command with a cache; returns the files that were not run, and those of which nothing is kept."""
    (shop / "mine.py").write_text(LAYER)
    (shop / "helper.py").write_text("def double(x):\n    return 2 * x\n")

    def run(*arguments):
        run.done = command(*(arguments or ["mine.py"]), *ARGUMENTS)
        not_run = re.findall("^gradproof: (.*) has not changed", run.done.err, re.MULTILINE)
        return not_run, re.findall("^gradproof: no results of (.*?) are stored: ", run.done.err, re.MULTILINE)

    return run


def entries(shop):
    """Return the stored entries, by file."""
    return {path.name: path.read_bytes() for path in (shop / FOLDER / folder.RESULTS).glob("*")}


@slow
def test_what_has_not_changed_is_not_run(again, shop):
    """The second run takes the results of the first, and gives the same reports."""
    reports = ["json", "junit", "sarif", "html"]
    wanted = [part for name in reports for part in ("--report", f"{name}={name}.txt")]
    (shop / "more.py").write_text(cases("a", "b", wrong="b"))
    texts = []
    for not_run in ([], ["mine.py", "more.py", "shop.toml"]):
        assert again("mine.py", "more.py", "shop.toml", *wanted) == (not_run, [])
        texts.append([again.done.out, again.done.status, *((shop / f"{name}.txt").read_text() for name in reports)])
    assert texts[0] == texts[1]


def test_no_worker_starts(again, monkeypatch):
    """Where every result is kept, nothing is started; a run of another file starts a worker."""
    again()
    starts = []
    begin = process.origin
    monkeypatch.setattr(process, "origin", lambda: starts.append(1) or begin())
    assert (again(), starts) == ((["mine.py"], []), [])
    assert (again("mine.py", "shop.toml"), starts) == ((["mine.py"], []), [1])


@slow
def test_a_module_without_cases(again, shop, monkeypatch):
    """That a module of a package has no cases is known as well, until it has one."""
    (shop / "pack").mkdir()
    for name, text in {"__init__": "", "more": cases("a"), "empty": "x = 1\n"}.items():
        (shop / "pack" / f"{name}.py").write_text(text)
    every = [f"pack/{name}.py" for name in ("__init__", "empty", "more")]
    assert again("pack") == ([], [])
    not_run, refused = again("pack")
    assert (sorted(not_run), refused) == (every, [])
    (shop / "pack" / "empty.py").write_text(cases("b", wrong="b"))
    not_run, refused = again("pack")
    assert (sorted(not_run), again.done.status) == ([every[0], every[2]], 1)


@slow
def test_a_file_is_run_again_after_an_edit_of_what_it_imports(again, shop):
    """An edit of a helper module is seen at once, also where size and time stay the same; others are not run."""
    (shop / "other.py").write_text(cases("a"))
    again("mine.py", "other.py")
    helper = shop / "helper.py"
    state = helper.stat()
    helper.write_text(helper.read_text().replace("2", "3"))
    os.utime(helper, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert again("mine.py", "other.py") == (["other.py"], [])
    assert again.done.status == 1
    assert again("mine.py", "other.py") == (["mine.py", "other.py"], [])
    assert again.done.status == 1


@pytest.mark.parametrize("name", some(["numpy.py", "helper", "Helper.py", "colorsys.py"], 4))
def test_a_new_file_that_may_stand_before_another(again, shop, name):
    """A file that may be imported in place of another one, by the user's code or by a library, has the cases run."""
    again()
    assert again()[0] == ["mine.py"]
    if name == "helper":
        (shop / name).mkdir()
    (shop / name / "__init__.py" if name == "helper" else shop / name).write_text("")
    assert again()[0] == []


def test_a_package_that_is_found_earlier(again, shop):
    """A module of the file's own folder comes before one of the working directory."""
    (shop / "below").mkdir()
    (shop / "mine.py").rename(shop / "below" / "mine.py")
    assert again("below/mine.py") == ([], [])
    assert again("below/mine.py") == (["below/mine.py"], [])
    (shop / "below" / "helper.py").write_text("def double(x):\n    return x\n")
    assert again("below/mine.py") == ([], [])
    assert again.done.status == 1


def test_the_setting(command, again, shop):
    """A project's setting stores results as the option does, and `--no-cache` takes none; both at once are refused."""
    (shop / "pyproject.toml").write_text('[tool.gradproof]\ntargets = ["mine.py"]\ncache = true\n')
    assert "has not changed" not in command("-v", "--quick").err
    assert "mine.py has not changed" in command("-v", "--quick").err
    assert "has not changed" not in command("-v", "--quick", "--no-cache").err
    assert command("--watch", "--no-cache").status == 2
    (shop / "pyproject.toml").write_text("[tool.gradproof]\ncache = 1\n")
    assert command("mine.py").status == 2


@slow
def test_settings_are_a_part_of_it(again):
    """Another seed, limit or kind of check is another run."""
    again()
    for arguments in (["--seed", "1"], ["--timeout", "59", "--memory", "3"]):
        assert again("mine.py", *arguments) == ([], [])
        assert again("mine.py", *arguments) == (["mine.py"], [])
    assert again() == (["mine.py"], [])


@slow
def test_the_cases_that_are_chosen(again, shop):
    """Results are taken for the same cases of a file only: what runs before a case may change it."""
    (shop / "more.py").write_text(cases("a", "b"))
    again("more.py")
    assert again("more.py", "-k", "b", "--report", "json=b.json") == ([], [])
    assert [case["name"] for case in json.loads((shop / "b.json").read_text())["cases"]] == ["b"]
    assert again("more.py", "-k", "b") == (["more.py"], [])
    assert again("more.py") == ([], [])


@pytest.mark.parametrize("name", some(["MY_OWN", "SEED"]))
def test_the_environment_is_a_part_of_it(again, monkeypatch, name):
    """A variable that a library may read has everything run again."""
    again()
    monkeypatch.setenv(name, "2")
    assert again() == ([], [])
    assert again() == (["mine.py"], [])


@slow
def test_what_is_installed_is_a_part_of_it(again, shop, monkeypatch):
    """Another version of a dependency, and our own sources when they change, have everything run again."""
    site = shop / "site-packages"
    (site / "numpy-1.0.dist-info").mkdir(parents=True)
    monkeypatch.setattr("sys.path", [*sys.path, str(site)])
    again()
    assert again() == (["mine.py"], [])
    (site / "numpy-1.0.dist-info").rename(site / "numpy-1.1.dist-info")
    assert again() == ([], [])
    library = shop / "elsewhere" / "scipy"
    library.mkdir(parents=True)
    (library / "__init__.py").write_text("1")
    monkeypatch.setattr("sys.path", [str(library.parent), *sys.path])
    again()
    assert again() == (["mine.py"], [])
    (library / "__init__.py").write_text("12")
    assert again() == ([], [])
    ours = shop / "ours" / "verify"
    ours.mkdir(parents=True)
    (ours / "rule.py").write_text("1")
    monkeypatch.setattr(machine, "ROOT", shop / "ours")
    again()
    assert again() == (["mine.py"], [])
    (ours / "rule.py").write_text("2")
    assert again() == ([], [])
    monkeypatch.setattr(machine, "__version__", "0.0")
    assert again() == ([], [])


READS = {
    "a data file": "W = np.load('w.npy')",
    "the environment": "import os\nW = os.environ.get('W', 1)",
}


@pytest.mark.parametrize("line", READS.values(), ids=READS)
def test_code_that_reads_anything_is_run_each_time(again, shop, line):
    """What reads a file, the environment, the clock or chance is never kept."""
    np.save(shop / "w.npy", np.ones(2))
    (shop / "helper.py").write_text(f"import numpy as np\n{line}\n\ndef double(x):\n    return 2 * x\n")
    for _ in range(2):
        assert again() == ([], ["mine.py"])
        assert again.done.status == 0


DRAWS = """
import random

import gradproof
import numpy as np

W = np.random.randn(3) + random.random()

class Dropout:
    def forward(self, x):
        self.mask = np.random.rand(*x.shape) > 0.5
        return x * W * self.mask

    def backward(self, dout):
        return 2 * dout * W * self.mask

dropout = gradproof.layer(Dropout, inputs={"x": "N 3"})
"""


@slow
def test_random_numbers_of_the_program(again, command, shop):
    """Each import draws the same numbers, and so does each run: their results are those of a run, and are stored."""
    (shop / "mine.py").write_text(DRAWS)
    assert again() == ([], [])
    first, fresh = again.done.out, command("mine.py", "--quick", "-v", "--no-cache")
    assert again() == (["mine.py"], [])
    assert first == fresh.out == again.done.out
    assert fresh.status == again.done.status == 1
    (shop / "mine.py").write_text(DRAWS.replace("np.random.rand(", "np.random.default_rng().random("))
    assert again() == ([], ["mine.py"])


def test_what_is_touched_is_seen(again, shop, monkeypatch):
    """Were a function that reads files taken for one that computes, the file that it opens would still be seen."""
    from verify.cache import pure

    monkeypatch.setitem(pure.LIBRARIES, "numpy", pure.LIBRARIES["numpy"] | {"loadtxt"})
    (shop / "w.txt").write_text("2\n")
    (shop / "helper.py").write_text(
        "import numpy as np\nW = float(np.loadtxt('w.txt'))\n\ndef double(x):\n    return W * x\n"
    )
    for _ in range(2):
        assert again() == ([], ["mine.py"])
        assert "it touched w.txt" in again.done.err


def test_an_edit_during_the_run(again, shop, monkeypatch):
    """What was run while a source was written is not kept, also where that has its old contents again."""
    is_sound = cache.Cache._is_sound

    def edited(self, unit):
        helper = shop / "helper.py"
        helper.write_bytes(helper.read_bytes())
        return is_sound(self, unit)

    monkeypatch.setattr(cache.Cache, "_is_sound", edited)
    again()
    assert entries(shop) == {}


@pytest.mark.parametrize("damage", some([b"", "cut", "changed", "older"], 4))
def test_a_damaged_file_counts_as_none(again, shop, damage):
    """What was not written whole by this version is not read, and is written anew."""
    again()
    ((name, whole),) = entries(shop).items()
    changes = {
        "cut": whole[:-1],
        "changed": whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:],
        "older": whole.replace(b"cases 1", b"cases 0", 1),
    }
    (shop / FOLDER / folder.RESULTS / name).write_bytes(changes.get(damage, damage))
    assert again() == ([], [])
    assert again() == (["mine.py"], [])


def test_what_does_not_end_is_not_kept(again, shop):
    """A case that ran into its limit is run again: with more time it may end."""
    (shop / "mine.py").write_text(LAYER.replace("self.mask = x > 0", "self.mask = x > 0\n        while True: pass"))
    assert again("mine.py", "--timeout", "0.5") == ([], [])
    assert again.done.status == 1
    assert entries(shop) == {}


def test_what_is_printed_is_printed_again(again, shop):
    """A warning of a run is stored as well, and one of an import keeps nothing."""
    (shop / "mine.py").write_text(LAYER.replace("self.mask = x > 0", "self.mask = x > np.log(0.0 * np.ones(1))"))
    outputs = []
    for _ in range(2):
        again()
        outputs.append([line for line in again.done.err.splitlines() if "gradproof:" not in line])
    assert outputs[0] == outputs[1]


@slow
def test_two_runs_share_it(again, shop):
    """Two commands at a time keep whole files, and leave nothing else behind."""
    (shop / "more.py").write_text(cases("a", "b"))
    command = [sys.executable, "-m", "gradproof", "mine.py", "more.py", "--cache", "--quick"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    runs = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) for _ in range(2)]
    outputs = [run.communicate()[0] for run in runs]
    assert outputs[0] == outputs[1]
    assert [run.returncode for run in runs] == [0, 0]
    assert len([name for name in entries(shop) if not name.endswith(".printed")]) == 2
    assert not list((shop / FOLDER).rglob("tmp*"))


def test_clear(again, command, shop):
    """`gradproof cache clear` removes the results of decided cases, and nothing else."""
    again()
    done = command("cache", "clear")
    assert (done.status, done.out) == (0, "removed the results of 1 file of cases\n")
    assert entries(shop) == {}
    assert again() == ([], [])
    command("cache", "clear")
    assert command("cache", "clear").out == "removed the results of 0 files of cases\n"


def test_a_folder_that_cannot_be_written(again, shop):
    """Where nothing can be kept, the run is as any other."""
    (shop / FOLDER).write_text("")
    for _ in range(2):
        assert again() == ([], [])
        assert again.done.status == 0


def test_extensions_keep_nothing(again, shop, put_back):
    """With extensions everything is run, and that is said."""
    (shop / "shop_extension.py").write_text("")
    (shop / "pyproject.toml").write_text('[tool.gradproof]\nextensions = ["shop_extension"]\n')
    for _ in range(2):
        assert again() == ([], [])
        assert "no results are stored: extensions in [tool.gradproof] may change verdicts" in again.done.err
