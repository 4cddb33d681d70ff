"""What goes with a release: the sdist, the recipe, the citation, the workflows, the groups of dependencies, the policy."""

import os
import re
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path

import pytest
import yaml
from effort import slow

import hatch_build
import verify

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RECIPE = yaml.safe_load((ROOT / "recipe" / "recipe.yaml").read_text())
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text())
# The folders of an sdist.
KEPT = ("docs", "findings", "gradproof", "layers", "recipe", "reports", "tests", "verify")
# What an extra of a dependency brings, which a recipe names by itself.
BROUGHT = {"tabulate[widechars]": "wcwidth"}
SCHEMAS = {
    "CITATION.cff": ("vendor.citation-file-format", ("authors:", "writers:")),
    ".github/workflows/ci.yml": ("vendor.github-workflows", ("runs-on", "runs_on")),
    ".github/workflows/release.yml": ("vendor.github-workflows", ("runs-on", "runs_on")),
    ".github/workflows/random.yml": ("vendor.github-workflows", ("runs-on", "runs_on")),
    ".github/dependabot.yml": ("vendor.dependabot", ("updates:", "update:")),
}
WORKFLOWS = {path.name: path.read_text() for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))}
# What every workflow must do, and a text of a right one that a wrong one has in another way.
RULES = {
    "an action is pinned to a hash, with its version": (
        lambda text: all(re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line) for line in uses(text)),
        (r"@[0-9a-f]{40}", "@v5"),
    ),
    "a job has a time limit": (
        lambda text: all(0 < job.get("timeout-minutes", 0) <= 180 for job in jobs(text).values()),
        (r" +timeout-minutes: .*\n", ""),
    ),
    "no step leaves a token in the checkout": (
        lambda text: all(
            step["with"] == {"persist-credentials": False}
            for job in jobs(text).values()
            for step in job["steps"]
            if step.get("uses", "").startswith("actions/checkout@")
        ),
        ("persist-credentials: false", "persist-credentials: true"),
    ),
    "what it may do is read the sources": (
        lambda text: yaml.safe_load(text)["permissions"] == {"contents": "read"},
        ("contents: read\n\n", "contents: write\n\n"),
    ),
}


def uses(text):
    """Return the lines of a workflow that name actions."""
    return [line for line in text.splitlines() if "uses: " in line]


def jobs(text):
    """Return the jobs of a workflow by name."""
    return yaml.safe_load(text)["jobs"]


HOME = "https://git.example/us/gradproof"


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Build the sdist as the release workflow does, and open it."""
    folder = tmp_path_factory.mktemp("sdist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--sdist", "--outdir", folder, ROOT]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "GRADPROOF_REPOSITORY": HOME})
    (file,) = folder.glob("*.tar.gz")
    assert file.name == RECIPE["source"]["path"].rpartition("/")[2].replace("${{ version }}", verify.__version__)
    with tarfile.open(file) as opened:
        yield opened


@pytest.fixture(scope="module")
def sdist(archive):
    """Return the names of the files of the sdist."""
    return {name.partition("/")[2] for name in archive.getnames()}


@slow
def test_the_links_of_a_release(archive):
    """They lead to the repository that the workflow builds from; a build elsewhere states none."""
    (name,) = [name for name in archive.getnames() if name.endswith("/PKG-INFO") and name.count("/") == 1]
    lines = archive.extractfile(name).read().decode().splitlines()
    links = [line.removeprefix("Project-URL: ") for line in lines if line.startswith("Project-URL: ")]
    assert links == [f"{label}, {page}" for label, page in hatch_build.urls(HOME).items()]
    assert f"Issues, {HOME}/issues" in links
    assert hatch_build.urls("") == {}
    workflow = (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
    assert "GRADPROOF_REPOSITORY: ${{ github.server_url }}/${{ github.repository }}" in workflow


def kept():
    """Return the files that git keeps, or those of the list where this is an unpacked sdist, which no git knows."""
    if (ROOT / "PKG-INFO").exists():
        return [
            path.relative_to(ROOT).as_posix() for top in KEPT for path in (ROOT / top).rglob("*.*") if sources(path)
        ]
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


def sources(path):
    return path.is_file() and "__pycache__" not in path.parts


def required(requirements):
    """Return the packages of pyproject.toml with their bounds, as a recipe writes them."""
    pairs = [re.fullmatch(r"([\w-]+)(\[\w+\])?(>=[\d.]+)", text).groups() for text in requirements]
    return {f"{name} {bound}" for name, _, bound in pairs} | {
        BROUGHT[f"{name}{extra}"] for name, extra, _ in pairs if extra
    }


def test_the_sdist_has_what_a_build_and_the_tests_need(sdist):
    """All that is kept in the repository, and nothing that was made from it; of an sdist, another one has the same."""
    assert {name for name in kept() if (ROOT / name).exists()} <= sdist
    made = (
        ".venv/",
        ".oldest/",
        ".newest/",
        ".torch/",
        ".jax/",
        ".autograd/",
        ".pytensor/",
        "build/",
        "dist/",
        ".git/",
        ".mypy_cache/",
        ".hypothesis/",
    )
    assert not [name for name in sdist if name.startswith(made) or "__pycache__" in name]


def test_the_recipe_needs_what_the_project_needs():
    """The same version, Python, packages and bounds, for the build and for a run."""
    python = f"python {PROJECT['project']['requires-python']}"
    assert RECIPE["context"]["version"] == verify.__version__
    assert set(RECIPE["requirements"]["run"]) == required(PROJECT["project"]["dependencies"]) | {python}
    assert set(RECIPE["requirements"]["host"]) == required(PROJECT["build-system"]["requires"]) | {python, "pip"}
    (name, target), *_ = PROJECT["project"]["scripts"].items()
    assert RECIPE["build"]["python"]["entry_points"] == [f"{name} = {target}"]


def test_another_bound_is_seen():
    """A bound that is raised in one place only, and an extra that the recipe does not know."""
    assert required(["sympy>=1.14"]) != required(["sympy>=1.13"])
    with pytest.raises(KeyError):
        required(["sympy[extra]>=1.13"])


@pytest.mark.parametrize("name", SCHEMAS)
def test_files_keep_to_their_schemas(tmp_path, name):
    """Published schemas accept the citation and the workflows, and not the same with a wrong key."""
    schema, (right, wrong) = SCHEMAS[name]
    text, statuses = (ROOT / name).read_text(), []
    assert right in text
    for variant in (text, text.replace(right, wrong)):
        (tmp_path / "file.yml").write_text(variant)
        command = [Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema", schema, "file.yml"]
        statuses.append(subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode)
    assert statuses == [0, 1]


def test_the_citation_is_of_this_version():
    """It has the version, the license and the authors of the project."""
    project = PROJECT["project"]
    authors = [{"name": author["name"]} for author in project["authors"]]
    assert (CITATION["version"], CITATION["license"], CITATION["authors"]) == (
        verify.__version__,
        project["license"],
        authors,
    )


def test_a_release_has_no_token():
    """It is published by a trusted publisher, with attestations, and nothing in the workflow is a secret."""
    build, publish = jobs(WORKFLOWS["release.yml"]).values()
    assert "secrets." not in WORKFLOWS["release.yml"]
    assert publish["permissions"] == {"id-token": "write"}
    assert publish["steps"][-1]["with"] == {"attestations": True}
    assert build["permissions"]["attestations"] == "write"


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow(name, rule):
    """It keeps each rule, and is seen where it does not."""
    holds, (right, wrong) = RULES[rule]
    assert holds(WORKFLOWS[name])
    broken, number = re.subn(right, wrong, WORKFLOWS[name], count=1)
    assert (number, holds(broken)) == (1, False)


def test_every_python_of_the_classifiers_is_tested():
    """The tests run on each, and those with the lowest versions on the lowest, which has wheels of them."""
    named = [c.rpartition(" ")[2] for c in PROJECT["project"]["classifiers"] if "Python :: 3." in c]
    matrix = jobs(WORKFLOWS["ci.yml"])["ci"]["strategy"]["matrix"]["python"]
    assert matrix == named
    assert PROJECT["project"]["requires-python"] == f">={named[0]}"
    script = (ROOT / ".ci" / "run").read_text()
    (pattern,) = re.findall(r"^lowest=\$\((sed .*) pyproject\.toml\)$", script, re.MULTILINE)
    done = subprocess.run(
        ["bash", "-c", f"{pattern} pyproject.toml"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == named[0]


def test_targets_of_the_workflows_are_those_of_make():
    """What CI runs by make is in the Makefile."""
    every = [job for name in ("ci.yml", "random.yml") for job in jobs(WORKFLOWS[name]).values()]
    runs = [step["run"] for job in every for step in job["steps"] if "run" in step]
    targets = [run.removeprefix("make ") for run in runs if run.startswith("make ")]
    makefile = (ROOT / "Makefile").read_text()
    assert sorted(targets) == ["test-newest", "test-oldest", "test-random", "test-torch"]
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


def test_groups_of_dependencies():
    """Those who develop get the tests, the linters and the documents; each package is named once."""
    groups = PROJECT["dependency-groups"]
    assert groups["dev"] == [{"include-group": name} for name in ("test", "lint", "docs")]
    named = [re.split(r"[\[>=]", text)[0] for name in ("test", "lint", "docs") for text in groups[name]]
    assert len(named) == len({*named})


def test_make_verify_ends_with_what_to_type_next():
    """The last lines name commands, and only after the suite has passed: each line of a recipe needs the one before."""
    recipe = re.search(r"^verify:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].splitlines()
    assert recipe[0] == "\t@$(BIN)/gradproof"
    assert recipe[-2].startswith('\t@echo "  gradproof scan my_layers.py ')
    assert recipe[-1].startswith('\t@echo "  gradproof my_cases.py ')
