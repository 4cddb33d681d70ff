"""What a forward pass computes for the backward pass alone."""

import ast

import pytest

from verify.mutation.slices import unneeded


def backwards(body, outputs=frozenset(), read=frozenset()):
    """Return the targets and the returned parts that are backward's, as text."""
    lines = "\n    ".join(body.splitlines())
    assigned, extra = unneeded(ast.parse(f"def forward(self, x):\n    {lines}").body[0], set(outputs), set(read))
    return [ast.unparse(a.target) for a in assigned] + [ast.unparse(part) for part in extra]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("y = f(x)\nself.slope = y * (1 - y)\nreturn y", ["self.slope"]),
        ("self.mask = x > 0\nreturn g(self.mask, x)", []),
        ("self.x, self.y = x, f(x)\nreturn self.y", ["self.x"]),
        ("self.a: int = 1\nself.b = self.a\nreturn x", ["self.a", "self.b"]),
        ("d = f(x)\nd[0] = 1\ne = x\ne *= 2\nreturn e", ["d", "d[0]"]),
        ("n = len(x)\nfor i in range(n):\n    x = x + i\nreturn x", []),
        ("h = f(x)\nself.call(h)\nreturn x", []),
    ],
)
def test_what_the_output_does_not_need(body, expected):
    """What reaches the output, or decides what runs, is forward's; the rest is backward's."""
    assert backwards(body) == expected


def test_the_parts_of_a_tuple():
    """Of a loss that is returned with its gradient, the gradient and what it is made of are backward's."""
    body = "p = f(x)\nd = p - 1\nd = d / 2\nreturn g(p), d * 3"
    assert backwards(body, outputs={0}) == ["d", "d", "d * 3"]
    assert backwards(body) == []


def test_what_other_functions_read():
    """An attribute that another function reads before the output is there is forward's."""
    assert backwards("self.shape = x.shape\nreturn x") == ["self.shape"]
    assert backwards("self.shape = x.shape\nreturn x", read={"self.shape"}) == []
