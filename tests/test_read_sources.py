"""The user's modules are judged by their sources as they are now, whatever code Python has kept of them."""

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from effort import slow, some

from gradproof.bytecode import forget, trust

RIGHT = "def cube(x):\n    return x**3\n\n\ndef slope(x):\n    return 3 * x**2\n"
WRONG = RIGHT.replace("3 * x**2", "2 * x**2")
CASES = "import gradproof\nfrom {} import cube, slope\n\ncase = gradproof.derivative(cube, slope, x='N')\n"


def write(path, text):
    """Write a file with the time of every other version of it, as two edits within a second have."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    os.utime(path, (10**9, 10**9))


def kept(folder, name):
    """Let Python import a module, so that it keeps its code."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, "-c", f"import {name}"], cwd=folder, env=environment, check=True)
    assert list(folder.rglob("__pycache__/*.pyc"))


@pytest.mark.parametrize("name", ["layers_of_mine", "package.part"])
def test_an_edit_of_the_same_size_and_second(command, tmp_path, monkeypatch, name):
    """Code that Python would take from an import before the edit is not what is judged."""
    monkeypatch.chdir(tmp_path)
    module = tmp_path / f"{name.replace('.', '/')}.py"
    (tmp_path / "cases.py").write_text(CASES.format(name))
    for text, status in ((RIGHT, 0), (WRONG, 1), (RIGHT, 0)):
        write(module, text)
        if status == 0:
            kept(tmp_path, name)
        assert command("cases.py", "--quick", "-qq").status == status


def test_python_itself_takes_the_old_code(tmp_path):
    """Without this, the old code is what an import gives: the test above shows something."""
    write(tmp_path / "part.py", RIGHT)
    kept(tmp_path, "part")
    write(tmp_path / "part.py", WRONG)
    code = "import part; print(part.slope(1))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "3\n"


@slow
@pytest.mark.parametrize(("name", "mode"), some([("package.part", "prepend"), ("test_it", "importlib")], 4))
def test_pytest_takes_no_old_code(tmp_path, monkeypatch, name, mode):
    """In pytest's own process, neither a module nor the test module itself is what it was before the edit."""
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    module, test = tmp_path / f"{name.replace('.', '/')}.py", tmp_path / "test_it.py"
    cases = CASES.split("\n", 2)[2] if module == test else CASES.format(name)
    pytest_of = [sys.executable, "-m", "pytest", "-q", f"--import-mode={mode}", "--gradproof-quick", str(tmp_path)]
    paths = {**os.environ, "PYTHONPATH": str(tmp_path)}
    for text, status in ((RIGHT, 0), (WRONG, 1)):
        write(test, cases)
        write(module, f"import gradproof\n{text}\n{cases}" if module == test else text)
        done = subprocess.run(pytest_of, cwd=tmp_path, env=paths, capture_output=True, text=True, check=False)
        assert (done.returncode, "1 failed" in done.stdout) == (status, status == 1), done.stdout
    assert list(module.parent.glob(f"__pycache__/{module.stem}.*.pyc"))


def test_pytest_keeps_code_that_is_newer(tmp_path, monkeypatch):
    """Code that was kept after the last change of its file is left where it is, and so is code of what is installed."""
    monkeypatch.syspath_prepend(tmp_path)
    write(tmp_path / "unchanged_part.py", RIGHT)
    kept(tmp_path, "unchanged_part")
    (code,) = tmp_path.rglob("__pycache__/*.pyc")
    os.utime(code, (4 * 10**9, 4 * 10**9))
    before = code.stat().st_mtime_ns
    forget()
    try:
        import_module("unchanged_part")
    finally:
        trust()
        del sys.modules["unchanged_part"]
    assert code.stat().st_mtime_ns == before
    assert not any(type(finder) is type and finder.__module__ == forget.__module__ for finder in sys.meta_path)


@slow
def test_no_code_is_kept(command, tmp_path, monkeypatch):
    """A run leaves no directory of kept code beside the user's files."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    write(tmp_path / "mine.py", RIGHT)
    (tmp_path / "cases.py").write_text(CASES.format("mine"))
    assert command("cases.py", "--quick", "-qq").status == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cases.py", "mine.py"]


def test_a_file_with_the_name_of_a_module_of_python(command, tmp_path, monkeypatch):
    """Built-in modules go before the user's files, as they do without gradproof."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "itertools.py").write_text("raise SystemExit('a file of the user')\n")
    (tmp_path / "cases.py").write_text("import itertools\n" + CASES.format("mine"))
    write(tmp_path / "mine.py", RIGHT)
    assert command("cases.py", "--quick", "-qq").status == 0
    assert Path("itertools.py").exists()
