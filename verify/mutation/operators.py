"""The mistakes that people make in backward passes, by the class that they belong to.

The classes are those of a survey of 125 mistakes in real code: the upstream (M1), scale (M2), reductions (M3), terms of
the Jacobian (M4), accumulation (M5), state (M6), the wrong local derivative (M7), formulas and copies of them (M8),
strides and borders (M9), edges and floats (M10), masks (M11). What several of them would make of a line in the same way
is counted under the first.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from verify.mutation import patterns
from verify.mutation.scopes import Scope, is_size

Sees = Literal["formula", "state", "floats", "options"]
Condition = Callable[[ast.AST, Scope], bool]


@dataclass(frozen=True, slots=True)
class Operator:
    """A mistake: what has the form of `before` becomes `after`, where what its letters stand for fits the `conditions`.

    `sizes` tells that it may be in a computation of sizes and places, where most do not belong, and `sees` what tells
    it from the original: of the formula all is proved, of anything else that it was tried. A mistake that no pattern
    can say has a function `rewrites` that returns the new sources of a node.
    """

    kind: str
    name: str
    before: str = ""
    after: str = ""
    conditions: Mapping[str, Condition] = field(default_factory=dict)
    sizes: bool = False
    sees: Sees = "formula"
    rewrites: Callable[[ast.AST, Scope], Iterator[str]] | None = None

    def of(self, node: ast.AST, scope: Scope) -> Iterator[str]:
        """Return what becomes of a node, as source: in most cases nothing."""
        if self.rewrites is not None:
            yield from self.rewrites(node, scope)
        elif scope.numpy or not patterns.uses_numpy(self.before, self.after):
            bound = patterns.matched(self.before, node, scope.numpy)
            if bound is not None and all(holds(bound[letter], scope) for letter, holds in self.conditions.items()):
                yield patterns.filled(self.after, bound, scope.numpy)


def _upstream(node: ast.AST, scope: Scope) -> bool:
    return isinstance(node, ast.Name) and node.id in scope.upstream


def _used_first(node: ast.AST, scope: Scope) -> bool:
    """Tell whether a node is the first use of the upstream in its function, but for its shape."""
    if not _upstream(node, scope) or not isinstance(getattr(node, "ctx", None), ast.Load):
        return False
    uses = [
        n
        for n in ast.walk(scope.function)
        if isinstance(n, ast.Name)
        and isinstance(node, ast.Name)
        and n.id == node.id
        and isinstance(n.ctx, ast.Load)
        and not is_size(scope.parents[n])
        and not scope.is_of_sizes(n)
    ]
    return bool(uses) and node is min(uses, key=lambda n: (n.lineno, n.col_offset))


def _array(node: ast.AST, scope: Scope) -> bool:
    return bool(scope.shapes.get(ast.unparse(node)))


def _gradient(node: ast.AST, scope: Scope) -> bool:
    return node in scope.gradients


def _scaled_by_batch(template: str) -> Callable[[ast.AST, Scope], Iterator[str]]:
    """Return what scales a gradient by the length of the upstream, where that is an array."""

    def rewrites(node: ast.AST, scope: Scope) -> Iterator[str]:
        arrays = [name for name in sorted(scope.upstream) if scope.shapes.get(name, ())]
        if arrays and _gradient(node, scope):
            yield patterns.filled(template, {"a": node, "u": ast.Name(arrays[0], ast.Load())}, scope.numpy)

    return rewrites


def _number(node: ast.AST, _: Scope) -> bool:
    return isinstance(node, ast.Constant) and node.value not in (0, 1)


def _setting(node: ast.AST, scope: Scope) -> bool:
    return ast.unparse(node) in scope.settings


def _mask(node: ast.AST, scope: Scope) -> bool:
    return isinstance(node, ast.Compare) or "mask" in ast.unparse(node)


def _factor(node: ast.AST, _: Scope) -> bool:
    return not isinstance(node, ast.Constant) and not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult))


def _guard(node: ast.AST, _: Scope) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, float) and 0 < node.value < 1e-2
    return re.search(r"(^|[._])eps", ast.unparse(node).lower()) is not None


def _stride(node: ast.AST, _: Scope) -> bool:
    return re.fullmatch(r"(\w+\.)?_?(stride|dilation)s?(_?[hwxy])?", ast.unparse(node)) is not None


def _padding(node: ast.AST, _: Scope) -> bool:
    return re.fullmatch(r"(\w+\.)?_?pad(ding)?(_?[hwxy])?", ast.unparse(node)) is not None


def _computed(node: ast.AST, _: Scope) -> bool:
    return not isinstance(node, ast.Constant)


def _size(node: ast.AST, scope: Scope) -> bool:
    """Tell whether a node is a number of something: its text says so, or that of what was assigned to it."""
    return is_size(node) or ast.unparse(node) in {"n", "N", "m", "batch_size", "num_train", "n_samples", "batch"}


def _no_size(node: ast.AST, scope: Scope) -> bool:
    return not _size(node, scope)


def _neighbour(node: ast.AST, scope: Scope) -> Iterator[str]:
    """Take the next of the variables of the same shape that were unpacked together, or kept together."""
    if not isinstance(node, (ast.Name, ast.Attribute)) or not isinstance(node.ctx, ast.Load):
        return
    name = ast.unparse(node)
    for group in _groups(scope):
        alike = [other for other in group if other != "_" and scope.shapes.get(other) == scope.shapes.get(name)]
        if name in alike and len(alike) > 1:
            yield alike[(alike.index(name) + 1) % len(alike)]
            return


def _groups(scope: Scope) -> Iterator[list[str]]:
    for node in ast.walk(scope.function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple) and scope.upstream:
            yield [ast.unparse(target) for target in node.targets[0].elts]
    read = {
        ast.unparse(node)
        for node in ast.walk(scope.function)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    }
    yield sorted(name for name in scope.shapes if name in read and name.startswith("self."))


def _other_activation(node: ast.AST, scope: Scope) -> Iterator[str]:
    """In what is kept of a forward pass, take the input for the output, and the output for the input."""
    if scope.upstream or not any(node is part or node is getattr(part, "value", None) for part in scope.parts):
        return
    returned = [n.value for n in ast.walk(scope.function) if isinstance(n, ast.Return)]
    outputs = [value.id for value in returned if isinstance(value, ast.Name)]
    inputs = [a.arg for a in scope.function.args.args if a.arg != "self"]
    used = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    pairs = [(a, b) for x in inputs for y in outputs for a, b in ((x, y), (y, x))]
    for old, new in pairs:
        if isinstance(node, ast.expr) and old in used and scope.shapes.get(old) == scope.shapes.get(new):
            yield patterns.renamed(node, old, new)


def _swapped(node: ast.AST, scope: Scope) -> Iterator[str]:
    """Return two gradients in the other order, or assign them to each other's attributes."""
    if isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load) and {*node.elts} & scope.gradients:
        for i in range(len(node.elts) - 1):
            order = [*node.elts]
            order[i], order[i + 1] = order[i + 1], order[i]
            yield ", ".join(map(ast.unparse, order))


def _no_step(node: ast.AST, _: Scope) -> Iterator[str]:
    if isinstance(node, ast.Slice) and node.step is not None and not isinstance(node.step, ast.UnaryOp):
        yield ast.unparse(ast.Slice(node.lower, node.upper, None))


def _first_call(node: ast.AST, scope: Scope) -> Iterator[str]:
    """Keep what the first call has kept; a number that comes from a size is the same in the next call."""
    for target, value, _ in scope.cached:
        counts = ast.unparse(target) in scope.numbers and not is_size(value)
        if value is node and isinstance(target, ast.Attribute) and counts:
            yield f"getattr({ast.unparse(target.value)}, {target.attr!r}, {ast.unparse(value)})"


_ANY_GRADIENT = {"a": _gradient}
_REDUCTIONS = ("sum", "mean")
_OTHER_AXIS = {"0": "1", "1": "0", "-1": "0", "-2": "-1"}
_OTHER_REDUCTION = {"sum": "mean", "mean": "sum"}

OPERATORS: tuple[Operator, ...] = (
    Operator("M1", "drop the upstream", "u * a", "a", {"u": _upstream}),
    Operator("M1", "drop the upstream", "a * u", "a", {"u": _upstream}),
    Operator("M1", "replace the upstream by ones", "u", "np.ones_like(u)", {"u": _used_first}),
    Operator("M1", "replace the upstream by its absolute value", "u", "abs(u)", {"u": _used_first}),
    Operator("M1", "square the upstream", "u", "u ** 2", {"u": _used_first}),
    Operator("M1", "clip the upstream", "u", "np.clip(u, -1, 1)", {"u": _used_first}),
    Operator(
        "M1",
        "use the first row of the upstream for all",
        "u",
        "u[:1]",
        {"u": lambda u, s: _used_first(u, s) and _array(u, s)},
    ),
    Operator("M2", "drop a constant factor", "a * b", "a", {"b": _number}),
    Operator("M2", "drop a constant factor", "a * b", "b", {"a": _number}),
    Operator("M2", "drop a division", "a / b", "a"),
    Operator("M2", "divide by the batch twice", "a / b", "a / b / b", {"b": _size}),
    Operator("M2", "twice as large", "a", "2 * a", _ANY_GRADIENT),
    Operator("M2", "half as large", "a", "a / 2", _ANY_GRADIENT),
    Operator("M2", "times the batch", rewrites=_scaled_by_batch("a * len(u)")),
    Operator("M2", "divided by the batch", rewrites=_scaled_by_batch("a / len(u)")),
    *(
        operator
        for f in _REDUCTIONS
        for operator in (
            Operator("M3", f"leave out the {f}", f"a.{f}(...)", "a"),
            Operator("M3", f"leave out the {f}", f"np.{f}(a, ...)", "a"),
            Operator("M3", f"{_OTHER_REDUCTION[f]} for {f}", f"a.{f}(...)", f"a.{_OTHER_REDUCTION[f]}(...)"),
            Operator("M3", f"{_OTHER_REDUCTION[f]} for {f}", f"np.{f}(a, ...)", f"np.{_OTHER_REDUCTION[f]}(a, ...)"),
            *(
                Operator("M3", "the wrong axis", f"{form}({first}..., axis={old})", f"{form}({first}..., axis={new})")
                for form, first in ((f"a.{f}", ""), (f"np.{f}", "a, "))
                for old, new in _OTHER_AXIS.items()
            ),
            *(
                Operator("M3", name, f"{form}({first}..., {old})", f"{form}({first}...{new})")
                for form, first in ((f"a.{f}", ""), (f"np.{f}", "a, "))
                for name, old, new in (
                    ("over all axes", "axis=k", ""),
                    ("without keepdims", "keepdims=True", ""),
                )
            ),
        )
    ),
    Operator("M3", "keepdims", "a.sum(axis=k)", "a.sum(axis=k, keepdims=True)"),
    Operator("M3", "keepdims", "np.sum(a, axis=k)", "np.sum(a, axis=k, keepdims=True)"),
    Operator("M10", "an unstable form", "np.expm1(a)", "np.exp(a) - 1", sees="floats"),
    Operator("M10", "an unstable form", "np.log1p(a)", "np.log(1 + a)", sees="floats"),
    Operator("M10", "an unstable form", "a - a.max(...)", "a", sees="floats"),
    Operator("M10", "leave out the guard against 1 / 0", "a + b", "a", {"b": _guard}, sees="floats"),
    Operator("M4", "drop a term", "a + b", "a"),
    Operator("M4", "drop a term", "a + b", "b"),
    Operator("M4", "drop a term", "a - b", "a"),
    Operator("M4", "drop a term", "a - b", "-b"),
    Operator("M5", "overwrite instead of add", "a += b", "a = b"),
    Operator("M5", "overwrite instead of subtract", "a -= b", "a = -b"),
    Operator("M5", "add twice", "a += b", "a += 2 * b"),
    Operator("M5", "count an index that occurs twice once", "np.add.at(a, i, b)", "a[i] += b"),
    Operator("M5", "overwrite at an index that occurs twice", "np.add.at(a, i, b)", "a[i] = b"),
    Operator("M5", "take the last term instead of the sum", "sum(a)", "list(a)[-1]"),
    Operator("M6", "write into the upstream", "return u * a", "u *= a; return u", {"u": _upstream}, sees="state"),
    Operator(
        "M6",
        "write into the upstream",
        "return np.where(a, u, 0)",
        "u[~a] = 0; return u",
        {"u": _upstream},
        sees="state",
    ),
    Operator("M6", "train in evaluation", "a if c else b", "a"),
    Operator("M6", "evaluate in training", "a if c else b", "b"),
    Operator("M7", "drop a hyperparameter", "a * b", "b", {"a": _setting}),
    Operator("M7", "drop a hyperparameter", "a * b", "a", {"b": _setting}),
    Operator("M7", "swap the input and the output", rewrites=_other_activation),
    Operator("M11", "drop the mask", "a * b", "b", {"a": _mask}),
    Operator("M11", "drop the mask", "a * b", "a", {"b": _mask}),
    Operator("M11", "drop the mask", "np.where(a, b, c)", "b"),
    Operator("M11", "return zeros", "a", "np.zeros_like(a)", _ANY_GRADIENT),
    Operator("M11", "return zeros", "a", "0 * a", {"a": lambda a, s: _gradient(a, s) and not s.numpy}),
    Operator("M11", "leave out a masked change", "a[i] = b", "pass"),
    Operator("M11", "leave out a masked change", "a[i] += b", "pass"),
    Operator("M11", "leave out a masked change", "a[i] -= b", "pass"),
    Operator("M4", "drop a factor", "a * b", "a", {"b": _factor}),
    Operator("M4", "drop a factor", "a * b", "b", {"a": _factor}),
    Operator("M8", "flip the sign", "a - b", "a + b"),
    Operator("M8", "flip the sign", "a + b", "a - b"),
    Operator("M8", "flip the sign", "-a", "a", {"a": _computed}),
    Operator("M8", "flip the sign", "a", "-a", _ANY_GRADIENT),
    Operator("M8", "swap the operands", "a / b", "b / a", {"b": _no_size}),
    Operator("M8", "swap the operands", "a @ b", "b @ a"),
    Operator("M8", "swap the operands", "np.dot(a, b)", "np.dot(b, a)"),
    Operator("M8", "swap the operands", "np.where(a, b, c)", "np.where(a, c, b)"),
    *(
        Operator("M8", "another function", f"np.{old}(a)", f"np.{new}(a)")
        for old, new in (("sin", "cos"), ("cos", "sin"), ("sinh", "cosh"), ("cosh", "sinh"))
    ),
    Operator("M8", "forget to transpose", "a.T", "a"),
    Operator("M8", "forget to transpose", "a.transpose(...)", "a"),
    Operator("M8", "forget to transpose", "a.swapaxes(...)", "a"),
    Operator("M8", "forget to transpose", "np.transpose(a, ...)", "a"),
    Operator("M8", "swap the order", rewrites=_swapped),
    Operator("M8", "copy from a neighbour", rewrites=_neighbour),
    Operator("M9", "forget the stride", "a", "1", {"a": _stride}, sizes=True, sees="options"),
    Operator("M9", "forget the stride", rewrites=_no_step, sizes=True, sees="options"),
    Operator("M9", "forget the padding", "a", "0", {"a": _padding}, sizes=True, sees="options"),
    Operator("M9", "forget the remainder", "a // b + 1", "a // b", sizes=True, sees="options"),
    Operator("M9", "stop one short", "range(a)", "range(a - 1)", sizes=True, sees="options"),
    Operator("M10", "the other side at a tie", "a < b", "a <= b"),
    Operator("M10", "the other side at a tie", "a <= b", "a < b"),
    Operator("M10", "the other side at a tie", "a > b", "a >= b"),
    Operator("M10", "the other side at a tie", "a >= b", "a > b"),
    Operator("M10", "a wrong constant where it is 0", "np.where(a, b, 0)", "np.where(a, b, 1)"),
    Operator("M10", "a wrong constant where it is 1", "np.where(a, 1, b)", "np.where(a, 0, b)"),
    Operator("M10", "a whole power", "a ** b", "a ** int(b)", {"b": _computed}),
)

# Mistakes in what a forward pass keeps and hands out, planted wherever the function runs.
KEEPING: tuple[Operator, ...] = (
    Operator("M6", "keep a reference instead of a copy", "a.copy()", "a", sees="state"),
    Operator("M6", "keep what the first call kept", rewrites=_first_call, sees="state"),
)
