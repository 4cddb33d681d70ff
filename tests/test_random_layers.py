"""Random layers as code: a hand-written reverse sweep is never refuted, and with a change planted in it never proved.

`forward` evaluates a random graph of array operations with NumPy; `backward` is a reverse sweep whose rules stand below,
independent of SymPy and of the graph under test. A change alters one application of one rule. Which entries it alters
is found out apart from all this: both sweeps run on balls of many digits, at points near the sample, so that a change by
a part in 10^9 shows as surely as a sign. Each entry that it alters has to be refuted (or left undecided), each that it
does not has to be proved (or to agree), and all of them where nothing is changed.
"""

import math
import random
from collections import Counter
from types import SimpleNamespace

import flint
import numpy as np
import pytest
from effort import LONG, PART, WHOLE, chunks_of, slow, some
from hypothesis import HealthCheck, assume, given, seed, settings
from hypothesis import strategies as st

import verify
from verify import Verdict
from verify.cases.samples import samples
from verify.checks.claims.claims import Exact, claims, other_sides
from verify.checks.gradients.traced import _doubt
from verify.tracing.floats import FloatRun
from verify.tracing.following import SubjectError
from verify.tracing.observe import _FIXED, observe, variants

CHUNKS, CHUNK = chunks_of(625, 60, many=8, every=8)  # layers: whole 5,000, else 625 or 60
CHECKED = 60 if WHOLE else 12 if LONG else 3  # of them again by verify.check, from the case to the rows
SHAPES = ("2 3", "3", "2 1", "", "3 2")  # of the inputs; each pair but the last with another broadcasts
THRESHOLDS = (0.1373, -0.2637, 0.5)
LARGEST = 1e3  # of the values in a layer: beyond, 1 - tanh(x)**2 has thousands of zeros after the point
PRECISIONS = (400, 4_000, 16_000)  # bits


def unbroadcast(gradient, shape, add=np.sum):
    """Sum a gradient over the axes along which an array of this shape was broadcast."""
    while np.ndim(gradient) > len(shape):
        gradient = add(gradient, axis=0)
    for axis, size in enumerate(shape):
        if size == 1 and gradient.shape[axis] > 1:
            gradient = add(gradient, axis=axis, keepdims=True)
    return gradient


def first(gradient, axis, keepdims=False):
    """Return what stands first along an axis, in place of the sum."""
    return gradient.take([0] if keepdims else 0, axis=axis)


def expand(gradient, axis, shape):
    """Spread the gradient of a sum over an axis (or all) again."""
    if axis is not None:
        gradient = np.expand_dims(gradient, axis)
    return gradient * np.ones(shape)


def number(axis, shape):
    """Return how many entries a mean over an axis (or all) is taken of."""
    return int(np.prod(shape)) if axis is None else shape[axis]


# Each operation: forward(parameter, *arguments) and its rule(parameter, upstream, output, *arguments), before any
# broadcast is undone. A rule asks each question once: of balls that overlap, neither > nor <= is true.
OPERATIONS = {
    "add": (lambda p, a, b: a + b, lambda p, d, y, a, b: (d * 1, d * 1)),
    "subtract": (lambda p, a, b: a - b, lambda p, d, y, a, b: (d * 1, -d)),
    "multiply": (lambda p, a, b: a * b, lambda p, d, y, a, b: (d * b, d * a)),
    "divide": (lambda p, a, b: a / (1 + b * b), lambda p, d, y, a, b: (d / (1 + b * b), -d * y * 2 * b / (1 + b * b))),
    "where": (
        lambda p, a, b: np.where(a > p, a * a, b),
        lambda p, d, y, a, b: (np.where(a > p, 2 * a * d, 0), np.where(a > p, 0, d)),
    ),
    "maximum of two": (
        lambda p, a, b: np.maximum(a, b + p),
        lambda p, d, y, a, b: (d * (a > b + p), np.where(a > b + p, 0, d)),
    ),
    "matmul": (lambda p, a, b: a @ b, lambda p, d, y, a, b: (d @ b.T, a.T @ d)),
    "exp": (lambda p, a: np.exp(a / 4), lambda p, d, y, a: (d * y / 4,)),
    "log": (lambda p, a: np.log(1 + a * a), lambda p, d, y, a: (d * 2 * a / (1 + a * a),)),
    "sqrt": (lambda p, a: np.sqrt(1 + a * a), lambda p, d, y, a: (d * a / y,)),
    "tanh": (lambda p, a: np.tanh(a), lambda p, d, y, a: (d * (1 - y * y),)),
    "sigmoid": (lambda p, a: 1 / (1 + np.exp(-a)), lambda p, d, y, a: (d * y * (1 - y),)),
    "square": (lambda p, a: a**2, lambda p, d, y, a: (d * 2 * a,)),
    "cube": (lambda p, a: a**3, lambda p, d, y, a: (d * 3 * a**2,)),
    "power": (lambda p, a: (1 + a * a) ** -1.5, lambda p, d, y, a: (d * -3 * a * (1 + a * a) ** -2.5,)),
    "maximum": (lambda p, a: np.maximum(a, p), lambda p, d, y, a: (np.where(a > p, d, 0),)),
    "absolute": (lambda p, a: np.abs(a), lambda p, d, y, a: (d * np.sign(a),)),
    "scale": (lambda p, a: a * (p + 3), lambda p, d, y, a: (d * (p + 3),)),
    "sum": (lambda p, a: a.sum(axis=p), lambda p, d, y, a: (expand(d, p, a.shape),)),
    "mean": (lambda p, a: a.mean(axis=p), lambda p, d, y, a: (expand(d, p, a.shape) / number(p, a.shape),)),
    "transpose": (lambda p, a: a.T, lambda p, d, y, a: (d.T,)),
    "reverse": (lambda p, a: a[::-1], lambda p, d, y, a: (d[::-1],)),
    "max": (
        lambda p, a: a.max(),
        lambda p, d, y, a: ((np.arange(a.size) == a.argmax()).reshape(a.shape) * d,),
    ),
}
TWO = ("add", "subtract", "multiply", "divide", "where", "maximum of two", "matmul")
BRANCHES = {
    "where": lambda p, a, b: a > p,
    "maximum": lambda p, a: a > p,
    "maximum of two": lambda p, a, b: a > b + p,
    "absolute": lambda p, a: a > 0,
    "max": lambda p, a: a.argmax(),
}


def one_index(share):
    """Return an array with its first entry as the second one is."""
    changed = share.copy()
    changed.reshape(-1)[:] = [changed.reshape(-1)[1], *changed.reshape(-1)[1:]]
    return changed


# What a change makes of the share that a rule passes back to one argument; d is the upstream that reached the rule.
SHARES = {
    "constant off by 1e-9": lambda share, d, a: share * (1 + 1e-9),
    "factor": lambda share, d, a: share * 2,
    "sign": lambda share, d, a: -share,
    "term": lambda share, d, a: share + d.sum() * a,
    "zero": lambda share, d, a: share * 0,
    "absolute value": lambda share, d, a: np.abs(share),
    "index": lambda share, d, a: one_index(share),
    "transposed": lambda share, d, a: share.T.reshape(share.shape) if share.ndim == 2 else share[::-1],
}
UPSTREAM = {"upstream squared": lambda d: d * d, "upstream absolute": np.abs}
CHANGES = (*SHARES, *UPSTREAM, "swapped", "not summed", "overwritten")


def sample(shapes):
    """Return the numbers that inputs of these shapes are traced at, as floats."""
    source = random.Random(_FIXED)
    return [
        np.array([float(v) for v in samples(None, None, math.prod(shape), source)]).reshape(shape) for shape in shapes
    ]


def shape_of(text):
    return tuple(map(int, text.split()))


def applied(name, parameter, *arguments):
    """Return what an operation makes of floats, or None where the shapes do not go together, or too much comes of it."""
    if (name == "reverse" and not arguments[0].ndim) or (name == "matmul" and {a.ndim for a in arguments} != {2}):
        return None
    try:
        value = np.asarray(OPERATIONS[name][0](parameter, *arguments))
    except ValueError:
        return None
    return value if value.ndim <= 2 and value.size <= 9 and np.abs(value).max() < LARGEST else None


@st.composite
def layers(draw):
    """Draw a graph (operation, arguments, parameter) of up to 12 operations, whose output depends on every node."""
    inputs = [shape_of(text) for text in draw(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3))]
    values = sample(inputs)
    moved = [x * (1 + 1e-4 * math.cos(i)) for i, x in enumerate(values)]
    steps = []
    for _ in range(draw(st.integers(2, 12))):
        name = draw(st.sampled_from(sorted(OPERATIONS)))
        places = [len(values) - 1] if steps else [draw(st.integers(0, len(inputs) - 1))]
        if name in TWO:
            places.append(draw(st.integers(0, len(values) - 1)))
            places = places if draw(st.booleans()) else places[::-1]
        parameter = draw(st.sampled_from(THRESHOLDS))
        if name in ("sum", "mean"):
            parameter = draw(st.sampled_from([None, *range(values[places[0]].ndim)]))
        with np.errstate(all="ignore"):
            value, other = (applied(name, parameter, *[run[i] for i in places]) for run in (values, moved))
        if value is None or other is None or np.abs(value - other).max() <= 1e-9 * np.abs(value).max():
            continue  # the last: a constant, as the larger of a threshold and what is always below is
        steps.append((name, tuple(places), parameter))
        values.append(value)
        moved.append(other)
    assume(steps)
    return SimpleNamespace(inputs=inputs, output=values[-1].shape, shapes=[v.shape for v in values], steps=steps)


def applies(layer, change, step, place):
    """Tell whether there is anything to change for a change of a kind."""
    _, places, _ = layer.steps[step]
    shape, output = layer.shapes[places[place]], layer.shapes[len(layer.inputs) + step]
    if change in ("index", "transposed"):
        return math.prod(shape) > 1
    if change == "swapped":
        return len(places) == 2 and place == 0 and len({layer.shapes[i] for i in places}) == 1
    if change == "not summed":
        return layer.steps[step][0] in TWO[:-1] and shape != output
    if change == "overwritten":
        return any(places[place] in other for _, other, _ in layer.steps[step + 1 :])
    return True


@st.composite
def planted_layers(draw, change):
    """Draw a layer, and an application of a rule in it where a change makes sense: its step, and which argument."""
    layer = draw(layers())
    found = [
        (change, step, place)
        for step, (_, places, _) in enumerate(layer.steps)
        for place in range(len(places))
        if applies(layer, change, step, place)
    ]
    assume(found)
    return layer, draw(st.sampled_from(found))


def forward(layer, inputs, kept=lambda value: value):
    """Evaluate the graph."""
    values = list(inputs)
    for name, places, parameter in layer.steps:
        values.append(kept(OPERATIONS[name][0](parameter, *[values[i] for i in places])))
    return values


def backward(layer, values, dout, planted=("", -1, 0), kept=lambda value: value):
    """Sweep back, to None for an input that is not used; a change may be planted in what one step passes back."""
    adjoints = {len(values) - 1: dout}
    for step in range(len(layer.steps) - 1, -1, -1):
        change, _, place = planted if planted[1] == step else ("", -1, 0)
        name, places, parameter = layer.steps[step]
        arguments = [values[i] for i in places]
        output = len(layer.inputs) + step
        d = kept(UPSTREAM[change](adjoints[output])) if change in UPSTREAM else adjoints[output]
        shares = list(OPERATIONS[name][1](parameter, d, values[output], *arguments))
        adding = [first if change == "not summed" and k == place else np.sum for k in range(len(shares))]
        shares = [kept(unbroadcast(s, np.shape(a), add)) for s, a, add in zip(shares, arguments, adding, strict=True)]
        if change in SHARES:
            shares[place] = kept(SHARES[change](shares[place], d, arguments[place]))
        elif change == "swapped":
            shares.reverse()
        for k, (i, share) in enumerate(zip(places, shares, strict=True)):
            overwritten = change == "overwritten" and k == place
            adjoints[i] = kept(adjoints[i] + share) if i in adjoints and not overwritten else share
    return [adjoints.get(i) for i in range(len(layer.inputs))]


def case_of(layer, *planted):
    """Make a case of a graph, a change planted in its sweep.

    An input that is not used makes it larger than what SymPy differentiates as a whole besides, which takes it seconds
    for some of these layers, and for a tanh of a sigmoid more memory than there is.
    """

    def subject(*, unused, **given):
        values = forward(layer, list(given.values()))
        dout = yield values[-1]
        return (*backward(layer, values, dout, *planted), None)

    shapes = {f"x{i}": " ".join(map(str, shape)) for i, shape in enumerate(layer.inputs)}
    return verify.case({**shapes, "unused": "7"}, name="random")(subject)


def branches(layer, values):
    """Return which way every branch of a run goes, as bytes."""
    return [
        np.asarray(BRANCHES[name](parameter, *[values[i] for i in places])).tobytes()
        for name, places, parameter in layer.steps
        if name in BRANCHES
    ]


def around_the_sample(layer, rng):
    """Return inputs near those that the layer is traced at, which take the same branches."""
    at = sample(layer.inputs)
    wanted = branches(layer, forward(layer, at))
    for reach in (1e-1, 1e-3, 1e-6, 1e-9):
        moved = [x * (1 + reach * rng.uniform(-1, 1, x.shape)) for x in at]
        if branches(layer, forward(layer, moved)) == wanted:
            return moved
    return at


balls = np.frompyfunc(flint.arb, 1, 1)


def kept(value):
    """Make balls of the numbers that NumPy mixes with them, and an array where it hands out the ball itself."""
    return np.asarray(balls(value), dtype=object)


def differing(layer, planted):
    """Tell for each entry of each gradient whether a change makes a difference near the sample, by the input's name.

    In balls of so many digits that they are narrow: those of equal numbers then overlap, those of others do not.
    """
    rng = np.random.default_rng(PART)
    found = {f"x{i}": np.zeros(shape, dtype=bool) for i, shape in enumerate(layer.inputs)}
    with np.errstate(all="ignore"):
        points = [(around_the_sample(layer, rng), upstream(layer, rng)) for _ in range(2)]
    for inputs, dout in [(inputs, sign * dout) for inputs, dout in points for sign in (1, -1)]:
        for bits in PRECISIONS:
            with flint.ctx.workprec(bits):
                values = forward(layer, [kept(x) for x in inputs], kept)
                right, wrong = (backward(layer, values, kept(dout), p, kept) for p in (("", -1, 0), planted))
                used = {name: pair for name, *pair in zip(found, right, wrong, strict=True) if pair[0] is not None}
                if all(narrow(*pair) for pair in used.values()) or bits == PRECISIONS[-1]:
                    for name, pair in used.items():
                        found[name] |= apart(*pair)
                    break
    return found


def upstream(layer, rng):
    """Return an upstream of entries of both signs."""
    return rng.uniform(0.2, 2, layer.output) * rng.choice([1, -1], layer.output)


def apart(right, wrong):
    """Tell for each entry of two arrays of balls whether they are different numbers."""
    return np.array([not (a - b).contains(0) for a, b in zip(right.flat, wrong.flat, strict=True)]).reshape(right.shape)


def narrow(right, wrong):
    """Tell whether all balls are narrow enough for those that overlap to be taken for equal numbers."""
    return all((a - b).rad() <= (abs(a) + abs(b)) * 1e-60 for a, b in zip(right.flat, wrong.flat, strict=True))


def decided(case):
    """Return the verdicts on the entries of each gradient, and what leaves them in doubt; as check does, without rows."""
    [variant] = variants(case)
    try:
        seen = observe(case, variant, 0)
        exact = Exact(case, seen)
        floats = FloatRun(case, seen, 0)
        found = claims(exact, 0)
        others = other_sides(case, seen, 0)
    except SubjectError as problem:
        verdict = Verdict.ERROR if problem.broken else Verdict.UNDECIDED
        return {name: [verdict] for name in case.real}, str(problem)
    assert not exact.constant
    doubt = floats.strays() or _doubt(seen, others.open_branch)
    verdicts, said = {}, doubt
    for name in seen.gradients:
        if name in seen.malformed:
            verdicts[name], said = [Verdict.ERROR], seen.malformed[name]
            continue
        sides = [side[name].decisions for side in (found, *others.claims) if name in side]
        worst = [max(entry, key=lambda d: d.verdict.rank) for entry in zip(*sides, strict=True)]
        verdicts[name] = [Verdict.UNDECIDED if doubt and d.verdict.good else d.verdict for d in worst]
        said = said or next((d.evidence.detail for d in worst if d.verdict is Verdict.UNDECIDED), "")
    return verdicts, said


def worst(verdicts):
    return max(verdicts, key=lambda verdict: verdict.rank)


class Counts:
    """How many gradients of which kind had which verdict, and why some were left open."""

    VERDICTS = ("PROVED", "AGREES", "UNDECIDED", "REFUTED", "ERROR")

    def __init__(self):
        self.layers = Counter()
        self.gradients = Counter()
        self.reasons = Counter()

    def add(self, what, change, verdict, said):
        """Count a gradient."""
        self.gradients[what, change, verdict.name] += 1
        if not verdict.good and verdict is not Verdict.REFUTED:
            self.reasons[what, said] += 1

    def table(self):
        """Return the lines of the table of kinds and verdicts."""
        head = f"{'change':<22}{'layers':>8}" + "".join(f"{verdict:>11}" for verdict in self.VERDICTS)
        for what in ("unchanged", "changed, to the same", "changed"):
            yield ""
            yield f"random layers, gradients {what}:"
            yield head
            for change in (*CHANGES, "all"):
                numbers = [
                    sum(self.gradients[what, c, verdict] for c in (CHANGES if change == "all" else (change,)))
                    for verdict in self.VERDICTS
                ]
                layers = self.layers.total() if change == "all" else self.layers[change]
                yield f"{change:<22}{layers:>8,}" + "".join(f"{number:>11,}" for number in numbers)
        yield from (f"{number:,} {what}: {said}" for (what, said), number in self.reasons.most_common())


@pytest.fixture(scope="module")
def counts(request):
    """Count, and show in the end what was counted."""
    found = Counts()
    yield found
    manager = request.config.pluginmanager
    with manager.getplugin("capturemanager").global_and_fixture_disabled():
        for line in found.table():
            manager.getplugin("terminalreporter").write_line(line)


def searching(examples, number):
    """Return the settings of a search: the same layers in each run, but others for each number."""
    fixed = settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    return lambda test: seed(number)(fixed(test))


@pytest.mark.parametrize("chunk", CHUNKS)
@pytest.mark.parametrize("change", some(CHANGES, 8))
def test_random_layers(change, chunk, counts):
    """An unchanged layer is proved or agrees, entry by entry; an entry that a change makes another is never proved."""

    @searching(-(-CHUNK // len(CHANGES)), CHANGES.index(change) + 100 * chunk)
    @given(planted_layers(change))
    def judged(drawn):
        layer, planted = drawn
        counts.layers[change] += 1
        unchanged, said = decided(case_of(layer))
        for verdicts in unchanged.values():
            counts.add("unchanged", change, worst(verdicts), said)
        assert all(worst(verdicts).good for verdicts in unchanged.values()), (layer, said)
        found, said = decided(case_of(layer, planted))
        judgement = differing(layer, planted)
        for name, verdicts in found.items():
            wrong = judgement[name]
            what = "changed" if wrong.any() else "changed, to the same"
            counts.add(what, change, worst(verdicts), said)
            for verdict, is_wrong in zip(verdicts, wrong.flat, strict=False):
                allowed = (Verdict.REFUTED, Verdict.UNDECIDED) if is_wrong else (Verdict.PROVED, Verdict.AGREES)
                assert verdict in allowed or (said and verdict is Verdict.UNDECIDED), (layer, planted, verdicts, wrong)

    judged()


@slow
@searching(CHECKED, len(CHANGES))
@given(st.sampled_from(CHANGES).flatmap(planted_layers))
def test_check_says_the_same(drawn):
    """The rows of a check, from the case to the explanation, have the verdicts that are judged above.

    Elsewhere than at the sample, and on edges, an unchanged layer is right too.
    """
    layer, planted = drawn
    for case in (case_of(layer), case_of(layer, planted)):
        rows = {row.name: row.verdict for row in verify.check(case, quick=True).comparisons}
        assert rows == {name: worst(verdicts) for name, verdicts in decided(case)[0].items()}
    assert all(row.verdict.good for row in verify.check(case_of(layer)).comparisons)
