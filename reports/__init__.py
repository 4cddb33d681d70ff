"""Renderers: each a pure function from a result to text. Files are written by `write`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verify.model.result import Run

# A format, and the module whose `render(run)` makes it; imported only when asked for.
FORMATS = {
    "terminal": "reports.terminal",
    "markdown": "reports.markdown",
    "json": "reports.jsonfile",
    "junit": "reports.junit",
    "html": "reports.page",
    "svg": "reports.page.svg",
    "dot": "reports.page.dot",
    "sarif": "reports.sarif",
    "github": "reports.github",
    "gitlab": "reports.gitlab",
}


def renderer(name: str) -> Callable[[Run], str]:
    """Return the function that renders a format."""
    render: Callable[[Run], str] = import_module(FORMATS[name]).render
    return render
