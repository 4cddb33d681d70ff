"""For GitHub code scanning, editors and other tools: SARIF 2.1.0, with what GitHub asks for beyond the standard.

A result is something to look at: there is none for what is proved. What a baseline knows, or the author of a case
allows, is there as suppressed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from reports.problems import Problem, problems
from verify.model.findings import FINDINGS, Kind
from verify.model.result import Run, Verdict, exit_status, summary

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_MOST = 25_000  # results: GitHub refuses a file with more
_ROOT = "The directory in which gradproof ran: the root of the repository."

# What is a rule without being a finding, as `gradproof explain` tells findings: a title, what it means, what to do.
_VERDICTS = {
    "REFUTED": ("wrong gradient", Verdict.REFUTED.value, "Compare both formulas at the inputs that the message names."),
    "SAMPLED": ("gradient of compiled code", Verdict.SAMPLED.value, "See `gradproof explain compiled`."),
    "UNDECIDED": ("undecided gradient", Verdict.UNDECIDED.value, "Look at the line named, or give --timeout more."),
    "ERROR": ("the code raised", Verdict.ERROR.value, "Run the case alone with the command in the message."),
    "NOT-ROUNDING": (
        "floats that rounding does not explain",
        "the formula is right, but the float error exceeds its rounding bound",
        "Look for casts to a lower precision, approximations and constants with few digits.",
    ),
    "WEAKER": (
        "a proof became weaker",
        "the baseline lists it as proved, and now it only agrees",
        "Look for a new constant in the code; --baseline-update accepts it.",
    ),
    "STALE": (
        "a stale entry of the baseline",
        "the baseline lists a gradient that is fixed or no longer exists",
        "Run with --baseline-update, which removes it.",
    ),
}


def render(run: Run) -> str:
    """Render a result as one run of SARIF, a line for each rule and each result."""
    results = problems(run)
    rules = [*(_verdict(rule, *texts) for rule, texts in _VERDICTS.items()), *map(_kind, FINDINGS, FINDINGS.values())]
    numbers = {rule["id"]: number for number, rule in enumerate(rules)}
    invocation = {"executionSuccessful": run.complete, "exitCode": exit_status(run), **_cut(results)}
    listed = [_result(problem, numbers) for problem in results[:_MOST]]
    return document(run.version, rules, listed, invocation, {"properties": {"summary": summary(run)}})


def document(
    version: str,
    rules: Sequence[Mapping[str, Any]],
    results: Sequence[Mapping[str, Any]],
    invocation: Mapping[str, Any],
    more: Mapping[str, Any],
) -> str:
    """Write one run as a document, a line for each rule and each result."""
    driver = {"name": "gradproof", **({"version": version} if version else {})}  # GitHub takes no empty text
    run = {
        "tool": {"driver": {**driver, "rules": ["RULES"]}},
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": _ROOT}}},
        "invocations": [invocation],
        **more,
        "results": ["RESULTS"],
    }
    text = json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1)
    return text.replace('"RULES"', _lines(rules), 1).replace('"RESULTS"', _lines(results), 1) + "\n"


def _lines(items: Sequence[Mapping[str, Any]]) -> str:
    return ",\n".join(json.dumps(item, ensure_ascii=False) for item in items)


def _cut(results: list[Problem]) -> dict[str, Any]:
    message = f"{len(results) - _MOST:,} results are left out: GitHub takes {_MOST:,}."
    return {"toolExecutionNotifications": [{"message": {"text": message}}]} if len(results) > _MOST else {}


def _verdict(rule: str, title: str, means: str, do: str) -> dict[str, Any]:
    return rule_of(rule, title, means, do, "error")


def _kind(code: str, kind: Kind) -> dict[str, Any]:
    text = f"{kind.meaning}\n\nWhy it hurts: {kind.harm}\n\nHow to fix it: {kind.mend}"
    return rule_of(code, kind.title, kind.meaning, text, "error" if kind.fails else "warning")


def rule_of(name: str, title: str, means: str, text: str, level: str) -> dict[str, Any]:
    """Return a rule with all of its texts."""
    return {
        "id": name,
        "shortDescription": {"text": title[0].upper() + title[1:]},
        "fullDescription": {"text": means[0].upper() + means[1:]},
        "help": {"text": text},
        "defaultConfiguration": {"level": level},
        "properties": {"precision": "very-high", "problem.severity": level, "tags": ["correctness"]},
    }


def _result(problem: Problem, numbers: dict[str, int]) -> dict[str, Any]:
    region = {"startLine": problem.line, "startColumn": 1, "endLine": problem.line, "endColumn": 2}
    return {
        "ruleId": problem.rule,
        "ruleIndex": numbers[problem.rule],
        "level": problem.level,
        "message": {"text": "\n".join([f"{problem.title}.", *problem.lines])},
        "locations": [{"physicalLocation": {"artifactLocation": file_of(problem.file), "region": region}}],
        "partialFingerprints": {"primaryLocationLineHash": f"{problem.fingerprint}:1"},
        "suppressions": _suppressions(problem),
    }


def file_of(path: str) -> dict[str, str]:
    """Return where a file is, as seen from the working directory."""
    return {"uri": quote(path), "uriBaseId": "%SRCROOT%"}


def _suppressions(problem: Problem) -> list[dict[str, str]]:
    kind = "inSource" if problem.inside else "external"
    return [{"kind": kind, "justification": problem.lets}] if problem.lets else []
