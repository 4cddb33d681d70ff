"""One result that holds every verdict, for the tests of result and reports."""

import math
from dataclasses import replace

from verify.model.identity import Argument, Bound, CaseId, Place, Quantity, Relation, Variant
from verify.model.reasons import Reason
from verify.model.result import (
    Arrays,
    Branch,
    CaseResult,
    Comparison,
    Counterexample,
    Curve,
    Entry,
    Evidence,
    Excerpt,
    Finding,
    Graph,
    Node,
    Operations,
    Rest,
    Rounding,
    Run,
    Stale,
    Step,
    Verdict,
)

SAME = Evidence("same formula", "both sides are the same formula")
FIELD = Evidence("field", "equal at random points of a finite field: wrong with a chance below 2^-244", bits=244)


def gradient(name, verdict, **fields):
    defaults = {
        "value": "100",
        "actual": "2.2",
        "expected": "11/5",
        "expected_formula": "apple_cnt*tax",
        "role": "input",
    }
    return Comparison("gradient", name, verdict, **(defaults | fields))


def at(text):
    """Read a place from how it is written: `shop.toml:3`, a file without a line, or none."""
    file, _, line = text.rpartition(":")
    return Place(file, int(line)) if file else Place(text)


def case(name, *comparisons, where="shop.toml:3", **fields):
    defaults = {
        "output": "price",
        "expression": "apple*apple_cnt*tax",
        "output_value": "220",
        "inputs": (("apple", "100"), ("apple_cnt", "2"), ("tax", "1.1")),
        "upstream": ("dprice", "1"),
        "reproduce": ("gradproof", "run", "shop.toml", "-k", name),
    }
    return CaseResult(name, at(where), comparisons=comparisons, **(defaults | fields))


PROVED = gradient("apple", Verdict.PROVED, evidence=SAME, rounding=Rounding("0.41", "0.51", "ulp", True))
REFUTED = gradient(
    "tax",
    Verdict.REFUTED,
    value="1.1",
    actual="1.1",
    actual_formula="tax*dprice",
    expected="200",
    expected_formula="apple*apple_cnt*dprice",
    evidence=Evidence("counterexample", "the exact values at one exact point differ"),
    rounding=Rounding("7.0e+15", "0.5", "ulp", True),
    counterexample=Counterexample((("apple", "100"), ("tax", "1.1"), ("dprice", "1")), "200", "11/10"),
)
UNDECIDED = gradient(
    "apple",
    Verdict.UNDECIDED,
    evidence=Evidence(
        "not followed",
        "a branch that depends on the inputs, at shop.py:7",
        place=Place("shop.py", 7),
        reason=Reason.UNKNOWN_FUNCTION,
    ),
)
ERROR = Comparison(
    "case",
    "the whole case",
    Verdict.ERROR,
    evidence=Evidence(
        "error", "ValueError: <bad> | & `worse`, at shop.py:9", place=Place("shop.py", 9), reason=Reason.CODE_RAISED
    ),
)
AGREES = gradient(
    "root", Verdict.AGREES, evidence=Evidence("constants", "equal to the rounding of the floats typed in the code")
)
NOT_ROUNDING = gradient(
    "cast",
    Verdict.PROVED,
    evidence=FIELD,
    rounding=Rounding("3.0e+8", "0.51", "ulp", False, "outside the rounding bound of the exact"),
)
VALUE = Comparison(
    "value", "price", Verdict.PROVED, "output", "220.0", "220.0", "", "220", "", SAME, Rounding("0", "0", "ulp", True)
)
STATED = Comparison(
    "stated",
    "gradient of tax",
    Verdict.REFUTED,
    "stated",
    "",
    "201",
    "",
    "200",
    "",
    Evidence("counterexample", "the case states another value"),
)


GRAPH = Graph(
    (
        Node("apple", value="100", exact="11/5"),
        Node("apple_cnt", value="2", exact="110"),
        Node("apple_price", "×", (0, 1), "200", "11/10"),
        Node("tax", value="11/10", exact="200"),
        Node("price", "×", (2, 3), "220", "1"),
    ),
    output=4,
    blamed=4,
)
SOURCE = Excerpt(at("shop.toml:3"), 2, ("# the <layer>", "def backward(self, dout):", "    return dout * self.y"))


def sized(text):
    """Read a variant from how it is written: sizes, the options `stride` and `pad`, and where it is."""
    parts = [part.split("=") for part in text.split(", ") if "=" in part]
    options = tuple((name, value) for name, value in parts if name in ("stride", "pad"))
    sizes = tuple((name, int(value)) for name, value in parts if name not in ("stride", "pad"))
    return Variant(sizes, options, elsewhere="in another region" in text)


SMALL, SINGLE, STRIDED = sized("N=2, D=3, M=4"), sized("N=1, D=3, M=4"), sized("N=2, D=3, M=4, stride=2, pad=1")


def array(name, variant, shape, verdict=Verdict.PROVED, **fields):
    shape = tuple(map(int, shape.split()))
    entries = math.prod(shape)
    defaults = {"role": "input", "evidence": SAME, "shape": shape, "entries": entries}
    defaults["variant"] = sized(variant) if isinstance(variant, str) else variant
    return Comparison("gradient", name, verdict, **(defaults | fields))


def signed(text):
    """Read a signature from how it is written: names with dimensions, and `> 0` for a domain."""
    parts = [part.split(": ") for part in text.split(", ")]
    bounds = (Bound(">", "0"),)
    return tuple(
        Argument(name, shape=tuple(shape.removesuffix(" > 0").split()), bounds=bounds if " > 0" in shape else ())
        for name, shape in parts
    )


def traced(name, *comparisons, where="my_layers.py:4", **fields):
    defaults = {
        "output": "",
        "expression": "",
        "output_value": "",
        "inputs": (),
        "upstream": ("dout", ""),
        "signature": signed("x: N D, W: D M, b: M"),
        "reproduce": ("gradproof", "run", "my_layers.py", "-k", name),
    }
    return case(name, *comparisons, where=where, **(defaults | fields))


def halved(variant, failing=5, **fields):
    """A gradient that is half of what it should be in some entries."""
    defaults = {
        "expected_formula": "dout[0,1]*x[0,0] + dout[1,1]*x[1,0]",
        "actual_formula": "dout[0,1]*x[0,0]/2 + dout[1,1]*x[1,0]/2",
        "evidence": REFUTED.evidence,
        "counterexample": Counterexample(
            (("x[0,0]", "1/2"), ("x[1,0]", "0"), ("dout[0,1]", "1"), ("dout[1,1]", "1")), "1/2", "1/4"
        ),
        "failing": failing,
        "index": (0, 1),
        "arrays": Arrays((Entry((0, 1), "1/2", "1/4", True), Entry((1, 1), "1", "1", False)), Rest.ZERO, 1),
        "marks": ".5..5.5.5.5?",
        "relation": Relation(after="/2"),
        "diagnosis": "the gradient is half of what it should be: a factor 2 is missing",
        "where": at("my_layers.py:14"),
    }
    return array("W", variant, "3 4", Verdict.REFUTED, **(defaults | fields))


AFFINE = traced(
    "affine, then relu",
    array("x", SMALL, "2 3"),
    array("W", SMALL, "3 4", evidence=FIELD),
    array("b", SMALL, "4"),
    array("x", SINGLE, "1 3", evidence=Evidence("field", "equal at random points: wrong below 2^-202", bits=202)),
    array("W", SINGLE, "3 4", evidence=Evidence("field", "equal at random points: wrong below 2^-202", bits=202)),
    array("b", SINGLE, "4"),
    region=(
        Branch(at("my_layers.py:9"), "W[0,0]*x[0,0] + b[0] > 0", 8, SMALL),
        Branch(at("my_layers.py:9"), "W[0,0]*x[0,0] + b[0] > 0", 4, SINGLE),
        Branch(at("my_layers.py:11"), "x[0,0] < 100", 1, SMALL),
    ),
    notes=("random draws were seeded with 0",),
)
HALVED = traced(
    "half a gradient",
    *[array("x", variant, "2 3") for variant in (SMALL, STRIDED)],
    *[array("W", SMALL, "3 4"), halved(STRIDED)],
    curve=Curve("x[0,0]", (("-1", "-1", "-0.5"), ("0", "0", "0"), ("1.5", "1", "0.5"), ("2", "", "1")), ("0", "1.75")),
    operations=Operations(
        SMALL,
        (
            Step("input", "x", entries=6),
            Step("input", "W", entries=12),
            Step("operation", "@", (0, 1), 8, at("my_layers.py:9"), "return <x> @ self.W"),
            Step("output", "out", (2,)),
            Step("upstream", "dout", entries=8, backward=True),
            Step("operation", "@", (1, 4), 6, at("my_layers.py:12"), "dx = dout @ self.W.T", backward=True),
            Step("gradient", "dx", (5,), 6, backward=True),
            Step("operation", "@", (0, 4), 12, at("my_layers.py:13"), "dW = x.T @ dout / 2", backward=True),
            Step("operation", "× 0.5", (7,), 12, at("my_layers.py:13"), "dW = x.T @ dout / 2", True, True, True),
            Step("gradient", "dW", (8,), 12, backward=True, wrong=True),
        ),
    ),
    region=(Branch(at("my_layers.py:9"), "x[0,0] > 0", 6, SMALL),),
)
FAULTY = traced(
    "writes into dout",
    array("x", SMALL, "2 3"),
    findings=(
        Finding(
            "GP106",
            "Relu.backward returns an array that shares memory with dout",
            False,
            "",
            at("my_layers.py:20"),
            SMALL,
        ),
        Finding("GP101", "Relu.backward writes into its argument dout", True, "dout", at("my_layers.py:20"), SMALL),
        Finding("GP112", "dW is the sum | of *both*", True, "W", at(""), SMALL, "zeroed by the <optimizer>"),
    ),
)
HAZARDOUS = traced(
    "keeps its input",
    array("x", SMALL, "2 3"),
    findings=(
        Finding("GP120", "changing x after Square.forward changes the gradient", False, "x", at("my_layers.py:30")),
    ),
)
KNOWN = Finding("GP102", "Sgd.forward writes into its argument x", True, "x", at("my_layers.py:40"), known=True)
SAMPLED = array(
    "x",
    SMALL,
    "2 3",
    Verdict.SAMPLED,
    evidence=Evidence(
        "points",
        "at 12 points equal to the exact derivative; blas.ddot is compiled code (f2py), at a.py:5",
        digits=15,
        points=12,
        place=Place("a.py", 5),
    ),
)
TRACED = (
    AFFINE,
    HALVED,
    FAULTY,
    HAZARDOUS,
    traced(
        "agrees | *only*",
        *[array("x", SMALL, "2 3", Verdict.AGREES, evidence=AGREES.evidence), array("x", SINGLE, "1 3")],
        array("b", SMALL, "4"),
    ),
    traced(
        "turns into floats",
        array(
            "x",
            SMALL,
            "2 3",
            Verdict.UNDECIDED,
            failing=6,
            evidence=Evidence(
                "not followed",
                "a symbol was turned into a plain number, at a.py:3",
                place=Place("a.py", 3),
                reason=Reason.PLAIN_NUMBER,
            ),
        ),
        unclaimed=("W", "b"),
    ),
    traced(
        "raises on arrays",
        Comparison(
            "case",
            "the whole case",
            Verdict.ERROR,
            evidence=Evidence(
                "error",
                "ValueError: shapes, at a.py:9",
                place=Place("a.py", 9),
                function="Affine.backward",
                after_forward=True,
                reason=Reason.CODE_RAISED,
            ),
        ),
    ),
    traced(
        "takes too long",
        Comparison(
            "case",
            "the whole case",
            Verdict.UNDECIDED,
            evidence=Evidence("timeout", "stopped after 60 seconds; --timeout gives it more", reason=Reason.TIMEOUT),
        ),
    ),
)


def everything():
    """Return a run with every verdict and every kind of row."""
    return Run(
        (
            case("all right", PROVED, VALUE, gradient("x | y", Verdict.PROVED, evidence=FIELD)),
            case("forgets to swap", PROVED, REFUTED, VALUE, graph=GRAPH, sources=(SOURCE,)),
            case("<img onerror=x> & `co` | *de*", UNDECIDED, where="shop.py:7", upstream=("dprice", "1.3")),
            case("사과 raises", ERROR, where="shop.py:9", output_value="1.4142135623730950…"),
            case("typed a root", AGREES, PROVED, where="shop.py:12"),
            case("casts", NOT_ROUNDING, STATED, where="", reproduce=("gradproof", "expr", "apple", "--at", "apple=1")),
            *TRACED,
            case("known to be wrong", replace(REFUTED, known=True), PROVED),
            replace(HAZARDOUS, name="known to be faulty", findings=(KNOWN,)),
            case("a proof lost", replace(AGREES, weaker=True)),
            traced("calls Fortran", SAMPLED),
        ),
        seed=7,
        version="0.0",
        stale=(Stale(CaseId("shop.toml", "mended"), Quantity("gradient", "apple"), "REFUTED", "PROVED"),),
    )
