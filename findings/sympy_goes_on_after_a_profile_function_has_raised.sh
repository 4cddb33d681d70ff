#!/usr/bin/env bash
# SymPy: of the limits that a profile function sets to a computation by raising, one in fifty does not end it.
#
# Expected: sys.setprofile(function) calls the function at each call and return of Python code, and what it raises goes
#           up through that code: after 1,000 events, or after 1,001, the work is ended.
# Real:     SymPy asks all(... for ...) a thousand times in a derivative. Where the answer is no, Python closes the
#           generator before its end, which is one more return that the profile function hears of. What it raises there
#           goes to sys.unraisablehook, and to nobody else; and as after any exception, the profile function is taken
#           away. So the work goes on to its end without a limit.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check sympy==1.14.0
PYTHONHASHSEED=0 "$work/env/bin/python" - <<'PYTHON'
import sys

import sympy
from sympy import cos, sin, symbols

print("python", sys.version.split()[0], "sympy", sympy.__version__)


class Enough(BaseException):
    """No `except Exception` on the way catches it."""


ignored = []
sys.unraisablehook = lambda problem: ignored.append((problem.exc_type, type(problem.object).__name__))


def work():
    x, y = symbols("x y", real=True)
    return ((x * sin(y) + cos(y) * x) ** 3 / (x**2 + y**2)).diff(x).together()


def limited(events):
    """Return whether the work is ended, and how many events the profile function has heard of."""
    sympy.core.cache.clear_cache()
    seen = 0

    def profile(frame, event, argument):
        nonlocal seen
        seen += 1
        if seen > events:
            raise Enough

    sys.setprofile(profile)
    try:
        work()
    except Enough:
        return True, seen
    finally:
        sys.setprofile(None)
    return False, seen


limited(10**9)  # the first run imports more
_, every = limited(10**9)
limits = range(1, every * 3 // 4, every // 400)  # runs differ by a hundredth of their events
ended = [limited(limit)[0] for limit in limits]
lost = [limit for limit, stopped in zip(limits, ended) if not stopped]
print(f"{every} events without a limit")
print(f"{len(limits)} limits below that: the work was ended at {sum(ended)}, and went on to its end at {len(lost)}")
print("what was raised to nobody:", sorted({(kind.__name__, of) for kind, of in ignored}))
assert 0 < len(lost) < len(limits) / 10, "changed: every limit ends the work, or few do"
assert len(ignored) == len(lost) and {of for _, of in ignored} == {"generator"}, "changed: it is lost elsewhere"
print("as described: the limit is lost where a generator is closed")
PYTHON
