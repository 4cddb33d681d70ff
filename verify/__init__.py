"""gradproof: decide whether hand-written gradients are the exact derivatives."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verify.adapters.functions import autograd_primitive, jax_rule, pytensor_op, torch_function, torch_module
    from verify.cases.case import Case
    from verify.cases.inputs import complex, constant, fixed, integer, real  # noqa: A004 - as it is written in a case
    from verify.cases.making import case
    from verify.cases.protocols import derivative, layer, loss, pair
    from verify.cases.tangents import jvp
    from verify.checks.checker import check
    from verify.model.result import CaseResult, Comparison, Verdict
    from verify.testing.assertions import assert_gradients
    from verify.testing.checkers import jax_check_grads, torch_gradcheck, torch_gradgradcheck

__all__ = [
    "Case",
    "CaseResult",
    "Comparison",
    "Verdict",
    "assert_gradients",
    "autograd_primitive",
    "case",
    "check",
    "complex",
    "constant",
    "derivative",
    "fixed",
    "integer",
    "jax_check_grads",
    "jax_rule",
    "jvp",
    "layer",
    "loss",
    "pair",
    "pytensor_op",
    "real",
    "torch_function",
    "torch_gradcheck",
    "torch_gradgradcheck",
    "torch_module",
]
__version__ = "0.1.0"

_HOMES = {
    "Case": "cases.case",
    "complex": "cases.inputs",
    "constant": "cases.inputs",
    "derivative": "cases.protocols",
    "fixed": "cases.inputs",
    "integer": "cases.inputs",
    "jvp": "cases.tangents",
    "layer": "cases.protocols",
    "loss": "cases.protocols",
    "pair": "cases.protocols",
    "real": "cases.inputs",
    "assert_gradients": "testing.assertions",
    "case": "cases.making",
    "check": "testing.presenting",
    "CaseResult": "model.result",
    "Comparison": "model.result",
    "Verdict": "model.result",
    "autograd_primitive": "adapters.functions",
    "pytensor_op": "adapters.functions",
    "jax_rule": "adapters.functions",
    "torch_function": "adapters.functions",
    "torch_gradcheck": "testing.checkers",
    "torch_gradgradcheck": "testing.checkers",
    "torch_module": "adapters.functions",
    "jax_check_grads": "testing.checkers",
}


def __getattr__(name: str) -> Any:
    """Import what is public on first use: `gradproof --help` needs none of it."""
    if name not in _HOMES:
        from verify.model.errors import nearest

        raise AttributeError(
            f"module {__name__!r} has no attribute {name!r}{nearest(name, _HOMES)} (`gradproof explain cases` lists "
            "what there is)"
        )
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
