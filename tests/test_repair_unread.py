"""The statements that go once a gradient is written exactly: those that compute variables which nobody reads."""

import ast

import pytest

from verify.repair.unread import unread

HEAD = "def backward(self, dout):\n    "
GONE = {
    "a loop of entries": "d = np.zeros(3)\n    for i in range(3):\n        d[i] = dout[i]",
    "a loop of pairs of places": "d = np.zeros((3, 3))\n    for i in range(3):\n        for j in range(3):\n            d[i, j] = dout[i]",
    "a loop that adds up": "d = np.zeros(3)\n    for i in range(3):\n        d[i] += dout[i] * 2",
    "a variable": "d = dout * 2",
}
STAYING = {
    "what may write into another array": "d = dout\n    for i in range(3):\n        d[i] = 2 * i",
    "an entry of a list, changed": "d = [0, 0]\n    d[0] = dout\n    d[0] += 1",
    "an entry of an entry": "d = [0, 0]\n    d[0] = dout\n    d[0][1] = 1.0",
    "a call of the user's": "d = note(dout)",
    "an attribute": "self.d = dout * 2",
}


def gone(body):
    """Return how many statements of a function go, of all but the one that returns."""
    function = ast.parse(f"{HEAD}{body}\n    return 2 * dout\n").body[0]
    return len(unread(function, "np")), len(function.body) - 1


@pytest.mark.parametrize("name", GONE)
def test_what_goes(name):
    """Nothing else than variables that nobody reads is computed: all of it goes."""
    went, every = gone(GONE[name])
    assert went == every


@pytest.mark.parametrize("name", STAYING)
def test_what_stays(name):
    """Something else may change: the statement that changes it stays."""
    went, every = gone(STAYING[name])
    assert went < every
