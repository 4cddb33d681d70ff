"""The hook for pre-commit, run by pre-commit in a git repository."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pages
import pytest
import yaml
from effort import slow

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
EXAMPLE = pages.files(ROOT / "docs" / "how-to" / "ci.md")[".pre-commit-config.yaml"]
CASES = """
import verify

@verify.case("y = x * x", at={"x": 3})
def square(x):
    dy = yield x * x
    return 2 * x * dy
"""


def run(folder, *command, check=True):
    """Run a command as pre-commit's users do, with what it keeps in a directory beside the folder."""
    outside = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    ours = {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "PRE_COMMIT_HOME": str(folder.parent / "pre-commit")}
    done = subprocess.run(command, cwd=folder, env={**outside, **ours}, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or not check, done.stderr
    return done


def git(folder, *arguments, check=True):
    """Run git as somebody."""
    someone = ["-c", "user.name=someone", "-c", "user.email=someone@example.org", "-c", "init.defaultBranch=main"]
    return run(folder, "git", *someone, *arguments, check=check)


@pytest.fixture
def shipped(tmp_path):
    """This checkout as a repository with the tag that the page names, with what is not committed yet."""
    listed = run(ROOT, "git", "ls-files", "-co", "--exclude-standard")
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():  # it may have been deleted
            (tmp_path / "shipped" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / "shipped" / name)
    git(tmp_path / "shipped", "init")
    git(tmp_path / "shipped", "add", "--all")
    git(tmp_path / "shipped", "commit", "--message", "all")
    git(tmp_path / "shipped", "tag", "v0.1.0")
    return tmp_path / "shipped"


@pytest.fixture
def project(tmp_path, shipped):
    """A repository with a right layer and the hook as the page has it; returns its folder."""

    def make(**hook):
        config = yaml.safe_load(EXAMPLE.replace("<the address of this repository>", str(shipped)))
        config["repos"][0]["hooks"][0].update(hook)
        folder = tmp_path / "project"
        folder.mkdir()
        (folder / "pyproject.toml").write_text('[tool.gradproof]\ntargets = ["cases.py"]\n')
        (folder / "cases.py").write_text(CASES)
        (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
        git(folder, "init")
        run(folder, "pre-commit", "install")
        return folder

    return make


def commits(folder):
    """Commit a right layer, then a wrong one, then a text, while the wrong one is not committed."""
    git(folder, "add", "--all")
    right = git(folder, "commit", "--message", "right", check=False)
    (folder / "cases.py").write_text(CASES.replace("2 * x", "3 * x"))
    git(folder, "add", "--all")
    wrong = git(folder, "commit", "--message", "wrong", check=False)
    git(folder, "reset")
    (folder / "notes.txt").write_text("a text\n")
    git(folder, "add", "notes.txt")
    return right, wrong, git(folder, "commit", "--message", "text", check=False)


def held(folder):
    """Check that the hook lets the right layer pass, stops the wrong one with its report, and leaves texts alone."""
    right, wrong, text = commits(folder)
    assert right.returncode == 0, right.stderr
    assert re.search(r"gradproof\.+Passed", right.stderr)
    assert wrong.returncode == 1
    assert "backprop  3*x*dy = 9" in wrong.stderr
    assert "FAILED: 1 gradient refuted" in wrong.stderr
    assert (text.returncode, "Skipped" in text.stderr) == (0, True)
    assert git(folder, "log", "--format=%s").stdout.split() == ["text", "right"]


@slow
def test_the_hook_stops_a_wrong_layer(project):
    """A commit with a wrong layer fails; the command is the one installed here, the rest is the hook that we ship."""
    held(project(language="system"))


@slow
def test_the_hook_as_it_is_shipped(project):
    """The same in the environment that pre-commit makes."""
    held(project())


@slow
def test_a_hook_that_is_none(shipped):
    """pre-commit accepts the manifest, and not one that has lost its entry."""
    manifest = shipped / ".pre-commit-hooks.yaml"
    command = ["pre-commit", "validate-manifest", str(manifest)]
    assert run(shipped, *command).returncode == 0
    manifest.write_text(manifest.read_text().replace("entry:", "entrance:"))
    assert run(shipped, *command, check=False).returncode == 1
