"""Shells complete the command by scripts that shtab writes."""

import subprocess
import sys

import pytest

from reports import FORMATS
from verify.command.arguments import build_parser
from verify.command.completion import FILES, _arguments
from verify.model.commands import COMMANDS

SHELLS = ("bash", "zsh", "tcsh", "fish", "powershell")


def complete(script, folder, *words):
    """Return what bash offers for the last of some words."""
    asking = 'COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _shtab_gradproof; printf "%s\\n" "${COMPREPLY[@]}"'
    command = ["bash", "-c", f"{script}\n{asking}", "bash", *words]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    assert run.stderr == ""
    return set(run.stdout.split())


@pytest.fixture
def bash(command, tmp_path):
    (tmp_path / "my_cases.py").touch()
    script = command("--print-completion", "bash").out
    return lambda *words: complete(script, tmp_path, "gradproof", *words)


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_has_a_script(command, shell):
    """It names every command."""
    result = command(f"--print-completion={shell}")
    assert result.status == 0
    assert [name for name in COMMANDS if name not in result.out] == []


def test_commands_options_and_values(bash):
    """Commands, options, choices, formats and the keys of explain are offered."""
    assert bash("") >= set(COMMANDS)
    assert bash("run", "--base") == {"--baseline", "--baseline-update"}
    assert bash("run", "--format", "") == {"full", "concise"}
    assert bash("run", "--report", "") == set(FORMATS)
    assert bash("explain", "GP10") >= {"GP101", "GP109"}
    assert bash("explain", "tool.gradproof.s") == {"tool.gradproof.seed"}


@pytest.mark.parametrize("words", [("run", "my"), ("scan", "my"), ("run", "--layers", "my"), ("compare", "a", "my")])
def test_files(bash, words):
    """Where a path is expected, files are offered."""
    assert bash(*words) == {"my_cases.py"}


def test_every_value_that_is_a_path_is_known():
    """No argument that reads a path is without files."""
    paths = {
        action.metavar for action in _arguments(build_parser(FORMATS)) if getattr(action.type, "__name__", "") == "Path"
    }
    assert paths <= FILES
    assert {action.metavar for action in _arguments(build_parser(FORMATS))} >= FILES


def test_without_shtab_the_extra_is_named(command, monkeypatch):
    """One line with what to install, and exit status 2."""
    monkeypatch.setitem(sys.modules, "shtab", None)
    result = command("--print-completion", "bash")
    assert (result.status, result.out) == (2, "")
    assert result.err == "gradproof: shell completion needs shtab: pip install 'gradproof[completion]'\n"


def test_nobody_else_imports_shtab():
    """A run of the command does not cost its import."""
    program = (
        "import sys; from verify.command.main import main; main(['explain', 'seed']); sys.exit('shtab' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=False).returncode == 0
