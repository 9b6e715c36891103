import pytest
from click.testing import CliRunner

from pipelines.cli import main

TOKENS = {"SECOM_MONITOR_TOKEN": "m" * 16, "SECOM_ALERTS_TOKEN": "a" * 16}
STORE = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
}


@pytest.mark.parametrize("missing", [*TOKENS, *STORE])
def test_a_monitor_without_a_setting_says_which(missing):
    """Before it listens: nobody may send outcomes to one that lets everybody in."""
    environ = {**TOKENS, **STORE, missing: ""}

    ended = CliRunner().invoke(main, ["monitor", "--port=0"], env=environ)

    assert ended.exit_code == 2
    assert missing in ended.output


def test_a_port_that_is_taken_is_named():
    """It is the predictor's, perhaps."""
    ended = CliRunner().invoke(
        main, ["monitor", "--port=1", "--host=203.0.113.1"], env={**TOKENS, **STORE}
    )

    assert ended.exit_code == 2
    assert "cannot listen on 203.0.113.1, port 1" in ended.output


def test_one_thing_starts_pipelines():
    """Kubeflow, or this machine."""
    ended = CliRunner().invoke(
        main, ["monitor", "--kubeflow=http://127.0.0.1:1", "--here=x"], env={**TOKENS, **STORE}
    )

    assert ended.exit_code == 2
    assert "Leave one of --kubeflow and --here out" in ended.output
