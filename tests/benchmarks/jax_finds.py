"""Who finds what inside JAX: gradproof beside `jax.test_util.check_grads` (`who_finds`)."""

import sys
from functools import partial

import jax

from tests.benchmarks.who_finds import Written, compared

jax.config.update("jax_enable_x64", True)


def check_grads(written, case):
    """Tell whether JAX's checker passes a rule: by reverse mode, and by forward mode too where the rule is for that."""
    from jax.test_util import check_grads as check

    function, values = written.function(case), written.arguments(case)
    names = [*values]  # as the case has them: in the order of the parameters, options last
    places = [names.index(name) for name in case.real if name in values]  # without that of the claim about the value

    def call(*arguments):
        ordered = [values[name] for name in names]
        for place, argument in zip(places, arguments, strict=True):
            ordered[place] = argument
        return function(*ordered)

    modes = ["fwd", "rev"] if isinstance(function, jax.custom_jvp) else ["rev"]
    check(call, tuple(values[names[place]] for place in places), 1, modes)
    return True


if __name__ == "__main__":
    of_tests = Written("jax_rule", "jax_functions")
    sys.exit(compared(of_tests, {"check_grads": partial(check_grads, of_tests)}))
