"""The workflows: what they name exists, what they may do is enough, and what they run is run, where that needs no one else."""

import os
import re
import subprocess
import sys
import venv
from importlib.metadata import distribution

import pytest
import yaml
from channel import wheels
from effort import some, weekly
from test_packaging import ROOT, WORKFLOWS, jobs, kept

import verify

# What the actions that are used here take, and what they have to be allowed.
ACTIONS = {
    "actions/checkout": ({"persist-credentials"}, {"contents": "read"}),
    "actions/setup-python": ({"python-version"}, {}),
    "actions/upload-artifact": ({"name", "path", "if-no-files-found"}, {}),
    "actions/download-artifact": ({"name", "path"}, {}),
    "actions/attest-build-provenance": ({"subject-path"}, {"id-token": "write", "attestations": "write"}),
    "pypa/gh-action-pypi-publish": ({"attestations"}, {"id-token": "write"}),
}
# What GitHub says of a run: here, of the release of this version.
GITHUB = {"github.server_url": "https://git.example", "github.repository": "us/gradproof"}
# A workflow, a text of it, and one that names what is not there.
SLIPS = {
    "an input of an action": ("release.yml", "subject-path:", "subject-paths:"),
    "what an action is allowed": ("release.yml", "      attestations: write\n", ""),
    "what a publisher is allowed": (
        "release.yml",
        "      id-token: write # is the trusted publisher",
        "      actions: read",
    ),
    "a job that is waited for": ("release.yml", "needs: build", "needs: built"),
    "a part of an expression": ("release.yml", "github.repository }}", "github.repositories }}"),
    "a list of a matrix": ("ci.yml", "matrix.python }}", "matrix.pythons }}"),
    "an artifact that is taken": (
        "release.yml",
        "          name: dist\n          path: dist/\n      - uses: pypa",
        "          name: disc\n          path: dist/\n      - uses: pypa",
    ),
    "a target of make": ("ci.yml", "make test-torch", "make test-troch"),
    "a script": ("ci.yml", "bash .ci/run", "bash .ci/runs"),
    "a Python": ("ci.yml", '"3.12", ', '"3.10", '),
    "a Python of the lowest versions": (
        "ci.yml",
        'python-version: "3.11"\n      - run: make test-oldest',
        'python-version: "3.12"\n      - run: make test-oldest',
    ),
}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """Write what git keeps into a folder of its own, as an action does."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in kept():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    for name in ("pyproject.toml", "hatch_build.py", "Makefile", "README.md", "LICENSE"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    return folder


def faults(text, folder):
    """Yield what a workflow names that does not exist, or lacks."""
    every = jobs(text)
    for job in every.values():
        yield from [f"needs {job.get('needs')}"] * (job.get("needs") not in {None, *every})
        allowed = job.get("permissions", yaml.safe_load(text)["permissions"])
        for step in job["steps"]:
            yield from faults_of_action(step, allowed) if "uses" in step else faults_of_line(step["run"], folder)
        yield from faults_of_python(job)
        yield from faults_of_expressions(job)
    artifacts = [name_of_artifact(every, f"actions/{verb}-artifact") for verb in ("upload", "download")]
    yield from (f"artifact {name}" for name in artifacts[1] - artifacts[0])


def faults_of_action(step, allowed):
    """Yield inputs that an action does not have, and what it is not allowed."""
    inputs, needs = ACTIONS[step["uses"].partition("@")[0]]
    yield from (f"input {name}" for name in step.get("with", {}) if name not in inputs)
    yield from (f"not allowed: {scope}" for scope, level in needs.items() if allowed.get(scope) not in (level, "write"))


def faults_of_line(lines, folder):
    """Yield targets and scripts that are not there."""
    for line in re.findall(r"^(?:make|bash) .*", lines, re.MULTILINE):
        command = {"make": ["make", "--dry-run"], "bash": ["bash", "-n"]}[line.split()[0]]
        done = subprocess.run([*command, *line.split()[1:]], cwd=folder, capture_output=True, check=False)
        yield from [f"fails: {line}"] * (done.returncode != 0)


def faults_of_python(job):
    """Yield versions of Python that the project does not support, and any but the lowest for the lowest packages."""
    named = [c.rpartition(" ")[2] for c in distribution("gradproof").metadata.get_all("Classifier") if ":: 3." in c]
    own = [step["with"]["python-version"] for step in job["steps"] if "setup-python" in step.get("uses", "")]
    lists = job.get("strategy", {}).get("matrix", {}).get("python", [])
    yield from (f"Python {version}" for version in {*own, *lists} - {*named} if "matrix" not in version)
    oldest = any("make test-oldest" in step.get("run", "") for step in job["steps"])
    yield from [f"lowest versions on {own}"] * (oldest and own != named[:1])


def faults_of_expressions(job):
    """Yield expressions that mean nothing."""
    lists = {f"matrix.{name}" for name in job.get("strategy", {}).get("matrix", {})}
    named = set(re.findall(r"\$\{\{ *(.*?) *\}\}", str(job)))
    yield from (f"expression {name}" for name in named - lists - set(GITHUB))


def name_of_artifact(every, action):
    """Return the names of the artifacts that an action keeps or takes."""
    steps = [step for job in every.values() for step in job["steps"]]
    return {step["with"]["name"] for step in steps if step.get("uses", "").startswith(f"{action}@")}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_what_a_workflow_names_exists(name, checkout):
    """Its jobs, inputs, expressions, artifacts, targets, scripts and versions, and it may do what its actions need."""
    assert list(faults(WORKFLOWS[name], checkout)) == []


@pytest.mark.parametrize("slip", some(SLIPS))
def test_a_slip_in_a_workflow_is_seen(slip, checkout):
    """What is not there is told, and nothing else."""
    name, right, wrong = SLIPS[slip]
    assert right in WORKFLOWS[name]
    assert len(list(faults(WORKFLOWS[name].replace(right, wrong, 1), checkout))) == 1


def test_targets_that_the_script_of_ci_makes(checkout):
    """Each is one of the Makefile's, `make test` the first of all."""
    script = (checkout / ".ci" / "run").read_text()
    (loop,) = re.findall(r"^for target in (.*); do$", script, re.MULTILINE)
    targets = loop.replace("$oldest", re.findall(r"oldest=(test-\w+)$", script, re.MULTILINE)[0]).split()
    assert "\nmake test\n" in script
    assert list(faults_of_line("\n".join(f"make {target}" for target in targets), checkout)) == []


@weekly
def test_the_lines_of_a_release_run(checkout, tmp_path):
    """They build from a clean checkout, the wheel from the sdist, and run it where there is no checkout."""
    packages = tmp_path / "packages"
    wheels(packages, ("sympy", "numpy", "tabulate", "wcwidth", "python-flint", "jinja2", "build", "hatchling"))
    venv.create(tmp_path / "python", with_pip=True)
    environment = {
        "PATH": f"{tmp_path / 'python' / 'bin'}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "RUNNER_TEMP": str(tmp_path),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(packages),
        "PIP_NO_COMPILE": "1",
    }
    steps = [step for step in jobs(WORKFLOWS["release.yml"])["build"]["steps"] if "run" in step]
    for step in steps:
        own = {name: stated(text) for name, text in step.get("env", {}).items()}
        assert run(step["run"], checkout, {**environment, **own}, f"v{verify.__version__}") == 0, step
    (named,) = [step["run"] for step in steps if step.get("name", "").startswith("The tag names the version")]
    assert run(named, checkout, environment, "v9.9.9") == 1


def stated(text):
    """Return a text with what GitHub puts in the places of its expressions."""
    return re.sub(r"\$\{\{ *(.*?) *\}\}", lambda found: GITHUB[found[1]], text)


def run(lines, folder, environment, tag):
    """Run the lines of a step as GitHub does, for a tag, and return the exit status."""
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", lines],
        cwd=folder,
        env={**environment, "GITHUB_REF_NAME": tag},
        check=False,
        timeout=300,
        stdout=sys.stderr,
    ).returncode
