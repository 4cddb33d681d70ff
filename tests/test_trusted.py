"""The trusted part: CONTRIBUTING.md names every module that a false PROVED could come from."""

import ast

import trusted
from test_layout import FOLDERS, MODULES, ROOT, folder_of
from trees import parts_of, tree_of

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
CARRYING = {
    f"verify/{name}"
    for name in ("runner", "discovery", "command", "baseline", "mutation", "exact", "repair", "testing", "extend")
}


def test_the_list_is_what_the_code_imports():
    """The list is that of today's imports: `python tests/trusted.py` writes it anew."""
    assert TEXT.partition(trusted.START)[2].partition(trusted.END)[0] == trusted.text()


def test_who_writes_proved_is_in_it():
    """Each module of ours that takes the verdict PROVED into a row is trusted, but for those that carry rows."""
    listed = set().union(*trusted.parts().values())
    writers = {
        name
        for name, path in MODULES.items()
        if any(
            isinstance(node, ast.Attribute) and node.attr == "PROVED" for node in parts_of(tree_of(path.read_text()))
        )
    }
    assert {name for name in writers - listed if folder_of(MODULES[name]) not in CARRYING | {"reports"}} == set()


def test_no_part_imports_what_carries_results():
    """What computes a verdict needs nothing of the runner, the command or the reports."""
    folders = {folder_of(MODULES[name]) for names in trusted.parts().values() for name in names}
    assert folders & (CARRYING | {"reports"}) == set()


def test_packages_run_nothing():
    """A package that is imported with its modules has no code of its own, so that the list needs no packages."""
    packages = [
        path
        for name, path in MODULES.items()
        if path.name == "__init__.py" and folder_of(path) not in CARRYING | {"reports", "verify"}
    ]
    assert [path for path in packages if len(tree_of(path.read_text()).body) > 1] == []


def test_imports_within_functions_are_followed():
    """What checks import where they need it is trusted as well; what only a type checker reads is not."""
    assert "verify.checks.rounding.check" in trusted.closure(["verify.checks.checker"])
    assert "verify.tape.tape" in trusted.closure(["verify.tape.decide"])
    assert "verify.checks.checker" not in trusted.closure(["verify.proof.decide"])


def test_the_picture_has_every_folder():
    """Each folder of the map is a box of the picture, or is named below it, and there are twelve boxes."""
    picture = TEXT.partition("## The picture")[2].partition("## Recipes")[0]
    boxes = [
        line.split()[1]
        for part in picture.split("|")
        if (line := part.strip())[:1].isdigit() and len(line.split()) == 2
    ]
    assert len(boxes) == 12
    missing = {folder.split("/")[1] for folder in FOLDERS if "/" in folder} - set(boxes)
    assert [name for name in missing if f"`verify/{name}/`" not in picture] == []
    assert [name for name in boxes if not (ROOT / "verify" / name).is_dir() and not (ROOT / name).is_dir()] == []
