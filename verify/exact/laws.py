"""The laws that are applied where an operation on entries is made: a table of functions, the first that answers holds.

Each returns a node that is the same, or None where it does not apply. Numbers come first in products, signs and
divisors last, so that laws need to look for them in one place only.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from verify.exact.nodes import Node

if TYPE_CHECKING:
    from verify.exact.algebra import Algebra

Law = Callable[..., "Node | None"]
_HALF = 0.5


def _folding(compute: Callable[[Any, Any], Any]) -> Law:
    """Return the law that an operation on two numbers is a number."""

    def law(nodes: Algebra, a: Node, b: Node) -> Node | None:
        if not (a.is_number and b.is_number):
            return None
        value = compute(a.details[0], b.details[0])
        return nodes.number(value) if math.isfinite(value) else None

    return law


def _plus_nothing(nodes: Algebra, a: Node, b: Node) -> Node | None:
    return b if a.is_(0) else a if b.is_(0) else None


def _plus_negative(nodes: Algebra, a: Node, b: Node) -> Node | None:
    if b.op == "neg":
        return nodes.made("sub", a, b.args[0])
    return nodes.made("sub", b, a.args[0]) if a.op == "neg" else None


def _twice(nodes: Algebra, a: Node, b: Node) -> Node | None:
    return nodes.made("mul", nodes.number(2), a) if a is b else None


def _scattered(nodes: Algebra, a: Node, b: Node) -> Node | None:
    """Add to the same zeros; what is computed otherwise stands in front."""
    if a.op == "scatter" and b.op == "scatter" and a.shape == b.shape:
        return nodes.together(a, b)
    if a.op == "scatter":
        return nodes.made("add", b, a)
    if b.op == "scatter" and a.op == "add" and a.args[1].op == "scatter" and a.args[1].shape == b.shape:
        return nodes.made("add", a.args[0], nodes.together(a.args[1], b))
    return None


def _minus_nothing(nodes: Algebra, a: Node, b: Node) -> Node | None:
    return a if b.is_(0) else nodes.made("neg", b) if a.is_(0) else None


def _minus_negative(nodes: Algebra, a: Node, b: Node) -> Node | None:
    if b.op == "neg":
        return nodes.made("add", a, b.args[0])
    return nodes.made("neg", nodes.made("add", a.args[0], b)) if a.op == "neg" else None


def _with_common(op: str) -> Law:
    """Return the law that what two terms are multiplied with, or divided by, stands behind their sum."""

    def law(nodes: Algebra, a: Node, b: Node) -> Node | None:
        if a.op == b.op and a.op in ("mul", "div") and a.args[1] is b.args[1] and a.shape and b.shape:
            return nodes.made(a.op, nodes.made(op, a.args[0], b.args[0]), a.args[1])
        return None

    return law


def _times_nothing(nodes: Algebra, a: Node, b: Node) -> Node | None:
    return nodes.number(0) if a.is_(0) or b.is_(0) else None


def _times_one(nodes: Algebra, a: Node, b: Node) -> Node | None:
    return b if a.is_(1) else a if b.is_(1) else None


def _number_first(nodes: Algebra, a: Node, b: Node) -> Node | None:
    if b.is_number:
        return nodes.made("mul", b, a)
    if b.op == "mul" and b.args[0].is_number:
        return nodes.made("mul", b.args[0], nodes.made("mul", a, b.args[1]))
    return None


def _sign_outside(nodes: Algebra, a: Node, b: Node) -> Node | None:
    if a.is_(-1):
        return nodes.made("neg", b)
    if "neg" not in (a.op, b.op):
        return None
    product = nodes.made("mul", *(n.args[0] if n.op == "neg" else n for n in (a, b)))
    return product if a.op == b.op else nodes.made("neg", product)


def _number_inside(nodes: Algebra, a: Node, b: Node) -> Node | None:
    if not a.is_number:
        return None
    if b.op == "mul" and b.args[0].is_number:
        return nodes.made("mul", nodes.made("mul", a, b.args[0]), b.args[1])
    if b.op == "div" and b not in nodes.forward:
        return nodes.made("div", nodes.made("mul", a, b.args[0]), b.args[1])
    return None


def _over(nodes: Algebra, a: Node, b: Node) -> Node | None:
    """Divide, where something is multiplied with an inverse that the code has no name for."""
    if b.op == "div" and b.args[0].is_(1) and b not in nodes.forward:
        return nodes.made("div", a, b.args[1])
    return None


def _as_the_code_has_it(nodes: Algebra, a: Node, b: Node) -> Node | None:
    """Take the quotient that forward has computed: p for e / s in (d / s) * e."""
    for quotient, factor in ((a, b), (b, a)):
        if quotient.op == "div" and quotient not in nodes.forward:
            above, divisor = quotient.args
            shape = np.broadcast_shapes(factor.shape, divisor.shape)
            existing = nodes.existing("div", (factor, divisor), shape)
            if existing is not None and existing in nodes.forward:
                return nodes.made("mul", above, existing)
            if divisor is factor and above.shape == quotient.shape:
                return above
    return None


def _of_nothing(nodes: Algebra, a: Node, b: Node) -> Node | None:
    return a if a.is_(0) or b.is_(1) else None


def _sign_before(nodes: Algebra, a: Node, b: Node) -> Node | None:
    if a.op == "neg":
        return nodes.made("neg", nodes.made("div", a.args[0], b))
    return nodes.made("neg", nodes.made("div", a, b.args[0])) if b.op == "neg" else None


def _over_half(nodes: Algebra, a: Node, b: Node) -> Node | None:
    return nodes.made("mul", nodes.number(2), a) if b.is_(_HALF) else None


def _cancelled(nodes: Algebra, a: Node, b: Node) -> Node | None:
    """Leave out whole factors that are in both parts; a divisor that comes twice is squared."""
    (above, dividend), (below, divisor) = _factored(nodes, a), _factored(nodes, b)
    if below != 1 and above % below == 0:
        return nodes.made("div", nodes.made("mul", nodes.number(above // below), dividend), divisor)
    if a.op == "div" and a.args[1] is divisor and a not in nodes.forward and divisor.op != "size":
        squared = nodes.made("power", divisor, nodes.number(2))
        return nodes.made("div", a.args[0], nodes.made("mul", nodes.number(below), squared))
    return None


def _factored(nodes: Algebra, a: Node) -> tuple[int, Node]:
    """Return a whole number and what it is a factor of."""
    if a.is_number and isinstance(a.details[0], int) and a.details[0]:
        return a.details[0], nodes.number(1)
    if a.op == "mul" and a.args[0].is_number and isinstance(a.args[0].details[0], int):
        return a.args[0].details[0], a.args[1]
    return 1, a


def _mean(nodes: Algebra, a: Node, b: Node) -> Node | None:
    """Return a sum over its number of terms as a mean."""
    if (
        a.op == "sum"
        and b.op in ("size", "extent")
        and math.prod(a.args[0].shape[axis] for axis in a.details[0]) == b.details[1]
    ):
        return nodes.reduced("mean", a.args[0], a.details[0], keep=a.details[1])
    return None


def _negative(nodes: Algebra, a: Node) -> Node | None:
    if a.is_number:
        return nodes.number(-a.details[0])
    if a.op == "neg":
        return a.args[0]
    return nodes.made("sub", *a.args[::-1]) if a.op == "sub" and a not in nodes.forward else None


def _simple_power(nodes: Algebra, a: Node, b: Node) -> Node | None:
    if b.is_(1):
        return a
    if b.is_(0):
        return nodes.number(1)
    return nodes.made("sqrt", a) if b.is_(_HALF) else None


def _root_squared(nodes: Algebra, a: Node, b: Node) -> Node | None:
    return a.args[0] if a.op == "sqrt" and b.is_(2) and not a.name else None


def _same_choices(nodes: Algebra, condition: Node, a: Node, b: Node) -> Node | None:
    return a if a is b else None


LAWS: dict[str, tuple[Law, ...]] = {
    "add": (_folding(operator.add), _plus_nothing, _plus_negative, _scattered, _twice, _with_common("add")),
    "sub": (_folding(operator.sub), _minus_nothing, _minus_negative, _with_common("sub")),
    "mul": (
        _folding(operator.mul),
        _times_nothing,
        _times_one,
        _number_inside,
        _number_first,
        _sign_outside,
        _over,
        _as_the_code_has_it,
    ),
    "div": (_of_nothing, _sign_before, _over_half, _cancelled, _mean),
    "neg": (_negative,),
    "power": (_simple_power, _root_squared),
    "where": (_same_choices,),
}
