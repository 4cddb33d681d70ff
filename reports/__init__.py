"""Renderers: each a pure function from a result to text. Files are written by `write`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from verify.model.additions import REPORTS
from verify.model.errors import InputError
from verify.model.where import described, raised_at

if TYPE_CHECKING:
    from verify.model.result import Run

# A format, and the module whose `render(run)` makes it; imported only when asked for.
FORMATS = {
    "terminal": f"{__name__}.terminal",
    "markdown": f"{__name__}.markdown",
    "json": f"{__name__}.jsonfile",
    "junit": f"{__name__}.junit",
    "html": f"{__name__}.page",
    "svg": f"{__name__}.page.svg",
    "dot": f"{__name__}.page.dot",
    "sarif": f"{__name__}.sarif",
    "github": f"{__name__}.github",
    "gitlab": f"{__name__}.gitlab",
}


def renderer(name: str) -> Callable[[Run], str]:
    """Return the function that renders a format; raises InputError where an added one has none."""
    if name in FORMATS:
        render: Callable[[Run], str] = import_module(FORMATS[name]).render
        return render
    return _added(name, REPORTS[name])


def _added(name: str, module: str) -> Callable[[Run], str]:
    """Return the function of a format that a user has added."""
    try:
        render = import_module(module).render
    except (ImportError, AttributeError) as problem:
        raise InputError(
            f"--report {name}: {module}.render, which was added for it, cannot be imported ({problem})"
        ) from None

    def rendered(run: Run) -> str:
        try:
            text = render(run)
        except Exception as problem:  # noqa: BLE001 - the user's code: whatever it raises is told
            place = raised_at(problem)
            reason = f"{described(problem)}{', at ' if place else ''}{place}"
            raise InputError(f"--report {name}: {module}.render raised {reason}; nothing was written") from None
        if not isinstance(text, str):
            raise InputError(f"--report {name}: {module}.render returned a {type(text).__name__}, not text")
        return text

    return rendered
