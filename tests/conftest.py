"""What several test files use: the command in-process, planted layers, and a case in one line."""

import copy
import gc
import io
import signal
import sys
from collections import Counter, defaultdict
from types import SimpleNamespace

import pytest
from beside import beside
from clock import Clock
from hypothesis import HealthCheck, settings
from taped_arrays import tape_and_array
from warm import Engine

from layers import arithmetic
from layers.wiring import wire
from verify.cases.making import make
from verify.cases.names import NAMES
from verify.checks import checker
from verify.checks.checker import check
from verify.command.main import main
from verify.graph.graph import Graph
from verify.model import additions, findings
from verify.model.result import Verdict
from verify.tracing.symbols.symbolic import Symbol

# A busy machine fails no test: how long an example takes says nothing of the code.
settings.register_profile("any speed", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.load_profile("any speed")

pytest_plugins = ["left_out"]

TOML = """
[[case]]
name = "right"
expression = "price = apple * tax"
inputs = { apple = 100, tax = 1.1 }

[[case]]
name = "also right"
expression = "price = apple + tax"
inputs = { apple = 100, tax = 1.1 }
"""
WRONG = """
from layers.arithmetic import *

class MulLayer(MulLayer):
    def backward(self, dout):
        return dout * self.x, dout * self.y
"""


def pytest_configure():
    """Let an interrupt end what the tests start, also where they run in the background, which ignores it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection():
    """Look for no garbage while thousands of tests are made."""
    gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish():
    """Look for no garbage among the thousands of tests."""
    gc.enable()
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter):
    """Show what tests counted by `record_property("counts", {what: number})`, added up over each file's tests."""
    counts = defaultdict(Counter)
    for report in terminalreporter.getreports("passed"):
        for name, numbers in report.user_properties:
            if name == "counts" and report.when == "call":
                counts[report.location[0]].update(numbers)
    for file, numbers in sorted(counts.items()):
        terminalreporter.write_line(f"{file} tried:")
        for what, number in numbers.most_common():
            terminalreporter.write_line(f"{number:>10,} {what}")


@pytest.fixture(scope="session", autouse=True)
def warm_engine():
    """Fork the parents of the command's workers from one process, where this system has them at all."""
    engine = Engine()
    with pytest.MonkeyPatch.context() as patch:
        if sys.platform == "linux":
            patch.setattr("verify.runner.process.origin", engine.origin)
        yield
    engine.close()


@pytest.fixture(scope="session", autouse=True)
def reasons_everywhere():
    """Hold all results that tests come to against one rule: what is UNDECIDED or ERROR has a reason, nothing else."""
    finish = checker.excerpted

    def held(result):
        for row in result.comparisons:
            assert (row.evidence.reason is not None) == (row.verdict in (Verdict.UNDECIDED, Verdict.ERROR)), row
        return finish(result)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checker, "excerpted", held)
        yield


@pytest.fixture(scope="module", autouse=True)
def alone(request):
    """Have no other tests imported beside those of one file: all modules but our own may be the user's."""
    others = beside(request.module)
    modules = {name: sys.modules.pop(name) for name in others}
    yield
    for name, module in modules.items():
        sys.modules.setdefault(name, module)


@pytest.fixture
def command(monkeypatch):
    """Run the command in-process; returns its status, stdout and stderr, which may go somewhere else.

    The terminal is so wide that no sentence is folded: tests look for sentences.
    """
    monkeypatch.setenv("COLUMNS", "100000")

    def run(*argv, stderr=None):
        out, err = io.StringIO(), io.StringIO()
        status = main([str(a) for a in argv], out, stderr or err)
        return SimpleNamespace(status=status, out=out.getvalue(), err=err.getvalue())

    return run


@pytest.fixture
def checked():
    """Check an expression with our layers, some of them replaced; returns its result."""

    def run(expression, at, *, upstream=1, stated=None, quick=False, **layers):
        module = SimpleNamespace(**{**vars(arithmetic), **layers})
        case = make("a case", expression, at, lambda program: wire(program, module), upstream=upstream, stated=stated)
        return check(case, quick=quick)

    return run


@pytest.fixture
def gradients():
    """Return the gradient comparisons of a result, by name."""
    return lambda result: {c.name: c for c in result.comparisons if c.quantity == "gradient"}


@pytest.fixture
def graph():
    """An empty graph."""
    return Graph()


@pytest.fixture
def xy(graph):
    """Two symbols of the graph."""
    return Symbol(graph, graph.variable("x")), Symbol(graph, graph.variable("y"))


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """Work in a directory with a small suite and a module of wrong layers."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [*sys.path])
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    (tmp_path / "shop.toml").write_text(TOML)
    (tmp_path / "wrong.py").write_text(WRONG)
    return tmp_path


@pytest.fixture
def clock(shop, monkeypatch):
    """Let time limits pass where code in this directory begins to hang, and only there."""
    monkeypatch.setattr("verify.runner.process.time", Clock(shop))


@pytest.fixture
def taped():
    """Return a tape that runs, and an array of its symbols."""
    with tape_and_array() as pair:
        yield pair


@pytest.fixture
def x(taped):
    """Return an array of symbols of a tape."""
    return taped[1]


TABLES = (additions.FUNCTIONS, additions.CHECKS, additions.REPORTS, additions.FRAMEWORKS, NAMES)


@pytest.fixture
def put_back(monkeypatch):
    """Put back at the end what extensions write, and forget their modules: the command runs in this process."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    tables = (*TABLES, findings.FINDINGS)
    before = [copy.copy(table) if table is not NAMES else copy.deepcopy(table) for table in tables]
    yield
    for table, entries in zip(tables, before, strict=True):
        table.clear()
        table.update(entries)
    for name in ("shop_extension", "shop_report", "my_extension"):
        sys.modules.pop(name, None)
