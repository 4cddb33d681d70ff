import numpy as np


def max_pool_forward(x, pool_param):
    N, C, H, W = x.shape
    ph, pw, s = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    out = np.zeros((N, C, (H - ph) // s + 1, (W - pw) // s + 1))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            out[:, :, i, j] = x[:, :, i * s : i * s + ph, j * s : j * s + pw].max(axis=(2, 3))
    return out, (x, pool_param)


def max_pool_backward(dout, cache):
    x, pool_param = cache
    ph, pw, s = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    dx = np.zeros_like(x)
    N, C, rows, columns = dout.shape
    for n in range(N):
        for c in range(C):
            for i in range(rows):
                for j in range(columns):
                    window = x[n, c, i * s : i * s + ph, j * s : j * s + pw]
                    row, column = np.unravel_index(np.argmax(window), window.shape)
                    dx[n, c, i * s + row, j * s + column] += dout[n, c, i, j]
    return dx


def mean_pool_forward(x, pool_param):
    size, stride = pool_param["size"], pool_param.get("stride", 2)
    N, C, H, W = x.shape
    out = np.zeros((N, C, (H - size) // stride + 1, (W - size) // stride + 1))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            r, c = i * stride, j * stride
            out[:, :, i, j] = x[:, :, r : r + size, c : c + size].mean(axis=(2, 3))
    return out, (x.shape, size, stride)


def mean_pool_backward(dout, cache):
    shape, size, stride = cache
    dx = np.zeros(shape)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            r, c = i * stride, j * stride
            dx[:, :, r : r + size, c : c + size] = dout[:, :, i, j][:, :, None, None] / size**2
    return dx
