"""`gradproof fix`: the changes that make wrong gradients right, printed, reported or written."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from verify import __version__
from verify.command.arguments import OF_FIXES
from verify.command.reporting import colored
from verify.command.selection import selected, unparsed
from verify.command.starting import settings
from verify.model.errors import InputError

if TYPE_CHECKING:
    from verify.runner.progress import Progress
    from verify.runner.workers import Workers


def fix(workers: Workers, options: argparse.Namespace, progress: Progress, argv: Sequence[str]) -> int:
    """Look for changes that make wrong gradients right, and write them where asked; returns the exit status."""
    workers.prepare()  # a second one proves again what the first has found
    from reports import edits, fixes, fixesjson
    from reports.write import requests
    from reports.write import write as write_reports
    from verify.mutation.result import How
    from verify.repair.result import State
    from verify.repair.search import repaired
    from verify.repair.write import write
    from verify.runner.crew import Crew

    config, wanted = settings(workers, options), requests(options.report)
    if unknown := [request.format for request in wanted if request.format not in OF_FIXES or request.path is None]:
        raise InputError(
            f"--report {unknown[0]}: fix writes sarif=PATH and json=PATH only; --diff prints the changes alone"
        )
    how = How(config.seed if options.seed is None else options.seed, options.quick, options.strict)
    verbosity = options.verbose - options.quiet
    with Crew(workers) as crew:
        cases = selected(workers, options, config)
        repairs = repaired(crew, cases, how, options.fix_budget, progress, lines=verbosity > 0)
    progress.end()
    right = {State.RIGHT, State.FIXED, State.AGREEING} if options.write else {State.RIGHT}
    status = 2 if unparsed(cases) else int(not {repair.state for repair in repairs} <= right)
    formats = {"sarif": edits.render, "json": fixesjson.render}
    texts = {request.path: formats[request.format](repairs, __version__, status) for request in wanted if request.path}
    write_reports(texts)
    again = "" if options.write else shlex.join(["gradproof", *argv, "--write"])
    text = (
        fixes.diffs(repairs)
        if options.diff
        else fixes.render(repairs, color=colored(options.color), verbosity=verbosity, again=again, status=status)
    )
    if verbosity > -2 or options.diff:
        print(text, end="", flush=True)
    if options.diff:
        sys.stderr.write(fixes.without_diff(repairs))
    if options.write and (changed := write([repair.fix for repair in repairs if repair.fix])):
        sys.stderr.write(f"gradproof: changed {', '.join(changed)}\n")
    return status
