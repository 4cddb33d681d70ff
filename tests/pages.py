"""What a page of the documents shows, in order: files that the reader writes, and commands with their output.

A block of code names its file in its first line (`# my_layers.py`); a block of the console has commands behind `$` and
what they print. A line `...` stands for lines that the page leaves out, once in each output. Text that is neither is a
block without a language, or `text`; a block of `diff` is a change of the file before it; blocks such as `{toctree}` are
Sphinx's.

    python tests/pages.py PAGE ...      writes the outputs anew: read the difference before it is committed
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
README = ROOT / "README.md"
READMES = [README, ROOT / "README.ko.md"]
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
FIRST = ROOT / "docs" / "how-to" / "write-cases.md"
GUIDES = sorted((ROOT / "docs" / "how-to").glob("*.md"))
GALLERY = ROOT / "docs" / "gallery.md"
TUTORIAL = sorted((ROOT / "docs" / "tutorial").glob("[0-9]*.md"))
BLOCK = re.compile(r"^```(\{[\w-]+\}|\w*)[^\n]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NAMED = re.compile(r"# (\S+\.\w+)\n")
UNNAMED = {"", "text", "diff"}
# They change the machine of who runs them: the tests of packaging and of CI do this.
INSTALLING = {"pip", "make", "git", "cd", "source"}
_TYPING = 2  # seconds, which every file system tells apart


@dataclass(frozen=True)
class File:
    """A file that the page lets its reader write."""

    name: str
    text: str

    def write(self, folder: Path) -> None:
        """Write the file below a folder, later than its last state by what a reader takes at least to type it.

        Python takes the bytecode of a file for that of its next state where both have one second and one size.
        """
        path = folder / self.name
        path.parent.mkdir(parents=True, exist_ok=True)
        last = path.stat().st_mtime if path.exists() else 0
        path.write_text(self.text, encoding="utf-8")
        later = max(last + _TYPING, path.stat().st_mtime)
        os.utime(path, (later, later))


@dataclass(frozen=True)
class Command:
    """A command as it is typed, and what the page shows of its output."""

    line: str
    output: str

    @property
    def words(self) -> list[str]:
        """Return the command's name and arguments."""
        return shlex.split(self.line)

    def is_run(self) -> bool:
        """Tell whether the tests run the command."""
        return self.words[0] not in INSTALLING

    def excerpt(self, actual: str) -> str:
        """Return the lines of an output that the page has room for."""
        shown, lines = self.output.splitlines(), actual.splitlines()
        if "..." not in shown:
            return actual
        cut = shown.index("...")
        tail = len(shown) - cut - 1
        return "\n".join([*lines[:cut], "...", *lines[len(lines) - tail :]]) + "\n"


Step = File | Command


def steps(text: str) -> Iterator[Step]:
    """Yield the steps of a page in order; a block of code without a file name is a ValueError."""
    for match in BLOCK.finditer(text):
        language, block = match.groups()
        name = NAMED.match(block)
        if language == "console":
            yield from commands(block)
        elif name:
            yield File(name[1], block)
        elif language not in UNNAMED and not language.startswith("{"):
            raise ValueError(f"a block of {language} has no file name in its first line: {block[:60]!r}")


def commands(block: str) -> Iterator[Command]:
    """Yield the commands of a block of the console."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        line, _, output = part.partition("\n")
        yield Command(line.split("  #")[0].strip(), output)


def page(path: Path) -> list[Step]:
    """Return the steps of the page at a path."""
    return list(steps(path.read_text(encoding="utf-8")))


def files(path: Path) -> dict[str, str]:
    """Return the files of a page by name, each as the page has it last."""
    return {step.name: step.text for step in page(path) if isinstance(step, File)}


def prepare(path: Path, folder: Path) -> None:
    """Write what a reader of a page has already: files of earlier parts, or those that all guides share."""
    if path in TUTORIAL:
        for part in TUTORIAL[: TUTORIAL.index(path)]:
            for name, text in files(part).items():
                File(name, text).write(folder)
    elif path in GUIDES:
        for name in ("my_layers.py", "my_cases.py"):
            File(name, files(FIRST)[name]).write(folder)


def directory(command: Command, folder: Path) -> Path:
    """Return where a command is typed: in the checkout, where it names a path that only the checkout has."""
    outside = [word for word in command.words[1:] if (ROOT / word).exists() and not (folder / word).exists()]
    return ROOT if outside else folder


def rewrite(path: Path) -> None:
    """Run a page's commands, and write what they print into it."""
    text, start = (
        path.read_text(encoding="utf-8"),
        0,
    )  # a command may stand there again: the search goes on from `start`
    with tempfile.TemporaryDirectory() as name:
        prepare(path, Path(name))
        for step in page(path):
            if isinstance(step, File):
                step.write(Path(name))
            elif step.is_run():
                arguments = [BIN / step.words[0], *step.words[1:]]
                where = directory(step, Path(name))
                no_width = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
                done = subprocess.run(
                    arguments, cwd=where, env=no_width, stdout=subprocess.PIPE, text=True, check=False
                )
                assert done.returncode in (0, 1), step.line
                if step.output:
                    shown = f"$ {step.line}\n{step.output}"
                    start = text.find(shown, start)
                    assert start >= 0, f"not found as it stands: {step.line}"
                    text = f"{text[:start]}$ {step.line}\n{step.excerpt(done.stdout)}{text[start + len(shown) :]}"
                    start += len(step.line)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    for argument in sys.argv[1:] or [*READMES, CONTRIBUTING, *GUIDES, *TUTORIAL, GALLERY]:
        rewrite(Path(argument).resolve())
