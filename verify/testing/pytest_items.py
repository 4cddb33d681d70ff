"""Cases as items of pytest: the part of the plugin that is needed once there is a case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from verify.cases.case import Case
from verify.cases.made import Lost, lost
from verify.cases.members import Member, cases_of_value
from verify.testing.assertions import failure, judged


class Settings(NamedTuple):
    """How cases are checked: what `assert_gradients` takes."""

    seed: int
    quick: bool
    strict: bool


def items_of(collector: pytest.Collector, name: str, value: object) -> list[pytest.Item]:
    """Return an item for each case that a variable of a test module holds; raises CollectError for bad settings."""
    settings = _settings(collector)
    return [
        CaseItem.from_parent(
            collector,
            name=_item_name(member),
            case=member.case.titled(member.title.replace("_", " ")),
            settings=settings,
        )
        for member in cases_of_value(name, value)
    ]


def lost_items(module: pytest.Module, collected: Sequence[Any]) -> list[pytest.Item]:
    """Return an item that fails for each case that a test module has made and that pytest does not find there."""
    classes = [vars(base) for node in collected if isinstance(node, pytest.Class) for base in node.obj.__mro__]
    values = [pair for variables in (vars(module.obj), *classes) for pair in variables.items()]
    cases = [member.case for name, value in values for member in cases_of_value(name, value)]
    return [LostItem.from_parent(module, name=entry.name, lost=entry) for entry in lost(module.obj, cases)]


class LostItem(pytest.Item):
    """A case that would never run."""

    def __init__(self, *, lost: Lost, **parts: Any) -> None:
        super().__init__(**parts)
        self._lost = lost

    def runtest(self) -> None:
        """Fail."""
        pytest.fail(f"{self._lost.name}: {self._lost.problem}", pytrace=False)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return where the case is made."""
        return self.path, self._lost.where.line - 1, self.name


class CaseItem(pytest.Item):
    """A case, checked in pytest's own process: there is no time limit, and fixtures do not apply."""

    def __init__(self, *, case: Case, settings: Settings, **parts: Any) -> None:
        super().__init__(**parts)
        self.case, self.settings = case, settings
        self.extra_keyword_matches.add(case.name)
        file, line = case.where  # from the working directory, which a test may change later on
        self._place = (Path(file).absolute(), line - 1) if file else (self.path, None)

    def runtest(self) -> None:
        """Check the case."""
        result = judged(self.case, **self.settings._asdict())
        if not result.good:
            again = replace(result, reproduce=("pytest", self.nodeid))
            pytest.fail(failure(again, everything=self.config.option.verbose > 1), pytrace=False)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return where the case is made."""
        return *self._place, self.name


def _item_name(member: Member) -> str:
    """Write the member of a list or dict as pytest writes parameters: selected one by one, or all by the name."""
    return f"{member.name}[{' '.join(member.keys)}]" if member.keys else member.name


def _settings(collector: pytest.Collector) -> Settings:
    seed, quick, strict = (_setting(collector.config, name) for name in Settings._fields)
    try:
        return Settings(int(seed), quick, strict)
    except ValueError:
        raise collector.CollectError(f"gradproof_seed = {seed}: expected a whole number") from None


def _setting(config: pytest.Config, name: str) -> Any:
    """Return what the command line says, or else the ini file."""
    option = config.getoption(f"gradproof_{name}")
    return config.getini(f"gradproof_{name}") if option is None else option
