import numpy as np


def affine_forward(x, w, b):
    """Inputs:
    - x: input data of shape (N, D)
    - w: weights of shape (D, M)
    - b: biases of shape (M,)
    """
    out = x.dot(w) + b
    return out, (x, w, b)


def affine_backward(dout, cache):
    x, w, b = cache
    return dout.dot(w.T), x.T.dot(dout), dout.sum(axis=0)


def wrong_affine_forward(x, w, b):
    return affine_forward(x, w, b)


def wrong_affine_backward(dout, cache):
    dx, dw, db = affine_backward(dout, cache)
    return dx, 2 * dw, db


def batchnorm_forward(x, gamma, beta, bn_param):
    eps = bn_param.get("eps", 1e-5)
    N, D = x.shape
    mean = x.mean(axis=0)
    var = x.var(axis=0) + eps
    normal = (x - mean) / np.sqrt(var)
    return gamma * normal + beta, (normal, gamma, var)


def batchnorm_backward(dout, cache):
    normal, gamma, var = cache
    N = dout.shape[0]
    dbeta = dout.sum(axis=0)
    dgamma = (dout * normal).sum(axis=0)
    dx = gamma / (N * np.sqrt(var)) * (N * dout - dbeta - normal * dgamma)
    return dx, dgamma, dbeta


def conv_forward_naive(x, w, b, conv_param):
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    stride, pad = conv_param["stride"], conv_param["pad"]
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    rows, columns = 1 + (H + 2 * pad - HH) // stride, 1 + (W + 2 * pad - WW) // stride
    out = np.zeros((N, F, rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = padded[:, :, i * stride : i * stride + HH, j * stride : j * stride + WW]
            out[:, :, i, j] = np.tensordot(window, w, ((1, 2, 3), (1, 2, 3))) + b
    return out, (x, w, b, conv_param)


def conv_backward_naive(dout, cache):
    """The gradient of a convolution that forgets the stride of its windows."""
    x, w, b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    F, C, HH, WW = w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            rows, columns = slice(i, i + HH), slice(j, j + WW)
            dw += np.tensordot(dout[:, :, i, j], padded[:, :, rows, columns], ((0,), (0,)))
            dpadded[:, :, rows, columns] += np.tensordot(dout[:, :, i, j], w, ((1,), (0,)))
    H, W = x.shape[2:]
    return dpadded[:, :, pad : pad + H, pad : pad + W], dw, dout.sum(axis=(0, 2, 3))


def softmax_loss(x, y):
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    probs = e / e.sum(axis=1, keepdims=True)
    N = x.shape[0]
    loss = -np.sum(np.log(probs[np.arange(N), y])) / N
    dx = probs.copy()
    dx[np.arange(N), y] -= 1
    dx /= N
    return loss, dx


def svm_loss(x, y):
    """A loss whose gradient forgets the rows' own entries."""
    N = x.shape[0]
    margins = np.maximum(0, x - x[np.arange(N), y][:, np.newaxis] + 1.0)
    margins[np.arange(N), y] = 0
    dx = np.zeros_like(x)
    dx[margins > 0] = 1
    return margins.sum() / N, dx / N


def energy(x, y):
    dx, dy = x - y, y - x
    return 0.5 * np.sum((x - y) ** 2), dx.copy(), dy / 1
