"""What the README shows is what a reader gets."""

import re
import shlex
import sys
from pathlib import Path

import pytest

from verify.cases.suite import load

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
SHOWN = [block.split("\n", 1) for block in re.findall(r"```console\n\$ gradproof (.*?)```", TEXT, re.DOTALL)]
FILES = dict(re.findall(r"```python\n# (\S+)\n(.*?)```", TEXT, re.DOTALL))


@pytest.fixture
def reader(tmp_path, monkeypatch):
    """Write the README's files into a directory, as a reader would."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "apples.toml").write_text(re.search(r"```toml\n(\[\[case.*?)```", TEXT, re.DOTALL)[1])
    monkeypatch.setattr("sys.path", [str(tmp_path), *sys.path])
    return tmp_path


@pytest.mark.parametrize(("arguments", "output"), [pair for pair in SHOWN if pair[1]], ids=lambda text: text[:30])
def test_outputs(command, reader, monkeypatch, arguments, output):
    """Each command shown with its output gives that output."""
    monkeypatch.chdir(reader if "my_" in arguments else ROOT)
    assert command(*shlex.split(arguments)).out == output


@pytest.mark.parametrize("name", ["my_cases.py", "my_other_cases.py", "my_shop.py"])
def test_the_wrong_layers_of_the_readme_are_refuted(command, reader, monkeypatch, name):
    """The softmax with a diagonal Jacobian and the layer that forgets to swap fail the gate."""
    monkeypatch.chdir(reader)
    done = command(name)
    assert done.status == 1
    assert "REFUTED" in done.out


def test_the_toml_of_the_readme_is_proved(command, reader, monkeypatch):
    """The file shown is a file that works."""
    monkeypatch.chdir(reader)
    assert load(reader / "apples.toml", lambda program: None)[0].name == "apples"
    assert command("apples.toml").status == 0


def test_the_extension_of_the_readme(command, reader, monkeypatch, put_back):
    """The settings and the module that are shown let a case with np.trapezoid be proved."""
    monkeypatch.chdir(reader)
    settings = next(text for text in re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL) if "extensions" in text)
    (reader / "pyproject.toml").write_text(settings)
    (reader / "my_cases.py").write_text(
        "import numpy as np, verify\n"
        "area = verify.pair(np.trapezoid, lambda d, y: d * np.array([0.5, 1, 1, 0.5]), y='4', name='area')\n"
    )
    done = command()
    assert (done.status, done.err) == (0, "")
    assert "all proved" in done.out
