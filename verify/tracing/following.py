"""User code is run within `following`: whatever it raises becomes a SubjectError that says what and where."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from verify.model.errors import GradproofError, ProtocolError, TraceError, UnheldError
from verify.model.identity import NOWHERE, Place
from verify.model.reasons import Reason
from verify.model.where import described, raised_at
from verify.tracing.symbols.calls import call_at, short_text

_CYTHON = ".pyx"  # compiled code with lines in tracebacks, such as NumPy's generators of random numbers
_DEEPEST = 20  # of exceptions that took each other's places
_gives_up = False  # whether a run that finds no place for a symbol ends the check


class SubjectError(GradproofError):
    """The subject raised, or returned what is no number; the message says what and where.

    `reason` is its key, `place` the line that the message names, if it names one. `broken` tells that the code is at
    fault, and not that it could not be followed; `after_forward`, that it had returned its output by then. `function`
    is the user's function that raised, with its class (`Affine.backward`), and `call` the call there, as it is written:
    compiled code has no other name.
    """

    after_forward = False
    function = ""
    call = ""

    def __init__(self, message: str, place: Place = NOWHERE, *, reason: Reason, broken: bool = False) -> None:
        super().__init__(message)
        self.place, self.reason, self.broken = place, reason, broken

    @property
    def compiled(self) -> bool:
        """Tell whether compiled code was called with symbols."""
        return self.reason is Reason.COMPILED_CODE


class UnheldRun(BaseException):
    """A run on symbols found no place for one of them: the case is to be run with stand-ins everywhere."""


@contextlib.contextmanager
def giving_up() -> Iterator[None]:
    """Let the first run that finds no place for a symbol raise UnheldRun.

    No run on floats comes in between: layers that keep what their first call saw would keep floats of the sample, which
    the runs on symbols that follow would take for constants.
    """
    global _gives_up
    _gives_up = True
    try:
        yield
    finally:
        _gives_up = False


@contextlib.contextmanager
def following() -> Iterator[None]:
    """Turn whatever user code raises into a SubjectError that says what and where, also what it caught itself.

    Raises UnheldRun instead where that is what to do about it.
    """
    try:
        with _translating():
            yield
    except SubjectError as problem:
        if _gives_up and UnheldError.places:
            raise UnheldRun from problem
        raise


@contextlib.contextmanager
def _translating() -> Iterator[None]:
    TraceError.raised.clear()
    try:
        yield
    except SubjectError:
        raise
    except ProtocolError as problem:
        raise SubjectError(str(problem), reason=problem.reason, broken=True) from problem
    except TraceError as problem:
        raise SubjectError(str(problem), problem.place, reason=problem.reason) from problem
    except KeyboardInterrupt:
        raise
    except BaseException as problem:
        if isinstance(problem, SystemError) and TraceError.raised:  # NumPy 2.4's argmax goes on after an exception
            message, place, _ = TraceError.raised[0]
            raise SubjectError(message, place, reason=Reason.CAUGHT_EXCEPTION) from problem
        if TraceError.raised and TraceError.raised[-1][2] is Reason.RAW_MEMORY:  # C code asks for a buffer, and says
            message, place, reason = TraceError.raised[-1]  # of whatever comes of that: "a bytes-like object is needed"
            raise SubjectError(message, place, reason=reason) from problem
        if (refused := _refused(problem)) is not None:
            raise SubjectError(str(refused), refused.place, reason=refused.reason) from problem
        place = raised_at(problem)
        if isinstance(problem, TypeError) and place.file.endswith(_CYTHON):
            UnheldError.places.append(place)  # symbols where it takes numbers, such as parameters of a distribution
        raise _subjects(problem, place) from problem
    refuse_caught()


def _refused(problem: BaseException | None) -> TraceError | None:
    """Return what a symbol raised, where NumPy raised "setting an array element with a sequence" in its place."""
    for _ in range(_DEEPEST):
        if problem is None or isinstance(problem, TraceError):
            return problem
        problem = problem.__cause__
    return None


def _subjects(problem: BaseException, place: Place) -> SubjectError:
    """Return an exception of the user's as one of ours: its message, the shapes of its arrays, the place, the call."""
    from verify.tracing.operands import raising_frame, shapes_at  # expressions need no NumPy

    step = raising_frame(problem)
    shapes = "" if step is None else shapes_at(problem, step)
    description = f"{described(problem)}{', with ' if shapes else ''}{shapes}{', at ' if place else ''}{place}"
    raised = SubjectError(description, place, reason=Reason.CODE_RAISED, broken=True)
    if step is not None:
        code = step.tb_frame.f_code
        call = call_at(code, step.tb_lasti)
        raised.function = code.co_qualname.rpartition("<locals>.")[2]
        raised.call = "" if call is None else short_text(call)
    return raised


def refuse_caught() -> None:
    """Raise SubjectError where the code has caught what a symbol raised: it went on with something else."""
    if TraceError.raised:
        message, place, _ = TraceError.raised[0]
        text = f"{message} (the code caught the exception and went on)"
        raise SubjectError(text, place, reason=Reason.CAUGHT_EXCEPTION)
