"""Why rows are UNDECIDED or ERROR: keys that are used where reasons arise, and that real inputs come to."""

import ast
import json
from pathlib import Path

import pytest
from effort import slow, some
from trees import parts_of, tree_of

from verify.model.explanations import entries
from verify.model.reasons import Reason

ROOT = Path(__file__).parent.parent
EXAMPLES = {entry.key: entry.example for entry in entries().values() if entry.group == "reasons" and entry.example}
TRIED = some(EXAMPLES, 6)
# What no input of ours comes to, and why.
UNREACHED = {
    Reason.INCONSISTENT: "a derivative that SymPy and the chain rule give in two ways that no law makes equal",
    Reason.UNSTABLE: "constants that explain a difference, and a bound of half the digits, at once",
}


def used(folder, names=()):
    """Return the members of Reason that the code of a folder names, but for some files."""
    members = set()
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / folder).rglob("*.py") if path.name not in names]
    for source in sources:
        for node in parts_of(tree_of(source)) if "Reason." in source else ():
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Reason":
                members.add(Reason[node.attr])
    return members


@slow
def test_every_reason_arises_somewhere():
    """No key is left of what has gone."""
    assert used("verify") == set(Reason)


def test_every_reason_is_reached():
    """By its example, or by a test of where it arises; those that are not are listed, with what it would take."""
    elsewhere = used("tests", {"test_reasons.py", "results.py"})
    examples = {Reason(key) for key in EXAMPLES}
    assert examples | elsewhere | set(UNREACHED) == set(Reason)
    assert not (examples | elsewhere) & set(UNREACHED)


@pytest.fixture(scope="module")
def reached(tmp_path_factory):
    """Run examples as a user does; returns the reasons of the rows by the example's key, and what is printed."""
    from io import StringIO

    from verify.command.main import main

    folder = tmp_path_factory.mktemp("reasons")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for key in TRIED:
            (folder / f"{key.replace('-', '_')}.py").write_text(EXAMPLES[key])
        out = StringIO()
        files = [path.name for path in sorted(folder.glob("*.py"))]
        main([*files, "--report", "json=run.json"], out, StringIO())
    reasons = {}
    for case in json.loads((folder / "run.json").read_text())["cases"]:
        key = Path(case["where"]["file"] or case["name"]).stem.replace("_", "-")
        reasons[key] = {row["evidence"].get("reason") for row in case["comparisons"]} - {None}
    return reasons, out.getvalue()


@pytest.mark.parametrize("key", TRIED)
def test_every_example_has_its_reason(reached, key):
    """And no other one beside it; the report names the command that explains it."""
    reasons, printed = reached
    assert reasons[key] == {key}
    assert f"what that means: gradproof explain {key}" in printed
