"""The pages of the documents on what `gradproof explain` knows: one for each finding, reason, verdict and setting.

They have the texts of the command, and are written from the same tables.

    python tests/codes.py      writes them anew, and removes those of keys that are gone
"""

import re
from pathlib import Path

from verify.model.explanations import GROUPS, Entry, entries

FOLDER = Path(__file__).parent.parent / "docs" / "codes"
INDEX = "index.md"


def pages() -> dict[str, str]:
    """Return all pages by their names; what extensions add has none."""
    own = [entry for entry in entries().values() if entry.group != "findings" or entry.key.startswith("GP")]
    return {INDEX: index(own), **{f"{name(entry)}.md": page(entry) for entry in own}}


def name(entry: Entry) -> str:
    """Return the name of the page of an entry, in small letters: no file system takes two for one."""
    return entry.key.lower()


def page(entry: Entry) -> str:
    """Return the page of an entry: its paragraphs, and its example."""
    parts = [f"# {entry.key}: {markup(entry.title)}\n"]
    parts += [f"## {label[0].upper()}{label[1:]}\n\n{markup(text)}\n" for label, text in entry.paragraphs.items()]
    if entry.example:
        parts.append(f"## The smallest example\n\n```{{code-block}} python\n{entry.example}```\n")
    return "\n".join([*parts, f"The command `gradproof explain {entry.key}` prints the same text.\n"])


def index(own: list[Entry]) -> str:
    """Return the page that lists all others, group by group."""
    parts = ["# Codes and reasons\n", "Reports name these keys, and `gradproof explain KEY` prints what a page says.\n"]
    for group, heading in GROUPS.items():
        listed = [entry for entry in own if entry.group == group]
        rows = "".join(f"| [{entry.key}]({name(entry)}.md) | {markup(entry.title)} |\n" for entry in listed)
        parts.append(f"## {heading[0].upper()}{heading[1:]}\n\n| key | what it is |\n|---|---|\n{rows}")
        parts.append("\n".join(["```{toctree}", ":hidden:\n", *map(name, listed), "```\n"]))
    return "\n".join(parts)


def markup(text: str) -> str:
    """Return a text in which Markdown reads every character as itself, but for code in backquotes."""
    parts = re.split("(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else re.sub(r"([\\*_\[\]<>#|~])", r"\\\1", part) for part in parts)


def write() -> None:
    """Write all pages anew."""
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.md"):
        path.unlink()
    for file, text in pages().items():
        (FOLDER / file).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
