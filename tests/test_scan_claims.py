"""What `gradproof scan` claims of code: decided by what the code says, and never by what fits."""

from dataclasses import replace

import pytest

from verify.checks.checker import check
from verify.discovery.collect import found_in
from verify.discovery.scanning import listings, unit_of
from verify.model.result import Verdict


@pytest.fixture
def found(tmp_path, monkeypatch):
    """Return a function that scans a source in an empty directory: its cases, and what is lost."""
    monkeypatch.chdir(tmp_path)

    def scan(text):
        (tmp_path / "code.py").write_text(f"import numpy as np\n\n\n{text}")
        return found_in(unit_of(listings(["code.py"])[0]))

    return scan


def verdicts(case):
    """Return the verdicts of the gradients of a case."""
    return {row.verdict for row in check(case, 0, quick=True).comparisons}


BESIDE = {
    "in the name": 'def energy_and_forces(pos):\n    """{0}pos: (N, 3)"""\n    return (pos**4).sum(), {1} * pos**3\n',
    "by variables": "def step(pos):\n    '''{0}pos: (N, 3)'''\n    energy = (pos**4).sum()\n"
    "    forces = {1} * pos**3\n    return energy, forces\n",
    "E and F": "def step(pos):\n    '''{0}pos: (N, 3)'''\n    E = (pos**4).sum()\n    F = {1} * pos**3\n    return E, F\n",
    "in the text": "def energy(pos):\n    '''{0}Returns it with the forces. pos: (N, 3)'''\n"
    "    return (pos**4).sum(), {1} * pos**3\n",
}


@pytest.mark.parametrize("form", BESIDE)
def test_a_force_behind_its_energy_is_the_negative_gradient(found, form):
    """It is so by its name: the right sign is proved, and no other one is, whether it fits or not."""
    (case,), missing = found(BESIDE[form].format("", -4))
    assert (missing, verdicts(case)) == ([], {Verdict.PROVED})
    cases, missing = found(BESIDE[form].format("", 4))
    assert not cases
    assert "a force has the other one" in missing[0].problem if missing else form == "E and F"


@pytest.mark.parametrize("text", ["F = -dE/dpos. ", "The negative gradient. ", "F = -grad E. "])
@pytest.mark.parametrize(("factor", "good"), [(-4, True), (4, False), (-2, False)])
def test_a_force_whose_sign_is_stated_is_decided(found, text, factor, good):
    """Where a text says that the force is the negative gradient, another sign is refuted as another factor is."""
    (case,), _ = found(BESIDE["in the name"].format(text, factor))
    assert verdicts(case) == {Verdict.PROVED if good else Verdict.REFUTED}


def test_a_list_of_arguments_states_no_sign(found):
    """Lines that begin with a dash, and words with one in them, say nothing of the sign."""
    text = "pos: (N, 3), of 3-dimensional points\n    - dE/dpos: the forces\n    - grad: none\n    "
    cases, (missing,) = found(BESIDE["in the name"].format(text, 4))
    assert not cases
    assert "a force has the other one" in missing.problem


@pytest.mark.parametrize("order", ["loss, {}", "{}, loss"])
def test_a_loss_that_is_called_as_its_value_is(found, order):
    """A function `loss` is called, whatever the case calls what it returns."""
    (case,), _ = found(
        f"def loss(w):\n    loss = (w**4).sum()\n    grads = {{'w': 4 * w**3}}\n    return {order.format('grads')}\n"
    )
    assert verdicts(case) == {Verdict.PROVED}


@pytest.mark.parametrize(("name", "said"), [("spring_energy", True), ("spring_loss", False)])
def test_the_sign_that_was_taken_is_said(found, name, said):
    """Of an energy with something behind it that has no name, the report says that it was taken as the gradient."""
    (case,), _ = found(f"def {name}(pos):\n    return (pos**4).sum(), 4 * pos**3\n")
    assert any("a force would be the negative" in note for note in case.notes) == said


def test_a_gradient_beside_an_energy_is_none_of_a_force(found):
    """What is called a gradient is one, though the function is called after forces."""
    (case,), _ = found("def energy_forces(pos):\n    grad = 4 * pos**3\n    return (pos**4).sum(), grad\n")
    assert verdicts(case) == {Verdict.PROVED}


def test_what_is_left_out_is_named(command, tmp_path, monkeypatch):
    """What is listed and not checked, as it looks like no gradient, is named with its line."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "code.py").write_text(
        "def square_loss(p, t):\n    return ((p - t) ** 2).sum(), 2 * (p - t)\n\n\n"
        "def other_loss(p, t):\n    return ((p - t) ** 2).sum(), abs(p - t)\n"
    )
    done = command("scan", "code.py", "--quick")
    assert (
        done.status,
        "and is not called one (`return loss, grad` calls it so): other_loss (line 5)" in done.err,
    ) == (0, True)
    assert "other_loss" not in command("scan", "code.py", "--quick", "--case", "square_loss").err
    (tmp_path / "code.py").write_text(
        "def other_loss(p, t):\n    loss = ((p - t) ** 2).sum()\n    grad = abs(p - t)\n    return loss, grad\n"
    )
    assert command("scan", "code.py", "--quick").status == 1  # as the message says


HALVES = (
    "class Gate:\n    {2}def forward(self, x):\n        a, b = x[:, :{0}], x[:, {0}:]\n"
    "        self.a, self.b = a.copy(), b.copy()\n        return a * b\n\n"
    "    def backward(self, d):\n        return np.concatenate([{1} * d * self.b, d * self.a], axis=1)\n"
)
DOCUMENTED = '"""Multiplies the halves of x: (N, 6)."""\n\n    '


@pytest.mark.parametrize("good", [True, False])
@pytest.mark.parametrize(
    ("half", "text", "note"),
    [
        ("x.shape[1] // 2", "", "2*D stands for D"),
        ("3", "", "only D=6 was tried: with D=4"),
        ("3", DOCUMENTED, ""),
    ],
)
def test_columns_that_are_split_in_halves(found, half, text, note, good):
    """Sizes are those at which forward and backward fit, and no wrong shape is made of one that broadcasts."""
    (case,), _ = found(HALVES.format(half, 1 if good else 2, text))
    assert [each.startswith(note) for each in case.notes] == [True] * bool(note)
    result = check(case)
    assert {row.verdict for row in result.comparisons} == {Verdict.PROVED if good else Verdict.REFUTED}


@pytest.mark.parametrize(
    "text",
    [
        "class Pool:\n    def forward(self, x):\n        return x[:, :x.shape[1] // 2 * 2].reshape(len(x), -1, 2).sum(2)\n\n"
        "    def backward(self, d):\n        return np.repeat(d, 2, axis=1)\n",
        "class Wide:\n    def forward(self, x):\n        self.n = x.shape[1]\n        return 2 * x\n\n"
        "    def backward(self, d):\n        dx = np.zeros((len(d), 4))\n        dx[:, :self.n] = 2 * d\n        return dx\n",
    ],
    ids=["fewer entries", "always as many"],
)
def test_a_gradient_of_a_wrong_shape_stays_an_error(found, text):
    """Sizes that forward is meant for are not left out; nothing was summed, and no axis is blamed for it."""
    (case,), _ = found(text)
    rows = [row for row in check(case).comparisons if row.verdict is Verdict.ERROR]
    assert rows
    assert not any("wrong axis" in f"{row}" for row in rows)


@pytest.mark.parametrize("rest", ["", "**3", " * np.exp(x)"])
@pytest.mark.parametrize("good", [True, False])
def test_what_is_computed_in_float32_is_tried_with_larger_steps(found, rest, good):
    """Roundings of float32 make no right gradient look wrong, and a wrong one is refuted."""
    slope = {"": "1", "**3": "3 * self.x**2", " * np.exp(x)": "(1 + self.x) * np.exp(self.x)"}[rest]
    (case,), _ = found(
        "class Cast:\n    def forward(self, x):\n        x = self.x = x.astype(np.float32)\n"
        f"        return x{rest}\n\n    def backward(self, dout):\n        return dout * {slope}{'' if good else ' * 2'}\n"
    )
    assert verdicts(case) == {Verdict.PROVED if good else Verdict.REFUTED}


@pytest.mark.parametrize("good", [True, False])
@pytest.mark.parametrize("taken", ["pred, target", "r"])
def test_a_branch_that_few_numbers_reach_is_no_question_of_shape(found, taken, good):
    """A gradient that is wrong beyond a threshold is refuted: vectors of three numbers may happen to stay below it."""
    beyond = "delta * np.sign(r)" if good else "delta"
    residual = "    r = pred - target\n" if taken != "r" else ""
    (case,), _ = found(
        f"def huber_loss({taken}, delta=1.0):\n{residual}    a = np.abs(r)\n"
        "    loss = np.where(a <= delta, 0.5 * r**2, delta * (a - 0.5 * delta)).mean()\n"
        f"    grad = np.where(a <= delta, r, {beyond}) / r.size\n    return loss, grad\n"
    )
    assert verdicts(case) == {Verdict.PROVED if good else Verdict.REFUTED}


NET = (
    "class Net:\n    def __init__(self, n_in, n_out):\n        self.params = {{'W': np.random.randn(n_in, n_out)}}\n\n"
    "    def loss(self, X, y, reg=0.0):\n        W = self.params['W']\n        d = X.dot(W) - y\n"
    "        value = 0.5 * np.sum(d * d) + reg * np.sum(W * W)\n"
)
TOGETHER = "        return value, {{'W': X.T.dot(d) + {0} * W}}\n"
APART = (
    "        return value\n\n    def gradient(self, X, y, reg=0.0):\n        W = self.params['W']\n"
    "        return {{'W': X.T.dot(X.dot(W) - y) + {0} * W}}\n"
)


@pytest.mark.parametrize("form", [TOGETHER, APART], ids=["one method", "two methods"])
@pytest.mark.parametrize("term", ["2 * reg", "reg", "0"])
def test_a_default_of_0_of_a_method_is_varied(found, form, term):
    """A net whose loss has a term with a factor of 0 by default is tried with another one, in each of its methods."""
    (case,), _ = found((NET + form).format(term))
    assert case.options["reg"] == (0.0, 0.5)
    assert verdicts(case) >= {Verdict.PROVED if term == "2 * reg" else Verdict.REFUTED}
    assert check(case, 0, quick=True).good == (term == "2 * reg")


@pytest.mark.parametrize("good", [True, False])
def test_an_option_at_which_backward_raises_is_named(found, good):
    """What was not checked, as backward needs what only training sets, is said with the line that raised."""
    kept = "self.s = 1.0\n        " if good else ""
    (case,), _ = found(
        "class Norm:\n    def forward(self, x, train=True):\n"
        f"        {kept}if train:\n            self.s = 2.0\n            return x * 2\n        return x * 1\n\n"
        "    def backward(self, dout):\n        return dout * self.s\n"
    )
    raised = "train=False was not checked: forward runs there, and backward fails: AttributeError: "
    assert any(note.startswith(raised) and note.endswith("code.py:12") for note in case.notes) != good
    assert ("train" in case.options) == good
    assert verdicts(case) == {Verdict.PROVED}


SCORES = (
    "def svm_loss(W, X, y):\n    '''W: {0}, X: (N, D), y: (N,) labels'''\n    n = len(X)\n    s = X @ {1}\n"
    "    m = np.maximum(0, s - s[np.arange(n), y][:, None] + 1)\n    m[np.arange(n), y] = 0\n    g = (m > 0) * 1.0\n"
    "    g[np.arange(n), y] = -g.sum(axis=1)\n    dW = {2}\n    return m.sum(), dW\n"
)


@pytest.mark.parametrize(("shape", "used", "slope"), [("(D, C)", "W", "X.T @ g"), ("(C, D)", "W.T", "g.T @ X")])
@pytest.mark.parametrize("good", [True, False])
def test_labels_are_those_of_classes(found, shape, used, slope, good):
    """Labels are bounded by the axis of the scores that they choose of, and by no other one of the data."""
    (case,), _ = found(SCORES.format(shape, used, slope if good else f"2 * {slope}"))
    assert case.inputs["y"].below == "C"
    assert (Verdict.REFUTED in verdicts(case)) != good


TAKES = {
    "the output": "def soft(x):\n    e = np.exp(x)\n    return e / e.sum(-1, keepdims=True)\n\n\n"
    "def soft_backward(dout, y):\n    return y * (dout - {0} * (dout * y).sum(-1, keepdims=True))\n",
    "an output of another name": "def bend(x):\n    bent = np.tanh(x)\n    return bent\n\n\n"
    "def bend_backward(grad, bent):\n    return grad * (1 - {0} * bent**2)\n",
    "the output first": "def rise(x):\n    return np.exp(x)\n\n\ndef rise_backward(y, dout):\n    return {0} * y * dout\n",
    "the input by another name": "def rise(x):\n    return np.exp(x)\n\n\ndef rise_backward(dout, out):\n"
    "    return {0} * np.exp(out) * dout\n",
    "a mask first": "def masked(mask, x):\n    return np.where(mask, x**2, 0)\n\n\ndef masked_backward(mask, dout, x):\n"
    "    return np.where(mask, {0} * 2 * x * dout, 0)\n",
    "a mask, and the output": "def masked(mask, x):\n    return np.exp(np.where(mask, x, -1.0))\n\n\n"
    "def masked_backward(dout, mask, out):\n    return np.where(mask, {0} * dout * out, 0)\n",
    "an axis": "def soft(x, axis=-1):\n    e = np.exp(x)\n    return e / e.sum(axis=axis, keepdims=True)\n\n\n"
    "def soft_backward(dout, y, axis=-1):\n    return y * (dout - {0} * (dout * y).sum(axis=axis, keepdims=True))\n",
    "no axis": "def soft(x, axis=-1):\n    e = np.exp(x)\n    return e / e.sum(axis=axis, keepdims=True)\n\n\n"
    "def soft_backward(dout, y):\n    return y * (dout - {0} * (dout * y).sum(-1, keepdims=True))\n",
}


@pytest.mark.parametrize("takes", TAKES)
def test_a_gradient_takes_what_its_arguments_are_called(found, takes):
    """The output, the input and masks are passed by their names, in any order: the right one is proved, another refuted."""
    (case,), missing = found(TAKES[takes].format(1))
    assert (missing, verdicts(case)) == ([], {Verdict.PROVED})
    (case,), missing = found(TAKES[takes].format(3))
    assert (missing, verdicts(case)) == ([], {Verdict.REFUTED})


@pytest.mark.parametrize("good", [True, False])
@pytest.mark.parametrize("order", ["mask, x", "x, mask"])
def test_a_mask_that_has_a_gradient_is_an_input_of_a_layer(found, order, good):
    """In whichever place it stands, an argument whose gradient backward returns is differentiated, and refuted if wrong."""
    (case,), _ = found(
        f"class Gate:\n    def forward(self, {order}):\n        self.x, self.mask = x, mask\n        return x * mask\n\n"
        "    def backward(self, dout):\n        dx = dout * self.mask\n"
        f"        dmask = dout * self.{'x' if good else 'mask'}\n"
        f"        return {', '.join(f'd{name}' for name in order.split(', '))}\n"
    )
    assert [*case.real] == order.split(", ")
    assert verdicts(case) == ({Verdict.PROVED} if good else {Verdict.PROVED, Verdict.REFUTED})


HOT = {
    "class": "class Loss:\n    def forward(self, x, {0}):\n{1}        self.p, self.t = p, {0}\n        return loss\n\n"
    "    def backward(self):\n        return {2} * (self.p - self.t) / len(self.p)\n",
    "function": "def loss(x, {0}):\n{1}        grad = {2} * (p - {0}) / len(p)\n        return loss, grad\n",
}


@pytest.mark.parametrize("factor", ["1", "len(self.p)"])
@pytest.mark.parametrize("name", ["onehot", "y_one_hot", "one_hot_labels"])
@pytest.mark.parametrize("place", HOT)
def test_rows_with_a_single_1_by_their_name(found, place, name, factor):
    """What is called one-hot has a single 1 in each row: `p - t` is right for such rows alone, and wrong without 1 / N."""
    body = f"        e = np.exp(x)\n        p = e / e.sum(1, keepdims=True)\n        loss = -({name} * np.log(p)).sum() / len(p)\n"
    text = HOT[place].format(name, body, factor)
    text = text if place == "class" else text.replace("        ", "    ").replace("self.", "")
    (case,), missing = found(text)
    assert not missing
    assert verdicts(case) == ({Verdict.PROVED} if factor == "1" else {Verdict.PROVED, Verdict.REFUTED})


@pytest.mark.parametrize("factor", [1, 2])
@pytest.mark.parametrize("rate", ["learn_rate", "learnRate", "learning_rate"])
def test_a_step_that_backward_makes(found, rate, factor):
    """The gradient of a weight that backward changes is the change at a rate of 1, however the rate is spelled."""
    (case,), missing = found(
        "class Scale:\n    def __init__(self, n):\n        self.w = np.random.randn(n) / 9\n\n"
        "    def forward(self, x):\n        self.x = x\n        return x * self.w\n\n"
        f"    def backward(self, dout, {rate}):\n        dx = dout * self.w\n"
        f"        self.w -= {rate} * {factor} * (dout * self.x).sum(0)\n        return dx\n"
    )
    assert not missing
    assert verdicts(case) == ({Verdict.PROVED} if factor == 1 else {Verdict.PROVED, Verdict.REFUTED})


@pytest.mark.parametrize("body", ["kept * dout", "2 * kept * dout", "np.exp(kept) * dout"])
def test_what_no_name_tells_is_not_refuted(found, body):
    """An argument may be the output, the input or neither: right with one of them is proved, and else it is named."""
    cases, missing = found(
        f"def rise(x):\n    return np.exp(x)\n\n\ndef rise_backward(dout, kept):\n    return {body}\n"
    )
    assert [verdicts(case) for case in cases] == ([] if missing else [{Verdict.PROVED}])
    assert ("nothing says what kept of rise_backward is" in missing[0].problem) if missing else body[0] != "2"


def test_what_a_gradient_is_not_told_of_is_not_varied(found):
    """A gradient for the last axis alone is not refuted for another one, and the note names the one that was tried."""
    (case,), _ = found(TAKES["no axis"].format(1))
    assert not case.options
    assert any("only axis=-1 was tried" in note for note in case.notes)
    assert "soft_backward is passed the output as y" in case.notes


WINDOWS = """
def im2col(x, k, stride, pad):
    N, C, H, W = x.shape
    h, w = (H + 2 * pad - k) // stride + 1, (W + 2 * pad - k) // stride + 1
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    cols = np.zeros((N, C, k, k, h, w), dtype=x.dtype)
    for i in range(k):
        for j in range(k):
            cols[:, :, i, j] = xp[:, :, i : i + stride * h : stride, j : j + stride * w : stride]
    return cols.transpose(0, 4, 5, 1, 2, 3).reshape(N * h * w, -1), h, w


class Conv:
    def __init__(self, w, b, stride=1, pad=0):
        self.w, self.b, self.stride, self.pad = w, b, stride, pad

    def forward(self, x):
        F, C, k, _ = self.w.shape
        self.shape = x.shape
        self.cols, self.h_out, self.w_out = im2col(x, k, self.stride, self.pad)
        out = self.cols @ self.w.reshape(F, -1).T + self.b
        return out.reshape(x.shape[0], self.h_out, self.w_out, F).transpose(0, 3, 1, 2)

    def backward(self, dout):
        F, C, k, _ = self.w.shape
        N, C, H, W = self.shape
        d = dout.transpose(0, 2, 3, 1).reshape(-1, F)
        self.db = d.sum(axis=0)
        self.dw = (d.T @ self.cols).reshape(self.w.shape)
        cols = (d @ self.w.reshape(F, -1)).reshape(N, self.h_out, self.w_out, C, k, k).transpose(0, 3, 4, 5, 1, 2)
        s, p, h, w = self.stride, self.pad, self.h_out, self.w_out
        dx = np.zeros((N, C, H + 2 * p, W + 2 * p), dtype=cols.dtype)
        for i in range(k):
            for j in range(k):
                dx[:, :, i : i + s * h : s, j : j + s * w : s] OPERATOR cols[:, :, i, j]
        return dx[:, :, p : p + H, p : p + W]
"""


@pytest.mark.parametrize(("operator", "verdict"), [("+=", Verdict.PROVED), ("=", Verdict.REFUTED)])
def test_windows_whose_last_side_has_no_name_are_square(found, operator, verdict):
    """Of `F, C, k, _ = w.shape` windows of k by k are tried; overlapping ones that are assigned are refuted."""
    (case,), missing = found(WINDOWS.replace("OPERATOR", operator))
    assert (missing, case.real["w"].shape) == ([], "F C 3 3")
    assert verdict in verdicts(replace(case, options={name: values[:1] for name, values in case.options.items()}))


def test_a_reading_that_leaves_a_gradient_out_is_not_chosen(found):
    """A weight that is one number has its gradient checked: a wrong one does not make scan read the others alone."""
    (case,), _ = found(
        "class Line:\n    def __init__(self, d):\n        self.w, self.b = np.ones(d), 0.5\n\n"
        "    def loss(self, X, t):\n        r = X @ self.w + self.b - t\n"
        "        grads = {'w': X.T @ r, 'b': 2 * r.sum()}\n        return 0.5 * np.sum(r**2), grads\n"
    )
    assert [*case.real] == ["w", "b"]
    assert verdicts(case) == {Verdict.PROVED, Verdict.REFUTED}


@pytest.mark.parametrize("name", ["dp", "dpositive"])
@pytest.mark.parametrize(("factor", "verdict"), [(-2, Verdict.PROVED), (2, Verdict.REFUTED)])
def test_what_is_named_as_a_gradient_is_no_setting(found, name, factor, verdict):
    """`p` is an array where its gradient is returned, and not the 0.375 of a dropout."""
    (case,), missing = found(
        f"def pair_loss(a, p, margin=0.5):\n    da, {name} = 2 * (a - p), {factor} * (a - p)\n"
        f"    loss = ((a - p) ** 2).sum()\n    return loss, (da, {name})\n"
    )
    assert (missing, [*case.real]) == ([], ["a", "p"])
    assert verdict in verdicts(case)


def test_distances_beside_a_gradient_are_not_claimed_to_be_one(found):
    """What begins with d, and with no argument behind it, is no gradient: nothing is refuted."""
    text = "def pair_loss(a, p):\n    da, ddistance = 2 * (a - p), np.abs(a - p)\n    loss = ((a - p) ** 2).sum()\n"
    with pytest.raises(IndexError):  # there is nothing to scan
        found(f"{text}    return loss, (da, ddistance)\n")


SETTINGS = {
    "a variable that a function sets": (
        "FACTOR = 2\n\n\ndef set_factor(value):\n    global FACTOR\n    FACTOR = value\n\n\n",
        "",
        "FACTOR",
        "only FACTOR=2 was tried",
    ),
    "a variable of the module": ("slope = 0.1\n\n\n", "", "slope", "only slope=0.1 was tried"),
    "a number in the class": ("", "    alpha = 0.1\n\n", "self.alpha", "only alpha=0.1 was tried"),
    "a constant that is set": (
        "def sharper():\n    Scaled.STEEP = 3\n\n\n",
        "    STEEP = 2\n\n",
        "self.STEEP",
        "only STEEP=2 was tried",
    ),
    "a constant of the module": ("TWO = 2\n\n\n", "", "TWO", ""),
    "a constant of the class": ("", "    TWO = 2\n\n", "self.TWO", ""),
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_settings_that_are_not_varied_are_named(found, setting):
    """Numbers of a class or module that code may set are said to have had one value; constants are not."""
    before, within, factor, words = SETTINGS[setting]
    (case,), _ = found(
        f"{before}class Scaled:\n{within}    def forward(self, x):\n        return {factor} * x\n\n"
        f"    def backward(self, dout):\n        return {factor} * dout\n"
    )
    notes = [note for note in case.notes if "was tried" in note]
    assert [note.startswith(words) for note in notes] == ([True] if words else [])


MASKED = (
    "class Masked:\n    def forward(self, x, mask):\n        self.mask = mask.copy()\n"
    "        s = np.where(mask, x, -1e9)\n        e = np.exp(s - s.max(-1, keepdims=True))\n"
    "        self.y = e / e.sum(-1, keepdims=True)\n        return self.y.copy()\n\n    def backward(self, dout):\n"
    "        d = self.y * (dout - (dout * self.y).sum(-1, keepdims=True))\n        return {}\n"
)


@pytest.mark.parametrize(
    ("returned", "allowed"),
    [("np.where(self.mask, d, 0)", {Verdict.PROVED}), ("d", {Verdict.PROVED, Verdict.AGREES, Verdict.REFUTED})],
)
def test_rows_that_are_masked_in_full_are_named(found, returned, allowed):
    """Where all scores of a row are one number the exact gradient is 0: a note says so, whatever backward returns."""
    (case,), _ = found(MASKED.format(returned))
    assert {row.verdict for row in check(case, 0).comparisons} <= allowed
    assert any("the exact gradient of that row is 0" in note for note in case.notes)


CELL = (
    "class Cell:\n    def __init__(self, input_size, hidden_size):\n"
    "        self.W = np.random.randn(input_size, hidden_size) / 9\n        self.b = np.zeros(hidden_size)\n\n"
    "    def forward(self, x, c):\n        self.x, self.c = x.copy(), c.copy()\n        z = x @ self.W + self.b\n"
    "        return c * z, c + z\n\n"
    "    def backward(self, dh, dc):\n        dz = dh * self.c + dc\n        z = self.x @ self.W + self.b\n"
    "        self.dW = {0} * self.x.T @ dz\n        self.db = dz.sum(0)\n        return dz @ self.W.T, dh * z + dc\n"
)


@pytest.mark.parametrize("factor", [1, 2])
def test_weights_of_a_cell_with_several_outputs(found, factor):
    """They are inputs, as those of a layer with one output are."""
    (case,), missing = found(CELL.format(factor))
    assert not missing
    assert [*case.real] == ["x", "c", "W", "b"]
    assert verdicts(case) == ({Verdict.PROVED} if factor == 1 else {Verdict.PROVED, Verdict.REFUTED})


@pytest.mark.parametrize("made", ["np.zeros(n)", "[0.0 for _ in range(n)]"])
def test_gradients_that_nobody_judges_are_named(found, made):
    """Of a weight that is no array there is no input: what backward keeps for it is said not to be checked."""
    (case,), missing = found(
        f"class Shift:\n    def __init__(self, n):\n        self.b = {made}\n\n"
        "    def forward(self, x):\n        self.x = x.copy()\n        return x * x + np.array(self.b)\n\n"
        "    def backward(self, dout):\n        self.db = 2 * dout.sum(0)\n        return 2 * self.x * dout\n"
    )
    named = [note for note in case.notes if "self.db is not checked" in note]
    assert not missing
    assert bool(named) is ("b" not in case.real) is made.startswith("[")


@pytest.mark.parametrize("factor", [1, 2])
@pytest.mark.parametrize("target", ["t", "target", "y_true"])
def test_a_prediction_that_is_called_y(found, target, factor):
    """Where all arguments are called as targets are, `y` is the prediction."""
    (case,), missing = found(
        f"def huber(y, {target}, delta=1.0):\n    r = y - {target}\n    a = np.abs(r)\n"
        "    loss = np.where(a <= delta, 0.5 * r**2, delta * (a - 0.5 * delta)).sum()\n"
        f"    grad = np.where(a <= delta, {factor} * r, delta * np.sign(r))\n    return loss, grad\n"
    )
    assert not missing
    assert {row.name for row in check(case, quick=True).comparisons} == {"y"}
    assert verdicts(case) == ({Verdict.PROVED} if factor == 1 else {Verdict.REFUTED})
