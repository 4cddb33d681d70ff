"""Contracts, on layers as people write them: for each finding one that has it, and one that does not."""

import inspect
import itertools
import random

import numpy as np
import pytest
from effort import slow, some

import verify
from verify.checks.contracts.arrays import apart
from verify.checks.contracts.check import contracts
from verify.checks.gradients.traced import check_traced

counter = itertools.count()


def findings(case):
    result, runs = check_traced(case)
    return contracts(case, result, runs, 0)


def codes(case):
    return {finding.code for finding in findings(case)}


def of(make, inputs=None, **more):
    return verify.layer(make, inputs=inputs or {"x": "N D"}, **more)


class Sigmoid:
    """A layer without a fault; the layers below change one thing each."""

    def forward(self, x):
        y = 1 / (1 + np.exp(-x))
        self.slope = y * (1 - y)
        return y

    def backward(self, dout):
        return dout * self.slope


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x.copy()
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T


def affine(make, **more):
    return of(make, params={"W": "D M", "b": "M"}, **more)


class BookRelu:
    def forward(self, x):
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout):
        dout[self.mask] = 0
        return dout


class CopyingRelu(BookRelu):
    def backward(self, dout):
        dx = dout.copy()
        dx[self.mask] = 0
        return dx


class InPlaceSquare:
    def forward(self, x):
        self.slope = 2 * x
        x *= x
        return x.copy()

    def backward(self, dout):
        return dout * self.slope


class Stepping(Affine):
    """A backward with the optimizer in it."""

    def backward(self, dout, learning_rate=0.1):
        dx = super().backward(dout)
        self.W -= learning_rate * self.dW
        return dx


class Rebinding(Affine):
    def backward(self, dout, learning_rate=0.1):
        dx = super().backward(dout)
        self.W = self.W - learning_rate * self.dW
        return dx


class OwnWeights:
    """Makes its weights itself, and takes the optimizer's step in backward."""

    def __init__(self):
        self.W = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 0.25]])

    def forward(self, x):
        return x @ self.W

    def backward(self, dout):
        dx = dout @ self.W.T
        self.W = self.W * 0.9
        return dx


class SlopeInOutput:
    def forward(self, x):
        self.y = 1 / (1 + np.exp(-x))
        return self.y

    def backward(self, dout):
        slope = 1 - self.y
        self.y *= slope
        return dout * self.y


class Buffered(Sigmoid):
    """Writes every output into the same memory."""

    buffer = None

    def forward(self, x):
        y = super().forward(x)
        if self.buffer is None or self.buffer.shape != x.shape:
            self.buffer = np.zeros_like(x)
        self.buffer[...] = y
        return self.buffer


class ReturnsItsCache:
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self, dout):
        return dout * (1 - self.y**2)


class GradientBuffer(Sigmoid):
    def forward(self, x):
        self.dx = np.zeros_like(x) if getattr(self, "dx", None) is None or self.dx.shape != x.shape else self.dx
        return super().forward(x)

    def backward(self, dout):
        self.dx[...] = dout * self.slope
        return self.dx


class Add:
    def forward(self, x, y):
        return x + y

    def backward(self, dout):
        return dout, dout


class CopyingAdd(Add):
    def backward(self, dout):
        return dout.copy(), dout.copy()


class Flatten:
    def forward(self, x):
        self.shape = x.shape
        return x.reshape(len(x), -1).copy()

    def backward(self, dout):
        return dout.reshape(self.shape)


class Clipping(Sigmoid):
    def backward(self, dout):
        return np.clip(dout, -0.5, 0.5) * self.slope


class Regularised(Affine):
    """Adds the gradient of a penalty that the forward value does not have."""

    def backward(self, dout):
        dx = super().backward(dout)
        self.dW = self.dW + 0.1 * self.W
        return dx


class IgnoresDout(Sigmoid):
    def backward(self, dout):
        return self.slope


class UsesUpItsMask(BookRelu):
    def backward(self, dout):
        dx = np.where(self.mask, 0, dout)
        self.mask = ~self.mask
        return dx


class UsesUpItsCache(Sigmoid):
    """Raises when it is asked twice, which is a contract too."""

    def backward(self, dout):
        slope, self.slope = self.slope, None
        if slope is None:
            raise RuntimeError("backward before forward")
        return dout * slope


class FrozenCache:
    slope = None

    def forward(self, x):
        y = np.tanh(x)
        if self.slope is None or self.slope.shape != x.shape:
            self.slope = 1 - y**2
        return y

    def backward(self, dout):
        return dout * self.slope


class GrowingStack:
    def __init__(self):
        self.stack = []

    def forward(self, x):
        self.stack.append(np.cos(x))
        return np.sin(x)

    def backward(self, dout):
        return dout * self.stack[0]


class PoppedStack(GrowingStack):
    """What is pushed forward is popped backward: a layer may be called many times before."""

    def backward(self, dout):
        return dout * self.stack.pop()


class RemembersBatch:
    batch = None

    def forward(self, x):
        self.batch = self.batch or len(x)
        self.shape = x.shape
        return x.sum(axis=0) / self.batch

    def backward(self, dout):
        return np.ones_like(dout, shape=self.shape) * dout / self.batch


class MadeForABatch:
    """Its constructor is told the batch size, and so it may rely on it."""

    def __init__(self, batch):
        self.batch = batch

    def forward(self, x):
        assert len(x) == self.batch
        return x.sum(axis=0) / self.batch

    def backward(self, dout):
        return np.ones_like(dout, shape=(self.batch, len(dout))) * dout / self.batch


@verify.case(x="N D")
def made_for_a_batch(x):
    layer = MadeForABatch(len(x))
    dout = yield layer.forward(x)
    return layer.backward(dout)


class Accumulating(Affine):
    def __init__(self, W, b):
        super().__init__(W, b)
        self.dW, self.db = np.zeros_like(W), np.zeros_like(b)

    def backward(self, dout):
        self.dW += self.x.T @ dout
        self.db += dout.sum(axis=0)
        return dout @ self.W.T


class ZeroGrad(Accumulating):
    def zero_grad(self):
        self.dW[...] = 0
        self.db[...] = 0


class Listing(ZeroGrad):
    """Keeps the inputs of all its calls until its gradients are flushed."""

    def __init__(self, W, b):
        super().__init__(W, b)
        self.X = []

    def flush_gradients(self):
        self.zero_grad()
        self.X = []

    def forward(self, x):
        self.X.append(x.copy())
        return x @ self.W + self.b

    def backward(self, dout):
        self.x = self.X[0]
        dx = super().backward(dout)
        return dx if len(self.X) == 1 else [dx] * len(self.X)


class Column(Affine):
    """Keeps the axis that it sums over."""

    def backward(self, dout):
        dx = super().backward(dout)
        self.db = dout.sum(axis=0, keepdims=True)
        return dx


class Multiply:
    def forward(self, x, y):
        self.x, self.y = x.copy(), y.copy()
        return x * y

    def backward(self, dout):
        return dout * self.x, dout * self.y


class RightMultiply(Multiply):
    def backward(self, dout):
        return dout * self.y, dout * self.x


class Doubles(Sigmoid):
    """Makes its gradient in a buffer of double precision."""

    def backward(self, dout):
        dx = np.zeros(dout.shape)
        dx += dout * self.slope
        return dx


class Halves(Sigmoid):
    def backward(self, dout):
        return (dout * self.slope).astype(np.float32)


class Widened(Sigmoid):
    """Multiplies by an array of double precision that it makes in a helper."""

    def weights(self):
        count = self.slope.shape[-1]
        return np.ones(count)

    def backward(self, dout):
        inner = dout * self.slope
        weights = self.weights()
        return inner * weights


class Dropout:
    def __init__(self, ratio=0.5):
        self.ratio, self.mask = ratio, None

    def forward(self, x, train_flg=True):
        if train_flg:
            self.mask = np.random.rand(*x.shape) > self.ratio
            return x * self.mask
        return x * (1.0 - self.ratio)

    def backward(self, dout):
        return dout * self.mask


class RightDropout(Dropout):
    def forward(self, x, train_flg=True):
        self.mask = np.random.rand(*x.shape) > self.ratio if train_flg else 1.0 - self.ratio
        return x * self.mask


class StaysInEvaluation(RightDropout):
    off = False

    def forward(self, x, train_flg=True):
        self.off = self.off or not train_flg
        return super().forward(x, not self.off)


class OwnGenerator:
    """Draws its masks from a generator that it keeps."""

    def __init__(self):
        self.rng = np.random.default_rng(1)

    def forward(self, x):
        self.mask = self.rng.random(x.shape) > 0.5
        return x * self.mask

    def backward(self, dout):
        return dout * self.mask


class OwnRandom(OwnGenerator):
    def __init__(self):
        self.random = random.Random(1)

    def forward(self, x):
        self.mask = np.array([self.random.random() > 0.5 for _ in range(x.size)]).reshape(x.shape)
        return x * self.mask


class BackwardFirst(Sigmoid):
    """Raises where a forward follows a forward."""

    waiting = False

    def forward(self, x):
        if self.waiting:
            raise RuntimeError("call backward first")
        self.waiting = True
        return super().forward(x)

    def backward(self, dout):
        self.waiting = False
        return super().backward(dout)


class Switched:
    """Batch normalisation with methods train and eval, and running statistics."""

    def __init__(self, gamma):
        self.gamma, self.training = gamma, True
        self.mean, self.var = 0.0, 1.0

    def train(self):
        self.training = True

    def eval(self):
        self.training = False

    def forward(self, x):
        mean, var = (x.mean(axis=0), x.var(axis=0)) if self.training else (self.mean, self.var)
        if self.training:
            self.mean, self.var = 0.9 * self.mean + 0.1 * mean, 0.9 * self.var + 0.1 * var
        self.std = np.sqrt(var + 1e-3)
        self.xhat = (x - mean) / self.std
        self.used = self.training
        return self.gamma * self.xhat

    def backward(self, dout):
        self.dgamma = (dout * self.xhat).sum(axis=0)
        dxhat = dout * self.gamma
        if not self.used:
            return dxhat / self.std
        return (dxhat - dxhat.mean(axis=0) - self.xhat * (dxhat * self.xhat).mean(axis=0)) / self.std


class ForgetsToSwitchBack(Switched):
    def train(self):
        pass


class Counting(Sigmoid):
    """Gives every layer another factor, by a counter of the module."""

    def __init__(self):
        self.factor = 1 + next(counter)

    def forward(self, x):
        return super().forward(x) * self.factor

    def backward(self, dout):
        return super().backward(dout) * self.factor


class Decaying:
    scale = 1.0

    def forward(self, x):
        self.used = self.scale
        self.scale = self.scale / 2
        return x * self.used

    def backward(self, dout):
        return dout * self.used


class Stateful:
    """A recurrent layer that carries its state on, and says so."""

    stateful = True

    def __init__(self):
        self.h = 0.0

    def forward(self, x):
        self.slope = 1 - np.tanh(x + self.h) ** 2
        y = np.tanh(x + self.h)
        self.h = y.mean() * 0 + 1.0
        return y

    def backward(self, dout):
        return dout * self.slope


class KeepsItsInput:
    def forward(self, x):
        self.x = x
        return x**2

    def backward(self, dout):
        return 2 * self.x * dout


class KeepsThree:
    def forward(self, x, h, c):
        self.x, self.h, self.c = x, h, c
        return x * h * c

    def backward(self, dout):
        x, h, c = self.x, self.h, self.c
        return dout * h * c, dout * x * c, dout * x * h


def test_what_is_kept_is_listed():
    """Three arrays that forward keeps are listed with commas."""
    (finding,) = findings(of(KeepsThree, {"x": "N", "h": "N", "c": "N"}))
    assert "keeps a reference to x, h and c: modifying them" in finding.detail


class KeepsACopy(KeepsItsInput):
    def forward(self, x):
        self.x = x.copy()
        return x**2


def square_forward(x, w):
    return w * x**2, (x, w)


def square_backward(dout, cache):
    x, w = cache
    return 2 * dout * w * x, (dout * x**2).sum(axis=0)


def using_up(dout, cache):
    x, w = cache
    dw = (dout * x**2).sum(axis=0)
    x *= 2
    return dout * w * x, dw


def into_dout(dout, cache):
    x, w = cache
    dw = (dout * x**2).sum(axis=0)
    dout *= 2 * w * x
    return dout * 1, dw


def norm_forward(x, state):
    """Keep a running mean in the caller's dict, as courses have it."""
    state["mean"] *= 0.9
    state["mean"] += 0.1 * x.mean(axis=0)
    return x - x.mean(axis=0), None


def norm_backward(dout, cache):
    return dout - dout.mean(axis=0)


@verify.case(x="N D")
def inline(x):
    """A subject that does it all itself."""
    dout = yield np.sin(x)
    dout *= np.cos(x)
    return dout.copy()


class OddTrain(Affine):
    """Its `train` is no switch, but wants arguments."""

    def train(self, data, epochs):
        raise NotImplementedError

    def eval(self):
        return self


class Awkward(Sigmoid):
    """Cannot be copied."""

    def __deepcopy__(self, memo):
        raise TypeError("no")


class Exits(Sigmoid):
    """Ends the program when it is called again."""

    calls = 0

    def forward(self, x):
        self.calls += 1
        if self.calls > 2:
            raise SystemExit(3)
        return super().forward(x)


class ClassCache:
    cache = {}  # noqa: RUF012 - the fault

    def forward(self, x):
        self.cache["x"] = x.copy()
        return x * x

    def backward(self, dout):
        return 2 * self.cache["x"] * dout


class DefaultArgument:
    def __init__(self, cache=[]):  # noqa: B006 - the fault
        self.cache = cache

    def forward(self, x):
        self.cache[:] = [x.copy()]
        return x * x

    def backward(self, dout):
        return 2 * self.cache[0] * dout


class OnTheClass:
    def forward(self, x):
        OnTheClass.slope = 2 * x
        return x * x

    def backward(self, dout):
        return self.slope * dout


class OneAtATime:
    busy = False

    def forward(self, x):
        if OneAtATime.busy:
            raise RuntimeError("busy")
        OneAtATime.busy, self.x = True, x.copy()
        return x * x

    def backward(self, dout):
        OneAtATime.busy = False
        return 2 * self.x * dout


class SharedConstants:
    """What may belong to a class: constants, room to work in, a list of its layers."""

    factor, room, known = 2, {}, []

    def __init__(self):
        self.known.append(self)

    def forward(self, x):
        self.room["square"] = x * x
        self.x = x.copy()
        return self.room["square"].copy()

    def backward(self, dout):
        self.room["slope"] = self.factor * self.x
        return self.room["slope"] * dout


class SizeOnTheClass:
    """Right as long as all batches have one size."""

    def forward(self, x):
        SizeOnTheClass.size = len(x)
        return x.mean(axis=0)

    def backward(self, dout):
        return np.repeat(dout[None] / SizeOnTheClass.size, SizeOnTheClass.size, 0)


class GradientOnTheClass(Affine):
    def backward(self, dout):
        GradientOnTheClass.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T


class SharedGradients(Affine):
    def __init__(self, W, b, grads={}):  # noqa: B006 - the fault
        super().__init__(W, b)
        self.grads = grads

    def backward(self, dout):
        self.grads["W"], self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T

    @property
    def dW(self):  # noqa: N802 - as it is written
        return self.grads["W"]


class OwnGradients(SharedGradients):
    def __init__(self, W, b):
        super().__init__(W, b, {})


class ClassMask:
    def forward(self, x):
        type(self).mask = np.random.rand(*x.shape) > 0.5
        return x * self.mask

    def backward(self, dout):
        return dout * self.mask


class DrawsInBackward:
    """A mask each of its own, and another one for the gradient: on the same random numbers, two runs are alike."""

    def forward(self, x):
        self.mask = np.random.rand(*x.shape) > 0.5
        return x * self.mask

    def backward(self, dout):
        noise = np.random.rand(*dout.shape)
        return dout * self.mask + 0 * noise.astype(dout.dtype)


only = CopyingRelu()


@verify.case(x="N D")
def the_only_layer(x):
    """One layer for all runs is the author's choice, and is not asked to go forward twice before it goes backward."""
    dout = yield only.forward(x)
    return only.backward(dout)


TWO = {"x": "N D", "y": "N D"}
PLANTED = {
    "GP101": [of(BookRelu), verify.pair(square_forward, into_dout, x="N D", w="D"), inline],
    "GP102": [of(InPlaceSquare)],
    "GP103": [affine(Stepping), affine(Rebinding), of(OwnWeights, {"x": "N 3"})],
    "GP104": [of(SlopeInOutput), of(Buffered)],
    "GP105": [of(ReturnsItsCache), of(GradientBuffer)],
    "GP106": [of(Add, TWO), of(Flatten, {"x": "N 2 3"})],
    "GP107": [of(Clipping), affine(Regularised)],
    "GP108": [of(IgnoresDout)],
    "GP109": [of(UsesUpItsMask), verify.pair(square_forward, using_up, name="using up", x="N D", w="D")],
    "GP110": [of(FrozenCache), of(GrowingStack)],
    "GP111": [of(RemembersBatch)],
    "GP112": [affine(Accumulating)],
    "GP113": [affine(Column)],
    "GP114": [of(Multiply, TWO)],
    "GP115": [of(Doubles), of(Halves), of(Widened)],
    "GP116": [of(StaysInEvaluation), of(ForgetsToSwitchBack, params={"gamma": "D"})],
    "GP117": [of(Dropout)],
    "GP118": [of(Counting)],
    "GP119": [of(Decaying)],
    "GP120": [of(KeepsItsInput)],
    "GP121": [
        of(ClassCache),
        of(DefaultArgument),
        of(OnTheClass),
        of(OneAtATime),
        of(ClassMask),
        of(SizeOnTheClass),
        affine(GradientOnTheClass),
        affine(SharedGradients),
    ],
}
# What a planted fault brings with it, rightly: a layer that returns what it overwrites also lends it, for one.
ALONGSIDE = {
    "BookRelu": {"GP106"},
    "SlopeInOutput": {"GP105", "GP109"},
    "using up": {"GP102", "GP120"},
    "square": {"GP120"},
    "OneAtATime": {"GP119"},
}
CLEAN = [
    *[of(make) for make in (Sigmoid, CopyingRelu, UsesUpItsCache, PoppedStack, RightDropout, OwnGenerator, Stateful)],
    *[of(KeepsACopy), affine(Affine), affine(ZeroGrad), of(CopyingAdd, TWO), of(RightMultiply, TWO)],
    *[
        of(Switched, params={"gamma": "D"}),
        made_for_a_batch,
        affine(OddTrain),
        affine(Listing),
        of(OwnRandom),
        of(BackwardFirst),
        of(SharedConstants),
        affine(OwnGradients),
        of(DrawsInBackward),
        the_only_layer,
    ],
    verify.pair(norm_forward, norm_backward, x="N D", state=verify.constant({"mean": np.zeros(4)}), sizes={"D": 4}),
]


@pytest.mark.parametrize(("code", "case"), some([(code, case) for code, cases in PLANTED.items() for case in cases], 8))
def test_a_planted_fault_is_found(code, case):
    """Its code is found, and no other but those that it brings with it."""
    assert codes(case) - ALONGSIDE.get(case.name, set()) == {code}


@pytest.mark.parametrize(
    ("make", "method", "line"), [(Doubles, "backward", 1), (Halves, "backward", 1), (Widened, "weights", 2)]
)
def test_the_line_of_another_precision(make, method, line):
    """It is the one at which an array of that precision appears first, also in a function that backward calls."""
    (finding,) = [finding for finding in verify.check(of(make)).findings if finding.code == "GP115"]
    assert finding.where.line == inspect.getsourcelines(getattr(make, method))[1] + line


@pytest.mark.parametrize("case", some(CLEAN, 8), ids=lambda case: case.name)
def test_a_layer_without_fault_has_no_finding(case):
    """Neither do masks, running statistics, caches that are used up, or state that is declared count as faults."""
    assert findings(case) == []


def test_gross_is_no_rounding():
    """What rounding does is no difference, at any scale; a thousandth is one, and so are NaN, inf and another shape."""
    numbers = np.array([1.0, -3.0, 0.0])
    for scale in (1e-300, 1e-12, 1.0, 1e12, 1e300):
        assert not apart(numbers * scale, numbers * scale * (1 + 1e-12))
        assert apart(numbers * scale, numbers * scale * 1.001)
    assert not apart([np.nan, np.inf], [np.nan, np.inf])
    assert apart([np.nan], [1.0])
    assert apart([np.inf], [-np.inf])
    assert apart(np.zeros(2), np.zeros((1, 2)))
    assert not apart(np.zeros(2), np.zeros(2))


@slow
def test_an_allowance_of_a_fault_passes_the_gate():
    """A fault fails the case, unless its author allows it; every reference to it keeps the reason."""
    assert not verify.check(of(BookRelu)).good
    result = verify.check(of(BookRelu, allow={"GP101": "no residual connections"}))
    assert result.good
    assert {one.code: one.allowed for one in result.findings} == {"GP101": "no residual connections", "GP106": ""}


def test_quick_asks_for_no_contract():
    """With quick the formula alone is decided."""
    assert verify.check(of(BookRelu), quick=True).findings == ()


def test_a_layer_that_ends_the_program_is_a_finding_at_most():
    """Whatever a layer does when it is called again, the check goes on."""
    assert codes(of(Exits)) <= {"GP119", "GP110", "GP111"}


def test_a_finding_has_its_place():
    """The method, its file and line, and the variant are told."""
    (found,) = [one for one in findings(of(BookRelu)) if one.code == "GP101"]
    assert found.detail == "BookRelu.backward writes into its argument dout"
    line = BookRelu.backward.__code__.co_firstlineno
    assert (str(found.where), str(found.variant), found.fails) == (f"tests/test_contracts.py:{line}", "N=3, D=4", True)


@slow
def test_the_reference_layers_keep_their_contracts():
    """No reference layer has a finding."""
    from layers import activations, attention, linear, losses, normalisation, pooling, recurrent

    modules = (activations, attention, linear, losses, normalisation, pooling, recurrent)
    cases = [c for m in modules for c in vars(m).values() if isinstance(c, verify.Case) and c.name != "TimeLSTM"]
    assert len(cases) > 25
    assert {c.name: codes(c) for c in cases} == {c.name: set() for c in cases}


class Parameter:
    def __init__(self, data):
        self.data, self.grad = np.array(data), np.zeros_like(data)

    def zero_grad(self):
        self.grad = np.zeros_like(self.data)


class LinearOfParameters:
    """Adds up gradients in parameters that can be started anew, as frameworks do."""

    def __init__(self, W):
        self.W = Parameter(W)

    def forward(self, x):
        self.x = np.array(x)
        return self.x @ self.W.data

    def backward(self, dout):
        self.W.grad = self.W.grad + self.x.T @ dout
        return dout @ self.W.data.T


def test_parameters_that_can_be_started_anew_declare_that_gradients_add_up():
    """A parameter with zero_grad adds up gradients on purpose."""

    @verify.case(x="N D", W="D M")
    def linear(x, W):
        layer = LinearOfParameters(W)
        dout = yield layer.forward(x)
        dx = layer.backward(dout)
        return dx, layer.W.grad

    assert not [finding for finding in verify.check(linear).findings if finding.fails]
