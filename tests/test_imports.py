"""Who imports whom, and how much: the borders of the design, read from the sources."""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from test_layout import is_for_types
from trees import parts_of, tree_of

ROOT = Path(__file__).parent.parent
SOURCES = {
    path.relative_to(ROOT).as_posix(): path
    for part in ("gradproof", "verify", "layers", "reports")
    for path in (ROOT / part).rglob("*.py")
}


@cache
def imported(path):
    """Return the modules that a file imports, at whatever place; type checking aside."""
    tree = tree_of(path.read_text())
    skipped = {id(n) for i in parts_of(tree) if is_for_types(i) for n in ast.walk(i)}
    modules = set()
    for node in parts_of(tree):
        if id(node) not in skipped:
            if isinstance(node, ast.Import):
                modules |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                modules |= {f"{node.module}.{alias.name}" for alias in node.names}
    return modules


WITH_REPORTS = {f"verify/command/{name}.py" for name in ("main", "reporting", "checking", "mutating", "fixing")}


@pytest.mark.parametrize("name", [name for name in SOURCES if name.startswith("verify/")])
def test_the_engine_imports_neither_layers_nor_reports(name):
    """Only the command knows of reports; nobody in the engine of layers."""
    allowed = {"reports"} if name in WITH_REPORTS else set()
    assert {module.split(".")[0] for module in imported(SOURCES[name])} & {"layers", "reports"} <= allowed


def test_reports_are_borrowed_for_tests_only():
    """In the user's process a report is rendered by the assertion that pytest's items share, and for a result shown."""
    borrowing = {name for name, path in SOURCES.items() if "borrowed(" in path.read_text()}
    assert borrowing == {"verify/discovery/packages.py", "verify/testing/assertions.py", "verify/testing/presenting.py"}


def test_the_plugin_of_pytest_imports_next_to_nothing():
    """It is loaded in every run of pytest: what it imports before there is a case is there already."""
    tree = tree_of(SOURCES["gradproof/pytest_plugin.py"].read_text())
    first = [ast.unparse(node) for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert first == ["from __future__ import annotations", "import sys", "import pytest"]
    users = {name for name, path in SOURCES.items() if "pytest" in {m.split(".")[0] for m in imported(path)}}
    assert users == {"gradproof/pytest_plugin.py", "verify/testing/pytest_items.py"}


@pytest.mark.parametrize("name", [name for name in SOURCES if name.startswith("reports/")])
def test_reports_import_the_result_only(name):
    """A renderer has nothing but the result; writing files raises the engine's error, the page explains findings."""
    allowed = {
        "reports/page/__init__.py": {
            "verify.model.result",
            "verify.model.findings",
        },
        "reports/write.py": {"verify.model.errors", "verify.model.additions", "verify.model.files"},
        "reports/__init__.py": {"verify.model." + name for name in ("result", "errors", "additions", "where")},
        "reports/mutants.py": {"verify.mutation.result"},
        "reports/fixes.py": {"verify.repair.result"},
        "reports/fixesjson.py": {"verify.repair.result"},
        "reports/edits.py": {"verify.repair.result", "verify.model.result"},
    }
    allowed["reports/sarif.py"] = {
        "verify.model.result",
        "verify.model.findings",
    }  # SARIF has the text of `gradproof explain` in it
    for renderer in ("reports/words.py", "reports/rows.py"):  # which name a kind of evidence
        allowed[renderer] = {"verify.model.result", "verify.model.comparison"}
    allowed["reports/words.py"].add("verify.model.findings")  # the harm and the cure of what fails
    inside = {module.rsplit(".", 1)[0] for module in imported(SOURCES[name]) if module.startswith(("verify", "layers"))}
    assert inside - {"verify.model.identity", "verify.model.elision"} <= allowed.get(name, {"verify.model.result"})


def test_the_result_imports_the_standard_library_only():
    """What everything rests on rests on nothing."""
    parts = [
        f"verify/model/{name}.py"
        for name in ("identity", "elision", "reasons", "comparison", "coverage", "faults", "drawings")
    ]
    for name in (*parts, "verify/model/result.py", "verify/mutation/result.py", "verify/model/errors.py"):
        files = {module: module.rsplit(".", 1)[0].replace(".", "/") + ".py" for module in imported(SOURCES[name])}
        inside = {module for module, file in files.items() if file in parts}
        others = {module.split(".")[0] for module in imported(SOURCES[name]) - inside}
        assert others <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"], ["explain", "GP101"]])
def test_help_imports_nothing_heavy(arguments):
    """Asking for help costs no SymPy, NumPy or flint."""
    code = f"import sys; from verify.command.main import main; main({arguments!r}); print(sorted({{'sympy', 'numpy', 'flint', 'tabulate'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_command_imports_nothing_heavy():
    """What is computed is computed in the worker."""
    code = "import sys; from verify.command.main import main; main(['-qq', 'layers.shopping']); print(sorted({'sympy', 'numpy', 'flint', 'layers'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "[]"


def test_nobody_evaluates_text():
    """No eval, exec, compile or sympify anywhere in the sources."""
    for path in SOURCES.values():
        calls = {ast.unparse(n.func) for n in parts_of(tree_of(path.read_text())) if isinstance(n, ast.Call)}
        assert not calls & {"eval", "exec", "compile", "sympify", "sympy.sympify", "parse_expr"}, path


def test_expressions_need_no_numpy():
    """A suite of expressions does not pay for NumPy, which only code on arrays needs."""
    code = "import sys; import verify.checks.checker, verify.discovery.collect; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "False\n"


# What the worker of a run of expressions does without.
HEAVY = {"numpy", "scipy", "z3", "jinja2", "verify.runner.fingerprint", "verify.checks.beyond", "verify.tape.tape"}


def test_a_run_of_expressions_imports_nothing_for_code():
    """Until code of the user's runs, its worker has neither NumPy nor what follows code; then it has NumPy at once."""
    code = f"""if True:
        import io, sys
        from verify.runner.worker import Worker, import_engine
        import_engine()
        from verify.runner.worlds import Worlds
        worker = Worker(io.BytesIO(), io.BytesIO())
        worker._worlds = Worlds()
        (unit,) = worker._units("layers/shopping.toml", None)
        for number, _ in enumerate(worker._collect(unit)):
            worker._check(unit, number, 0, False)
        print(sorted({HEAVY!r} & set(sys.modules)))
        worker._units("layers.shopping", None)
        print("numpy" in worker._worlds._common, sys.path[0] == worker._worlds.home[0])"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\nTrue True\n"


def test_following_code_on_arrays_loads_no_more_of_numpy():
    """NumPy's lazy submodules, which take longer to import than all of the checks, stay unloaded."""
    lazy = "{'numpy.testing', 'numpy.f2py', 'numpy.ma', 'numpy.polynomial', 'unittest'}"
    code = f"import sys, verify.checks.beyond; print(sorted({lazy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"


# What takes texts apart in reports and in what decides: files, with what they read. No other reads a text back.
READING = {
    "reports/anchors.py": "names, into addresses",
    "reports/cells.py": "exact numbers, which are written as quotients",
    "reports/layout.py": "words, to fold sentences",
    "reports/junit.py": "names of files, and what XML cannot hold",
    "reports/markdown.py": "what Markdown takes for markup",
    "reports/write.py": "the arguments of --report",
    "reports/page/dot.py": "what needs a backslash",
    "reports/page/drawing.py": "exact numbers, which are written as quotients",
    "reports/page/markup.py": "what XML cannot hold",
    "verify/baseline/compare.py": "the version of a format",
    "verify/baseline/scope.py": "names of modules",
}
APART = {"partition", "rpartition", "split", "rsplit", "startswith", "endswith", "removeprefix", "removesuffix"}


def test_no_fact_is_read_from_a_text():
    """Places, quantities, variants and bits are fields: what reports and baselines take apart is in the table above."""
    reading = set()
    for name, path in SOURCES.items():
        if name.startswith(("reports/", "verify/baseline/")):
            tree = tree_of(path.read_text())
            called = {
                n.func.attr for n in parts_of(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)
            }
            if called & APART or "re" in {module.split(".")[0] for module in imported(path)}:
                reading.add(name)
    assert reading == set(READING)


def test_no_place_is_read_from_a_text():
    """A file and a line are a `Place`, and nobody splits what it writes."""
    split = re.compile(r"""partition\(["']:["']\)|split\(["']:["']\)""")
    allowed = {"verify/runner/worker.py"}  # a request and its method
    assert {name for name, path in SOURCES.items() if split.search(path.read_text())} <= allowed


def test_the_process_that_asks_for_fixes_has_no_engine():
    """`fix` reads and writes files, and has workers do the rest: it pays for no library that it does not use."""
    code = "import sys, verify.command.fixing, verify.repair.search, verify.repair.write, reports.fixes, reports.edits"
    heavy = subprocess.run(
        [sys.executable, "-c", f"{code}; print(*{{'numpy', 'sympy', 'flint'}} & set(sys.modules))"],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    assert heavy.stdout == "\n"
