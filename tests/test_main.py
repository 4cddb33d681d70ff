"""The command as people start it: a process of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from effort import slow

import gradproof
import verify

ROOT = Path(__file__).parent.parent
SUITE = str(ROOT / "layers" / "shopping.toml")


def start(*arguments, cwd=ROOT, **environment):
    """Start the installed command as a process of its own."""
    command = [str(Path(sys.executable).with_name("gradproof")), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=cwd, env={**os.environ, **environment}, check=False
    )


@slow
def test_the_same_command_twice_and_from_python(shop):
    """`gradproof` and `python -m verify` print the same bytes, whatever the hash seed."""
    arguments = ["shop.toml", "--report", "json"]
    one = start(*arguments, cwd=shop, PYTHONHASHSEED="1")
    module = [sys.executable, "-m", "verify", *arguments]
    two = subprocess.run(
        module, capture_output=True, text=True, cwd=shop, env={**os.environ, "PYTHONHASHSEED": "2"}, check=False
    )
    assert (one.returncode, one.stdout, one.stderr) == (two.returncode, two.stdout, two.stderr)
    assert one.returncode == 0
    assert str(shop) not in one.stdout


@slow
def test_a_reader_that_leaves(shop):
    """`gradproof | head -1` ends without a traceback."""
    script = f"{Path(sys.executable).with_name('gradproof')} {SUITE} | head -1"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, cwd=shop, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@slow
def test_a_full_disk(shop):
    """A report that cannot be written out is an error, not a verdict."""
    with Path("/dev/full").open("w") as full:
        command = [str(Path(sys.executable).with_name("gradproof")), SUITE]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, cwd=shop, check=False)
    assert (done.returncode, "cannot be written" in done.stderr) == (2, True)


@slow
def test_a_closed_standard_output(shop):
    """Started without a standard output the command still has its exit status."""
    script = f"{Path(sys.executable).with_name('gradproof')} shop.toml >&-"
    done = subprocess.run(["sh", "-c", script], stderr=subprocess.PIPE, text=True, cwd=shop, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@slow
def test_a_directory_with_layers_of_its_own(shop):
    """`python -m verify` takes the layers of the project, not a package of the same name that lies around."""
    (shop / "layers").mkdir()
    (shop / "layers" / "__init__.py").write_text("raise ImportError('not these')")
    command = [sys.executable, "-m", "verify", "shop.toml", "-q"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=shop, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@slow
def test_an_ascii_terminal(shop):
    """What a terminal cannot show is written as escapes, not a traceback."""
    done = start(SUITE, "-k", "사과", cwd=shop, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\uc0ac" in done.stdout


@slow
def test_interrupting_a_process(shop):
    """A real SIGINT ends with 130."""
    slow = shop / "slow.py"
    slow.write_text("print('ready', flush=True)\nwhile True: pass\n")
    command = [str(Path(sys.executable).with_name("gradproof")), "slow.py"]
    with subprocess.Popen(command, cwd=shop, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, "interrupted" in err) == (130, True)


def test_the_names_of_both_packages_are_the_same():
    """What is public in `verify` is public in `gradproof`, which is the name that documents use."""
    assert {*gradproof.__all__} - {"__version__", "extend"} == {*verify.__all__}
    assert all(getattr(gradproof, name) is getattr(verify, name) for name in verify.__all__)
