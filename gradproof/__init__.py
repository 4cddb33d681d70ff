"""gradproof: decide whether hand-written gradients are the exact derivatives.

The names are those of `verify`, and so is `gradproof.extend`. Nothing else is imported before one is used.
"""

from typing import TYPE_CHECKING, Any

from gradproof.aliases import install

if TYPE_CHECKING:
    from verify import (
        Case,
        CaseResult,
        Comparison,
        Verdict,
        __version__,
        assert_gradients,
        autograd_primitive,
        case,
        check,
        complex,  # noqa: A004 - as it is written in a case
        constant,
        derivative,
        extend,
        fixed,
        integer,
        jax_check_grads,
        jax_rule,
        jvp,
        layer,
        loss,
        pair,
        pytensor_op,
        real,
        torch_function,
        torch_gradcheck,
        torch_gradgradcheck,
        torch_module,
    )

__all__ = [
    "Case",
    "CaseResult",
    "Comparison",
    "Verdict",
    "__version__",
    "assert_gradients",
    "autograd_primitive",
    "case",
    "check",
    "complex",
    "constant",
    "derivative",
    "extend",
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

install()


def __getattr__(name: str) -> Any:
    """Import what is public on first use; raises AttributeError for any other name."""
    if name not in __all__:
        from difflib import get_close_matches  # not ours: each `from gradproof import bytecode` asks for the name here

        close = "".join(f"; did you mean {match!r}?" for match in get_close_matches(name, __all__, n=1))
        raise AttributeError(
            f"module {__name__!r} has no attribute {name!r}{close} (`gradproof explain cases` lists what there is)"
        )
    from importlib import import_module

    import verify

    return import_module("gradproof.extend") if name == "extend" else getattr(verify, name)


def __dir__() -> list[str]:
    """Return what is public, imported or not."""
    return sorted({*globals(), *__all__})
