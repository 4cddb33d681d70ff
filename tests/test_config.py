"""Settings come from the nearest pyproject.toml that has them."""

import pytest

from verify.command.config import Config, find
from verify.model.errors import InputError


@pytest.fixture
def project(tmp_path, monkeypatch):
    def make(text, start="."):
        (tmp_path / "pyproject.toml").write_text(text)
        folder = tmp_path / start
        folder.mkdir(parents=True, exist_ok=True)
        monkeypatch.chdir(folder)
        return find(folder)

    return make


def test_found_upward(project):
    """From a directory below, targets that are files are told from there; modules stay."""
    config = project("[tool.gradproof]\ntargets = ['shop.toml', 'my.cases']\nseed = 3\nlayers = 'mine.py'", "a/b")
    assert config == Config(("../../shop.toml", "my.cases"), "../../mine.py", 3)


def test_a_directory_is_a_path(project, tmp_path):
    """A target that is a directory is told from the working directory too."""
    (tmp_path / "checks").mkdir()
    assert project("[tool.gradproof]\ntargets = ['checks']\ntimeout = 1.5", "a") == Config(("../checks",), None, 0, 1.5)


def test_the_baseline_is_a_path(project):
    """It is told from the working directory too."""
    assert project("[tool.gradproof]\nbaseline = 'ci/known.json'", "a").baseline == "../ci/known.json"


def test_defaults(project):
    """Without a table there are defaults."""
    assert project("[project]\nname = 'x'") == Config()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.gradproof]\ntarget = []", r"\[tool\.gradproof\]: unknown key target; did you mean 'targets'"),
        ("[tool.gradproof]\ntargets = 'x'", "targets is 'x': expected an array"),
        ("[tool.gradproof]\ntargets = [1]", "expected a list of strings"),
        ("[tool.gradproof]\nseed = '1'", "seed is '1': expected a whole number"),
        ("[tool.gradproof]\nbaseline = 1", "baseline is 1: expected text"),
        ("[tool.gradproof]\ntimeout = '1'", "timeout is 1: expected a positive number of seconds"),
        ("[tool.gradproof]\ntimeout = -1.5", r"timeout is -1\.5: expected a positive number"),
        ("[tool.gradproof]\ntimeout = true", "timeout is True: expected a positive number"),
        ("[tool.gradproof]\njobs = 0", "jobs is 0: expected a positive number of processes"),
        ("[tool.gradproof]\njobs = true", "jobs is True: expected a positive number of processes"),
        ("[tool.gradproof]\njobs = '2'", "jobs is '2': expected a whole number"),
        ("[tool]\ngradproof = 1", "must be a table"),
        ("[tool.gradproof", r"pyproject\.toml:1: not TOML"),
    ],
)
def test_bad_settings(project, text, message):
    """A key that is not known, or of the wrong kind, is an error."""
    with pytest.raises(InputError, match=message):
        project(text)
