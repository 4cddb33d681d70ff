"""The trusted part: every module that a false PROVED could come from, read from the imports that run.

    python tests/trusted.py             writes the list in CONTRIBUTING.md anew

A row's verdict is what `checker.check` returns, so it is made by modules that this one imports, directly or not, also
within functions; what is imported for type checkers only does not run. The first part is what the two deciding modules
import, the second what else makes the rows at the sample, the third all other modules that `checker` imports.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable
from functools import cache

from test_layout import FOLDERS, MODULES, ROOT, arrows, folder_of
from trees import parts_of, tree_of

PARTS = {
    "It decides": ["verify.proof.decide", "verify.tape.decide"],
    "It makes the formulas that are decided": [
        "verify.checks.gradients.traced",
        "verify.checks.reference.rows",
        "verify.checks.reference.elementary",
        "verify.checks.reference.layered",
        "verify.cases.making",
    ],
    "It looks for other inputs, and for doubts": ["verify.checks.checker"],
}
START, END = "<!-- trusted: written by tests/trusted.py -->\n", "<!-- end of trusted -->\n"


@cache
def imported(name: str) -> frozenset[str]:
    """Return the modules of ours that a module imports at run time."""
    tree = tree_of(MODULES[name].read_text(encoding="utf-8"))
    return frozenset(arrows(MODULES[name], tree, typing=False)) - {name, "verify"}


def closure(roots: Iterable[str]) -> set[str]:
    """Return modules with everything that they import, directly or not."""
    reached: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(imported(name))
    return reached


def parts() -> dict[str, set[str]]:
    """Return the modules of each part that are in none before."""
    before: set[str] = set()
    divided = {}
    for title, roots in PARTS.items():
        divided[title] = closure(roots) - before
        before |= divided[title]
    return divided


def outside(names: Iterable[str]) -> set[str]:
    """Return the packages of others that modules import at run time."""
    packages = set()
    for name in names:
        for node in parts_of(tree_of(MODULES[name].read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                packages |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                packages.add(node.module.split(".")[0])
    return packages & {"sympy", "numpy", "flint", "z3", "scipy", "numba"}


def table(names: set[str]) -> str:
    """Return modules as a table, a folder a line, from bottom to top."""
    files = defaultdict(list)
    for name in names:
        files[folder_of(MODULES[name])].append(MODULES[name].stem)
    rows = [f"| `{folder}/` | {', '.join(sorted(files[folder]))} |" for folder in FOLDERS if folder in files]
    return "\n".join(["| folder | modules |", "|---|---|", *rows]) + "\n"


def text() -> str:
    """Return the list as it stands in CONTRIBUTING.md."""
    divided = parts()
    every = set().union(*divided.values())
    blocks = [f"**{title}:**\n\n{table(names)}" for title, names in divided.items()]
    return "\n".join(
        ["", *blocks, f"Packages of others that these modules import: {', '.join(sorted(outside(every)))}.\n"]
    )


def main() -> None:
    """Write the list anew."""
    path = ROOT / "CONTRIBUTING.md"
    head, _, rest = path.read_text(encoding="utf-8").partition(START)
    path.write_text(f"{head}{START}{text()}{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
