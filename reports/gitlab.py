"""For the code quality widget of GitLab: an issue for each problem, as its subset of Code Climate's format has it."""

from __future__ import annotations

import json

from reports.problems import problems
from verify.model.result import Run

_SEVERITIES = {"error": "critical", "warning": "minor", "note": "info"}


def render(run: Run) -> str:
    """Render a result as a JSON array, a line for each issue; GitLab shows one issue for each fingerprint."""
    issues = [
        {
            "description": f"{problem.title}; allowed: {problem.lets}" if problem.lets else problem.title,
            "check_name": problem.rule,
            "fingerprint": problem.fingerprint,
            "severity": _SEVERITIES[problem.level],
            "location": {"path": problem.file, "lines": {"begin": problem.line}},
        }
        for problem in problems(run)
    ]
    return "[\n" + ",\n".join(json.dumps(issue, ensure_ascii=False) for issue in issues) + "\n]\n"
