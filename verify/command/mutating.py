"""`gradproof mutate`: mistakes planted in the code of cases, and how many of them the cases catch."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from verify import __version__
from verify.command.arguments import OF_MUTANTS
from verify.command.reporting import colored
from verify.command.selection import selected, unparsed
from verify.command.starting import settings
from verify.model.errors import InputError

if TYPE_CHECKING:
    from verify.runner.progress import Progress
    from verify.runner.workers import Workers


def mutate(workers: Workers, options: argparse.Namespace, progress: Progress) -> int:
    """Plant errors in the code of the cases, and report what becomes of them; returns the exit status."""
    from reports import mutants
    from reports.write import requests, write
    from verify.mutation.result import How, exit_status
    from verify.mutation.survey import surveyed
    from verify.runner.crew import Crew

    config, wanted = settings(workers, options), requests(options.report)
    if unknown := [request.format for request in wanted if request.format not in OF_MUTANTS]:
        raise InputError(f"--report {unknown[0]}: mutate writes the formats terminal and json only")
    how = How(config.seed if options.seed is None else options.seed, options.quick, options.strict)
    with Crew(workers) as crew:
        cases = selected(workers, options, config)
        surveys = [surveyed(crew, case, how, options.operators, progress) for case in cases]
    progress.end()
    verbosity = options.verbose - options.quiet
    texts = {"json": lambda: mutants.document(surveys, __version__)}
    texts["terminal"] = lambda: mutants.render(surveys, color=colored(options.color), verbosity=verbosity)
    write({request.path: texts[request.format]() for request in wanted if request.path})
    on_stdout = [request.format for request in wanted if request.path is None] or ["terminal"]
    if verbosity > -2 or any(request.path is None for request in wanted):
        print("".join(texts[name]() for name in on_stdout), end="", flush=True)
    return 2 if unparsed(cases) else exit_status(surveys)
