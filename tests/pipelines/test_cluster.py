import pytest

from pipelines import cluster
from secom_core.errors import RunError


def test_a_run_is_submitted_with_its_parameters(serve_api):
    """Kubeflow is asked for one run of this graph, uncached, with what the user chose."""
    api = serve_api()

    where = cluster.submit(
        api.address, {"source": "s3://lake/secom", "seed": 7}, experiment="secom"
    )

    (run,) = api.runs
    assert where == f"{api.address}/#/runs/details/run-1"
    (experiment,) = api.experiments
    assert experiment["display_name"] == "secom"
    assert run["experiment_id"] == experiment["experiment_id"]
    assert run["runtime_config"]["parameters"] == {"source": "s3://lake/secom", "seed": 7}
    spec = run["pipeline_spec"]["pipeline_spec"]
    assert spec["pipelineInfo"]["name"] == "secom-train-and-promote"


def test_a_refusal_names_the_api_and_its_answer(serve_api):
    """The user reads a status, not a client's traceback."""
    api = serve_api(run_status=403)

    with pytest.raises(RunError, match=f"{api.address} refuses: 403"):
        cluster.submit(api.address, {"source": "s3://lake/secom"}, experiment="secom")


def test_an_api_that_is_away_is_named():
    """Nobody listens on port 1."""
    with pytest.raises(
        RunError, match=r"no answer from Kubeflow Pipelines at http://127\.0\.0\.1:1"
    ):
        cluster.submit("http://127.0.0.1:1", {"source": "s3://lake/secom"}, experiment="secom")
