"""One result that holds every verdict, for the tests of result and reports."""

from verify.result import CaseResult, Comparison, Counterexample, Evidence, Rounding, Run, Verdict

SAME = Evidence("same formula", "both sides are the same formula")
FIELD = Evidence("field, 2^-244", "equal at random points of a finite field: wrong with a chance below 2^-244")


def gradient(name, verdict, **fields):
    defaults = {
        "value": "100",
        "actual": "2.2",
        "expected": "11/5",
        "expected_formula": "apple_cnt*tax",
        "role": "input",
    }
    return Comparison("gradient", name, verdict, **(defaults | fields))


def case(name, *comparisons, where="shop.toml:3", **fields):
    defaults = {
        "output": "price",
        "expression": "apple*apple_cnt*tax",
        "output_value": "220",
        "inputs": (("apple", "100"), ("apple_cnt", "2"), ("tax", "1.1")),
        "upstream": ("dprice", "1"),
        "reproduce": f"gradproof run shop.toml -k '{name}'",
    }
    return CaseResult(name, where, comparisons=comparisons, **(defaults | fields))


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
    "apple", Verdict.UNDECIDED, evidence=Evidence("not followed", "a branch that depends on the inputs, at shop.py:7")
)
ERROR = Comparison(
    "case", "the whole case", Verdict.ERROR, evidence=Evidence("error", "ValueError: <bad> | & `worse`, at shop.py:9")
)
AGREES = gradient(
    "root", Verdict.AGREES, evidence=Evidence("constants", "equal to the rounding of the floats typed in the code")
)
NOT_ROUNDING = gradient(
    "cast",
    Verdict.PROVED,
    evidence=FIELD,
    rounding=Rounding("3.0e+8", "0.51", "ulp", False, "further than rounding can take it from the exact"),
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


def everything():
    """Return a run with every verdict and every kind of row."""
    return Run(
        (
            case("all right", PROVED, VALUE, gradient("x | y", Verdict.PROVED, evidence=FIELD)),
            case("forgets to swap", PROVED, REFUTED, VALUE),
            case("<img onerror=x> & `co` | *de*", UNDECIDED, where="shop.py:7", upstream=("dprice", "1.3")),
            case("사과 raises", ERROR, where="shop.py:9", output_value="1.4142135623730950…"),
            case("typed a root", AGREES, PROVED, where="shop.py:12"),
            case("casts", NOT_ROUNDING, STATED, where="", reproduce="gradproof expr 'apple' --at apple=1"),
        ),
        seed=7,
        version="0.0",
    )
