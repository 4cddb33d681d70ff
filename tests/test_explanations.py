"""What `gradproof explain` says: an entry for each finding, reason, verdict and setting, found by what a person types."""

import textwrap

import pytest
from effort import some

from verify.command.config import _KEYS
from verify.model.errors import InputError
from verify.model.explanations import GROUPS, PAGES, entries, examples, explained, page
from verify.model.findings import FINDINGS
from verify.model.reasons import Reason
from verify.model.result import Verdict

ENTRIES = entries()


def of_group(group):
    """Return the keys of a group, in order."""
    return [entry.key for entry in ENTRIES.values() if entry.group == group]


def names(entry):
    return {entry.key, entry.key.removeprefix("tool.gradproof.")}


def test_every_key_has_its_text_and_every_text_its_key():
    """The tables hold what the code can say, in its order, and nothing else."""
    assert of_group("findings") == list(FINDINGS) == sorted(FINDINGS)
    assert of_group("reasons") == [reason.value for reason in Reason]
    assert of_group("settings") == [f"tool.gradproof.{key}" for key in _KEYS]
    assert set(of_group("verdicts")) == {*Verdict.__members__, "NOT-ROUNDING"}


def test_no_two_keys_are_one_name():
    """Whatever the capitals, as on file systems that have none."""
    assert len({key.lower() for key in [*ENTRIES, *PAGES]}) == len(ENTRIES) + len(PAGES)


@pytest.mark.parametrize("key", some(ENTRIES, 8))
def test_an_entry_is_told_in_full(key):
    """A title of some words, paragraphs of whole sentences, and no line too long for a terminal."""
    entry = ENTRIES[key]
    assert len(entry.title.split()) > 2
    assert not entry.title.endswith(".")
    assert all(paragraph.endswith(".") and len(paragraph.split()) > 3 for paragraph in entry.paragraphs.values())
    text = page(entry).removesuffix(textwrap.indent(entry.example, "    "))
    assert max(map(len, text.splitlines())) <= 100
    assert explained([key]) == "\n".join(page(other) for other in ENTRIES.values() if key in names(other))
    assert explained([key]).startswith(f"{key}  {entry.title}\n")


def test_every_code_has_an_example():
    """Every code has its smallest example, which is shown, and no other code has any."""
    assert list(examples()) == [code for code in FINDINGS if code.startswith("GP")]
    for code, example in examples().items():
        assert textwrap.indent(example, "    ") in explained([code])


def test_the_list_has_all_keys():
    """Without a key, all are listed with their titles, group by group, findings with their severity."""
    lines = explained([]).splitlines()
    assert [line[:-1] for line in lines if line.endswith(":")] == [*GROUPS.values(), "longer pages"]
    assert [line.split()[0] for line in lines if line.startswith("  ")] == [*ENTRIES, *PAGES]
    assert "  GP101  fails   backward writes into dout" in lines


@pytest.mark.parametrize("typed", ["NOT ROUNDING", "not rounding", "Not_Rounding", "not-rounding"])
def test_a_name_may_be_typed_as_it_is_read(typed):
    """Capitals, spaces and underscores are understood."""
    assert explained([typed]) == explained(["NOT-ROUNDING"])


def test_several_keys():
    """Of whatever group, one after the other."""
    assert explained(["gp101", "timeout"]) == f"{explained(['GP101'])}\n{explained(['timeout'])}"


def test_a_setting_by_its_last_word():
    """A setting needs no prefix; a name that a reason has too is explained as both, the reason first."""
    assert explained(["Seed"]) == explained(["tool.gradproof.seed"]) == page(ENTRIES["tool.gradproof.seed"])
    both = f"{page(ENTRIES['memory'])}\n{page(ENTRIES['tool.gradproof.memory'])}"
    assert explained(["memory"]) == both


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("GP999", "did you mean 'GP"),
        ("timout", "did you mean 'timeout'"),
        ("refutd", "did you mean 'REFUTED'"),
        ("extendd", "did you mean 'extend'"),
        ("baselines", "did you mean 'tool.gradproof.baseline'"),
        ("a symbol was turned into a plain number", "plain-number|lists all"),
        ("xyzzy", "lists all"),
    ],
)
def test_an_unknown_name_is_told_with_its_neighbours(typed, hint):
    """A slip of the finger is put right."""
    with pytest.raises(InputError, match=hint):
        explained([typed])


@pytest.mark.parametrize("name", PAGES)
def test_longer_pages(command, name):
    """What is listed as a page is one."""
    assert len(command("explain", name).out.splitlines()) > 10
