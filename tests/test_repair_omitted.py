"""Layers that backward leaves out, and variables that nobody reads."""

import ast

import pytest

from verify.mutation.scopes import Scope
from verify.mutation.watching import Place
from verify.repair import omitted

CLASS = """
class Net:
    def forward(self, x):
        return self.b.forward(self.a.forward(x)) + np.tanh(x) * self.scale

    def backward(self, dout):
        BODY
"""


def scope_of(body, text=CLASS):
    """Return the scope of a method backward with a body."""
    tree = ast.parse(text.replace("BODY", body.replace("\n", "\n" + " " * 8)))
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    function = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)][-1]
    numbers = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    return Scope(function, Place("net.py", 1, "backward"), "np", parents, set(), numbers=numbers, upstream={"dout"})


def texts(operator, scope):
    """Return what an operator makes of each expression of a scope."""
    return [text for node in ast.walk(scope.function) if isinstance(node, ast.expr) for text in operator(node, scope)]


@pytest.mark.parametrize(
    ("body", "made"),
    [
        ("return self.b.backward(dout)", ["self.a.backward(self.b.backward(dout))", "self.a.backward(dout)"]),
        ("d = self.b.backward(dout)\nreturn dout", ["dout + self.a.backward(d)"]),
        ("return dout", ["self.a.backward(dout)", "self.b.backward(dout)"]),
        ("d, e = dout, 2 * dout\nreturn 0 * dout", ["0 * dout + self.b.backward(d) + self.a.backward(e)"]),
    ],
)
def test_what_is_left_out_is_run(body, made):
    """On the argument of another layer, on what is returned, or beside it on what is computed and not used."""
    found = texts(omitted.calls, scope_of(body))
    assert not {*made} - {*found}
    assert all("self.scale" not in text and "np." not in text for text in found)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("return self.a.backward(self.b.backward(dout))", CLASS),
        ("return dout", "def backward(dout):\n        BODY"),
    ],
)
def test_nothing_is_left_out(body, text):
    """Where each layer runs, and in a function of no class, no edit is made."""
    assert texts(omitted.calls, scope_of(body, text)) == []


def test_what_is_not_used_is_added():
    """A variable that is read, and one named _, are not."""
    scope = scope_of("a, b, _ = dout, dout, dout\nreturn 2 * a")
    made = texts(omitted.variables, scope)
    assert "2 * a + b" in made
    assert all(text.endswith(" + b") for text in made)
