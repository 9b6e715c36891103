from dataclasses import fields

import pytest
from click.testing import CliRunner

from pipelines.cli import main
from serving.predictor.limits import RANGES, Limits


@pytest.fixture
def call(monkeypatch, tmp_path):
    """Call a command in an empty folder and an environment that names nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("SECOM_DATA", "AWS_ENDPOINT_URL", "MLFLOW_TRACKING_URI", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    return lambda *words, **options: CliRunner().invoke(main, words, **options)


@pytest.mark.parametrize("command", main.commands)
def test_every_command_explains_itself_and_its_options(call, command):
    """A newcomer finds a sentence for the command and for each option."""
    ended = call(command, "--help")

    assert ended.exit_code == 0
    options, arguments = [], []
    for parameter in main.commands[command].params:
        (options if parameter.param_type_name == "option" else arguments).append(parameter)
    assert [option.name for option in options if not option.help] == []
    # Click has no help of an argument's own: the sentence speaks of it.
    words = main.commands[command].help
    assert words
    assert [one.name for one in arguments if one.make_metavar(None) not in words] == []


def test_help_lists_every_command(call):
    """Nothing that can be called is hidden."""
    listed = call("--help").output

    assert {"run", "serve", "predict", "compile", "submit", "report", "data"} <= set(main.commands)
    assert all(f"\n  {command} " in listed for command in main.commands)


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
        (["serve", "--max-queue", "0"], "0 is not in the range 1<=x<=65536"),
        (["serve", "--body-seconds", "nan"], "body_seconds must be in [0.1, 3600], got nan"),
        (["serve", "--max-body-bytes", "300000000"], "held_bytes must be at least body_bytes"),
        (["serve", "--log-level", "loud"], "'loud' is not one of 'debug'"),
        (["serve", "--tls-cert", "tls.crt"], "go together, got tls.crt and None"),
        (["serve", "--tls-cert", "no.crt", "--tls-key", "no.key"], "no.key: No such file"),
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


def test_every_limit_of_the_server_can_be_set(call):
    """By an option, and by the environment that a chart gives a pod; defaults are the server's."""
    options = {
        option.name: option for option in main.commands["serve"].params if option.name in RANGES
    }

    assert set(options) == {field.name for field in fields(Limits)}
    for name, option in options.items():
        assert option.default == getattr(Limits(), name)
        assert (
            option.envvar == f"SECOM_{option.opts[0].removeprefix('--').replace('-', '_')}".upper()
        )
        ended = call("serve", env={option.envvar: "-1"})
        assert ended.exit_code == 2
        assert f"'{option.opts[0]}' (env var: '{option.envvar}'): -1" in ended.output


def test_a_token_that_protects_nothing_is_refused_and_not_repeated(call):
    """The server never starts as if it were guarded."""
    ended = call("serve", env={"SECOM_TOKEN": "hunter2"})

    assert ended.exit_code == 2
    assert "SECOM_TOKEN must be 16 or more" in ended.output
    assert "hunter2" not in ended.output
