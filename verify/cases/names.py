"""By which names code has what is asked of it: methods, gradients, and where either is kept."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

# By which names layers have what is asked of them, the usual one first; `gradproof.extend.protocol` adds to them.
NAMES: dict[str, list[str]] = {
    "forward": [
        *("forward", "forward_pass", "fprop", "__call__", "fwd", "forward_prop", "forward_propagate"),
        *("forward_propagation", "feed_forward", "feedforward", "call"),
    ],
    "backward": [
        *("backward", "backward_pass", "bprop", "bwd", "backprop", "back_prop", "backward_prop", "backward_propagate"),
        *("backward_propagation", "backpropagate", "back_propagate", "backpropagation", "back_propagation"),
        *("feed_backward", "feedbackward"),
    ],
    "gradients": [
        "d{}",
        "d_{}",
        "grad_{}",
        "{}_grad",
        "grad{}",
        "g{}",
        "delta_{}",
        "dLd{}",
        "dL_d{}",
        "nabla_{}",
    ],  # of a parameter
    "containers": ["grads", "gradients", "grad"],  # of the gradients of all parameters
    "outputs": ["output", "out", "outputs"],  # where methods return nothing
    "input_gradients": ["dinputs", "dinput", "dx", "dX"],
}


_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def spelled(name: str) -> str:
    """Return a name in small letters, with underscores between its words: forward_pass of forwardPass."""
    return _WORDS.sub("_", name).lower()


def labels_of(key: str) -> Sequence[str]:
    """Return how the gradient of an array may be called."""
    return _labels_by(key, tuple(NAMES["gradients"]))


@functools.lru_cache(maxsize=1024)
def _labels_by(key: str, patterns: Sequence[str]) -> Sequence[str]:
    """Return them by the patterns that there are now: they are asked for in each run, and written once."""
    return tuple(pattern.format(key) for pattern in patterns)
