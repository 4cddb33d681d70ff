"""What became of repairs, as text: for each case the edit that makes it right, as a diff, or why there is none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from textwrap import indent

from reports.words import explanation, signature
from verify.repair.result import Repair, State

_COLORS = {"+": "32", "-": "31", "@": "36"}
_COUNTED = {
    State.FIXED: "with a proved fix",
    State.AGREEING: "with a fix that agrees to the accuracy of the code's constants",
    State.RIGHT: "with nothing to fix",
    State.OPEN: "without a fix",
    State.UNABLE: "not tried",
}
_ELSEWHERE = "; the exact gradient as NumPy code is printed without --diff"
_IN_WORDS = ("likely", "code", "because")  # of what explains a wrong gradient, without its formulas and numbers
_CODE = "\n  the exact gradients as NumPy code, which {} beside the forward of this case{}:"
_PROVED, _AGREES = "is proved", "agrees to the accuracy of the code's constants, and is not proved,"
_DEFAULT = (
    "it is proved with the default {} alone: where the number that is written is meant to be that, write its name"
)
_FIXED_SIZES = ", for its sizes alone ({})"


def render(
    repairs: Sequence[Repair], *, color: bool = False, verbosity: int = 0, again: str = "", status: int = 1
) -> str:
    """Render repairs for a terminal; `again` is the command that writes them, where that was not done."""
    listed = [repair for repair in repairs if verbosity >= 0 or repair.state is not State.RIGHT]
    blocks = [_block(repair, color) for repair in listed]
    return "\n\n".join([*blocks, "\n".join([summary(repairs), *_next_step(repairs, again, status)])]) + "\n"


def _next_step(repairs: Sequence[Repair], again: str, status: int) -> Iterator[str]:
    """Say why the exit status is not 0, where it is not, and what changes the files."""
    if again and any(repair.fix for repair in repairs):
        changes = "what is shown" if any(repair.state is State.AGREEING for repair in repairs) else "what is proved"
        yield f"no file is changed yet, so the exit status is {status}; to search again and write {changes}:"
        yield f"    {again}"
    elif any(repair.state in (State.OPEN, State.UNABLE) for repair in repairs):
        left = "a file is no Python" if status == 2 else "some gradients are left to correct by hand"
        yield f"the exit status is {status}: {left}"


def diffs(repairs: Sequence[Repair]) -> str:
    """Return the changes alone, each once, as `git apply` takes them."""
    return "".join(dict.fromkeys(repair.fix.diff for repair in repairs if repair.fix))


def without_diff(repairs: Sequence[Repair]) -> str:
    """Say of each wrong case without a change why there is none, a line each, and where the exact gradient stands."""
    failed = [repair for repair in repairs if repair.fix is None and repair.state is not State.RIGHT]
    lines = [
        f"gradproof: {repair.name} ({repair.where}): no change: {repair.why}{_ELSEWHERE if repair.code else ''}\n"
        for repair in failed
    ]
    return "".join(lines)


def summary(repairs: Sequence[Repair]) -> str:
    """Count what became of the cases."""
    count = Counter(repair.state for repair in repairs)
    states = ", ".join(f"{count[state]} {text}" for state, text in _COUNTED.items() if count[state])
    return f"{len(repairs)} case{'' if len(repairs) == 1 else 's'}: {states}."


def _block(repair: Repair, color: bool) -> str:
    if repair.fix is None:
        text = _nothing(repair) if repair.state is State.RIGHT else f"no fix: {repair.why}"
        return f"{repair.name} ({repair.where}): {text}{_wrong(repair)}{_instead(repair)}"
    edits = repair.fix.edits
    ideas = ", ".join(f"{edit.operator} ({edit.where})" for edit in edits)
    lines = repair.fix.diff.rstrip("\n").splitlines()
    painted = "\n".join(_painted(line, color) for line in lines)
    hazards = "".join(
        f"\n  hazard {code}, which the wrong gradient hid: {detail}" for code, detail in repair.fix.hazards
    )
    opening = f"{repair.name} ({repair.where}): {certainty(repair)} with this change: {ideas}{_notes(repair)}"
    return f"{opening}\n{painted}{hazards}"


def certainty(repair: Repair) -> str:
    """Say how sure it is that a change makes every gradient right, for which sizes alone, and for which chosen call."""
    names = ", ".join(repair.fix.agreeing) if repair.fix else ""
    unproved = f"agrees to the accuracy of the code's constants, not proved for {names}"
    sure = unproved if names else "every gradient is proved"
    call = ", for the call that scan chose" if assumed(repair) else ""
    sizes = _for_sizes(repair)
    return f"{sure}{sizes}{call}{',' if sizes or call or names else ''}"


def assumed(repair: Repair) -> tuple[str, ...]:
    """Return what scan assumed of the call of a case, as sentences."""
    return repair.before.assumed if repair.before else ()


def defaults(repair: Repair) -> tuple[str, ...]:
    """Return the defaults of the code that equal a number of the change, and of which the case has no other value."""
    rows = repair.before.result.comparisons if repair.before else ()
    varied = {name for row in rows for name, _ in row.variant.options}
    equal = repair.fix.defaults if repair.fix else ()
    return tuple(f"{name}={value}" for name, value in equal if name not in varied)


def notes(repair: Repair) -> list[str]:
    """Return what a reader has to know of a change: what it was proved for."""
    return [*assumed(repair), *map(_DEFAULT.format, defaults(repair))]


def _notes(repair: Repair) -> str:
    return "".join(f"\n  note: {note}" for note in notes(repair))


def _nothing(repair: Repair) -> str:
    """Say that there is nothing to fix, and which gradients nobody claims: no change of one is looked for."""
    unclaimed = repair.before.result.unclaimed if repair.before else ()
    names = ", ".join(unclaimed)
    return f"nothing to fix; backward returns no gradient of {names}" if unclaimed else "nothing to fix"


def _wrong(repair: Repair) -> str:
    """Say of each wrong gradient without a fix what is likely wrong, where, and why, as reports do."""
    rows = repair.before.result.comparisons if repair.before else ()
    first = {row.name: row for row in reversed(rows) if row.wrong and row.quantity == "gradient"}
    lines = [
        (f"{row.name}:", line.label, line.text)
        for row in sorted(first.values(), key=rows.index)
        for line in explanation(row)
        if line.tells in _IN_WORDS
    ]
    return "".join(f"\n  {name} {label:8} {text}" for name, label, text in lines)


def _instead(repair: Repair) -> str:
    """Write the code of the exact gradients, or why there is none."""
    if repair.code:
        call = f"{_CODE.format(_AGREES if repair.agrees else _PROVED, _for_sizes(repair))}{_notes(repair)}"
        return f"{call}\n\n{indent(repair.code.rstrip(), '    ')}"
    return f"\n  {repair.codeless}" if repair.codeless else ""


def fixed_sizes(repair: Repair) -> str:
    """Return the inputs with their sizes, where the case fixes some: there a size may equal a constant."""
    result = repair.before.result if repair.before else None
    sized = result is not None and any(size.isdecimal() for argument in result.signature for size in argument.shape)
    return signature(result) if result is not None and sized else ""


def _for_sizes(repair: Repair) -> str:
    """Say for which sizes alone a proof holds, where the case has no others."""
    sizes = fixed_sizes(repair)
    return _FIXED_SIZES.format(sizes) if sizes else ""


def _painted(line: str, color: bool) -> str:
    code = _COLORS.get(line[:1]) if color else None
    return f"\x1b[{code}m{line}\x1b[0m" if code else line
