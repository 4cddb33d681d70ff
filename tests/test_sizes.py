"""A formula that is right at the sample's sizes and wrong at others is refuted there; the sizes tried are listed."""

from itertools import pairwise

import numpy as np
import pytest
from effort import slow, some

import verify
from reports import jsonfile, jsonread, terminal, words
from verify import Verdict
from verify.model.errors import InputError
from verify.model.result import Run

BLOCK = 8


class Squares:
    """Right at every size; subclasses spoil some."""

    block = 0

    def forward(self, x):
        self.x = x.copy()
        return x * x

    def spoilt(self, rows, columns):
        return ...

    def backward(self, dout):
        dx = 2 * self.x * dout
        dx[self.spoilt(*self.x.shape)] *= 1 if self.spoilt(*self.x.shape) is ... else 0
        return dx


def spoilt(where, **attributes):
    """Return a class of layers whose gradient is 0 at the places that a function of the sizes returns."""
    return type("Spoilt", (Squares,), {"spoilt": lambda self, n, d: where(n, d), **attributes})


def further(result):
    """Return as texts at which further sizes a formula was right, and which were not tried."""
    right = words._further(result).removeprefix("at one sample each: ")
    return tuple(filter(None, [right, *result.sizes.untried]))


def rows(case):
    return [(c.name, c.verdict.name, str(c.variant)) for c in verify.check(case).comparisons if not c.good]


@pytest.mark.parametrize(
    ("where", "variant"),
    some(
        [
            (lambda n, d: (slice(None), -1) if d % 2 else ..., "N=2, D=3"),
            (lambda n, d: (slice(None), -1) if d == 2 else ..., "N=5, D=2"),
            (lambda n, d: -1 if n == 2 else ..., "N=2, D=3"),
            (lambda n, d: (slice(None), -1) if d == 1 else ..., "N=2, D=1"),
            (lambda n, d: (slice(None), slice(8, None)) if d > BLOCK else ..., "N=2, D=9"),
            (lambda n, d: slice(8, None) if n > BLOCK else ..., "N=9, D=3"),
            (lambda n, d: (slice(None), slice(32, None)) if d > 32 else ..., "N=2, D=33"),
            (lambda n, d: (slice(None), slice(100, None)) if d > 100 else ..., "N=2, D=101"),
        ],
        4,
    ),
)
def test_a_size_at_which_the_formula_is_wrong(where, variant):
    """It is found whether it is small, odd, even, 1, or just beyond a number that the code names."""
    assert rows(verify.layer(spoilt(where), inputs={"x": "N D"})) == [("x", "REFUTED", variant)]


@pytest.mark.parametrize("named", some(["default", "attribute", "class", "option", "keyword"]))
def test_numbers_that_the_code_names_in_other_places(named):
    """A block may be a default, an attribute of an object or of a class, or the value of an option."""

    class Blocks(Squares):
        block = 8 if named == "class" else None

        def __init__(self, block=None if named in ("class", "attribute") else 8):
            if named == "attribute":
                self.block = 4 + 4
            elif named != "class":
                self.block = block

        def backward(self, dout):
            dx = np.zeros_like(self.x)
            dx[:, : self.block] = (2 * self.x * dout)[:, : self.block]
            return dx

    makes = {"keyword": lambda: Blocks(block=8)}
    options = {"block": [8]} if named == "option" else None
    case = verify.layer(makes.get(named, Blocks), inputs={"x": "N D"}, options=options)
    ((name, verdict, variant),) = rows(case)
    assert (name, verdict) == ("x", "REFUTED")
    assert variant.startswith("N=2, D=9")


def test_a_right_layer_says_its_sizes():
    """Nothing is refuted, and the sizes that were tried are listed."""
    result = verify.check(verify.layer(spoilt(lambda n, d: ...), inputs={"x": "N D"}))
    assert result.good
    assert further(result) == ("N 1 to 5, D 1 to 5",)


@slow
def test_sizes_that_forward_refuses():
    """They are no failure, and are listed with the reason; others are tried alone."""

    class Even(Squares):
        def forward(self, x):
            if len(x) % 2:
                raise ValueError("an even number of rows is needed")
            return super().forward(x)

    result = verify.check(verify.layer(Even, inputs={"x": "N D"}, sizes={}), quick=True)
    assert not result.good  # at the sample of 3 rows: the author has to say which sizes are meant
    right = verify.check(verify.layer(Even, inputs={"x": "2*N D"}))
    assert further(right) == ("N 1 to 5, D 1 to 5",)

    class Odd(Squares):
        def forward(self, x):
            if len(x) % 2 == 0:
                raise ValueError("an odd number of rows is needed")
            return super().forward(x)

    result = verify.check(verify.layer(Odd, inputs={"x": "N D"}))
    assert result.good
    assert further(result)[0] == "N 1, 3 and 5, D 1 to 5"
    assert "ValueError: an odd number of rows is needed" in result.sizes.untried[0]


def test_a_backward_that_raises():
    """After a forward that took the sizes, it has to do its work."""

    class Breaks(Squares):
        def backward(self, dout):
            if len(dout) == 5:
                raise ValueError("five")
            return 2 * self.x * dout

    ((name, verdict, variant),) = rows(verify.layer(Breaks, inputs={"x": "N D"}))
    assert (name, verdict, variant) == ("the whole case", "ERROR", "N=5, D=2")


@slow
def test_arrays_of_one_size_beside_the_inputs():
    """Where only a size of 1 is taken beside the sample's, NumPy repeats the input: nothing is concluded from that."""

    def squared(x, y):
        return ((x - y) ** 2).sum(), 2 * (x - y)

    result = verify.check(verify.loss(squared, x="N D", y=verify.constant(np.ones((1, 4)))))
    assert result.good
    assert any("D=1 the array may be broadcast" in line for line in result.sizes.untried)


def test_sizes_that_the_author_has_chosen_stay():
    """A block that is never passed at the chosen size is no failure of the claim."""
    case = verify.layer(
        spoilt(lambda n, d: (slice(None), slice(8, None)) if d > 8 else ...), inputs={"x": "N D"}, sizes={"D": 6}
    )
    result = verify.check(case)
    assert result.good
    assert further(result) == ("N 1 to 5 and 8 to 9",)


def test_what_holds_for_chosen_sizes_only_says_so():
    """The chosen sizes are a field of the result, a sentence of the report, and no part of a case that has none."""
    layer = spoilt(lambda n, d: ... if (n, d) == (2, 3) else -1)
    result = verify.check(verify.layer(layer, inputs={"x": "N D"}, sizes={"N": 2, "D": 3}))
    assert result.good
    assert result.sizes.fixed == (("N", 2), ("D", 3))
    run = Run((result,), seed=0)
    assert "the claims hold for N=2, D=3 only" in " ".join(terminal.render(run, terminal.Look(verbosity=1)).split())
    assert "for N=2, D=3 only" in terminal.render(run)
    assert "1 case for the sizes of the case only" in run.remarks
    assert jsonread.read(jsonfile.render(run)) == run
    free = verify.check(verify.layer(Squares, inputs={"x": "N D"}))
    assert free.sizes.fixed == ()
    assert not [remark for remark in words.remarks(free) if remark.label == "sizes fixed"]


@pytest.mark.parametrize(
    "where",
    [
        lambda a, b, c: (a, b) == (1, 1) and c > 1,
        lambda a, b, c: (a, c) == (1, 1) and b > 1,
        lambda a, b, c: (b, c) == (1, 1) and a > 1,
        lambda a, b, c: (a, b, c) == (1, 1, 1),
    ],
    ids=["A=B=1", "A=C=1", "B=C=1", "all 1"],
)
def test_several_sizes_of_1_at_once(where):
    """A gradient that is wrong only where some of three dimensions are 1, and the others are not, is refuted."""

    def backward(dout, x):
        return 2 * x * dout * (3 if where(*x.shape) else 1)

    ((name, verdict, _),) = rows(verify.pair(lambda x: x**2, backward, x="A B C"))
    assert (name, verdict) == ("x", "REFUTED")


@pytest.mark.parametrize(("wrong", "verdict"), [((1, 1), "REFUTED"), ((0, 0), "PROVED")])
def test_two_sizes_of_1_at_once(wrong, verdict):
    """A gradient that is wrong only for one row of one column is refuted, and its right twin proved."""
    result = verify.check(verify.layer(spoilt(lambda n, d: -1 if (n, d) == wrong else ...), inputs={"x": "N D"}))
    assert verdict in {row.verdict.name for row in result.comparisons}
    assert result.good == (verdict == "PROVED")


def _embedded(skipped):
    def backward(dout, weights, ids):
        gradient = np.zeros_like(weights)
        for label, row in zip(ids, dout, strict=True):
            if label != skipped:
                gradient[label] += row
        return gradient

    return backward


@pytest.mark.parametrize(("below", "skipped"), some([(12, 7), (40, 39), (40, 30), (1000, 255), (1000, 999)], 12))
def test_a_label_that_is_wrong(below, skipped):
    """Every label is drawn where they are few, and those that the code names where they are many."""
    shapes = {"weights": verify.real(f"{below} D"), "ids": verify.integer("N", below=below)}
    case = verify.pair(lambda weights, ids: weights[ids], _embedded(skipped), **shapes)
    assert {(name, verdict) for name, verdict, _ in rows(case)} == {("weights", "REFUTED")}
    assert all(str(skipped) in variant for _, _, variant in rows(case))
    right = verify.pair(lambda weights, ids: weights[ids], _embedded(-1), **shapes)
    assert verify.check(right).good


def test_what_is_beyond_the_budget_is_listed():
    """A size that would take too long is not tried, and the report says so."""

    def forward(x):
        return (x[:, None] * x[None, :]).sum(axis=1) ** 2 if len(x) <= 2000 else x

    def backward(dout, x):
        total = x.sum()
        inner = 2 * dout * x * total
        return inner * total + (inner * x).sum()

    result = verify.check(verify.pair(forward, backward, x="N"))
    assert result.good
    assert [line for line in result.sizes.untried if line.startswith("N=2001")]
    assert "too large for the budget" in result.sizes.untried[0]


@pytest.mark.parametrize("upstream", [0, "0", 0.0])
def test_an_upstream_of_0(upstream):
    """All that comes back from it is 0: it checks nothing, and is refused."""
    with pytest.raises(InputError, match="the upstream is 0"):
        verify.layer(Squares, inputs={"x": "N D"}, upstream=upstream)
    with pytest.raises(InputError, match="the upstream is 0"):
        verify.case("x * y", at={"x": 1, "y": 2}, upstream=upstream)(lambda x, y: (yield x * y))


def test_a_size_that_is_wrong_is_not_listed():
    """What is listed was right."""
    result = verify.check(verify.layer(spoilt(lambda n, d: -1 if n == 4 else ...), inputs={"x": "N D"}))
    assert not result.good
    assert further(result)[0].startswith("N 1 to 3")


def scored(wrong):
    """Return a cross entropy whose gradient is a tenth too large where labels are as `wrong` tells."""

    @verify.case(x="N C", t=verify.integer("N", below="C"))
    def subject(x, t):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        dout = yield -np.log(p[np.arange(len(t)), t]).sum()
        p[np.arange(len(t)), t] -= 1
        return dout * p * (1.1 if wrong(list(t)) else 1)

    return subject


@pytest.mark.parametrize(
    "wrong",
    some(
        [
            pytest.param(lambda t: len(t) > 1 and len(set(t)) == 1, id="all alike"),
            pytest.param(lambda t: any(a == b for a, b in pairwise(t)), id="neighbours alike"),
            pytest.param(lambda t: len(t) > 2 and t[0] == t[1] != t[2], id="two alike, then another"),
        ],
        6,
    ),
)
def test_labels_that_are_alike_are_tried(wrong):
    """A mistake where labels repeat beside each other, or everywhere, is found."""
    result = verify.check(scored(wrong))
    assert Verdict.REFUTED in {row.verdict for row in result.comparisons}


def test_right_gradients_stay_right_where_labels_are_alike():
    """The twin without the mistake is proved."""
    assert {row.verdict for row in verify.check(scored(lambda t: False)).comparisons} == {Verdict.PROVED}


CALLS = []


class Counted:
    """A cube whose gradient is 0 in one of the first forwards of the process, which is a run on symbols."""

    wrong = 0

    def forward(self, x):
        self.x = x.copy()
        CALLS.append(x)
        return x**3

    def backward(self, dout):
        return dout * (0 * self.x if len(CALLS) == self.wrong else 3 * self.x**2)


@pytest.mark.parametrize("wrong", [5, 7, 0])
def test_floats_that_differ_at_a_further_size_leave_it_open(wrong):
    """Where the formula is wrong and floats do not say the same, the layer is not all proved."""
    CALLS.clear()
    layer = type("Layer", (Counted,), {"wrong": wrong})
    verdicts = {row.verdict for row in verify.check(verify.layer(layer, inputs={"x": "N"})).comparisons}
    assert verdicts == ({Verdict.PROVED, Verdict.UNDECIDED} if wrong else {Verdict.PROVED})


def test_reasons_of_one_kind_are_told_as_one():
    """What is raised at one line is one reason whatever it says, and at two lines it is two, though it says the same."""

    class Particular(Squares):
        def forward(self, x):
            if len(x) == 2:
                raise ValueError("not these rows")
            if len(x) == 4:
                raise ValueError("not these rows")
            return super().forward(x)

    untried = verify.check(verify.layer(Particular, inputs={"x": "N D"}, sizes={"D": 4})).sizes.untried
    assert sum("ValueError: not these rows" in reason for reason in untried) == 2

    class Wordy(Squares):
        def forward(self, x):
            if x.shape[1] not in (1, 4):
                raise ValueError("no " + "x" * x.shape[1])
            return super().forward(x)

    (reason,) = verify.check(verify.layer(Wordy, inputs={"x": "3 D"})).sizes.untried
    assert "and 2 more: ValueError: no xx" in reason
