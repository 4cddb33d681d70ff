"""How a case is written: what a file without cases is told in one line, and what `gradproof explain cases` prints."""

from __future__ import annotations

from pathlib import Path

from verify.model.errors import InputError

_EXAMPLES = {
    True: '[[case]] with name = "tax", expression = "price = apple * tax", inputs = { apple = 100, tax = 1.1 }',
    False: 'affine = gradproof.layer(Affine, inputs={"x": "N D"}, params={"W": "D M", "b": "M"})',
}
_WITHOUT = "; or without cases: `gradproof scan {0}` checks its layers, `gradproof fix --scan {0}` corrects them"
_OPEN = ", and the comments in it, which `gradproof init` has begun cases in"
HELP = """A case says what code to call and which shapes its arrays have. Write cases into a file beside your layers:

    # my_cases.py
    import gradproof
    from my_layers import Affine, SoftmaxLoss, softplus, softplus_slope

    affine = gradproof.layer(Affine, inputs={"x": "N D"}, params={"W": "D M", "b": "M"})
    loss = gradproof.layer(SoftmaxLoss, inputs={"x": "N C", "t": gradproof.integer("N", below="C")})
    slope = gradproof.derivative(softplus, softplus_slope, x="N")

and run `gradproof my_cases.py`. The letters are names of your choice: gradproof chooses sizes and values.

  layer       a class with forward and backward; `inputs` go to forward, `params` to the constructor
  pair        functions forward(...) -> (out, cache) and backward(dout, cache)
  loss        a function that returns (loss, gradient)
  derivative  a function f and its derivative
  case        any other code: a generator that yields the output and returns the gradients

  "N D"                              an array of real numbers of that shape, which is differentiated
  real("N D", low=0, high=1)         the same between bounds
  integer("N", below="C")            labels or indices
  fixed("N D")                       real numbers that are not differentiated, as targets of a loss
  constant(0.1)                      one fixed value
  options={"stride": [1, 2]}         keyword arguments, each value tried

A formula of scalars needs no file: gradproof expr "price = apple * tax" --at apple=100 --at tax=1.1

All of it, with examples: docs/how-to/write-cases.md in the repository, and help(gradproof.layer) in Python.
"""


def no_cases(target: str) -> InputError:
    """Return the error for a target without cases, which says how to write one and what needs none."""
    formulas = target.endswith(".toml")
    written = Path(target).name.startswith("verify_")  # by `gradproof init`: there is nothing to scan in it
    more = "" if formulas else _OPEN if written else _WITHOUT.format(target)
    return InputError(
        f"{target}: contains no cases; add one, such as {_EXAMPLES[formulas]}: see `gradproof explain cases`{more}"
    )
