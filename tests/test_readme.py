"""What the READMEs, the tutorial and the how-to pages show is what a reader gets."""

import re
import subprocess
import sys
import tomllib

import pages
import pytest
from effort import some
from pages import BIN, CONTRIBUTING, GALLERY, GUIDES, README, READMES, ROOT, TUTORIAL, Command, File

from verify.command import config

REFERENCE = [ROOT / "docs" / "reference" / f"{name}.md" for name in ("verdicts", "checks", "settings")]
PAGES = {path.relative_to(ROOT).as_posix(): path for path in [*READMES, CONTRIBUTING, *GUIDES, *TUTORIAL, GALLERY]}
FOLLOWED = [name for name, path in PAGES.items() if path == README or path not in READMES]  # the others have its steps
LINKED = {path.relative_to(ROOT).as_posix(): path for path in [*PAGES.values(), *REFERENCE]}


@pytest.fixture
def follow(command, tmp_path, monkeypatch, put_back):
    """Follow a page as a reader does, in an empty directory; returns it."""

    def run(step, folder):
        monkeypatch.chdir(folder)
        program, *arguments = step.words
        if program == "gradproof":
            done = command(*arguments)
            return done.status, done.out, done.err
        done = subprocess.run([BIN / program, *arguments], cwd=folder, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    def follow(path):
        monkeypatch.delenv("COLUMNS")  # no terminal
        monkeypatch.setattr("sys.path", [str(tmp_path), *sys.path])
        pages.prepare(path, tmp_path)
        for step in pages.page(path):
            if isinstance(step, File):
                step.write(tmp_path)
            elif step.is_run():
                status, out, err = run(step, pages.directory(step, tmp_path))
                assert status in (0, 1), (step.line, err)
                assert not step.output or step.excerpt(out) == step.output, step.line
        return tmp_path

    return follow


@pytest.mark.parametrize("name", some(FOLLOWED, 24))
def test_a_page(follow, name):
    """Each command that a page shows does, with the files of that page, what the page says."""
    follow(PAGES[name])


def test_another_output_is_seen(follow, tmp_path):
    """A page that shows another verdict than the command prints fails."""
    page = tmp_path / "page.md"
    page.write_text('```console\n$ gradproof expr "y = x * x" --at x=3\ny = x * x: REFUTED\n```\n')
    with pytest.raises(AssertionError, match="expr"):
        follow(page)


def test_lines_may_be_left_out():
    """A line of three dots stands for any lines, and the lines around it have to be there."""
    command = Command("gradproof", "first\n...\nlast\n")
    assert command.excerpt("first\nsecond\nthird\nlast\n") == command.output
    assert command.excerpt("first\nsecond\nother\n") != command.output


def test_a_block_without_a_file_name_is_seen():
    """Code that no test could run is refused, whatever language it is in."""
    with pytest.raises(ValueError, match="no file name"):
        list(pages.steps("```python\nimport numpy\n```\n"))


def reached(steps):
    """Return the Python files of a page that its commands check, with what they import."""
    texts = {step.name: step.text for step in steps if isinstance(step, File)}
    settings = tomllib.loads(texts.get("pyproject.toml", "")).get("tool", {}).get("gradproof", {})
    words = [word for step in steps if isinstance(step, Command) for word in step.words]
    words += settings.get("targets", []) + [f"{name}.py" for name in settings.get("extensions", [])]
    words += [name for name in texts if name.startswith("test_") and "pytest" in words]
    names = {word for word in words if word in texts}
    for name in list(names):
        names |= {f"{module}.py" for module in re.findall(r"^from (\w+) import", texts[name], re.MULTILINE)}
    return names


@pytest.mark.parametrize("name", PAGES)
def test_all_code_is_run(name):
    """Every Python file of a page is checked by a command of that page, or imported by one that is."""
    written = {file for file in pages.files(PAGES[name]) if file.endswith(".py")}
    assert written - reached(pages.page(PAGES[name])) == set()


def test_code_that_no_command_runs_is_seen():
    """A file that is only shown is seen; one that a checked file imports is none."""
    assert reached(
        [File("a.py", "from b import f\n"), File("b.py", ""), File("c.py", ""), Command("gradproof a.py", "")]
    ) == {"a.py", "b.py"}


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_the_length(path):
    """Each README can be read in a few minutes."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_the_same_in_every_language(path):
    """Each README has the same files and commands, with the same outputs."""
    assert pages.page(path) == pages.page(README)


@pytest.mark.parametrize("name", LINKED)
def test_links_lead_somewhere(name):
    """Each link to a file of ours has that file at its end."""
    path = LINKED[name]
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_every_guide_is_linked():
    """A reader finds each how-to page from the README."""
    text = README.read_text(encoding="utf-8")
    assert [path.name for path in GUIDES if f"docs/how-to/{path.name}" not in text] == []


def test_the_settings_are_all_there(tmp_path):
    """The page of settings shows every key that there is, with values that are accepted."""
    file = pages.files(ROOT / "docs" / "reference" / "settings.md")["pyproject.toml"]
    (tmp_path / "pyproject.toml").write_text(file)
    assert set(tomllib.loads(file)["tool"]["gradproof"]) == set(config._KEYS)
    assert config.find(tmp_path).timeout == 60
