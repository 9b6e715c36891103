"""Schema and table are those of values.yaml."""

import json
import shutil

import pytest

from helm import generate, lint


def test_linter_finds_nothing():
    """Chart, schema, table and manifests are as Helm wants them, and of one mind."""
    assert list(lint.findings()) == []


def test_linter_names_what_is_out_of_date(tmp_path):
    """Whoever changes a value is told which files to make anew."""
    chart = shutil.copytree(generate.CHART, tmp_path / "secom")
    values = chart / "values.yaml"
    values.write_text(values.read_text().replace("region: us-east-1", "region: eu-central-1"))

    stale = [finding.partition(": out of date")[0] for finding in lint.findings(chart)]

    assert f"{chart}/README.md" in stale
    assert any(path.endswith("manifests/base/pipeline-config.yaml") for path in stale)


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
