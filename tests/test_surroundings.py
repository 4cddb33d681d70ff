"""What no run varies, and may change a result: told where code decides by it or computes with it, and nowhere else."""

import locale
import logging
import os
import sys
import threading
import time
from os import getenv as from_environment
from pathlib import Path

import numpy as np
import pytest
from effort import some

import verify
from verify import Verdict


def cubed(backward):
    return verify.pair(lambda x: x**3, backward, x=verify.real("3", low=0.1, high=10))


def found(case):
    result = verify.check(case)
    assert {row.verdict for row in result.comparisons} == {Verdict.PROVED}
    return [finding for finding in result.findings if finding.code == "GP127"]


def deciding(question):
    def backward(d, x):
        slope = 3 * x**2
        if question(x):
            slope = 3.1 * x**2
        return d * slope

    return backward


def by_local_import(_):
    import socket

    return socket.gethostname() == "elsewhere"


def by_name(_):
    late = time.time()
    later = late - 1e12
    return later > 0


QUESTIONS = [
    lambda x: time.time() < 0,
    lambda x: os.environ.get("NO_SUCH_VARIABLE") == "1",
    lambda x: from_environment("NO_SUCH_VARIABLE"),
    lambda x: id(x) == 1,
    lambda x: hash("a") == 1,
    lambda x: sys.flags.optimize,
    lambda x: not __debug__,
    lambda x: threading.current_thread().name == "elsewhere",
    lambda x: locale.localeconv()["decimal_point"] == ",",
    lambda x: sys._getframe().f_back is None,
    lambda x: np.geterr()["over"] == "elsewhere",
    lambda x: logging.getLogger("elsewhere").isEnabledFor(-1),
    lambda x: __name__ == "__main__",
    by_local_import,
    by_name,
]


@pytest.mark.parametrize("question", some(QUESTIONS, 8))
def test_a_branch_on_what_no_run_varies_is_a_hazard(question):
    """The line is named, and strict gates fail."""
    (finding, *_) = found(cubed(deciding(question)))
    assert not finding.fails
    assert finding.where.file.endswith("test_surroundings.py")


def by_scale(d, x):
    scale = float(os.environ.get("NO_SUCH_SCALE", "3"))
    return d * scale * x**2


def by_index(d, x):
    return d * x**2 * [3.0, 3.1][os.environ.get("NO_SUCH_SCALE") == "1"]


def written_through(d, x):
    slope = 3 * x**2
    slope *= float(os.environ.get("NO_SUCH_SCALE", "1"))
    return d * slope


def in_a_file(d, x):
    try:
        with open("no_such_file") as file:  # noqa: PTH123
            slope = float(file.read())
    except OSError:
        slope = 3
    return d * slope * x**2


def executed(d, x):
    names = {}
    exec("slope = 3", names)
    return d * names["slope"] * x**2


def by_attribute_name(d, x):
    kept = getattr(os, "environ").get("NO_SUCH_VARIABLE")  # noqa: B009
    return d * (3.1 if kept else 3) * x**2


class Switched:
    def forward(self, x):
        self.x, self.fast = x.copy(), os.environ.get("NO_SUCH_VARIABLE")
        return x**3

    def backward(self, d):
        slope = 3.1 if self.fast else 3
        return d * slope * self.x**2


@pytest.mark.parametrize("backward", [by_scale, by_index, written_through, in_a_file, executed, by_attribute_name])
def test_what_is_computed_with_is_followed(backward):
    """A number of the environment that a gradient is made of, and an index."""
    assert found(cubed(backward))


def test_attributes_are_followed_from_method_to_method():
    """What forward reads and backward decides by is told where that is decided."""
    (finding,) = found(verify.layer(Switched, inputs={"x": "3"}))
    assert "3.1 if self.fast" in Path(__file__).read_text().splitlines()[finding.where.line - 1]


def timed(d, x):
    start = time.perf_counter()
    dx = 3 * d * x**2
    print("backward took", time.perf_counter() - start, "s")
    if os.environ.get("NO_SUCH_VARIABLE"):
        print("the gradient is", dx)
    if logging.getLogger("layers").isEnabledFor(logging.DEBUG):
        logging.getLogger("layers").debug("in %s", threading.current_thread().name)
    return dx


class Clock:
    def __init__(self):
        self.seconds, self.log = 0.0, []

    def forward(self, x):
        start = time.time()
        self.x = x.copy()
        self.seconds += time.time() - start
        self.log.append(time.time() - start)
        return x**3

    def backward(self, d):
        return 3 * d * self.x**2


@pytest.mark.parametrize("case", [cubed(timed), verify.layer(Clock, inputs={"x": "3"})])
def test_what_is_shown_or_kept_decides_nothing(case):
    """Measured times and messages are in right everyday code."""
    assert found(case) == []


def keyed(d, x):
    known = {"0.500": 3.1}
    return d * x**2 * np.array([known.get(f"{v:.3f}", 3.0) for v in x])


def compared(d, x):
    text = f"{x[0]:.2f}"
    return d * (3.1 if text == "0.50" else 3.0) * x**2


def measured(d, x):
    return d * (3.1 if len(str(x[0])) < 4 else 3.0) * x**2


@pytest.mark.parametrize("backward", [keyed, compared, measured])
def test_a_text_that_may_decide_is_a_hazard(backward):
    """A key, a comparison and a length: symbols have no digits."""
    assert [finding.code for finding in found(cubed(backward))] == ["GP127"]


class Named:
    def forward(self, x):
        self.x = x.copy()
        self.title = f"a cube of {x}"
        return x**3

    def backward(self, d):
        text = f"{d[0]:.3f}"
        print(text)
        return 3 * d * self.x**2


def test_a_text_for_people_is_none():
    """A message in a variable, and one that nothing reads."""
    assert found(verify.layer(Named, inputs={"x": "3"})) == []


def test_the_hazard_can_be_allowed():
    """With a reason it passes, as any other."""
    case = verify.pair(lambda x: x**3, by_scale, x="3", allow={"GP127": "the scale is 3 in every setting"})
    (finding,) = [f for f in verify.check(case).findings if f.code == "GP127"]
    assert finding.allowed


def test_a_constant_output_tells_each_line_once():
    """Where the output is constant in all inputs, what no run varies is told as elsewhere, once."""

    def forward(x):
        return x * 0 + (1.0 if time.time() > 0 else 2.0)

    findings = verify.check(verify.pair(forward, lambda dout, x: 0 * x, x="3")).findings
    assert [finding.code for finding in findings].count("GP127") == 1


class Cubed:
    """A layer that asks a question of its own before it chooses a slope."""

    clock, read, of_text = time, os.environ, staticmethod(hash)
    letters, numbers = frozenset({"W", "b"}), {1, 2}

    def __init__(self, question):
        self.question, self.now, self.names = question, time.perf_counter, {"scale", "shift", "gain"}

    def forward(self, x):
        self.x = x.copy()
        return x**3

    def backward(self, dout):
        return dout * 3 * (1.1 if self.question(self) else 1) * self.x**2


def local_module(_):
    clock = time
    return clock.monotonic() < 0


def first_of_a_loop(layer):
    first = None
    for name in layer.names:
        first = first or name
    return first == "none"


def of_a_written_set(_):
    names = {"a", "b"}
    return next(iter(names)) == "none"


THROUGH_OBJECTS = {
    "a module of the class": lambda layer: layer.clock.time() < 0,
    "a function of the object": lambda layer: layer.now() < 0,
    "a mapping of the class": lambda layer: layer.read.get("NO_SUCH_VARIABLE") == "1",
    "a built-in of the class": lambda layer: layer.of_text("a") == 1,
    "a module in a variable": local_module,
    "a set of the class": lambda layer: next(iter(layer.letters)) == "none",
    "a set of the object": first_of_a_loop,
    "a set in a variable": of_a_written_set,
    "a set in a comprehension": lambda layer: [name.upper() for name in layer.names][-1] == "none",
}
WITHOUT_ORDER = {
    "what a set holds": lambda layer: "none" in layer.letters,
    "a sorted set": lambda layer: sorted(layer.names)[0] == "none",
    "a sorted generator": lambda layer: sorted(name.upper() for name in layer.names)[0] == "none",
    "how many": lambda layer: len(layer.names) == 7,
    "a dict that is made of a set": lambda layer: {name: name + "s" for name in layer.names}["gain"] == "none",
    "a set of numbers": lambda layer: next(iter(layer.numbers)) == 7,
}


@pytest.mark.parametrize("name", THROUGH_OBJECTS)
def test_what_an_attribute_or_a_variable_leads_to_is_told(name):
    """What no run varies is told however the code gets at it, and so is the order of a set of strings."""
    case = verify.layer(lambda: Cubed(THROUGH_OBJECTS[name]), inputs={"x": verify.real("3", low=0.1, high=10)})
    assert len(found(case)) == 1


@pytest.mark.parametrize("name", WITHOUT_ORDER)
def test_what_does_not_look_at_the_order_of_a_set_is_silent(name):
    """To sort, count or ask a set, and to make another one of it, is the same for every hash seed."""
    case = verify.layer(lambda: Cubed(WITHOUT_ORDER[name]), inputs={"x": verify.real("3", low=0.1, high=10)})
    assert found(case) == []
