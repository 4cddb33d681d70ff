"""Text to program: parsed by Python's `ast`, walked with a whitelist, never compiled or run.

A text is what a person writes down, one value a line, the last being the output:

    apple_price = apple * apple_cnt
    price = apple_price * tax
"""

from __future__ import annotations

import ast
import sys
import textwrap
import unicodedata
import warnings
from array import array
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import accumulate

from verify.graph.program import NONE, OPERATIONS, Program
from verify.model.elision import cut_middle
from verify.model.errors import InputError, nearest
from verify.model.exact import exact
from verify.model.garbage import uncollected

_SYMBOLS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
    ast.USub: "neg",
}
_NOT_ARITHMETIC: dict[type[ast.AST], str] = {
    ast.Call: "a call",
    ast.Attribute: "an attribute",
    ast.Subscript: "an index",
    ast.Compare: "a comparison",
    ast.BoolOp: "and/or",
    ast.IfExp: "a condition",
    ast.Lambda: "a function",
    ast.JoinedStr: "text",
    ast.NamedExpr: "an assignment inside an expression",
    ast.AugAssign: "an assignment that changes a value",
}
_INSTEAD: dict[type[ast.AST], str] = {
    ast.Call: "; check code with functions in Python: see `gradproof explain cases`",
    ast.BitXor: "; write ** for a power",
}
_PIECE = 25  # lines: their tree is to stay in the processor's cache
_LARGEST_POWER = 1000
_LARGEST_ROOT = 10**9
_LONGEST_SHOWN = 80


def parse(text: str, inputs: Iterable[str] | None = None) -> Program:
    """Parse a program; with `inputs`, its free names have to be exactly these.

    Raises InputError, naming line and column, for anything but names, numbers, `+ - * /`, `**` with a constant
    rational exponent, parentheses and lines `name = expression`.
    """
    source = textwrap.dedent(text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    with uncollected():
        builder = _Builder(source, None if inputs is None else [identifier(name) for name in inputs])
        for builder.above, statements in _statements(source):
            for statement in statements:
                builder.add(statement)
        return builder.finish()


def identifier(name: str) -> str:
    """Return a name as Python reads it: two spellings that look alike (`ﬁ`, `fi`) are one name, and one string."""
    return sys.intern(name if name.isascii() else unicodedata.normalize("NFKC", name))


def _statements(source: str) -> Iterator[tuple[int, list[ast.stmt]]]:
    """Parse some lines at a time: a tree takes a hundred times the room of its text. Yields how many lines are above.

    Lines that are a program, above others that are one, mean the same in one piece and in two. Where the lines of a
    piece are none, a statement may go on below: then all that is left is one piece.
    """
    lines = source.split("\n")
    for above in range(0, len(lines), _PIECE):
        try:
            piece = _parsed("\n".join(lines[above : above + _PIECE]))
        except InputError:
            yield 0, _parsed("\n" * above + "\n".join(lines[above:]))
            return
        yield above, piece


def _parsed(source: str) -> list[ast.stmt]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # `1(2)` makes Python's parser warn; we refuse it ourselves
            statements = ast.parse(source).body
    except SyntaxError as problem:
        where = f" at line {problem.lineno}, column {problem.offset}" if problem.offset else ""
        raise InputError(f"not an expression{where}: {problem.msg.partition(';')[0]}") from None
    except (RecursionError, MemoryError):
        raise InputError("the expression is nested too deeply: give its parts names, on lines of their own") from None
    except ValueError as problem:  # null bytes
        raise InputError(f"not an expression: {problem}") from None
    return statements


def _operands(node: ast.expr) -> tuple[ast.expr, ...]:
    """Return what an operation of arithmetic is on; nothing for a name, a number, or what is no arithmetic."""
    if isinstance(node, ast.BinOp) and type(node.op) in _SYMBOLS:
        return node.left, node.right
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        return (node.operand,)
    return ()


class _Builder:
    """Turns statements into steps; holds the names that are known so far."""

    def __init__(self, source: str, inputs: list[str] | None) -> None:
        self.text = source
        try:
            self.source = source.encode()
        except UnicodeEncodeError:  # half a surrogate pair
            raise InputError("not an expression: it is not valid text (UTF-8)") from None
        self.starts = array("Q", accumulate((len(line) + 1 for line in self.source.split(b"\n")), initial=0))
        self.above = 0  # lines that the numbers of a tree's lines do not count
        self.ops: list[str] = []
        self.left = array("q")
        self.right = array("q")
        self.numbers: dict[int, Fraction] = {}
        self.names: list[str] = []
        self.spans = array("Q")
        self.varies: list[bool] = []
        self.has_inputs = inputs is not None
        self.scope: dict[str, int] = dict.fromkeys(inputs or [], NONE)  # that of an input when it is first read
        self.unused: dict[str, None] = {}  # names of lines that were not read since
        self.output = ""
        self.result = 0
        self.finished = False  # by a line without a name

    def add(self, statement: ast.stmt) -> None:
        """Add one line: an expression (then the last line), or `name = expression`."""
        if self.finished:
            raise self.error(statement, "only the last line may lack a name (name = expression)")
        match statement:
            case ast.Assign(targets=[ast.Name(id=name) as target], value=value):
                self.result = self.walk(value)
                if name in self.scope:
                    unread = self.scope[name] == NONE
                    taken = "an input: a line cannot define it" if unread else "defined or used before this line"
                    raise self.error(target, f"{name!r} is {taken}")
                self.output = name
                self.name_step(self.result, name)
                self.scope[name] = self.result
                self.unused[name] = None
            case ast.Expr(value):
                self.result = self.walk(value)
                self.output = "out"
                while self.output in self.scope:
                    self.output += "_"
                self.name_step(self.result, self.output)
                self.finished = True
            case _:
                raise self.error(statement, self.refusal(statement))

    def name_step(self, index: int, name: str) -> None:
        """Give a name to a step; one that has a name of its own keeps it, and a new name then means the same step."""
        if self.ops[index] in OPERATIONS and not self.names[index]:
            self.names[index] = name

    def walk(self, root: ast.expr) -> int:
        """Add the steps of an expression, arguments first, without recursion."""
        backwards: list[tuple[ast.expr, int]] = []
        todo = [root]
        while todo:
            node = todo.pop()
            operands = () if type(node) is ast.Name else _operands(node)
            backwards.append((node, len(operands)))
            todo += operands  # the last one is next: the other way round, every operation follows its arguments
        done: list[int] = []
        for node, arity in reversed(backwards):
            if arity:
                right = (done.pop(),) if arity == 2 else ()
                done[-1] = self.operation(node, (done[-1], *right))
            else:
                done.append(self.lookup(node) if type(node) is ast.Name else self.constant(node))
        return done[0]

    def constant(self, node: ast.expr) -> int:
        if not isinstance(node, ast.Constant):
            raise self.error(node, self.refusal(node))
        if isinstance(node.value, bool) or not isinstance(node.value, (int, float)):
            raise self.error(node, f"not arithmetic: {self.excerpt(node)}")
        # The digits as written, not the float that Python made of them: 1.1 is 11/10.
        written = node.value if isinstance(node.value, int) else self.segment(node)
        return self.number(self.exact(node, written))

    def lookup(self, node: ast.Name) -> int:
        name = node.id
        number = self.scope.get(name)
        if number is not None and number != NONE:
            self.unused.pop(name, None)
            return number
        if number is None and self.has_inputs:
            hint = nearest(name, self.scope)
            raise self.error(
                node,
                f"{name!r} has no value: it is neither an input (`--at {name}=1`; in a file, {name} = 1 in inputs) "
                f"nor defined on an earlier line{hint}",
            )
        step = self.scope[name] = self.append("input", name=name)
        return step

    def operation(self, node: ast.expr, arguments: tuple[int, ...]) -> int:
        assert isinstance(node, (ast.BinOp, ast.UnaryOp))
        op = _SYMBOLS.get(type(node.op))
        if op is None:  # +x
            return arguments[0]
        varies = self.varies[arguments[0]] or self.varies[arguments[-1]]  # an exponent never does
        folded = None if varies else self.folded(node, op, arguments)
        if folded is not None:
            return self.number(folded)
        exponent = None
        if op == "**":
            exponent, arguments = self.exponent(node, arguments[1]), arguments[:1]
        self.spans.extend(self.span(node))
        return self.append(op, *arguments, number=exponent, varies=varies)

    def folded(self, node: ast.expr, op: str, arguments: tuple[int, ...]) -> Fraction | None:
        """Compute an operation whose arguments are all numbers; None where one of them is a root, or it is."""
        if any(self.ops[i] != "number" for i in arguments):
            return None
        return self.fold(node, op, [self.numbers[i] for i in arguments])

    def fold(self, node: ast.expr, op: str, numbers: list[Fraction]) -> Fraction | None:
        """Compute an operation on numbers exactly; None where the result is irrational and so stays a step."""
        if op == "/" and numbers[1] == 0:
            raise self.error(node, f"division by zero in {self.excerpt(node)}")
        if op == "**":
            self.check_power(node, numbers[1])
            if numbers[0] == 0 and numbers[1] < 0:
                raise self.error(node, f"division by zero in {self.excerpt(node)}")
            if numbers[1].denominator != 1:
                return None
        return self.exact(node, Fraction(OPERATIONS[op](*numbers)))

    def exact(self, node: ast.expr, value: object) -> Fraction:
        try:
            return exact(value, f"the number {self.excerpt(node)}")
        except InputError as problem:
            raise self.error(node, str(problem)) from None

    def exponent(self, node: ast.expr, index: int) -> Fraction:
        if self.ops[index] != "number":
            raise self.error(node, f"the exponent in {self.excerpt(node)} must be a constant rational number")
        number = self.numbers[index]
        self.check_power(node, number)
        if number == 0:
            raise self.error(node, f"{self.excerpt(node)} is 1 whatever its base: write 1")
        return number

    def check_power(self, node: ast.expr, number: Fraction) -> None:
        if abs(number) > _LARGEST_POWER or number.denominator > _LARGEST_ROOT:
            limits = f"of at most {_LARGEST_POWER}, with at most nine decimals"
            raise self.error(node, f"the exponent in {self.excerpt(node)} must be a number {limits}")

    def number(self, value: Fraction) -> int:
        return self.append("number", number=value, varies=False)

    def append(
        self,
        op: str,
        left: int = NONE,
        right: int = NONE,
        *,
        number: Fraction | None = None,
        name: str = "",
        varies: bool = True,
    ) -> int:
        index = len(self.ops)
        self.ops.append(op)
        self.left.append(left)
        self.right.append(right)
        if number is not None:
            self.numbers[index] = number
        self.names.append(name)
        self.varies.append(varies)
        return index

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Return where the text of a node starts and ends. Python counts columns in bytes of UTF-8."""
        first = self.starts[self.above + node.lineno - 1]
        last = self.starts[self.above + (node.end_lineno or node.lineno) - 1]
        return first + node.col_offset, last + (node.end_col_offset or 0)

    def segment(self, node: ast.AST) -> str:
        """Return the text of a node on one line."""
        assert isinstance(node, (ast.expr, ast.stmt))
        start, end = self.span(node)
        return " ".join(self.source[start:end].decode().split())

    def excerpt(self, node: ast.AST) -> str:
        """Return the text of a node for a message, shortened in the middle."""
        return cut_middle(self.segment(node), _LONGEST_SHOWN)

    def refusal(self, node: ast.AST) -> str:
        kind = _NOT_ARITHMETIC.get(type(node))
        return f"not arithmetic: {kind + ' in ' if kind else ''}{self.excerpt(node)!r}"

    def error(self, node: ast.expr | ast.stmt, message: str) -> InputError:
        line, (start, _) = self.above + node.lineno, self.span(node)
        column = len(self.source[self.starts[line - 1] : start].decode()) + 1
        hint = _INSTEAD.get(type(node.op if isinstance(node, ast.BinOp) else node), "")
        return InputError(f"{message} (line {line}, column {column}){hint}")

    def finish(self) -> Program:
        """Check that every name is of use, and return the program."""
        if not self.output:
            raise InputError("the expression is empty")
        for name, step in self.scope.items():
            if step == NONE:
                used = [used for used, step in self.scope.items() if step != NONE and used not in self.unused]
                raise InputError(f"the input {name!r} is not used by the expression{nearest(name, used)}")
        for name in self.unused:
            if name != self.output:
                raise InputError(f"{name!r} is defined but never used")
        if not self.varies[self.result]:
            raise InputError("the expression has no inputs: there is nothing to differentiate")
        return Program(
            self.text,
            self.ops,
            self.left,
            self.right,
            self.numbers,
            self.names,
            self.spans,
            self.varies,
            self.scope,
            self.output,
            self.result,
        )
