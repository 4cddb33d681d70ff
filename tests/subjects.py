"""Cases that several test files make, and what they ask of results."""

import numpy as np

import verify


def elementwise(forward, backward, shape="N D", **bounds):
    """Return the case of a layer with these two functions; backward is given the upstream and a copy of the input."""

    class Layer:
        def forward(self, x):
            self.x = np.array(x)
            return forward(x)

        def backward(self, dout):
            return backward(dout, self.x)

    return verify.layer(Layer, inputs={"x": verify.real(shape, **bounds)})


def verdicts(case, **settings):
    """Return the verdicts of a case's gradients."""
    return {row.verdict for row in verify.check(case, **settings).comparisons}


def complaints(result):
    """Return what a strict gate fails for, as short texts."""
    wrong = [row for row in result.comparisons if not row.verdict.good]
    rows = [f"{row.name} {row.verdict.name} {row.variant}: {row.evidence.detail}" for row in wrong]
    return rows + [f"{finding.code} {finding.detail}" for finding in result.findings if finding.fails]
