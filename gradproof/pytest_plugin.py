"""The pytest plugin: what pytest finds in a test module that is a case, or a list, tuple or dict of them, is a test.

It is loaded in every run of pytest in an environment, and imports no more of ours until there is a case. It is not in
`verify`, since `python -m pytest` takes that name from the working directory, where it may be a module of the user's.
"""

from __future__ import annotations

import sys

import pytest

_ENGINES = ("verify", "gradproof.verify")  # in a checkout, and installed
_FLAGS = {
    "quick": "check only the formula of each case, at the sample: no other regions, contracts or floats",
    "strict": "hazards fail a case too",
}
_SEED = "seed of the random evaluations (default: 0); verdicts do not depend on it"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, each with a line of the same name for the ini file."""
    group = parser.getgroup("gradproof", "cases of gradproof")
    for name, help_text in _FLAGS.items():
        group.addoption(f"--gradproof-{name}", action="store_true", default=None, help=help_text)
        parser.addini(f"gradproof_{name}", help_text, type="bool", default=False)
    group.addoption("--gradproof-seed", type=int, metavar="SEED", help=_SEED)
    parser.addini("gradproof_seed", _SEED, default="0")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Have test modules, and what they import, judged by their sources as they are now."""
    from gradproof import bytecode  # on the standard library alone

    bytecode.forget()


def pytest_unconfigure() -> None:
    """Leave imports as they were."""
    from gradproof import bytecode

    bytecode.trust()


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector: pytest.Collector):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """Add an item that fails for each case that a module has made, and that is in none of its variables."""
    outcome = yield
    if isinstance(collector, pytest.Module) and _is_imported("cases.made"):
        report = outcome.get_result()
        if report.passed:
            from verify.testing.pytest_items import lost_items

            report.result += lost_items(collector, report.result)


def pytest_pycollect_makeitem(collector: pytest.Collector, name: str, obj: object) -> list[pytest.Item] | None:
    """Make items of cases, which there cannot be before their module is imported."""
    if not _is_imported("cases.case"):
        return None
    from verify.cases.members import cases_of_value

    if not cases_of_value(name, obj):
        return None
    from verify.testing.pytest_items import items_of

    return items_of(collector, name, obj)


def _is_imported(module: str) -> bool:
    return any(f"{engine}.{module}" in sys.modules for engine in _ENGINES)
