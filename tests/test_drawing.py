"""Drawings of graphs: what is red, dashed and ringed, and that nothing stands on anything else."""

import html
import random
import re
from collections import Counter
from dataclasses import replace
from itertools import combinations, pairwise
from xml.etree import ElementTree as ET

import pytest
import results
from effort import slow, some

from layers.shopping import basket
from reports import renderer
from reports.page.diagram import drawing
from reports.page.drawing import LEGEND, beside, edges, legend, plain
from reports.page.layout import RADIUS, layout, wide
from reports.page.svg import inline
from reports.page.view import SIGNS, tone
from verify import integer, layer, real
from verify.checks.checker import check
from verify.model.result import Run

SVG = "{http://www.w3.org/2000/svg}"
APPLES = "apple_price = apple * apple_cnt\norange_price = orange * orange_cnt\ntotal_price = apple_price + orange_price\nprice = total_price * tax"
AT = {"apple": 100, "apple_cnt": 2, "orange": 150, "orange_cnt": 3, "tax": "1.1"}


class SwappedMul:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y

    def backward(self, dout):
        return dout * self.x, dout * self.y


class Opaque:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * float(str(y))

    def backward(self, dout):
        return dout * self.y, dout * self.x


class Raising:
    def forward(self, x):
        raise ValueError("no")

    def backward(self, dout):
        return dout


SHARED = "y = (a + b) ** 2 * a ** (1/2) - b / (a * b)"


def said(lines):
    return [line.text for line in lines]


def edge(drawn, source, user):
    """Return the edge from the node of a label to that of another, or out of the drawing."""
    names = [vertex.label for vertex in drawn.vertices]
    at = None if user is None else names.index(user)
    return next(one for one in edges(drawn) if (names[one.source], one.user) == (source, at))


def labelled(drawn):
    return {vertex.label: vertex for vertex in drawn.vertices}


def test_the_tutorials_graph_is_drawn_as_there(checked):
    """Inputs at the left, signs in the circles, forward values above, derivatives below, all of it right."""
    drawn = drawing(checked(APPLES, AT))
    found = labelled(drawn)
    assert [v.label for v in drawn.vertices if v.kind == "input"] == list(AT)
    assert {v.sign for v in drawn.vertices if v.args} == {"×", "+"}
    assert (found["total_price"].value, found["total_price"].back) == ("650", "1.1")
    assert (found["orange"].value, found["orange"].back) == ("150", "3.3000000000000003")
    assert {v.status for v in drawn.vertices} == {"good"}
    assert drawn.blamed is None


@slow
def test_what_is_wrong_is_blamed(checked):
    """The last layer swaps its gradients: it is ringed, its edges are wrong, and all before it inherit the error."""
    result = checked(APPLES, AT, MulLayer=SwappedMul)
    drawn = drawing(result)
    found = labelled(drawn)
    assert drawn.vertices[drawn.blamed].label == "price"
    assert (found["tax"].status, found["tax"].inherits, found["tax"].exact) == ("wrong", False, "650")
    assert (found["total_price"].status, found["total_price"].inherits) == ("wrong", False)
    assert (found["apple"].status, found["apple"].inherits, found["apple"].exact) == ("wrong", True, "2.2")
    text = inline(result, drawn, "1")
    assert 'class="ring"' in text
    assert "wire wrong dashed" in text
    assert "exact 2.2" in text


def test_the_place_of_the_blamed_function_is_told(checked):
    """The gradients that it gets wrong have its file and line, and its source comes with the result."""
    result = checked(APPLES, AT, MulLayer=SwappedMul)
    places = {c.name: c.where for c in result.comparisons if c.quantity == "gradient"}
    assert str(places["tax"]).startswith("tests/test_drawing.py:")
    assert not places["apple"]
    assert result.sources[0].where == places["tax"]
    assert "def backward(self, dout):" in result.sources[0].lines[0]


def test_an_error_that_is_not_inherited_is_told_apart(checked):
    """A layer that adds wrongly far from the output is blamed itself, not what comes after it."""

    class Half:
        def forward(self, x, y):
            return x + y

        def backward(self, dout):
            return dout, dout / 2

    drawn = drawing(
        checked("total = a * b + c\nprice = total * tax", {"a": 2, "b": 3, "c": 4, "tax": 5}, AddLayer=Half)
    )
    assert drawn.vertices[drawn.blamed].label == "total"
    assert labelled(drawn)["c"].status == "wrong"


def test_each_use_of_a_node_has_its_share(checked):
    """A name used twice has two edges with the share of each, and the sum beside its name."""
    result = checked("total = meal * tax\nprice = total + total * tip", {"meal": "42.5", "tax": "1.08", "tip": "0.15"})
    drawn = drawing(result)
    shares = [
        share
        for vertex in drawn.vertices
        for place, share in enumerate(vertex.shares)
        if drawn.vertices[vertex.args[place]].label == "total"
    ]
    assert sorted(shares) == ["0.15", "1"]
    text = inline(result, drawn, "1")
    assert [said.text for said in beside(labelled(drawn)["total"])] == ["← 1.15"]
    assert "← 1.15" in text
    assert "(0.15)" in text
    assert text.count('class="fork good"') == 1


def test_undecided_is_neither_right_nor_wrong(checked):
    """What could not be followed is marked with a question mark, in the third colour."""

    class Opaque:
        def forward(self, x, y):
            self.x, self.y = x, y
            return x * y

        def backward(self, dout):
            return dout * float(str(self.y)), dout * self.x

    drawn = drawing(checked("x * y", {"x": 3, "y": 5}, MulLayer=Opaque))
    assert labelled(drawn)["x"].status == "unknown"
    assert drawn.sign == "?"


def test_what_the_code_did_not_return_is_in_parentheses(checked):
    """686 flows to (a + b), and what of it flows on to a is returned by nobody: no edge of a is drawn as right."""
    drawn = drawing(checked(SHARED, {"a": 4, "b": 3}, MulLayer=SwappedMul))
    one = edge(drawn, "a", "a + b")
    assert (said(one.below), one.below[0].tone) == (["(28)"], "silent")
    assert (one.tone, one.dashed) == ("wrong", True)
    assert {e.tone for e in edges(drawn) if drawn.vertices[e.source].label in "ab"} == {"wrong"}
    assert said(beside(labelled(drawn)["a"])) == ["← 686.5833333333334 ✗", "exact 40.3125"]
    assert legend(drawn) == LEGEND


def test_the_legend_is_there_where_it_is_needed(checked):
    """Where everything is returned there are no parentheses, and nothing to explain, in any format."""
    result = checked(APPLES, AT)
    assert legend(drawing(result)) == ""
    assert "parentheses" not in inline(result, drawing(result), "1")
    quiet = replace(result, comparisons=tuple(c for c in result.comparisons if c.quantity != "value"))
    assert legend(drawing(quiet)) == LEGEND
    shared = checked(SHARED, {"a": 4, "b": 3})
    texts = [inline(shared, drawing(shared), "1"), *(renderer(name)(Run((shared,))) for name in ("svg", "dot"))]
    assert [text.count(LEGEND) for text in texts] == [1, 1, 1]


@slow
def test_what_a_generator_keeps_to_itself_is_exact(tmp_path, command, monkeypatch):
    """Of `x*x + x*z` only the output and a wrong sum come back: 5 and 8 are shown, forward values in parentheses."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "five.py").write_text(
        "import verify\n\n@verify.case('y = x*x + x*z', at={'x': 1, 'z': 6})\n"
        "def five(x, z):\n    dout = yield x*x + x*z\n    return dout * 5, dout * x\n"
    )
    assert command("five.py", "-qq", "--report=svg=a.svg", "--report=dot=a.dot").status == 1
    for name in ("a.svg", "a.dot"):
        text = (tmp_path / name).read_text()
        assert "← 5 ✗" in text
        assert "exact 8" in text
        assert "(6)" in text
        assert "← 6" not in text


def test_an_undecided_forward_value_is_no_plain_one(checked):
    """It has its question mark, in the third colour, and so has its edge."""
    drawn = drawing(checked("t = x * y\nz = t + x", {"x": 3, "y": 5}, MulLayer=Opaque))
    one = edge(drawn, "t", "z")
    assert ([*said(one.above)], one.above[0].tone, one.tone) == (["15 ?", "exact 15"], "unknown", "unknown")


def test_an_error_is_seen():
    """A layer that raises has the ring and the word; one that is not followed has that word."""
    raising = drawing(check(layer(Raising, inputs={"x": "N"})))
    assert (raising.blamed, raising.remark.text, raising.sign) == (raising.output, "error", "✗")
    text = inline(results.TRACED[-2], drawing(results.TRACED[-2]), "1")
    assert 'class="ring"' in text
    assert 'class="remark wrong">error<' in text
    assert drawing(results.TRACED[-1]).remark[:2] == ("undecided", "unknown")


def test_signs_are_those_of_the_page():
    """What is undecided has no cross, in any format."""
    for case in results.everything().cases:
        if drawn := drawing(case):
            assert drawn.sign == SIGNS[tone(case)]
            for name in ("svg", "dot"):
                assert html.escape(f"{drawn.sign} {case.name}") in html.escape(
                    html.unescape(renderer(name)(Run((case,))))
                )


def test_a_domain_is_no_shape():
    """An edge of a layer has the shape of its input; the domain stands in the signature."""
    given = {"x": real("N D", low=0, high=1), "s": real("", low=0), "w": real("4*H", high="1/2"), "b": "M"}
    given["t"] = integer("N", below="D")
    drawn = drawing(check(layer(Raising, inputs=given)))
    shapes = {name: vertex.value for name, vertex in labelled(drawn).items() if vertex.kind == "input"}
    assert shapes == {"x": "N × D", "s": "scalar", "w": "4*H", "b": "M", "t": "N whole"}


def formats(result):
    """Return the lines of labels as SVG has them, and as the language of Graphviz has them."""
    root = ET.fromstring(renderer("svg")(Run((result,))))
    shown = [text.text for text in root.iter(f"{SVG}text") if {"value", "back"} & set(text.get("class", "").split())]
    lines = []
    for line in renderer("dot")(Run((result,))).splitlines():
        label = re.search(r"label=<(.*)>[],]|label=\"(.*?)\"[],]", line)
        if label and line.strip().startswith("n"):
            parts = (
                html.unescape(re.sub(r"</?FONT[^>]*>", "", label[1])).split("<BR/>")
                if label[1]
                else label[2].split(r"\n")
            )
            lines += parts if "->" in line else parts[1:]
    return Counter(shown), Counter(filter(None, lines))


@pytest.mark.parametrize("layers", [{}, {"MulLayer": SwappedMul}, {"MulLayer": Opaque}])
@pytest.mark.parametrize("text", some([APPLES, SHARED, "s = a * b\nt = s + a\ny = t * s - s"], 6))
def test_formats_say_the_same(text, layers, checked):
    """Every label of SVG is in Graphviz' text and the other way round, as often, whatever is wrong."""
    svg, dot = formats(checked(text, AT if text == APPLES else {"a": 4, "b": 3}, **layers))
    assert svg == dot
    assert svg


def test_exponents_stand_in_their_sign(checked):
    """They are no nodes that hang in the air."""
    text = renderer("dot")(Run((checked(SHARED, {"a": 4, "b": 3}),)))
    assert 'label="x^0.5"' in text
    assert 'label="0.5"' not in text


def test_a_part_of_a_graph_keeps_what_is_shared(checked):
    """A node with one edge left of many has its sum beside it, and not on that edge."""
    text = "\n".join(["s0 = a * x", *(f"s{i} = s{i - 1} + x" for i in range(1, 70))])
    drawn = drawing(checked(text, {"a": 2, "x": 3}, MulLayer=SwappedMul))
    assert drawn.left_out
    assert labelled(drawn)["x"].shared
    assert all(
        not line.startswith("←")
        for e in edges(drawn)
        if drawn.vertices[e.source].label == "x"
        for line in said(e.below)
    )


def test_a_layer_is_a_box_with_the_failing_input_red():
    """Code on arrays is one box, with the shapes of its inputs."""
    drawn = drawing(results.HALVED)
    found = labelled(drawn)
    assert (found["W"].status, found["W"].extent, found["x"].status) == ("wrong", "wrong in 5 of 12", "good")
    assert found["x"].value == "N × D"
    assert drawn.blamed == drawn.output


@slow
def test_a_large_graph_shows_the_path_to_the_failure_only():
    """Beyond 60 nodes: nothing where all is right, and where it is not, the wrong node and what is behind it."""
    case = basket(40)
    assert check(case).graph is None

    def wrong(**inputs):
        running = case.subject(**inputs)
        dout = yield next(running)
        try:
            running.send(dout)
        except StopIteration as stop:
            gradients = stop.value
        return {**gradients, "fruit_7": gradients["fruit_7"] * 2}

    result = check(replace(case, subject=wrong))
    drawn = drawing(result)
    assert "fruit_7" in labelled(drawn)
    assert len(drawn.vertices) <= 60
    assert drawn.left_out > 60
    assert ET.fromstring(f"<figure>{inline(result, drawn, '1')}</figure>") is not None


def test_a_huge_graph_is_left_out():
    """Its case takes no longer for a drawing that nobody could read."""
    assert check(basket(1000)).graph is None


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("220.0", "220"),
        ("11/5", "2.2"),
        ("1/3", "1/3"),
        ("1e-12", "1e-12"),
        ("650", "650"),
        ("-11/10", "-1.1"),
        ("1.4142135623730950…", "1.4142135623730950…"),
    ],
)
def test_numbers_are_plain(number, shown):
    """As people write them, and never rounded without a sign of it."""
    assert plain(number) == shown


def random_text(seed):
    """Return an expression of random shape, with names used again and again, and its inputs."""
    choose = random.Random(seed)
    names = [f"{'long_name_of_an_input_' if choose.random() < 0.2 else 'x'}{i}" for i in range(choose.randint(2, 6))]
    lines, known, unused = [], list(names), set(names)
    for i in range(choose.randint(1, 12)):
        left, right = choose.choice(known), choose.choice(known[-4:])
        lines.append(f"step_{i} = {left} {choose.choice('+-*')} {right}")
        known.append(f"step_{i}")
        unused = unused - {left, right} | {f"step_{i}"}
    rest = [name for name in known if name in unused]
    lines.append(f"out = {' + '.join([*rest, known[-1]])} + {choose.choice(names)} * {choose.choice(names)}")
    return "\n".join(lines), {name: f"{choose.randint(1, 99)}.{choose.randint(1, 99)}" for name in names}


def boxes(drawn, placed):
    """Return the boxes of all labels of wires and of all circles, with what they are."""
    found = []
    for wire in placed.wires:
        above, below = wire.edge.above, wire.edge.below
        half, (x, y) = max((wide(said.text) for said in (*above, *below)), default=0) / 2, wire.label
        name = drawn.vertices[wire.edge.source].label
        found.append((f"labels of {name}", x - half, y - 5 - 14 * len(above), x + half, y + 2 + 14 * len(below)))
    for index, (x, y) in placed.at.items():
        if drawn.vertices[index].args:
            found.append((f"circle {index}", x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS))
    return found


def overlap(one, other):
    return one[1] < other[3] and other[1] < one[3] and one[2] < other[4] and other[2] < one[4]


@pytest.mark.parametrize("layers", [{}, {"MulLayer": SwappedMul}], ids=["right", "wrong"])
@pytest.mark.parametrize("seed", some(range(40), 20))
def test_nothing_stands_on_anything_else(seed, layers, checked):
    """In graphs of random shape, right or wrong, labels and circles keep apart, wires run level below no circle, and all is inside."""
    text, at = random_text(seed)
    drawn = drawing(checked(text, at, quick=True, **layers))
    if drawn is None:
        return
    placed = layout(drawn)
    found = boxes(drawn, placed)
    assert [(a[0], b[0]) for a, b in combinations(found, 2) if overlap(a, b)] == []
    for wire in placed.wires:
        for (x1, y1), (x2, y2) in pairwise(wire.points):
            if y1 == y2:
                behind = [
                    i
                    for i, (x, y) in placed.at.items()
                    if i not in (wire.edge.source, wire.edge.user)
                    and drawn.vertices[i].args
                    and x1 < x < x2
                    and abs(y - y1) < RADIUS
                ]
                assert behind == []
    assert all(0 <= x <= placed.width and 0 <= y <= placed.height for wire in placed.wires for x, y in wire.points)


def test_files_of_drawings():
    """SVG is well-formed and has a part for each case that can be drawn; Graphviz' language has a cluster for it."""
    run = results.everything()
    drawn = [case for case in run.cases if drawing(case)]
    root = ET.fromstring(renderer("svg")(run))
    assert len(root.findall(f"{SVG}g")) == len(drawn) > 0
    assert renderer("dot")(run).count("subgraph cluster_") == len(drawn)
    assert "nothing to draw" in renderer("svg")(Run(()))
