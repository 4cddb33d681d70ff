"""The page: its words, that it is one file which escapes everything, and that it stays small. In a browser: test_browser.py."""

import re
import shlex
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser

import pytest
import results
from effort import slow

from reports import anchors, page, renderer, terminal
from reports.page.formula import formula
from reports.page.headline import headline, total
from verify.model.comparison import Evidence
from verify.model.identity import CaseId, Quantity
from verify.model.result import Branch, Cover, Finding, Run, Stale

EVERYTHING = results.everything()
GOOD = results.case("good", results.PROVED)
FAULT = Finding("GP101", "backward writes into dout", True)


def run_of(*comparisons, **fields):
    return Run((results.case("c", *comparisons, **fields),))


class Elements(HTMLParser):
    """The elements of a page with their attributes, and its identifiers."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    @property
    def ids(self):
        return [given["id"] for _, given in self.found if "id" in given]


@pytest.fixture(scope="module")
def everything():
    return page.render(EVERYTHING)


@pytest.mark.parametrize(
    ("run", "tone", "verdict"),
    [
        (run_of(results.PROVED), "good", "the only gradient equals the exact derivative, for all inputs"),
        (run_of(results.PROVED, replace(results.PROVED, name="y")), "good", "all 2 gradients equal the exact derivative, for all inputs"),
        (run_of(results.PROVED, region=(Branch("a.py:1", "x > 0"),)), "good", "the only gradient equals the exact derivative"),
        (run_of(results.PROVED, signature=results.signed("x: N > 0")), "good", "the only gradient equals the exact derivative"),
        (run_of(results.PROVED, notes=("random draws",)), "good", "the only gradient equals the exact derivative"),
        (run_of(results.PROVED, results.AGREES), "good", "1 of 2 gradients proved, 1 not proved but agreeing"),
        (run_of(results.PROVED, results.REFUTED), "bad", "1 of 2 gradients is wrong"),
        (run_of(results.UNDECIDED), "unsure", "1 undecided"),
        (run_of(results.ERROR), "bad", "1 error in the code"),
        (run_of(results.NOT_ROUNDING), "bad", "1 float result outside the rounding bound"),
        (run_of(results.PROVED, results.STATED), "bad", "1 stated value is wrong"),
        (run_of(results.PROVED, findings=(FAULT,)), "bad", "1 fault found in how layers work"),
        (replace(run_of(results.PROVED), complete=False), "unsure", "stopped early"),
        (Run(()), "unsure", "nothing was checked"),
    ],
)  # fmt: skip
def test_the_band_says_the_verdict(run, tone, verdict):
    """In words and in colour, in the title too; what is undecided, unfinished or empty is never green."""
    found = headline(run)
    assert (found.tone, found.verdict) == (tone, verdict)
    text = page.render(run)
    assert f"<title>{found.sign} {verdict} · gradproof</title>" in text
    assert f'<header class="band {tone}">' in text


@pytest.mark.parametrize(
    ("cover", "everywhere"),
    [
        (Cover(2, True), True),
        (Cover(2, variant="N=1"), False),
        (Cover(2, False), False),
        (Cover(2, unvisited=(Branch("a.py:1", "x > 1"),)), False),
    ],
)
def test_for_all_inputs_is_said_where_it_was_shown(cover, everywhere):
    """Of code on arrays, where the regions are shown to be all there are, whatever the sizes."""
    case = results.traced("c", results.array("x", results.SMALL, "2 3"), cover=cover)
    assert total(case) is everywhere
    assert ("for all inputs" in headline(Run((case,))).verdict) is everywhere


def test_a_known_failure_is_not_green():
    """What the baseline lets pass is still wrong."""
    run = run_of(results.PROVED, replace(results.REFUTED, known=True))
    assert headline(run).tone != "good"


def test_it_is_one_file(everything):
    """No script, no style or image from elsewhere, no address but anchors, and a policy that allows no more."""
    found = Elements(everything).found
    assert not {tag for tag, _ in found} & {"script", "link", "img", "iframe", "object", "base", "form"}
    assert all(given["href"].startswith("#") for _, given in found if "href" in given)
    assert not [
        given for _, given in found if "src" in given or "style" in given or any(key.startswith("on") for key in given)
    ]
    policy = next(given["content"] for tag, given in found if given.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "@import" not in everything
    assert "url(" not in everything


def test_every_text_of_a_user_is_text():
    """Markup in any text of a result stays text, in every part of the page and in the drawings."""
    evil = "<img src=x onerror=alert(1)>\"'&"

    def spoiled(value):
        if isinstance(value, str):
            return evil + value
        if isinstance(value, tuple) and not hasattr(value, "_fields"):
            return tuple(map(spoiled, value))
        return value

    def of(thing, *kept):
        names = [name for name in thing.__dataclass_fields__ if name not in kept]
        return replace(thing, **{name: spoiled(getattr(thing, name)) for name in names})

    cases = []
    for case in EVERYTHING.cases:
        comparisons = tuple(
            of(
                c,
                "quantity",
                "role",
                "rounding",
                "evidence",
                "counterexample",
                "shape",
                "actual",
                "expected",
                "surrogate",
            )
            for c in case.comparisons
        )
        findings = tuple(of(finding, "code") for finding in case.findings)
        region = tuple(of(branch) for branch in case.region)
        cases.append(
            replace(
                of(case, "comparisons", "findings", "region", "accuracy", "sources", "cover", "graph"),
                comparisons=comparisons,
                findings=findings,
                region=region,
            )
        )
    run = Run(tuple(cases), version=evil, command=evil, environment=((evil, evil),))
    for name in ("html", "svg"):
        text = renderer(name)(run)
        assert "<img" not in text
        assert "&lt;img" in text
        tags = {tag for tag, _ in Elements(text).found}
        assert not tags & {"img", "script"}
    assert '\\"' in renderer("dot")(run)


def test_the_same_again(everything):
    """A second rendering is the same to the byte."""
    assert page.render(results.everything()) == everything


def test_anchors_lead_somewhere(everything):
    """Identifiers are unlike each other, each link has its target, and each row an anchor."""
    found = Elements(everything)
    assert len(set(found.ids)) == len(found.ids)
    assert {given["href"][1:] for _, given in found.found if "href" in given} <= set(found.ids)
    assert "forgets-to-swap.tax" in found.ids


def test_anchors_are_told_apart():
    """Names that are alike in an address get numbers that no other name has."""
    named = [results.case(name, results.PROVED) for name in ("a b", "a-b", "a b 2", "<>", "a b-2", "사과 2")]
    found = list(anchors.of_cases(Run(tuple(named))).values())
    assert len(set(found)) == len(found)
    assert found[0] == "a-b"
    assert "사과-2" in found
    assert "case" in found


def test_a_domain_is_not_all_inputs():
    """What is proved for x > 0 is said to hold there, and what only agrees is not said to hold anywhere."""
    for signature, agreeing, said in [("x: N", False, True), ("x: N > 0", False, False), ("x: N", True, False)]:
        row = results.AGREES if agreeing else results.PROVED
        text = page.render(run_of(row, signature=results.signed(signature), cover=Cover(1, True)))
        assert ("all inputs</td>" in text) == said


def _told(run, places):
    """Return the anchors that the terminal prints."""
    return set(re.findall(r"out/page\.html#(\S+)", terminal.render(run, page="out/page.html", places=places)))


def test_the_terminal_prints_where_the_page_tells_of_it(everything):
    """With the page, each failure has its address; without, nothing of it."""
    places = set(Elements(everything).ids)
    told = _told(EVERYTHING, places)
    assert "forgets-to-swap.tax" in told
    assert told <= places
    short = places - {"forgets-to-swap.tax"}  # as on a page that has no room for this row: its case is in the inventory
    assert _told(EVERYTHING, short) <= short
    assert "forgets-to-swap" in _told(EVERYTHING, short)
    assert "page.html" not in terminal.render(EVERYTHING)


def test_what_is_refuted_comes_first():
    """At the top and among the cases: refuted before what is found, and undecided last, each with its anchor."""
    undecided = results.case("c undecided", results.UNDECIDED)
    found = results.case("b found", results.PROVED, findings=(FAULT,))
    refuted = results.case("a refuted", results.REFUTED)
    run = Run((undecided, found, refuted))
    text = page.render(run)
    listed = text[text.index('id="failing"') : text.index('id="failures"')]
    order = re.findall(r'<a href="#([abc])-', listed)
    assert order == ["a", "b", "c"]
    assert re.findall(r'<article class="case \w+" id="([abc])-', text) == ["a", "b", "c"]
    assert 'id="failing"' not in page.render(run_of(results.PROVED))


@pytest.mark.parametrize("word", ["run", "scan"])
def test_the_change_is_looked_for_by_a_command(word):
    """The page has the command that looks for a change of a wrong case, as the terminal does, and none for a right one."""
    command = f"gradproof fix {'--scan ' if word == 'scan' else ''}my_layers.py"
    wrong, right = (
        results.case(comparison.verdict.name, comparison, expression="", reproduce=("gradproof", word, "my_layers.py"))
        for comparison in (results.REFUTED, results.PROVED)
    )
    assert command in renderer("html")(Run((wrong,)))
    assert command in renderer("terminal")(Run((wrong,)))
    assert "gradproof fix" not in renderer("html")(Run((right,)))


def test_the_command_keeps_its_lines(everything):
    """A command of several lines stands as it was typed, in an element that keeps line ends when it is copied."""
    text = page.render(replace(run_of(results.PROVED), command="gradproof expr 'a = x\nb = a*y'"))
    assert re.search(r"<pre[^>]*><code>gradproof expr &#39;a = x\nb = a\*y&#39;</code></pre>", text)


def test_the_command_writes_the_page(command, tmp_path, monkeypatch):
    """One file, which names versions, seed and the command without its reports; the terminal points into it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wrong.py").write_text(
        "from layers.arithmetic import *\n\nclass MulLayer(MulLayer):\n    def backward(self, dout):\n        return dout * self.x, dout * self.y\n"
    )
    at = ["--at", "apple=100", "--at", "tax=1.1"]
    done = command(
        "expr", "price = apple * tax", *at, "--layers", "wrong.py", "--report", "html=p.html", "--report=svg=p.svg"
    )
    text = (tmp_path / "p.html").read_text()
    assert done.status == 1
    assert "report    p.html#price-apple-tax.apple" in done.out
    assert (
        shlex.join(["gradproof", "expr", "price = apple * tax", *at, "--layers", "wrong.py", "--seed", "0"]).replace(
            "'", "&#39;"
        )
        in text
    )
    assert re.search(r"sympy [\d.]+", text)
    assert '<span class="number">▶ 4</span>    def backward(self, dout):' in text
    assert (tmp_path / "p.svg").read_text().startswith("<svg")


@slow
def test_nobody_else_pays_for_the_page():
    """Templates are imported where the page is asked for, and for no other report."""
    code = "import sys; from verify.command.main import main; main(['expr', 'x*y', '--at', 'x=1', '--at', 'y=2', '--report=svg=/dev/null']); print('jinja2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


@slow
def test_many_cases_stay_small():
    """5,000 cases, all of them wrong: a page under 5 MB, on which each case has its anchor."""
    some = [case for case in EVERYTHING.cases if not case.good]
    run = Run(
        tuple(
            replace(some[i % len(some)], name=f"case {i}", where=results.at(f"m{i // 100}.py:{i}")) for i in range(5000)
        )
    )
    text = page.render(run)
    assert len(text.encode()) < 5_000_000
    found = Elements(text)
    assert {f"case-{i}" for i in range(5000)} <= set(found.ids)
    assert "have a line in the inventory only" in text


def test_the_inventory_says_what_was_not_checked(everything):
    """Each case by file, with the reason where something was not checked."""
    part = everything[everything.index('id="inventory"') :]
    assert all(name in part for name in ("shop.toml", "my_layers.py", "the command line"))
    assert "not claimed by the code: W, b" in part
    assert "stopped after 60 seconds" in part


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("apple*tax", "<math><mrow><mi>apple</mi><mo>⋅</mo><mi>tax</mi></mrow></math>"),
        ("(a + b)*c", "<mo>(</mo><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mo>)</mo>"),
        ("a - (b - c)", "<mo>−</mo><mrow><mo>(</mo>"),
        ("-x", "<mrow><mo>−</mo><mi>x</mi></mrow>"),
        ("(-x)**2", "<msup><mrow><mo>(</mo>"),
        ("x/(y + 1)", "<mfrac><mi>x</mi><mrow><mi>y</mi><mo>+</mo><mn>1</mn></mrow></mfrac>"),
        ("sqrt(x)", "<msqrt><mi>x</mi></msqrt>"),
        ("e*exp(-x)", "<mi>e</mi><mo>⋅</mo><mrow><mi>exp</mi><mrow><mo>(</mo>"),
        ("exp(x)**2", "</mrow></mrow><mn>2</mn></msup>"),
        ("-2*x*y", "<mrow><mo>−</mo><mn>2</mn></mrow><mo>⋅</mo><mi>x</mi></mrow><mo>⋅</mo><mi>y</mi>"),
        ("a - -2*x", "<mo>−</mo><mrow><mo>(</mo>"),
        ("a*(-2*x)", "<mo>⋅</mo><mrow><mo>(</mo>"),
        ("(x - 2)*y", "<mrow><mo>(</mo><mrow><mi>x</mi>"),
        ("1e400*x", "<mn>1e400</mn>"),
        ("x + 0.1234567890123456789", "<mn>0.1234567890123456789</mn>"),
        ("사과*1.50", "<mn>1.50</mn>"),
        ("2*Piecewise((x, x > 0), (0, True))", "<mo>⋅</mo><mrow><mo>(</mo><mrow><mo>{</mo>"),
        ("x[0,1]", "<msub><mi>x</mi><mrow><mn>0</mn><mo>,</mo><mn>1</mn></mrow></msub>"),
        ("Piecewise((x, x > 0), (0, True))", "<mtable>"),
        ("tanh(x) >= 0", "<mo>≥</mo>"),
        ("사과*귤", "<mi>사과</mi>"),
    ],
)
def test_formulas_are_mathml(said, shown):
    """Python's notation, as people write it."""
    assert shown in formula(said)


@pytest.mark.parametrize(
    "said",
    [
        "a <b>",
        "(a formula of 5,000 operations)",
        "x = 1",
        "lambda x: 1",
        "f(x=1)",
        "Piecewise((x, x > 0), (0, False))",
        "True",
        "[1]",
        "'<img>'",
        "x" * 500,
        "(" * 300,
    ],
)
def test_what_is_no_formula_is_code(said):
    """It is shown as it is, escaped, and never run."""
    assert "<img" not in formula(said)
    assert formula(said).startswith("<code>")


def test_only_what_was_made_small_is_called_small():
    """Inputs of an array that a formula fails at are made small; those at points that were tried are as they were."""
    small = results.halved("")
    tried = replace(small, evidence=Evidence("points", "compiled", points=7))
    assert "small counterexample" in page.render(Run((results.traced("c", small),)))
    text = page.render(Run((results.traced("c", tried),)))
    assert "small counterexample" not in text
    assert "counterexample" in text


def test_stale_entries_of_a_baseline_are_told():
    """What the baseline knows, and is no longer so, stands on the page too."""
    entry = Stale(CaseId("shop.toml", "apples <tax>"), Quantity("gradient", "x"), "REFUTED", "PROVED")
    text = page.render(replace(Run((GOOD,)), stale=(entry,)))
    assert "shop.toml: apples &lt;tax&gt;: gradient x was REFUTED, now PROVED" in text
