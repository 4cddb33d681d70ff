"""The recipe for conda: built from the sdist, installed in an environment, and run there, without a network."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from channel import write_channel
from effort import slow

import verify

ROOT = Path(__file__).parent.parent
# What the recipe asks for, and what that needs: `python` is written by the channel itself.
PACKAGES = ("sympy", "numpy", "tabulate", "wcwidth", "python-flint", "jinja2", "pip", "hatchling")
BUILD = """
import sys
from rattler_build import Stage0Recipe, ToolConfiguration
recipe, out, channel = sys.argv[1:]
native = ToolConfiguration(test_strategy="native")
(built,) = Stage0Recipe.from_file(recipe).run_build(tool_config=native, output_dir=out, channels=[channel])
print(*built.log, sep="\\n")
"""


# A package that needs less than its test does.
SMALL = """
package: {{name: small, version: 1.0}}
build: {{noarch: generic}}
requirements: {{run: [python, {needs}]}}
tests: [{{script: [python -c "import tabulate"]}}]
"""


@pytest.fixture(scope="module")
def channel(tmp_path_factory):
    """Write the packages that the recipe may take."""
    return write_channel(tmp_path_factory.mktemp("channel"), PACKAGES)


def build(folder, channel):
    """Build the recipe of a folder and run its tests, and return the process."""
    command = [sys.executable, "-c", BUILD, folder / "recipe" / "recipe.yaml", folder / "out", channel]
    environment = {**os.environ, "RATTLER_CACHE_DIR": str(folder / "cache")}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=300)


@slow
def test_the_recipe_is_built_from_the_sdist_and_its_package_runs(channel, tmp_path):
    """Its own tests run in a new environment: the imports, the versions of packages, `--version` and a suite."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--sdist", "--outdir", tmp_path / "dist", ROOT]
    subprocess.run(command, check=True, capture_output=True)
    shutil.copytree(ROOT / "recipe", tmp_path / "recipe")
    done = build(tmp_path, channel)
    assert done.returncode == 0, done.stderr
    version = f"gradproof {verify.__version__}"
    for line in ("pip check passed!", version, "2 cases, 14 gradients: all proved.", "all tests passed!"):
        assert line in done.stdout
    assert list((tmp_path / "out" / "noarch").glob("gradproof-*.conda"))


@slow
@pytest.mark.parametrize(("needs", "passes"), [("tabulate", True), ("wcwidth", False)])
def test_a_package_that_a_recipe_forgets_is_missing(channel, tmp_path, needs, passes):
    """What a recipe does not name is not there when its tests run, though the environment of these tests has it."""
    (tmp_path / "recipe").mkdir()
    (tmp_path / "recipe" / "recipe.yaml").write_text(SMALL.format(needs=needs))
    done = build(tmp_path, channel)
    assert (done.returncode == 0) is passes
    assert passes or "Test failed" in done.stderr
