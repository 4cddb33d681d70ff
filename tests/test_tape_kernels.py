"""Functions as random elements: the same for the same argument in all walks, and only then."""

import numpy as np

from verify.tape.draws import Draws
from verify.tape.kernels import Kernels
from verify.tape.primes import chains, moduli
from verify.tape.residues import products, reduced

PRIMES = tuple(chain.p for chain in chains("kernels", 3))
P = moduli(PRIMES)


def kernels():
    return Kernels(P, Draws("values", PRIMES))


def arguments(count=5):
    return Draws("arguments", PRIMES).next(count).copy()


def test_equal_arguments_have_equal_values():
    """In whatever order and call they come; other functions have other values."""
    known, u = kernels(), arguments()
    first = known.at("log", u, None)
    assert (known.at("log", u[:, ::-1], None) == first[:, ::-1]).all()
    assert not (known.at("atan", u, None) == first).any()
    assert len(set(first[0].tolist())) == 5


def test_arguments_that_agree_in_some_walks_only_are_different():
    """One walk is enough to tell them from each other."""
    known, u = kernels(), arguments()
    other = u.copy()
    other[2] = reduced(other[2:] + np.uint64(1), P[2:])[0]
    assert not (known.at("log", u, None) == known.at("log", other, None)).any()


def test_odd_and_even_functions():
    """Also where an argument is 0 in some walks, or has a pole there."""
    known, u = kernels(), arguments()
    u[0, 0] = u[1, 1] = 0
    valid = np.ones(u.shape, bool)
    valid[0, 2] = False
    u[0, 2] = 0
    negative = reduced(P - u, P)
    for name in ("sin", "tanh", "atan", "erf"):
        assert (known.at(name, negative, valid) == reduced(P - known.at(name, u, valid), P)).all()
    assert (known.at("cos", negative, valid) == known.at("cos", u, valid)).all()
    assert not (known.at("exp", negative, valid) == known.at("exp", u, valid)).any()


def test_what_is_0_everywhere_has_the_value_there():
    """0 in all walks is 0: sin(0) is 0, cos(0) is 1."""
    nothing = np.zeros((3, 1), np.uint64)
    values = {name: kernels().at(name, nothing, None).ravel().tolist() for name in ("sin", "cos", "exp", "erf")}
    assert values == {"sin": [0] * 3, "cos": [1] * 3, "exp": [1] * 3, "erf": [0] * 3}


def test_the_circle():
    """sin**2 + cos**2 is 1."""
    known, u = kernels(), arguments()
    sin, cos = known.at("sin", u, None), known.at("cos", u, None)
    assert (reduced(products(sin, sin, P) + products(cos, cos, P), P) == 1).all()


def test_a_pole_is_part_of_the_argument():
    """An argument with a pole in a walk is none that has a value there."""
    known, u = kernels(), arguments()
    valid = np.ones(u.shape, bool)
    valid[1] = False
    assert not (known.at("log", u, None) == known.at("log", u, valid)).any()
    assert (known.at("log", np.where(valid, u, 0), valid) == known.at("log", u, valid)).all()
