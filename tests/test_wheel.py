"""The wheel: one package, whose parts find each other inside it, beside anything else that is called as they are."""

import ast
import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
from effort import slow, some

from hatch_build import PARTS, rewritten, write_tree

ROOT = Path(__file__).parent.parent
SUBJECT = """
import {name}

@{name}.case(x={name}.real("N", low=1))
def square(x):
    dy = yield x * x
    return {slope} * x * dy
"""
# Of each user's `verify`, `layers` and `reports`, and how they are laid out.
OTHERS = {"verify": "verify.py", "layers": "layers/__init__.py", "reports": "reports/__init__.py"}
FORMATS = ["terminal", "markdown", "json", "junit", "html", "svg", "dot", "sarif", "github", "gitlab"]


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """Write the files of the wheel."""
    folder = tmp_path_factory.mktemp("tree")
    write_tree(ROOT, folder)
    return folder


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel as a release does, with the hatchling that is installed."""
    folder = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", folder, ROOT, cwd=ROOT)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(tmp_path_factory, wheel):
    """Install the wheel in an environment, and return the directory of its commands."""
    return environment(tmp_path_factory.mktemp("installed"), wheel)


def environment(folder, *wheels):
    """Install wheels one after the other, beside what they need of the environment of the tests."""
    venv.create(folder, with_pip=False)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "needed.pth").write_text(sysconfig.get_path("purelib"))
    for file in wheels:
        pip = [sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", "--quiet"]
        _run(*pip, "--disable-pip-version-check", "--no-compile", "--no-deps", "--no-index", file, cwd=folder)
    return folder / "bin"


def other(folder, name):
    """Build a wheel of somebody else's with one of our names at its top."""
    folder.mkdir(exist_ok=True)
    file = folder / f"others_{name}-1.0-py3-none-any.whl"
    texts = {
        OTHERS[name]: "OWNER = 'somebody else'\n",
        f"others_{name}-1.0.dist-info/METADATA": f"Metadata-Version: 2.1\nName: others-{name}\nVersion: 1.0\n",
        f"others_{name}-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    texts[f"others_{name}-1.0.dist-info/RECORD"] = "".join(f"{path},,\n" for path in texts)
    with zipfile.ZipFile(file, "w") as archive:
        for path, text in texts.items():
            archive.writestr(path, text)
    return file


def _run(*command, cwd, status=0):
    """Run a command, and return what it prints."""
    variables = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "PYTHON"))}
    done = subprocess.run([*map(str, command)], cwd=cwd, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def python(commands, code, folder):
    """Run a program in an environment."""
    return _run(commands / "python", "-c", code, cwd=folder)


@slow
def test_one_package_at_the_top(wheel):
    """Beside the metadata there are `gradproof` and the line that finds its second names, and no samples."""
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"gradproof", "gradproof_packages.pth"}
    assert {"gradproof/verify/py.typed", "gradproof/layers/shopping.toml"} <= set(names)
    assert {"gradproof/reports/result.schema.json", "gradproof/reports/page/templates/page.css"} <= set(names)
    assert not [name for name in names if "reports/samples" in name or "__pycache__" in name or "/tests/" in name]


@slow
def test_every_module_is_in_it_line_by_line(tree):
    """Each source of the checkout is there with as many lines, of which the imports alone differ."""
    for part in PARTS:
        for path in (ROOT / part).rglob("*.py"):
            name = path.relative_to(ROOT)
            pairs = zip(
                path.read_text().splitlines(), (tree / "gradproof" / name).read_text().splitlines(), strict=True
            )
            changed = [old for old, new in pairs if old != new]
            assert [line for line in changed if not re.match(r"\s*(from|import) (verify|layers|reports)\b", line)] == []


@slow
def test_no_import_of_it_leads_outside(tree):
    """No module imports `verify`, `layers` or `reports`, which may be somebody else's."""
    for path in tree.rglob("*.py"):
        nodes = [*ast.walk(ast.parse(path.read_text()))]
        names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
        names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level]
        assert not {name.partition(".")[0] for name in names} & set(PARTS), path


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("import verify", "import gradproof.verify as verify"),
        ("import verify as v, os", "import gradproof.verify as v, os"),
        ("import os, verify.model.result", "import os, gradproof.verify.model.result"),
        ("import verify.model as m", "import gradproof.verify.model as m"),
        ("가 = 1; from layers.linear import (\n    A,\n)", "가 = 1; from gradproof.layers.linear import (\n    A,\n)"),
        ("from reports import rows as verify", "from gradproof.reports import rows as verify"),
        ("from . import verify", "from . import verify"),
        ("from verifying import a; import layersx", "from verifying import a; import layersx"),
        ("'import verify'\nverify = 1", "'import verify'\nverify = 1"),
    ],
)
def test_imports_are_rewritten(source, written):
    """Whatever the form of an import, it names the package inside `gradproof`, and binds the same variable."""
    assert rewritten(source.encode(), "a.py").decode() == written


@pytest.mark.parametrize(
    "source",
    [
        "import verify.model\nverify.model.x",
        "import_module('verify.checks.beyond')",
        "f('reports.page')",
        "f('verify.mutation.bench:judged')",
        "from  verify import x",
    ],
)
def test_what_cannot_be_rewritten_ends_the_build(source):
    """A variable that would be another one, and a name of a module in a text, which would not be found."""
    with pytest.raises(ValueError, match=r"^a\.py:1: "):
        rewritten(source.encode(), "a.py")


@slow
@pytest.mark.parametrize("name", some(["verify", "gradproof"], every=2))
def test_files_with_either_name(installed, tmp_path, name):
    """Right code passes and wrong code fails, by the command, by pytest, and by the assertion in a plain program."""
    (tmp_path / "right.py").write_text(SUBJECT.format(name=name, slope=2))
    (tmp_path / "wrong.py").write_text(SUBJECT.format(name=name, slope=3))
    assert "all proved" in _run(installed / "gradproof", "right.py", cwd=tmp_path)
    assert "1 gradient refuted" in _run(installed / "python", "-m", "gradproof", "wrong.py", cwd=tmp_path, status=1)
    pytest_run = [installed / "python", "-m", "pytest", "-q", "-W", "error", "-p", "no:xdist"]
    assert "1 passed" in _run(*pytest_run, "right.py", cwd=tmp_path)
    assert "1 failed" in _run(*pytest_run, "wrong.py", cwd=tmp_path, status=1)
    program = f"import right, {name}; print({name}.assert_gradients(right.square, quick=True).good)"
    assert python(installed, program, tmp_path) == "True\n"


@slow
def test_the_suite_in_every_format(installed, tmp_path):
    """Our shopping graphs are a target by both names, and each report of them can be written."""
    reports = [f"--report={name}=report.{name}" for name in FORMATS]
    assert "all proved" in _run(installed / "gradproof", "-q", "layers.shopping", *reports, cwd=tmp_path)
    assert all((tmp_path / f"report.{name}").stat().st_size for name in FORMATS)
    assert "all proved" in _run(installed / "gradproof", "-q", "gradproof.layers.shopping", cwd=tmp_path)


@slow
@pytest.mark.parametrize("of", some(["checkout", "installed"], 4))
def test_second_names_are_names_of_one_module(of, request, tmp_path):
    """Under each name is the same module with its own spec, whichever is imported first."""
    commands = request.getfixturevalue("installed") if of == "installed" else Path(sys.executable).parent
    code = """if True:
        import sys
        import verify.cases.case, gradproof.verify.cases.case, gradproof.extend, layers.linear, gradproof.layers.linear
        from gradproof import Case, extend, real
        from verify import extend as ours
        assert extend is ours is gradproof.extend is sys.modules[f"{verify.__name__}.extend"]
        assert Case is verify.cases.case.Case is gradproof.verify.cases.case.Case
        assert verify is gradproof.verify and verify.__spec__.name == verify.__name__
        assert layers.linear.Affine is gradproof.layers.linear.Affine
        assert {*gradproof.__all__} == {*verify.__all__, "__version__", "extend"} <= {*dir(gradproof)}
        assert all(getattr(gradproof, name) is getattr(verify, name) for name in verify.__all__)
        print(verify.__name__)"""
    assert python(commands, code, ROOT if of == "checkout" else tmp_path) == (
        "verify\n" if of == "checkout" else "gradproof.verify\n"
    )


@slow
def test_nothing_is_imported_before_it_is_named(installed, tmp_path):
    """A process that starts in the environment has imported none of it, and `import gradproof` no part."""
    code = "import sys; print([n for n in sys.modules if 'gradproof' in n]); import gradproof; print('numpy' in sys.modules, 'gradproof.verify' in sys.modules)"
    assert python(installed, code, tmp_path) == "[]\nFalse False\n"


@slow
@pytest.mark.parametrize("name", some(OTHERS))
def test_a_module_of_the_users_goes_first(installed, tmp_path, name):
    """A user's own `verify`, `layers` or `reports` is what his code imports, and ours goes on working beside it."""
    (tmp_path / OTHERS[name]).parent.mkdir(exist_ok=True)
    (tmp_path / OTHERS[name]).write_text("OWNER = 'the user'\n")
    (tmp_path / "mine.py").write_text(f"from {name} import OWNER\n" + SUBJECT.format(name="gradproof", slope=2))
    assert "all proved" in _run(installed / "gradproof", "mine.py", "--report=html=page.html", cwd=tmp_path)
    assert "1 passed" in _run(installed / "python", "-m", "pytest", "-q", "mine.py", cwd=tmp_path)


@slow
def test_the_test_that_a_page_shows(installed, tmp_path):
    """It imports the command by a name that is ours, also beside a `verify.py` of the user's."""
    (tmp_path / "verify.py").write_text("OWNER = 'the user'\n")
    (tmp_path / "wrong.py").write_text(SUBJECT.format(name="gradproof", slope=3))
    _run(installed / "gradproof", "wrong.py", "--report=html=page.html", cwd=tmp_path, status=1)
    (line,) = re.findall(r"<code>(from [\w.]+ import main)$", (tmp_path / "page.html").read_text("utf-8"), re.MULTILINE)
    assert python(installed, f"{line}; print('status', main(['-qq', 'wrong.py']))", tmp_path).endswith("status 1\n")


@slow
@pytest.mark.parametrize("ours_first", [True, False])
def test_wheels_with_the_same_names(tmp_path, wheel, ours_first):
    """Wheels with a `verify`, `layers` and `reports` of their own, installed before ours or after, stay whole, as ours."""
    others = [other(tmp_path / "wheels", name) for name in OTHERS]
    commands = environment(tmp_path / "env", *([wheel, *others] if ours_first else [*others, wheel]))
    (tmp_path / "mine.py").write_text(SUBJECT.format(name="gradproof", slope=2))
    code = "import gradproof, verify, layers, reports; print({m.OWNER for m in (verify, layers, reports)})"
    assert python(commands, code, tmp_path) == "{'somebody else'}\n"
    assert python(commands, code.replace("gradproof, ", ""), tmp_path) == "{'somebody else'}\n"
    assert "all proved" in _run(commands / "gradproof", "mine.py", "--report=html=page.html", cwd=tmp_path)
    assert "all proved" in _run(commands / "gradproof", "gradproof.layers.shopping", cwd=tmp_path)
