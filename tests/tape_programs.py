"""Random array programs, built on a tape and on a graph of scalars at the same time."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np

from verify.graph.graph import Graph
from verify.tape.tape import Tape

HALF = Fraction(1, 2)
EXPONENTS = [Fraction(2), Fraction(3), Fraction(-1), Fraction(-2), HALF, -HALF, Fraction(1, 3)]
FUNCTIONS = ["exp", "log", "tanh", "sin", "cos", "atan", "erf"]
OPERATIONS = ["add", "subtract", "multiply", "divide", "power", "function", "rows", "matmul", "constant"]
CONSTANTS = [Fraction(2), Fraction(1, 3), 0.1, Fraction(-1), Fraction(7, 5), 0.7978845608028654, Fraction(1, 10**12)]


class Twin:
    """An array of elements of a tape and the same of nodes of a graph."""

    def __init__(self, elements, nodes):
        self.elements = np.asarray(elements)
        self.nodes = np.asarray(nodes)
        assert self.elements.shape == self.nodes.shape

    @property
    def shape(self):
        return self.elements.shape

    def __getitem__(self, index):
        return Twin(self.elements[index], self.nodes[index])

    def reshape(self, *shape):
        return Twin(self.elements.reshape(*shape), self.nodes.reshape(*shape))

    def turned(self):
        return Twin(self.elements.T, self.nodes.T)


class Both:
    """A tape and a graph; the operations of both on twins."""

    def __init__(self):
        self.tape, self.graph = Tape(), Graph()
        self.point = {}

    def variables(self, shape, rng):
        count = int(np.prod(shape))
        values = [Fraction(rng.randrange(20, 300), 100) for _ in range(count)]
        names = [f"v{len(self.point) + i}" for i in range(count)]
        self.point.update(zip(names, values, strict=True))
        return Twin(
            self.tape.variables(values).reshape(shape), np.array([*map(self.graph.variable, names)], int).reshape(shape)
        )

    def constant(self, value, shape):
        node = self.graph.typed(value) if isinstance(value, float) else self.graph.constant(value)
        return Twin(np.full(shape, self.tape.constant(value)), np.full(shape, node))

    def _each(self, rule, *twins):
        shape = twins[0].shape
        rows = zip(*(twin.nodes.ravel().tolist() for twin in twins), strict=True)
        return np.array([rule(*row) for row in rows], int).reshape(shape)

    def add(self, a, b):
        return Twin(self.tape.sums(a.elements, b.elements), self._each(self.graph.sum, a, b))

    def multiply(self, a, b):
        return Twin(self.tape.products(a.elements, b.elements), self._each(self.graph.product, a, b))

    def negative(self, a):
        return Twin(self.tape.negatives(a.elements), self.multiply_nodes(a, Fraction(-1)))

    def multiply_nodes(self, a, factor):
        return self._each(lambda node: self.graph.product(self.graph.constant(factor), node), a)

    def subtract(self, a, b):
        return self.add(a, self.negative(b))

    def divide(self, a, b):
        return Twin(self.tape.quotients(a.elements, b.elements), self._each(self.graph.quotient, a, b))

    def power(self, a, exponent):
        return Twin(
            self.tape.powers(a.elements, exponent), self._each(lambda node: self.graph.power(node, exponent), a)
        )

    def function(self, name, a):
        return Twin(self.tape.functions(name, a.elements), self._each(lambda node: self.graph.function(name, node), a))

    def row_sums(self, a):
        """Return the sums of rows, broadcast to the shape."""
        rows, columns = a.shape
        totals = self.tape.totals(a.elements.ravel(), np.arange(0, rows * columns, columns))
        nodes = np.array([self.graph.total(row) for row in a.nodes.tolist()], int)
        return Twin(np.repeat(totals[:, None], columns, 1), np.repeat(nodes[:, None], columns, 1))

    def matmul(self, a, b):
        elements = self.tape.matmul(a.elements[None], b.elements[None])[0]
        rows, columns = elements.shape
        nodes = [
            self.graph.total(map(self.graph.product, a.nodes[i].tolist(), b.nodes[:, j].tolist()))
            for i in range(rows)
            for j in range(columns)
        ]
        return Twin(elements, np.array(nodes, int).reshape(rows, columns))


def program(rng: random.Random, length=6, ops=OPERATIONS):
    """Return a random program as steps, each an operation with numbers of earlier arrays."""
    steps = []
    for number in range(2, 2 + length):
        a, b = rng.randrange(number), rng.randrange(number)
        op = rng.choice(ops)
        extra = {"power": EXPONENTS, "function": FUNCTIONS, "constant": CONSTANTS}.get(op, [None])
        steps.append((op, a, b, rng.choice(extra)))
    return steps


PLANTS = ["sign", "index", "constant", "squared", "entry", "argument", "scaled"]


def planted(steps, rng: random.Random):
    """Return a step that goes wrong, and how."""
    return rng.randrange(len(steps)), rng.choice(PLANTS)


def run(both: Both, inputs, steps, *, rearranged=False, plant=None):
    """Run a program; rearranged, it is written another way; with a plant, it goes wrong at one step."""
    arrays = list(inputs)
    for number, (op, left, right, extra) in enumerate(steps):
        a, b = arrays[left], arrays[right]
        value = (_REARRANGED if rearranged else _PLAIN)[op](both, a, b, extra)
        if plant is not None and plant[0] == number:
            value = _wrong(both, value, a, plant[1])
        arrays.append(value)
    return arrays[-1]


def _sigmoid(both, a, b, extra):
    e = both.function("exp", both.negative(a))
    return both.power(both.add(both.constant(Fraction(1), a.shape), e), Fraction(-1))


def _sigmoid_again(both, a, b, extra):
    one, e = both.constant(Fraction(1), a.shape), both.function("exp", both.negative(a))
    return both.subtract(one, both.divide(e, both.add(e, one)))


_PLAIN = {
    "add": lambda both, a, b, extra: both.add(a, b),
    "subtract": lambda both, a, b, extra: both.subtract(a, b),
    "multiply": lambda both, a, b, extra: both.multiply(a, b),
    "divide": lambda both, a, b, extra: both.divide(a, b),
    "power": lambda both, a, b, extra: both.power(a, extra),
    "function": lambda both, a, b, extra: both.function(extra, a),
    "rows": lambda both, a, b, extra: both.row_sums(a),
    "matmul": lambda both, a, b, extra: both.matmul(both.matmul(a, b.turned()), b),
    "constant": lambda both, a, b, extra: both.multiply(both.constant(extra, a.shape), a),
    "sigmoid": _sigmoid,
}


def _multiplied_out(both, a, b, extra):
    if b.nodes is a.nodes:
        return both.power(a, Fraction(2))
    return both.add(both.multiply(both.subtract(a, b), b), both.power(b, Fraction(2)))


_REARRANGED = {
    "add": lambda both, a, b, extra: both.add(b, a),
    "subtract": lambda both, a, b, extra: both.negative(both.subtract(b, a)),
    "multiply": _multiplied_out,
    "divide": lambda both, a, b, extra: both.multiply(both.power(b, Fraction(-1)), a),
    "power": lambda both, a, b, extra: (
        both.multiply(a, both.power(a, extra - 1)) if extra.denominator == 1 else both.power(a, extra)
    ),
    "function": _PLAIN["function"],
    "rows": lambda both, a, b, extra: both.row_sums(a[:, ::-1]),
    "matmul": lambda both, a, b, extra: both.matmul(a, both.matmul(b.turned(), b)),
    "constant": lambda both, a, b, extra: both.subtract(
        both.multiply(a, both.constant(extra, a.shape)), both.constant(Fraction(0), a.shape)
    ),
    "sigmoid": _sigmoid_again,
}


def _wrong(both, value, a, how):
    match how:
        case "sign":
            return both.negative(value)
        case "index":
            return value[::-1]
        case "constant":
            return both.multiply(value, both.constant(1 + Fraction(1, 10**12), value.shape))
        case "squared":
            return both.multiply(value, value)
        case "entry":
            elements, nodes = value.elements.copy(), value.nodes.copy()
            elements[0, 0], nodes[0, 0] = a.elements[1, 1], a.nodes[1, 1]
            return Twin(elements, nodes)
        case "argument":
            return both.add(value, a)
        case "scaled":
            return both.multiply(value, both.constant(Fraction(1, 6), value.shape))
