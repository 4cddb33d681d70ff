"""Every operator, by what it makes of a line; and that the mistake is caught."""

import json
from pathlib import Path

import pytest
from effort import slow

from verify.mutation.operators import KEEPING, OPERATORS
from verify.mutation.result import KINDS

pytestmark = slow
PLANTED = Path(__file__).parent / "data" / "planted.py"
X = "return dout - dout.mean(axis=1, keepdims=True)"
DW, DB = "self.dW = self.x.T @ dout", "self.db = dout.sum(axis=0)"
LOSS = "return 2 * self.x * dout / 3 / n"
WAVE = "return dout * np.cos(self.x)"
LEAKY = "return dout * self.mask + self.alpha * dout * self.negative"
LENGTH = "return dout * self.x / (self.x * self.x + 1e-5) ** 0.5"
SCATTER = "dx[i : i + self.stride * count : self.stride] += dout[i]"
EXAMPLES = [
    ("M1", "drop the upstream", WAVE, "return np.cos(self.x)"),
    ("M1", "replace the upstream by ones", DW, "self.dW = self.x.T @ np.ones_like(dout)"),
    ("M1", "replace the upstream by its absolute value", DW, "self.dW = self.x.T @ abs(dout)"),
    ("M1", "square the upstream", DW, "self.dW = self.x.T @ (dout ** 2)"),
    ("M1", "clip the upstream", DW, "self.dW = self.x.T @ np.clip(dout, -1, 1)"),
    ("M1", "use the first row of the upstream for all", DW, "self.dW = self.x.T @ dout[:1]"),
    ("M2", "drop a constant factor", LOSS, "return self.x * dout / 3 / n"),
    ("M2", "drop a division", LOSS, "return 2 * self.x * dout / 3"),
    ("M2", "divide by the batch twice", LOSS, "return 2 * self.x * dout / 3 / n / n"),
    ("M2", "twice as large", LOSS, "return 2 * (2 * self.x * dout / 3 / n)"),
    ("M2", "half as large", LOSS, "return 2 * self.x * dout / 3 / n / 2"),
    ("M2", "times the batch", DW, "self.dW = self.x.T @ dout * len(dout)"),
    ("M2", "divided by the batch", DW, "self.dW = self.x.T @ dout / len(dout)"),
    ("M3", "leave out the sum", DB, "self.db = dout"),
    ("M3", "mean for sum", DB, "self.db = dout.mean(axis=0)"),
    ("M3", "the wrong axis", DB, "self.db = dout.sum(axis=1)"),
    ("M3", "over all axes", DB, "self.db = dout.sum()"),
    ("M3", "keepdims", DB, "self.db = dout.sum(axis=0, keepdims=True)"),
    ("M3", "leave out the mean", X, "return dout - dout"),
    ("M3", "sum for mean", X, "return dout - dout.sum(axis=1, keepdims=True)"),
    ("M3", "without keepdims", X, "return dout - dout.mean(axis=1)"),
    ("M4", "drop a term", X, "return dout"),
    ("M4", "drop a term", X, "return -dout.mean(axis=1, keepdims=True)"),
    ("M4", "drop a factor", WAVE, "return dout"),
    ("M5", "overwrite instead of add", SCATTER, "dx[i:i + self.stride * count:self.stride] = dout[i]"),
    ("M5", "overwrite instead of subtract", "dx -= np.exp(self.x - 1)", "dx = -np.exp(self.x - 1)"),
    ("M5", "add twice", SCATTER, "dx[i:i + self.stride * count:self.stride] += 2 * dout[i]"),
    ("M5", "count an index that occurs twice once", "np.add.at(self.dW, self.ids, dout)", "self.dW[self.ids] += dout"),
    ("M5", "overwrite at an index that occurs twice", "np.add.at(self.dW, self.ids, dout)", "self.dW[self.ids] = dout"),
    (
        "M5",
        "take the last term instead of the sum",
        "return sum((i + 1) * dout[i] for i in range(2))",
        "return list(((i + 1) * dout[i] for i in range(2)))[-1]",
    ),
    ("M6", "write into the upstream", WAVE, "dout *= np.cos(self.x); return dout"),
    (
        "M6",
        "write into the upstream",
        "return np.where(self.x > 0, dout, 0)",
        "dout[~(self.x > 0)] = 0; return dout",
    ),
    ("M6", "train in evaluation", "return dout * self.kept if self.train else 1 * dout", "return dout * self.kept"),
    ("M6", "evaluate in training", "return dout * self.kept if self.train else 1 * dout", "return 1 * dout"),
    ("M6", "keep a reference instead of a copy", "self.x = x.copy()", "self.x = x"),
    ("M6", "keep what the first call kept", "self.x = x.copy()", "self.x = getattr(self, 'x', x.copy())"),
    ("M7", "drop a hyperparameter", LEAKY, "return dout * self.mask + dout * self.negative"),
    (
        "M7",
        "swap the input and the output",
        "self.slope = 1 - y * y",
        "self.slope = 1 - x * x",
    ),
    ("M8", "flip the sign", X, "return dout + dout.mean(axis=1, keepdims=True)"),
    ("M8", "flip the sign", WAVE, "return -(dout * np.cos(self.x))"),
    ("M8", "swap the operands", DW, "self.dW = dout @ self.x.T"),
    ("M8", "another function", WAVE, "return dout * np.sin(self.x)"),
    ("M8", "forget to transpose", DW, "self.dW = self.x @ dout"),
    ("M8", "swap the order", "return dout * self.y, dout * self.x", "return dout * self.x, dout * self.y"),
    ("M8", "copy from a neighbour", "return dout * self.y, dout * self.x", "return dout * self.x, dout * self.x"),
    ("M9", "forget the stride", SCATTER, "dx[i:i + self.stride * count] += dout[i]"),
    (
        "M9",
        "forget the padding",
        "return dx[self.pad : self.pad + self.shape[0]]",
        "return dx[0 : self.pad + self.shape[0]]",
    ),
    ("M9", "forget the remainder", "count = (len(dx) - 3) // self.stride + 1", "count = (len(dx) - 3) // self.stride"),
    ("M9", "stop one short", "for i in range(3):", "for i in range(3 - 1):"),
    ("M10", "leave out the guard against 1 / 0", LENGTH, "return dout * self.x / (self.x * self.x) ** 0.5"),
    (
        "M10",
        "the other side at a tie",
        "self.mask, self.negative = x > 0, x <= 0",
        "self.mask, self.negative = x > 0, x < 0",
    ),
    (
        "M10",
        "a wrong constant where it is 0",
        "return np.where(self.x > 0, dout, 0)",
        "return np.where(self.x > 0, dout, 1)",
    ),
    (
        "M10",
        "a wrong constant where it is 1",
        "self.slope = np.where(x > 1, 1, 2 * np.ones_like(x))",
        "self.slope = np.where(x > 1, 0, 2 * np.ones_like(x))",
    ),
    (
        "M10",
        "a whole power",
        "return self.p * dout * self.x ** (self.p - 1)",
        "return self.p * dout * (self.x ** int(self.p - 1))",
    ),
    ("M10", "an unstable form", "e = np.exp(self.x - self.x.max(axis=1, keepdims=True))", "e = np.exp(self.x)"),
    ("M11", "drop the mask", LEAKY, "return dout + self.alpha * dout * self.negative"),
    ("M11", "return zeros", WAVE, "return np.zeros_like(dout * np.cos(self.x))"),
    ("M11", "leave out a masked change", SCATTER, "pass"),
]


@pytest.fixture(scope="module")
def surveyed(tmp_path_factory):
    """Plant errors in small layers, once for all tests here; returns the mutants with their case."""
    import io

    from verify.command.main import main

    path = tmp_path_factory.mktemp("survey") / "mutants.json"
    assert main(["mutate", str(PLANTED), "--strict", "--report", f"json={path}"], io.StringIO(), io.StringIO()) == 1
    document = json.loads(path.read_text())
    assert [case["name"] for case in document["cases"] if case["problem"]] == []
    return [(case["name"], mutant) for case in document["cases"] for mutant in case["mutants"]]


@pytest.mark.parametrize(("kind", "name", "before", "after"), EXAMPLES, ids=lambda value: str(value)[:50])
def test_the_mistake_is_planted_and_caught(surveyed, kind, name, before, after):
    """The line becomes what a person might have written, and the case fails."""
    asked = {"class": kind, "operator": name, "before": before}
    found = {m["after"]: m["outcome"] for _, m in surveyed if asked.items() <= m.items()}
    assert found.get(after) == "caught", found


def test_every_operator_has_an_example():
    """No operator is without a line above; classes are those of the survey, and all are there."""
    assert {(o.kind, o.name) for o in (*OPERATORS, *KEEPING)} == {example[:2] for example in EXAMPLES}
    assert {o.kind for o in OPERATORS} == set(KINDS)


def test_the_subject_is_left_alone(surveyed):
    """Mistakes are in the layers, and neither in their cases nor in what their output needs."""
    lines = {mutant["before"] for _, mutant in surveyed}
    assert not any("verify." in line or "return x @ self.W" in line for line in lines)


def test_the_prover_finds_what_is_no_mistake(surveyed):
    """At a tie, on either side of which both are derivatives, the mutant is proved to be equivalent."""
    found = {(name, m["after"]): m for name, m in surveyed if m["outcome"] == "equivalent"}
    mutant = found["gate", "return np.where(self.x >= 0, dout, 0)"]
    assert mutant["why"] == "proved equal to the original's gradients on both sides of every branch that was visited"


def test_what_no_check_sees_survives(surveyed):
    """The same formula in an unstable form, whose floats are not found to fail, is not taken for the original."""
    survivors = {(m["operator"], m["why"]) for _, m in surveyed if m["outcome"] == "survived"}
    assert survivors <= {("an unstable form", "the formula is the same, and its floats pass")}
