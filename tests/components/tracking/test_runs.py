import hashlib
from pathlib import Path

import pytest

from components import tracking
from secom_core import bundle
from secom_core.errors import BundleError


@pytest.fixture
def logged(environ, client, contenders):
    """The pipeline's run and its families' runs, by name."""

    def look():
        experiment = client.get_experiment_by_name("secom").experiment_id
        return {run.info.run_name: run for run in client.search_runs([experiment])}

    tracking.log_contenders(
        environ, run_id="run-7", folders=list(contenders.values()), chosen=contenders["mlp"]
    )
    return look


def contents(folder):
    """Return what every file of a folder holds, by its sha256."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in Path(folder).rglob("*")
        if path.is_file()
    }


def test_each_family_has_a_run_in_the_pipelines_run(logged):
    """A run of the pipeline holds one run for each family."""
    runs = logged()

    assert set(runs) == {"run-7", "logistic", "mlp"}
    for family in ("logistic", "mlp"):
        assert runs[family].data.tags["mlflow.parentRunId"] == runs["run-7"].info.run_id
        assert runs[family].info.status == "FINISHED"
    assert runs["run-7"].info.status == "RUNNING"


def test_family_is_logged_with_parameters_figures_and_seconds(logged):
    """What the search chose, how good it was with both ends of the interval, and what it cost."""
    run = logged()["logistic"].data

    assert run.params == {"C": "0.01", "seed": "3"}
    assert run.metrics["auc"] == 0.7
    assert (run.metrics["auc_low"], run.metrics["auc_high"]) == (0.6, 0.8)
    assert run.metrics["fit_seconds"] == 3.75


def test_data_are_an_input_by_their_digest(logged, contenders):
    """Which units a family was fitted on is told, and that they were made up."""
    run = logged()["logistic"]
    digest = bundle.read(Path(contenders["logistic"]) / "bundle").data_digest

    (used,) = run.inputs.dataset_inputs
    assert used.dataset.digest == digest[:36]
    assert "synthetic" in used.dataset.name
    assert run.data.tags["data_digest"] == digest
    assert run.data.tags["data"] == "synthetic"


def test_bundle_is_an_artifact_byte_for_byte(logged, client, contenders, tmp_path):
    """What MLflow keeps of a family is the folder that training wrote."""
    run = logged()["logistic"].info.run_id

    kept = client.download_artifacts(run, "bundle", str(tmp_path))

    assert contents(kept) == contents(Path(contenders["logistic"]) / "bundle")


def test_pipelines_run_names_the_challenger(logged, contenders):
    """The chosen family and its bundle stand on the pipeline's run."""
    tags = logged()["run-7"].data.tags

    assert tags["family"] == "mlp"
    assert tags["bundle"] == bundle.read(Path(contenders["mlp"]) / "bundle").digest


def test_logging_can_be_repeated(logged, environ, contenders):
    """A stage that is run again leaves as many runs as one that was run once."""
    before = logged()

    tracking.log_contenders(
        environ, run_id="run-7", folders=[contenders["logistic"]], chosen=contenders["logistic"]
    )

    after = logged()
    assert set(after) == {"run-7", "logistic"}
    assert after["run-7"].info.run_id == before["run-7"].info.run_id
    assert after["run-7"].data.tags["family"] == "logistic"


def test_nothing_is_registered_before_promotion(logged, client):
    """Families are tried; only a promoted bundle becomes a version of the model."""
    assert logged()
    assert client.search_registered_models() == []


def test_damaged_bundle_is_not_logged(environ, tmp_path):
    """A folder that is no bundle stops the stage."""
    with pytest.raises(BundleError):
        tracking.log_contenders(environ, run_id="run-7", folders=[str(tmp_path)], chosen="")


@pytest.mark.parametrize(("succeeded", "status"), [(True, "FINISHED"), (False, "FAILED")])
def test_end_of_a_run_is_recorded_with_its_reason(logged, environ, succeeded, status):
    """Status and reason stand on the pipeline's run, however often they are written."""
    for _ in range(2):
        tracking.end_run(environ, run_id="run-7", succeeded=succeeded, reason="The champion stays.")

    run = logged()["run-7"]
    assert run.info.status == status
    assert run.data.tags["mlflow.note.content"] == "The champion stays."


def test_run_that_failed_early_is_recorded(environ, client):
    """A run that logged nothing before it failed is found as well."""
    tracking.end_run(environ, run_id="run-8", succeeded=False, reason="no such folder")

    experiment = client.get_experiment_by_name("secom").experiment_id
    (run,) = client.search_runs([experiment])
    assert (run.info.run_name, run.info.status) == ("run-8", "FAILED")
