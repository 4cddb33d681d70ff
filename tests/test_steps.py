"""Work without a bound of its own ends after a number of calls, and what is certain before it is kept."""

import json
import sys

from clock import SAY

from verify.model.steps import within

CASE = """
import os
import numpy as np
import sympy
import verify

def endless(*arguments, **options):
    while True:
        {loop}

{patch}

class Square:
    def forward(self, x):
        self.x = x.copy()
        return x**2

    def backward(self, dout):
        {code}

layer = verify.layer(Square, inputs={{"x": "N"}})
"""


def test_work_within_the_budget():
    """Its result is returned, and the profile function is gone."""
    assert within(1000, lambda: sum(map(abs, range(10))), -1) == 45
    assert sys.getprofile() is None


def test_work_beyond_the_budget():
    """Something else is returned, whatever the work catches."""

    def work():
        while True:
            try:
                abs(1)
            except Exception:  # noqa: BLE001 - as SymPy may
                return "caught"

    assert within(1000, work, "spent") == "spent"
    assert sys.getprofile() is None


def test_the_same_number_of_steps_each_time():
    """The budget is counted, not timed: just enough is enough."""

    def work():
        return [abs(number) for number in range(100)]

    enough = next(steps for steps in range(1000) if within(steps, work, None))
    assert [within(steps, work, None) is None for steps in (enough - 1, enough)] == [True, False]


def test_work_under_a_profiler():
    """It is done, and the profiler stays."""

    def profiler(*event):
        return None

    sys.setprofile(profiler)
    try:
        assert within(10**6, lambda: 1, 2) == 1
        assert within(100, lambda: [abs(n) for n in range(1000)], []) == []
        assert sys.getprofile() is profiler
    finally:
        sys.setprofile(None)


def run(command, shop, code, patch="", loop="pass"):
    (shop / "planted.py").write_text(CASE.format(code=code, patch=patch, loop=loop))
    (case,) = json.loads(command("planted.py", "--timeout", 60, "--report", "json").out)["cases"]
    return [
        (c["name"], c["verdict"], (c["relation"] or {}).get("note", ""), c["evidence"]["detail"])
        for c in case["comparisons"]
    ]


WRONG = "return 2 * self.x * dout * (1 + self.x)"
PATCH = "sympy.cancel = sympy.factor = endless"


def test_an_explanation_that_takes_too_many_steps(command, shop):
    """The verdict stands, and the report says that nothing more was found out."""
    first, second = run(command, shop, WRONG, PATCH, loop="len([])")
    assert first[:3] == second[:3] == ("x", "REFUTED", "not simplified: it takes more than 1,000,000 steps")


def test_a_verdict_that_takes_too_long_to_explain(command, shop, clock):
    """Where the time limit ends the explanation, the refutation is kept, and a row says what was not done."""
    found = run(command, shop, WRONG, PATCH, loop=SAY)
    assert [row[:2] for row in found] == [("x", "REFUTED"), ("the rest of the case", "UNDECIDED")]
    assert "no end within 60 s" in found[1][3]
    assert found[1][3].endswith("not done: further variants, other regions, other sizes, contracts, floats")


def test_a_proof_before_a_crash(command, shop):
    """What is proved at the samples stays, and is not green: the crash is a row in error."""
    found = run(command, shop, "if dout.dtype == np.float32: os._exit(3)\n        return 2 * self.x * dout")
    assert [row[:2] for row in found] == [("x", "PROVED"), ("x", "PROVED"), ("the rest of the case", "ERROR")]
    assert found[-1][3] == "the process exited with status 3; not done: contracts, floats"


def test_a_proof_before_another_region_hangs(command, shop, clock):
    """So does what is proved before the search for other regions comes to no end."""
    code = f"while (self.x > 100).any(): {SAY}\n        return 2 * self.x * dout"
    found = run(command, shop, code)
    assert [row[:2] for row in found] == [("x", "PROVED"), ("x", "PROVED"), ("the rest of the case", "UNDECIDED")]
    assert "it was at planted.py" in found[-1][3]
