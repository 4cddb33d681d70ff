"""Whether backward is defined wherever the outputs of forward are, told of a run on whole arrays."""

from fractions import Fraction

import numpy as np
import pytest

from verify.checks.gradients.defined import is_defined_with
from verify.tape.tape import Tape

INVERSE, ROOT, SQUARE = Fraction(-1), Fraction(1, 2), Fraction(2)


def tape_of(*steps):
    """Return a tape with x and the results of steps, each of which gets the tape and what came before it."""
    tape = Tape()
    elements = [tape.variables([Fraction(2), Fraction(3)])]
    for step in steps:
        elements.append(step(tape, *elements))
    return tape, elements


def power(exponent, of=0):
    return lambda tape, *before: tape.powers(before[of], exponent)


def function(name, of=0):
    return lambda tape, *before: tape.functions(name, before[of])


@pytest.mark.parametrize(
    ("of_output", "of_backward", "is_defined"),
    [
        (power(INVERSE), power(INVERSE), True),
        (power(INVERSE), power(Fraction(-2)), True),
        (power(SQUARE), power(INVERSE), False),
        (power(ROOT), power(INVERSE), False),  # at 0 the root is defined
        (power(INVERSE), power(ROOT), False),
        (power(Fraction(-1, 2)), power(ROOT), True),
        (function("log"), power(Fraction(-1, 2)), True),
        (power(ROOT), function("log"), False),
        (function("exp"), function("exp"), True),
        (function("exp"), power(INVERSE), False),
        (function("asin"), function("asin"), True),
        (function("log"), function("asin"), False),
    ],
)
def test_each_operation_needs_one_of_the_output_that_is_defined_nowhere_else(of_output, of_backward, is_defined):
    """Of 1 / x in both, nothing is left; a root does not do for a divisor, nor a divisor for a root."""
    tape, (_, output, _) = tape_of(of_output, of_backward)
    assert is_defined_with(tape, tape.size, output) is is_defined


def test_what_no_output_needs_does_not_count():
    """That forward has divided by x for something else leaves x = 0 to its output."""
    tape, (_, output, _) = tape_of(power(SQUARE), power(INVERSE))
    assert not is_defined_with(tape, tape.size, output)
    assert is_defined_with(tape, int(output[-1]) + 1, output), "what was derived later is not of the run"


def test_each_element_counts():
    """An output that divides by the first entry alone leaves the second one to backward."""
    tape, (x, output, _) = tape_of(lambda tape, x: tape.powers(x[:1], INVERSE), power(INVERSE))
    assert len(x) == 2
    assert not is_defined_with(tape, tape.size, output)


def test_positive_constants_are_no_limits():
    """To divide by 1e-7 is defined everywhere, and to take the root of -1.5 is not."""
    tape = Tape()
    x, small, negative = (tape.variables([Fraction(2)]), tape.constants([1e-7]), tape.constants([-1.5]))
    tape.powers(small, INVERSE)
    assert is_defined_with(tape, tape.size, x)
    tape.powers(negative, ROOT)
    assert not is_defined_with(tape, tape.size, np.array(x))
