"""A case run on real arrays, and what became of the arrays that were handed over."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stdout
from copy import deepcopy
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, NamedTuple

import numpy as np

from verify.cases.case import TracedCase
from verify.cases.conversation import converse
from verify.cases.inputs import Constant
from verify.checks.contracts.arrays import arrays, copied, same
from verify.checks.contracts.notice import Notice
from verify.checks.contracts.numbers import Numbers
from verify.checks.contracts.units import Unit, Untried
from verify.model.profiling import profiled, unprofiled
from verify.tracing import patches
from verify.tracing.following import following
from verify.tracing.seeds import rewinder, seeded

Rewind = Callable[[], None]
Lay = Callable[[Any], Any]  # the same numbers in other memory


def _as_it_is(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Layout:
    """How the arrays that are handed over lie in memory: inputs by name, where they are there, and the upstream."""

    inputs: Mapping[str, Lay] = field(default_factory=dict)
    of_upstream: Lay = _as_it_is

    def of_input(self, name: str, value: Any) -> Any:
        """Return an input, laid out."""
        return self.inputs[name](value) if name in self.inputs else value


AS_THEY_ARE = Layout()


class Role(Enum):
    """What an array is in a run: an input may be called `dout` too."""

    INPUT = auto()
    OUTPUT = auto()
    UPSTREAM = auto()


class Handed(NamedTuple):
    """An array that changes hands in a run, by what people call it."""

    name: str
    role: Role = Role.INPUT


OUTPUT, UPSTREAM = Handed("the output", Role.OUTPUT), Handed("dout", Role.UPSTREAM)


@dataclass(slots=True)
class Ran:
    """What came of a run: the very arrays handed over and received, and which of them were written to by whom."""

    inputs: dict[str, Any]
    output: Any = None
    dout: Any = None
    gradients: dict[str, Any] = field(default_factory=dict)
    overwritten: dict[Handed, str] = field(default_factory=dict)
    units: list[Unit] = field(default_factory=list)
    halves: frozenset[type] = frozenset()
    untried: list[Untried] = field(default_factory=list)
    unheard: list[str] = field(default_factory=list)


@contextmanager
def driving(seed: int) -> Iterator[Rewind]:
    """Make runs on floats possible; yields what puts the random generators back to where a run starts."""
    quiet = np.errstate(all="ignore")
    with patches.in_force(seed), seeded(seed), redirect_stdout(sys.stderr), quiet:
        yield rewinder(seed)


def run(
    case: TracedCase,
    options: Mapping[str, Any],
    numbers: Numbers,
    rewind: Rewind,
    meanwhile: Callable[[], object] = lambda: None,
    *,
    layout: Layout = AS_THEY_ARE,
    within: frozenset[type] = frozenset(),
    watched: bool = True,
) -> Ran:
    """Run a case, and do something else between its forward and its backward, if need be.

    Raises SubjectError where the code does not run on these numbers, in this layout. Objects of the classes in `within`
    pass for no layers, only what they call does. A run that is not `watched` takes less time, and notices no layers.
    """
    ran = Ran({name: layout.of_input(name, value) for name, value in deepcopy(numbers.inputs).items()})
    owned = {
        Handed(name): arrays(value) for name, value in ran.inputs.items() if not isinstance(case.inputs[name], Constant)
    }
    exchange = _Exchange(ran, owned, {handed: copied(value) for handed, value in owned.items()})
    notice = Notice(case.subject, within)

    def answer(output: Any) -> Any:
        with unprofiled() if watched else nullcontext():
            exchange.compare("forward")
            exchange.send(output, [layout.of_upstream(upstream) for upstream in _fitting(output, numbers.upstreams)])
            notice.backward = True
            meanwhile()
        return ran.dout

    rewind()
    watching: AbstractContextManager[list[str]] = profiled(notice) if watched else nullcontext([])
    with following(), watching as unheard:
        _, returned = converse(case.subject, {**ran.inputs, **deepcopy(dict(options))}, answer)
    exchange.compare("backward")
    listed = returned if isinstance(returned, (tuple, list)) else [returned]
    ran.gradients = dict(returned) if isinstance(returned, Mapping) else dict(zip(case.real, listed, strict=False))
    with following():  # objects of the user's are looked through
        ran.units, ran.halves, ran.untried = notice.units, notice.halves, notice.untried
    ran.unheard = [*unheard, *notice.unheard]
    return ran


def _fitting(output: Any, upstreams: Sequence[Any]) -> list[Any]:
    """Return copies of upstreams in the shapes of the outputs, which code may return others of at other inputs."""
    outputs = output if isinstance(output, (tuple, list)) else [output]
    shapes = [value.shape if isinstance(value, np.ndarray) else None for value in outputs]
    if len(shapes) != len(upstreams):
        return deepcopy(list(upstreams))
    return [
        deepcopy(value) if shape in (None, np.shape(value)) else np.resize(value, shape)
        for value, shape in zip(upstreams, shapes, strict=True)
    ]


@dataclass(slots=True)
class _Exchange:
    """The arrays that change hands in a run, with copies from when they did."""

    ran: Ran
    arrays: dict[Handed, Any]
    before: dict[Handed, list[Any]]

    def send(self, output: Any, upstreams: list[Any]) -> None:
        """Keep what was yielded, and what is sent for it."""
        self.ran.output = output
        self.ran.dout = tuple(upstreams) if isinstance(output, (tuple, list)) else upstreams[0]
        self.arrays |= {OUTPUT: output, UPSTREAM: self.ran.dout}
        self.before |= {OUTPUT: copied(output), UPSTREAM: copied(self.ran.dout)}

    def compare(self, method: str) -> None:
        """Note the arrays that hold other numbers by now, as overwritten by a method."""
        for handed, value in self.arrays.items():
            if handed not in self.ran.overwritten and not same(value, self.before[handed]):
                self.ran.overwritten[handed] = method
