"""Patterns and templates, the language in which operators are written."""

import ast

import pytest

from verify.mutation.patterns import filled, matched, renamed, uses_numpy


def rewritten(pattern, template, source, numpy="np"):
    """Rewrite a source that has the form of a pattern; None where it does not."""
    node = ast.parse(source).body[0]
    node = node.value if isinstance(node, ast.Expr) else node
    bound = matched(pattern, node, numpy)
    return None if bound is None else filled(template, bound, numpy)


@pytest.mark.parametrize(
    ("pattern", "template", "source", "expected"),
    [
        ("a - b", "a + b", "x * y - z[0]", "x * y + z[0]"),
        ("a - b", "a + b", "x + y", None),
        ("a * a", "a", "x * x", "x"),
        ("a * a", "a", "x * y", None),
        ("a / b", "b / a", "(x + 1) / y", "y / (x + 1)"),
        ("a.T", "a", "(x + y).T", "x + y"),
        ("a.sum(...)", "a", "x.sum()", "x"),
        ("a.sum(...)", "a.mean(...)", "x.sum(0, keepdims=True)", "x.mean(0, keepdims=True)"),
        ("a.sum(..., axis=0)", "a.sum(..., axis=1)", "x.sum(keepdims=True, axis=0)", "x.sum(axis=1, keepdims=True)"),
        ("a.sum(..., axis=0)", "a.sum(..., axis=1)", "x.sum(axis=1)", None),
        ("np.sum(a, ...)", "a", "np.sum(x * y, axis=0)", "x * y"),
        ("np.sum(a, ...)", "a", "sum(x)", None),
        ("a += b", "a = b", "x[i] += y", "x[i] = y"),
        ("return u * a", "u *= a; return u", "return d * y", "d *= y; return d"),
        ("a < b", "a <= b", "x < 0", "x <= 0"),
    ],
)
def test_rewriting(pattern, template, source, expected):
    """What has the form of the pattern becomes the template, and nothing else does."""
    assert rewritten(pattern, template, source) == expected


def test_numpy_has_the_name_that_the_module_gives_it():
    """`np` in a pattern is NumPy under whatever name it was imported."""
    assert rewritten("np.cos(a)", "np.sin(a)", "numpy.cos(x)", "numpy") == "numpy.sin(x)"
    assert rewritten("np.cos(a)", "np.sin(a)", "np.cos(x)", "numpy") is None
    assert uses_numpy("a", "np.abs(a)")
    assert not uses_numpy("a", "abs(a)")


def test_renaming():
    """One variable takes the place of another, and of nothing that is merely called like it."""
    assert renamed(ast.parse("y * (1 - y) + o.y", mode="eval").body, "y", "x") == "x * (1 - x) + o.y"
