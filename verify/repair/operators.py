"""The edits that mend a backward pass, the smallest and most common first: the mistakes of `mutation`, turned round.

An operator is written as in `verify.mutation.operators`. What it makes of a line is a guess, and the prover judges it,
so that no edit needs a reason here: the table decides only what is tried, and in which order.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from copy import deepcopy
from itertools import combinations

from verify.mutation import patterns
from verify.mutation.operators import Operator
from verify.mutation.scopes import Scope
from verify.repair import omitted
from verify.repair.lacking import Lacking
from verify.repair.places import entry_beside, moved_in_steps, other_count, stepped
from verify.repair.quantities import (
    code_constants,
    is_quantity,
    is_term,
    orders,
    quantities,
    sizes,
    stretched,
)
from verify.repair.reductions import other_axis, reduced

_Texts = Callable[[Scope], list[str]]

_WITH_ORDER = ("reshape", "ravel", "flatten")  # methods whose result depends on the order of the axes


def _term(node: ast.AST, scope: Scope) -> bool:
    return is_term(node, scope)


def _array(node: ast.AST, scope: Scope) -> bool:
    shape = scope.shapes.get(ast.unparse(node))
    return is_quantity(node, scope) and (shape is None or len(shape) > 1)


def _transposable(node: ast.AST, scope: Scope) -> bool:
    """Tell whether a node is an array to transpose: not where it is summed, over an axis that may be another."""
    above = scope.parents.get(node)
    is_summed = isinstance(above, ast.Attribute) and above.attr in ("sum", "mean")
    return _array(node, scope) and not is_summed and not _is_argument_of_sum(node, above)


def _is_argument_of_sum(node: ast.AST, above: ast.AST | None) -> bool:
    """Tell whether a node is what `np.sum` or `np.mean` is called with."""
    if not isinstance(above, ast.Call) or not isinstance(above.func, ast.Attribute):
        return False
    return node in above.args and above.func.attr in ("sum", "mean")


def _other_order(node: ast.AST, scope: Scope) -> Iterator[str]:
    """Take the axes of an array in an order that the file writes, or back."""
    above = scope.parents.get(node)
    if _array(node, scope) and (not isinstance(above, ast.Attribute) or above.attr in _WITH_ORDER):
        name = ast.unparse(node)
        yield from (f"{name}.{call}" for call in orders(scope, len(scope.shapes.get(name, ()))))


def _is_cached(node: ast.AST, scope: Scope) -> bool:
    return any(value is node for _, value, _ in scope.cached) and not isinstance(node, ast.Constant)


def _with(texts: _Texts, *templates: str) -> Callable[[ast.AST, Scope], Iterator[str]]:
    """Return what combines a term with each of some texts, as templates of a term `a` and a text `q` say."""
    plain = [template for template in templates if not patterns.uses_numpy(template)]

    def rewrites(node: ast.AST, scope: Scope) -> Iterator[str]:
        if not is_term(node, scope):
            return
        for template in templates if scope.numpy else plain:
            for text in texts(scope):
                if text != ast.unparse(node):
                    factor = ast.parse(text, mode="eval").body
                    yield patterns.filled(template, {"a": node, "q": factor}, scope.numpy)

    return rewrites


def _numbers(scope: Scope) -> list[str]:
    return list(dict.fromkeys(["2", *code_constants(scope), "3", "4"]))


def _other_quantity(node: ast.AST, scope: Scope) -> Iterator[str]:
    """Take another quantity of the same shape."""
    if not is_quantity(node, scope):
        return
    name = ast.unparse(node)
    for other in quantities(scope):
        shapes = scope.shapes.get(name), scope.shapes.get(other)
        if other != name and (None in shapes or shapes[0] == shapes[1]):
            yield other


def _quantity_for_expression(node: ast.AST, scope: Scope) -> Iterator[str]:
    """Take a quantity for what a call or an index makes: nothing tells its shape, so that each is tried."""
    if isinstance(node, (ast.Call, ast.Subscript)) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        yield from (name for name in quantities(scope) if name != ast.unparse(node))


def _other_number(node: ast.AST, scope: Scope) -> Iterator[str]:
    """Take another constant: one of the code, or one beside this one."""
    if not isinstance(node, ast.Constant) or isinstance(node.value, bool) or not isinstance(node.value, (int, float)):
        return
    value = node.value
    beside = [-value, value + 1, value - 1, 2 * value, value / 2, *([1 / value] if value else [])]
    yield from dict.fromkeys([*map(repr, beside), *code_constants(scope), *sorted(scope.settings)])


def _sign(node: ast.AST, scope: Scope) -> Iterator[str]:
    """Take the sign of a quantity for a slope of 1, which is that of an absolute value on one side only."""
    value = node.value if isinstance(node, ast.Constant) and not isinstance(node.value, bool) else None
    if scope.numpy and value in (1, -1):
        yield from (f"{scope.numpy}.sign({name})" for name in quantities(scope))


def _without_call(node: ast.AST, scope: Scope) -> Iterator[str]:
    """Leave out a call: `f(a)` and `a.f()` become `a`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        owner = ast.unparse(node.func.value)
        if owner != scope.numpy:
            yield owner
    if isinstance(node, ast.Call) and node.args and not isinstance(node.args[0], ast.Starred):
        yield ast.unparse(node.args[0])


def _swapped(node: ast.AST, scope: Scope) -> Iterator[str]:
    """Return the gradients in another order: any two of them change places."""
    if isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load) and {*node.elts} & scope.gradients:
        yield from map(", ".join, _orders_of(node.elts))


def _swapped_parts(node: ast.AST, scope: Scope) -> Iterator[str]:
    """Hand parts to a function in another order, as to `np.concatenate`."""
    above = scope.parents.get(node)
    if isinstance(node, (ast.List, ast.Tuple)) and isinstance(above, ast.Call) and node in above.args:
        brackets = "[{}]" if isinstance(node, ast.List) else "({})"
        yield from (brackets.format(", ".join(order)) for order in _orders_of(node.elts))


def _orders_of(parts: list[ast.expr]) -> Iterator[list[str]]:
    """Return the sources of some expressions in other orders: any two change places."""
    for first, second in combinations(range(len(parts)), 2):
        order = [ast.unparse(part) for part in parts]
        order[first], order[second] = order[second], order[first]
        yield order


def _gradient(node: ast.AST, scope: Scope) -> bool:
    return node in scope.gradients


def _copied_upstream(node: ast.AST, scope: Scope) -> Iterator[str]:
    """Take a copy of the upstream before anything is written into it."""
    body = [part for part in scope.function.body if not _is_text(part)]
    if scope.upstream and body and node is body[0] and isinstance(node, (ast.Assign, ast.AugAssign, ast.Expr)):
        for name in sorted(scope.upstream):
            yield f"{name} = {name}.copy(); {ast.unparse(node)}"


def _new_with_other_number(node: ast.AST, scope: Scope) -> Iterator[str]:
    """Make a new array of the upstream, where it is multiplied in place, with another number in what it is times."""
    if not isinstance(node, ast.AugAssign) or not isinstance(node.op, (ast.Mult, ast.Div)):
        return
    if (name := ast.unparse(node.target)) not in scope.upstream:
        return
    sign = "*" if isinstance(node.op, ast.Mult) else "/"
    for place, part in enumerate(ast.walk(node.value)):
        for text in _other_number(part, scope):
            value = _with_part(node.value, place, text)
            yield ast.unparse(ast.parse(f"{name} = {name} {sign} ({ast.unparse(value)})"))


def _with_part(value: ast.expr, place: int, text: str) -> ast.expr:
    """Return an expression with a text in the place of the part that `ast.walk` comes to at this place."""
    copied = ast.Expr(deepcopy(value))
    wanted = [*ast.walk(copied.value)][place]
    for above in ast.walk(copied):
        for field, child in ast.iter_fields(above):
            if child is wanted:
                setattr(above, field, ast.parse(text, mode="eval").body)
            elif isinstance(child, list):
                child[:] = [ast.parse(text, mode="eval").body if item is wanted else item for item in child]
    return copied.value


def _is_text(node: ast.AST) -> bool:
    """Tell whether a statement is a docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _factor(node: ast.AST, scope: Scope) -> bool:
    above = scope.parents.get(node)
    return isinstance(above, ast.BinOp) and isinstance(above.op, ast.Mult) and not isinstance(node, ast.Constant)


def _other_function(node: ast.AST, scope: Scope) -> Iterator[str]:
    """Call another function of NumPy, or another method, with the same arguments."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        for name in _FUNCTIONS.get(node.func.attr, ()):
            function = ast.Attribute(node.func.value, name, ast.Load())
            yield ast.unparse(ast.Call(function, node.args, node.keywords))


_FUNCTIONS = {
    "sin": ("cos",),
    "cos": ("sin",),
    "sinh": ("cosh",),
    "cosh": ("sinh",),
    "exp": ("log",),
    "log": ("exp",),
    "tan": ("tanh",),
    "maximum": ("minimum",),
    "minimum": ("maximum",),
    "max": ("min",),
    "min": ("max",),
    "argmax": ("argmin",),
    "argmin": ("argmax",),
}
_LOCAL = ("a * (1 - q)", "a * q * (1 - q)", "a * (1 - q ** 2)", "a * (1 + q)", "a * q ** 2", "a / q ** 2")
_LOCAL_NUMPY = ("a * np.exp(q)", "a * np.exp(-q)", "a * np.sin(q)", "a * np.cos(q)", "a / np.sqrt(q)", "a * (q > 0)")

_SMALL: tuple[Operator, ...] = (
    Operator("M4", "run what is left out", rewrites=omitted.calls),
    Operator("M4", "add what is not used", rewrites=omitted.variables),
    Operator("M8", "change the sign", "a - b", "a + b"),
    Operator("M8", "change the sign", "a + b", "a - b"),
    Operator("M8", "change the sign", "-a", "a"),
    Operator("M8", "change the sign", "a", "-a", {"a": _term}),
    Operator("M8", "transpose", "a.T", "a"),
    Operator("M8", "transpose", "a", "a.T", {"a": _transposable}),
    Operator("M8", "transpose", rewrites=_other_order),
    Operator("M5", "add up", "a = b", "a += b"),
    Operator("M5", "add up", "a = -b", "a -= b"),
    Operator("M5", "assign", "a += b", "a = b"),
    Operator("M5", "change the sign", "a += b", "a -= b"),
    Operator("M5", "change the sign", "a -= b", "a += b"),
    Operator("M5", "add up at an index that occurs twice", "a[i] += b", "np.add.at(a, i, b)"),
    Operator("M5", "add up at an index that occurs twice", "a[i] = b", "np.add.at(a, i, b)"),
    Operator("M5", "add up all", "list(a)[-1]", "sum(a)"),
    Operator("M5", "write into the array that there is", "a = b", "a[...] = b"),
    Operator("M8", "swap the operands", "a - b", "b - a"),
    Operator("M8", "swap the operands", "a / b", "b / a"),
    Operator("M8", "swap the operands", "a @ b", "b @ a"),
    Operator("M8", "swap the operands", "np.dot(a, b)", "np.dot(b, a)"),
    Operator("M8", "swap the operands", "a.dot(b)", "b.dot(a)"),
    Operator("M8", "swap the operands", "np.where(a, b, c)", "np.where(a, c, b)"),
    Operator("M8", "swap the results", rewrites=_swapped),
    Operator("M8", "swap the parts", rewrites=_swapped_parts),
    Operator("M2", "drop a factor", "a * b", "a"),
    Operator("M2", "drop a factor", "a * b", "b"),
    Operator("M2", "drop a division", "a / b", "a"),
    Operator("M2", "drop a factor", "a *= b", "pass"),
    Operator("M2", "drop a division", "a /= b", "pass"),
    Operator("M2", "divide", "a * b", "a / b"),
    Operator("M2", "multiply", "a / b", "a * b"),
    Operator("M8", "multiply instead of adding", "a + b", "a * b"),
    Operator("M8", "add instead of multiplying", "a * b", "a + b"),
    Operator("M4", "drop a term", "a + b", "a"),
    Operator("M4", "drop a term", "a + b", "b"),
    Operator("M4", "drop a term", "a - b", "a"),
    Operator("M4", "drop a term", "a - b", "-b"),
    Operator("M4", "add 1", "-a", "1 - a"),
    Operator("M4", "take away from 1", "a", "1 - a", {"a": _factor}),
    Operator("M4", "add 1", "a", "1 + a", {"a": _factor}),
    Operator("M7", "drop a power", "a ** b", "a"),
    Operator("M7", "drop a function", rewrites=_without_call),
    Operator("M7", "drop an index", "a[i]", "a"),
    Operator("M8", "take another quantity", rewrites=_other_quantity),
    Operator("M8", "take another function", rewrites=_other_function),
    Operator("M3", "change the reduction or its axis", rewrites=other_axis),
    Operator("M9", "take the entry beside", rewrites=entry_beside, sizes=True),
    Operator("M9", "move in steps", rewrites=moved_in_steps, sizes=True),
    Operator("M10", "take the other side at a tie", "a < b", "a <= b"),
    Operator("M10", "take the other side at a tie", "a <= b", "a < b"),
    Operator("M10", "take the other side at a tie", "a > b", "a >= b"),
    Operator("M10", "take the other side at a tie", "a >= b", "a > b"),
    Operator("M11", "negate a condition", "a > b", "a < b"),
    Operator("M11", "negate a condition", "a < b", "a > b"),
    Operator("M11", "negate a condition", "~a", "a"),
)
_LARGE: tuple[Operator, ...] = (
    # Where a case fixes its sizes, one may equal a constant: means are over sizes, and factors of slopes are constants.
    # A number that is there is changed before another one is multiplied by: 0.5 for 0.25, and not 0.25 * 2.
    Operator("M2", "multiply by a quantity", rewrites=_with(sizes, "a / q")),
    Operator("M8", "take another constant", rewrites=_other_number),
    Operator("M2", "multiply by a quantity", rewrites=_with(_numbers, "a * q")),
    Operator("M2", "multiply by a quantity", rewrites=_with(sizes, "a * q")),
    Operator("M2", "multiply by a quantity", rewrites=_with(_numbers, "a / q")),
    Operator("M11", "take the sign of a quantity", rewrites=_sign),
    Operator("M8", "turn the sign of a factor alone", "a * b", "-a"),
    Operator("M8", "turn the sign of a factor alone", "a * b", "-b"),
    Operator("M8", "replace an expression by a quantity", rewrites=_quantity_for_expression),
    Operator("M3", "reduce", rewrites=reduced),
    Operator("M1", "multiply by a quantity", rewrites=_with(quantities, "a * q", "a / q")),
    Operator("M11", "multiply by a broadcast quantity", rewrites=_with(stretched, "a * q")),
    Operator("M4", "add a term", rewrites=_with(quantities, "a + q", "a - q")),
    Operator("M7", "multiply by a local derivative", rewrites=_with(quantities, *_LOCAL)),
    Operator("M7", "multiply by a local derivative", rewrites=_with(quantities, *_LOCAL_NUMPY)),
    Operator("M10", "take a stable form", "np.exp(a) - 1", "np.expm1(a)", sees="floats"),
    Operator("M10", "take a stable form", "np.log(1 + a)", "np.log1p(a)", sees="floats"),
    Operator("M6", "make a new array", "a *= b", "a = a * b", sees="state"),
    Operator("M6", "make a new array", "a /= b", "a = a / b", sees="state"),
    Operator("M6", "make a new array", rewrites=_new_with_other_number),
    Operator("M6", "copy the upstream", rewrites=_copied_upstream, sees="state"),
    Operator("M9", "count the last one", "a // b", "a // b + 1", sizes=True),
    Operator("M9", "go on to the last one", "range(a - 1)", "range(a)", sizes=True),
    Operator("M9", "take another size or place", rewrites=other_count, sizes=True),
    Operator("M9", "take steps", rewrites=stepped, sizes=True),
)


def repairs(lacking: Lacking) -> tuple[Operator, ...]:
    """Return the operators for a case; what its gradients are `lacking` is added where that is no smaller edit."""
    sums = Operator("M4", "add a term that is missing", rewrites=lacking.sums)
    plain = Operator("M4", "add a term that is missing", rewrites=lacking.plain)
    wholes = Operator("M4", "write the exact gradient", rewrites=lacking.wholes)
    return (*_SMALL, sums, *_LARGE, plain, wholes)


def further(lacking: Lacking) -> tuple[Operator, ...]:
    """Return the operators that are tried where no other edit helps, as it takes long to find out what they make."""
    return (Operator("M4", "write the terms that are missing", rewrites=lacking.pairs),)


# What a forward pass keeps for the backward pass.
KEEPS: tuple[Operator, ...] = (
    Operator("M6", "keep what this call computes", "getattr(a, b, c)", "c", sees="state"),
    Operator("M6", "keep a copy", "a", "a.copy()", {"a": _is_cached}, sees="state"),
)
