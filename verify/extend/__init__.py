"""Adding to gradproof from outside: functions of NumPy, protocols, checks, findings, reports and frameworks.

A module of yours calls these functions when it is imported. Name it in pyproject.toml: every command, and every process
that checks cases, imports it. In a test suite, import it in conftest.py:

    [tool.gradproof]
    extensions = ["shop.gradproof_extension"]

A function that cannot be traced is written with functions that can:

    @extend.function(np.trapezoid)
    def trapezoid(y, dx=1.0):
        return dx * ((y[..., 1:] + y[..., :-1]) / 2).sum(axis=-1)

It may be a function of any other package or of `math`, compiled or not, wherever user code names it:

    @extend.function(statistics.fmean)
    def fmean(data):
        return sum(data) / len(data)

This also works for compiled code, and for functions of complex numbers that are not traced (`gradproof explain
coverage` lists those that are): write the same computation on arrays. A function that numba compiled has its own
source: `extend.function(step)(step.py_func)`. A function that others cannot express, such as `math.gamma`, cannot be
added.

Methods that are called otherwise than forward and backward (the keys are those of `verify.cases.names.NAMES`):

    extend.protocol(forward=["apply"], backward=["pullback"], gradients=["{}_bar"])

A finding of your own, and a check that reports it; the check is given the case and an `extend.Run` on floats:

    extend.finding("SHOP001", title="a gradient above 1e6", fails=True, because="our optimizer clips it",
                   meaning="...", harm="...", mend="...")

    @extend.check
    def huge(case, run):
        for name, gradient in run.gradients.items():
            if np.abs(gradient).max() > 1e6:
                yield "SHOP001", f"the gradient of {name} is above 1e6", name

A report: a module with `render(run)`, which returns text; `run` is a `verify.model.result.Run`:

    extend.report("csv", "shop.csv_report")

Objects of a framework as cases, also where the framework is not imported yet:

    @extend.framework("torch.nn.modules.module.Module")
    def as_case(module):
        return gradproof.case(...)(...)

A name can be added once: adding something else under it raises InputError.

An added function is compared with the original on floats, as all traced code is: where the two differ, no gradient is
PROVED.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from verify.model import additions
from verify.model.additions import Run
from verify.model.errors import InputError, nearest
from verify.model.findings import FINDINGS, Kind
from verify.model.where import start_of

__all__ = ["Run", "check", "finding", "framework", "function", "protocol", "report"]

_F = TypeVar("_F", bound=Callable[..., Any])
_CODE = re.compile("[A-Z]{2,12}[0-9]{3}")
_FORMAT = re.compile("[a-z][a-z0-9]*")
_MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


def function(of: Any) -> Callable[[_F], _F]:
    """Add a function: the decorated function computes `of` on symbols, as in `@extend.function(np.trapezoid)`.

    `of` is a function of NumPy, a ufunc, or any function that a module has under a name. The decorated function takes
    those of its arguments that it supports, by the same names. A call of a NumPy function with other arguments is
    refused. Raises InputError if `of` cannot be replaced, such as a class or a method.
    """
    if not callable(of) or isinstance(of, type) or not (additions.is_handed_over(of) or _has_name(of)):
        raise InputError(
            f"extend.function({of!r}): expected a NumPy function that takes arrays, a ufunc or a function of another "
            "module"
        )
    return _adding(additions.FUNCTIONS, additions.key_of(of))


def _has_name(of: Any) -> bool:
    """Tell whether a module has a function under a name: NumPy's own, and Python's, are not looked up there."""
    package = str(getattr(of, "__module__", "")).partition(".")[0]
    return package not in ("builtins", "numpy") and bool(additions.holders([of]))


def protocol(**names: Sequence[str]) -> None:
    """Add names under which layers have their methods and gradients, as in `protocol(forward=["apply"])`.

    The keys are `forward`, `backward`, `gradients`, `containers`, `outputs` and `input_gradients`. A name in
    `gradients` has `{}` for the name of the parameter. Raises InputError for other keys, and for values that are not
    lists of names.
    """
    from verify.cases.names import NAMES

    for key, added in names.items():
        if key not in NAMES:
            raise InputError(f"extend.protocol: {key!r} is unknown{nearest(key, NAMES)}; known: {', '.join(NAMES)}")
        if not isinstance(added, (list, tuple)) or not all(isinstance(name, str) and name for name in added):
            raise InputError(f"extend.protocol({key}={added!r}): expected a list of names")
        if key == "gradients" and not all("{}" in name for name in added):
            raise InputError(f"extend.protocol({key}={added!r}): each name needs {{}} for that of the parameter")
    for key, added in names.items():
        NAMES[key] += [name for name in added if name not in NAMES[key]]


def finding(code: str, *, title: str, fails: bool, because: str, meaning: str, harm: str, mend: str) -> None:
    """Add a finding with a code of capital letters and three digits, such as SHOP001.

    If it `fails`, it gives wrong results in ordinary use; `because` says why it does, or does not. `meaning`, `harm`
    and `mend` are printed by `gradproof explain CODE`. Raises InputError for codes that start with GP, and for codes
    that are in use with another text.
    """
    kind = Kind(title, fails, because, meaning, harm, mend)
    if not (isinstance(code, str) and _CODE.fullmatch(code)) or code.startswith("GP"):
        raise InputError(f"extend.finding({code!r}): expected capital letters and three digits, and not GP")
    texts = (title, because, meaning, harm, mend)
    if not isinstance(fails, bool) or not all(isinstance(text, str) and text.strip() for text in texts):
        raise InputError(f"extend.finding({code!r}): expected texts, and fails=True or fails=False")
    if FINDINGS.setdefault(code, kind) != kind:
        raise InputError(f"extend.finding({code!r}): the code is taken ({FINDINGS[code].title})")


def check(checking: _F) -> _F:
    """Add a check of every layer: `checking(case, run)` yields findings as `(code, detail, name)`.

    It is called with a `Run` for each variant that was traced. A check that raises an exception fails the case (GP003).
    Raises InputError if `checking` is not a function, or another check has its name.
    """
    return _adding(additions.CHECKS, f"{checking.__module__}.{checking.__qualname__}")(checking)


def report(name: str, module: str) -> None:
    """Add a format for `--report`: a module whose `render(run)` returns text.

    `name` has small letters and digits; `module` is imported when a report is written. Raises InputError for other
    names, and if the name is in use.
    """
    if not (isinstance(name, str) and _FORMAT.fullmatch(name)):
        raise InputError(f"extend.report({name!r}): expected a name of small letters and digits")
    if not (isinstance(module, str) and _MODULE.fullmatch(module)):
        raise InputError(f"extend.report({name!r}, {module!r}): expected the name of a module")
    if name in additions.OWN_REPORTS or additions.REPORTS.setdefault(name, module) != module:
        raise InputError(f"extend.report({name!r}): the name is taken by {additions.REPORTS.get(name, 'gradproof')}")


def framework(kind: type | str) -> Callable[[_F], _F]:
    """Add a framework: the decorated function makes a case of an object of a class, or of a subclass of it.

    It is called for each such object among the variables of a module of cases. `kind` is the class, or its module and
    name as text, so that nothing is imported for it. Raises InputError for anything else, and if the class is taken.
    """
    name = f"{kind.__module__}.{kind.__qualname__}" if isinstance(kind, type) else kind
    if not isinstance(name, str) or "." not in name:
        raise InputError(f"extend.framework({kind!r}): expected a class, or its name after that of its module")
    return _adding(additions.FRAMEWORKS, name)


def _adding(table: dict[Any, Callable[..., Any]], key: Any) -> Callable[[_F], _F]:
    def add(added: _F) -> _F:
        if not callable(added):
            raise InputError(f"expected a function, got {added!r}")
        if _identity(table.setdefault(key, added)) != _identity(added):
            raise InputError(
                f"gradproof.extend: {getattr(key, '__name__', key)} is already added ({_place(table[key])})"
            )
        table[key] = added
        return added

    return add


def _identity(added: Callable[..., Any]) -> object:
    """Return what tells an addition from another: a module that is imported twice adds the same again."""
    code = getattr(added, "__code__", None)
    return added if code is None else (code.co_filename, code.co_firstlineno, added.__module__)


def _place(added: Callable[..., Any]) -> str:
    code = getattr(added, "__code__", None)
    return f"{added!r}" if code is None else f"{start_of(code)}"
