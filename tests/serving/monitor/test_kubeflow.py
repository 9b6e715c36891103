from threading import Thread

import pytest

from pipelines.as_yaml import checked_in
from secom_core.errors import RunError
from serving.monitor.kubeflow import Kubeflow
from tests.pipelines.kubeflow_api import KubeflowApi


@pytest.fixture
def api():
    """A stand-in for Kubeflow's API on the loopback."""
    with KubeflowApi() as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def uploaded(api):
    """The same, with two versions of both pipelines."""
    for description in ("older", "newer"):
        for name in ("train_and_promote", "batch_predict"):
            api.bring(checked_in(name), description=description)
    return api


def test_the_newest_version_runs_with_its_parameters(uploaded):
    """Under the name by which it can be found, in the project's experiment."""
    kubeflow = Kubeflow(uploaded.address)

    run_ids = [
        kubeflow.start("train_and_promote", {"source": "s3://a/b", "seed": 7}, name="one"),
        kubeflow.start("batch_predict", {"source": "s3://a/b", "output": "s3://a/c"}, name="two"),
    ]

    assert run_ids == ["run-1", "run-2"]
    training, batch = uploaded.runs
    assert training["runtime_config"]["parameters"] == {"source": "s3://a/b", "seed": 7}
    (experiment,) = uploaded.experiments
    assert experiment["display_name"] == "secom"
    for run, name in ((training, "secom-train-and-promote"), (batch, "secom-batch-predict")):
        assert run["experiment_id"] == experiment["experiment_id"]
        wanted = run["pipeline_version_reference"]["pipeline_version_id"]
        (version,) = [v for v in uploaded.versions if v["pipeline_version_id"] == wanted]
        assert version["pipeline_spec"]["pipelineInfo"]["name"] == name
        assert version["description"] == "newer"


def test_a_run_is_found_by_its_name(uploaded):
    """And nobody is found by a name that was never given."""
    kubeflow = Kubeflow(uploaded.address)
    kubeflow.start("batch_predict", {}, name="one")

    assert kubeflow.find("one") == "run-1"
    assert kubeflow.find("two") is None


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("PENDING", "running"),
        ("RUNNING", "running"),
        ("CANCELING", "running"),
        ("SUCCEEDED", "succeeded"),
        ("FAILED", "failed"),
        ("CANCELED", "failed"),
    ],
)
def test_states_are_told_apart(uploaded, word, state):
    """Who cancels a run wanted no result."""
    kubeflow = Kubeflow(uploaded.address)
    kubeflow.start("batch_predict", {}, name="one")

    uploaded.end("run-1", word)

    assert kubeflow.state("run-1") == state


def test_a_run_that_was_deleted_has_failed(uploaded):
    """It must not keep others waiting for ever."""
    assert Kubeflow(uploaded.address).state("run-9") == "failed"


def test_a_pipeline_that_is_not_there_is_named(api):
    """With what brings it there."""
    with pytest.raises(RunError, match=r"no version of secom-train-and-promote.*secom upload"):
        Kubeflow(api.address).start("train_and_promote", {}, name="one")


def test_a_refusal_is_told_with_its_status(uploaded):
    """A parameter that the version does not have."""
    with pytest.raises(RunError, match="refuses: 400"):
        Kubeflow(uploaded.address).start("batch_predict", {"colour": "red"}, name="one")


def test_kubeflow_may_be_away_at_first_and_later(uploaded):
    """Each call tells; the first one after it is back works."""
    kubeflow = Kubeflow(uploaded.address)
    for _ in range(2):
        uploaded.is_away = True
        with pytest.raises(RunError, match=f"no answer from .* {uploaded.address}"):
            kubeflow.find("one")
        uploaded.is_away = False
        assert kubeflow.find("one") is None


def test_a_lost_answer_is_an_error_and_the_run_is_found(uploaded):
    """It is not asked for a second time."""
    kubeflow = Kubeflow(uploaded.address)
    kubeflow.start("batch_predict", {}, name="one")
    uploaded.loses_answer = True

    with pytest.raises(RunError, match="no answer"):
        kubeflow.start("batch_predict", {}, name="two")

    assert kubeflow.find("two") == "run-2"
    assert len(uploaded.runs) == 2
