"""The examples of the how-to page for CI: what they are is checked against published schemas, what they run is run."""

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pages
import pytest
import yaml
from effort import slow

BIN = Path(sys.executable).parent
EXAMPLES = pages.files(pages.ROOT / "docs" / "how-to" / "ci.md")
GITHUB, GITLAB = EXAMPLES[".github/workflows/gradients.yml"], EXAMPLES[".gitlab-ci.yml"]
SCHEMAS = {
    "vendor.github-workflows": (GITHUB, ("runs-on", "runs_on")),
    "vendor.gitlab-ci": (GITLAB, ("codequality", "code_quality")),
}
PROJECT = {
    "pyproject.toml": '[tool.gradproof]\ntargets = ["cases.py"]\n',
    "cases.py": """
import verify

@verify.case("y = x * x", at={"x": 3})
def square(x):
    dy = yield x * x
    return 2 * x * dy
""",
}


@pytest.fixture
def project(tmp_path):
    """A project with a right layer."""
    for name, text in PROJECT.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def lines(project):
    """Run lines of a job as CI does, but for the installation; returns the exit status and the output."""

    def run(script, **environment):
        commands = [line for line in script if not line.startswith("pip install")]
        assert len(commands) == len(script) - 1
        return subprocess.run(
            ["bash", "-eo", "pipefail", "-c", "\n".join(commands)],
            cwd=project,
            env={**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def plant(project):
    """Make the layer wrong, and longer: by seconds and size Python tells whether what it has compiled is of today."""
    path = project / "cases.py"
    path.write_text(path.read_text().replace("2 * x * dy", "3.0 * x * dy"))


@slow
@pytest.mark.parametrize("name", SCHEMAS)
def test_the_examples_keep_to_their_schemas(tmp_path, name):
    """GitHub's and GitLab's published schemas accept what the page shows, and not the same with a wrong key."""
    example, (right, wrong) = SCHEMAS[name]
    statuses = []
    for text in (example, example.replace(right, wrong)):
        (tmp_path / "ci.yml").write_text(text)
        transform = ["--data-transform", "gitlab-ci"] if "gitlab" in name else []
        command = [BIN / "check-jsonschema", "--builtin-schema", name, *transform, "ci.yml"]
        statuses.append(subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode)
    assert statuses == [0, 1]


@slow
def test_the_job_on_github(project, lines):
    """The job passes, or fails with an annotation at the line; it writes what later steps take."""
    job = yaml.safe_load(GITHUB)["jobs"]["gradproof"]
    script = [step["run"] for step in job["steps"] if "run" in step]
    taken = [step["with"] for step in job["steps"] if "if" in step]
    summary = project / "summary.md"
    done = lines(script, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    assert (done.returncode, "::error" in done.stdout) == (0, False), done.stderr
    plant(project)
    done = lines(script, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    assert done.returncode == 1, done.stderr
    assert re.search(r"^::error .*file=cases\.py", done.stdout, re.MULTILINE)
    assert "REFUTED" in summary.read_text()
    sarif = json.loads((project / taken[0]["sarif_file"]).read_text())
    assert len(sarif["runs"][0]["results"]) == 1
    assert ET.parse(project / taken[1]["path"]).getroot().get("failures") != "0"


@slow
def test_the_job_on_gitlab(project, lines):
    """The job passes, or fails, and writes the reports that it names."""
    job = yaml.safe_load(GITLAB)["gradients"]
    files = job["artifacts"]["reports"]
    assert lines(job["script"]).returncode == 0
    assert json.loads((project / files["codequality"]).read_text()) == []
    plant(project)
    done = lines(job["script"])
    assert done.returncode == 1, done.stderr
    assert json.loads((project / files["codequality"]).read_text())[0]["location"]["path"] == "cases.py"
    assert ET.parse(project / files["junit"]).getroot().get("failures") != "0"
