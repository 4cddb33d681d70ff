"""Equal operations are one node; rewrites keep the meaning."""

from fractions import Fraction

from effort import LONG, slow
from hypothesis import given
from hypothesis import strategies as st

from verify.graph.graph import Graph, Node
from verify.proof.rationals import real

HALF = Fraction(1, 2)


def test_equal_operations_are_one_node(graph):
    """x + y and y + x are one node, as are 2 * (3 * x) and 6 * x."""
    x, y, two, three, six = graph.variable("x"), graph.variable("y"), *map(graph.constant, (2, 3, 6))
    assert graph.sum(x, y) == graph.sum(y, x)
    assert graph.product(two, graph.product(three, x)) == graph.product(x, six)


def test_variables_that_are_made_at_once_are_those_made_one_by_one(graph):
    """New names get nodes in order, and a name that is known keeps its own."""
    assert graph.variables_of(["x", "y"]) == [graph.variable("x"), graph.variable("y")]
    both = graph.variables_of(["z", "x"])
    assert both == [graph.variable("z"), graph.variable("x")]
    assert graph.variables_of([]) == []
    assert [graph.node(number) for number in both] == [Node("variable", (), "z"), Node("variable", (), "x")]


def test_neutral_elements_vanish(graph):
    """0 + x, 1 * x and x ** 1 are x; 0 * x is 0; x ** 0 is 1."""
    x, zero, one = graph.variable("x"), graph.constant(Fraction(0)), graph.constant(Fraction(1))
    assert graph.sum(zero, x) == graph.sum(x, zero) == x
    assert graph.product(one, x) == graph.product(x, one) == graph.power(x, Fraction(1)) == x
    assert graph.product(x, zero) == zero
    assert graph.power(x, Fraction(0)) == one


@slow
@given(st.data())
def test_what_nodes_are_computed_from(data):
    """However many nodes are asked for, and whatever is known, the rest that they need comes in order, and once."""
    graph = Graph()
    nodes = [graph.variable(name) for name in "abcd"]
    for _ in range(data.draw(st.integers(0, 40))):
        left, right = data.draw(st.sampled_from(nodes)), data.draw(st.sampled_from(nodes))
        nodes.append(graph.sum(left, right) if data.draw(st.booleans()) else graph.product(left, right))
    asked = data.draw(st.lists(st.sampled_from(nodes)))
    known = data.draw(st.sets(st.sampled_from(nodes)))
    needed = set(asked) - known
    for _ in nodes:
        needed |= {argument for node in needed for argument in graph.args[node]} - known
    assert graph.reach(asked, known) == graph._reach_few(asked, known) == sorted(needed)
    assert not asked or graph._reach_many(asked, known) == sorted(needed)


def test_known_values_are_kept_by_number_or_in_a_list(graph):
    """A list of what is known is made as long as the graph; what is in it is not computed again, the rest is added."""
    x, y = graph.variable("x"), graph.variable("y")
    total = graph.sum(x, y)
    listed, keyed = [], {}
    for known in (listed, keyed):
        assert real(graph, [x], {"x": HALF}, known)[x].rational == HALF
        assert real(graph, [total], {"x": None, "y": HALF}, known)[total].rational == 1
        later = graph.product(total, x)
        assert real(graph, [later], {}, known)[later].rational == HALF
    assert [known[total] for known in (listed, keyed)] == [1, 1]


def test_constants_fold(graph):
    """Arithmetic on constants is done at once, exactly."""
    third, half = graph.constant(Fraction(1, 3)), graph.constant(HALF)
    assert graph.value(graph.sum(third, half)) == Fraction(5, 6)
    assert graph.value(graph.product(third, half)) == Fraction(1, 6)
    assert graph.value(graph.power(third, Fraction(-2))) == 9


def test_roots_of_constants_have_one_form(graph):
    """12 ** (1/2) is 2 * 3 ** (1/2), and a perfect square has no root left."""
    twelve, three, two = (graph.constant(Fraction(n)) for n in (12, 3, 2))
    assert graph.power(twelve, HALF) == graph.product(two, graph.power(three, HALF))
    assert graph.value(graph.power(graph.constant(Fraction(9, 4)), HALF)) == Fraction(3, 2)


def test_a_root_of_a_square_stays(graph):
    """(x**2) ** (1/2) is not x, which would be wrong for a negative x; where x has to be positive, powers merge."""
    x = graph.variable("x")
    assert graph.power(graph.power(x, Fraction(2)), HALF) != x
    assert graph.power(graph.power(x, Fraction(-4)), Fraction(1, 4)) != graph.power(x, Fraction(-1))
    assert graph.power(graph.power(x, HALF), Fraction(2)) == x
    assert graph.power(graph.power(x, Fraction(3)), Fraction(1, 3)) == x
    assert graph.power(graph.power(x, HALF), Fraction(1, 3)) == graph.power(x, Fraction(1, 6))
    assert graph.power(graph.power(x, Fraction(2, 3)), HALF) == graph.power(x, Fraction(1, 3))


def test_zero_has_no_inverse_to_fold(graph):
    """0 ** -1 stays an operation: there is no number for it."""
    assert graph.value(graph.power(graph.constant(Fraction(0)), Fraction(-1))) is None


def test_a_huge_power_of_a_constant_stays(graph):
    """A power with millions of digits is not written out."""
    assert graph.ops[graph.power(graph.constant(Fraction(3)), Fraction(10**9))] == "power"


def test_a_chain_of_operations(graph):
    """Depth is no limit: a chain of a million operations, or of a hundred thousand, is built and walked."""
    number = 500_000 if LONG else 50_000
    x = graph.variable("x")
    node = x
    for i in range(number):
        node = graph.sum(graph.product(node, x), graph.constant(Fraction(i)))
    assert len(graph.reach([node])) > 2 * number
    assert graph.node(node) == Node("sum", graph.args[node])


OPERATIONS = st.lists(
    st.tuples(st.sampled_from(["sum", "product", "power"]), st.integers(0, 50), st.integers(0, 50), st.integers(-3, 3)),
    max_size=12,
)


@given(OPERATIONS)
def test_rewrites_keep_the_value(operations):
    """Whatever is built, its value is that of the operations as they were asked for."""
    graph = Graph()
    point = {"x": Fraction(3, 7), "y": Fraction(-5, 2)}
    nodes = [graph.variable("x"), graph.variable("y"), graph.constant(Fraction(2)), graph.constant(Fraction(-1, 3))]
    values = [point["x"], point["y"], Fraction(2), Fraction(-1, 3)]
    for op, i, j, exponent in operations:
        a, b = i % len(nodes), j % len(nodes)
        if op == "power":
            if (values[a] == 0 and exponent < 0) or values[a].denominator.bit_length() > 500:
                continue
            nodes.append(graph.power(nodes[a], Fraction(exponent)))
            values.append(values[a] ** exponent)
        else:
            nodes.append(getattr(graph, op)(nodes[a], nodes[b]))
            values.append(values[a] + values[b] if op == "sum" else values[a] * values[b])
    found = real(graph, nodes, point)
    for node, value in zip(nodes, values, strict=True):
        assert found[node].rational == value or value.denominator.bit_length() > 2000


@given(st.data())
def test_products_of_pairs_are_those_of_each(data):
    """Many products at once are the same nodes, numbered alike, as one after the other: squares, factors, 0 and 1 too."""
    one_by_one, at_once = Graph(), Graph()
    for graph in (one_by_one, at_once):
        x, y, z = map(graph.variable, "xyz")
        nodes = [x, y, z, *map(graph.constant, map(Fraction, (0, 1, -1, 3)))]
        nodes += [graph.product(nodes[-1], x), graph.product(y, z), graph.sum(x, y), graph.power(z, HALF)]
    pairs = data.draw(st.lists(st.tuples(st.sampled_from(nodes), st.sampled_from(nodes)), min_size=1))
    left, right = zip(*pairs, strict=True)
    assert at_once.multiplied_each(left, right) == [one_by_one.product(a, b) for a, b in pairs]
    assert (at_once.ops, at_once.args, at_once.payloads) == (one_by_one.ops, one_by_one.args, one_by_one.payloads)


def test_products_of_a_graph_of_its_own_are_its_own():
    """What takes down each product is asked for each, where many are multiplied at once as well."""

    class Noting(Graph):
        def product(self, a, b):
            noted.append((a, b))
            return super().product(a, b)

    noted, graph = [], Noting()
    x, y = map(graph.variable, "xy")
    graph.multiplied_each([x, y], [y, y])
    assert noted == [(x, y), (y, y)]


def test_what_nodes_are_computed_from_is_the_same_when_asked_again():
    """However many groups of nodes were asked for since, short and long ones."""
    graph = Graph()
    rows = [[graph.variable(f"x{i}") for i in range(3)]]
    for _ in range(1200):
        a, b, c = rows[-1]
        rows.append([graph.sum(a, b), graph.product(b, c), graph.sum(c, a)])
    groups = [tuple(row[:2]) for row in rows[:200]] + [tuple(rows[-1])]
    first = [list(graph.reach(group)) for group in groups]
    assert [list(graph.reach(group)) for group in reversed(groups)] == first[::-1]
    assert first[-1] == sorted(set(first[-1]))
    assert set(first[3]) < set(first[4])
