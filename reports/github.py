"""For the log of GitHub Actions: workflow commands that annotate the lines at fault, one for each place.

GitHub shows ten errors, ten warnings and ten notices of a step: the first notice has the counts.
"""

from __future__ import annotations

from reports.problems import Problem, problems
from verify.model.result import Run, exit_status, summary

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}
_MOST = 20  # problems told in one annotation
_IN_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_PROPERTIES = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def render(run: Run) -> str:
    """Render a result as annotations, failures first."""
    places: dict[tuple[str, str, int], list[Problem]] = {}
    for problem in problems(run):
        places.setdefault((problem.level, problem.file, problem.line), []).append(problem)
    commands = [_annotation(group) for group in places.values()]
    failing = sum(level != "note" for level, _, _ in places)
    return "".join(f"{command}\n" for command in [*commands[:failing], _counts(run, places), *commands[failing:]])


def _annotation(group: list[Problem]) -> str:
    first, more = group[0], len(group) - 1
    title = (first.brief or first.title) + (f" and {more:,} more here" if more else "")
    texts = ["\n".join([problem.title, *problem.lines]) for problem in group[:_MOST]]
    texts += [f"and {len(group) - _MOST:,} more"] if len(group) > _MOST else []
    place = {"file": first.file, "line": str(first.line), "endLine": str(first.line), "title": title}
    return _command(_COMMANDS[first.level], place, "\n\n".join(texts))


def _counts(run: Run, places: dict[tuple[str, str, int], list[Problem]]) -> str:
    """Return the notice with the full count, since not all annotations may be shown."""
    counts = []
    for level, noun in (("error", "failing"), ("warning", "hazardous"), ("note", "known or allowed")):
        groups = [group for (place_level, _, _), group in places.items() if place_level == level]
        if groups:
            at = f"{len(groups):,} place{'s' if len(groups) > 1 else ''}"
            counts.append(f"{sum(map(len, groups)):,} {noun} at {at}")
    counted = f"\n{', '.join(counts)}; GitHub shows the first ten of each kind." if counts else ""
    name = "warning" if run.known and exit_status(run) == 0 else "notice"  # what passes for being known is not good
    return _command(name, {"title": "gradproof"}, f"{summary(run)}.{counted}")


def _command(name: str, properties: dict[str, str], message: str) -> str:
    """Write a workflow command: what would end a property or the line is escaped."""
    fields = ",".join(f"{key}={value.translate(_IN_PROPERTIES)}" for key, value in properties.items())
    return f"::{name} {fields}::{message.translate(_IN_DATA)}"
