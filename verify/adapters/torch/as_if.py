"""What `as_if` may not call: its derivative is that of the numbers that it computes, whatever PyTorch keeps back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from verify.model.errors import ProtocolError
from verify.model.reasons import Reason

_REFUSED: dict[Any, str] = {
    torch.Tensor.detach: "detach",
    torch.Tensor.detach_: "detach_",
    torch.detach: "torch.detach",
    torch.Tensor.data.__get__: "data",
    torch._C._set_grad_enabled: "torch.no_grad",  # noqa: SLF001 - what no_grad calls; no public name is passed on
}
_WHY = (
    "as_if calls {}: the derivative of as_if is that of the numbers that it computes, with nothing held constant; "
    "write the function whose derivative is meant"
)


class Plainly(TorchFunctionMode):
    """Refuses, while `as_if` runs, what would keep PyTorch from differentiating a part of it."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Raise ProtocolError for a call that is refused; make any other."""
        if func in _REFUSED:
            raise ProtocolError(_WHY.format(_REFUSED[func]), Reason.NOT_TRACED)
        return func(*args, **(kwargs or MappingProxyType({})))


def plainly(as_if: Callable[[Mapping[str, Any]], Any], arguments: Mapping[str, Any]) -> Any:
    """Return what `as_if` gives for copies of some arguments."""
    copies = {k: v.detach().clone() if isinstance(v, torch.Tensor) else v for k, v in arguments.items()}
    with Plainly():
        return as_if(copies)
