"""What user code keeps: a walk from its modules, and from what a case calls, to each place that holds a value.

Tables, attributes, closures, default arguments, partial functions, classes and modules are looked into, those of the
user and of what the user has installed, and Python's containers; what NumPy and its like keep is theirs. A walk ends
after so many places: what lies beyond is not found, so that whoever wants a number there is refused as ever.
"""

from __future__ import annotations

import functools
import sys
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import CellType, FunctionType, MappingProxyType, MethodType, ModuleType
from typing import Any, NamedTuple

from verify.model.package import PACKAGE
from verify.model.where import may_be_users

FOREIGN = (
    *("numpy", "sympy", "mpmath", "flint", "scipy"),
    *("numba", "llvmlite", "cffi"),
    *("torch", "functorch", "torchgen"),
    *("jax", "jaxlib"),
    *("_pytest", "pytest", "pluggy", "xdist", "execnet", "hypothesis"),
)
_MOST = 50_000  # places
_PLAIN = (int, float, complex, bool, str, bytes, type(None))
_LEAVES = frozenset({*_PLAIN, *weakref.ProxyTypes})  # to ask anything of a proxy, of what may be gone, raises
_CONTAINERS = (dict, list, tuple, set, frozenset, deque, MappingProxyType, MethodType)
_SIMPLE = frozenset({dict, list, tuple})  # and nothing of another class, which may do work when it is asked
_WRAPPERS = (staticmethod, classmethod, property, functools.cached_property)
_WRAPPED = ("__func__", "fget", "fset", "func")
_HOLDING = ("types", "ctypes", "__main__")  # modules of Python's whose classes hold what users put there
_CACHED: Any = type(functools.lru_cache(lambda: None))
_ENTERED = (*_CONTAINERS, functools.partial, _CACHED, CellType, *_WRAPPERS)

FIXED = object()  # the key of a place that cannot be set
CELL = object()  # the key of what a cell holds


class Place(NamedTuple):
    """A place that holds a value: an entry of a table or a list, an attribute, a cell, or what a function keeps."""

    owner: Any
    key: Any
    value: Any

    @property
    def is_open(self) -> bool:
        """Tell whether the place can be set."""
        return self.key is not FIXED

    def put(self, value: Any) -> None:
        """Let the place hold a value."""
        if isinstance(self.owner, (dict, list, deque)):
            self.owner[self.key] = value
        elif isinstance(self.owner, CellType):
            self.owner.cell_contents = value
        elif isinstance(self.owner, functools.partial):
            parts = {"func": self.owner.func, "args": self.owner.args, "keywords": self.owner.keywords}
            function, args, keywords = (parts | {self.key: value}).values()
            self.owner.__setstate__((function, args, keywords, vars(self.owner)))  # type: ignore[attr-defined]
        elif isinstance(self.owner, type):
            setattr(self.owner, self.key, value)
        else:
            object.__setattr__(self.owner, self.key, value)

    @property
    def holds(self) -> Any:
        """Return what the place holds now."""
        if isinstance(self.owner, dict):
            return self.owner.get(self.key)
        if isinstance(self.owner, (list, deque)):
            return self.owner[self.key] if self.key < len(self.owner) else None
        if isinstance(self.owner, CellType):
            return self.owner.cell_contents
        return vars(self.owner).get(self.key) if isinstance(self.owner, type) else getattr(self.owner, self.key, None)


def belongings(roots: Iterable[Any]) -> Iterator[Place]:
    """Yield each place that is reached from objects, and each owner once."""
    todo, seen, left = deque(roots), set[int](), _MOST
    while todo and left > 0:  # one owner may hold more than is left
        owner = todo.popleft()
        if id(owner) in seen:
            continue
        seen.add(id(owner))
        held = list(places(owner))
        left -= len(held)
        yield from held
        todo += [place.value for place in held if is_looked_into(place.value)]


def reached(roots: Iterable[Any]) -> Iterator[Any]:
    """Yield each value that is reached from objects, in the order of `belongings`, other than numbers and texts."""
    todo, seen, left = deque(roots), set[int](), _MOST
    while todo and left > 0:
        owner = todo.popleft()
        if id(owner) in seen:
            continue
        seen.add(id(owner))
        held = _values(owner)
        left -= len(held)
        yield from held
        todo += [value for value in held if is_looked_into(value)]


def _values(owner: Any) -> list[Any]:
    """Return what one object keeps, other than numbers and texts, of which tables and lists have the most."""
    kind = type(owner)
    if kind in _SIMPLE:
        return [value for value in [*(owner.values() if kind is dict else owner)] if type(value) not in _LEAVES]
    return [place.value for place in places(owner)]


def is_looked_into(value: Any) -> bool:
    """Tell whether what a value keeps may be the user's; by its type, as a value may do work when it is asked."""
    kind = type(value)
    if kind in _LEAVES or issubclass(kind, _PLAIN):
        return False
    if issubclass(kind, FunctionType):
        return not _is_foreign(value.__globals__.get("__name__") or "")
    if issubclass(kind, ModuleType):
        return not _is_foreign(value.__name__) and may_be_users(getattr(value, "__file__", None) or "")
    if kind is dict and "__spec__" in value:  # of a module, as each has one of `builtins` under `__builtins__`
        return not _is_foreign(value.get("__name__") or "") and may_be_users(value.get("__file__") or "")
    described: type = value if issubclass(kind, type) else kind
    return issubclass(kind, _ENTERED) or _is_of_users(described)


def _is_foreign(module: str) -> bool:
    """Tell whether a module is of a library that computes; those of ours hold what cases call."""
    return module.partition(".")[0] in FOREIGN or module.startswith(f"{PACKAGE}.tracing.")


@functools.lru_cache(maxsize=4096)
def _is_of_users(kind: type) -> bool:
    """Tell whether a class may be the user's, or is one of Python's that only hold attributes."""
    module = sys.modules.get(kind.__module__)
    file = getattr(module, "__file__", None) or ""
    return (may_be_users(file) and not _is_foreign(kind.__module__)) or kind.__module__ in _HOLDING


def places(owner: Any) -> Iterator[Place]:
    """Yield the places of one object, by its type."""
    kind = type(owner)
    inner = _EXACTLY.get(kind)
    return (inner or next((inner for kinds, inner in _KINDS if issubclass(kind, kinds)), _of_instance))(owner)


def _of_module(owner: ModuleType) -> Iterator[Place]:
    yield Place(owner, FIXED, vars(owner))


def _of_table(owner: dict[Any, Any]) -> Iterator[Place]:
    yield from (Place(owner, key, value) for key, value in [*owner.items()])


def _of_list(owner: Any) -> Iterator[Place]:
    yield from (Place(owner, place, value) for place, value in enumerate(owner))


def _of_fixed(owner: Any) -> Iterator[Place]:
    """Yield what cannot be replaced, and may lead further."""
    values = owner.values() if isinstance(owner, Mapping) else owner
    yield from (Place(owner, FIXED, value) for value in values)


def _of_function(owner: FunctionType) -> Iterator[Place]:
    if owner.__closure__:
        yield from (Place(cell, CELL, cell.cell_contents) for cell in owner.__closure__ if _is_set(cell))
    if owner.__defaults__:
        yield Place(owner, "__defaults__", owner.__defaults__)
    for table in (owner.__kwdefaults__, vars(owner)):
        if table:
            yield Place(owner, FIXED, table)


def _is_set(cell: CellType) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def _of_partial(owner: Any) -> Iterator[Place]:
    yield from (Place(owner, key, getattr(owner, key)) for key in ("func", "args", "keywords"))


def _of_wrapper(owner: Any) -> Iterator[Place]:
    yield from (Place(owner, FIXED, getattr(owner, name)) for name in _WRAPPED if hasattr(owner, name))
    if hasattr(owner, "__wrapped__"):
        yield Place(owner, FIXED, owner.__wrapped__)


def _of_class(owner: type) -> Iterator[Place]:
    yield from (
        Place(owner, name, value)
        for name, value in [*vars(owner).items()]
        if not (name.startswith("__") and name.endswith("__")) or isinstance(value, FunctionType)
    )
    yield from (Place(owner, FIXED, base) for base in owner.__bases__)


def _of_instance(owner: Any) -> Iterator[Place]:
    if type(table := _attributes(owner)) is dict:
        yield Place(owner, FIXED, table)
    yield Place(owner, FIXED, type(owner))
    for name in (name for kind in type(owner).__mro__ for name in _slots(kind)):
        try:
            yield Place(owner, name, object.__getattribute__(owner, name))
        except AttributeError:  # not set
            continue


def _attributes(owner: Any) -> Any:
    """Return the attributes of an object, past what its class does when it is asked for one."""
    try:
        return object.__getattribute__(owner, "__dict__")
    except AttributeError:
        return None


def _slots(kind: type) -> tuple[str, ...]:
    slots = vars(kind).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(name for name in slots if not name.startswith("__"))


_KINDS: list[tuple[Any, Callable[[Any], Iterator[Place]]]] = [
    (dict, _of_table),
    ((list, deque), _of_list),
    ((tuple, set, frozenset, MappingProxyType), _of_fixed),
    (FunctionType, _of_function),
    (ModuleType, _of_module),
    (MethodType, lambda owner: iter([Place(owner, FIXED, owner.__self__), Place(owner, FIXED, owner.__func__)])),
    (functools.partial, _of_partial),
    ((_CACHED, *_WRAPPERS), _of_wrapper),
    (type, _of_class),
]
_EXACTLY: dict[type, Callable[[Any], Iterator[Place]]] = {
    dict: _of_table,
    list: _of_list,
    tuple: _of_fixed,
    FunctionType: _of_function,
    ModuleType: _of_module,
}


def substituted(value: Any, substitute: Callable[[Any], Any]) -> Any:
    """Return a value with others in its place, within tuples too; the value itself where nothing is another."""
    if isinstance(value, tuple):
        parts = [substituted(part, substitute) for part in value]
        if all(part is before for part, before in zip(parts, value, strict=True)):
            return value
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return substitute(value)
