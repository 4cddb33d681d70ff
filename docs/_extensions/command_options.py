"""The directive `command-options`: every command with its options, read from the parser of the command itself."""

import argparse
import re
from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from reports import FORMATS
from verify.command.arguments import build_parser


class CommandOptions(SphinxDirective):
    """Describe each command in a section of its own."""

    def run(self) -> list[nodes.Node]:
        """Return the sections."""
        text = "\n".join(line for name, parser in commands() for line in describe(name, parser))
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def commands() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Yield the title and the parser of each command, the command without a name first."""
    whole = build_parser(FORMATS)
    yield "gradproof", whole
    for action in whole._actions:  # noqa: SLF001 - argparse has no public list of arguments
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - nor a public class for this one
            summaries = {choice.dest: choice.help for choice in action._choices_actions}  # noqa: SLF001 - nor of these
            for name, parser in action.choices.items():
                parser.description = parser.description or summaries[name]
                yield f"gradproof {name}", parser


def describe(name: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    """Yield the Markdown of one command."""
    yield f"## {name}\n\n{escape(sentence(parser.description or ''))}\n"
    yield f"```text\n{parser.format_usage()}```\n"
    yield f"```{{program}} {name}\n```\n"
    for action in parser._actions:  # noqa: SLF001 - argparse has no public list of arguments
        if not isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - nor a public class for this one
            yield f"````{{option}} {signature(action)}\n{escape(sentence(help_text(action, parser)))}\n````\n"
    if parser.epilog:
        yield f"```text\n{parser.epilog}```\n"


def signature(action: argparse.Action) -> str:
    """Return an option as it is typed: its names, each with its value."""
    value = action.metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest.upper())
    if not action.option_strings:
        return str(value)
    return ", ".join(option if action.nargs == 0 else f"{option} {value}" for option in action.option_strings)


def help_text(action: argparse.Action, parser: argparse.ArgumentParser) -> str:
    """Return the help of an option with its values filled in, as `--help` prints it."""
    return (action.help or "") % {**vars(action), "prog": parser.prog}


def sentence(text: str) -> str:
    """Return a text with a capital and a full stop."""
    return text[:1].upper() + text[1:].rstrip(".") + "." if text else ""


def escape(text: str) -> str:
    """Return a text in which Markdown reads every character as itself, but for code in backquotes."""
    return "".join(
        part if part.startswith("`") else re.sub(r"([\\*_\[\]<>#|~:-])", r"\\\1", part)
        for part in re.split("(`[^`]*`)", text)
    )


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("command-options", CommandOptions)
    return {"parallel_read_safe": True}
