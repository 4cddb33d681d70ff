"""The account of a run on floats: which operations of ATen computed what, as PyTorch's dispatcher was asked for them.

A value is known by its place in memory, with shape, strides and type: saved tensors come back as other objects. All
that was seen is held, so that no place is used twice. A copy has the number of what it copies, so strides count for
nothing. What is no result of a recorded operation, and no input, is a constant, which is known by its bits.

That holds as long as nothing is drawn, or read or written past the dispatcher. A run in which anything is gives no
account: one that turns a number of a tensor into one of Python's, or makes a shape of numbers, passes a tensor to NumPy
or a kernel, has tensors of other classes, or asks for an operation on real numbers that the runs on symbols have in no
table. Neither does one that writes into memory of which other views were seen: what these have then is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from verify.adapters.torch.moves import COPIES, VIEWS
from verify.adapters.torch.operations import OPERATIONS
from verify.adapters.torch.schemas import parts, schema_of
from verify.adapters.torch.tensors import OF_SYMBOLS, READING, WHOLE, is_float
from verify.cases.accounts import Account, Accounts, wanted

_MADE = {"zeros", "zeros_like", "ones", "ones_like", "full", "full_like", "arange", "eye", "linspace", "_to_copy"}
_BY_MEMORY = {"as_strided", "_reshape_alias"}  # what they give depends on where entries lie
_BY_NUMBERS = {"masked_select"}  # the shape of what they give depends on numbers
_BY_PLACES = {"index", "index_put"}  # where a mask says which places there are, the same
_RECORDED = ({*OPERATIONS, "scalar_tensor"} | VIEWS | COPIES | _MADE) - _BY_MEMORY - _BY_NUMBERS
_IN_PLACE = {f"{name}_" for name in (*OPERATIONS, *COPIES)} | {"copy_", "fill_", "zero_"}
_SAME = {"clone", "detach", "alias", "lift_fresh", "lift_fresh_copy"}
_SHAPED = {"view", "_unsafe_view", "expand"}  # whose result is known by its shape
_PLAIN = (int, bool, str, complex, type(None), torch.dtype, torch.device, torch.layout, torch.memory_format)
_LARGEST = 4096  # entries of a constant
_ALL = "each entry of the upstream"
_TENSOR: Any = torch.Tensor
_data_ptr: Callable[[torch.Tensor], int] = torch._C.TensorBase.data_ptr  # noqa: SLF001 - past what is replaced here


class Recording(TorchDispatchMode):
    """Sees every operation of a run on floats, and keeps what each result was computed from."""

    def __init__(self, accounts: Accounts) -> None:
        super().__init__()
        self.accounts, self.complete = accounts, True
        self._numbers: dict[Any, int] = {}
        self._held: list[torch.Tensor] = []
        self._writes = set[int]()
        self._views: dict[Any, set[Any]] = {}  # the places that were seen in a piece of memory

    def name(self, tensor: Any, name: str) -> None:
        """Let a tensor be a variable."""
        if isinstance(tensor, torch.Tensor):
            self._numbers[self._place(tensor)] = self.accounts.number(("variable", name))

    def name_all(self, arguments: Mapping[str, Any]) -> None:
        """Let all arguments that are tensors be variables."""
        for name, value in arguments.items():
            self.name(value, name)

    def summed(self, tensor: torch.Tensor, output: torch.Tensor) -> None:
        """Let a tensor be what the engine sends back along a sum: the upstream of the output has it in each entry.

        So what is computed of that is the gradient for one of the upstreams that a proof for all of them is about.
        """
        self.name(tensor, _ALL)
        expanded = "expand", self.accounts.number(("variable", _ALL)), tuple(output.shape)
        self.accounts.alias(expanded, self.accounts.number(("variable", upstream_name(0))))

    def take(self, function: Any, args: Sequence[Any], options: Mapping[str, Any], made: Any) -> None:
        """Take in an operation with its results; one that writes has been taken in before."""
        schema = schema_of(function)
        followed = schema.library == "aten" and not schema.draws
        self.complete &= followed and (schema.writes or self._is_recorded(function, args))
        if schema.writes or not self.complete:
            return
        if schema.name in _SAME:
            self._keep(made, self._number(args[0]))
        elif schema.name in _SHAPED and isinstance(made, torch.Tensor) and made.dtype == args[0].dtype:
            shaped = "expand" if schema.name == "expand" else "shape"
            self._keep(made, self.accounts.number((shaped, self._number(args[0]), tuple(made.shape))))
        else:
            computed = self._computed(function, args, options)
            for place, part in enumerate(parts([made])):
                self._keep(part, self.accounts.number((computed, place)))

    def write(self, function: Any, args: Sequence[Any], options: Mapping[str, Any]) -> None:
        """Take in an operation that is about to write into its first argument."""
        if schema_of(function).name not in _IN_PLACE or "out" in options:
            self.complete = False
        if self.complete:
            number = self.accounts.number(self._computed(function, args, options))
            place = self._place(args[0])
            self._numbers[place] = number
            self._writes.add(number)
            self.complete &= self._views[_memory(args[0])] == {place}

    def _computed(self, function: Any, args: Sequence[Any], options: Mapping[str, Any]) -> Any:
        return function, self._form(args), tuple((key, self._form(options[key])) for key in sorted(options))

    def _is_recorded(self, function: Any, args: Sequence[Any]) -> bool:
        """Tell whether results are functions of the entries, in shapes that the numbers among these do not change.

        Code may go other ways by a shape, so that one which depends on numbers tells what they are.
        """
        name = schema_of(function).name
        if name in _RECORDED:
            return name not in _BY_PLACES or not any(map(_is_mask, parts(args[1:])))
        return torch.Tag.pointwise in function.tags and not any(map(is_float, parts(args)))

    def account(self, outputs: Sequence[torch.Tensor], gradients: Mapping[str, torch.Tensor]) -> Account | None:
        """Return the account of the run, if nothing happened past what was recorded."""
        by_name = {key: self._number(gradient) for key, gradient in gradients.items()}
        account = Account(tuple(map(self._number, outputs)), by_name, frozenset(self._writes))
        return account if self.complete else None

    def _keep(self, made: Any, number: int) -> None:
        if isinstance(made, torch.Tensor):
            self._numbers.setdefault(self._place(made), number)

    def _place(self, tensor: torch.Tensor) -> Any:
        """Return where the entries of a tensor are, and hold them there."""
        if type(tensor) not in (torch.Tensor, torch.nn.Parameter) or tensor.layout is not torch.strided:
            self.complete = False
            return None
        self._held.append(tensor)
        bits = tensor.dtype, tensor.is_conj(), tensor.is_neg()
        place = _data_ptr(tensor) if tensor.numel() else 0, tensor.shape, tensor.stride(), bits
        self._views.setdefault(_memory(tensor), set()).add(place)
        return place

    def _number(self, tensor: Any) -> int:
        place = self._place(tensor)
        number = self._numbers.get(place)
        if number is None:
            number = self._numbers[place] = self.accounts.number(self._constant(tensor))
        return number

    def _constant(self, tensor: torch.Tensor) -> Any:
        if not self.complete or tensor.dtype not in (*OF_SYMBOLS, *WHOLE) or tensor.numel() > _LARGEST:
            self.complete = False
            return None
        entries = tensor.detach().resolve_conj().resolve_neg().contiguous().reshape(-1)
        return "constant", tensor.dtype, tuple(tensor.shape), bytes(_numpy(entries.view(torch.uint8)))

    def _form(self, value: Any) -> Any:
        """Return an argument as what tells it from others: 1, 1.0 and True are equal, and are told apart."""
        if isinstance(value, torch.Tensor):
            return "tensor", self._number(value)
        if isinstance(value, (list, tuple)):
            return type(value), *map(self._form, value)
        if type(value) is float:
            return float, value.hex()
        self.complete &= isinstance(value, _PLAIN)
        return type(value), value if self.complete else None


_numpy: Callable[[torch.Tensor], Any] = torch._C.TensorBase.numpy  # noqa: SLF001 - as `_data_ptr`


def _is_mask(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.dtype in (torch.bool, torch.uint8)


def _memory(tensor: torch.Tensor) -> Any:
    """Return what tells a piece of memory from others while it is held."""
    return _storage(tensor)._cdata  # noqa: SLF001 - its address may be that of another one where both are empty


_storage: Callable[[torch.Tensor], Any] = torch._C.TensorBase.untyped_storage  # noqa: SLF001 - as `_data_ptr`


def _recorded(recording: Recording, function: Any, types: Any, args: Any = (), options: Any = None) -> Any:
    if recording.complete and schema_of(function).writes:
        recording.write(function, args, options or {})
    made = function(*args, **(options or {}))
    recording.take(function, args, options or {}, made)
    return made


setattr(Recording, "__torch_dispatch__", _recorded)  # noqa: B010 - as of `dispatch.Tracing`


def upstream_name(place: int) -> str:
    """Return the name that the upstream of an output has as a variable; no input has it."""
    return f"upstream {place}"


def recording() -> Recording | None:
    """Return what records a run on floats, where its account is wanted."""
    accounts = wanted()
    if accounts is None:
        return None
    if not _in_force:
        accounts.for_all.enter_context(_noticing())
    return Recording(accounts)


@contextmanager
def recorded(by: Recording) -> Iterator[None]:
    """Record operations, and notice what reads or changes memory without any."""
    _recording.append(by)
    try:
        with by:
            yield
    finally:
        _recording.pop()


@contextmanager
def _noticing() -> Iterator[None]:
    """Let methods that reach the memory tell the run that is recorded, if one is."""

    def noticing(original: Any) -> Any:
        def notice(self: Any, *args: Any, **options: Any) -> Any:
            for by in _recording:
                by.complete = False
            return original(self, *args, **options)

        return notice

    own = {name: vars(_TENSOR)[name] for name in _NOTICED if name in vars(_TENSOR)}
    replaced = {name: noticing(getattr(_TENSOR, name)) for name in _NOTICED if hasattr(_TENSOR, name)}
    _in_force.append(True)
    try:
        for name, method in replaced.items():
            setattr(_TENSOR, name, method)
        yield
    finally:
        _in_force.clear()
        for name in replaced:
            setattr(_TENSOR, name, own[name]) if name in own else delattr(_TENSOR, name)


_NOTICED = (*READING.split(), "numpy", "tolist")
_recording: list[Recording] = []
_in_force: list[bool] = []
