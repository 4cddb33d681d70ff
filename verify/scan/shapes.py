"""Which shapes arguments may have: what the source says, else those that are usual for their names."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence

from verify.scan import names
from verify.scan.hints import Hints
from verify.scan.recipe import listed, quoted

_HALVED = "N 2 4 6"  # images that windows of 2 by 2 fit into
_HEADED = "N T 6"  # sequences whose rows two heads divide
_COLUMN = "N 1"
_FIRST = ("N D", "N C H W", _HALVED, "N T D", _HEADED, _COLUMN, "N", "", "D N")
_STATE = r"^(h|c|s)\w*$|prev|state|hidden"
# What an array beside the first one may be, by its name: L stands for the last dimension of the first array (of an
# image, its channels), N for its first one, B for the batch of sequences that have time first, S for its whole shape,
# G for the dimensions of all gates of a cell, and other letters for dimensions of their own.
_BESIDE = (
    (
        r"^(w|W|weights?|kernels?|filters?|theta|A)\d*$|^(w|W)_?(x|i|ix|xh|in|[qkvozrfcg])$|^w_|^W_",
        ("L G", "G L", "L", "F L 3 2", "L F 3 2", "L L", "G N", "N 1", "M", "1"),
    ),
    (r"^(U|V)$|^(w|W|U)_?(h|hh|rec|hid)\w*$", ("M G", "G M", "M M", "L L", "L M", "M L")),
    (r"^(b|B|bias|biases|beta)\w?\d?$|^b_", ("G", "1 G", "G 1", "F", "L", "1 L", "1 L 1 1", "", "1")),
    (r"^(gamma|beta|scale|shift|g)$", ("L", "1 L", "1 L 1 1", "L 1 1", "S", "")),
    (_STATE, ("N M", "B M", "N L", "M", "S")),
    (r".", ("S", "L", "M", "", "L M", "M L", "N M", "N", "1")),
)
_GATES = ("M", "4*M", "3*M", "2*M")
LISTS = ("N D | N M", "N D | N D", "N D | M D", "N | M")  # two arrays in a list
_LOOKUPS = (("N", "V D"), ("N T", "V D"), ("N", "D V"))  # indices, and the table that they are looked up in
_LOWS = (("", ""), ("0", ""), ("0", "1"), ("-1", "1"), ("1", ""))
# Probabilities that no clip changes: `np.clip(p, 1e-7, 1 - 1e-7)` is there for what rounding makes of them.
UNCLIPPED = ("0.001", "0.999")
_CLASS = re.compile(r'gradproof\.integer\("N", below="[A-Z]\w*"\)')  # below a size, and not below 2
_INDEX = re.compile(r'gradproof\.integer\("([^"]*)", below="([A-Z]\w*)"\)')
_ROUNDS = (0, 1, 12, 200)  # combinations that are tried for each first shape, before those of the next one go on
_COMBINED = 4000  # combinations that are put in order


def of_inputs(first: str, others: Sequence[str], hints: Hints) -> Iterator[dict[str, str]]:
    """Yield shapes of all arrays by name, the first one's leading."""
    if first in hints.indices:
        stated = hints.shapes.get(first)
        for shape, table in [(" ".join(stated or ()), "V D")] * bool(stated) + [*_LOOKUPS]:
            yield {first: f'gradproof.integer({quoted(shape)}, below="V")', **dict.fromkeys(others, table)}
    gates = _GATES[: None if len(others) > 1 else 1]
    for start, stop in itertools.pairwise(_ROUNDS):
        for gate, shape in itertools.product(gates, _of_first(first, hints, alone=not others)):
            letters = _letters(shape, others, hints, gate)
            alternatives = [_beside(name, shape, hints, letters) for name in others]
            for combination in itertools.islice(_likely(alternatives), start, stop):
                yield {first: shape, **dict(zip(others, combination, strict=True))}


def _likely(alternatives: Sequence[Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """Yield combinations, those of the likeliest shapes first."""
    most = max(2, round(_COMBINED ** (1 / max(1, len(alternatives)))))
    places = itertools.product(*(range(min(most, len(shapes))) for shapes in alternatives))
    for combination in sorted(places, key=lambda combination: (sum(combination), max(combination, default=0))):
        yield tuple(shapes[place] for shapes, place in zip(alternatives, combination, strict=True))


def _letters(first: str, others: Sequence[str], hints: Hints, gate: str) -> dict[str, str]:
    """Return what stands for the letters of usual shapes beside a first array."""
    dimensions = first.split() or ["1"]
    states = [hints.shapes[name] for name in others if name in hints.shapes and re.search(_STATE, name)]
    hidden = states[0][-1] if states else "M"
    return {
        "L": dimensions[1] if len(dimensions) == 4 else dimensions[-1],
        "N": dimensions[0],
        "B": dimensions[-2] if len(dimensions) == 3 else dimensions[0],
        "S": first,
        "M": hidden,
        "G": gate.replace("M", hidden),
    }


def _of_first(name: str, hints: Hints, *, alone: bool) -> list[str]:
    """Return shapes of a first array; a column stands for a vector only where nothing else has a shape beside it."""
    stated = hints.shapes.get(name)
    usual = [shape for shape in _FIRST if hints.divides or shape not in (_HALVED, _HEADED)]
    usual = [shape for shape in usual if alone or shape != _COLUMN]
    likely = [shape for shape in usual if len(shape.split()) >= hints.ranks.get(name, 0)]
    if alone and name in hints.flattened:  # of rows that are flat already nothing would be seen
        likely = sorted([shape for shape in likely if " " in shape], key=lambda shape: len(shape.split()) < 3)
    alike = [shape for shape in likely if stated and len(shape.split()) == len(stated)]
    return list(dict.fromkeys([*_stated(stated, ""), *alike])) if stated else likely


def _stated(stated: tuple[str, ...] | None, first: str) -> list[str]:
    """Return a shape that the source states, with small windows where its last two dimensions are none of the first."""
    if not stated or not all(re.fullmatch(r"[A-Za-z]\w*|\d+", part) for part in stated):
        return []
    text, leading = " ".join(stated), first.split()
    if len(stated) == 4 and leading and not set(stated[:2]) & set(leading) and set(stated[2:]) & set(leading):
        return [f"3 2 {stated[2]} {stated[3]}", f"3 3 {stated[2]} {stated[3]}", f"2 2 {stated[2]} {stated[3]}", text]
    if len(stated) == 4 and leading and not set(stated[2:]) & set(leading):
        return [f"{stated[0]} {stated[1]} 3 2", f"{stated[0]} {stated[1]} 3 3", text]
    return [text]


def _beside(name: str, first: str, hints: Hints, letters: Mapping[str, str]) -> list[str]:
    usual = next(shapes for pattern, shapes in _BESIDE if re.search(pattern, name))
    rest = [shape for shape in _BESIDE[-1][1] if shape not in usual]
    likely = [" ".join(letters.get(part, part) for part in shape.split()) for shape in (*usual, *rest)]
    likely = [shape for shape in likely if len(shape.split()) >= hints.ranks.get(name, 0)]
    stated = _stated(hints.shapes.get(name), first)
    return list(dict.fromkeys([*stated, *likely]))


def of_labels(name: str, firsts: Sequence[str], hints: Hints) -> list[str]:
    """Return what may stand for labels or targets beside predictions of these shapes, as text of a case.

    Those that ask least of the code come last: what is right for all real targets is right for 0 and 1.
    """
    if name in hints.masks:
        return list(dict.fromkeys(mask for first in firsts for mask in of_masks(first)))
    whole = [classes(first) for first in firsts if len(first.split()) > 1]
    stated = [" ".join(shape) for shape in [hints.shapes.get(name)] if shape and name not in hints.indices]
    real = dict.fromkeys([*stated, *firsts])
    fixed = [f"gradproof.fixed({quoted(first)})" for first in real]
    narrow = [text for first in real for text in _truths(first)]
    if name not in hints.indices:
        return [*fixed, *narrow, *whole]
    return [*whole, *(_entry(first) for first in firsts if first), *(fixed + narrow if names.is_label(name) else ())]


def of_masks(first: str) -> list[str]:
    """Return what may stand for a mask beside an array, or its scores: zeros and ones, as text of a case."""
    *rows, last = first.split() or [""]
    pair = [*rows[-1:], *(rows[-1:] or [last])]
    likely = [first, " ".join(rows), " ".join([*rows, "1"]), " ".join(pair), " ".join([*rows[:-1], *pair])]
    return [signs(shape) for shape in dict.fromkeys(likely) if shape]


def _entry(first: str) -> str:
    """Return the index of one entry or row of an array, as text of a case."""
    return f'gradproof.integer("", below="{first.split()[0]}")'


def _truths(first: str) -> tuple[str, str]:
    return f"gradproof.fixed({quoted(first)}, low=0, high=1)", f'gradproof.integer({quoted(first)}, below="2")'


def is_narrow(text: str) -> bool:
    """Tell whether a target is one of those that ask less than real numbers do."""
    return text.endswith((", low=0, high=1)", ', below="2")'))


def classes(first: str) -> str:
    """Return labels of classes beside predictions, as text of a case."""
    *rows, last = first.split() or ["1"]
    return f'gradproof.integer("{" ".join(rows)}", below="{last}")'


def is_class(text: str) -> bool:
    """Tell whether a target is the label of a class for each row."""
    return bool(_CLASS.fullmatch(text))


def lookup(text: str) -> tuple[str, str] | None:
    """Return the shape of an index and the size of the table that it is for, or None for any other input."""
    match = _INDEX.fullmatch(text)
    return (match[1], match[2]) if match else None


def signs(first: str) -> str:
    """Return labels that stand for 1 and -1, or a mask, as text of a case."""
    return f'gradproof.integer({quoted(first)}, below="2")'


def domains(inputs: Mapping[str, str], real: Sequence[str]) -> Iterator[dict[str, str]]:
    """Yield the inputs over smaller and smaller domains: a logarithm takes no negative numbers."""
    for low, high in (*_LOWS, UNCLIPPED):
        yield {
            name: listed(text, low, high) if name in real and not text.startswith("gradproof.") else text
            for name, text in inputs.items()
        }


def is_size(name: str) -> bool:
    """Tell whether an argument of a constructor is the size of a dimension."""
    return any(map(names.SIZE.search, names.spellings(name)))


def is_weight(name: str) -> bool:
    """Tell whether an array is one of weights, by its name."""
    return bool(names.WEIGHT.match(name)) and not re.match(r"^(n|num)_", name)
