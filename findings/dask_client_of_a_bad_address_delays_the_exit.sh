#!/usr/bin/env bash
# Dask: a program that has handled the error of a Client with an unreadable address takes a minute more to end.
#
# Expected: Client("host:port") raises ValueError, since "port" is no number. No connection was ever opened, so a program
#           that handles the error ends as soon as it is done.
# Real:     the client that was never connected is still in a cycle of references. Python collects it when it ends, where
#           Client.__del__ asks a thread that has stopped by then to close it, and waits for twice the timeout of the
#           client, a minute by default; then it prints that it "timed out". So it is with `set_as_default=False`; a
#           client that is the default one is closed before, and an address at which nobody answers leaves no such wait.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check distributed==2026.7.1
cat >"$work/handled.py" <<'PYTHON'
import sys
import time

from distributed import Client


def attempt(address, **options):
    """Return the name of the error by which a client with a timeout of three seconds fails."""
    try:
        Client(address, timeout=3, **options)
    except (ValueError, OSError) as problem:
        return type(problem).__name__


address, default = sys.argv[1:]
print(attempt(address, set_as_default=default == "default"), time.monotonic())
PYTHON
"$work/env/bin/python" - "$work/handled.py" <<'PYTHON'
import subprocess
import sys
import time

import distributed

print("distributed", distributed.__version__)


def wait(*arguments):
    """Return the seconds between the last line of a program and its end, and whether it complains."""
    done = subprocess.run([sys.executable, sys.argv[1], *arguments], capture_output=True, text=True, check=True)
    error, handled = done.stdout.split()
    seconds = time.monotonic() - float(handled)
    complaint = "TimeoutError: timed out after 6 s." in done.stderr
    print(f"{' '.join(arguments)}: {error}, ends {seconds:.1f} s later", "with a TimeoutError" if complaint else "")
    return seconds, complaint


unreadable, default = wait("host:port", "other"), wait("host:port", "default")
refused = wait("tcp://127.0.0.1:9", "other")
assert unreadable[0] > 5 and unreadable[1], "changed: the program ends at once"
assert default[0] < 5 and refused[0] < 5 and not default[1] and not refused[1]
PYTHON
