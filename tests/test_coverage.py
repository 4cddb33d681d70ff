"""Every function of NumPy, `math` and `scipy.special` that is differentiable somewhere is followed, or named."""

import math
import warnings
from fractions import Fraction
from pathlib import Path

import flint
import numpy as np
import pytest
from effort import some

import verify
from verify.command.main import main
from verify.graph import balls
from verify.graph.adjoints import adjoints, totals
from verify.model.result import Verdict
from verify.tracing import coverage, patches
from verify.tracing.arrays.arrays import running
from verify.tracing.symbols.concolic import Concolic
from verify.tracing.symbols.special import LINES
from verify.tracing.symbols.trace import Trace

sp = pytest.importorskip("scipy.special")

# Arguments that most functions of so many take, tried in this order; the last one moves.
ARGUMENTS = (
    *[(0.375,), (1.25,), (3,)],
    *[(2, 0.375), (1.5, 0.375), (1.5, 2.25), (3, 4)],
    *[(1.5, 2.5, 0.375), (1, 4, 0.375), (3, 4, 0.375), (2, 3, 5)],
    *[(0.5, 1.5, 2.5, 0.375), (1, 2, 3, 4)],
)
MODULES = {"math": math, "numpy": np, "scipy.special": sp}
BY_HAND = {"zeta": (2, 0.375)}
FIRST = ("ldexp", "multigammaln")  # functions of their first argument
SETTINGS = ("test", "geterr", "seterr")
WHOLE = ("comb", "factorial", "gcd", "isqrt", "lcm", "perm")  # functions of whole numbers
_BITS, _POINTS = 600, 20


def _call(function, arguments):
    """Return a function's first result where it is a finite float, None elsewhere."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            results = function(*arguments)
        except Exception:  # noqa: BLE001 - whatever functions raise of arguments that they do not take
            return None
    result = results[0] if isinstance(results, tuple) and results else results
    result = result.real if np.iscomplexobj(result) else result
    is_float = isinstance(result, (float, np.floating)) and math.isfinite(result)
    return result if is_float else None


def _arguments(function):
    if function.__name__ in BY_HAND:
        return BY_HAND[function.__name__]
    wanted = [function.nin] if isinstance(function, np.ufunc) else [1, 2, 3, 4]
    fitting = (a for a in ARGUMENTS if len(a) in wanted and _call(function, a) is not None)
    return next(fitting, None)


def _functions():
    """Return the functions of each module that give a float of floats, with arguments."""
    for module, names in MODULES.items():
        for name in sorted(getattr(names, "__all__", dir(names))):
            function = getattr(names, name, None)
            known = isinstance(function, np.ufunc) or (module != "numpy" and callable(function))
            if not known or isinstance(function, type) or name.startswith("_") or name in (*WHOLE, *SETTINGS):
                continue
            if (arguments := _arguments(function)) is not None:
                yield module, name, arguments


FUNCTIONS = list(_functions())
FOLLOWED = {module: set(names) for module, names in coverage.sections().items()}
SCALARS = [
    (module, name, arguments)
    for module, name, arguments in FUNCTIONS
    if name in FOLLOWED[module] and (module != "numpy" or isinstance(getattr(np, name), np.ufunc))
]


def _moving(name, arguments):
    """Return the place of the argument by which a function is followed."""
    return 0 if name in FIRST else len(arguments) - 1


def _named(module, name):
    """Return a function as user code calls it, by the name that its module has for it."""
    return lambda *args: getattr(patches.stand_in(MODULES[module]), name)(*args)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("module", "name", "arguments"), some(SCALARS, 24))
def test_value_and_derivative(module, name, arguments):
    """The formula has the function's value, and its derivative that of differences to 40 digits, at 20 points."""
    original = getattr(MODULES[module], name)
    moving = _moving(name, arguments)
    place = arguments[moving]

    def at(x):
        return [x if i == moving else argument for i, argument in enumerate(arguments)]

    trace = Trace()
    with patches.in_force(0), running(trace):
        x = Concolic(trace, trace.input("x", Fraction(place)))
        results = _named(module, name)(*at(x))
    result = results[0] if isinstance(results, tuple) else results
    if not isinstance(result, Concolic):  # truth values and whole numbers
        return
    node = result.node
    (slope,) = totals(trace, adjoints(trace, [(node, trace.whole(1))], [x.node])).values()
    step = Fraction(1, 10**60)
    for k in range(_POINTS):
        point = Fraction(place) * Fraction(1000 + 3 * k, 1000)
        value = _call(original, at(float(point)))
        with flint.ctx.workprec(_BITS):
            low, middle, high = (
                balls.at(trace, [node], {"x": p})[node] for p in (point - step, Fraction(float(point)), point + step)
            )
            exact = balls.at(trace, [slope], {"x": point})[slope]
            quotient = (high - low) / balls.ball(2 * step)
            assert float(middle.mid()) == pytest.approx(float(value), rel=1e-9, abs=1e-12)
            assert abs(exact - quotient) < flint.arb(10) ** -40 * (1 + abs(exact))
            assert not abs(exact + 1 - quotient) < flint.arb(10) ** -40 * (1 + abs(exact))


def _check(module, name, arguments, place):
    def forward(x):
        values = list(arguments)
        values[place] = x
        results = _named(module, name)(*values)
        result = results[0] if isinstance(results, tuple) else results
        return result.real if np.iscomplexobj(result) else result

    number = float(arguments[place])
    x = verify.real("", low=number * 0.9375, high=number * 1.0625)
    case = verify.pair(forward, lambda d, x: d * (x + 0.375), x=x)
    (row,) = verify.check(case, quick=True).comparisons
    return row


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("module", "name", "arguments", "place"),
    some(
        ((module, name, arguments, place) for module, name, arguments in FUNCTIONS for place in range(len(arguments))),
        96,
    ),
)
def test_a_planted_error_is_found_or_the_function_is_named(module, name, arguments, place):
    """A wrong derivative is refuted; where a function is not followed by an argument, that is told."""
    row = _check(module, name, arguments, place)
    if place == _moving(name, arguments) and name in FOLLOWED[module]:
        assert row.verdict is Verdict.REFUTED
        return
    if row.verdict is Verdict.ERROR:  # not on floats either: it takes whole numbers there
        assert _call(getattr(MODULES[module], name), [a + (i == place) / 64 for i, a in enumerate(arguments)]) is None
        return
    assert row.verdict in (Verdict.REFUTED, Verdict.UNDECIDED)
    assert row.verdict is Verdict.REFUTED or row.evidence.detail


@pytest.mark.parametrize("name", [name for name in LINES if isinstance(getattr(sp, name, None), np.ufunc)])
def test_a_line_has_the_name_of_its_ufunc(name):
    """The tables are asked by the names that ufuncs have for themselves."""
    assert getattr(sp, name).__name__ == name


def test_the_page(capsys):
    """`gradproof explain coverage` lists every function with its module, and the versions that were tested."""
    assert main(["explain", "coverage"]) == 0
    text = capsys.readouterr().out
    assert f"NumPy {coverage.TESTED['NumPy']} and SciPy {coverage.TESTED['SciPy']}" in text
    for module, names in coverage.sections().items():
        assert f"\n{module} ({len(names)})\n" in text
        assert set(names) <= set(text.split())
    assert max(map(len, text.splitlines())) <= 100


def test_the_page_in_the_documents(capsys):
    """The same page is in `docs/`, as `make samples` writes it: by the versions that were tested, word by word."""
    listed = (Path(__file__).parent.parent / "docs" / "coverage.md").read_text(encoding="utf-8")
    main(["explain", "coverage"])
    page = capsys.readouterr().out
    tested = page.replace(f"this is NumPy {np.__version__}", f"this is NumPy {coverage.TESTED['NumPy']}")
    assert (
        listed == f"# Functions that are traced\n\n```text\n{tested}```\n" or np.__version__ != coverage.TESTED["NumPy"]
    )


@pytest.mark.parametrize("name", ["matrix_norm", "vector_norm"])
def test_norms_that_numpy_makes_of_others_are_listed(name):
    """What NumPy's own code computes on symbols is on the page, and followed."""
    assert name in coverage.sections()["numpy.linalg"]
    norm = getattr(np.linalg, name)
    right = verify.pair(norm, lambda d, x: d * x / norm(x), x=verify.real("2 2", low=1, high=2))
    wrong = verify.pair(norm, lambda d, x: d * x, x=verify.real("2 2", low=1, high=2))
    assert verify.check(right, quick=True).good
    assert verify.check(wrong, quick=True).comparisons[0].verdict is Verdict.REFUTED
