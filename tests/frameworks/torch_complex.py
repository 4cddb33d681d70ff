"""Functions of PyTorch with complex inputs or outputs, and wrong twins of each: gradients are dL/da + i dL/db."""

import torch
from torch.autograd import Function

from verify import complex as complex_input
from verify import fixed, integer, real, torch_function


class Product(Function):
    @staticmethod
    def forward(ctx, z, w):
        ctx.save_for_backward(z, w)
        return z * w

    @staticmethod
    def backward(ctx, g):
        z, w = ctx.saved_tensors
        return g * w.conj(), g * z.conj()


class ProductNoConj(Product):
    @staticmethod
    def backward(ctx, g):
        z, w = ctx.saved_tensors
        return g * w.conj(), g * z


class ProductConjAll(Product):
    @staticmethod
    def backward(ctx, g):
        z, w = ctx.saved_tensors
        return (g * w).conj(), (g * z).conj()


class Scaled(Function):
    """A complex input beside a real one, whose gradient is real."""

    @staticmethod
    def forward(ctx, z, s):
        ctx.save_for_backward(z, s)
        return z * s

    @staticmethod
    def backward(ctx, g):
        z, s = ctx.saved_tensors
        return g * s, (g * z.conj()).real


class ScaledRealDropped(Scaled):
    @staticmethod
    def backward(ctx, g):
        z, s = ctx.saved_tensors
        return g * s, g.real * z.real


class ScaledSignOfImaginary(Scaled):
    @staticmethod
    def backward(ctx, g):
        z, s = ctx.saved_tensors
        return g * s, (g * z).real


class Squared(Function):
    """A real output of a complex input: no holomorphic function."""

    @staticmethod
    def forward(ctx, z):
        ctx.save_for_backward(z)
        return z.real.square() + z.imag.square()

    @staticmethod
    def backward(ctx, g):
        (z,) = ctx.saved_tensors
        return 2 * g * z


class SquaredHolomorphic(Squared):
    @staticmethod
    def backward(ctx, g):
        (z,) = ctx.saved_tensors
        return 2 * g * z.conj()


class SquaredHalf(Squared):
    """Wirtinger's derivative itself, of which PyTorch's gradient is twice as much."""

    @staticmethod
    def backward(ctx, g):
        (z,) = ctx.saved_tensors
        return g * z


class SquaredReal(Squared):
    @staticmethod
    def backward(ctx, g):
        (z,) = ctx.saved_tensors
        return torch.complex(2 * g * z.real, torch.zeros_like(g))


class Modulus(Function):
    @staticmethod
    def forward(ctx, z):
        size = torch.abs(z)
        ctx.save_for_backward(z, size)
        return size

    @staticmethod
    def backward(ctx, g):
        z, size = ctx.saved_tensors
        return g * z / size


class ModulusNoDivision(Modulus):
    @staticmethod
    def backward(ctx, g):
        z, _ = ctx.saved_tensors
        return g * z


class Exponential(Function):
    @staticmethod
    def forward(ctx, z):
        y = torch.exp(z)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g * torch.conj(y)


class ExponentialNoConj(Exponential):
    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g * y


class Conjugate(Function):
    @staticmethod
    def forward(ctx, z):
        return z.conj()

    @staticmethod
    def backward(ctx, g):
        return g.conj()


class ConjugatePassed(Conjugate):
    @staticmethod
    def backward(ctx, g):
        return g


class Rotary(Function):
    """Pairs of real numbers as complex ones, as in rotary embeddings; angles are real."""

    @staticmethod
    def forward(ctx, x, angle):
        turn = torch.polar(torch.ones_like(angle), angle)
        ctx.save_for_backward(turn)
        pairs = torch.view_as_complex(x.reshape(*x.shape[:-1], -1, 2).contiguous())
        return torch.view_as_real(pairs * turn).flatten(-2)

    @staticmethod
    def backward(ctx, g):
        (turn,) = ctx.saved_tensors
        pairs = torch.view_as_complex(g.reshape(*g.shape[:-1], -1, 2).contiguous())
        return torch.view_as_real(pairs * turn.conj()).flatten(-2), None


class RotaryTurnedOn(Rotary):
    @staticmethod
    def backward(ctx, g):
        (turn,) = ctx.saved_tensors
        pairs = torch.view_as_complex(g.reshape(*g.shape[:-1], -1, 2).contiguous())
        return torch.view_as_real(pairs * turn).flatten(-2), None


class Linear(Function):
    @staticmethod
    def forward(ctx, x, w, b):
        ctx.save_for_backward(x, w)
        return torch.addmm(b, x, w.t())

    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        return g @ w.conj(), g.t() @ x.conj(), g.sum(0)


class LinearNoConj(Linear):
    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        return g @ w, g.t() @ x.conj(), g.sum(0)


class LinearAdjoint(Linear):
    """The adjoint of the upstream where the transpose is meant."""

    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        return g @ w.conj(), g.mH @ x, g.sum(0)


class Halves(Function):
    """Two real outputs of a complex input."""

    @staticmethod
    def forward(ctx, z):
        return z.real * 2, z.imag * 3

    @staticmethod
    def backward(ctx, g, h):
        return torch.complex(2 * g, 3 * h)


class HalvesSwapped(Halves):
    @staticmethod
    def backward(ctx, g, h):
        return torch.complex(3 * h, 2 * g)


class Written(Function):
    """A copy of the input, written into by halves and by entries."""

    @staticmethod
    def forward(ctx, z):
        made = torch.zeros_like(z)
        made[:, 0] = z[:, 0] * 2j
        made.real[:, 1:] = z.imag[:, 1:]
        return made

    @staticmethod
    def backward(ctx, g):
        made = torch.zeros_like(g)
        made[:, 0] = g[:, 0] * -2j
        made.imag[:, 1:] = g.real[:, 1:]
        return made


class WrittenSign(Written):
    @staticmethod
    def backward(ctx, g):
        made = torch.zeros_like(g)
        made[:, 0] = g[:, 0] * 2j
        made.imag[:, 1:] = g.real[:, 1:]
        return made


class WrittenHalf(Written):
    @staticmethod
    def backward(ctx, g):
        made = torch.zeros_like(g)
        made[:, 0] = g[:, 0] * -2j
        made.real[:, 1:] = g.real[:, 1:]
        return made


class Gathered(Function):
    """Rows by an index that comes more than once."""

    @staticmethod
    def forward(ctx, z, index):
        ctx.save_for_backward(index)
        ctx.rows = z.shape[0]
        return z[index].conj()

    @staticmethod
    def backward(ctx, g):
        (index,) = ctx.saved_tensors
        made = torch.zeros(ctx.rows, *g.shape[1:], dtype=g.dtype)
        return made.index_add(0, index, g.conj()), None


class GatheredOnce(Gathered):
    @staticmethod
    def backward(ctx, g):
        (index,) = ctx.saved_tensors
        made = torch.zeros(ctx.rows, *g.shape[1:], dtype=g.dtype)
        made[index] = g.conj()
        return made, None


class Frozen(Product):
    """The gradient of a frozen input is left out."""

    @staticmethod
    def backward(ctx, g):
        z, w = ctx.saved_tensors
        return tuple(g * o.conj() if n else None for n, o in zip(ctx.needs_input_grad, (w, z), strict=True))


class FrozenSwapped(Product):
    @staticmethod
    def backward(ctx, g):
        z, w = ctx.saved_tensors
        swapped = ctx.needs_input_grad[::-1]
        return tuple(g * o.conj() if n else None for n, o in zip(swapped, (w, z), strict=True))


class Modulated(Function):
    """A real input that becomes complex: PyTorch's engine takes no gradient for it but a real one."""

    @staticmethod
    def forward(ctx, x):
        y = torch.exp(1j * x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return (g * (1j * y).conj()).real


class ModulatedNoConj(Modulated):
    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return (g * 1j * y).real


class ModulatedComplex(Modulated):
    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g * (1j * y).conj()


PAIRS = {"z": complex_input("N D"), "w": complex_input("N D")}
ONE = {"z": complex_input("N D")}
RATIO = {"z": complex_input("N D"), "s": "N D"}
LINEAR = {"x": complex_input("N D"), "w": complex_input("M D"), "b": complex_input("M")}
AWAY = {"z": complex_input("N D", low="0.5")}
TURNED = {"x": "N 4", "angle": fixed("N 2")}
GATHERED = {"z": complex_input("N D"), "index": integer("M", below="N")}
RIGHT = {
    "product": torch_function(Product, **PAIRS),
    "scaled": torch_function(Scaled, **RATIO),
    "squared": torch_function(Squared, **ONE),
    "modulus": torch_function(Modulus, **AWAY),
    "exponential": torch_function(Exponential, **ONE),
    "conjugate": torch_function(Conjugate, **ONE),
    "rotary": torch_function(Rotary, **TURNED),
    "linear": torch_function(Linear, **LINEAR),
    "halves": torch_function(Halves, **ONE),
    "written": torch_function(Written, z=complex_input("N 3")),
    "gathered": torch_function(Gathered, **GATHERED),
    "frozen": torch_function(Frozen, **PAIRS),
    "modulated": torch_function(Modulated, x=real("N D")),
}
WRONG = {
    "ProductNoConj": torch_function(ProductNoConj, **PAIRS),
    "ProductConjAll": torch_function(ProductConjAll, **PAIRS),
    "ScaledRealDropped": torch_function(ScaledRealDropped, **RATIO),
    "ScaledSignOfImaginary": torch_function(ScaledSignOfImaginary, **RATIO),
    "SquaredHolomorphic": torch_function(SquaredHolomorphic, **ONE),
    "SquaredHalf": torch_function(SquaredHalf, **ONE),
    "SquaredReal": torch_function(SquaredReal, **ONE),
    "ModulusNoDivision": torch_function(ModulusNoDivision, **AWAY),
    "ExponentialNoConj": torch_function(ExponentialNoConj, **ONE),
    "ConjugatePassed": torch_function(ConjugatePassed, **ONE),
    "RotaryTurnedOn": torch_function(RotaryTurnedOn, **TURNED),
    "LinearNoConj": torch_function(LinearNoConj, **LINEAR),
    "LinearAdjoint": torch_function(LinearAdjoint, **LINEAR),
    "HalvesSwapped": torch_function(HalvesSwapped, **ONE),
    "WrittenSign": torch_function(WrittenSign, z=complex_input("N 3")),
    "WrittenHalf": torch_function(WrittenHalf, z=complex_input("N 3")),
    "GatheredOnce": torch_function(GatheredOnce, **GATHERED),
    "FrozenSwapped": torch_function(FrozenSwapped, **PAIRS),
    "ModulatedNoConj": torch_function(ModulatedNoConj, x=real("N D")),
}
