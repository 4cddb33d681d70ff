"""Formulas go to SymPy and come back, flat, with the names that people gave."""

from fractions import Fraction

import pytest
import sympy

from verify.checks.claims.explain import _simplified
from verify.graph import balls
from verify.graph.formulas import LONGEST, Alphabet, from_sympy, plan, size, text, to_sympy
from verify.model.errors import TraceError
from verify.tracing.symbols.symbolic import Symbol


@pytest.fixture
def names():
    return Alphabet(["x", "사과", "dout"])


@pytest.fixture
def x(graph):
    return Symbol(graph, graph.variable("x"))


@pytest.fixture
def y(graph):
    return Symbol(graph, graph.variable("사과"))


def test_written_with_names(graph, names, x):
    """A formula has the names of the case, in any script, and exact numbers."""
    y = Symbol(graph, graph.variable("사과"))
    assert text(graph, (x * y - y / 3).node, names) == "x*사과 - 사과/3"
    assert text(graph, (x * 0.1 + 1).node, names) == "x/10 + 1"


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0.1, "0.1*x"),
        (-0.044715, "-0.044715*x"),
        (1 / 3, "x/3"),
        (1e-7, "1e-7*x"),
        (0.5, "x/2"),
        (0.7978845608, "0.7978845608*x"),
    ],
)
def test_numbers_as_they_are_typed(graph, names, x, number, written):
    """A float of the code has its decimals, unless a quotient is shorter; that changes no value."""
    assert text(graph, (x * number).node, names, typed=True) == written


def test_numbers_that_are_typed_are_not_multiplied_out(graph, names, x):
    """Constants stand as they were typed; where that is not asked for, only long ones do, and short ones are fractions."""
    node = (x * 0.1 * 0.2 * 0.7978845608).node
    assert text(graph, node, names, typed=True) == "0.1*0.2*0.7978845608*x"
    assert text(graph, node, names) == "0.7978845608*x/50"


def test_a_value_may_be_put_in(graph, names, x):
    """An upstream of 1 is left out."""
    dout = Symbol(graph, graph.variable("dout"))
    assert text(graph, (dout * x).node, names) == "x*dout"
    assert text(graph, (dout * x).node, names, {"dout": sympy.Integer(1)}) == "x"


def test_there_and_back(graph, names, x):
    """SymPy's expression of a node is a node of the same formula."""
    node = ((x + 2) ** Fraction(-3, 2) * x / 7 - x**2).node
    expression = to_sympy(graph, node, names.symbols)
    again = from_sympy(graph, expression, {names.symbols["x"]: x.node})
    assert sympy.simplify(expression - to_sympy(graph, again, names.symbols)) == 0


def test_shared_sums_are_counted_not_copied(graph, names, x, y):
    """Fibonacci's sums of x and y are found as a multiple of each, without as many steps as they have terms."""
    small, large = x, y
    for _ in range(50):
        small, large = large, small + large
    assert (
        to_sympy(graph, large.node, names.symbols)
        == 12586269025 * names.symbols["x"] + 20365011074 * names.symbols["사과"]
    )
    assert size(graph, large.node).operations == 12586269025 + 20365011074 - 1
    assert text(graph, large.node, names) == f"(a formula of {12586269025 + 20365011074 - 1:,} operations)"


def test_long_formulas_are_counted_where_parts_have_names_too(graph, names, x):
    """What has a name counts as nothing; a formula is written up to 400 operations, and counted from there on."""
    terms = [x]
    for i in range(1, 402):
        terms.append(terms[-1] * x + i)
    longest = next(i for i, term in enumerate(terms) if size(graph, term.node).operations > LONGEST)
    counted = f"(a formula of {size(graph, terms[longest].node).operations:,} operations)"
    assert text(graph, terms[longest].node, names) == text(graph, terms[longest].node, names, counts=[]) == counted
    named = {terms[longest - 2].node: names.symbols["사과"]}
    assert text(graph, terms[longest].node, names, named=named) == f"x*(x*사과 + {longest - 1}) + {longest}"
    whole = size(graph, terms[-1].node, named)
    assert text(graph, terms[-1].node, names, named=named) == f"(a formula of {whole.operations:,} operations)"


def test_long_formulas_are_not_simplified(graph, names, x, y):
    """SymPy may never find out whether the argument of a logarithm is 1: of a long one it is not asked."""
    inner = (x * 3 - y - x * y - 2) / (((x - y) ** 2 + (x + y) ** 2 + (x * y - 1) ** 2 + 1) ** Fraction(1, 2) + 1)
    node = (inner * inner * (y - x) + inner * 5 * (x + y)).function("tanh")
    for name in ("log", "log"):
        node = (node * node).function(name)
    point = {"x": Fraction(2), "사과": Fraction(3)}
    expression = to_sympy(graph, node.node, names.symbols)
    back = from_sympy(graph, expression, {names.symbols["x"]: x.node, names.symbols["사과"]: y.node})
    assert expression.func is sympy.log
    assert balls.at(graph, [back], point)[back].overlaps(balls.at(graph, [node.node], point)[node.node])


def test_unknown_functions_are_refused(graph, names):
    """What SymPy brings in beyond arithmetic is said, not guessed."""
    with pytest.raises(TraceError, match="Abs"):
        from_sympy(graph, sympy.Abs(names.symbols["x"]), {names.symbols["x"]: 0})


def test_symbols_are_shared_among_cases():
    """Two cases use the same symbols for different names, and one has a spare that is none of them."""
    one, two = Alphabet(["a", "b"]), Alphabet(["c", "d"])
    assert one.symbols["a"] == two.symbols["c"]
    assert one.spare() not in one.symbols.values()
    assert (one.write(one.symbols["b"]), two.write(two.symbols["d"])) == ("b", "d")


def test_functions_of_functions_are_written_at_once(graph, names, x, y):
    """SymPy expands what may be complex to find out its period: a symbol is real, and no formula of a line takes long."""
    rational = 1 / ((1 + 1 / (x * x + 1)) * (1 + 1 / (y * y + 1)))
    nested = graph.function("exp", graph.product(graph.constant(Fraction(-1)), graph.function("tanh", rational.node)))
    assert text(graph, nested, names) == "exp(-tanh(1/((1 + 1/(x**2 + 1))*(1 + 1/(사과**2 + 1)))))"


@pytest.mark.parametrize(
    ("constant", "functions", "written"),
    [
        (3, ("airybiprime", "Chi", "Ei", "Ci", "tanh"), "tanh(Ci(Ei(Chi(airybiprime(3)))))"),  # too many digits
        (2, ("erfinv", "exp", "sin"), "sin(exp(erfinv(2)))"),  # no number
        (0, ("log", "atan", "Shi"), "Shi(atan(log(0)))"),
        (1, ("exp", "log", "exp"), "E"),
    ],
)
def test_functions_of_computed_constants_are_left(graph, names, constant, functions, written):
    """SymPy is not asked to compute the digits of a constant, however large it may be, or whether it is a number."""
    node = graph.constant(Fraction(constant))
    for function in functions:
        node = graph.function(function, node)
    assert text(graph, node, names) == written


@pytest.mark.parametrize(
    ("formula", "written"),
    [
        (lambda zero, y: zero**-2 * (zero**-2).function("exp"), "0**(-2)*exp(0**(-2))"),
        (lambda zero, y: y * zero.function("log"), "사과*log(0)"),
        (lambda zero, y: y + zero ** Fraction(-1, 2), "사과 + 1/sqrt(0)"),
        (lambda zero, y: y**2 * ((zero**-1) * -1).function("exp") / 2, "사과**2*exp(-1/0)/2"),
    ],
)
def test_what_has_no_value_is_written_as_it_is(graph, names, y, formula, written):
    """SymPy would have infinities and NaN for it, or fail; no derivative is made of it."""
    node = formula(Symbol(graph, graph.power(graph.whole(0), Fraction(1))), y).node
    assert text(graph, node, names) == written
    with pytest.raises(TraceError, match="which has no value"):
        plan(to_sympy(graph, node, names.symbols))


def test_what_has_no_value_is_cancelled_by_nothing(graph):
    """A relation of two formulas is not made of numbers that there are none of."""
    x, none = Symbol(graph, graph.variable("x")), Symbol(graph, graph.power(graph.whole(0), Fraction(-1)))
    assert _simplified(graph, (x * none).node, (2 * x * none).node, Alphabet(["x"])) is None
    assert _simplified(graph, x.node, (2 * x**2).node, Alphabet(["x"])) is not None
