import pytest
from click.testing import CliRunner

from pipelines.cli import main

COMMANDS = ["run", "serve", "predict", "compile", "submit", "report", "data"]


@pytest.fixture
def call(monkeypatch, tmp_path):
    """Call a command in an empty folder and an environment that names nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("SECOM_DATA", "AWS_ENDPOINT_URL", "MLFLOW_TRACKING_URI", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    return lambda *words: CliRunner().invoke(main, words)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_its_options(call, command):
    """A newcomer finds a sentence for the command and for each option."""
    ended = call(command, "--help")

    assert ended.exit_code == 0
    described = [
        parameter.name
        for parameter in main.commands[command].params
        if not getattr(parameter, "help", None)
    ]
    assert described == []
    assert main.commands[command].help


def test_help_lists_every_command(call):
    """Nothing that can be called is hidden."""
    assert set(main.commands) == set(COMMANDS)
    assert all(command in call("--help").output for command in COMMANDS)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "--data", "/nowhere"], "cannot find data at /nowhere"),
        (["run", "--data", "ftp://fab/secom.zip"], "ftp://fab/secom.zip"),
        (["run", "--data", "synthetic:one"], "seed must be a whole number"),
        (["run", "--max-inspection-rate", "0"], "max_inspection_rate must be in (0, 1], got 0"),
        (["run", "--max-inspection-rate", "nan"], "max_inspection_rate must be in (0, 1], got nan"),
        (["run", "--missed-fail-cost", "-1"], "missed_fail_cost must be 0 or more, got -1"),
        (["run", "--seed", "-1"], "seed must be in [0, 2**32), got -1"),
        (["run", "--first-window", ".9"], "first_window=0.9, holdout=0.2"),
        (["run", "--holdout", "1"], "first_window=0.4, holdout=1"),
        (["run", "--search", "deep"], "'deep' is not one of 'full', 'quick'"),
        (["run", "--data", "synthetic", "--state", "/proc/secom"], "cannot write to /proc/secom"),
        (["data", "--data", "/nowhere"], "cannot find data at /nowhere"),
        (["report"], "there is no report in .secom"),
        (["serve"], "there is no champion in .secom"),
        (["serve", "--bundle", "/nowhere"], "no bundle at /nowhere"),
        (["serve", "--bundle", "s3://bucket/champion"], "s3://BUCKET/bundles/DIGEST"),
        (["serve", "--bundle", "s3://bucket/bundles/abc"], "AWS_ENDPOINT_URL"),
        (["submit", "--data", "s3://lake/secom"], "Missing option '--host'"),
        (["submit", "--host", "http://127.0.0.1:1", "--data", "s3://x/y"], "http://127.0.0.1:1"),
        (["predict-the-future"], "No such command"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_one_message_and_exit_code_2(call, words, said):
    """The message names the value, and no traceback hides it."""
    ended = call(*words)

    assert ended.exit_code == 2
    assert said in ended.output
    assert "Traceback" not in ended.output


def test_a_wrong_secom_data_is_refused_and_never_replaced(call, monkeypatch):
    """Whoever names real data gets no made-up ones."""
    monkeypatch.setenv("SECOM_DATA", "/nowhere")

    ended = call("run")

    assert ended.exit_code == 2
    assert "SECOM_DATA=/nowhere" in ended.output


def test_data_says_what_is_odd(call):
    """The summary counts units, fails and useless sensors."""
    ended = call("data", "--data", "synthetic:3")

    assert ended.exit_code == 0
    assert "1567, " in ended.output
    assert "(synthetic)" in ended.output
    assert "constant" in ended.output
