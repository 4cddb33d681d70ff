"""Random layers with what the first ones lack: series branches, quotients that cancel, sums in several orders, ties, clips and wide domains.

A layer sends each of its inputs through a chain of elementwise pieces, combines them, and reduces the result. At most
one kink lies on the way of an entry, directly at entries that vary independently, so that a subgradient of the piece
is one of the layer. Each rule is right for every input of the domain, ties included; a plant makes one rule wrong.
"""

import math
from dataclasses import dataclass

import numpy as np

import verify

SERIES = 0.1  # below, the closed forms lose digits


def _phi(a):
    """Return (exp(a) - 1) / a, by its series near 0."""
    near = np.abs(a) < SERIES
    safe = np.where(near, 1.0, a)
    return np.where(near, sum(a**k / math.factorial(k + 1) for k in range(12)), (np.exp(safe) - 1) / safe)


def _phi_rule(d, a, y):
    near = np.abs(a) < SERIES
    safe = np.where(near, 1.0, a)
    series = sum(k * a ** (k - 1) / math.factorial(k + 1) for k in range(1, 13))
    return d * np.where(near, series, (safe * np.exp(safe) - np.exp(safe) + 1) / safe**2)


def _sinc(a):
    near = np.abs(a) < SERIES
    safe = np.where(near, 1.0, a)
    return np.where(
        near, sum((-1) ** k * a ** (2 * k) / math.factorial(2 * k + 1) for k in range(6)), np.sin(safe) / safe
    )


def _sinc_rule(d, a, y):
    near = np.abs(a) < SERIES
    safe = np.where(near, 1.0, a)
    series = sum((-1) ** k * 2 * k * a ** (2 * k - 1) / math.factorial(2 * k + 1) for k in range(1, 7))
    return d * np.where(near, series, (safe * np.cos(safe) - np.sin(safe)) / safe**2)


@dataclass(frozen=True)
class Piece:
    """An elementwise function, its rule, and where it is at home: `kink` where it has one, `wide` for huge inputs too.

    `plants` are wrong rules: of the kink only, or for some inputs only, or everywhere.
    """

    forward: object
    rule: object
    kink: bool = False
    wide: bool = True
    plants: tuple = ()


PIECES = {
    "scale": Piece(lambda a: a * 1.7, lambda d, a, y: d * 1.7),
    "shift": Piece(lambda a: a - 0.3, lambda d, a, y: d * 1.0),
    "tanh": Piece(np.tanh, lambda d, a, y: d * (1 - y * y)),
    "soft sign": Piece(lambda a: a / np.sqrt(1 + a * a), lambda d, a, y: d / (1 + a * a) / np.sqrt(1 + a * a)),
    "arctan": Piece(np.arctan, lambda d, a, y: d / (1 + a * a)),
    "exp": Piece(lambda a: np.exp(a / 4), lambda d, a, y: d * y / 4, wide=False),
    "square": Piece(lambda a: a * a, lambda d, a, y: d * 2 * a, wide=False),
    "cube over": Piece(
        lambda a: a * a * a,
        lambda d, a, y: d * 3 * a * a,
        wide=False,
        plants=(("hole at 0", lambda d, a, y: d * 3 * y / a),),
    ),
    "quotient": Piece(lambda a: a * a * a / a, lambda d, a, y: d * 2 * a, wide=False),
    "log": Piece(lambda a: np.log(1 + a * a), lambda d, a, y: d * 2 * a / (1 + a * a), wide=False),
    "series exp": Piece(_phi, _phi_rule, wide=False, plants=(
        ("series one coefficient", lambda d, a, y: np.where(np.abs(a) < SERIES, d * (0.5 + a / 3.0 + a * a / 7.0), _phi_rule(d, a, y))),
    )),
    "series sinc": Piece(_sinc, _sinc_rule, wide=False, plants=(
        ("series too short", lambda d, a, y: np.where(np.abs(a) < SERIES, d * (-a / 3.0), _sinc_rule(d, a, y))),
    )),
    "relu": Piece(lambda a: np.maximum(a, 0), lambda d, a, y: d * (a > 0), kink=True, plants=(
        ("tie", lambda d, a, y: d * np.where(a == 0, 2.0, a > 0)),
        ("far", lambda d, a, y: d * ((a > 0) & (a < 1e3))),
    )),
    "relu, one at 0": Piece(lambda a: a * (a > 0), lambda d, a, y: d * (a >= 0), kink=True, plants=(
        ("tie", lambda d, a, y: np.where(a == 0, -d, d * (a > 0))),
    )),
    "leaky": Piece(lambda a: np.where(a > 0, a, 0.1 * a), lambda d, a, y: d * np.where(a > 0, 1, 0.1), kink=True, plants=(
        ("tie", lambda d, a, y: d * np.where(a > 0, 1, np.where(a == 0, 0, 0.1))),
    )),
    "abs": Piece(np.abs, lambda d, a, y: d * np.sign(a), kink=True, plants=(
        ("tie", lambda d, a, y: d * np.where(a == 0, 3, np.sign(a))),
        ("sign on one side", lambda d, a, y: d * np.where(a < 0, 1, np.sign(a))),
    )),
    "clip": Piece(lambda a: np.clip(a, -0.7, 0.6), lambda d, a, y: d * ((a >= -0.7) & (a <= 0.6)), kink=True, plants=(
        ("one bound only", lambda d, a, y: d * (a <= 0.6)),
        ("tie", lambda d, a, y: d * np.where(a == 0.6, 1.5, (a >= -0.7) & (a <= 0.6))),
    )),
    "huber": Piece(
        lambda a: np.where(np.abs(a) <= 1, a * a / 2, np.abs(a) - 0.5),
        lambda d, a, y: d * np.clip(a, -1, 1),
        kink=True,
        plants=(("tie", lambda d, a, y: d * np.where(a == 1, 0, np.clip(a, -1, 1))),),
    ),
    "hinge": Piece(lambda a: np.maximum(0, 1 - a), lambda d, a, y: -d * (a < 1), kink=True, plants=(
        ("far", lambda d, a, y: -d * ((a < 1) & (a > -1e3))),
    )),
}  # fmt: skip
EVERYWHERE = {
    "factor": lambda d, a, y, right: right * 2,
    "sign": lambda d, a, y, right: -right,
    "constant off by 1e-9": lambda d, a, y, right: right * (1 + 1e-9),
    "upstream squared": lambda d, a, y, right: right * d,
    "term": lambda d, a, y, right: right + d * a,
    "tiny term": lambda d, a, y, right: right + 1e-6 * d * a,
}


def _sum(a, order):
    if order == "plain":
        return a.sum(axis=-1)
    if order == "reversed":
        return a[..., ::-1].sum(axis=-1)
    if order == "dot":
        return a @ np.ones(a.shape[-1])
    if order == "einsum":
        return np.einsum("...i->...", a)
    total = a[..., 0] * 1.0
    for i in range(1, a.shape[-1]):
        total = total + a[..., i]
    return total


ORDERS = ("plain", "reversed", "dot", "einsum", "loop")


def _spread(d, a):
    return np.broadcast_to(np.asarray(d)[..., None], a.shape) * 1.0


def _normalised(a, order, other):
    return a - (_sum(a, order) / a.shape[-1])[..., None]


def _softmax(a, order, other):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / _sum(e, order)[..., None]


# What is done with the rows of the combined array: forward(a, order, other order), rule(d, a, y, order, other order).
# `flat` reductions have a kink of their own, so that nothing before them may have one.
ROWS = {
    "nothing": (lambda a, o, p: a * 1.0, lambda d, a, y, o, p: d * 1.0),
    "sum": (lambda a, o, p: _sum(a, o), lambda d, a, y, o, p: _spread(d, a)),
    "mean": (lambda a, o, p: _sum(a, o) / a.shape[-1], lambda d, a, y, o, p: _spread(d, a) / a.shape[-1]),
    "square sum": (lambda a, o, p: _sum(a * a, o), lambda d, a, y, o, p: 2 * a * _spread(d, a)),
    "centred": (_normalised, lambda d, a, y, o, p: d - (_sum(d, p) / a.shape[-1])[..., None]),
    "softmax": (_softmax, lambda d, a, y, o, p: y * (d - _sum(d * y, p)[..., None])),
    "variance": (
        lambda a, o, p: _sum(_normalised(a, o, p) ** 2, p) / a.shape[-1],
        lambda d, a, y, o, p: 2 * _spread(d, a) * _normalised(a, p, o) / a.shape[-1],
    ),
    "maximum": (
        lambda a, o, p: a.max(axis=-1),
        lambda d, a, y, o, p: _spread(d, a) * (np.arange(a.shape[-1]) == a.argmax(axis=-1)[..., None]),
    ),
    "maximum, shared": (
        lambda a, o, p: a.max(axis=-1),
        lambda d, a, y, o, p: _spread(d, a) * (a == y[..., None]) / _sum(1.0 * (a == y[..., None]), p)[..., None],
    ),
}
FLAT = ("maximum", "maximum, shared")
ROW_PLANTS = {
    "maximum": (("tie", lambda d, a, y, o, p: _spread(d, a) * (a == y[..., None])),),
    "maximum, shared": (("tie", lambda d, a, y, o, p: _spread(d, a) * (a == y[..., None])),),
    "centred": (("not centred", lambda d, a, y, o, p: d * 1.0),),
    "softmax": (("diagonal only", lambda d, a, y, o, p: d * y * (1 - y)),),
    "variance": (("lost cross term", lambda d, a, y, o, p: 2 * _spread(d, a) * a / a.shape[-1]),),
    "mean": (("sum", lambda d, a, y, o, p: _spread(d, a)),),
}
# How two inputs are combined: forward(a, b) and rule(d, a, b).
TWO = {
    "add": (lambda a, b: a + b, lambda d, a, b: (d * 1.0, d * 1.0)),
    "multiply": (lambda a, b: a * b, lambda d, a, b: (d * b, d * a)),
    "divide": (lambda a, b: a / (1 + b * b), lambda d, a, b: (d / (1 + b * b), -2 * d * a * b / (1 + b * b) ** 2)),
    "larger": (np.maximum, lambda d, a, b: (d * (a >= b), d * (a < b))),
    "larger, halved at ties": (
        np.maximum,
        lambda d, a, b: (d * np.where(a == b, 0.5, a > b), d * np.where(a == b, 0.5, a < b)),
    ),
}
KINKED = ("larger", "larger, halved at ties")
TWO_PLANTS = {
    "larger": (("tie", lambda d, a, b: (d * (a >= b), d * (a <= b))),),
    "larger, halved at ties": (("tie", lambda d, a, b: (d * (a >= b), d * (a <= b))),),
    "multiply": (("swapped", lambda d, a, b: (d * a, d * b)),),
    "divide": (("lost square", lambda d, a, b: (d / (1 + b * b), -2 * d * a * b / (1 + b * b))),),
}
DOMAINS = {
    "": (None, None),
    "unit": (-1, 1),
    "positive": ("0.1", 3),
    "wide": (-(10**6), 10**6),
    "far": (-(10**9), 10**9),
}
SHAPES = ("3", "2 3", "1 3", "2", "4")


@dataclass(frozen=True)
class Plan:
    """A layer: a chain of pieces for each input, how two of them are combined, what is done with rows, the domain."""

    shape: str
    domain: str
    chains: tuple
    two: str
    rows: str
    orders: tuple

    def inputs(self):
        low, high = DOMAINS[self.domain]
        return {name: verify.real(self.shape, low=low, high=high) for name in "xy"[: len(self.chains)]}


class Layer:
    """A plan as a layer with `forward` and `backward`; `plant` is (where, name), and makes one rule wrong."""

    def __init__(self, plan, plant=None):
        self.plan, self.plant = plan, plant

    def forward(self, *inputs):
        self.values = []
        for chain, value in zip(self.plan.chains, inputs, strict=True):
            values = [value.copy()]
            for name in chain:
                values.append(PIECES[name].forward(values[-1]))
            self.values.append(values)
        ends = [values[-1] for values in self.values]
        self.joined = TWO[self.plan.two][0](*ends) if len(ends) == 2 else ends[0]
        self.out = ROWS[self.plan.rows][0](self.joined, *self.plan.orders)
        return self.out * 1.0

    def backward(self, dout):
        where, wrong = self.plant or (None, None)
        rule = wrong if where == "rows" else ROWS[self.plan.rows][1]
        d = rule(dout, self.joined, self.out, *self.plan.orders)
        ends = [values[-1] for values in self.values]
        rule = wrong if where == "two" else TWO[self.plan.two][1]
        shares = rule(d, *ends) if len(ends) == 2 else (d,)
        gradients = []
        for k, (chain, values, share) in enumerate(zip(self.plan.chains, self.values, shares, strict=True)):
            for i in range(len(chain) - 1, -1, -1):
                right = PIECES[chain[i]].rule(share, values[i], values[i + 1])
                share = wrong(share, values[i], values[i + 1], right) if where == (k, i) else right
            gradients.append(share)
        return tuple(gradients) if len(gradients) > 1 else gradients[0]


def case_of(plan, plant=None):
    """Make a case of a plan."""

    class Random(Layer):
        def __init__(self):
            super().__init__(plan, plant)

    return verify.layer(Random, inputs=plan.inputs(), name="random")


def _fits(name, chain, *, kinked, flat, wide):
    """Tell whether a piece may follow a chain, so that the layer is right by its rules for every input."""
    piece = PIECES[name]
    # After a kink comes nothing with another one, nor before it what is not strictly monotone.
    bent = piece.kink and (kinked or any(other not in MONOTONE for other in chain))
    far = wide and (not piece.wide or any(other in SATURATING for other in chain))
    nothing = name == "quotient" and kinked  # what a kink sets to 0 has no quotient
    return not (bent or far or nothing or (flat and name not in MONOTONE))


def drawn(rng):
    """Draw a plan."""
    domain = rng.choice(list(DOMAINS))
    wide = domain in ("wide", "far")
    two = rng.choice(list(TWO))
    rows = rng.choice(list(ROWS))
    count = rng.choice((1, 1, 2))
    flat = rows in FLAT or (count == 2 and two in KINKED)
    if count == 2 and two in KINKED and rows in FLAT:
        rows = "sum"
    if wide and (rows in ("square sum", "variance", "softmax") or (count == 2 and two in ("multiply", "divide"))):
        rows, two = "sum", "add"
    chains = []
    for _ in range(count):
        chain, kinked = [], flat
        for _ in range(rng.randrange(0 if count == 2 or rows != "nothing" else 1, 4)):
            name = rng.choice(list(PIECES))
            if not _fits(name, chain, kinked=kinked, flat=flat, wide=wide):
                continue
            kinked = kinked or PIECES[name].kink
            chain.append(name)
        chains.append(tuple(chain))
    orders = (rng.choice(ORDERS), rng.choice(ORDERS))
    return Plan(rng.choice(SHAPES), domain, tuple(chains), two, rows, orders)


MONOTONE = ("scale", "shift")
SATURATING = ("tanh", "soft sign", "arctan")


def plants(plan):
    """Return the plants that a plan has room for: (kind, (where, rule))."""
    found = []
    for k, chain in enumerate(plan.chains):
        for i, name in enumerate(chain):
            for kind, rule in PIECES[name].plants:
                found.append((kind, ((k, i), lambda d, a, y, right, rule=rule: rule(d, a, y))))
            found += [(kind, ((k, i), rule)) for kind, rule in EVERYWHERE.items()]
    found += [(kind, ("rows", rule)) for kind, rule in ROW_PLANTS.get(plan.rows, ())]
    if len(plan.chains) == 2:
        found += [(kind, ("two", rule)) for kind, rule in TWO_PLANTS.get(plan.two, ())]
    return found


def points(plan, rng, number=60):
    """Yield inputs of the domain: of all magnitudes, with ties, zeros, and the thresholds of the pieces."""
    low, high = (None if b is None else float(b) for b in DOMAINS[plan.domain])
    shape = tuple(map(int, plan.shape.split()))
    special = [
        v for v in (0.0, 0.6, -0.7, 1.0, -1.0, 0.05, -0.03, 2e3, -2e3, 0.9, 1.3, 1.3 / 1.7) if _within(v, low, high)
    ]
    for turn in range(number):
        arrays = []
        for _ in plan.chains:
            size = 10.0 ** rng.choice((-2, -1, 0, 0, 0, 3, 5))
            values = rng.normal(size=shape) * size
            if turn % 3 == 1:
                values = rng.choice(special, size=shape)
            if turn % 3 == 2 and values.size > 1:
                values.reshape(-1)[1] = values.reshape(-1)[0]
            if low is not None:
                values = np.clip(values, low + (high - low) * 1e-3, high - (high - low) * 1e-3)
            arrays.append(values)
        if turn % 6 == 5 and len(arrays) == 2:
            arrays[1] = arrays[0].copy()
        yield arrays


def _within(value, low, high):
    return (low is None or value > low) and (high is None or value < high)


def makes_a_difference(plan, plant, seed):
    """Tell whether a plant shows on floats at any point: then it has to be found."""
    rng = np.random.default_rng(seed)
    with np.errstate(all="ignore"):
        for arrays in points(plan, rng):
            right, wrong = Layer(plan), Layer(plan, plant)
            out = right.forward(*arrays)
            if not np.isfinite(out).all():
                continue
            wrong.forward(*arrays)
            d = rng.uniform(0.3, 2, np.shape(out)) * rng.choice((1, -1), np.shape(out))
            a, b = right.backward(d), wrong.backward(d)
            for p, q in zip(*((v if isinstance(v, tuple) else (v,)) for v in (a, b)), strict=True):
                if not np.isfinite(p).all():
                    continue
                if (
                    not np.isfinite(q).all()
                    or (np.abs(p - q) > 1e-10 * np.maximum(np.abs(p), np.abs(q)) + 1e-290).any()
                ):
                    return True
    return False
