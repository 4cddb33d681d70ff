"""The directive `report-of`: the graph and the page that a command writes, made while the documents are built."""

import shlex
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from verify.command.main import main

FOLDER = "reports"


class ReportOf(SphinxDirective):
    """Show the graph of the command that stands in the block, and link the whole report.

    The argument is the name of the files, the content the arguments of `gradproof`; the option `text` says what the
    picture shows, for readers who do not see it.
    """

    required_arguments = 1
    has_content = True
    option_spec = {"text": str}  # noqa: RUF012 - a directive's table, which docutils only reads

    def run(self) -> list[nodes.Node]:
        """Write both reports, and return the picture above the link."""
        name = self.arguments[0]
        folder = Path(self.env.app.outdir) / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        reports = [f"--report=svg={folder / name}.svg", f"--report=html={folder / name}.html"]
        status = main([*shlex.split(" ".join(self.content)), "-qq", *reports])
        if status not in (0, 1):
            raise ExtensionError(f"{self.env.docname}: gradproof {' '.join(self.content)} ended with status {status}")
        root = "../" * self.env.docname.count("/")
        picture = nodes.raw(
            "",
            f'<a href="{root}{FOLDER}/{name}.html"><img class="report" '
            f'src="{root}{FOLDER}/{name}.svg" alt="{self.options.get("text", "")}"></a>',
            format="html",
        )
        return [picture]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("report-of", ReportOf)
    return {"parallel_read_safe": False}
