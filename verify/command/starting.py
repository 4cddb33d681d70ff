"""What each command starts with that has the user's code run: a worker, and the project's settings for it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verify.command.config import Config
    from verify.runner.workers import Workers


def start_workers(*, later: bool = False) -> Workers:
    """Start a worker, which goes on starting while we import what we need; `later`, only once it is needed."""
    from verify.runner.process import Process

    process = Process(later=later)
    from verify.runner.workers import Workers

    return Workers(process)


def settings(workers: Workers, options: argparse.Namespace) -> Config:
    """Return the project's settings, and give the workers their limits."""
    from verify.command.config import find
    from verify.runner.memory import GIGABYTE, WATCHED

    config = find(Path.cwd())
    workers.extensions = config.extensions, config.folder
    workers.limit = options.timeout or config.timeout
    workers.memory = (options.memory or config.memory) * GIGABYTE
    if options.memory and not WATCHED:
        sys.stderr.write("gradproof: memory cannot be measured on this system: --memory has no effect\n")
    if config.extensions:
        workers.extend()  # what ends its process, or never ends, is not to be imported here
        add_extensions(config)
    return config


def add_extensions(config: Config) -> None:
    """Import here as well what the project adds to gradproof."""
    from verify.discovery.extensions import extended

    extended(config.extensions, config.folder)
