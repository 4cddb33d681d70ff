"""Recurrent cells of one step, and the same cells unrolled over sequences (N, T, D), with backpropagation through time.

x is (N, D) and h (N, H). With G gates, Wx is (D, G H), Wh (H, G H) and b (G H,): the gates are side by side.
"""

from collections.abc import Generator
from typing import Any

import numpy as np

import verify

Array = Any  # whatever NumPy computes with
Run = Generator[Any, Any, Any]


def _sigmoid(x: Array) -> Array:
    """Return 1 / (1 + exp(-x)) without overflow and without a branch."""
    return (1 + np.tanh(x / 2)) / 2


class RNN:
    """h = tanh(x Wx + h_prev Wh + b), with G = 1."""

    def __init__(self, Wx: Array, Wh: Array, b: Array) -> None:
        self.Wx, self.Wh, self.b = Wx, Wh, b

    def forward(self, x: Array, h_prev: Array) -> Array:
        h = np.tanh(x @ self.Wx + h_prev @ self.Wh + self.b)
        self.x, self.h_prev, self.slope = x.copy(), h_prev.copy(), 1 - h * h
        return h

    def backward(self, dh: Array) -> tuple[Array, Array]:
        da = dh * self.slope
        self.dWx, self.dWh, self.db = self.x.T @ da, self.h_prev.T @ da, da.sum(axis=0)
        return da @ self.Wx.T, da @ self.Wh.T


class LSTM:
    """c = f * c_prev + i * g, h = o * tanh(c), with f, i, o = sigmoid and g = tanh of x Wx + h_prev Wh + b.

    The order of the gates is f, g, i, o, as in Deep Learning from Scratch 2 (Gers, Schmidhuber, Cummins 2000).
    """

    def __init__(self, Wx: Array, Wh: Array, b: Array) -> None:
        self.Wx, self.Wh, self.b = Wx, Wh, b

    def forward(self, x: Array, h_prev: Array, c_prev: Array) -> tuple[Array, Array]:
        f, g, i, o = np.split(x @ self.Wx + h_prev @ self.Wh + self.b, 4, axis=1)
        f, g, i, o = _sigmoid(f), np.tanh(g), _sigmoid(i), _sigmoid(o)
        c = f * c_prev + i * g
        self.x, self.h_prev, self.c_prev = x.copy(), h_prev.copy(), c_prev.copy()
        self.gates, self.tanh_c = (f, g, i, o), np.tanh(c)
        return o * self.tanh_c, c

    def backward(self, dh: Array, dc: Array) -> tuple[Array, Array, Array]:
        f, g, i, o = self.gates
        ds = dc + dh * o * (1 - self.tanh_c**2)
        df = ds * self.c_prev * f * (1 - f)
        dg = ds * i * (1 - g**2)
        di = ds * g * i * (1 - i)
        do = dh * self.tanh_c * o * (1 - o)
        da = np.concatenate((df, dg, di, do), axis=1)
        self.dWx, self.dWh, self.db = self.x.T @ da, self.h_prev.T @ da, da.sum(axis=0)
        return da @ self.Wx.T, da @ self.Wh.T, ds * f


class GRU:
    """h = (1 - z) * h_prev + z * tanh(x Wx + (r * h_prev) Wh + b), with z, r = sigmoid(x Wx + h_prev Wh + b).

    The order of the gates is z, r and the new state, as in Deep Learning from Scratch 2 (Cho et al. 2014).
    """

    def __init__(self, Wx: Array, Wh: Array, b: Array) -> None:
        self.Wx, self.Wh, self.b = Wx, Wh, b

    def forward(self, x: Array, h_prev: Array) -> Array:
        n = 2 * h_prev.shape[1]
        a = x @ self.Wx + self.b
        z, r = np.split(_sigmoid(a[:, :n] + h_prev @ self.Wh[:, :n]), 2, axis=1)
        new = np.tanh(a[:, n:] + (r * h_prev) @ self.Wh[:, n:])
        self.x, self.h_prev, self.z, self.r, self.new = x.copy(), h_prev.copy(), z, r, new
        return (1 - z) * h_prev + z * new

    def backward(self, dh: Array) -> tuple[Array, Array]:
        n = 2 * dh.shape[1]
        h_prev, z, r, new = self.h_prev, self.z, self.r, self.new
        dnew = dh * z * (1 - new**2)
        dreset = dnew @ self.Wh[:, n:].T
        dz = dh * (new - h_prev) * z * (1 - z)
        dr = dreset * h_prev * r * (1 - r)
        dgates = np.concatenate((dz, dr), axis=1)
        da = np.concatenate((dgates, dnew), axis=1)
        self.dWx, self.db = self.x.T @ da, da.sum(axis=0)
        self.dWh = np.concatenate((h_prev.T @ dgates, (r * h_prev).T @ dnew), axis=1)
        return da @ self.Wx.T, dh * (1 - z) + dreset * r + dgates @ self.Wh[:, :n].T


class _Unrolled:
    """A cell for each step, all with the same parameters, so that the gradients of the steps add up."""

    cell: Any

    def __init__(self, Wx: Array, Wh: Array, b: Array) -> None:
        self.Wx, self.Wh, self.b = Wx, Wh, b

    def unroll(self, steps: int) -> None:
        """Make the cells of a sequence."""
        self.cells = [self.cell(self.Wx, self.Wh, self.b) for _ in range(steps)]

    def add_up(self) -> None:
        """Add up the gradients of the cells."""
        self.dWx = sum(cell.dWx for cell in self.cells)
        self.dWh = sum(cell.dWh for cell in self.cells)
        self.db = sum(cell.db for cell in self.cells)


class TimeRNN(_Unrolled):
    """h_t = RNN(x_t, h_{t-1}) from a given h_0 (N, H); returns the h_t of all steps (N, T, H)."""

    cell: Any = RNN

    def forward(self, xs: Array, h: Array) -> Array:
        self.unroll(xs.shape[1])
        hs = []
        for t, cell in enumerate(self.cells):
            h = cell.forward(xs[:, t], h)
            hs.append(h)
        return np.stack(hs, axis=1)

    def backward(self, dhs: Array) -> tuple[Array, Array]:
        dxs, dh = [], np.zeros_like(dhs[:, 0])
        for t, cell in reversed(list(enumerate(self.cells))):
            dx, dh = cell.backward(dhs[:, t] + dh)
            dxs.append(dx)
        self.add_up()
        return np.stack(dxs[::-1], axis=1), dh


class TimeGRU(TimeRNN):
    """h_t = GRU(x_t, h_{t-1}) from a given h_0 (N, H); returns the h_t of all steps (N, T, H)."""

    cell: Any = GRU


class TimeLSTM(_Unrolled):
    """h_t, c_t = LSTM(x_t, h_{t-1}, c_{t-1}) from given h_0 and c_0 (N, H); returns the h_t of all steps (N, T, H)."""

    cell: Any = LSTM

    def forward(self, xs: Array, h: Array, c: Array) -> Array:
        self.unroll(xs.shape[1])
        hs = []
        for t, cell in enumerate(self.cells):
            h, c = cell.forward(xs[:, t], h, c)
            hs.append(h)
        return np.stack(hs, axis=1)

    def backward(self, dhs: Array) -> tuple[Array, Array, Array]:
        dxs, dh = [], np.zeros_like(dhs[:, 0])
        dc = np.zeros_like(dh)
        for t, cell in reversed(list(enumerate(self.cells))):
            dx, dh, dc = cell.backward(dhs[:, t] + dh, dc)
            dxs.append(dx)
        self.add_up()
        return np.stack(dxs[::-1], axis=1), dh, dc


rnn = verify.layer(RNN, params={"Wx": "D H", "Wh": "H H", "b": "H"}, inputs={"x": "N D", "h_prev": "N H"})
gru = verify.layer(GRU, params={"Wx": "D 3*H", "Wh": "H 3*H", "b": "3*H"}, inputs={"x": "N D", "h_prev": "N H"})


@verify.case(x="N D", h_prev="N H", c_prev="N H", Wx="D 4*H", Wh="H 4*H", b="4*H")
def lstm(x: Array, h_prev: Array, c_prev: Array, Wx: Array, Wh: Array, b: Array) -> Run:
    """Make one step, of which h and c are both used."""
    layer = LSTM(Wx, Wh, b)
    dh, dc = yield layer.forward(x, h_prev, c_prev)
    return *layer.backward(dh, dc), layer.dWx, layer.dWh, layer.db


time_rnn = verify.layer(TimeRNN, params={"Wx": "2 H", "Wh": "H H", "b": "H"}, inputs={"xs": "N 3 2", "h": "N H"})
time_gru = verify.layer(TimeGRU, params={"Wx": "2 3*H", "Wh": "H 3*H", "b": "3*H"}, inputs={"xs": "N 3 2", "h": "N H"})
time_lstm = verify.layer(
    TimeLSTM, params={"Wx": "2 4*H", "Wh": "H 4*H", "b": "4*H"}, inputs={"xs": "N 3 2", "h": "N H", "c": "N H"}
)
