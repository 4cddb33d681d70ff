"""The page in Chromium, opened from a file: what people see, with and without a mouse, and what leaves the page.

Screenshots are kept where GRADPROOF_SCREENSHOTS says, and by the long tests in build/screenshots.
"""

import contextlib
import io
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import results
from effort import LONG, slow, some
from test_drawing import SHARED, SwappedMul, random_text
from test_spot import results_of_points

from reports import page
from verify.command.main import main
from verify.model.result import Accuracy, Run

ROOT = Path(__file__).parent.parent
SUITE = Path(__file__).parent / "data" / "page"
AXE = ROOT / ".venv" / "axe.min.js"
CAPTURES = 4  # times that a screenshot is asked for
NAMES = ("chromium", "chromium-browser", "google-chrome")
OPEN_ALL = "document.querySelectorAll('details').forEach(one => one.open = true)"
OVERLAPS = """
() => [...document.querySelectorAll('svg')].flatMap(svg => {
  const boxes = [...svg.querySelectorAll('text')].map(text => [text.textContent, text.getBoundingClientRect()]).filter(([_, box]) => box.width);
  return boxes.flatMap(([a, one], i) => boxes.slice(i + 1).filter(([_, two]) =>
    one.left < two.right - 1 && two.left < one.right - 1 && one.top < two.bottom - 3 && two.top < one.bottom - 3).map(([b]) => `${a} | ${b}`));
})
"""
OUTSIDE = """
() => [...document.querySelectorAll('svg')].flatMap(svg => {
  const frame = svg.getBoundingClientRect();
  return [...svg.querySelectorAll('text')].filter(text => {
    const box = text.getBoundingClientRect();
    return box.width && (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1);
  }).map(text => text.textContent);
})
"""


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright  # here: names of imported modules are looked through in each trace

    found = next(filter(None, map(shutil.which, NAMES)), None)
    assert found, "the tests of the page need Chromium: apt-get install chromium (as .ci/run does)"
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The page of a suite with a failure of each kind."""
    target, here = tmp_path_factory.mktemp("page") / "report.html", Path.cwd()
    os.chdir(SUITE)
    try:
        assert (
            main(["-qq", "broken.py", "broken.toml", "--report", f"html={target}"], io.StringIO(), io.StringIO()) == 1
        )
    finally:
        os.chdir(here)
    return target


class Opened:
    """A page that was opened, with all that it said and asked for."""

    def __init__(self, browser, path, anchor="", width=1400, **how):
        self.page = browser.new_page(viewport={"width": width, "height": 1000}, **how)
        self.said, self.asked = [], []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda problem: self.said.append(str(problem)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(f"file://{path}{anchor}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.page.close()

    def capture(self, **how):
        """Return a screenshot; where Chromium fails to take one, as it may under load, it is asked again."""
        from playwright.sync_api import Error

        for _ in range(CAPTURES - 1):
            with contextlib.suppress(Error):
                return self.page.screenshot(**how)
        return self.page.screenshot(**how)

    def keep(self, name):
        """Keep a screenshot."""
        named = os.environ.get("GRADPROOF_SCREENSHOTS")
        if named or LONG:
            folder = Path(named or ROOT / "build" / "screenshots")
            folder.mkdir(parents=True, exist_ok=True)
            self.capture(path=folder / f"{name}.png", full_page=True)


@slow
def test_it_opens_by_itself(browser, written):
    """The title has the verdict, the band says why, nothing is said on the console, and no request leaves the page."""
    with Opened(browser, written) as opened:
        assert opened.page.title() == "✗ 5 of 33 gradients are wrong · gradproof"
        assert opened.page.inner_text(".band h1") == "✗ 5 of 33 gradients are wrong"
        assert "too small by a factor of 2" in opened.page.inner_text(".band .why")
        assert opened.said == []
        assert opened.asked == [f"file://{written}"]
        assert opened.page.evaluate("document.scripts.length") == 0


@slow
def test_names_with_markup_are_text(browser, written):
    """A layer named like an image that fails to load is a heading, and no element."""
    with Opened(browser, written) as opened:
        assert opened.page.locator("img").count() == 0
        assert "affine <img onerror=alert(1)>" in opened.page.inner_text("article.case h2 >> nth=0")


def test_the_planted_failure_is_seen(browser, written):
    """A red edge with the exact value beside it, and a ring around the first wrong node."""
    with Opened(browser, written, "#apples-swapped-in-one-layer") as opened:
        graph = opened.page.locator("#apples-swapped-in-one-layer svg")
        style = "one => getComputedStyle(one).stroke"
        red = graph.locator(".ring").evaluate(style)
        assert red == "rgb(180, 35, 24)"
        assert graph.locator("polyline.wire.wrong").count() == 2
        assert graph.locator("polyline.wire.wrong >> nth=0").evaluate(style) == red
        assert "exact 2.2" in graph.text_content()
        assert graph.get_by_text("first wrong node").is_visible()


@slow
def test_it_folds_without_a_mouse(browser, written):
    """What is in order is folded, and opens by keyboard."""
    with Opened(browser, written) as opened:
        fold = opened.page.locator("details.case.good >> nth=0")
        assert fold.get_attribute("open") is None
        opened.page.locator("#passing").evaluate("one => one.querySelector('summary').focus()")
        opened.page.keyboard.press("Enter")
        assert fold.get_attribute("open") is not None
        opened.page.keyboard.press("Tab")
        assert opened.page.evaluate("document.activeElement !== document.body")


@slow
def test_anchors_open_what_is_folded(browser, written):
    """The address of a row that is in order leads to it, though it is folded."""
    with Opened(browser, written, "#in-order.tax") as opened:
        assert opened.page.locator("tr:target").count() == 1
        assert opened.page.locator("[id='in-order.tax']").is_visible()


@pytest.mark.parametrize("width", some([400, 1400], 4))
@pytest.mark.parametrize("scheme", some(["light", "dark"], 4))
def test_it_fits_the_window(browser, written, width, scheme):
    """At each width, with all unfolded, nothing scrolls sideways; no label of a drawing is on another, or cut off."""
    with Opened(browser, written, width=width, color_scheme=scheme) as opened:
        opened.keep(f"{scheme}-{width}")
        opened.page.evaluate(OPEN_ALL)
        assert opened.page.evaluate("document.documentElement.scrollWidth") == width
        assert opened.page.evaluate(OVERLAPS) == []
        assert opened.page.evaluate(OUTSIDE) == []
        opened.keep(f"{scheme}-{width}-unfolded")


LONG_SUM = " + ".join(f"alpha[{i},{i}]*beta[{i},{i}]" for i in range(6))


@slow
@pytest.mark.parametrize("width", [400, 1400])
def test_long_names_and_formulas_fit(browser, tmp_path, width):
    """Names of wide letters are not cut off, a long sum goes on in the next line, and a longer formula is folded."""
    rows = [replace(results.halved(""), expected_formula=LONG_SUM, actual_formula=LONG_SUM * 9)]
    names = ["gamma", "MWMWMW", "mmmmmmww"]
    signature = results.signed(", ".join(f"{name}: N D" for name in names))
    path = tmp_path / "long.html"
    path.write_text(page.render(Run((results.traced("mmmm wwww", *rows, signature=signature),))), encoding="utf-8")
    with Opened(browser, path, width=width) as opened:
        assert opened.page.evaluate(OUTSIDE) == []
        assert opened.page.evaluate("document.documentElement.scrollWidth") == width
        assert opened.page.locator(".failure dd math").count() > 5
        assert not opened.page.get_by_text(LONG_SUM * 9).first.is_visible()


def violations(opened):
    """Return what axe-core finds on a page."""
    assert AXE.exists(), "axe-core is missing: make test fetches it"
    opened.page.evaluate(AXE.read_text(encoding="utf-8"))
    found = opened.page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [(one["id"], node["html"]) for one in found for node in one["nodes"]]


@pytest.mark.parametrize("width", some([400, 1400], 4))
@pytest.mark.parametrize("scheme", some(["light", "dark"], 4))
def test_axe_finds_nothing(browser, written, width, scheme):
    """Contrast, names, landmarks and keyboard use are in order, folded and unfolded."""
    with Opened(browser, written, width=width, color_scheme=scheme, bypass_csp=True) as opened:
        assert violations(opened) == []
        opened.page.evaluate(OPEN_ALL)
        assert violations(opened) == []


@slow
def test_axe_finds_what_is_planted(browser, written):
    """Grey text on white, and a field without a name, are found."""
    with Opened(browser, written, bypass_csp=True) as opened:
        opened.page.evaluate("""() => {
          document.querySelector('.band .summary').style.color = '#ccc';
          document.querySelector('.filter').append(document.createElement('select'));
        }""")
        assert {"color-contrast", "select-name"} <= {kind for kind, _ in violations(opened)}


@slow
def test_cases_are_filtered_without_a_mouse(browser, written):
    """The arrow keys choose what is listed: all, wrong, undecided or passing."""
    with Opened(browser, written) as opened:
        opened.page.locator("#show-all").focus()
        listed = []
        for _ in range(4):
            numbers = {
                kind: opened.page.locator(f".case.{kind} >> visible=true").count() for kind in ("bad", "unsure", "good")
            }
            listed.append({kind for kind, number in numbers.items() if number})
            opened.page.keyboard.press("ArrowRight")
        assert listed == [{"bad", "unsure", "good"}, {"bad"}, {"unsure"}, {"good"}]


@slow
def test_what_fails_is_on_the_first_screen(browser, written):
    """What is wrong, its place and why stand there, on a phone too, and lead to the case."""
    for width in (400, 1400):
        with Opened(browser, written, width=width) as opened:
            first = opened.page.locator("#failing tbody tr >> nth=0")
            box = first.bounding_box()
            assert box["y"] + box["height"] < 1000
            assert "REFUTED" in first.inner_text()
            assert "broken.py:18" in first.inner_text()
            first.locator("a").click()
            assert opened.page.locator(":target").count() == 1


@slow
def test_it_prints(browser, written):
    """On paper everything is unfolded, and nothing is wider than the sheet."""
    with Opened(browser, written, width=720) as opened:
        opened.page.emulate_media(media="print")
        assert opened.page.locator("details.case.good table >> nth=0").bounding_box()["height"] > 0
        assert opened.page.evaluate("document.documentElement.scrollWidth") == 720
        opened.keep("print")


@slow
def test_colours_can_be_read(browser, written):
    """Text on the band has a contrast of at least 4.5, by day and by night."""
    for scheme in ("light", "dark"):
        with Opened(browser, written, color_scheme=scheme) as opened:
            pairs = opened.page.evaluate("""() => ['.band h1', '.band .summary', '.quiet', 'td.verdict', '.graph .back.good'].map(which => {
              let one = document.querySelector(which), back = one;
              while (getComputedStyle(back).backgroundColor === 'rgba(0, 0, 0, 0)' && back.parentElement) back = back.parentElement;
              const style = getComputedStyle(one);
              return [which, one.closest('svg') ? style.fill : style.color, getComputedStyle(back).backgroundColor];
            })""")
            for which, front, back in pairs:
                assert contrast(front, back) >= 4.5, (scheme, which, front, back)


def contrast(front, back):
    """Return the contrast of two colours as WCAG 2 defines it."""

    def luminance(colour):
        parts = [int(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted(map(luminance, (front, back)))
    return (high + 0.05) / (low + 0.05)


@slow
def test_graphs_of_all_shapes_have_room(browser, checked, tmp_path):
    """In random graphs, with names used again and again and long ones, no label is on another."""
    cases = []
    for seed in range(8):
        text, at = random_text(seed)
        layers = {"MulLayer": SwappedMul} if seed % 2 else {}
        cases.append(replace(checked(text, at, quick=True, **layers), name=f"graph {seed}"))
    path = tmp_path / "graphs.html"
    path.write_text(page.render(Run(tuple(cases))), encoding="utf-8")
    with Opened(browser, path) as opened:
        opened.page.evaluate(OPEN_ALL)
        assert opened.page.locator("svg").count() > len(cases) * 2 // 3
        assert opened.page.evaluate(OVERLAPS) == []
        assert opened.page.evaluate(OUTSIDE) == []
        opened.keep("graphs")


@slow
def test_every_verdict_in_a_browser(browser, tmp_path):
    """A result with every kind of row says nothing on the console and fits a narrow window."""
    path = tmp_path / "everything.html"
    path.write_text(page.render(results.everything()), encoding="utf-8")
    with Opened(browser, path, width=400) as opened:
        opened.page.evaluate(OPEN_ALL)
        assert opened.page.evaluate("document.documentElement.scrollWidth") == 400
        assert opened.said == []
        opened.keep("everything-400")


@slow
def test_5000_cases_open(browser, tmp_path):
    """A page of so many cases, all of them wrong, opens with all of them and says nothing on the console."""
    some = [case for case in results.everything().cases if not case.good]
    run = Run(
        tuple(
            replace(some[i % len(some)], name=f"case {i}", where=results.at(f"m{i // 100}.py:{i}")) for i in range(5000)
        )
    )
    path = tmp_path / "many.html"
    path.write_text(page.render(run), encoding="utf-8")
    with Opened(browser, path) as opened:
        assert opened.page.evaluate("document.body.textContent.includes('case 4999')")
        assert opened.said == []


ROUND = """
() => [...document.querySelectorAll('text.sign')].filter(sign => {
  const box = sign.getBBox(), circle = sign.parentElement.querySelector('circle.node').getBBox();
  return box.x < circle.x + 4 || box.x + box.width > circle.x + circle.width - 4;
}).map(sign => sign.textContent)
"""


@slow
def test_signs_fit_into_their_circles(browser, checked, tmp_path):
    """A root, and a power that is long, keep off the line around them."""
    path = tmp_path / "powers.html"
    result = checked("y = a ** (1/2) + a ** 0.1234567 + a ** -3 + a ** (-5/7) + a * b", {"a": 4, "b": 3})
    path.write_text(page.render(Run((result,))), encoding="utf-8")
    with Opened(browser, path) as opened:
        opened.page.evaluate(OPEN_ALL)
        assert opened.page.locator("text.sign").count() == 9
        assert opened.page.evaluate(ROUND) == []


@slow
def test_more_to_the_right_is_seen(browser, checked, tmp_path):
    """On a narrow window a graph ends in a shadow, which is gone when it was scrolled to its end."""
    path = tmp_path / "wide.html"
    path.write_text(page.render(Run((checked(SHARED, {"a": 4, "b": 3}, MulLayer=SwappedMul),))), encoding="utf-8")
    with Opened(browser, path, width=400) as opened:
        drawing = opened.page.locator("figure.drawing")
        drawing.evaluate("one => one.scrollIntoView()")
        assert drawing.evaluate("one => one.scrollWidth > one.clientWidth")
        box = drawing.bounding_box()
        edge = {"x": box["x"] + box["width"] - 6, "y": box["y"] + 4, "width": 4, "height": 4}  # above all lines
        before = opened.capture(clip=edge)
        drawing.evaluate("one => one.scrollLeft = 10000")
        assert opened.capture(clip=edge) != before


class Failing:
    """A page that fails to be captured so many times."""

    def __init__(self, times):
        self.times, self.asked = times, 0

    def screenshot(self, **_):
        from playwright.sync_api import Error

        self.asked += 1
        if self.asked <= self.times:
            raise Error("Page.screenshot: Protocol error (Page.captureScreenshot): Unable to capture screenshot")
        return b"captured"


def test_a_capture_is_asked_for_again():
    """A failure of Chromium to capture is no failure of the page, unless it goes on failing."""
    from playwright.sync_api import Error

    opened = Opened.__new__(Opened)
    opened.page = Failing(CAPTURES - 1)
    assert opened.capture() == b"captured"
    opened.page = Failing(CAPTURES)
    with pytest.raises(Error):
        opened.capture()
    assert opened.page.asked == CAPTURES


@slow
@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_point_of_an_edge_and_of_a_hole(browser, tmp_path, width, scheme):
    """Their tables and the marks in the plot fit, have contrast, and what fails and why is on the first screen."""
    path = tmp_path / "points.html"
    path.write_text(page.render(Run(results_of_points())), encoding="utf-8")
    with Opened(browser, path, width=width, color_scheme=scheme, bypass_csp=True) as opened:
        opened.keep(f"points-{scheme}-{width}")
        assert opened.page.evaluate("document.documentElement.scrollWidth") == width
        assert opened.page.evaluate(OVERLAPS) == []
        assert opened.page.evaluate(OUTSIDE) == []
        assert violations(opened) == []
        why = opened.page.get_by_text("wrong only exactly where the code changes from one formula to another").first
        assert why.bounding_box()["y"] < 800
        assert opened.page.get_by_role("columnheader", name="x[0,0] > 0", exact=True).is_visible()
        assert opened.page.locator("svg.curve .wrong").count() == 2


@slow
def test_entries_are_drawn(browser, tmp_path):
    """A wrong gradient has a cell for each entry: squares, rings and dots stand in their frame, and do not overlap."""
    path = tmp_path / "entries.html"
    path.write_text(page.render(Run((results.HALVED,))), encoding="utf-8")
    for width in (400, 1400):
        with Opened(browser, path, width=width) as opened:
            drawn = opened.page.get_by_role("img", name="entries of the gradient of W: 5 wrong, 1 undecided, 6 right")
            assert drawn.is_visible()
            frame, *kinds = (
                drawn.locator(which).evaluate(
                    "one => { const b = one.getBBox(); return [b.x, b.y, b.width, b.height] }"
                )
                for which in (".frame", ".right", ".open", ".wrong")
            )
            for x, y, wide, high in kinds:
                assert frame[0] <= x
                assert frame[1] <= y
                assert x + wide <= frame[0] + frame[2]
                assert y + high <= frame[1] + frame[3]
            assert opened.page.locator("table.sides tbody tr").count() == 2


@slow
def test_a_case_is_found_without_a_script(browser, written):
    """Chosen in the field, it is the only one that is shown, in the table of what fails too."""
    with Opened(browser, written) as opened:
        cases = opened.page.locator(".case >> visible=true")
        before = cases.count()
        opened.page.select_option("#find", label="apples, swapped in one layer")
        assert cases.count() == 1
        assert cases.first.get_attribute("id") == "apples-swapped-in-one-layer"
        rows = opened.page.locator("#failing tbody tr >> visible=true").all()
        assert {row.get_attribute("data-case") for row in rows} == {"apples-swapped-in-one-layer"}
        opened.page.select_option("#find", label="any case")
        assert cases.count() == before


@slow
def test_fractions_in_explanations_can_be_read(browser, checked, tmp_path):
    """They are as large as the text; in the rows of a table they are small, so that rows are not high."""
    path = tmp_path / "fractions.html"
    path.write_text(page.render(Run((checked(SHARED, {"a": 4, "b": 3}, MulLayer=SwappedMul),))), encoding="utf-8")
    with Opened(browser, path) as opened:
        opened.page.evaluate(OPEN_ALL)
        high = "one => one.getBoundingClientRect().height"
        told = opened.page.locator(".failure mfrac > * >> nth=0").evaluate(high)
        assert told > 1.2 * opened.page.locator("td.formula mfrac > * >> nth=0").evaluate(high)


def accuracy(precision, bits):
    sizes = ("1e-8", "1e-3", "sample", "30", "1e3")
    return [Accuracy("x", precision, size, "1", "2", str(lost)) for size, lost in zip(sizes, bits, strict=False)]


@slow
def test_lines_of_a_chart_are_told_apart(browser, tmp_path):
    """Each has its name where it ends, and one that runs on another is seen through that."""
    lost = [
        *accuracy("float64", (0, 1, 5, 20, 50)),
        *accuracy("float32", (0, 1, 5, 20, 24)),
        *accuracy("float16", (0, 1, 5)),
    ]
    path = tmp_path / "chart.html"
    path.write_text(
        page.render(Run((results.traced("c", results.array("x", "", "3"), accuracy=tuple(lost)),))), encoding="utf-8"
    )
    with Opened(browser, path) as opened:
        opened.page.evaluate(OPEN_ALL)
        ends = {}
        for name in ("float64", "float32", "float16"):
            line, label = (
                opened.page.locator(f".chart {kind}.{name}").evaluate(
                    "one => { const b = one.getBBox(); return [b.x, b.x + b.width] }"
                )
                for kind in ("polyline", "text")
            )
            assert 0 < label[0] - line[1] < 15, name
            ends[name] = opened.page.locator(f".chart polyline.{name}").evaluate(
                "one => getComputedStyle(one).strokeDasharray"
            )
        assert len(set(ends.values())) == 3
