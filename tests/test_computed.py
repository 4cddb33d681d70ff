"""Arrays of constants that were computed in floats: what their errors explain is left open, and nothing else is."""

import numpy as np
import pytest
from effort import some

import verify
from verify import Verdict
from verify.model.reasons import Reason


def transform(size):
    """Return the matrix of a discrete Fourier transform, in floats."""
    return np.exp(-2j * np.pi * np.outer(np.arange(size), np.arange(size)) / size)


def filtered(size, inverse):
    """Return a filter by transforms, whose gradient is written with a matrix and an inverse of it."""
    matrix, weights = transform(size), np.arange(size)

    @verify.case(x=str(size), name="filtered")
    def case(x):
        d = yield np.fft.ifft(np.fft.fft(x) * weights).real
        return (inverse(matrix) @ ((matrix @ d) * weights)).real

    return case


def solved(change=0.0, sign=1.0):
    """Return the solution of a system whose matrix is close to singular, its gradient by an inverse in floats."""
    matrix = 1.0 / (1.1 + np.add.outer(np.arange(4), np.arange(4)))
    inverse = np.linalg.inv(matrix)
    inverse[1, 2] *= 1 + change

    @verify.case(x="4")
    def case(x):
        d = yield np.linalg.solve(matrix, x)
        return sign * inverse.T @ d

    return case


def verdicts(case):
    return {row.verdict for row in verify.check(case, quick=True).comparisons}


@pytest.mark.parametrize(("size", "verdict"), some([(4, Verdict.AGREES), (8, Verdict.UNDECIDED)], 4))
def test_an_inverse_in_floats_is_not_refuted(size, verdict):
    """Its entries are off by a rounding or two: few may be corrected, of many it is no mistake, and no proof."""
    rows = verify.check(filtered(size, lambda matrix: matrix.conj() / size), quick=True).comparisons
    open_reasons = {Reason.COMPUTED_CONSTANTS, Reason.ROUNDED_CONSTANTS}
    assert {row.verdict for row in rows} == {verdict}
    assert {row.evidence.reason for row in rows} <= (open_reasons if verdict is Verdict.UNDECIDED else {None})


@pytest.mark.parametrize("size", some([2, 3, 4, 8], 4))
def test_an_inverse_by_lapack_is_not_refuted(size):
    """Its entries are off by more: by how much, and so which ones may be corrected, is up to the processor."""
    assert verdicts(filtered(size, np.linalg.inv)) < {Verdict.AGREES, Verdict.UNDECIDED}


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize(
    "inverse",
    [
        lambda m: np.linalg.solve(m, np.eye(len(m))),
        np.linalg.pinv,
        lambda m: np.linalg.matrix_power(m, 3) / len(m) ** 2,
        lambda m: np.linalg.inv(m) @ m @ np.linalg.inv(m),
    ],
)
def test_a_small_imaginary_part_is_off_by_roundings_of_its_whole(size, inverse):
    """The imaginary part of a transform of two is nothing but errors, which are no parts of themselves."""
    assert verdicts(filtered(size, inverse)) <= {Verdict.AGREES, Verdict.UNDECIDED}


def by_parts(size, parts, factor=1.0, inverse=np.linalg.inv):
    """Return a filter by transforms, whose gradient is written with the parts of a matrix and of its inverse."""
    matrix, weights = transform(size), np.arange(size)

    @verify.case(x=str(size), name="filtered")
    def case(x):
        d = yield np.fft.ifft(np.fft.fft(x) * weights).real
        (real, imag), (outer_real, outer_imag) = parts(matrix), parts(inverse(matrix) * factor)
        return outer_real @ ((real @ d) * weights) - outer_imag @ ((imag @ d) * weights)

    return case


PARTS = {
    "copies": lambda m: (m.real.copy(), m.imag.copy()),
    "contiguous": lambda m: (np.ascontiguousarray(m.real), np.ascontiguousarray(m.imag)),
    "results": lambda m: (np.real(m) + 0, np.imag(m) * 1),
    "one array": lambda m: np.stack([m.real, m.imag]),
    "lists": lambda m: (np.array(m.real.tolist()), np.array(m.imag.tolist())),
}


@pytest.mark.parametrize("parts", some(PARTS.values(), 6), ids=some(PARTS, 6))
@pytest.mark.parametrize("inverse", [np.linalg.inv, np.linalg.pinv, lambda m: np.linalg.inv(m) @ m @ np.linalg.inv(m)])
@pytest.mark.parametrize("size", [2, 3])
def test_a_copied_part_is_off_by_roundings_of_its_whole(size, inverse, parts):
    """Whatever holds a small imaginary part, the real one beside it has as many entries, and tells of the whole."""
    assert verdicts(by_parts(size, parts, inverse=inverse)) <= {Verdict.AGREES, Verdict.UNDECIDED}


@pytest.mark.parametrize("parts", some(PARTS.values(), 4), ids=some(PARTS, 4))
@pytest.mark.parametrize("factor", [1 + 1e-12, -1, 1j])
def test_mistakes_beside_a_copied_part_are_refuted(factor, parts):
    """What is more than the errors of the whole is wrong in either part."""
    assert verdicts(by_parts(2, parts, factor)) == {Verdict.REFUTED}


@pytest.mark.parametrize("small", [[3e-14, 7.25e-14], [1e-3 / 3, 1e-3 / 7]])
def test_a_small_array_is_no_error_of_a_large_one(small):
    """Digits that a person has written, and floats that are not far smaller, are off by roundings of their own."""
    small, large = np.array(small), np.array([1 / 3, 2 / 7])

    @verify.case(x="2", y="2")
    def weighted(x, y):
        d = yield small * x * x + large * y
        return 2 * d * small * x * (1 + 1e-9), d * large

    assert verdicts(weighted) >= {Verdict.REFUTED}


@pytest.mark.parametrize("size", some([2, 3], 4))
@pytest.mark.parametrize(
    "wrong",
    [
        lambda m: np.linalg.inv(m) * (1 + 1e-12),
        lambda m: -np.linalg.inv(m),
        lambda m: np.linalg.inv(m) + 1e-8 * np.eye(len(m))[::-1],
        lambda m: np.linalg.inv(m) @ np.diag(np.arange(1, len(m) + 1)),
    ],
)
def test_mistakes_beside_a_small_imaginary_part_are_refuted(size, wrong):
    """What is more than the errors of the whole is wrong in either part."""
    assert Verdict.REFUTED in verdicts(filtered(size, wrong))


@pytest.mark.parametrize("size", [4, 8])
@pytest.mark.parametrize(
    "wrong",
    some(
        [
            lambda m: np.linalg.inv(m) * (1 + 1e-9),
            lambda m: np.linalg.inv(m).T.conj(),
            lambda m: -np.linalg.inv(m),
            lambda m: np.linalg.inv(m) + 1e-8 * np.eye(len(m)),
        ],
        8,
    ),
)
def test_mistakes_beside_an_inverse_are_refuted(size, wrong):
    """What the errors of a computation do not explain is wrong, however small it looks."""
    assert verdicts(filtered(size, wrong)) == {Verdict.REFUTED}


def test_a_solution_and_an_inverse_agree_or_stay_open():
    """Close to a singular matrix both are off by its condition."""
    assert verdicts(solved()) <= {Verdict.AGREES, Verdict.UNDECIDED}


@pytest.mark.parametrize("wrong", [{"change": 1e-6}, {"sign": -1.0}])
def test_a_wrong_entry_of_an_inverse_is_refuted(wrong):
    """The other entries do not stand for it."""
    assert verdicts(solved(**wrong)) == {Verdict.REFUTED}


def test_single_numbers_are_no_arrays():
    """A constant that stands alone is off by a few roundings, and no more."""

    @verify.case(x="2")
    def scaled(x):
        d = yield np.pi * x
        return d * 3.14159265358970

    assert verdicts(scaled) == {Verdict.REFUTED}


def test_a_difference_without_constants_is_refuted_beside_arrays():
    """Only what moves with the entries of an array is explained by them."""
    weights = np.array([0.1234567890123, 0.9876543210987])

    @verify.case(x="2")
    def weighted(x):
        d = yield weights * x * x
        return 2 * weights * d * x + x / 10**10

    assert verdicts(weighted) == {Verdict.REFUTED}


HILBERT = 1.0 / (1 + np.add.outer(np.arange(3), np.arange(3)))  # of a condition below 1,000
SERIES = np.array([1.0, 2.0, 3.0, 5.0, 7.0, 1e4])
SINGLE = {  # a number that code takes out of what it computes, and what it is
    "an entry of an inverse": (lambda: np.linalg.inv(HILBERT)[1, 2], -180.0),
    "another one, as a float": (lambda: float(np.linalg.inv(HILBERT)[0, 1]), -36.0),
    "a real part": (lambda: np.fft.ifft(np.fft.fft(SERIES)).real[0], 1.0),
    "an imaginary part": (lambda: np.fft.ifft(1j * np.fft.fft(SERIES)).imag[0], 1.0),
    "a copied part": (lambda: np.fft.ifft(np.fft.fft(SERIES)).real[:2].copy(), np.array([1.0, 2.0])),
}


@pytest.mark.parametrize("name", SINGLE)
def test_a_number_of_a_computed_array_is_off_by_roundings_of_the_whole(name):
    """What code takes out of an inverse or a transform is not refuted for their roundings, and a mistake is."""
    computed, value = SINGLE[name]
    size = np.size(value)

    def pair(gradient):
        return verify.pair(lambda x: x * computed(), lambda d, x: d * gradient, x=str(size))

    assert verdicts(pair(value)) <= {Verdict.UNDECIDED, Verdict.AGREES}
    assert verdicts(pair(-value)) == {Verdict.REFUTED}
    assert verdicts(pair(value * (1 + 1e-7))) == {Verdict.REFUTED}


def test_a_number_beside_a_computed_array_is_none_of_its_entries():
    """A constant that no array had is off by a few roundings, though an inverse is computed beside it."""
    case = verify.pair(
        lambda x: x * np.pi + 0 * np.linalg.inv(HILBERT)[1, 2], lambda d, x: d * np.pi * (1 + 1e-13), x="2"
    )
    assert verdicts(case) == {Verdict.REFUTED}
