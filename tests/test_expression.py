"""Text becomes a program, or an error that names the place; nothing of it is ever run."""

from fractions import Fraction

import pytest
from effort import some

from verify.cases.expression import parse
from verify.model.errors import InputError


def test_a_line_for_each_value():
    """Names on the left label the steps, the last line is the output, free names are the inputs."""
    program = parse("apple_price = apple * apple_cnt\nprice = apple_price * tax")
    assert program.inputs == ["apple", "apple_cnt", "tax"]
    assert program.output == "price"
    assert [program.steps[i].label for i in program.nodes] == ["apple", "apple_cnt", "apple_price", "tax", "price"]


def test_a_bare_expression_is_called_out():
    """Without a name the output is `out`, and its parts are labelled by their text."""
    program = parse("(a + b) * c")
    assert program.output == "out"
    assert [program.steps[i].label for i in program.nodes] == ["a", "b", "a + b", "c", "out"]


def test_equal_parts_keep_apart():
    """The same text twice is two steps with two labels, as it would be two layers."""
    program = parse("a * b + a * b")
    assert [program.steps[i].label for i in program.nodes] == ["a", "b", "a * b", "a * b (2)", "out"]


def test_a_long_part_is_labelled_by_its_ends():
    """A label stays readable, and unique."""
    program = parse(" + ".join(f"name_{i}" for i in range(30)))
    labels = [program.steps[i].label for i in program.nodes]
    assert max(map(len, labels)) < 60
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x + 1.1", "11/10"),
        ("x + 1e-3", "1/1000"),
        ("x + 1_000.5", "2001/2"),
        ("x + 0x10", "16"),
        ("x + 1/3", "1/3"),
        ("x + 2**-2", "1/4"),
        ("x + -(2 - 5) * 4", "12"),
        ("x ** (1/2)", "1/2"),
        ("x ** -0.5", "-1/2"),
        ("x ** (3 - 1/3)", "8/3"),
    ],
)
def test_numbers_are_exact(text, value):
    """A number is what its digits say, and arithmetic on numbers is done exactly."""
    program = parse(text)
    assert Fraction(value) in {step.number for step in program.steps}


def test_operators_bind_as_in_python():
    """-x**2 is -(x**2), and a/b/c is (a/b)/c."""
    values = parse("-x**2 + a/b/c").evaluate(
        {n: Fraction(v) for n, v in zip("xabc", (3, 12, 3, 2), strict=True)}, Fraction
    )
    assert values[-1] == -9 + 2


def test_names_may_be_in_any_script():
    """Korean names are names, and one that is written in two ways of Unicode is one."""
    assert parse("사과 * 개수").inputs == ["사과", "개수"]
    assert parse("ﬁsh * 2", ["ﬁsh"]).inputs == ["fish"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("__import__('os').system('touch owned')", r"not arithmetic: a call .* \(line 1, column 1\)"),
        ("x + f(3)", r"not arithmetic: a call in 'f\(3\)' \(line 1, column 5\)"),
        ("사과 * f(3)", r"column 6"),
        ("x.real", "not arithmetic: an attribute"),
        ("x[0]", "not arithmetic: an index"),
        ("x if x else y", "not arithmetic: a condition"),
        ("x > y", "not arithmetic: a comparison"),
        ("x and y", "not arithmetic: and/or"),
        ("lambda: x", "not arithmetic: a function"),
        ("[x for x in y]", "not arithmetic"),
        ("x // y", "not arithmetic: 'x // y'"),
        ("x % y", "not arithmetic"),
        ("x @ y", "not arithmetic"),
        ("~x", "not arithmetic"),
        ("True * x", "not arithmetic: True"),
        ("None", "not arithmetic: None"),
        ("1j * x", "not arithmetic: 1j"),
        ("'a' * x", "not arithmetic: 'a'"),
        ("f'{x}'", "not arithmetic: text"),
        ("import os", "not arithmetic: 'import os'"),
        ("a: int = x", "not arithmetic"),
        ("x += 1", "not arithmetic: an assignment that changes"),
        ("a, b = x, y", "not arithmetic"),
        ("a = b = x", "not arithmetic"),
        ("(a := x)", "an assignment inside an expression"),
        ("x(", "not an expression at line 1"),
        ("x\x00", "not an expression"),
        ("", "is empty"),
        ("# nothing", "is empty"),
        ("3 + 4", "no inputs"),
        ("x ** y", r"the exponent in x \*\* y must be a constant rational"),
        ("x ** 2**0.5", "the exponent .* must be a constant rational"),
        ("x ** 0", "write 1"),
        ("x ** 1001", "of at most 1000, with at most nine decimals"),
        ("x ** 0.0000000001", "of at most 1000, with at most nine decimals"),
        ("x * (1 / 0)", r"division by zero in 1 / 0 \(line 1, column 6\)"),
        ("x * 0 ** -1", r"division by zero in 0 \*\* -1"),
        ("x * 1e400", "does not fit a float64"),
        ("x * 1e-400", "does not fit a float64"),
        ("x * 1e999999999", "does not fit a float64"),
        ("x * 10 ** 400", "does not fit a float64"),
        ("x + " + "9" * 5000, "4300 digits"),
        ("a = x\nb = x * y", "'a' is defined but never used"),
        ("x\nx * y", "only the last line may lack a name"),
        ("a = x\na = y", r"'a' is defined or used before this line \(line 2, column 1\)"),
        ("x = 2 * x", "'x' is defined or used before"),
        ("(" * 100_000 + "x" + ")" * 100_000, "too many nested parentheses"),
        ("-" * 100_000 + "x", "nested too deeply"),
        ("+".join(["x"] * 100_000), "nested too deeply"),
        ("x**" * 100_000 + "2", "nested too deeply"),
    ],
    ids=lambda text: text[:20],
)
def test_bad_text(text, message, tmp_path, monkeypatch):
    """What is not arithmetic is refused with its place, and nothing is run."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        parse(text)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "inputs", "message"),
    [
        ("aple * tax", ["apple", "tax"], r"'aple' has no value.*did you mean 'apple'\? \(line 1, column 1\)"),
        ("apple * tax", ["apple"], r"'tax' has no value"),
        ("apple * 2", ["apple", "tax"], "the input 'tax' is not used"),
        ("a = b * 2\nb = x", ["x"], "'b' has no value"),
        ("x = 2 * y\nx * y", ["x", "y"], r"'x' is an input: a line cannot define it \(line 1, column 1\)"),
        ("a = x * y\ny = 2 * a", ["x", "y"], r"'y' is defined or used before this line \(line 2, column 1\)"),
    ],
)
def test_names_have_to_fit_the_inputs(text, inputs, message):
    """Every name has a value and every input a use; a misspelled one is told what it is near to."""
    with pytest.raises(InputError, match=message):
        parse(text, inputs)


LINES = "\n".join(["v_0 = x * y", *[f"v_{i} = v_{i - 1} + x" for i in range(1, 2500)]])


@pytest.mark.parametrize("last", some(["v_2499", "(v_2499\n + y\n)", "(v_2499" + "\n" * 2500 + "+ y)"], 6))
def test_long_texts_are_one_program(last):
    """A long text, which is parsed in pieces, has all its lines, whether or not a statement crosses from one to the next."""
    for early in (998, 999, 1000, 1999, 2000):
        text = LINES.replace(f"v_{early} = v_{early - 1} + x", f"v_{early} = (v_{early - 1}\n + \nx)") + f"\nz = {last}"
        steps = parse(text, ["x", "y"]).steps
        assert [step.label for step in steps if step.op == "+"][:2499] == [f"v_{i}" for i in range(1, 2500)]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("v_2000 = f(x)", "line 2001, column 10"),
        ("v_2000 = x +", "line 2001, column 13"),
        ("v_2000 = x y", "line 2001"),
    ],
)
def test_errors_in_long_texts_name_their_line(line, said):
    """Lines are counted from the start of the text, not of the piece that is parsed."""
    with pytest.raises(InputError, match=said):
        parse(LINES.replace("v_2000 = v_1999 + x", line))
