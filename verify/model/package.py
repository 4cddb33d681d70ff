"""The name that this package has: `verify` in a checkout, `gradproof.verify` where it is installed."""

from __future__ import annotations

PACKAGE = __name__.removesuffix(".model.package")
PARENT = PACKAGE.removesuffix("verify")  # what the names of our layers and reports begin with: "" or "gradproof."
TOP = PACKAGE.partition(".")[0]
PUBLIC = (PACKAGE, "gradproof")  # the modules that users name, whichever name they import them by


def is_engine(module: str) -> bool:
    """Tell whether a module is of this package: our layers are subjects like any user's."""
    return f"{module}.".startswith(f"{PACKAGE}.")
