"""Source whose results may be kept does nothing but compute; whatever is not known to is refused, with its line."""

import pytest

from verify.cache.imports import ImpureError
from verify.cache.reading import sources
from verify.discovery.targets import of_file

LAYER = """
from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.linalg as la
from numpy import exp as e
from numpy.lib.stride_tricks import sliding_window_view

import gradproof
from pack import deeper, shared
from pack.deeper import CONSTANT as c
from common import *

if TYPE_CHECKING:
    from os import PathLike

np.random.seed(3)
RNG = np.random.default_rng(0)
V = np.random.randn(3) * random.random()
W = RNG.normal(size=(3, 4)).astype(np.float64)


@dataclass
class Options:
    stride: int = 1


class Pair(NamedTuple):
    first: float
    second: float


class Base:
    def __init__(self, input, *, open=1):
        self.input, self.open = input, open
        super().__init__()

    @property
    def width(self):
        return self.input + self.open

    @width.setter
    def width(self, value):
        self.input = value


class Layer(Base):
    def forward(self, x, mode: np.ndarray | None = None, path: PathLike | None = None):
        self.cache = {"x": x, "W": self.input} if hasattr(self, "input") else {"x": x}
        with np.errstate(over="ignore"):
            y = e(x) + la.norm(x) + deeper.f(x) + shared.g(x) + c + star(x)
        try:
            y = np.add.reduce([y * k for k in range(3) if (z := k) >= 0])
        except ValueError as problem:
            raise RuntimeError(f"no {problem}") from None
        return getattr(y, "T").copy()

    def backward(self, dout):
        x, *_ = self.cache.values()
        return dout * max(1, int(x.shape[0])) if __name__ != "__main__" else dout


layer = gradproof.layer(lambda: Layer(2, open=3), inputs={"x": "N"})

if __name__ == "__main__":
    import sys
    sys.exit(print(layer))
"""
FILES = {
    "pack/__init__.py": "from . import shared\nfrom .deeper import f",
    "pack/deeper.py": "from . import shared as s\nfrom .shared import g\nCONSTANT = 2\ndef f(x):\n    return s.g(g(x))",
    "pack/shared.py": "import math\ndef g(x):\n    return x * math.pi",
    "common.py": "import numpy as np\ndef star(x):\n    return np.sum(x)",
}
REFUSED = {
    "open('w')": "open may read more than its arguments",
    "np.load('w')": "numpy.load may read more than its arguments",
    "np.random.seed()": "without a number as its seed",
    "np.random.seed(np.random.randint(9))": "without a number as its seed",
    "np.random.get_state()": "numpy.random.get_state",
    "random.SystemRandom()": "random.SystemRandom",
    "random.seed(None)": "without a number as its seed",
    "(lambda: rng.seed())": "the attribute seed",
    "np.random.default_rng()": "without a number as its seed",
    "np.random.default_rng(None)": "without a number as its seed",
    "np.random.default_rng(seed=0)": "without a number as its seed",
    "map(np.random.RandomState, [0])": "without a number as its seed",
    "np.lib.stride_tricks.as_strided(1)": "as_strided",
    "np.array('now', dtype='M8[s]')": "may read the clock",
    "np.dtype('datetime64')": "may read the clock",
    "np.dtype('i4, M8[s]')": "may read the clock",
    "np.array('Now').astype('M')": "may read the clock",
    "getattr(np, 'sum')": "the module np is used as a value",
    "getattr(1, 'T' + 'x')": "the name of an attribute is computed",
    "getattr(1, '__dict__')": "the attribute __dict__",
    "[np]": "the module np is used as a value",
    "np.linalg": "the module numpy.linalg is used as a value",
    "help.np.load('w')": "numpy.load",
    "help.np": "the module help.np is used as a value",
    "help.absent": "absent is not defined",
    "help.__dict__": "__dict__ is not defined",
    "vars(help)": "vars may read",
    "(lambda: 0).__globals__": "the attribute __globals__",
    "(i for i in []).gi_frame": "the attribute gi_frame",
    "np.ones(1).tofile('w')": "the attribute tofile",
    "np.ones(1).ctypes": "the attribute ctypes",
    "object.__subclasses__()": "the attribute __subclasses__",
    "'{0.real}'.format(1)": "the attribute format",
    "eval('1')": "eval may read",
    "id(1)": "id may read",
    "hash('x')": "hash may read",
    "input()": "input may read",
    "__file__": "__file__ is not defined",
    "__builtins__": "__builtins__",
    "(lambda open: 0)(1), open('w')": "open may read",
    "(lambda open=open: 0)": "open may read",
}
LINES = {
    "import os": "it imports os",
    "import scipy.io": "it imports scipy.io",
    "from numpy import load": "numpy.load",
    "from numpy.random import default_rng": "it imports default_rng from numpy.random",
    "from random import seed": "it imports seed from random",
    "if TYPE_CHECKING:\n    from io import open\nopen('w')": "open may read",
    "if TYPE_CHECKING:\n    pass\nelse:\n    import os": "it imports os",
    "if not TYPE_CHECKING:\n    import os": "it imports os",
    "TYPE_CHECKING = True\nif TYPE_CHECKING:\n    import os": "it sets TYPE_CHECKING",
    "from help import two as __name__\nif __name__ == '__main__':\n    import os": "it sets __name__",
    "__name__ = '__main__'\nif __name__ == '__main__':\n    import os": "it sets __name__",
    "if __name__ != '__main__':\n    import os": "it imports os",
    "if __name__ == '__main__':\n    import os as np": "np is imported",
    "def f():\n    if __name__ == '__main__':\n        import os": "it imports os",
    "from numpy import *": r"it imports \* from numpy",
    "import absent": "it imports absent",
    "np.load = 1": "it sets numpy.load",
    "help.two = 3": "it sets help.two",
    "np = 1": "np is imported",
    "def f(np):\n    return np.load('w')": "np is imported",
    "class A:\n    np = np": "np is imported",
    "class A:\n    def __del__(self):\n        pass": "it has __del__",
    "class A:\n    tofile = 1\nA().tofile": "the attribute tofile",
    "f = lambda **k: k\nf(__globals__=1)\nf.__globals__": "the attribute __globals__",
    "class A:\n    import numpy as n\n    def load(self):\n        self.n = 1\nA.n.load('w')": "it has an import in a class",
    "class A:\n    __match_args__ = ('__globals__',)": "it has __match_args__",
    "async def f():\n    pass": "it has coroutines",
    "def f():\n    global open\n    open = 1": "it sets open",
    "match 1:\n    case object(__globals__=g):\n        g": "the attribute __globals__",
    "from other import *\nsum.load('w')": "numpy.load",
    "from other import *\ndef f(max):\n    pass\nmax.load('w')": "max is imported",
}


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Write files, and read the sources of one of them."""
    monkeypatch.chdir(tmp_path)

    def run(text, **files):
        for name, content in {"mine.py": text, **files}.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(content)
        return sources(of_file(tmp_path / "mine.py"))

    return run


def test_code_that_computes_is_read(read):
    """Layers as they are written, with helpers in packages that import each other, are kept."""
    found = read(LAYER, **FILES)
    names = [file.rpartition("/")[2] for file, _ in found.files]
    assert sorted(names) == ["__init__.py", "common.py", "deeper.py", "mine.py", "shared.py"]
    assert found.are_as_before()


@pytest.mark.parametrize("statement", [*(f"v = {code}" for code in REFUSED), *LINES])
def test_code_that_may_do_more_is_refused(read, statement):
    """Each statement is refused for its own reason, and the module without it is not."""
    why = {**{f"v = {code}": why for code, why in REFUSED.items()}, **LINES}[statement]
    helpers = {"help.py": "import numpy as np\ntwo = 2\n", "other.py": "import numpy as sum\nimport numpy as max\n"}
    start = "import random\nfrom typing import TYPE_CHECKING\n\nimport numpy as np\nimport help\n\nrng = 1\n"
    read(start, **helpers)
    with pytest.raises(ImpureError, match=why):
        read(f"{start}{statement}\n")


@pytest.mark.parametrize("file", ["help.pyc", "help/x.py", "help.cpython-311-x86_64-linux-gnu.so", "HELP.py"])
def test_what_is_no_single_module_of_source_is_refused(read, file):
    """A module that is found in two forms, or without source, is refused."""
    with pytest.raises(ImpureError, match="not a single source file"):
        read("import help\n", **{"help.py": "", file: ""})


@pytest.mark.parametrize("file", ["statistics.py", "numpy/__init__.py", "scipy.so"])
def test_what_stands_before_a_library_is_refused(read, file):
    """A module with the name of one of Python's, or of a library, may be imported by anybody."""
    with pytest.raises(ImpureError, match="has the name of a module"):
        read("x = 1\n", **{file: ""})


def test_a_file_that_does_not_parse_is_not_read(read):
    """What is no Python is left to the run, which says so."""
    with pytest.raises(SyntaxError):
        read("x = = 1\n")
