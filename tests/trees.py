"""Sources as trees: several tests read all of ours, and parsing those takes seconds."""

import ast
from functools import cache


@cache
def tree_of(source):
    """Return the tree of a source, the same one each time: nobody changes it."""
    return ast.parse(source)


@cache
def parts_of(tree):
    """Return all nodes of a tree, which are walked through once for all tests that look at each."""
    return [*ast.walk(tree)]
