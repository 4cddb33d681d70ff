"""For CI systems: JUnit XML as Jenkins' schema has it, a test case for each comparison, without times (they change)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from xml.etree import ElementTree as ET

from reports import cells, rows, words
from reports.problems import REMOVED, failing_entries
from verify.model.identity import SAMPLE
from verify.model.result import CaseResult, Comparison, Finding, Run, Stale, Verdict

_FORBIDDEN = "[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"


def render(run: Run) -> str:
    """Render a result: failures are those of the gate, a known one is skipped, and a suite is a source file."""
    root = ET.Element("testsuites")
    for file, group in groupby(run.cases, key=lambda case: case.where.file):
        cases = list(group)
        comparisons = [c for case in cases for c in case.comparisons]
        findings = [finding for case in cases for finding in case.findings]
        number = len(comparisons) + len(findings)
        suite = ET.SubElement(root, "testsuite", name=_clean(file or "expr"), tests=str(number))
        failures = sum(_kind(c) == "failure" for c in comparisons) + sum(finding.bad for finding in findings)
        skipped = sum(c.known for c in comparisons) + sum(finding.known for finding in findings)
        suite.set("failures", str(failures))
        suite.set("errors", str(sum(_kind(c) == "error" for c in comparisons)))
        suite.set("skipped", str(skipped))
        for case in cases:
            for comparison in case.comparisons:
                _test_case(suite, file, case, comparison)
            for number, finding in enumerate(case.findings, 1):
                _finding(suite, file, case, finding, number)
    _baseline(root, failing_entries(run))
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _baseline(root: ET.Element, stale: Sequence[Stale]) -> None:
    """Write a suite of the entries of the baseline that fail the gate, if there are any."""
    if not stale:
        return
    number = str(len(stale))
    counts = {"tests": number, "failures": number, "errors": "0", "skipped": "0"}
    suite = ET.SubElement(root, "testsuite", {"name": "baseline", **counts})
    for entry in stale:
        element = ET.SubElement(suite, "testcase", classname="baseline", name=_clean(str(entry)))
        ET.SubElement(element, "failure", type="STALE", message=_clean(str(entry))).text = REMOVED


def _test_case(suite: ET.Element, file: str, case: CaseResult, comparison: Comparison) -> None:
    variant = f" ({comparison.variant})" if comparison.variant else ""
    element = _element(suite, file, case, f"{comparison.quantity} {comparison.name}{variant}")
    if kind := _kind(comparison):
        lines = [f"{line.label}: {line.text}" for line in words.explanation(comparison)] + _notes(case)
        lines.append(f"what that means: {words.meaning([comparison])}")
        problem = ET.SubElement(element, kind, type=cells.verdict(comparison), message=_clean(_message(comparison)))
        problem.text = _clean("\n".join([*lines, f"where: {case.where or 'expr'}", f"again: {case.again}"]))
    if rows.traced(case) and comparison.good:
        ET.SubElement(element, "system-out").text = _clean("\n".join(_holds(case, comparison)))


def _element(suite: ET.Element, file: str, case: CaseResult, name: str) -> ET.Element:
    module = re.sub(r"[./\\]+", ".", file.replace(".", "_")) if file else "expr"
    return ET.SubElement(suite, "testcase", classname=_clean(f"{module}.{case.name}"), name=_clean(name))


def _finding(suite: ET.Element, file: str, case: CaseResult, finding: Finding, number: int) -> None:
    """Write a finding, which fails or is told in the output of a test that passes; numbered, no name occurs twice."""
    label = " ".join(filter(None, [finding.code, finding.name]))
    element = _element(suite, file, case, f"finding {number}: {label}")
    lines = [f"{severity}: {text}" for severity, listed, text in words.findings(case) if listed is finding]
    lines += [f"for: {finding.variant}"] if finding.variant else []
    lines.append(f"what that means: {words.meaning([], [finding])}")
    if finding.bad or finding.known:
        kind, prefix = ("skipped", "known failure: ") if finding.known else ("failure", "")
        problem = ET.SubElement(element, kind, type=finding.code, message=_clean(f"{prefix}{label}: {finding.detail}"))
        problem.text = _clean("\n".join([*lines, f"where: {case.where or 'expr'}", f"again: {case.again}"]))
    else:
        ET.SubElement(element, "system-out").text = _clean("\n".join(lines))


def _kind(comparison: Comparison) -> str:
    if comparison.good:
        return ""
    if comparison.known:
        return "skipped"
    return "error" if comparison.verdict is Verdict.ERROR else "failure"


def _message(comparison: Comparison) -> str:
    name = cells.name(comparison)
    name = f"known failure: {name}" if comparison.known else name
    scope = "" if comparison.verdict is Verdict.REFUTED and comparison.actual else words.scope(comparison)
    return f"{name} {scope}: {words.reason(comparison)}" if scope else f"{name}: {words.reason(comparison)}"


def _holds(case: CaseResult, comparison: Comparison) -> list[str]:
    """Say what is known of an array, and for what: a claim that passes is a claim with a region."""
    same_branches = [
        replace(branch, variant=SAMPLE) for branch in case.region if branch.variant in (SAMPLE, comparison.variant)
    ]
    shape = f" of shape {' '.join(map(str, comparison.shape))}" if comparison.shape else ""
    number = "1 entry" if comparison.entries == 1 else f"{comparison.entries:,} entries"
    lines = [f"{cells.verdict(comparison)}: {number}{shape}"]
    lines += [f"holds where the code takes the same branches: {text}" for text in words.region(same_branches)]
    return lines + _notes(case)


def _notes(case: CaseResult) -> list[str]:
    stated = [words.stated_as_if(case)] if case.as_if else []
    return stated + [f"note: {note}" for note in case.notes]


def _clean(text: str) -> str:
    """Replace what XML cannot hold, not even escaped."""
    return text if text.isprintable() else re.sub(_FORBIDDEN, "\ufffd", text)
