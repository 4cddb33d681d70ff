"""The command `mutate`: what is planted, what becomes of it, and what is said of that."""

import json
from pathlib import Path

import jsonschema
import pytest
from clock import SAY
from effort import chunks_of, slow

ROOT = Path(__file__).parent.parent
SCHEMA = json.loads((ROOT / "reports" / "mutants.schema.json").read_text())
LAYER = """
import numpy as np
import verify

class Unit:
    def forward(self, x):
        self.x = x.copy()
        return x * x * {more}

    def backward(self, dout):
        {before}
        return {backward}
"""
CASE = """
@verify.case(x="N D")
def unit(x):
    layer = Unit()
    dout = yield layer.forward(x)
    {returned}
"""
OURS = "return layer.backward(dout)"


def layer(backward="2 * self.x * dout", *, more="1", before="pass", returned=OURS):
    """Write a module with a layer and its case."""
    return LAYER.format(more=more, before=before, backward=backward) + CASE.format(returned=returned)


@pytest.fixture
def mutated(command, shop):
    """Plant errors in a module; returns what came of the command, with its JSON and its mutants by what they become."""

    def run(text, *options):
        (shop / "unit.py").write_text(text)
        done = command("mutate", "unit.py", "--report", "json=found.json", "--report", "terminal", *options)
        done.document = json.loads(Path("found.json").read_text())
        jsonschema.validate(done.document, SCHEMA)
        done.mutants = {m["after"]: m for case in done.document["cases"] for m in case["mutants"]}
        return done

    return run


def test_all_are_caught(mutated):
    """Exit 0 where every mistake is caught; the table says so, and the last line."""
    done = mutated(layer(), "--strict")
    assert done.status == 0, done.out
    assert done.mutants["return 2 * self.x"]["why"] == "the gradient of x is refuted"
    assert done.mutants["return 2 * self.x"]["where"] == {"file": "unit.py", "line": 12}
    assert done.out.splitlines()[0].split() == ["case", "mutants", "caught", "equivalent", "survived", "score"]
    number = len(done.mutants)
    assert (
        f"1 case, {number} mutants: {number} caught, 0 equivalent, 0 survived; 100 % of the mistakes are caught."
        in done.out
    )
    assert done.err == ""


@slow
def test_an_equivalent_mutant_is_found_by_proof(mutated):
    """Dropping a factor that is 1 for all inputs changes nothing, which nobody had to say."""
    done = mutated(layer("2 * self.x * dout * np.exp(self.x - self.x)"))
    found = done.mutants["return 2 * self.x * dout"]
    assert (found["outcome"], found["why"]) == ("equivalent", "proved equal to the original's gradients")


@slow
def test_what_is_not_claimed_survives(mutated):
    """A case that throws the gradient away catches nothing, and is told that it is worthless."""
    text = layer(returned="layer.backward(dout)\n    return 2 * dout * x")
    done = mutated(text, "--operators", "M1,M2,M11")
    assert done.status == 1
    assert "worthless: no planted mistake makes this case fail" in done.out
    assert "what it changes does not reach the gradients that the case claims" in done.out
    assert done.document["cases"][0]["worthless"]


@slow
def test_a_line_that_never_runs_survives(mutated):
    """Nothing leads to the line: the case cannot know what is in it."""
    done = mutated(layer(before="if len(dout) > 100_000:\n            return 3 * self.x * dout"))
    found = done.mutants["return self.x * dout"]
    assert done.status == 1
    assert found["outcome"] == "survived" or done.mutants["return 3 * self.x"]["outcome"] == "survived"
    assert "the line never runs in this case" in done.out


def test_an_option_that_is_not_tried_survives(mutated):
    """A stride that is 1 wherever the case looks cannot be told from a stride that is forgotten."""
    done = mutated(layer("(2 * self.x * dout)[::stride]", before="stride = 1"))
    assert done.mutants["return (2 * self.x * dout)[::1]"]["outcome"] == "survived"
    assert "no run of the case depends on it: other options or sizes may reveal it" in done.out


@pytest.mark.usefixtures("clock")
def test_a_mutant_that_hangs_is_caught(mutated):
    """Counting down is left out, and the loop has no end: the time limit catches it."""
    text = layer(
        before=f"count, turn = [3], iter(range(10**9))\n        while count[0] > 0 and not (next(turn) > 99 and {SAY}):\n            count[0] -= 1"
    )
    done = mutated(text, "--operators", "M11")
    assert done.mutants["pass"]["outcome"] == "caught"
    assert "not finished after 60 s" in done.mutants["pass"]["why"]


def test_a_case_that_fails_has_no_mutants(mutated):
    """What fails as it is would catch everything, and shows nothing."""
    done = mutated(layer("3 * self.x * dout"))
    assert done.status == 1
    assert "the case fails without a planted mistake" in done.out
    assert done.mutants == {}


def test_a_case_that_computes_its_gradients_itself(mutated):
    """The case's own code is left alone; where there is no other, nothing was planted: exit 2."""
    done = mutated(
        "import verify\n"
        + CASE.format(returned="return dout * 2 * x")
        .replace("layer.forward(x)", "x * x")
        .replace("    layer = Unit()\n", "")
    )
    assert done.status == 2
    assert "its gradients are computed in the case itself" in done.out
    assert "1 case, 0 mutants: no mistake could be planted." in done.out


def test_classes_of_mistakes(mutated):
    """--operators plants some classes only."""
    done = mutated(layer(), "--operators", "m1,M8")
    assert {mutant["class"] for mutant in done.mutants.values()} == {"M1", "M8"}


def test_two_functions(mutated):
    """Of a loss that comes with its gradient, only the gradient's lines are changed."""
    text = (
        "import numpy as np\nimport verify\n\ndef loss(x):\n    e = np.exp(x)\n    value = e.sum() / 2\n"
        "    dx = e / 2\n    return value, dx * 1.0\n\ncase = verify.loss(loss, x='N')\n"
    )
    done = mutated(text)
    assert done.status == 0
    assert {mutant["before"] for mutant in done.mutants.values()} == {"dx = e / 2", "return value, dx * 1.0"}


def test_as_if_is_the_claim(mutated):
    """A mistake in the function of `as_if`, or in what it calls, changes what is claimed: none is planted there."""
    text = (
        "import numpy as np\nimport verify\n\ndef smooth(x):\n    t = np.tanh(x)\n    slope = 1 - t * t\n"
        "    return t, slope * 3\n\n"
        "class Sign:\n    def forward(self, x):\n        self.x = x.copy()\n        return np.sign(x)\n\n"
        "    def backward(self, dout):\n        return dout * (1 - np.tanh(self.x) ** 2)\n\n"
        "case = verify.layer(Sign, inputs={'x': 'N'}, as_if=lambda x: smooth(x)[0])\n"
    )
    done = mutated(text, "--strict")
    assert done.status == 0
    assert {mutant["where"]["line"] for mutant in done.mutants.values()} == {11, 15}


@slow
def test_expressions(command, shop):
    """The layers that a graph of an expression is made of are planted with errors too, ours or the user's."""
    done = command("mutate", "shop.toml", "--report", "json")
    found = json.loads(done.out)
    assert done.status == 0
    assert {Path(m["where"]["file"]).name for c in found["cases"] for m in c["mutants"]} == {"arithmetic.py"}
    (shop / "mine.py").write_text(
        "from layers.arithmetic import *\n\nclass MulLayer:\n    def forward(self, x, y):\n"
        "        self.x, self.y = x, y\n        return x * y\n\n    def backward(self, dout):\n"
        "        return dout * self.y, dout * self.x\n"
    )
    done = command("mutate", "shop.toml", "--layers", "mine.py", "-k", "not also", "--report", "json")
    assert {tuple(m["where"].values()) for m in json.loads(done.out)["cases"][0]["mutants"]} == {("mine.py", 9)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.py"], "none.py: no such file"),
        (["shop.toml", "-k", "pear"], "-k 'pear' matches none of 2 cases"),
        (["shop.toml", "--operators", "M12"], "'M12' is not a class of mistakes; known: M1, M2"),
        (
            ["shop.toml", "--report", "junit"],
            "--report junit: mutate writes the formats terminal and json only",
        ),
        (["shop.toml", "--timeout", "0"], "expected a positive number of seconds"),
    ],
    ids=str,
)
def test_bad_input(command, shop, arguments, message):
    """A message on stderr, exit 2, nothing on stdout, no traceback."""
    done = command("mutate", *arguments)
    assert (done.status, done.out) == (2, "")
    assert message in done.err
    assert "Traceback" not in done.err


def test_a_module_that_cannot_be_imported(command, shop):
    """It is a row that says why."""
    (shop / "broken.py").write_text("1 / 0\n")
    done = command("mutate", "broken.py")
    assert (done.status, "ZeroDivisionError" in done.out) == (1, True)


CHUNKS, _ = chunks_of(1, 1, many=11, every=8)  # classes of mistakes: all of them take minutes
KINDS = ",".join(f"M{chunk + 1}" for chunk in CHUNKS)


@slow
@pytest.mark.parametrize("target", ["layers", "layers/shopping.toml"])
def test_the_floor_of_the_suite(command, monkeypatch, target):
    """Every mistake that can be planted in the reference layers is caught, if it is one."""
    monkeypatch.chdir(ROOT)
    done = command("mutate", target, "--operators", KINDS, "--strict", "--timeout", "600")
    assert done.status == 0, done.out
    assert "100 % of the mistakes are caught" in done.out
