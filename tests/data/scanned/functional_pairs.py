import numpy as np


def relu_fwd(x):
    return np.maximum(x, 0), x


def relu_bwd(dout, x):
    return np.where(x > 0, dout, 0)


def forward_square(x):
    return x**2, x


def backward_square(dout, x):
    return dout * x


def abs_fprop(x):
    return np.abs(x)


def abs_bprop(dout, x):
    return dout * np.sign(x)


def hard_sigmoid_forward(x):
    return np.clip(0.2 * x + 0.5, 0, 1), x


def hard_sigmoid_backward(dout, x):
    return dout * 0.2 * (np.abs(x) < 2.5)
