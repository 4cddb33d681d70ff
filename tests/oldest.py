"""Print the lowest versions that `pyproject.toml` allows, as requirements for pip: of what we need, and of what the tests do.

`make test-oldest` installs them, to see that the bounds are true.
"""

import re
import tomllib
from pathlib import Path

TESTS = ("pytest", "pytest-xdist", "hypothesis", "scipy", "pyyaml")


def lowest(requirement: str) -> str:
    """Return a requirement with the version that its bound names, and no other."""
    return requirement.replace(">=", "==")


def requirements(project: dict) -> list[str]:
    """Return the lowest versions of dependencies, of the extra that users install, and of what tests import."""
    declared = project["project"]
    tests = [r for r in project["dependency-groups"]["test"] if re.split(r"[\[>=]", r)[0] in TESTS]
    return [lowest(r) for r in [*declared["dependencies"], *declared["optional-dependencies"]["solver"], *tests]]


if __name__ == "__main__":
    print(*requirements(tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))), sep="\n")
