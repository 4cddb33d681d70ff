"""What users call to make cases of what they have written inside a framework, which is imported for them only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from verify.cases.case import TracedCase
from verify.cases.terms import Terms
from verify.model.errors import InputError

_JAX_GRADIENT = (
    "check a function of the gradients, as in `def gradient(x, dout): return jax.vjp(f, x)[1](dout)[0]` and "
    "jax_rule(gradient, x='N', dout='N')"
)
_PYTENSOR_GRADIENT = (
    "check a function of the gradients, as in `def gradient(x, dout): return pytensor.grad(None, x, "
    "known_grads={f(x): dout})` and pytensor_op(gradient, x='N', dout='N')"
)


def torch_function(
    function: Any,
    *,
    mode: str = "vjp",
    options: Mapping[str, Sequence[Any]] | None = None,
    upstream: object = None,
    sizes: Mapping[str, int] | None = None,
    allow: Mapping[str, str] | None = None,
    accuracy: object = None,
    as_if: object = None,
    order: int = 1,
    name: str = "",
    **inputs: Any,
) -> TracedCase:
    """Make a case of a `torch.autograd.Function`: `torch_function(Linear, x="N D", w="M D")`.

    The inputs are described by the names of forward's parameters: a shape for a tensor of float64, or `gradproof.real`,
    `gradproof.complex` (complex128), `gradproof.fixed`, `gradproof.integer` (int64) and `gradproof.constant` (any
    value). `options` holds values to try for further parameters; the other keyword arguments are those of
    `gradproof.case`.

    The Function is called by `apply` with copies of the inputs, and PyTorch's engine calls backward. Beside the plain
    call, it is called with each input frozen (`requires_grad=False`) if there are several, with a second backward after
    one forward (which may raise an error), with an upstream that has gaps in memory, and with the sum of the first
    output alone: its upstream is expanded, and those of other outputs are zeros or None. `as_if` is a function of
    tensors, which returns a tensor for each output that has a gradient.

    With `mode="jvp"` the tangents of the static method `jvp` are checked, as by `gradproof.jvp`: PyTorch's forward mode
    pushes a direction of each input to the outputs. The Function is then called in one way.

    With `order=2` the gradients of its gradients are checked: PyTorch's engine differentiates what backward computes,
    by the inputs and by the upstream, which is an input `dout` then (`dout1`, `dout2`, ... for several outputs). Its
    shape is that of the output; if the sizes of the inputs do not tell it, state it, as in `upstream="N M"`. What is
    claimed is the derivative of the gradients as they are, so check a case of the first order too.

    Raises InputError if the parts do not fit together, or PyTorch is not installed.
    """
    try:
        import torch  # noqa: F401
    except ImportError:
        raise InputError("torch_function needs PyTorch: pip install 'gradproof[torch]'") from None
    from verify.adapters.torch.case import case_of

    return case_of(function, inputs, Terms(options, upstream, sizes, allow, accuracy, None, as_if), name, mode, order)


def torch_module(
    module: Any,
    *,
    params: Mapping[str, Any] | None = None,
    options: Mapping[str, Sequence[Any]] | None = None,
    upstream: object = None,
    sizes: Mapping[str, int] | None = None,
    allow: Mapping[str, str] | None = None,
    accuracy: object = None,
    order: int = 1,
    name: str = "",
    **inputs: Any,
) -> TracedCase:
    """Make a case of a `torch.nn.Module`, and of the Functions that it calls: `torch_module(Net(4, 3), x="N 4")`.

    The inputs are described by the names of forward's parameters, as for `torch_function`. The parameters of the module
    that require a gradient are inputs too, with the shapes that they have; all their real values are meant, or those
    that `params` describes by the name of a parameter, as in `params={"net.scale": gradproof.real("4", low=0)}`. The
    other keyword arguments are those of `gradproof.case`.

    The module is called in the mode that it is in (`train()`, `eval()`), with copies of its buffers; what it draws at
    random is not followed. Beside the plain call, each input of forward is frozen, and all parameters at once. With
    `order=2` the gradients of the gradients are checked, as by `torch_function`.

    Raises InputError if the parts do not fit together, or PyTorch is not installed.
    """
    try:
        import torch  # noqa: F401
    except ImportError:
        raise InputError("torch_module needs PyTorch: pip install 'gradproof[torch]'") from None
    from verify.adapters.torch.modules import case_of

    return case_of(module, inputs, params or {}, Terms(options, upstream, sizes, allow, accuracy), name, order)


def _refuse_order(inputs: Mapping[str, Any], how: str) -> None:
    """Raise InputError where second order is asked for, which is that of a function of the gradients here."""
    if isinstance(inputs.get("order"), int):
        raise InputError(f"order= is for PyTorch: {how}")


def autograd_primitive(
    function: Any,
    *,
    mode: str = "vjp",
    options: Mapping[str, Sequence[Any]] | None = None,
    upstream: object = None,
    sizes: Mapping[str, int] | None = None,
    allow: Mapping[str, str] | None = None,
    accuracy: object = None,
    as_if: object = None,
    name: str = "",
    **inputs: Any,
) -> TracedCase:
    """Make a case of a primitive of autograd (HIPS) with rules by `defvjp`: `autograd_primitive(silu, x="N D")`.

    The inputs are described by the names of the function's parameters: a shape for an array of real numbers, or
    `gradproof.real`, `gradproof.fixed`, `gradproof.integer` and `gradproof.constant` (any value). `options` holds
    values to try for further parameters; those behind the last input are passed by keyword. The other keyword arguments
    are those of `gradproof.case`.

    `autograd.make_vjp` calls the primitive and the functions that were given to `defvjp`, `defvjp_argnum` or
    `defvjp_argnums`: for all gradients at once, and for each alone if there are several. A function that calls
    primitives can be passed too. With `mode="jvp"` the rules of `defjvp` are checked, as by `gradproof.jvp`:
    `autograd.make_jvp` calls them. `as_if` is a function of NumPy arrays that returns an array like the output.

    Raises InputError if the parts do not fit together, or autograd is not installed.
    """
    try:
        import autograd  # noqa: F401
    except ImportError:
        raise InputError("autograd_primitive needs autograd: pip install 'gradproof[autograd]'") from None
    from verify.adapters.autograd.case import case_of

    _refuse_order(inputs, "second order is not checked by autograd_primitive")

    return case_of(function, inputs, Terms(options, upstream, sizes, allow, accuracy, None, as_if), name, mode)


def jax_rule(
    function: Any,
    *,
    mode: str = "vjp",
    options: Mapping[str, Sequence[Any]] | None = None,
    upstream: object = None,
    sizes: Mapping[str, int] | None = None,
    allow: Mapping[str, str] | None = None,
    accuracy: object = None,
    as_if: object = None,
    name: str = "",
    **inputs: Any,
) -> TracedCase:
    """Make a case of a function of JAX with a rule by `custom_vjp` or `custom_jvp`: `jax_rule(silu, x="N D")`.

    The inputs are described by the names of the function's parameters: a shape for an array of real numbers, or
    `gradproof.real`, `gradproof.fixed`, `gradproof.integer` and `gradproof.constant` (any value, as for
    `nondiff_argnums`). `options` holds values to try for further parameters; the other keyword arguments are those of
    `gradproof.case`. For second order, check a function of the gradients: `jax.vjp(silu, x)[1](dout)[0]` of x and dout.

    `jax.vjp` calls the rule. Two claims are checked, as variants: the gradients of the rule are those of the function
    without it; and the output of the forward rule is that of the function (the row `scale`, a number by which the
    output is multiplied). A function that calls others with rules can be passed too. `as_if` is a function of JAX
    arrays, with whose derivatives the gradients are then compared; the claim about the output stays.

    With `mode="jvp"` the tangents of a rule of `custom_jvp` are checked, as by `gradproof.jvp`: `jax.jvp` pushes a
    direction of each input forward. Only the other mode claims that the rule's output is that of the function.

    Raises InputError if the parts do not fit together, or JAX is not installed.
    """
    try:
        import jax  # noqa: F401
    except ImportError:
        raise InputError("jax_rule needs JAX: pip install 'gradproof[jax]'") from None
    from verify.adapters.jax.case import case_of

    _refuse_order(inputs, _JAX_GRADIENT)

    return case_of(function, inputs, Terms(options, upstream, sizes, allow, accuracy, None, as_if), name, mode)


def pytensor_op(
    op: Any,
    *,
    options: Mapping[str, Sequence[Any]] | None = None,
    upstream: object = None,
    sizes: Mapping[str, int] | None = None,
    allow: Mapping[str, str] | None = None,
    accuracy: object = None,
    as_if: object = None,
    name: str = "",
    **inputs: Any,
) -> TracedCase:
    """Make a case of an Op of PyTensor with a gradient of its own: `pytensor_op(Softplus(), x="N D")`.

    The inputs are described by the names of the parameters of `make_node`: a shape for an array of real numbers, or
    `gradproof.real`, `gradproof.fixed`, `gradproof.integer` (int64) and `gradproof.constant` (any value). `options`
    holds values to try for further parameters; the other keyword arguments are those of `gradproof.case`.

    `pytensor.grad` calls `pullback` (`L_op` or `grad`), and the graphs of the function and of its gradients are run
    node by node by `perform`. Any function of variables can be given too. Of several outputs, each is asked for alone
    as well. `as_if` is a function of variables, which returns a variable for each output.

    Raises InputError if the parts do not fit together, or PyTensor is not installed.
    """
    try:
        import pytensor  # noqa: F401
    except ImportError:
        raise InputError("pytensor_op needs PyTensor: pip install 'gradproof[pytensor]'") from None
    from verify.adapters.pytensor.case import case_of

    _refuse_order(inputs, _PYTENSOR_GRADIENT)

    return case_of(op, inputs, Terms(options, upstream, sizes, allow, accuracy, None, as_if), name)
