def dense_forward(X, W, b):
    return X @ W + b, (X, W)


def dense_backward(dY, cache):
    X, W = cache
    return dY @ W.T, [X.T @ dY, dY.sum(axis=0)]


def shift_forward(X, b):
    return X * X + b, X


def shift_backward(dY, X):
    return 2 * X * dY, [dY.mean(axis=0)]
