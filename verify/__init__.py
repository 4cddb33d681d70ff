"""gradproof: decide whether hand-written gradients are the exact derivatives."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verify.cases import Case, case
    from verify.check import check

__all__ = ["Case", "case", "check"]
__version__ = "0.1.0"

_HOMES = {"Case": "verify.cases", "case": "verify.cases", "check": "verify.check"}


def __getattr__(name: str) -> Any:
    """Import what is public on first use: `gradproof --help` needs none of it."""
    if name not in _HOMES:
        raise AttributeError(f"module 'verify' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
