"""A limit on the time of the processor for code that may never end."""

import pytest

from verify.repair.patience import TooLongError, at_most


def test_code_that_never_ends():
    """It is interrupted, also where the first interruption is lost on the way."""
    lost = 0
    with pytest.raises(TooLongError), at_most(0.05):
        while lost < 2:
            try:
                while True:
                    pass
            except TooLongError:
                lost += 1
                if lost == 2:
                    raise


def test_code_that_ends():
    """Nothing comes after it."""
    with at_most(0.05):
        pass
    assert sum(range(3_000_000)) > 0
