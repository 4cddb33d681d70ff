"""The field that finds a case: every case can be chosen, and the styles name no other thing."""

from dataclasses import replace

import results

from reports import page
from reports.page import finding, view
from verify.model.result import Run


def test_every_case_can_be_chosen():
    """By its name, in the order of the alphabet; names with markup are text."""
    run = results.everything()
    chosen = finding.choices(list(view.views(run)))
    assert sorted(choice.name for choice in chosen) == sorted(case.name for case in run.cases)
    assert [choice.name for choice in chosen] == sorted((choice.name for choice in chosen), key=str.casefold)
    assert "&lt;img onerror=x&gt; &amp; `co` | *de*</option>" in page.render(run)


def test_styles_name_anchors_alone():
    """What stands in a style has no quote, bracket or tag, whatever a case is called."""
    case = replace(results.case('"]{}</style>', results.PROVED), name='"]{}</style><b>')
    style = finding.style(finding.choices(list(view.views(Run((case, results.AFFINE))))))
    assert style.count("{") == style.count("}") == 1
    assert "</style" not in style


def test_there_is_no_field_for_one_case_or_too_many():
    """One needs no field, and for 1,000 the styles would be larger than the page."""
    one = list(view.views(Run((results.AFFINE,))))
    assert finding.choices(one) == []
    assert finding.choices(one * 1000) == []
    assert finding.style([]) == ""
    assert 'id="find"' not in page.render(Run((results.AFFINE,)))
