"""Schema and table are those of values.yaml."""

import json

import pytest

from helm import generate


def test_generated_files_are_current():
    """Whoever changes a value changes its documentation and its check."""
    stale = [path.name for path, text in generate.files().items() if path.read_text() != text]

    assert stale == [], "`make chart` writes them anew"


def test_option_is_read_with_description_and_constraint():
    """Comments above a key document it; a group has none of its own."""
    text = (
        "# not of any key\n\n"
        "group:\n"
        "  # -- How many\n"
        "  # -- at a time.\n"
        '  # @schema {"minimum": 1}\n'
        "  count: 2\n"
    )

    (option,) = generate.read_options(text)
    schema = json.loads(generate.to_schema([option]))["properties"]["group"]

    assert option.to_row() == "| `group.count` | `2` | How many at a time. |"
    assert schema["properties"]["count"] == {
        "type": "integer",
        "description": "How many at a time.",
        "minimum": 1,
    }
    assert schema["additionalProperties"] is False


def test_value_without_description_is_refused():
    """No value can be added in silence."""
    with pytest.raises(ValueError, match=r"group\.count has no description"):
        generate.read_options("group:\n  # a remark\n  count: 2\n")
