"""Arguments that are lists or dicts of arrays: each array is an input, and code is passed the whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verify.model.errors import InputError


def flat(inputs: Mapping[str, object]) -> dict[str, object]:
    """Return the description of each array by name: `xs_0` of a list xs, and W of a dict that has it.

    Raises InputError where two arrays have one name.
    """
    pairs = [pair for name, value in inputs.items() for pair in _parts(name, value).items()]
    names = [name for name, _ in pairs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"the input {twice[0]!r} is declared twice: once in a list or dict of arrays")
    return dict(pairs)


def grouped(inputs: Mapping[str, object], values: Mapping[str, Any]) -> list[Any]:
    """Return what code is passed for inputs, made of the values of all arrays."""
    return [_whole(name, value, values) for name, value in inputs.items()]


def _parts(name: str, value: object) -> dict[str, object]:
    if isinstance(value, list):
        return {f"{name}_{number}": part for number, part in enumerate(value)}
    return {str(key): part for key, part in value.items()} if isinstance(value, Mapping) else {name: value}


def _whole(name: str, value: object, values: Mapping[str, Any]) -> Any:
    parts = [values[part] for part in _parts(name, value)]
    if isinstance(value, list):
        return parts
    return dict(zip(value, parts, strict=True)) if isinstance(value, Mapping) else parts[0]
