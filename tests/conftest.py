"""What several test files use: the command in-process, planted layers, and a case in one line."""

import io
from types import SimpleNamespace

import pytest

from layers import arithmetic
from layers.wiring import wire
from verify.cases import make
from verify.checker import check
from verify.cli import main


@pytest.fixture
def command():
    """Run the command in-process; returns its status, stdout and stderr."""

    def run(*argv):
        out, err = io.StringIO(), io.StringIO()
        status = main([str(a) for a in argv], out, err)
        return SimpleNamespace(status=status, out=out.getvalue(), err=err.getvalue())

    return run


@pytest.fixture
def checked():
    """Check an expression with our layers, some of them replaced; returns its result."""

    def run(expression, at, *, upstream=1, stated=None, **layers):
        module = SimpleNamespace(**{**vars(arithmetic), **layers})
        case = make("a case", expression, at, lambda program: wire(program, module), upstream=upstream, stated=stated)
        return check(case)

    return run


@pytest.fixture
def gradients():
    """Return the gradient comparisons of a result, by name."""
    return lambda result: {c.name: c for c in result.comparisons if c.quantity == "gradient"}
