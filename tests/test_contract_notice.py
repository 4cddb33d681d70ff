"""Which layers are noticed: however they are called, decorated, held, and whoever profiles the program."""

import cProfile
import functools
import io
import random
import sys
import threading
from types import SimpleNamespace

import pytest
from effort import slow, some
from test_contracts import codes, findings

import verify
from verify.checks.contracts.check import contracts
from verify.checks.gradients.traced import check_traced


class Stale:
    """A layer whose slope is that of its first call."""

    slope = None

    def forward(self, x):
        if self.slope is None:
            self.slope = 2 * x
        return x * x

    def backward(self, dout):
        return dout * self.slope


class Right(Stale):
    """The same layer without the fault."""

    def forward(self, x):
        self.slope = 2 * x
        return x * x


def plain(function):
    def inner(*args, **options):
        return function(*args, **options)

    return inner


def named(function):
    @functools.wraps(function)
    def inner(self, *args):
        return function(self, *args)

    return inner


class Timed:
    def __init__(self, function):
        self.function = function

    def __call__(self, *args):
        return self.function(*args)


class Trainer:
    def forward(self, layer, x):
        return layer.forward(x)

    def backward(self, layer, dout):
        return layer.backward(dout)


def of(make):
    return verify.layer(make, inputs={"x": "N"})


def decorated(base):
    class Decorated(base):
        @plain
        def forward(self, x):
            return base.forward(self, x)

        @plain
        def backward(self, dout):
            return base.backward(self, dout)

    return of(Decorated)


def wrapped_twice(base):
    class Wrapped(base):
        @named
        @plain
        def forward(self, x):
            return base.forward(self, x)

    return of(Wrapped)


def partial_method(base):
    class Partial(base):
        def run(self, way, x):
            return getattr(base, way)(self, x)

        forward = functools.partialmethod(run, "forward")

    return of(Partial)


def decorated_class(base):
    def extended(kind):
        class Extended(kind):
            pass

        return Extended

    return of(extended(base))


def proxy(base):
    class Proxy:
        def __init__(self):
            self._layer = base()

        def __getattr__(self, name):
            return getattr(self._layer, name)

    return of(Proxy)


def with_lock(base):
    class Locked(base):
        def __init__(self):
            self.locks = {"all": [threading.RLock(), threading.Lock(), threading.Condition()]}
            self.module, self.file = sys, io.StringIO()

    return of(Locked)


def with_system_random(base):
    class Secure(base):
        def __init__(self):
            self.random = random.SystemRandom()

    return of(Secure)


def by_helper(base):
    def helper(layer, x):
        return layer.forward(x)

    @verify.case(x="N")
    def case(x):
        layer = base()
        dout = yield helper(layer, x)
        return layer.backward(dout)

    return case


def by_lambda(base):
    @verify.case(x="N")
    def case(x):
        layer = base()
        dout = yield (lambda value: layer.forward(value))(x)
        return (lambda value: layer.backward(value))(dout)

    return case


def by_comprehension(base):
    @verify.case(x="N")
    def case(x):
        layers = [base()]
        outputs = [layer.forward(x) for layer in layers]
        dout = yield outputs[0]
        gradients = [layer.backward(dout) for layer in layers]
        return gradients[0]

    return case


def by_map(base):
    @verify.case(x="N")
    def case(x):
        layer = base()
        dout = yield next(map(layer.forward, [x]))
        return next(map(layer.backward, [dout]))

    return case


def by_closure(base):
    @verify.case(x="N")
    def case(x):
        layer = base()

        def step():
            return layer.forward(x)

        dout = yield step()
        return layer.backward(dout)

    return case


def by_object(base):
    @verify.case(x="N")
    def case(x):
        layer = base()
        layer.forward, layer.backward = Timed(layer.forward), Timed(layer.backward)
        dout = yield layer.forward(x)
        return layer.backward(dout)

    return case


def by_trainer(base):
    @verify.case(x="N")
    def case(x):
        layer, trainer = base(), Trainer()
        dout = yield trainer.forward(layer, x)
        return trainer.backward(layer, dout)

    return case


def typed(base):
    """A class of which no file has the source."""
    space = {}
    exec("class Typed(base):\n    pass\n", {"base": base}, space)
    return of(space["Typed"])


WAYS = [
    *(of, decorated, wrapped_twice, partial_method, decorated_class, proxy, with_lock, with_system_random),
    *(by_helper, by_lambda, by_comprehension, by_map, by_closure, by_object, by_trainer, typed),
]


@pytest.mark.parametrize("way", some(WAYS, 8))
def test_a_layer_is_noticed_however_it_is_called(way):
    """The fault is found in every way to call the layer, and nothing without it."""
    assert codes(way(Stale)) == {"GP110"}
    assert codes(way(Right)) == set()


def test_one_decorator_for_both_methods():
    """Two methods behind the code of one wrapper are told apart by what they wrap."""
    (found,) = findings(decorated(Stale))
    assert found.detail.endswith("Decorated.backward returns a different gradient")


@pytest.mark.parametrize("base", [Stale, Right])
def test_what_cannot_be_copied_is_a_hazard(base):
    """A layer that holds a running generator is listed with the reason, be it right or wrong."""

    class Generating(base):
        def __init__(self):
            self.numbers = (number for number in range(9))

    (found,) = findings(of(Generating))
    assert (found.code, found.fails, found.name) == ("GP126", False, "Generating")
    assert "cannot be copied: TypeError: cannot pickle 'generator' object" in found.detail


def test_a_copy_that_is_no_copy_is_a_hazard():
    """A layer that returns itself, or its own arrays, as its copy has no second history."""

    class Single(Stale):
        def __deepcopy__(self, memo):
            return self

    (found,) = findings(of(Single))
    assert found.code == "GP126"
    assert "share" in found.detail


@pytest.mark.parametrize("base", [Stale, Right])
def test_a_layer_of_which_one_half_is_called_elsewhere_is_a_hazard(base):
    """A layer that another one calls for its backward only is not called again, and that is reported."""

    class Last:
        def __init__(self, layer):
            self.layer = layer

        def forward(self, y):
            return 2 * y

        def backward(self, dout):
            return self.layer.backward(2 * dout)

    @verify.case(x="N")
    def case(x):
        layer = base()
        last = Last(layer)
        dout = yield last.forward(layer.forward(x))
        return last.backward(dout)

    (found,) = findings(case)
    assert (found.code, found.name) == ("GP126", base.__name__)


def test_helpers_that_are_no_layers_are_no_hazard():
    """An object that is called on one side only, and remembers nothing, needs no check."""

    class Helper:
        def doubled(self, x):
            return 2 * x

    @verify.case(x="N")
    def case(x):
        layer, helper = Right(), Helper()
        dout = yield layer.forward(helper.doubled(x))
        return 2 * layer.backward(dout)

    assert findings(case) == []


def test_a_profile_function_in_force_hides_nothing():
    """With `sys.setprofile` or cProfile the same is found, and the profiler is in force again afterwards."""
    case, before = of(Stale), sys.getprofile()

    def profile(*_):
        return None

    sys.setprofile(profile)
    try:
        found, after = codes(case), sys.getprofile()
    finally:
        sys.setprofile(before)
    assert (found, after) == ({"GP110"}, profile)
    with cProfile.Profile() as profiler:
        assert codes(case) == {"GP110"}
        sum(map(abs, [1]))
    assert any("abs" in str(entry.code) for entry in profiler.getstats())
    sys.setprofile(before)


def test_code_that_profiles_itself_is_a_hazard():
    """A layer that sets a profile function hides its calls, which is reported."""

    class Profiling(Stale):
        def forward(self, x):
            sys.setprofile(None)
            return super().forward(x)

    found = findings(of(Profiling))
    assert {one.code for one in found} == {"GP126"}
    assert any("profiler of its own" in one.detail for one in found)


class Hidden(Right):
    """Lets nobody see its attributes."""

    @property
    def __dict__(self):
        raise RuntimeError("nobody may look")


class OnSymbolsOnly(Right):
    """Does not run on arrays of floats."""

    def forward(self, x):
        if x.dtype == float and type(x).__name__ == "ndarray":
            raise RuntimeError("no floats")
        return super().forward(x)


@pytest.mark.parametrize("make", [Hidden, OnSymbolsOnly])
def test_what_cannot_be_looked_at_is_a_hazard(make):
    """An object that raises when it is looked at, and code that does not run on floats, end nothing."""
    result, runs = check_traced(of(Right))
    found = contracts(of(make), result, runs, 0)
    assert {one.code for one in found} == {"GP126"}


class Nested(Right):
    """Keeps its slope below so many objects, and what a run before has left there."""

    depth = 0

    def forward(self, x):
        self.held = kept = SimpleNamespace()
        for _ in range(self.depth):
            kept.held = kept = SimpleNamespace()
        kept.slope, self.kept = 2 * x, kept
        return x * x

    def backward(self, dout):
        return dout * self.kept.slope


class Deep(Nested):
    """Two lists, a dict and two objects deep, and nowhere else."""

    def forward(self, x):
        self.held = [[{"of": SimpleNamespace(inner=SimpleNamespace(slope=2 * x))}]]
        return x * x

    def backward(self, dout):
        return dout * self.held[0][0]["of"].inner.slope


class Knotted(Right):
    """Holds itself, and many plain objects, none of which has an array."""

    def __init__(self):
        self.itself, self.names = self, {str(i): {"name": [[["a"]]]} for i in range(50)}


class Crowded(Right):
    """Holds more objects than are looked through."""

    def __init__(self):
        self.many = [[[[[[i]]]]] for i in range(3_000)]


@pytest.mark.parametrize(
    ("make", "seen"),
    [(Nested, set()), (Deep, {"GP126"}), (Knotted, set()), pytest.param(Crowded, {"GP126"}, marks=slow)],
)
def test_what_lies_deeper_than_checks_look_is_a_hazard(make, seen):
    """Arrays more than four attributes deep are not looked at, which a finding says; shorter paths to them will do."""
    found = findings(of(make))
    assert {one.code for one in found} == seen
    assert all("4 attributes deep" in one.detail and one.name == make.__name__ for one in found)


@pytest.mark.parametrize("depth", [1, 3, 8])
def test_an_array_with_a_short_path_is_looked_at(depth):
    """An array that lies deep is looked at where another attribute holds it as well."""

    class Named(Nested):
        pass

    Named.depth = depth
    assert not findings(of(Named))
