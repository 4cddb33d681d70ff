"""The layout: folders from bottom to top, and which of them may import which, read from every import there is."""

import ast
from pathlib import Path

import pytest
from trees import parts_of, tree_of

ROOT = Path(__file__).parent.parent
# From bottom to top: a folder may import those above it in this table, and itself.
FOLDERS = [
    "verify/model",
    "verify/graph",
    "verify/proof",
    "verify/tape",
    "verify/cases",
    "verify/extend",
    "verify/tracing/symbols",
    "verify/tracing/arrays",
    "verify/tracing/outside",
    "verify/tracing/numpy",
    "verify/tracing/linear",
    "verify/tracing/scipy",
    "verify/tracing/stand_ins",
    "verify/tracing",
    "verify/adapters/jax",
    "verify/adapters/autograd",
    "verify/adapters/pytensor",
    "verify/adapters/torch",
    "verify/adapters",
    "verify/scan",
    "verify/discovery",
    "verify/checks/claims",
    "verify/checks/rounding",
    "verify/checks/approximation",
    "verify/checks/gradients",
    "verify/checks/regions",
    "verify/checks/contracts",
    "verify/checks/reference",
    "verify/checks/unvaried",
    "verify/checks",
    "verify/runner",
    "verify/cache",
    "verify/mutation",
    "verify/exact",
    "verify/repair",
    "verify/initial",
    "verify/testing",
    "verify/baseline",
    "verify/command",
    "verify",
]
# What a folder does not import although it lies below, so that each can be read and replaced alone.
APART = {
    "verify/baseline": {
        folder for folder in FOLDERS if folder not in {"verify/model", "verify/discovery", "verify/baseline"}
    },
    "verify/runner": {folder for folder in FOLDERS if folder.startswith("verify/checks/")},
    "verify/checks/regions": {"verify/checks/rounding", "verify/checks/approximation"},
    "verify/checks/contracts": {
        f"verify/checks/{name}" for name in ("gradients", "regions", "rounding", "approximation")
    },
    "verify/checks/reference": {
        f"verify/checks/{name}" for name in ("regions", "contracts", "rounding", "approximation")
    },
    "reports": {folder for folder in FOLDERS if folder not in {"verify/model", "verify/mutation", "verify/repair"}},
}
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for part in ("verify", "reports")
    for path in (ROOT / part).rglob("*.py")
}


def folder_of(path):
    """Return the folder of the table that a file belongs to."""
    parent = path.parent.relative_to(ROOT).as_posix()
    return "reports" if parent.startswith("reports") else parent


def arrows(path, tree, typing=True):
    """Return the modules of ours that a file imports, at whatever place, for type checkers as well where asked."""
    own = path.parent.relative_to(ROOT).parts
    skipped = (
        set() if typing else {id(node) for block in parts_of(tree) if is_for_types(block) for node in ast.walk(block)}
    )
    for node in parts_of(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(
                [*own[: len(own) - node.level + 1], *filter(None, [node.module])] if node.level else [node.module]
            )
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                yield from (name for name in [whole if whole in MODULES else base] if name in MODULES)


def is_for_types(node):
    """Tell whether a block is never run: `if TYPE_CHECKING:`."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def is_allowed(source, target):
    """Tell whether a folder may import another one."""
    if target in APART.get(source, ()):
        return False
    if "reports" in (source, target):
        return source in ("reports", "verify/command")  # the command alone knows of reports
    return source == target or FOLDERS.index(target) < FOLDERS.index(source)


def forbidden(path, tree):
    """Return the arrows of a file that the table does not allow."""
    source = folder_of(path)
    return [
        name for name in arrows(path, tree) if name != "verify" and not is_allowed(source, folder_of(MODULES[name]))
    ]


def test_the_table_names_every_folder():
    """A new folder has its place in the order, or this fails; one that is gone is taken out."""
    there = {folder_of(path) for path in MODULES.values()} - {"reports"}
    assert sorted(FOLDERS) == sorted(there)


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_down(name):
    """Every import, within functions and for type checkers too, is of the same folder or of a lower one."""
    path = MODULES[name]
    assert forbidden(path, tree_of(path.read_text())) == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("verify/graph/graph.py", "from verify.proof.decide import decide"),
        ("verify/model/result.py", "import verify.graph.graph"),
        ("verify/tracing/region.py", "def f():\n    from verify.checks import checker"),
        ("verify/tracing/numpy/ufuncs.py", "from verify.tracing.scipy import scipys"),
        ("verify/runner/worker.py", "if TYPE_CHECKING:\n    from verify.mutation.result import How"),
        ("verify/proof/decide.py", "from ..tracing import region"),
        ("verify/checks/claims/claims.py", "from verify.checks.regions import explore"),
        ("verify/checks/regions/explore.py", "from verify.checks.approximation.settle import Approximations"),
        ("verify/checks/reference/layered.py", "from verify.checks.contracts.check import check_contracts"),
        ("reports/terminal.py", "from verify.checks.checker import check"),
    ],
)
def test_an_import_upwards_is_seen(file, line):
    """The check sees what it is for, however the import is written."""
    assert forbidden(ROOT / file, ast.parse(line))


def test_no_folder_imports_itself_in_a_circle():
    """Within a folder, modules have an order as well, but for names of types: each runs without what builds on it."""
    edges = {
        name: {
            arrow
            for arrow in arrows(path, tree_of(path.read_text()), typing=False)
            if arrow != name and folder_of(MODULES[arrow]) == folder_of(path)
        }
        for name, path in MODULES.items()
    }
    assert circles(edges) == []


def test_a_circle_is_seen():
    """A circle of three is found, a diamond is none."""
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}}) != []
    assert circles({"a": {"b", "c"}, "b": {"d"}, "c": {"d"}, "d": set()}) == []


def circles(edges):
    """Return the circles that a search in depth meets."""
    seen, met = set(), []

    def visit(name, path):
        if name in path:
            met.append([*path[path.index(name) :], name])
        elif name not in seen:
            for other in sorted(edges[name]):
                visit(other, [*path, name])
            seen.add(name)

    for name in sorted(edges):
        visit(name, [])
    return met
