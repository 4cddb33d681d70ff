"""The layers compute what their operation is, on any kind of number."""

from fractions import Fraction

import flint
import numpy as np
import pytest
import sympy

from layers.arithmetic import AddLayer, DivLayer, MulLayer, NegLayer, PowLayer, SubLayer

BINARY = [
    (AddLayer, lambda x, y: x + y, lambda x, y: (1, 1)),
    (SubLayer, lambda x, y: x - y, lambda x, y: (1, -1)),
    (MulLayer, lambda x, y: x * y, lambda x, y: (y, x)),
    (DivLayer, lambda x, y: x / y, lambda x, y: (1 / y, -x / y**2)),
]
NUMBERS = {
    "float": (8.0, 4.0, 0.5),
    "array": (np.array([8.0, 2.0]), np.array([4.0, 0.5]), np.array([0.5, 2.0])),
    "fraction": (Fraction(10, 3), Fraction(2, 7), Fraction(13, 10)),
    "symbol": sympy.symbols("x y dout"),
    "ball": (flint.arb(8), flint.arb(4), flint.arb(0.5)),
}


def same(a, b):
    """Tell whether two numbers of one kind are equal."""
    return bool(np.all(a == b)) if not isinstance(a, sympy.Expr) else sympy.simplify(a - b) == 0


@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize(("layer", "forward", "partials"), BINARY)
def test_binary_layers(layer, forward, partials, kind):
    """A layer of two inputs gives the value, and the upstream times each partial derivative."""
    x, y, dout = NUMBERS[kind]
    unit = layer()
    assert same(unit.forward(x, y), forward(x, y))
    for gradient, partial in zip(unit.backward(dout), partials(x, y), strict=True):
        assert same(gradient, dout * partial)
        assert type(gradient) is type(dout * partial)


@pytest.mark.parametrize("kind", NUMBERS)
def test_unary_layers(kind):
    """A power and a negation give their value and the upstream times their derivative."""
    x, _, dout = NUMBERS[kind]
    power, negation = PowLayer(3), NegLayer()
    assert same(power.forward(x), x**3)
    assert same(power.backward(dout), dout * 3 * x**2)
    assert same(negation.forward(x), -x)
    assert same(negation.backward(dout), -dout)


def test_single_nodes_of_the_tutorial():
    """Inputs 10 and 5 with an upstream of 1.3: 15 and (1.3, 1.3) for the sum, 50 and (6.5, 13) for the product."""
    add, mul = AddLayer(), MulLayer()
    assert (add.forward(10, 5), add.backward(1.3)) == (15, (1.3, 1.3))
    assert (mul.forward(10, 5), mul.backward(1.3)) == (50, (6.5, 13.0))


def test_add_layer_remembers_nothing():
    """A sum needs nothing from forward."""
    layer = AddLayer()
    layer.forward(1, 2)
    assert vars(layer) == {}
