"""The parameters of NumPy's functions in C are what NumPy itself says of them, where it does."""

import inspect

import numpy as np
import pytest

from verify.tracing.numpy import signatures


def own(function):
    """Return the signature that NumPy tells, None before NumPy 2."""
    try:
        return inspect.signature(function)
    except ValueError:
        return None


@pytest.mark.parametrize("name", signatures._OF_C)
def test_the_table_has_the_parameters_that_numpy_tells(name):
    """Names and defaults of the table are those of NumPy 2, which tells them."""
    function = getattr(np, name)
    expected = own(function) or signatures.signature_of(function)
    parameters = inspect.signature(signatures._OF_C[name]).parameters
    assert list(parameters) == [key for key in expected.parameters if key != "device"]  # of NumPy 2 alone
    given = {key: value.default for key, value in parameters.items() if value.default is not signatures._NONE}
    assert given == {key: expected.parameters[key].default for key in given}


def test_other_functions_tell_it_themselves():
    """What has a signature is asked for it, and of what nobody knows it is an error."""
    assert list(signatures.signature_of(np.sum).parameters)[:2] == ["a", "axis"]
    with pytest.raises(ValueError, match="signature"):
        signatures.signature_of(min)
