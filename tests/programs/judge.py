"""Programs run line by line on floats and on symbols, and what they gave compared."""

import math
import re
from fractions import Fraction

import numpy as np

from programs.lines import line
from programs.writer import INPUTS, Writer, kind_of, mentions
from verify.model.errors import TraceError
from verify.tape.parts import parts
from verify.tape.sweep import dependent
from verify.tracing.arrays import arrays
from verify.tracing.linear.linear import Unfollowed
from verify.tracing.symbols.concolic import NO_NODES, Concolic
from verify.tracing.symbols.taped import TapedTrace
from verify.tracing.symbols.trace import Trace

# Of what a program goes on with.
LARGEST, SMALLEST, MOST_ENTRIES, MOST_AXES, MOST_NODES = 1e4, 1e-4, 40, 4, 4000
CLOSE, CLOSE_SHORT = 1e-7, 1e-2  # relative: floats of a short program of numbers of ordinary size are better
WIDEST = 1e-9  # relative: an enclosure that says less is not compared
_NARROW = re.compile("float32|float16|f4")
# NumPy's words about arrays of objects, which it makes of lists of symbols; they name the function.
_WORDS = re.compile("ufunc|no callable .* method|no attribute|cannot resize|support|dtype object|read-only")


class WrongError(AssertionError):
    """A program whose formulas are not what NumPy computes."""


def program(seed, steps=5, trace=Trace):
    """Write a program and run it, line by line, on floats and on symbols; raises WrongError where they differ."""
    w = Writer(seed, trace=trace)
    for _ in range(w.rng.randrange(2, steps + 1)):
        if not step(w, line(w)) or len(w.trace) > MOST_NODES:
            break
    return w


def step(w, text):
    """Run a line on both; tell whether the program can go on."""
    code = compile(text, "program", "exec")
    w.lines.append(text)
    truths = any(mentions(text, name) and kind_of(w.floats[name]) == "b" for name in w.names)
    w.narrow = w.narrow or bool(_NARROW.search(text))
    w.short = w.short or w.narrow or "True" in text or truths
    before = set(w.floats)
    copies = {name: np.array(w.floats[name]) for name in w.names}
    failure = _run(code, w.floats)
    with arrays.running(w.trace):
        TraceError.raised.clear()
        problem = _run(code, w.symbols)
        if problem is not None and (words := _refusal(problem)):
            w.refused[len(w.lines) - 1] = words
        elif problem is not None and failure is None:
            raise WrongError(as_code(w, f"{type(problem).__name__}: {problem}")) from problem
        if failure is problem is None:
            return _compared(w, before)
    if problem is None:
        return False  # the code is at fault, and floats say so
    w.lines[-1] += f"  # {'raises' if failure is not None else 'refused'}"
    for name in set(w.floats) - before:
        w.floats.pop(name)
        w.symbols.pop(name, None)
    return all(np.array_equal(w.floats[name], copies[name], equal_nan=True) for name in w.names)


def _run(code, space):
    try:
        exec(code, space)
    except Exception as problem:  # noqa: BLE001 - compared with what NumPy raises
        return problem
    return None


def _refusal(problem):
    """Return the words of a refusal, or nothing: NumPy wraps some of them in an error of its own."""
    while problem is not None:
        if isinstance(problem, TraceError) or _WORDS.search(str(problem)):
            return str(problem)
        problem = problem.__cause__ or problem.__context__
    return TraceError.raised[0] if TraceError.raised else ""


def as_code(w, what):
    """Return a program that went wrong, to be run again."""
    shapes = [f"# {name}: {np.shape(w.floats[name])}" for name in INPUTS if name in w.symbols]
    return "\n".join([what, *shapes, *w.lines])


def _compared(w, before):
    """Compare all names; on a tape, what NumPy has put together of its own accord cannot be read, and ends the run."""
    try:
        return _compare(w, before)
    except TraceError:
        if not isinstance(w.trace, TapedTrace):
            raise
        return False


def _compare(w, before):
    """Compare all that has a name; tell whether the values are such as a program can go on with."""
    new, going_on = [name for name in w.floats if name not in before], True
    for name in [*w.names, *new]:
        ordinary = same_values(w, name, w.floats[name], w.symbols.get(name))
        if name not in new:
            going_on = going_on and ordinary
        elif ordinary and name not in w.untyped and _is_usable(w.floats[name]):
            w.names.append(name)
    return going_on


def _is_usable(value):
    is_numpy = isinstance(value, (np.ndarray, np.generic)) and kind_of(value) in "fiub"
    return is_numpy and np.size(value) <= MOST_ENTRIES and np.ndim(value) <= MOST_AXES


def same_values(w, name, expected, actual):
    """Compare what a name stands for; tell whether a program can go on with it."""
    if isinstance(actual, Unfollowed):
        return False  # it is refused by name when it is used
    if isinstance(expected, (tuple, list)):
        _same_items(w, name, expected, actual)
        return False
    symbolic = isinstance(actual, (arrays.SymbolArray, Concolic))
    if not isinstance(expected, (np.ndarray, np.generic, int, float)):
        if symbolic and not isinstance(expected, np.flatiter):
            raise WrongError(as_code(w, f"{name} is a {type(expected).__name__}, on symbols {type(actual).__name__}"))
        return False
    if kind_of(expected) not in "fiub":
        return False
    _same_shapes(w, name, expected, actual)
    _same_types(w, name, expected, actual, symbolic)
    if not symbolic and np.asarray(actual).dtype.kind == "O":
        actual, symbolic = arrays.objects(actual), True
    numbers = np.asarray(expected, float).ravel().tolist()
    values = _at_sample(w, actual) if symbolic else np.asarray(actual, float).ravel().tolist()
    if w.narrow and kind_of(expected) != "f":
        return False  # symbols do not round where floats of few digits do, and so may compare otherwise
    short = w.short or (kind_of(expected) == "f" and np.asarray(expected).dtype.itemsize < 8)
    if not all(
        _agree(number, value, CLOSE_SHORT if short else CLOSE) for number, value in zip(numbers, values, strict=True)
    ):
        if _lies_on_an_edge(w):
            return False
        raise WrongError(as_code(w, f"{name} is {numbers}, on symbols {values}"))
    return None not in values and all(n == 0 or SMALLEST < abs(n) < LARGEST for n in numbers)


def _lies_on_an_edge(w):
    """Tell whether a step (`floor`) of a number that no float has exactly lies within rounding of the next one."""
    steps = [step for step in w.trace.steps if any(_is_rounded(w.trace, n) for n in w.trace.reach([step]))]
    return any(abs(float(ball)) < CLOSE for ball in w.trace.at_samples(steps))


def _is_rounded(trace, node):
    """Tell whether a node is a number between two floats."""
    op, payload = trace.ops[node], trace.payloads[node]
    if op == "typed":  # as decimal digits
        return Fraction(repr(payload)) != Fraction(payload)
    number = trace.sample[payload] if op == "variable" else payload
    return op in ("variable", "constant") and number != Fraction(float(number))


def _agree(number, value, close):
    """Tell whether two numbers are close, both not defined, or one is of memory that nobody has written to.

    The root of a ball around 0 is no ball, nor is the arc of one around 1.
    """
    if value is None or number == value or not (math.isfinite(number) or math.isfinite(value)):
        return True
    if math.isnan(value):
        return any(abs(abs(number) - end) <= close for end in (0, math.pi / 2, math.pi))
    return abs(number - value) <= close * (1 + abs(number))


def _same_items(w, name, expected, actual):
    is_sequence = type(expected) is type(actual) or isinstance(actual, tuple)
    if not is_sequence or len(expected) != len(actual):
        raise WrongError(as_code(w, f"{name} is {expected!r}, on symbols {actual!r}"))
    for item, other in zip(expected, actual, strict=True):
        same_values(w, name, item, other)


def _same_shapes(w, name, expected, actual):
    described = [
        f"{'array' if isinstance(v, np.ndarray) else 'number'} of shape {np.shape(v)}" for v in (expected, actual)
    ]
    if described[0] != described[1]:
        raise WrongError(as_code(w, f"{name}: {described[0]}, on symbols {described[1]}"))


def _same_types(w, name, expected, actual, symbolic):
    """Compare types; those of single symbols and of arrays of objects are no types of floats."""
    if not isinstance(expected, (np.ndarray, np.generic)):
        return
    wanted = np.asarray(expected).dtype
    known = isinstance(actual, arrays.SymbolArray) or not symbolic
    given = (actual.dtype if symbolic else np.asarray(actual).dtype) if known else wanted
    if wanted.kind == "f" and wanted.itemsize < 8:
        w.short = True
    if given.kind == "O" or (not np.any(expected) and ".dot(" in w.lines[-1]):
        w.untyped.add(name)
        return
    given = wanted if given.kind == "f" == wanted.kind and w.short else given
    if wanted.kind != given.kind or (wanted != given and isinstance(expected, np.ndarray)):
        raise WrongError(as_code(w, f"{name} is of {wanted}, on symbols {given}"))


def _at_sample(w, value):
    """Return the values of symbols at the sample; None for memory that nobody has written to."""
    symbols = [arrays.lift(item) for item in arrays.objects(value).ravel().tolist()]
    nodes = [symbol.node for symbol in symbols if type(symbol) not in NO_NODES]
    if (_on_tape if isinstance(w.trace, TapedTrace) else _on_graph)(w.trace, nodes):
        return [None] * len(symbols)
    numbers = iter(_numbers(w.trace, nodes))
    return [symbol.number() if type(symbol) in NO_NODES else next(numbers) for symbol in symbols]


def _on_graph(trace, nodes):
    """Tell whether nodes depend on memory that nobody has written to."""
    return bool(trace.unset) and not trace.unset.isdisjoint(trace.reach(nodes))


def _on_tape(trace, elements):
    """Tell whether elements, which are all of the tape, depend on memory that nobody has written to."""
    wanted = np.array(elements, np.int64)
    assert ((wanted >= 0) & (wanted < len(trace))).all()
    if not trace.buffers or not elements:
        return False
    return dependent(parts(trace.tape, wanted), len(trace), np.concatenate(trace.buffers))[wanted].any()


def _numbers(trace, nodes):
    if not isinstance(trace, TapedTrace):
        return [float(ball.mid()) for ball in trace.at_samples(nodes)]
    mid, rad = trace.enclosures.of(np.array(nodes, np.int64))
    return np.where(rad <= WIDEST * (1 + np.abs(mid)), mid, math.nan).tolist()
