"""NumPy's `dW[idx] += dout`, which adds once for a repeated index, is told with what to write instead."""

import numpy as np

import verify


def diagnoses(layer, **inputs):
    case = verify.layer(layer, inputs=inputs)
    return [row.diagnosis for row in verify.check(case, quick=True).comparisons if not row.good]


class Columns:
    def forward(self, x, i):
        self.i, self.shape = i, x.shape
        return x[:, i]

    def backward(self, dout):
        dx = np.zeros(self.shape)
        dx[:, self.i] += dout
        return dx


class Squares(Columns):
    def forward(self, x, i):
        self.x, self.i = x, i
        return x[i] ** 2

    def backward(self, dout):
        dx = np.zeros(self.x.shape)
        dx[self.i] -= -2 * dout * self.x[self.i]
        return dx


class Counted(Columns):
    """A loop over numbers, which forgets all but the last: no array is the index."""

    def backward(self, dout):
        dx = np.zeros(self.shape)
        for j, column in enumerate(self.i):
            dx[:, column] = 0
            dx[:, column] += dout[:, j]
        return dx


class Right(Columns):
    def backward(self, dout):
        dx = np.zeros(self.shape)
        np.add.at(dx, np.s_[:, self.i], dout)
        return dx


LABELS = verify.integer("3", below=2)


def test_what_to_write():
    """The statement is quoted, with the call that adds for each index; that call is right."""
    (text,) = set(diagnoses(Columns, x="1 2", i=LABELS))
    assert text.endswith(
        "missing: dx[:, self.i] += dout adds once for an index that is repeated; write np.add.at(dx, np.s_[:, self.i], dout)"
    )
    assert diagnoses(Right, x="1 2", i=LABELS) == []


def test_a_difference():
    """What is subtracted has a call of its own, whatever the diagnosis of the terms that are missing."""
    texts = diagnoses(Squares, x="2", i=LABELS)
    assert texts
    assert all("write np.subtract.at(dx, self.i, -2 * dout * self.x[self.i])" in text for text in texts)


def test_an_index_that_is_a_number():
    """Nothing is said of a loop over numbers."""
    texts = diagnoses(Counted, x="1 2", i=LABELS)
    assert texts
    assert not any("repeated" in text for text in texts)
