"""Who finds what inside PyTorch: gradproof beside `torch.autograd.gradcheck` (`who_finds`)."""

import sys
import warnings
from functools import partial

import numpy as np
import torch

from tests.benchmarks.who_finds import Written, compared
from verify.adapters.torch.case import parameters_of


def call_of(written, case):
    """Return a call and its tensors, in the order of forward's parameters.

    PyTorch's checker refuses to have its own tensors written into, and outputs of truth values: it is given copies, and
    the other outputs.
    """
    function, values = written.function(case), written.arguments(case)
    tensors = {key: torch.as_tensor(value) if isinstance(value, np.ndarray) else value for key, value in values.items()}
    for key in case.real:
        tensors[key].requires_grad_()

    def call(*arguments):
        copies = (value.clone() if isinstance(value, torch.Tensor) else value for value in arguments)
        returned = function.apply(*copies)
        return tuple(filter(torch.is_floating_point, returned)) if isinstance(returned, tuple) else returned

    return call, [tensors[name] for name in parameters_of(function, tensors)]


def gradcheck(written, fast, case):
    """Tell whether PyTorch's checker passes a Function."""
    with warnings.catch_warnings(action="ignore"):
        return torch.autograd.gradcheck(*call_of(written, case), raise_exception=False, fast_mode=fast)


if __name__ == "__main__":
    of_tests = Written("torch_function", *(sys.argv[1:] or ["torch_functions"]))
    slow, fast = (partial(gradcheck, of_tests, mode) for mode in (False, True))
    sys.exit(compared(of_tests, {"gradcheck, slow": slow, "gradcheck, fast": fast}))
