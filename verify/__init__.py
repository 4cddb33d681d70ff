"""gradproof: decide whether hand-written gradients are the exact derivatives."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verify.assertions import assert_gradients
    from verify.checker import check
    from verify.result import CaseResult, Comparison, Verdict
    from verify.subjects.cases import Case, case
    from verify.subjects.protocols import derivative, layer, loss, pair
    from verify.subjects.shapes import constant, integer, real

__all__ = [
    "Case",
    "CaseResult",
    "Comparison",
    "Verdict",
    "assert_gradients",
    "case",
    "check",
    "constant",
    "derivative",
    "integer",
    "layer",
    "loss",
    "pair",
    "real",
]
__version__ = "0.1.0"

_HOMES = {
    "Case": "subjects.cases",
    "constant": "subjects.shapes",
    "derivative": "subjects.protocols",
    "integer": "subjects.shapes",
    "layer": "subjects.protocols",
    "loss": "subjects.protocols",
    "pair": "subjects.protocols",
    "real": "subjects.shapes",
    "assert_gradients": "assertions",
    "case": "subjects.cases",
    "check": "checker",
    "CaseResult": "result",
    "Comparison": "result",
    "Verdict": "result",
}


def __getattr__(name: str) -> Any:
    """Import what is public on first use: `gradproof --help` needs none of it."""
    if name not in _HOMES:
        raise AttributeError(f"module 'verify' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"verify.{_HOMES[name]}"), name)
