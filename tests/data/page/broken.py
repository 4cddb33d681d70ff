"""A suite with a failure of each kind: what the page is looked at with, and tested with in a browser."""

import numpy as np

import verify


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        dx = dout @ self.W.T
        self.dW = self.x.T @ dout / 2  # half of it
        self.db = dout.sum(axis=0)
        return dx


class Relu:
    """Right everywhere but on the kink, where it returns 2."""

    def forward(self, x):
        self.x = x.copy()
        return np.where(x > 0, x, 0)

    def backward(self, dout):
        return np.where(self.x == 0, 2 * dout, np.where(self.x > 0, dout, 0))


class Wave:
    """Cannot be followed: its gradient comes from a table."""

    def forward(self, x):
        self.x = x.copy()
        return np.sin(x)

    def backward(self, dout):
        return dout * np.array([float(f"{v:.12f}") for v in np.cos(self.x).ravel()]).reshape(dout.shape)


class Careless:
    """Writes into dout, and keeps the array of its caller."""

    def forward(self, x):
        self.x = x
        return x * x

    def backward(self, dout):
        dout *= 2 * self.x
        return dout


class Raises:
    def forward(self, x):
        self.mean = x.mean(axis=0)
        return x - self.mean

    def backward(self, dout):
        return dout - self.average


class Cast:
    """Loses half of the digits on the way back."""

    def forward(self, x):
        self.x = x.copy()
        return x * x * x

    def backward(self, dout):
        slope = 3 * self.x * self.x
        return dout * (slope.astype(np.float32).astype(np.float64) if slope.dtype == np.float64 else slope)


class Variance:
    """The right formula, with arithmetic that loses its digits far from zero."""

    def forward(self, x):
        self.x = x.copy()
        return (x**2).mean(axis=1) - x.mean(axis=1) ** 2

    def backward(self, dout):
        n = self.x.shape[1]
        mean = self.x.mean(axis=1, keepdims=True)
        return dout[:, None] * 2 * ((self.x**2 - mean * self.x) - (self.x - 1) * (self.x - mean)) / n


class Gate:
    """Has a side that nobody reaches."""

    def forward(self, x):
        self.open = np.sin(x) + np.sin(2 * x) > 1.9  # at most 1.76
        return np.where(self.open, 2 * x, x)

    def backward(self, dout):
        return np.where(self.open, 2 * dout, dout)


affine = verify.layer(Affine, params={"W": "D M", "b": "M"}, inputs={"x": "N D"}, name="affine <img onerror=alert(1)>")
relu = verify.layer(Relu, inputs={"x": "N D"}, name="wrong on the kink")
wave = verify.layer(Wave, inputs={"x": "N D"}, name="cannot be followed")
careless = verify.layer(Careless, inputs={"x": "N D"}, name="writes into dout")
raises = verify.layer(Raises, inputs={"x": "N D"}, name="raises in backward")
cast = verify.layer(Cast, inputs={"x": "N D"}, name="casts to single")
variance = verify.layer(Variance, inputs={"x": "N 4"}, name="variance, loses digits")
gate = verify.layer(Gate, inputs={"x": "N D"}, name="gate")


class MulLayer:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y

    def backward(self, dout):
        dx = dout * self.x  # swapped: it is y that x is multiplied by
        dy = dout * self.y
        return dx, dy


APPLES = """
apple_price = apple * apple_cnt
orange_price = orange * orange_cnt
total_price = apple_price + orange_price
price = total_price * tax
"""
AT = {"apple": 100, "apple_cnt": 2, "orange": 150, "orange_cnt": 3, "tax": "1.1"}


@verify.case(APPLES, at=AT, name="apples, swapped in one layer")
def apples(apple, apple_cnt, orange, orange_cnt, tax):
    wrong = MulLayer()
    apple_price, orange_price = wrong.forward(apple, apple_cnt), orange * orange_cnt
    total = apple_price + orange_price
    dprice = yield {
        "apple_price": apple_price,
        "orange_price": orange_price,
        "total_price": total,
        "price": total * tax,
    }
    dtotal = dprice * tax
    dapple, dapple_cnt = wrong.backward(dtotal)
    return {
        "apple": dapple,
        "apple_cnt": dapple_cnt,
        "apple_price": dtotal,
        "orange": dtotal * orange_cnt,
        "orange_cnt": dtotal * orange,
        "orange_price": dtotal,
        "total_price": dtotal,
        "tax": dprice * total,
    }


@verify.case("price = side * side * per_area", at={"side": 7, "per_area": "0.04"}, name="overwritten, not added")
def square(side, per_area):
    dprice = yield side * side * per_area
    return side * per_area * dprice, side * side * dprice


@verify.case("out = x * y", at={"x": 3, "y": "0.1"}, name="goes through text")
def texted(x, y):
    dout = yield x * y
    return dout * float(str(y)), dout * x


@verify.case("out = x * y", at={"x": 3, "y": "0.1"}, name="rounds what it keeps")
def rounding(x, y):
    dout = yield x * y
    return dout * (float(np.float32(y)) if isinstance(y, float) else y), dout * x


@verify.case("price = apple * tax", at={"apple": 100, "tax": "1.1"}, name="in order")
def right(apple, tax):
    dprice = yield apple * tax
    return dprice * tax, dprice * apple
