"""Targets become cases, or a message that says why not."""

from pathlib import Path

import pytest
from effort import slow

from layers.arithmetic import MulLayer
from verify.cases.conversation import drive
from verify.discovery.collect import cases_of, collect
from verify.discovery.targets import units
from verify.model.errors import InputError, TargetError
from verify.model.reasons import Reason

PYTHON = """
import verify

@verify.case("x * y", at={"x": 2, "y": 3})
def product(x, y):
    dout = yield x * y
    return dout * y, dout * x

again = product
"""
TOML = "[[case]]\nname = 'product'\nexpression = 'x * y'\ninputs = { x = 2, y = 3 }\n"


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [*__import__("sys").path])


def write(**files):
    for name, text in files.items():
        path = __import__("pathlib").Path(name.replace("__", "/").replace("_dot_", "."))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_files_and_modules():
    """A TOML file, a Python file and a module are all targets; a case with two names is one."""
    write(shop_dot_toml=TOML, mine_dot_py=PYTHON, some_pkg____init___dot_py="", some_pkg__cases_dot_py=PYTHON)
    cases = collect(["shop.toml", "mine.py", "some_pkg.cases", "mine.py"])
    assert [(case.name, str(case.where)) for case in cases] == [
        ("product", "shop.toml:1"),
        ("product", "mine.py:4"),
        ("product", "some_pkg/cases.py:4"),
    ]


def test_a_file_finds_its_neighbours():
    """A file may import what lies beside it, wherever it is run from."""
    write(sub__helper_of_mine_dot_py="two = 2", sub__mine2_dot_py="import helper_of_mine\n" + PYTHON)
    assert len(collect(["sub/mine2.py"])) == 1


def test_other_layers():
    """`layers` puts somebody's own layers into the graphs of a TOML file."""
    write(
        shop_dot_toml=TOML,
        own_layers_dot_py="class MulLayer:\n    def forward(self, x, y):\n        return 42\n    def backward(self, d):\n        return d, d\n",
    )
    (case,) = collect(["shop.toml"], layers="own_layers.py")
    assert drive(case, {"x": 2, "y": 3}, 1).values[case.program.result] == 42
    (case,) = collect(["shop.toml"])
    assert drive(case, {"x": 2, "y": 3}, 1).values[case.program.result] == MulLayer().forward(2, 3)


@pytest.mark.parametrize(
    ("target", "text", "message"),
    [
        ("none.toml", None, "none.toml: No such file"),
        ("none.py", None, "none.py: no such file"),
        ("no_such_module", None, "no_such_module: no such file or module"),
        ("no_such.module", None, "no such file or module"),
        ("notes.txt", "hello", "notes.txt: is not a Python or TOML file"),
        ("notes.ipynb", "{}", "notes.ipynb: is not a Python or TOML file; check a case of a notebook in the notebook"),
        (".", None, r"no verify_\*\.py in this directory or below"),
        ("empty.toml", "", "empty.toml: contains no cases"),
        ("empty.py", "", "empty.py: contains no cases"),
        ("broken.py", "1 +", r"importing it failed: SyntaxError"),
        (
            "raises.py",
            "x = 1\nraise ValueError('no')",
            r"importing it failed: ValueError: no, at raises.py:2",
        ),
        ("exits.py", "import sys; sys.exit(0)", "importing it failed: SystemExit: 0"),
        ("lacks.py", "import no_such_thing", "No module named 'no_such_thing'"),
    ],
)
def test_bad_targets(target, text, message):
    """What cannot be collected is told by name."""
    if text is not None:
        write(**{target.replace(".", "_dot_"): text})
    with pytest.raises(InputError, match=message):
        collect([target])


def write_at(files):
    """Write files whose names have underscores."""
    for name, text in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)


def test_a_directory():
    """Every verify_*.py in it, in sorted order, and nothing that lies hidden or belongs to somebody else."""
    names = ["verify_b", "verify_a", "sub/verify_c", ".venv/verify_d", "node_modules/verify_e", "env/verify_f", "other"]
    write_at({f"tree/{name}.py": PYTHON for name in names} | {"tree/env/pyvenv.cfg": ""})
    found = ["tree/verify_a.py:4", "tree/verify_b.py:4", "tree/sub/verify_c.py:4"]
    assert [str(case.where) for case in collect(["tree"])] == found


@pytest.mark.parametrize(
    ("target", "name"), [("pkg1", "pkg1"), ("./pkg2", "pkg2"), ("in/pkg3/", "in/pkg3"), ("in.pkg4", "in/pkg4")]
)
def test_a_package(target, name):
    """All its modules, by their full names; a case that is imported from one into another counts once."""
    write_at(
        {
            f"{name}/__init__.py": "",
            f"{name}/__main__.py": "raise SystemExit",
            f"{name}/b.py": "from .a import product",
            f"{name}/a.py": PYTHON,
            f"{name}/sub/__init__.py": "from ..a import product",
            f"{name}/sub/c.py": "from . import product as other\n" + PYTHON,
        }
    )
    assert [str(case.where) for case in collect([target])] == [f"{name}/a.py:4", f"{name}/sub/c.py:5"]


def test_a_file_of_a_package():
    """The command that repeats one of its cases names the file, whose relative imports work."""
    write_at({"lib/pkg5/__init__.py": "", "lib/pkg5/two.py": "", "lib/pkg5/one.py": "from . import two\n" + PYTHON})
    assert [str(case.where) for case in collect(["lib/pkg5/one.py"])] == ["lib/pkg5/one.py:5"]


@pytest.mark.parametrize("target", ["pkg6.sub", "pkg6", "./pkg6"])
def test_a_package_that_cannot_be_imported(target):
    """Looking for a module imports the package that it is in, which may fail as any import."""
    write_at({"pkg6/__init__.py": "import no_such_thing", "pkg6/sub.py": PYTHON})
    with pytest.raises(TargetError, match=r"No module named 'no_such_thing', at pkg6/__init__.py:1"):
        collect([target])


def test_a_module_without_a_file():
    """What is built into Python has no cases."""
    with pytest.raises(InputError, match="sys: contains no cases"):
        collect(["sys"])


def test_a_name_that_belongs_to_another_module():
    """A package whose name is taken is told, and not mistaken for the one that has it."""
    write_at({"lib/json/__init__.py": PYTHON})
    with pytest.raises(TargetError, match="the name json belongs to another module"):
        collect(["lib/json"])


@pytest.mark.parametrize("name", ["a\\nb", "\\u001b[31m", "", " ", "x" * 300])
def test_names_have_to_be_a_line(name):
    """A case whose name would break the layout of a report is refused."""
    write(shop_dot_toml=f'[[case]]\nname = "{name}"\nexpression = "x * y"\ninputs = {{ x = 1, y = 2 }}')
    with pytest.raises(InputError, match=r"shop\.toml:1: the (name of a case|case has an empty name)"):
        collect(["shop.toml"])


def test_a_byte_order_mark_is_no_mistake():
    """Editors on Windows put one at the start."""
    __import__("pathlib").Path("shop.toml").write_bytes(b"\xef\xbb\xbf" + TOML.encode())
    assert len(collect(["shop.toml"])) == 1


def test_any_exception_at_import_is_an_error_of_input():
    """Even one that is no Exception."""
    write(odd_dot_py="import asyncio\nraise asyncio.CancelledError")
    with pytest.raises(InputError, match="CancelledError, at odd.py:2"):
        collect(["odd.py"])


def test_cases_in_containers_are_found():
    """A list, tuple or dict of cases is as good as a variable each; they are named after it."""
    write(
        many_dot_py="import verify\n"
        "cases = [verify.derivative(lambda x: x * x, lambda x: k * x, x='N') for k in (2, 3)]\n"
        "named = {'cube': verify.derivative(lambda x: x**3, lambda x: 3 * x**2, x='N')}\n"
    )
    assert [case.name for case in collect(["many.py"])] == ["cases 1", "cases 2", "named cube"]


def test_cases_in_other_places_are_found():
    """Lists in dicts, and the attributes of classes, as pytest finds those too; a name is one line, whatever its key."""
    write(
        deep_dot_py="import verify\n"
        "def new(): return verify.derivative(lambda x: x * x, lambda x: 2 * x, x='N')\n"
        "nested = {'a': [new()]}\n"
        "class Test:\n"
        "    case = new()\n"
        "_private = new()\n"
        "by = {'b\\n::error::c': new()}\n"
    )
    names = ["nested a 1", "Test case", "private", "by b ::error::c"]
    assert [case.name for case in collect(["deep.py"])] == names


def test_an_imported_case_has_the_name_of_its_home():
    """It is the same case, which is found and repeated there, whatever it is called where it was imported to."""
    write(
        home_dot_py="import verify\n"
        "one = verify.derivative(lambda x: x * x, lambda x: 2 * x, x='N')\n"
        "some = {'other': verify.derivative(lambda x: x**3, lambda x: 3 * x**2, x='N')}\n",
        away_dot_py="from home import one as first, some as these\n",
    )
    home = [("home.py:2", "one"), ("home.py:3", "some other")]
    for targets in (["home.py", "away.py"], ["away.py", "home.py"], ["away.py"], ["home.py"]):
        assert [(str(case.where), case.name) for case in collect(targets)] == home


FACTORY = """
import verify

def new(factor):
    @verify.case(x="N")
    def square(x):
        d = yield x * x
        return factor * x * d
    return square

def layer(factor):
    return verify.derivative(lambda x: x * x, lambda x: factor * x, x="N", name="a layer")
"""


@slow
def test_what_one_function_makes_for_two_files(command):
    """Each has the place of the line that had it made, so that a wrong one is not taken for the right one."""
    write(
        factory_dot_py=FACTORY,
        verify_right_dot_py="from factory import *\none = new(2)\ntwo = layer(2)\n",
        verify_wrong_dot_py="from factory import *\none = new(3)\ntwo = layer(3)\n",
    )
    places = [f"verify_{name}.py:{line}" for name in ("right", "wrong") for line in (2, 3)]
    assert [str(case.where) for case in collect(["verify_right.py", "verify_wrong.py"])] == places
    for targets in (["verify_right.py", "verify_wrong.py"], ["verify_wrong.py", "verify_right.py"]):
        done = command(*targets)
        assert done.out.endswith("FAILED: 2 gradients refuted (4 cases, 4 gradients of 16 entries: 2 proved).\n")
        assert "run this case alone: gradproof run verify_wrong.py --case 'a layer'" in done.out


def test_a_file_that_is_no_python_is_told_from_one_that_imports_such_a_file(tmp_path, monkeypatch):
    """Bad input is the file alone that does not parse, not one whose import fails for another file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken_file.py").write_text("1 +")
    (tmp_path / "whole_file.py").write_text("import broken_file")
    for name, reason in (("broken_file.py", Reason.NOT_PYTHON), ("whole_file.py", Reason.IMPORT_FAILED)):
        with pytest.raises(TargetError) as caught:
            [*map(cases_of, units(name))]
        assert caught.value.reason is reason
