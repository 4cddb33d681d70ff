"""Code beside the forward of a case: a case of its own, which is proved as any of a user's is.

The same check decides, in every region and at all sizes, options and labels that it tries; what is not proved is not
handed out. So nothing that writes code has to be right.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from verify.cases.case import Case, ExpressionCase, Subject, TracedCase
from verify.checks.checker import check
from verify.checks.reference.theory import upstream_name
from verify.exact.forward import upstream_names
from verify.exact.writing import NAME, Written
from verify.model.errors import GradproofError
from verify.model.identity import NOWHERE
from verify.model.result import CaseResult, Verdict

_MODULE = "exact_gradient"


def judge(case: Case, written: Written, seed: int) -> Verdict:
    """Return PROVED if every gradient that code computes beside the forward of a case is.

    AGREES is for gradients of which nothing is open but the rounding of constants in the code, and UNDECIDED for all
    that is not handed out.
    """
    with suppress(GradproofError), _imported(written.text) as module:
        beside = _with_code(case, getattr(module, NAME), written.inputs)
        soon = _judge(check(beside, seed, quick=True))  # most of what is wrong
        return soon if soon is Verdict.UNDECIDED else _judge(check(beside, seed))
    return Verdict.UNDECIDED


def _judge(result: CaseResult) -> Verdict:
    unproved = [row for row in result.comparisons if row.verdict is not Verdict.PROVED]
    if not result.comparisons or not all(row.rests_on_constants for row in unproved):
        return Verdict.UNDECIDED
    return Verdict.AGREES if unproved else Verdict.PROVED


def _with_code(case: Case, backward: Callable[..., Any], inputs: tuple[str, ...]) -> Case:
    """Return a case with the forward of another one, and a function for the gradients of some inputs."""
    if isinstance(case, ExpressionCase):
        return replace(case, subject=_of_expression(case, backward, inputs), stated={}, from_text=False)
    assert isinstance(case, TracedCase)
    return replace(case, subject=_of_arrays(case, backward, inputs), backward=NOWHERE, text="")


def _of_arrays(case: TracedCase, backward: Callable[..., Any], inputs: tuple[str, ...]) -> Subject:
    def subject(**arguments: Any) -> Generator[Any, Any, Any]:
        running = case.subject(**_copied(arguments))
        output = next(running)
        sent = yield output
        running.close()
        several, taken = isinstance(output, (tuple, list)), [*case.inputs, *case.options]
        names = upstream_names(taken, len(sent) if several else 1, several=several) if case.upstream is None else []
        upstreams = dict(zip(names, sent if several else [sent], strict=False))
        return _named(case.real, inputs, backward(**upstreams, **arguments))

    return subject


def _of_expression(case: ExpressionCase, backward: Callable[..., Any], inputs: tuple[str, ...]) -> Subject:
    def subject(**arguments: Any) -> Generator[Any, Any, Any]:
        steps = case.program.evaluate(arguments, float)
        sent = yield steps[case.program.result]
        return _named(case.inputs, inputs, backward(**{upstream_name(case): sent}, **arguments))

    return subject


def _named(all_inputs: Mapping[str, Any], inputs: tuple[str, ...], returned: Any) -> dict[str, Any]:
    """Return gradients by the names of inputs, None for those that the code does not compute."""
    gradients = dict(zip(inputs, returned if len(inputs) > 1 else [returned], strict=True))
    return {name: gradients.get(name) for name in all_inputs}


def _copied(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.copy() if hasattr(value, "copy") else value for name, value in arguments.items()}


class _Loader(SourceFileLoader):
    """Loads a text as the program of a module, as if a file of the user's held it."""

    def __init__(self, text: str) -> None:
        super().__init__(_MODULE, str(Path.cwd() / f"{_MODULE}.py"))
        self._text = text

    def get_code(self, fullname: str) -> CodeType:
        """Return the code of the module."""
        return self.source_to_code(self._text.encode(), self.path)


@contextmanager
def _imported(text: str) -> Iterator[ModuleType]:
    """Import a text as a module for a while: what runs on symbols looks for its names among modules."""
    loader, before = _Loader(text), sys.modules.get(_MODULE)
    module = module_from_spec(ModuleSpec(_MODULE, loader, origin=loader.path))
    module.__file__ = loader.path
    sys.modules[_MODULE] = module
    try:
        loader.exec_module(module)
        yield module
    finally:
        del sys.modules[_MODULE]
        sys.modules.update({} if before is None else {_MODULE: before})
