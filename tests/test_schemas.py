"""The schemas of TOML files say what the parsers say: the same keys, and the same answer to good and bad values."""

import tomllib
from importlib.metadata import entry_points

import pytest
from jsonschema import Draft7Validator

from gradproof.schemas import CASES, SETTINGS, read, settings
from layers.wiring import wire
from verify.cases.suite import _CASE, _EXPECTED, _INPUT, _REQUIRED, load
from verify.command.config import _KEYS, Config, find
from verify.model.errors import InputError
from verify.model.explanations import entries

OF_CASES, OF_SETTINGS = Draft7Validator(read(CASES)), Draft7Validator(read(SETTINGS))
CASE = '[[case]]\nname = "apples"\nexpression = "price = apple * tax"\ninputs = { apple = 100, tax = 1.1 }\n'


def refuses(parse, *arguments, **named):
    try:
        parse(*arguments, **named)
    except InputError:
        return True
    return False


@pytest.mark.parametrize("name", [CASES, SETTINGS])
def test_they_are_schemas(name):
    """Of draft 7, which is what editors read; every key has its description, and no other key is allowed."""
    schema = read(name)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    Draft7Validator.check_schema(schema)
    for table in (schema, *schema.get("definitions", {}).values()):
        if "properties" in table:
            assert table["additionalProperties"] is False
            assert all(part["description"] for part in table["properties"].values())


def test_the_settings_are_those_of_the_parser():
    """Every key that the parser knows is in the schema and the other way round, with the titles of `explain`."""
    properties = read(SETTINGS)["properties"]
    assert list(properties) == list(_KEYS)
    titles = {entry.key: entry.title for entry in entries().values() if entry.group == "settings"}
    assert titles == {f"tool.gradproof.{key}": lowered(part["description"]) for key, part in properties.items()}


def lowered(text):
    return text[0].lower() + text[1:]


def test_the_defaults_are_those_of_the_parser():
    """Where the schema names a default."""
    defaults = {key: part["default"] for key, part in read(SETTINGS)["properties"].items() if "default" in part}
    assert set(defaults) == {"targets", "seed", "timeout", "memory", "cache", "extensions"}
    assert {key: tuple(value) if isinstance(value, list) else value for key, value in defaults.items()} == {
        key: Config._field_defaults[key] for key in defaults
    }


def test_the_keys_of_cases_are_those_of_the_parser():
    """At each level, required ones too."""
    schema = read(CASES)
    case = schema["definitions"]["case"]
    assert set(schema["properties"]) == {"case"}
    assert set(case["properties"]) == set(_CASE)
    assert case["required"] == list(_REQUIRED)
    assert set(case["properties"]["expected"]["properties"]) == set(_EXPECTED)
    assert set(schema["definitions"]["input"]["properties"]) == set(_INPUT)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("", True),
        ("targets = ['a.toml', 'b']\nlayers = 'x.py'\nseed = -3\ntimeout = 0.5\nmemory = 2\njobs = 1", True),
        ("baseline = 'known.json'\nextensions = ['mine']", True),
        ("timeout = 1000000", True),
        ("timeout = 1000001", False),
        ("timeout = 0", False),
        ("timeout = true", False),
        ("timeout = '1'", False),
        ("memory = -1", False),
        ("jobs = 0", False),
        ("jobs = true", False),
        ("seed = '1'", False),
        ("seed = 1.5", False),
        ("targets = 'x'", False),
        ("targets = [1]", False),
        ("extensions = [1]", False),
        ("layers = 1", False),
        ("baseline = 1", False),
        ("target = []", False),
    ],
)
def test_settings_are_judged_alike(tmp_path, text, good):
    """By the schema and by the parser, whether they are right or wrong."""
    (tmp_path / "pyproject.toml").write_text(f"[tool.gradproof]\n{text}\n")
    assert refuses(find, tmp_path) is not good
    assert OF_SETTINGS.is_valid(tomllib.loads(text)) is good


@pytest.mark.parametrize(
    ("text", "good"),
    [
        (CASE, True),
        (CASE + "upstream = 1.3\nexpected.values = { price = 110 }\nexpected.gradients = { tax = '100.0' }", True),
        ("", True),
        (CASE + "upstream = '1.5'", True),
        (CASE + "upstream = 0", False),
        (CASE + "upstream = [1]", False),
        (CASE + "upstream = true", False),
        (CASE + "uptsream = 2", False),
        (CASE + "expected.value = {}", False),
        (CASE + "expected = 1", False),
        (CASE + "expected.values = 1", False),
        (CASE + "expected.values = { price = true }", False),
        (CASE.replace("tax = 1.1", "tax = true"), False),
        (CASE.replace("tax = 1.1", "tax = { low = 1 }"), False),
        (CASE.replace("tax = 1.1", "tax = { at = 1.1, low = 1, high = '3', closed = true }"), True),
        (CASE.replace("tax = 1.1", "tax = { at = 1.1, low = 1, closed = 'low' }"), True),
        (CASE.replace("tax = 1.1", "tax = { at = 1.1, low = 1, closed = 'all' }"), False),
        (CASE.replace("tax = 1.1", "tax = { at = 1.1, low = [1] }"), False),
        (CASE.replace("tax = 1.1", "tax = { at = 1.1, lo = 1 }"), False),
        (CASE.replace("{ apple = 100, tax = 1.1 }", "3"), False),
        (CASE.replace('name = "apples"', ""), False),
        (CASE.replace('"apples"', '" "'), False),
        (CASE.replace('"apples"', "3"), False),
        (CASE.replace('"apples"', f'"{"a" * 201}"'), False),
        (CASE.replace("case", "cases"), False),
        ("case = 3", False),
        ("case = [3]", False),
    ],
)
def test_cases_are_judged_alike(tmp_path, text, good):
    """By the schema and by the parser, whether they are right or wrong."""
    (tmp_path / "shop.toml").write_text(text)
    assert refuses(load, tmp_path / "shop.toml", wire) is not good
    assert OF_CASES.is_valid(tomllib.loads(text)) is good


def test_validate_pyproject_finds_the_settings():
    """By the entry point that it asks for the schemas of tools."""
    (point,) = entry_points(group="validate_pyproject.tool_schema", name="gradproof")
    assert point.load()("gradproof") == settings() == read(SETTINGS)
