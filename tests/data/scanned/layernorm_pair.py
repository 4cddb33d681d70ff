import numpy as np


def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param.get("eps", 1e-5)
    mu = x.mean(axis=1, keepdims=True)
    centred = x - mu
    std = np.sqrt((centred**2).mean(axis=1, keepdims=True) + eps)
    normal = centred / std
    return gamma * normal + beta, (normal, gamma, std)


def layernorm_backward(dout, cache):
    normal, gamma, std = cache
    D = dout.shape[1]
    d = dout * gamma
    dx = (d - d.mean(axis=1, keepdims=True) - normal * (d * normal).sum(axis=1, keepdims=True) / D) / std
    return dx, (dout * normal).sum(axis=0), dout.sum(axis=0)


def rmsnorm_forward(x, gamma, eps=1e-6):
    rms = np.sqrt((x**2).mean(axis=-1, keepdims=True) + eps)
    return x / rms * gamma, (x, gamma, rms)


def rmsnorm_backward(dout, cache):
    x, gamma, rms = cache
    dgamma = (dout * x / rms).sum(axis=0)
    d = dout * gamma
    dx = d / rms - x * (d * x).sum(axis=-1, keepdims=True) / rms**3
    return dx, dgamma
