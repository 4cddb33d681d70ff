"""Errors for functions that cannot be followed, or whose rounding has no bound: each has its function as a field."""

from __future__ import annotations

from verify.model.additions import HOW
from verify.model.errors import TraceError, UnboundedError
from verify.model.where import asked_at

HOW_TO_ADD = '; "Add an operation" in docs/how-to/frameworks.md tells how to'


def unfollowed(function: str, way: str = "", because: str = "") -> TraceError:
    """Return the error for a function that cannot be followed, called in some way, and why not."""
    return TraceError(f"{function}{way} cannot be traced{because}", asked_at(), HOW, function=function)


def unbounded(function: str, way: str = "") -> UnboundedError:
    """Return the error for a function whose rounding has no known bound."""
    return UnboundedError(f"no rounding bound is known for {function}{way}", asked_at(), function=function)
