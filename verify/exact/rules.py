"""What an operation passes back to each of its operands: the vector-Jacobian products, as nodes.

None of these rules is trusted: what they make is proved before it is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from verify.exact.algebra import Algebra
from verify.exact.nodes import Node, below
from verify.exact.recording import UnwritableError

Sent = Iterator[tuple[Node, Node]]  # an operand, and what it is sent, of the shape of the result


class Way(NamedTuple):
    """How what has several forms is derived, of which one may be right where others are not.

    What goes through a maximum of entries counts, or not, as where it is only subtracted. An edge belongs to one side
    or the other: what is smooth across it may be written as parts that are not.
    """

    through_extremes: bool = False
    closed: bool = False


WAYS = (Way(), Way(through_extremes=True), Way(closed=True))


def gradients(nodes: Algebra, outputs: list[tuple[Node, Node]], inputs: list[Node], way: Way) -> list[Node]:
    """Return the gradients of inputs, for outputs with their upstreams, of the full shape of each input."""
    order = list(below(tuple(output for output, _ in outputs)))
    active = {id(node) for node in inputs}
    for node in order:
        if node.op != "call" and any(id(arg) in active for arg in node.args):
            active.add(id(node))
    adjoints: dict[int, Node] = {}

    def send(node: Node, value: Node) -> None:
        if id(node) in active and not value.is_(0):
            before = adjoints.get(id(node))
            adjoints[id(node)] = value if before is None else nodes.made("add", before, value)

    for output, upstream in outputs:
        send(output, upstream)
    ends = {id(node) for node in inputs}
    for node in reversed(order):
        if id(node) in adjoints and id(node) not in ends:
            for operand, value in passed_back(nodes, node, adjoints[id(node)], way):
                send(operand, value)
    return [_whole(nodes, adjoints.get(id(node)), node) for node in inputs]


def _whole(nodes: Algebra, adjoint: Node | None, node: Node) -> Node:
    """Return an adjoint with all entries of an input."""
    if adjoint is None:
        return nodes.call("np.zeros_like({0})", [node], node.shape)
    if adjoint.shape == node.shape:
        return adjoint
    return nodes.made("mul", adjoint, nodes.call("np.ones_like({0})", [node], node.shape))


def passed_back(nodes: Algebra, node: Node, d: Node, way: Way) -> Sent:
    """Yield what an operation passes back."""
    if (logit := _of_sigmoid(node)) is not None:
        yield logit, nodes.product(d, node, nodes.made("sub", nodes.number(1), node))
    elif node.op in _MOVING:
        yield from _MOVING[node.op](nodes, node, d)
    elif node.op in ("max", "min"):
        if way.through_extremes:
            yield from _extreme(nodes, node, d)
    elif way.closed and node.op in _CLOSED:
        for operand, slope in zip(node.args, _CLOSED[node.op], strict=True):
            yield operand, nodes.fitted(slope(nodes, node, d), node.shape, operand.shape)
    elif node.op in _SLOPES:
        for operand, slope in zip(node.args, _SLOPES[node.op], strict=True):
            yield operand, nodes.fitted(slope(nodes, node, d), node.shape, operand.shape)
    else:
        raise UnwritableError(f"no rule is known for {node.op}")


def _of_sigmoid(node: Node) -> Node | None:
    """Return x of 1 / (1 + exp(-x))."""
    if node.op == "div" and node.args[0].is_(1) and node.args[1].op == "add":
        for unit, power in (node.args[1].args, node.args[1].args[::-1]):
            if unit.is_(1) and power.op == "exp" and power.args[0].op == "neg":
                return power.args[0].args[0]
    return None


def _with_axes(nodes: Algebra, node: Node, value: Node) -> Node:
    """Return what goes with a reduction, with the axes that it has dropped."""
    axes, keep = node.details
    return value if keep else nodes.expanded(value, axes, loose=True)


def _sum(nodes: Algebra, node: Node, d: Node) -> Sent:
    yield node.args[0], _with_axes(nodes, node, _ranked(nodes, d, node))


def _ranked(nodes: Algebra, d: Node, node: Node) -> Node:
    """Return an adjoint with as many axes as its node, unless it is a number."""
    missing = len(node.shape) - len(d.shape)
    return nodes.expanded(d, tuple(range(missing))) if d.shape and missing else d


def _mean(nodes: Algebra, node: Node, d: Node) -> Sent:
    operand = node.args[0]
    count = nodes.product(nodes.number(1), *(nodes.extent(operand, axis) for axis in node.details[0]))
    yield node.args[0], nodes.made("div", _with_axes(nodes, node, _ranked(nodes, d, node)), count)


def _extreme(nodes: Algebra, node: Node, d: Node) -> Sent:
    operand = node.args[0]
    equal = nodes.made("equal", operand, _with_axes(nodes, node, node))
    number = nodes.reduced("sum", equal, node.details[0], keep=True)  # of entries that are the largest at once
    share = nodes.made("div", _with_axes(nodes, node, _ranked(nodes, d, node)), number)
    yield operand, nodes.made("where", equal, share, nodes.number(0))


def _expand(nodes: Algebra, node: Node, d: Node) -> Sent:
    d = _ranked(nodes, d, node)
    yield node.args[0], nodes.dropped(d, node.details[0], len(node.shape)) if d.shape else d


def _transpose(nodes: Algebra, node: Node, d: Node) -> Sent:
    order = node.details[0]
    back = tuple(order.index(axis) for axis in range(len(order)))
    yield node.args[0], nodes.transposed(_ranked(nodes, d, node), back) if d.shape else d


def _reshape(nodes: Algebra, node: Node, d: Node) -> Sent:
    operand = node.args[0]
    yield operand, nodes.reshaped(nodes.full(d, node.shape), operand.shape) if d.shape else d


def _broadcast(nodes: Algebra, node: Node, d: Node) -> Sent:
    yield node.args[0], nodes.fitted(d, node.shape, node.args[0].shape)


def _matmul(nodes: Algebra, node: Node, d: Node) -> Sent:
    left, right = node.args
    d = nodes.full(d, node.shape)
    to_left, to_right = nodes.matmul(d, nodes.swapped(right)), nodes.matmul(nodes.swapped(left), d)
    if right.shape[-1] == 1 and len(right.shape) == 2:  # a column: its product with a row is one of entries
        to_left = nodes.made("mul", d, nodes.swapped(right))
    yield left, nodes.fitted(to_left, to_left.shape, left.shape)
    yield right, nodes.fitted(to_right, to_right.shape, right.shape)


def _applied(nodes: Algebra, node: Node, d: Node) -> Sent:
    matrix, vector = node.args
    d = nodes.full(d, node.shape)
    yield matrix, nodes.made("mul", nodes.expanded(d, (1,)), vector)
    yield vector, nodes.applied(nodes.swapped(matrix), d)


def _getitem(nodes: Algebra, node: Node, d: Node) -> Sent:
    operand, *indices = node.args
    yield operand, nodes.scattered([(*node.details, (d, *indices))], operand.shape)


def _setitem(nodes: Algebra, node: Node, d: Node) -> Sent:
    before, written, *indices = node.args
    template, basic, shape = node.details
    d = nodes.full(d, node.shape)
    yield before, nodes.node("setitem", (d, nodes.number(0), *indices), node.details, node.shape)
    taken = nodes.node("getitem", (d, *indices), (template, basic), shape)
    yield written, nodes.fitted(taken, shape, written.shape)


def _concatenate(nodes: Algebra, node: Node, d: Node) -> Sent:
    axis, start = node.details[0], 0
    d = nodes.full(d, node.shape)
    for operand in node.args:
        stop = start + operand.shape[axis]
        lengths = [nodes.length(n) if n else None for n in (start, stop if stop < node.shape[axis] else 0)]
        single = stop == start + 1 and all(part.shape[axis] == 1 for part in node.args)
        places = [nodes.number(start)] if single else [n for n in lengths if n is not None]
        texts = iter(f"{{{number}}}" for number in range(len(places)))
        index = next(texts) if single else ":".join(next(texts) if n is not None else "" for n in lengths)
        template = ", ".join([":"] * axis + [index])
        shape = operand.shape[:axis] + operand.shape[axis + 1 :] if single else operand.shape
        taken = nodes.node("getitem", (d, *places), (template, True), shape)
        yield operand, nodes.expanded(taken, (axis,)) if single else taken
        start = stop


def _pad(nodes: Algebra, node: Node, d: Node) -> Sent:
    operand, *widths = node.args
    d, texts = nodes.full(d, node.shape), list[str]()
    places: list[Node] = []
    for before, length in zip(widths[::2], operand.shape, strict=True):
        first, size = len(places), nodes.length(length)
        if before.is_(0):
            texts.append(f":{{{first}}}")
            places.append(size)
        else:
            texts.append(f"{{{first}}}:{{{first}}} + {{{first + 1}}}")
            places += [before, size]
    yield operand, nodes.node("getitem", (d, *places), (", ".join(texts), True), operand.shape)


_MOVING: dict[str, Callable[[Algebra, Node, Node], Sent]] = {
    "sum": _sum,
    "mean": _mean,
    "expand": _expand,
    "transpose": _transpose,
    "reshape": _reshape,
    "broadcast": _broadcast,
    "matmul": _matmul,
    "pad": _pad,
    "applied": _applied,
    "concatenate": _concatenate,
    "getitem": _getitem,
    "setitem": _setitem,
}
Slope = Callable[[Algebra, Node, Node], Node]  # of the operation, and what arrives there


def _chosen(relation: str, *, first: bool) -> Slope:
    """Return what goes to the first or second operand where a relation holds between them, or does not."""

    def slope(n: Algebra, node: Node, d: Node) -> Node:
        zero, condition = n.number(0), n.made(relation, *node.args)
        return n.made("where", condition, *((d, zero) if first else (zero, d)))

    return slope


def _by_sign(n: Algebra, node: Node, d: Node) -> Node:
    condition = n.made("greater_equal", node.args[0], n.number(0))
    return n.made("where", condition, d, n.made("neg", d))


def _power_slope(n: Algebra, node: Node, d: Node) -> Node:
    base, exponent = node.args
    below_it = n.made("power", base, n.made("sub", exponent, n.number(1)))
    return n.product(d, exponent, below_it)


def _square(n: Algebra, x: Node) -> Node:
    return n.made("power", x, n.number(2))


def _over(make: Callable[[Algebra, Node, Node], Node]) -> tuple[Slope]:
    """Return the slope of a function: what arrives over something of its operand and result."""
    return (lambda n, node, d: n.made("div", d, make(n, node.args[0], node)),)


def _by(make: Callable[[Algebra, Node, Node], Node]) -> tuple[Slope]:
    """Return the slope of a function: what arrives times something of its operand and result."""
    return (lambda n, node, d: n.made("mul", d, make(n, node.args[0], node)),)


def _one_plus(n: Algebra, x: Node) -> Node:
    return n.made("add", n.number(1), x)


def _one_minus(n: Algebra, x: Node) -> Node:
    return n.made("sub", n.number(1), x)


_SLOPES: dict[str, tuple[Slope, ...]] = {
    "add": (lambda n, node, d: d,) * 2,
    "sub": (lambda n, node, d: d, lambda n, node, d: n.made("neg", d)),
    "mul": (lambda n, node, d: n.made("mul", d, node.args[1]), lambda n, node, d: n.made("mul", d, node.args[0])),
    "div": (
        lambda n, node, d: n.made("div", d, node.args[1]),
        lambda n, node, d: n.made("neg", n.made("div", n.made("mul", d, node), node.args[1])),
    ),
    "neg": (lambda n, node, d: n.made("neg", d),),
    "power": (_power_slope, lambda n, node, d: n.product(d, node, n.made("log", node.args[0]))),
    "where": (
        lambda n, node, d: n.number(0),
        lambda n, node, d: n.made("where", node.args[0], d, n.number(0)),
        lambda n, node, d: n.made("where", node.args[0], n.number(0), d),
    ),
    "maximum": (_chosen("greater", first=True), _chosen("greater", first=False)),
    "minimum": (_chosen("less", first=True), _chosen("less", first=False)),
    "abs": _by(lambda n, x, y: n.made("sign", x)),
    "sign": (lambda n, node, d: n.number(0),),
    "exp": _by(lambda n, x, y: y),
    "expm1": _by(lambda n, x, y: _one_plus(n, y)),
    "exp2": _by(lambda n, x, y: n.made("mul", y, n.size("np.log(2)", 0.5))),
    "log": _over(lambda n, x, y: x),
    "log1p": _over(lambda n, x, y: _one_plus(n, x)),
    "log2": _over(lambda n, x, y: n.made("mul", x, n.size("np.log(2)", 0.5))),
    "log10": _over(lambda n, x, y: n.made("mul", x, n.size("np.log(10)", 0.5))),
    "sqrt": _over(lambda n, x, y: n.made("mul", n.number(2), y)),
    "cbrt": _over(lambda n, x, y: n.made("mul", n.number(3), _square(n, y))),
    "sin": _by(lambda n, x, y: n.made("cos", x)),
    "cos": _by(lambda n, x, y: n.made("neg", n.made("sin", x))),
    "tan": _by(lambda n, x, y: _one_plus(n, _square(n, y))),
    "tanh": _by(lambda n, x, y: _one_minus(n, _square(n, y))),
    "sinh": _by(lambda n, x, y: n.made("cosh", x)),
    "cosh": _by(lambda n, x, y: n.made("sinh", x)),
    "arcsin": _over(lambda n, x, y: n.made("sqrt", _one_minus(n, _square(n, x)))),
    "arccos": (
        lambda n, node, d: n.made("neg", n.made("div", d, n.made("sqrt", _one_minus(n, _square(n, node.args[0]))))),
    ),
    "arctan": _over(lambda n, x, y: _one_plus(n, _square(n, x))),
    "arcsinh": _over(lambda n, x, y: n.made("sqrt", _one_plus(n, _square(n, x)))),
    "arccosh": _over(lambda n, x, y: n.made("sqrt", n.made("sub", _square(n, x), n.number(1)))),
    "arctanh": _over(lambda n, x, y: _one_minus(n, _square(n, x))),
    "expit": _by(lambda n, x, y: n.made("mul", y, _one_minus(n, y))),
    "erf": _by(
        lambda n, x, y: n.product(n.size("2 / np.sqrt(np.pi)", 1.0), n.made("exp", n.made("neg", _square(n, x))))
    ),
    "logaddexp": (
        lambda n, node, d: n.made("mul", d, n.made("exp", n.made("sub", node.args[0], node))),
        lambda n, node, d: n.made("mul", d, n.made("exp", n.made("sub", node.args[1], node))),
    ),
    "hypot": (
        lambda n, node, d: n.made("div", n.made("mul", d, node.args[0]), node),
        lambda n, node, d: n.made("div", n.made("mul", d, node.args[1]), node),
    ),
}
_CLOSED: dict[str, tuple[Slope, ...]] = {
    "maximum": (_chosen("greater_equal", first=True), _chosen("greater_equal", first=False)),
    "minimum": (_chosen("less_equal", first=True), _chosen("less_equal", first=False)),
    "abs": (_by_sign,),
}
