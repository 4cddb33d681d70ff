"""The exact gradients of a failing case in place of its wrong ones, in the functions that hand these out.

What is written is a guess as any other edit, and judged as one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from verify.cases.case import TracedCase
from verify.exact.candidate import first_variants
from verify.exact.forward import recorded
from verify.exact.recording import UnwritableError
from verify.exact.rules import WAYS, Way
from verify.exact.writing import LongError
from verify.model.errors import GradproofError
from verify.model.where import as_place
from verify.mutation.mutants import Source
from verify.mutation.result import Mutant
from verify.mutation.watching import Place
from verify.repair.authoring import Author, Code, UnplacedError, aliases_of, by_options
from verify.repair.edits import is_utf8
from verify.repair.held import Held, Holdings
from verify.repair.result import Before, Edits
from verify.repair.returned import Exit, exits_of_gradients
from verify.repair.rewriting import Piece, edits_between, number_of, pieces_of, rewritten
from verify.repair.slots import Site, Slot, function_at, slot_of
from verify.tracing.following import SubjectError

if TYPE_CHECKING:
    from verify.repair.trial import Failing

_NOWHERE = "no function of yours returns the gradient of {} itself, and as one expression"
_ELSEWHERE = "with other options, other lines return the gradients"
_NO_PLACE = "no line can be inserted before {}"
_LONG = "it takes too many lines"


def exact_edits(failing: Failing, before: Before | None = None, *, everywhere: bool = False) -> tuple[list[Edits], str]:
    """Return edits that write the exact gradients in place of wrong ones, or why there are none.

    These are wrong at the sample, or `everywhere`: where nothing is wrong at the sample, that is asked at once.
    """
    edits, reasons = dict[Edits, None](), dict[bool, str]()
    for outermost, attempt in _attempts(failing, _wrong(failing, before, everywhere=everywhere)):
        try:
            edits[attempt()] = None
        except (UnplacedError, UnwritableError) as problem:
            reasons.setdefault(outermost, str(problem))
        except LongError:
            reasons.setdefault(outermost, _LONG)
        except (ArithmeticError, LookupError, TypeError, ValueError):  # of shapes that no rule expects
            continue
    return list(edits), "" if edits else reasons.get(True, "")  # of a helper, nobody would ask for more


def _wrong(failing: Failing, before: Before | None, *, everywhere: bool) -> list[str]:
    """Return the names of gradients that are wrong."""
    if not everywhere and (names := failing.wrong_names()):
        return names
    result = before.result if before is not None and before.whole else failing.checked()
    wrong = {row.name: None for row in result.comparisons if row.quantity == "gradient" and not row.good}
    wrong |= {finding.name: None for finding in result.findings if finding.code == "GP124" and finding.bad}
    return list(wrong)


def _attempts(failing: Failing, wrong: Sequence[str]) -> Iterator[tuple[bool, Callable[[], Edits]]]:
    """Yield what writes edits: first in the `outermost` function with a gradient, for others may call what it calls."""
    case = failing.case
    if not isinstance(case, TracedCase) or not failing.runs:
        return
    for outermost in (True, False) if wrong else ():
        sites = partial(_sites, failing, case, wrong, outermost=outermost)
        for way, apart in product(WAYS, (True, False)):
            yield outermost, partial(_edits, case, sites, way, apart=apart)


def _sites(failing: Failing, case: TracedCase, wrong: Sequence[str], *, outermost: bool) -> list[Site]:
    """Return the functions that hand out wrong gradients, which do it in the same expressions in every run."""
    runs = {run.seen.variant.choice: run for run in reversed(failing.runs)}
    by_choice: list[dict[Place, Site]] = []
    for run in runs.values():
        try:
            exits = exits_of_gradients(case, run, failing.how.seed)
        except (SubjectError, GradproofError) as problem:
            raise UnplacedError(str(problem)) from None
        by_choice.append(_by_place(exits, wrong, outermost=outermost))
    if any(list(map(_key, sites.values())) != list(map(_key, by_choice[0].values())) for sites in by_choice):
        raise UnplacedError(_ELSEWHERE)
    return list(by_choice[0].values())


def _key(site: Site) -> tuple[Place, list[tuple[str, int, int]]]:
    return site.place, [(slot.gradient, slot.value.lineno, slot.value.col_offset) for slot in site.slots]


def _by_place(exits: Mapping[str, list[Exit]], wrong: Sequence[str], *, outermost: bool) -> dict[Place, Site]:
    sites: dict[Place, Site] = {}
    for gradient in wrong:
        site, slot = _slot(exits.get(gradient, []), gradient, outermost=outermost)
        sites.setdefault(site.place, site).slots.append(slot)
    return sites


def _slot(exits: Sequence[Exit], gradient: str, *, outermost: bool) -> tuple[Site, Slot]:
    in_files = [place for place in exits if Path(place.place.file).is_file()]
    for place in reversed(in_files) if outermost else in_files:
        source = Source.of(place.place.file)
        function = function_at(source, place.place) if is_utf8(source.text) else None
        if function and (slot := slot_of(gradient, function, place)):
            return Site(place.place, function, source), slot
    raise UnplacedError(_NOWHERE.format(gradient))


def _edits(case: TracedCase, sites_of: Callable[[], list[Site]], way: Way, *, apart: bool) -> Edits:
    """Return the edits that write the exact gradients in some way; raises UnplacedError."""
    sites = sites_of()
    files: dict[str, list[Piece]] = {}
    for site, code in zip(sites, _codes(case, sites, way, apart=apart), strict=True):
        pieces = pieces_of(site.source, site.slots, code.lines, code.texts)
        if pieces is None:
            raise UnplacedError(_NO_PLACE.format(as_place(site.place.file, site.line)))
        files.setdefault(site.place.file, []).extend([*code.more, *pieces])
    return tuple(edit for file, pieces in files.items() for edit in _in_file(file, pieces, sites))


def _in_file(file: str, pieces: Sequence[Piece], sites: Sequence[Site]) -> list[Mutant]:
    """Return what changes in a file, as edits; raises UnplacedError."""
    inside = [site for site in sites if site.place.file == file]
    before = inside[0].source.text
    functions = {(site.function.name, number_of(site.function, before)) for site in inside}
    after = rewritten(before, list(dict.fromkeys(pieces)), functions, aliases_of(before).get("numpy", "np"))
    if after is None:
        raise UnplacedError(_NO_PLACE.format(as_place(file, inside[0].line)))
    return edits_between(file, before, after, [site.function.name for site in inside])


def _codes(case: TracedCase, sites: Sequence[Site], way: Way, *, apart: bool) -> list[Code]:
    """Return the code of each function, for all choices of options."""
    authors: list[list[Author]] = [[] for _ in sites]
    for variant in first_variants(case, apart=apart):
        holdings = Holdings({site.place: site.line for site in sites})
        forward = recorded(case, variant, holdings.trace)
        for by_choice, site in zip(authors, sites, strict=True):
            held, keepers = holdings.held.get(site.place, Held()), holdings.keepers
            fixed = case.upstream is not None
            by_choice.append(Author(site, forward, held, keepers, variant.options, fixed))
    return [by_options(by_choice, [author.code(way) for author in by_choice]) for by_choice in authors]
