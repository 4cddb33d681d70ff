"""The scripts of `findings/`: each states a surprise of a library that it installs itself, and fails once that has changed.

They install packages, so none is run here; this holds their form.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "findings"
SCRIPTS = sorted(FOLDER.iterdir())
HEAD = re.compile(
    r"#!/usr/bin/env bash\n# [\w-]+: .+[.]\n#\n# Expected: .+\n(?:#  +.+\n)*# Real:     .+\n(?:#  +.+\n)*set -euo pipefail\n"
)
# What each script must have, and a line of a right script that a wrong one lacks or writes in another way.
RULES = {
    "the surprise, what is expected and what is real come first": (HEAD.match, "# Expected: ", "# "),
    "it works in a temporary folder": (re.compile(r"^work=\$\(mktemp -d\)$", re.M).search, "$(mktemp -d)", "."),
    "it removes that folder": (re.compile(r"^trap 'rm -rf \"\$work\"' EXIT$", re.M).search, "trap", "# trap"),
    "every package is pinned": (lambda text: pinned(text), "==", ">="),
    "it prints the versions": (lambda text: printed(text), "__version__", "__name__"),
    "it says that something has changed": (re.compile('"changed: ').search, "changed: ", ""),
    "it needs nothing of ours": (
        lambda text: not re.search(r"gradproof|(?:import|from) (?:verify|layers|reports)\b", text),
        "print(",
        "import gradproof; print(",
    ),
    "the installation alone needs a network": (
        lambda text: not re.search(r"https?:|\bcurl\b|\bwget\b|urlopen", text),
        "print(",
        "urlopen('example'); print(",
    ),
}


def pinned(text):
    """Tell whether a script installs packages, each of one version."""
    installed = re.findall(r'^"\$work/env/bin/pip" install ((?:--\S+ )*)(.+)$', text, re.MULTILINE)
    packages = [package for _, names in installed for package in names.split()]
    return bool(packages) and all(re.fullmatch(r"[\w-]+==[\d.]+", package) for package in packages)


def printed(text):
    """Tell whether a script prints a version."""
    return bool(re.search(r"^print\(.*\.__version__", text, re.MULTILINE))


def broken(text):
    """Return the rules that a script breaks."""
    return [rule for rule, (holds, _, _) in RULES.items() if not holds(text)]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script(path):
    """It is named after its library, can be run as it is, is right Bash and Python, and keeps every rule."""
    text = path.read_text(encoding="utf-8")
    assert re.fullmatch(r"[a-z]+(?:_[a-z0-9]+)+\.sh", path.name)
    assert os.access(path, os.X_OK)
    assert subprocess.run(["bash", "-n", path], capture_output=True, check=False).returncode == 0
    codes = re.findall(r"<<'PYTHON'\n(.*?)^PYTHON$", text, re.DOTALL | re.MULTILINE)
    assert [compile(code, path.name, "exec") for code in codes]
    assert broken(text) == []


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_seen(rule):
    """A script that breaks one rule is refused for that."""
    text = SCRIPTS[0].read_text(encoding="utf-8")
    _, right, wrong = RULES[rule]
    assert rule in broken(text.replace(right, wrong))


def test_there_are_scripts():
    """The folder is not empty, and holds nothing else."""
    assert len(SCRIPTS) > 10
    assert {path.suffix for path in SCRIPTS} == {".sh"}
