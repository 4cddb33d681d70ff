"""Between the graph and SymPy: formulas that people read, and SymPy's answers as nodes."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache, cached_property, lru_cache, partial, reduce
from typing import Any, NamedTuple, Protocol, TypeVar

import sympy
from sympy.printing.str import StrPrinter

from verify.graph import functions
from verify.graph.graph import Graph, Node
from verify.graph.joints import JOINT
from verify.model.errors import TraceError
from verify.model.exact import decimal_text, simplest_rational

LONGEST = 400  # operations: a longer formula is counted, not written
_COUNTLESS = 10**15  # operations: what is shared may have them by the thousands of digits
_DEEPEST = 60  # operations inside each other: SymPy recurses
_LARGE = 50  # operations below a node that SymPy is not to simplify
_LARGEST_DENOMINATOR = 1000  # of a quotient that is written as one
_MOST_BITS = 8192  # of the numbers in a formula, powers multiplied out


@cache
def placeholder(index: int) -> sympy.Symbol:
    """Return the symbol that stands for the name with this number, whatever the name is.

    SymPy remembers much about each symbol and expression: with the same few in every case it finds out but once.
    """
    # SymPy sorts by names, and these are to be in order. What may be complex has it expand formulas without end.
    return sympy.Symbol(f"_{index:09}", real=True)


class Alphabet:
    """The names of a case and the symbols that stand for them, made when they are first asked for."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(dict.fromkeys(self._names))}

    @cached_property
    def symbols(self) -> dict[str, sympy.Symbol]:
        """Return the symbols by name."""
        return {name: placeholder(i) for name, i in self._places.items()}

    @cached_property
    def _printer(self) -> _Printer:
        return _Printer({symbol: name for name, symbol in self.symbols.items()})

    def spare(self) -> sympy.Symbol:
        """Return a symbol that stands for no name."""
        return placeholder(len(self._places))

    def write(self, expression: sympy.Expr) -> str:
        """Write an expression with the names in it."""
        return str(self._printer.doprint(expression))


class _Printer(StrPrinter):  # type: ignore[misc]
    """SymPy's own, but for the symbols."""

    def __init__(self, names: Mapping[sympy.Symbol, str]) -> None:
        super().__init__()
        self.names = names

    def _print_Symbol(self, symbol: sympy.Symbol) -> str:  # noqa: N802 - SymPy looks for this name
        return self.names[symbol]

    def _print_Undefined(self, symbol: Undefined) -> str:  # noqa: N802
        return str(symbol.name)

    def _print_Typed(self, symbol: Typed) -> str:  # noqa: N802
        return str(symbol.name)


class Undefined(sympy.Symbol):  # type: ignore[misc]
    """A number that there is none of, such as `0**(-2)` or `log(0)`, by the text that it has.

    SymPy has infinities and NaN for them, with which it computes further, or fails.
    """


class Typed(sympy.Symbol):  # type: ignore[misc]
    """A number of the code by the text that it has there: `0.044715` and not 8943/200000, which nobody typed."""

    @classmethod
    def class_key(cls) -> tuple[int, int, str]:
        """Sort with numbers, which stand before names in a product."""
        return 1, 0, cls.__name__


_UNDEFINED = frozenset({sympy.zoo, sympy.nan, sympy.oo, -sympy.oo})


class Size(NamedTuple):
    """What a formula takes, written out: operations (what is shared counts each time), depth, bits of its numbers.

    A sum in a sum, or a product in a product, is no deeper: `kind` tells which it is.
    """

    operations: int = 0
    depth: int = 0
    bits: int = 0
    kind: str = ""

    @property
    def writable(self) -> bool:
        """Tell whether SymPy and a reader can cope with it."""
        return self.operations <= LONGEST and self.depth <= _DEEPEST and self.bits <= _MOST_BITS


_LEAF = Size()  # one for all variables, of which there may be many


class _Sizes:
    """The graph read as sizes of formulas."""

    def variable(self, name: str) -> Size:
        return _LEAF

    def constant(self, value: Fraction) -> Size:
        return Size(bits=value.numerator.bit_length() + value.denominator.bit_length())

    def typed(self, value: float) -> Size:
        return self.constant(simplest_rational(value))

    def pi(self, payload: None) -> Size:
        return _LEAF

    def sum(self, a: Size, b: Size) -> Size:
        return _joined("sum", a, b)

    def product(self, a: Size, b: Size) -> Size:
        return _joined("product", a, b)

    def power(self, a: Size, exponent: Fraction) -> Size:
        return Size(a.operations + 1, a.depth + 1, math.ceil(a.bits * abs(exponent)))

    def function(self, name: str, a: Size, number: int) -> Size:
        return Size(a.operations + 1, a.depth + 1, a.bits)

    def joint(self, op: str, values: list[Size], payload: Any) -> Size:
        depth = max(value.depth for value in values) + 1
        return Size(sum(value.operations for value in values) + 1, depth, sum(value.bits for value in values))


def _joined(kind: str, a: Size, b: Size) -> Size:
    left, right = a.depth + (a.kind != kind), b.depth + (b.kind != kind)
    return Size(a.operations + b.operations + 1, left if left > right else right, a.bits + b.bits, kind)


def sizes(graph: Graph, nodes: Sequence[int]) -> Mapping[int, Size]:
    """Return the sizes of the formulas of some nodes, read at once."""
    sizes_of = graph.read(nodes, _Sizes(), {})
    return {node: sizes_of[node] for node in nodes}


def size(graph: Graph, node: int, named: Iterable[int] = ()) -> Size:
    """Return the size of a node's formula; `named` nodes have a name, and count as variables."""
    return graph.read([node], _Sizes(), dict.fromkeys(named, _LEAF))[node]  # type: ignore[no-any-return]


class _Counts:
    """The graph read as how many operations a formula takes: all of its size that is told of a long one."""

    def variable(self, name: str) -> int:
        return 0

    def constant(self, value: Fraction) -> int:
        return 0

    def typed(self, value: float) -> int:
        return 0

    def pi(self, payload: None) -> int:
        return 0

    def sum(self, a: int, b: int) -> int:
        return min(a + b + 1, _COUNTLESS)

    def product(self, a: int, b: int) -> int:
        return min(a + b + 1, _COUNTLESS)

    def power(self, a: int, exponent: Fraction) -> int:
        return min(a + 1, _COUNTLESS)

    def function(self, name: str, a: int, number: int) -> int:
        return min(a + 1, _COUNTLESS)

    def joint(self, op: str, values: list[int], payload: Any) -> int:
        return min(sum(values) + 1, _COUNTLESS)


def is_long(graph: Graph, node: int, named: Collection[int] = (), counts: Sequence[Any] = ()) -> bool:
    """Tell whether a formula is too long to be written; `named` nodes have a name, `counts` are those of `text`."""
    return _long(graph, node, named, counts) or not size(graph, node, named).writable


def _long(graph: Graph, node: int, named: Container[int], counts: Sequence[Any]) -> bool:
    """Tell whether a formula is known to have too many operations to be written, having looked at no more than that.

    It has as many as there are different ones, and as any part of it has, for parts that were counted.
    """
    operations: set[int] = set()
    todo = [node]
    while todo and len(operations) <= LONGEST:
        number = todo.pop()
        if graph.args[number] and number not in operations and number not in named:
            counted = counts[number] if number < len(counts) else None
            if isinstance(counted, int) and counted > LONGEST:
                return True
            operations.add(number)
            todo += graph.args[number]
    return len(operations) > LONGEST


def to_sympy(
    graph: Graph,
    root: int,
    values: Mapping[str, sympy.Expr],
    named: Mapping[int, sympy.Expr] | None = None,
    typed: Callable[[Fraction], sympy.Expr] | None = None,
) -> sympy.Expr:
    """Return a node as a SymPy expression, with `values` for its variables, and for nodes that are `named`.

    `typed` gives what stands for a float of the code, in place of the rational that it is.

    Long sums and products are handed over flat: SymPy would sort each partial sum of a chain anew. Powers and functions
    of long formulas are left as they are: to simplify them, SymPy asks for their signs, which it may never find out.
    So are functions of numbers that functions are in: for a sign SymPy computes digits, of which there may be millions.
    """
    named = named or {}
    operands_of = {}
    sizes: dict[int, int] = dict.fromkeys(named, 1)
    needed = {root}
    for number in reversed(graph.reach([root], named)):
        if number in needed:
            operands_of[number] = operands(graph, number, named)
            needed.update(operands_of[number])
    expressions: dict[int, Any] = dict(named)
    for number in sorted(operands_of):
        node = graph.node(number)
        if node.op in JOINT:
            expressions[number] = _joint(node, expressions)
            sizes[number] = _LARGE
            continue
        terms = [(expressions[i], count) for i, count in operands_of[number].items()]
        sizes[number] = min(_LARGE, 1 + sum(sizes[i] for i in operands_of[number]))
        if node.op == "typed" and typed:
            expressions[number] = typed(simplest_rational(node.payload))
        else:
            expressions[number] = _expression(node, terms, values, evaluate=sizes[number] < _LARGE)
    return expressions[root]


def _joint(node: Node, expressions: Mapping[int, Any]) -> Any:
    """Return a function of several arguments as one that SymPy knows nothing of."""
    payload = node.payload if isinstance(node.payload, tuple) else (node.payload,)
    return sympy.Function("_".join([node.op, *map(str, payload)]))(*(expressions[i] for i in node.args))


def _expression(node: Node, terms: list[tuple[Any, int]], values: Mapping[str, sympy.Expr], *, evaluate: bool) -> Any:
    """Return a node as SymPy has it; `terms` are its operands, each with how often it occurs."""
    match node.op:
        case "variable":
            return values[node.payload]
        case "constant":
            return _rational(node.payload)
        case "typed":
            return _rational(simplest_rational(node.payload))
        case "pi":
            return sympy.pi
        case "sum":
            return sympy.Add(*[term * count for term, count in terms])
        case "product":
            return sympy.Mul(*[term**count for term, count in terms])
        case "power":
            return _defined(partial(sympy.Pow, terms[0][0], _rational(node.payload)), evaluate=evaluate)
    argument = terms[0][0]
    plain = argument.is_Rational or bool(argument.free_symbols)
    return _defined(partial(functions.written, node.op, argument), evaluate=evaluate and plain)


def _defined(make: Callable[..., Any], *, evaluate: bool) -> Any:
    """Return what is made; what has no value becomes a symbol with its text."""
    made = make(evaluate=evaluate)
    return Undefined(str(make(evaluate=False))) if made in _UNDEFINED else made


def operands(graph: Graph, number: int, named: Container[int] = ()) -> dict[int, int]:
    """Return the operands of a node and how often each occurs, those of nested sums (or products) taken up into it."""
    op = graph.ops[number]
    if op not in ("sum", "product"):
        return dict.fromkeys(graph.args[number], 1)
    counts = {number: 1}
    todo = [-number]
    while todo:
        inner = -heapq.heappop(todo)
        count = counts.pop(inner)
        for argument in graph.args[inner]:
            if graph.ops[argument] == op and argument not in counts and argument not in named:
                heapq.heappush(todo, -argument)
            counts[argument] = counts.get(argument, 0) + count
    return counts


Maker = Callable[[Any, Mapping[sympy.Symbol, Any], list[Any]], Any]  # a term from builder, symbols and arguments
Plan = list[tuple[Maker, list[int]]]  # how each part of an expression is built, with the places of its arguments
_Term = TypeVar("_Term")
Nodes = Mapping[sympy.Symbol, int]  # what symbols stand for


class Builder(Protocol[_Term]):
    """What builds formulas from terms: a graph from its nodes, a tape from arrays of elements."""

    def whole(self, value: int, /) -> _Term:
        """Return a whole number."""

    def constant(self, value: Fraction, /) -> _Term:
        """Return an exact constant."""

    def pi(self) -> _Term:
        """Return the circle's constant."""

    def sum(self, a: _Term, b: _Term, /) -> _Term:
        """Return a + b."""

    def product(self, a: _Term, b: _Term, /) -> _Term:
        """Return a * b."""

    def power(self, a: _Term, exponent: Fraction, /) -> _Term:
        """Return a ** exponent."""

    def function(self, name: str, a: _Term, /) -> _Term:
        """Return a function of FUNCTIONS at a."""


def from_sympy(graph: Graph, expression: sympy.Expr, nodes: Nodes) -> int:
    """Return the node of a SymPy expression whose symbols stand for the given nodes."""
    return replay(graph, plan(expression), nodes)


def plan(expression: sympy.Expr) -> Plan:
    """Return how the parts of a SymPy expression are built, arguments first, each part once; raises TraceError."""
    places: dict[Any, int] = {}
    steps: Plan = []
    for part in sympy.postorder_traversal(expression):
        if part not in places:
            places[part] = len(steps)
            steps.append((_maker(part), [places[argument] for argument in part.args]))
    return steps


def replay(builder: Builder[_Term], steps: Plan, terms: Mapping[sympy.Symbol, _Term]) -> _Term:
    """Return the term of the last part, all of them built; symbols stand for the given terms."""
    built: list[_Term] = []
    for make, arguments in steps:
        built.append(make(builder, terms, [built[place] for place in arguments]))
    return built[-1]


@lru_cache(maxsize=1024)  # the parts of the derivatives of single operations come again and again
def _maker(part: Any) -> Maker:
    """Return how the term of a part is built from those of its arguments."""
    if isinstance(part, Undefined):
        raise TraceError(f"SymPy's derivative contains {part.name}, which has no value")
    if part.is_Symbol:
        return lambda graph, nodes, _: nodes[part]
    if part.is_Integer:
        whole = int(part)
        return lambda graph, *_: graph.whole(whole)
    if part.is_Rational:
        value = Fraction(int(part.p), int(part.q))
        return lambda graph, *_: graph.constant(value)
    if part.is_Add:
        return lambda graph, _, arguments: reduce(graph.sum, arguments)
    if part.is_Mul:
        return lambda graph, _, arguments: reduce(graph.product, arguments)
    if part.is_Pow and part.exp.is_Rational:
        exponent = Fraction(int(part.exp.p), int(part.exp.q))
        return lambda graph, _, arguments: graph.power(arguments[0], exponent)
    if part.is_Function and (name := functions.read(part)):
        return lambda graph, _, arguments: graph.function(name, arguments[-1])
    if part is sympy.pi:
        return lambda graph, *_: graph.pi()
    raise TraceError(f"SymPy's derivative contains {part.func.__name__}, which cannot be traced")


def _rational(value: Fraction) -> sympy.Rational:
    return sympy.Rational(value.numerator, value.denominator)


def decimals(expression: sympy.Expr) -> sympy.Expr:
    """Return a small expression with long quotients as decimals, as far as they are decimals."""
    long = [number for number in expression.atoms(sympy.Rational) if number.q > _LARGEST_DENOMINATOR]
    decimal = {number: as_typed(Fraction(int(number.p), int(number.q))) for number in long}
    return expression.xreplace(decimal) if decimal else expression  # which SymPy would write in another way


def _readable(value: Fraction) -> sympy.Expr:
    return as_typed(value) if value.denominator > _LARGEST_DENOMINATOR else _rational(value)


def as_typed(value: Fraction) -> sympy.Expr:
    """Return a number with its decimals as they are typed, unless a quotient is shorter, such as 1/3 or 1/4."""
    text, quotient = decimal_text(abs(value)), str(abs(value))
    if "/" in text or len(text) > len(quotient):
        return _rational(value)
    return Typed(text, positive=True) * (-1 if value < 0 else 1)


def text(
    graph: Graph,
    node: int,
    names: Alphabet,
    fixed: Mapping[str, sympy.Expr] | None = None,
    named: Mapping[int, sympy.Expr] | None = None,
    counts: list[int] | None = None,
    *,
    typed: bool = False,
) -> str:
    """Write a node's formula, or how long it would be; `fixed` gives variables a value, `named` nodes a name.

    With `typed` all floats of the code stay as they are typed, and are not computed with; else long ones only.
    `counts` are those of operations from earlier calls without `named` nodes, and the new ones are added to them.
    """
    named, counts = named or {}, [] if named or counts is None else counts
    if is_long(graph, node, named, counts):
        counted = graph.read([node], _Counts(), dict.fromkeys(named, 0) if named else counts)
        return f"(a formula of {'over ' if counted[node] == _COUNTLESS else ''}{counted[node]:,} operations)"
    number = as_typed if typed else _readable
    return names.write(to_sympy(graph, node, {**names.symbols, **(fixed or {})}, named, number))
