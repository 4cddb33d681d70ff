"""Random programs on arrays of elements, and the plain reference that evaluates a tape one element at a time."""

import math
import random
from fractions import Fraction
from itertools import pairwise

import flint
import numpy as np

from verify.model.exact import simplest_rational
from verify.tape.tape import Tape

SHAPES = ((), (3,), (2, 3), (2, 1), (3, 2), (1, 3), (2, 2, 3))
EXPONENTS = [
    Fraction(n, d) for n, d in ((2, 1), (3, 1), (-1, 1), (-2, 1), (1, 2), (-1, 2), (3, 2), (5, 1), (1, 3), (-7, 4))
]
FUNCTIONS = ("exp", "log", "tanh", "sin", "cos", "atan", "erf")


def element(source, decimals=3):
    """Return a short decimal that is not 0."""
    return Fraction(source.choice((-1, 1)) * source.randint(1, 10**decimals * 2), 10**decimals)


def extreme(source):
    """Return a number of any magnitude that floats have, and a little beyond."""
    kind = source.randrange(5)
    if kind == 0:
        return Fraction(source.randint(-3, 3))
    if kind == 1:
        return element(source)
    return element(source) * Fraction(10) ** source.randint(*((-330, 308), (-20, 20), (-3, 3))[kind - 2])


class Program:
    """A random program: its tape, the elements of its variables, and the arrays that it has computed."""

    def __init__(self, seed, length=12, number=element, exponents=EXPONENTS, functions=FUNCTIONS):
        self.source, self.number = random.Random(seed), number
        self.exponents, self.functions = exponents, functions
        self.tape = Tape()
        shapes = [self.source.choice(SHAPES) for _ in range(3)]
        self.arrays = [
            self.tape.variables([number(self.source) for _ in range(math.prod(s))]).reshape(s) for s in shapes
        ]
        self.inputs = np.concatenate([array.ravel() for array in self.arrays])
        for _ in range(length):
            operation = self.source.choice(OPERATIONS)
            try:
                result = operation(self, self.tape)
            except ZeroDivisionError:
                continue
            if result is not None:
                self.arrays.append(result)

    def pick(self):
        """Return one of the arrays, the last ones more often."""
        return self.source.choice(self.arrays[-4:] if self.source.random() < 0.7 else self.arrays)

    def pair(self):
        """Return two arrays of one shape, by broadcasting if they fit; an array and itself if not."""
        a, b = self.pick(), self.pick()
        try:
            return tuple(np.array(x) for x in np.broadcast_arrays(a, b))
        except ValueError:
            return a, a

    def constant(self):
        """Return the element of a constant, exact or typed."""
        value = self.source.choice((Fraction(0), Fraction(1), Fraction(2, 3), Fraction(-1), 0.1, 0.7978845608028654))
        return self.tape.constant(value) if self.source.random() < 0.9 else self.tape.pi()


def _total(program, tape):
    array = program.pick()
    if not array.ndim:
        return None
    axis = program.source.randrange(array.ndim)
    moved = np.moveaxis(array, axis, -1)
    starts = np.arange(0, moved.size, moved.shape[-1])
    return tape.totals(moved.ravel(), starts).reshape(moved.shape[:-1])


def _uneven(program, tape):
    """Sums of different lengths, of entries that come again."""
    array = program.pick().ravel()
    chosen = np.array([program.source.randrange(array.size) for _ in range(6)])
    return tape.totals(array[chosen], np.array([0, 1, 4]))


def _matmul(program, tape):
    array, other = program.pick(), program.pick()
    n, k, m = program.source.choice(((1, 2, 3), (2, 3, 2), (2, 1, 2), (3, 3, 1)))
    return tape.matmul(np.resize(array, (2, n, k)), np.resize(other, (2, k, m)))


def _gather(program, tape):
    """An array of entries of two others, some of them more than once, as concatenations and indices give."""
    entries = np.concatenate([program.pick().ravel(), program.pick().ravel()])
    shape = program.source.choice(SHAPES)
    return np.array([entries[program.source.randrange(entries.size)] for _ in range(math.prod(shape))]).reshape(shape)


def _written(program, tape):
    """An array with a constant or another's entries written into a part of it."""
    array, other = program.pair()
    mask = np.array([program.source.random() < 0.3 for _ in range(array.size)], bool).reshape(array.shape)
    return np.where(mask, program.constant() if program.source.random() < 0.5 else other, array)


def _function(program, tape):
    return tape.functions(program.source.choice(program.functions), program.pick()) if program.functions else None


OPERATIONS = (
    lambda p, tape: tape.sums(*p.pair()),
    lambda p, tape: tape.sums(*p.pair()),
    lambda p, tape: tape.products(*p.pair()),
    lambda p, tape: tape.products(*p.pair()),
    lambda p, tape: tape.products(*np.broadcast_arrays(p.pick(), p.constant())),
    lambda p, tape: tape.sums(*np.broadcast_arrays(p.pick(), p.constant())),
    lambda p, tape: tape.negatives(p.pick()),
    lambda p, tape: tape.quotients(*p.pair()),
    lambda p, tape: tape.powers(p.pick(), p.source.choice(p.exponents)),
    _function,
    _total,
    _uneven,
    _matmul,
    _gather,
    _written,
    _function,
)


def reference(tape, point, bits=256):
    """Return a ball around each element of a tape, computed one by one."""
    values = []
    with flint.ctx.workprec(bits):
        for block in tape.blocks:
            values += _of_block(block, point, values)
    return values


def _of_block(block, point, values):
    numbers = range(block.start, block.start + block.size)
    if not block.args:
        if block.op == "pi":
            return [flint.arb.pi()]
        exact = [simplest_rational(v) if block.op == "typed" else v for v in block.payload]
        if block.op == "variable":
            exact = [point.get(number, v) for number, v in zip(numbers, exact, strict=True)]
        return [flint.arb(flint.fmpq(*Fraction(v).as_integer_ratio())) for v in exact]
    if block.op == "total":
        cuts = [*block.payload.tolist(), len(block.args[0])]
        return [sum((values[i] for i in block.args[0][a:b].tolist()), flint.arb(0)) for a, b in pairwise(cuts)]
    if block.op == "matmul":
        left, right = block.args
        return [
            sum((values[i] * values[j] for i, j in zip(row.tolist(), column.tolist(), strict=True)), flint.arb(0))
            for s in range(len(left))
            for row in left[s]
            for column in right[s].T
        ]
    args = [[values[i] for i in arg.tolist()] for arg in block.args]
    if block.op == "sum":
        return [a + b for a, b in zip(*args, strict=True)]
    if block.op == "product":
        return [a * b for a, b in zip(*args, strict=True)]
    if block.op == "power":
        return [_power(a, block.payload) for a in args[0]]
    return [getattr(a, block.op)() for a in args[0]]


def _power(a, exponent):
    if exponent.denominator == 1:
        return (
            a ** flint.fmpz(exponent.numerator)
            if exponent < 0
            else math.prod([a] * exponent.numerator, start=flint.arb(1))
        )
    return a.root(exponent.denominator) ** flint.fmpz(exponent.numerator)
