"""The line of a function that is outside of its domain at the sample."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import verify
from verify import Verdict


def _scaled(x: Any) -> Any:
    return 2 * np.sqrt(x)


def _of_log(x: Any) -> Any:
    size = np.exp(x)
    return np.log(-size)


FUNCTIONS: dict[str, tuple[Callable[..., Any], dict[str, Any], int]] = {
    "a root": (_scaled, {"low": -3, "high": -1}, 1),
    "a logarithm of what is computed": (_of_log, {"low": -3, "high": -1}, 2),
    "a function with a domain of its own": (lambda x: np.arcsin(x), {"low": 2, "high": 3}, 0),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_line_and_what_to_declare(name: str) -> None:
    """The message has the file and the line of the function, and an input that is declared."""
    function, bounds, offset = FUNCTIONS[name]
    case = verify.derivative(function, lambda x: x, x=verify.real("", **bounds))
    (row,) = verify.check(case).comparisons
    assert row.verdict is Verdict.UNDECIDED
    assert row.evidence is not None
    line = function.__code__.co_firstlineno + offset
    assert f"outside its domain{' (low=-1, high=1)' * (offset == 0)}, at tests/test_lines.py:{line}: to declare" in (
        row.evidence.detail
    )
    assert "write x=gradproof.real('', " in row.evidence.detail
    assert row.evidence.place.line == line


@pytest.mark.parametrize(
    "function", [lambda x: np.exp(np.exp(x)), lambda x: 1 / np.cosh(np.exp(x)), lambda x: 2.0 ** (2.0**x)]
)
def test_what_is_too_large_is_not_said_to_be_undefined(function: Callable[[Any], Any]) -> None:
    """Exponentials beyond all that can be computed are defined: told is that they are too large, and where."""
    case = verify.derivative(function, lambda x: x, x=verify.real("2", low=1e299, high=1e300))
    (row,) = verify.check(case).comparisons
    assert row.verdict is Verdict.UNDECIDED
    assert row.evidence is not None
    assert "too large to compute at the sample, in exp, at tests/test_lines.py:" in row.evidence.detail
    assert "outside its domain" not in row.evidence.detail


def test_a_run_that_is_not_made_alike_has_no_line() -> None:
    """Where another run computes something else, the message has no line rather than a wrong one."""
    calls: list[int] = []

    def changing(x: Any) -> Any:
        calls.append(0)
        return np.sqrt(x) if len(calls) == 1 else np.log(np.sqrt(x * x + len(calls)) - 9)

    case = verify.derivative(changing, lambda x: x, x=verify.real("", low=-3, high=-1))
    row = verify.check(case, quick=True).comparisons[0]
    assert row.evidence is not None
    assert "outside its domain: to declare" in row.evidence.detail
