"""The documents build without a warning, have no dead links, and name everything that is public."""

import re
import subprocess
import sys
from pathlib import Path

import pages
import pytest
from effort import LONG, slow

import verify
from reports import FORMATS
from verify import extend
from verify.command.arguments import build_parser

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = {path.relative_to(DOCS).as_posix(): path for path in sorted(DOCS.rglob("*.md"))}
FOLLOWED = [*pages.GUIDES, *pages.TUTORIAL, pages.GALLERY, DOCS / "reference" / "settings.md"]  # by test_readme.py


def build(source, target, *, builder="html"):
    """Build documents with our settings; returns the process that did it."""
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "--keep-going",
        "--quiet",
        "-b",
        builder,
        "-c",
        DOCS,
        source,
        target,
    ]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build the documents once; `make docs` builds them too, and fails for a warning."""
    if not LONG:
        pytest.skip("builds all documents: GRADPROOF_LONG=1")
    target = tmp_path_factory.mktemp("site")
    done = build(DOCS, target)
    assert (done.returncode, done.stderr) == (0, "")
    return target


def test_every_public_name_has_its_place(site):
    """The reference has an entry for each name of `gradproof` and of `gradproof.extend`."""
    text = (site / "reference" / "python.html").read_text()
    names = [f"gradproof.{name}" for name in verify.__all__] + [f"gradproof.extend.{name}" for name in extend.__all__]
    assert {name for name in names if f'id="{name}"' not in text} == set()


def test_every_option_has_its_place(site):
    """The reference has an entry for each option of each command, and each entry says what it is for."""
    text = (site / "reference" / "command.html").read_text()
    (commands,) = (action.choices for action in build_parser(FORMATS)._actions if isinstance(action.choices, dict))
    options = {
        f"cmdoption-gradproof-{name}-{option.lstrip('-')}"
        for name, parser in commands.items()
        for action in parser._actions
        for option in action.option_strings
    }
    assert len(options) > 40
    assert {option for option in options if f'id="{option}"' not in text} == set()
    assert not re.search(r"<dd>\s*</dd>", text)


def test_pictures_and_links_to_reports_are_there(site):
    """Each picture, and each report that a page links, is a file of the site; nothing is loaded from elsewhere."""
    pages = [page for page in site.rglob("*.html") if site / "reports" not in page.parents]
    assert len(pages) > 5
    for page in pages:
        text = page.read_text()
        for path in re.findall(r'(?:src|href)="([^"#?:]+)[#?"]', text):
            assert (page.parent / path).exists(), f"{page}: {path}"
        assert not re.search(r'<(?:script|link|img)[^>]+(?:src|href)="(?:https?:)?//', text), page


DEAD = {
    "[dead](nowhere.md)": "'nowhere.md'",
    "[dead](other.md#no-anchor)": "'no-anchor'",
    "[dead](#no-heading)": "'no-heading'",
    "{py:func}`gradproof.nothing`": "gradproof.nothing",
    "{term}`nonsense`": "'nonsense'",
}
ALIVE = ["[alive](other.md)", "[alive](other.md#an-anchor)", "[alive](#a-page)"]


@slow
def test_dead_links_are_refused(tmp_path):
    """A link to no page, heading, function or term is a warning; links that lead somewhere are none."""
    for name, links in (("dead", [*DEAD, *ALIVE]), ("alive", ALIVE)):
        (tmp_path / name).mkdir()
        text = "\n\n".join(["# A page", *links, "```{toctree}\nother\n```\n"])
        (tmp_path / name / "index.md").write_text(text)
        (tmp_path / name / "other.md").write_text("# Other\n\n## An anchor\n")
    done = build(tmp_path / "alive", tmp_path / "out", builder="dummy")
    assert (done.returncode, done.stderr) == (0, "")
    done = build(tmp_path / "dead", tmp_path / "out", builder="dummy")
    assert done.returncode == 1
    assert done.stderr.count("WARNING") == len(DEAD)
    assert [complaint for complaint in DEAD.values() if complaint not in done.stderr] == []


@pytest.mark.parametrize("name", PAGES)
def test_code_is_on_pages_that_tests_follow(name):
    """Code that a reader may copy is on pages whose files and commands a test runs."""
    assert PAGES[name] in FOLLOWED or pages.page(PAGES[name]) == []


def test_code_behind_a_block_of_sphinx_is_seen():
    """What ends a block of Sphinx's begins no other one."""
    steps = list(pages.steps("```{toctree}\nother\n```\n\n```python\n# a.py\n```\n"))
    assert steps == [pages.File("a.py", "# a.py\n")]


@pytest.mark.parametrize("name", PAGES)
def test_paths_that_pages_name_exist(name):
    """Each path of ours that a page names as code leads to a file or folder."""
    paths = re.findall(r"`((?:verify|reports|layers|tests)/[\w./]*)`", PAGES[name].read_text())
    assert [path for path in paths if not (ROOT / path).exists()] == []


SWAPPED = """# A page

```python
# my_mul.py
from gradproof.layers.arithmetic import *


class MulLayer(MulLayer):
    def backward(self, dout):
        return dout * self.x, dout * self.y
```

```{report-of} swapped
:text: a "wrong" graph
expr "y = a * b" --at a=2 --at b=3 --layers my_mul.py
```
"""


@slow
def test_pictures_are_of_the_files_that_a_page_shows(tmp_path):
    """A command below the files of a page runs beside them, and the picture is of what it reports."""
    (tmp_path / "index.md").write_text(SWAPPED)
    done = build(tmp_path, tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    assert "first wrong node" in (tmp_path / "out" / "reports" / "swapped.html").read_text()
    assert 'src="reports/swapped.svg" alt="a &quot;wrong&quot; graph"' in (tmp_path / "out" / "index.html").read_text()


@slow
def test_a_picture_of_nothing_stops_the_build(tmp_path):
    """A command that cannot run is an error of the build."""
    (tmp_path / "index.md").write_text(SWAPPED.replace("# my_mul.py", "# other.py"))
    done = build(tmp_path, tmp_path / "out")
    assert done.returncode != 0
    assert "ended with status 2" in done.stderr
