"""Parts of the cases for several machines: which cases are a shard's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from verify.model.errors import InputError
from verify.model.result import plural

if TYPE_CHECKING:
    from verify.model.identity import Shard

_Case = TypeVar("_Case")


def divided(cases: Sequence[_Case], shard: Shard | None) -> tuple[list[_Case], list[_Case]]:
    """Return the cases of a shard, or all of them, and the others; raises InputError where the shard has none.

    Cases beside each other, of which one often takes as long as the next, go to different shards.
    """
    if shard is None:
        return list(cases), []
    if shard.number > len(cases):
        raise InputError(
            f"--shard {shard}: nothing to check: there are {plural(len(cases), 'case')} for {shard.of} shards"
        )
    mine = range(shard.number - 1, len(cases), shard.of)
    return [cases[number] for number in mine], [case for number, case in enumerate(cases) if number not in mine]
