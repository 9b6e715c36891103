from datetime import UTC, datetime, timedelta
from pathlib import Path

from components import tracking
from secom_core import bundle

LATER = datetime.now(UTC) + timedelta(days=1)


def logged(environ, contenders, run_id="run-7"):
    """Log all contenders as a run of the pipeline; the logistic regression is chosen."""
    tracking.log_contenders(
        environ,
        run_id=run_id,
        folders=list(contenders.values()),
        chosen=contenders["logistic"],
    )
    return bundle.read(Path(contenders["logistic"]) / "bundle")


def names(client):
    """The pipeline's ids of all runs that are not deleted."""
    (experiment,) = client.search_experiments(filter_string="name = 'secom'")
    runs = client.search_runs([experiment.experiment_id])
    return {run.data.tags["run_id"] for run in runs}


def test_old_runs_go_with_their_families(environ, client, contenders):
    """All that one run of the pipeline has logged."""
    logged(environ, contenders)

    assert tracking.delete_old_runs(environ, before=LATER, kept=()) == ("run-7",)
    assert names(client) == set()
    assert tracking.delete_old_runs(environ, before=LATER, kept=()) == ()


def test_young_runs_stay(environ, client, contenders):
    """Those that began since."""
    logged(environ, contenders)

    before = LATER - timedelta(days=2)
    assert tracking.delete_old_runs(environ, before=before, kept=()) == ()
    assert names(client) == {"run-7"}


def test_run_of_a_bundle_that_is_kept_stays(environ, client, contenders):
    """With the families that it was chosen among."""
    chosen = logged(environ, contenders)

    assert tracking.delete_old_runs(environ, before=LATER, kept={chosen.digest}) == ()
    assert names(client) == {"run-7"}


def test_run_of_a_registered_model_stays(environ, client, contenders):
    """The registry points to its files."""
    chosen = logged(environ, contenders)
    tracking.move_champion_alias(environ, folder=chosen.path, digest=chosen.digest)

    assert tracking.delete_old_runs(environ, before=LATER, kept=()) == ()
    assert names(client) == {"run-7"}
