"""Modules of small cases by their names, as text."""

CASE = """
@gradproof.case("x * y", at={{"x": 2, "y": 3}})
def {name}(x, y):
    dout = yield x * y
    return dout * {wrong}y, dout * x
"""


def cases(*names, wrong=()):
    """Write a module of cases, some of them wrong."""
    return "import gradproof\n" + "".join(CASE.format(name=n, wrong="2 * " * (n in wrong)) for n in names)
