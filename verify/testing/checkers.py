"""What tests call in the place of the checkers of frameworks; the framework is imported for them only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from verify.model.errors import InputError


def torch_gradcheck(func: Callable[..., Any], inputs: Any, *, raise_exception: bool = True, **settings: Any) -> bool:
    """Decide the gradients of a function of tensors, in the place of `torch.autograd.gradcheck`.

    `inputs` is a tensor or a tuple of tensors and other values; those that require a gradient are differentiated. They
    state the shapes, and the domain: all real numbers, or the widest of (0, inf), (0, 1), (-1, 1) and (1, inf) that has
    the given values in it and on which the outputs are finite. As with `quick=True`, the claim is about all numbers of
    that domain with which the code takes the same branches as at the samples; the other values stay what they are.
    `settings` are those of torch's checker, whose tolerances are of no use here; with `check_forward_ad=True` forward
    mode is decided as well.

    Returns True if each gradient is the exact derivative. Otherwise it raises `GradcheckError` with the report, which
    has an exact counterexample, or returns False with `raise_exception=False`. What cannot be decided is given to
    torch's checker with the settings, and a warning (`verify.testing.deciding.PointsOnlyWarning`) says so. What was
    proved goes to the logger `gradproof`. Raises InputError if PyTorch is not installed.
    """
    try:
        import torch  # noqa: F401
    except ImportError:
        raise InputError("torch_gradcheck needs PyTorch: pip install 'gradproof[torch]'") from None
    from verify.testing.gradcheck import gradcheck

    return gradcheck(func, inputs, raise_exception=raise_exception, settings=settings)


def torch_gradgradcheck(
    func: Callable[..., Any], inputs: Any, grad_outputs: Any = None, *, raise_exception: bool = True, **settings: Any
) -> bool:
    """Decide the gradients of the gradients of a function of tensors, in the place of `torch.autograd.gradgradcheck`.

    As `torch_gradcheck`, of what backward computes: the claim is about all upstreams of the output's shape. That the
    first gradients are right is decided by `torch_gradcheck` alone. Where torch's checker has to judge, it is given
    `grad_outputs`.

    Returns and raises as `torch_gradcheck` does.
    """
    try:
        import torch  # noqa: F401
    except ImportError:
        raise InputError("torch_gradgradcheck needs PyTorch: pip install 'gradproof[torch]'") from None
    from verify.testing.gradcheck import gradgradcheck

    return gradgradcheck(func, inputs, grad_outputs, raise_exception=raise_exception, settings=settings)


def jax_check_grads(
    f: Callable[..., Any], args: Sequence[Any], order: int, modes: Any = ("fwd", "rev"), **settings: Any
) -> None:
    """Decide the gradients of a function of JAX, in the place of `jax.test_util.check_grads`.

    `args` are arrays, or dicts and lists of arrays; those of floats are differentiated. They state the shapes, and the
    domain, as for `torch_gradcheck`. `modes` are "rev" (`jax.vjp`), "fwd" (`jax.jvp`) or both; `settings` are those of
    JAX's checker, whose tolerances are of no use here.

    Returns nothing if the derivatives of all orders are exact; raises AssertionError with the report, which has an
    exact counterexample, if one is wrong. Those of a higher order are asked for as JAX's checker does, with the output
    as the upstream or the arguments as the directions. What cannot be decided is given to JAX's checker with the
    settings, and a warning (`verify.testing.deciding.PointsOnlyWarning`) says so. What was proved goes to the logger
    `gradproof`. Raises InputError if JAX is not installed.
    """
    try:
        import jax  # noqa: F401
    except ImportError:
        raise InputError("jax_check_grads needs JAX: pip install 'gradproof[jax]'") from None
    from verify.testing.check_grads import check_grads

    check_grads(f, args, order, (modes,) if isinstance(modes, str) else tuple(modes), settings)
