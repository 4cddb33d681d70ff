"""The directive `report-of`: the graph and the page that a command writes, made while the documents are built."""

import html
import re
import shlex
import tempfile
from contextlib import chdir
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from verify.command.main import main

FOLDER = "reports"
NAMED = re.compile(r"# ([\w.-]+\.\w+)\n")


class ReportOf(SphinxDirective):
    """Show the graph of the command that stands in the block, as a link to the whole report.

    The argument is the name of the files, the content the arguments of `gradproof`; the option `text` says what the
    picture shows, for readers who do not see it. The command runs beside the files that the page shows above.
    """

    required_arguments = 1
    has_content = True
    option_spec = {"text": str}  # noqa: RUF012 - a directive's table, which docutils only reads

    def run(self) -> list[nodes.Node]:
        """Write both reports, and return the picture."""
        name, command = self.arguments[0], " ".join(self.content)
        folder = Path(self.env.app.outdir) / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        reports = [f"--report={kind}={folder / name}.{kind}" for kind in ("svg", "html")]
        with tempfile.TemporaryDirectory() as place, chdir(place):
            self.write_files(Path(place))
            status = main([*shlex.split(command), "-qq", *reports])
        if status not in (0, 1):
            raise ExtensionError(f"{self.env.docname}: gradproof {command} ended with status {status}")
        return [nodes.raw("", self.markup(name), format="html")]

    def write_files(self, folder: Path) -> None:
        """Write the files that the page has shown so far, each as it was shown last."""
        for block in self.state.document.findall(nodes.literal_block):
            text = block.astext()
            if name := NAMED.match(text):
                (folder / name[1]).write_text(text + "\n", encoding="utf-8")

    def markup(self, name: str) -> str:
        """Return the picture as a link, relative to the page."""
        stem = "../" * self.env.docname.count("/") + f"{FOLDER}/{name}"
        text = html.escape(self.options.get("text", ""))
        return f'<a href="{stem}.html"><img class="report" src="{stem}.svg" alt="{text}"></a>'


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("report-of", ReportOf)
    return {"parallel_read_safe": False}
