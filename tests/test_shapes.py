"""Shapes in names, and their sizes."""

import pytest

from verify.cases.inputs import described, integer, real
from verify.cases.shapes import concrete, entry_names
from verify.cases.sizes import bindings
from verify.model.errors import InputError


def test_each_name_has_a_size_of_its_own():
    """No two dimensions are alike, nor like a number in a shape; the second binding has the first of them 1."""
    first, second = bindings([real("N D 4"), real("D 2*H"), integer("N", below="V")], {})
    assert first == {"N": 3, "D": 5, "H": 6, "V": 7}
    assert second == {**first, "N": 1}


def test_sizes_may_be_chosen():
    """A size that the author gives stays; if it is that of the first name there is one binding."""
    assert bindings([real("N D")], {"D": 7}) == [{"N": 3, "D": 7}, {"N": 1, "D": 7}]
    assert bindings([real("N D")], {"N": 2}) == [{"N": 2, "D": 3}]
    assert bindings([real("3 4")], {}) == [{}]


def test_shapes_in_numbers():
    """Names, numbers, products and sums of them make a shape; nothing is a scalar."""
    assert concrete("N 4*H H+N 7", {"N": 2, "H": 3}) == (2, 12, 5, 7)
    assert concrete("", {}) == ()


def test_a_shape_is_of_the_sizes_that_are_asked_for():
    """A shape that was asked for before is another one with other sizes, and what is refused is so each time."""
    assert [concrete("N H", {"N": n, "H": 3}) for n in (2, 4, 2)] == [(2, 3), (4, 3), (2, 3)]
    for _ in range(2):
        with pytest.raises(InputError, match="no entries"):
            concrete("N H", {"N": 0, "H": 3})


@pytest.mark.parametrize("shape", ["N,D", "N-1", "(N D)", "2*", "N D!", "1.5", "N**2"])
def test_shapes_that_cannot_be_read(shape):
    """The message has the part that cannot be read and says what was expected."""
    with pytest.raises(InputError, match="cannot be read at .*names and numbers"):
        real(shape)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: integer("N", below="A B"), "expected one size"),
        (lambda: described("x", 1.5), "the input 'x' is 1.5: expected a shape like"),
        (lambda: described("x", "N;D"), "the input 'x': the shape"),
        (lambda: bindings([real("N")], {"M": 2}), "a size is given for 'M', which is in no shape"),
        (lambda: concrete("N 1000", {"N": 10**4}), "10,000,000 entries"),
        (lambda: concrete("N 0", {"N": 3}), "the shape 'N 0' has no entries"),
    ],
)
def test_what_does_not_fit(make, message):
    """Bounds, sizes and descriptions that make no sense are told."""
    with pytest.raises(InputError, match=message):
        make()


def test_names_of_entries():
    """Entries are named as they are indexed."""
    assert entry_names("x", (2, 2)) == ["x[0,0]", "x[0,1]", "x[1,0]", "x[1,1]"]
    assert entry_names("x", ()) == ["x"]
