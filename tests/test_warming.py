"""What is worked out before workers are forked: it changes how long they take, and nothing that they see."""

import subprocess
import sys
from pathlib import Path

from effort import slow

ROOT = Path(__file__).parent.parent

START = """if True:
    from verify.runner.worker import import_checks, import_engine
    import_engine()
    import_checks()
"""


def printed(code):
    """Return what a new interpreter prints that has all checks."""
    done = subprocess.run([sys.executable, "-c", START + code], capture_output=True, text=True, check=True, cwd=ROOT)
    return done.stdout


@slow
def test_rules_are_derived_in_advance():
    """SymPy is not asked again for the derivative of a product or of a quotient."""
    code = """
    from fractions import Fraction
    from verify.graph import adjoints
    before = adjoints._rule.cache_info().misses
    adjoints._rule("power", Fraction(-1))
    adjoints._binary("product")
    print(adjoints._rule.cache_info().misses - before, adjoints._binary.cache_info().misses)"""
    assert printed(code) == "0 2\n"


@slow
def test_a_first_case_imports_nothing_where_all_was_in_advance():
    """Each import during a check would have the stand-ins looked for in all modules again."""
    code = """
    import sys
    from layers.activations import Sigmoid
    from verify import check, layer
    before = set(sys.modules)
    check(layer(Sigmoid, inputs={"x": "2"}))
    print(sorted(set(sys.modules) - before))"""
    assert printed(code) == "[]\n"
