from datetime import UTC, datetime

import pytest

from serving.monitor.counts import Counts
from serving.monitor.runs import Intent, Run

AT = datetime(2008, 10, 17, 6, tzinfo=UTC)


def run(ending="", pipeline="train_and_promote"):
    """A run that ended so, or goes on."""
    intent = Intent(
        name="a",
        pipeline=pipeline,
        arguments={},
        keys=(),
        source="request",
        reason="",
        token="",
        address="",
        is_kept=False,
    )
    return Run(intent=intent, asked_at=AT, run_id="run-1", ending=ending)


def told(runs):
    """Values by name and labels, as Prometheus is told them."""
    counts = Counts(lambda: runs, lambda: True)
    return {
        (sample.name, *sample.labels.values()): sample.value
        for metric in counts.collect()
        for sample in metric.samples
    }


@pytest.mark.parametrize(
    ("endings", "failures", "refusals"),
    [
        ([], 0, 0),
        (["failed"], 1, 0),
        (["failed", "rolled_back"], 2, 0),
        (["failed", "promoted"], 0, 0),
        (["kept", "none", "kept"], 0, 3),
        (["kept", "failed"], 1, 0),
        (["failed", ""], 1, 0),
        (["failed", "abandoned"], 1, 0),
    ],
)
def test_failures_and_refusals_count_in_a_row(endings, failures, refusals):
    """From the newest that has ended; one that never began is none."""
    values = told([run(ending) for ending in endings])

    assert values["secom_retrain_failures",] == failures
    assert values["secom_retrain_refusals",] == refusals


def test_batches_are_no_trainings():
    """A batch that fails raises no alert on trainings."""
    values = told([run("failed"), run("done", "batch_predict"), run("", "batch_predict")])

    assert values["secom_retrain_failures",] == 1
    assert values["secom_pipeline_runs_total", "batch_predict", "done"] == 1
    assert values["secom_pipeline_runs_total", "train_and_promote", "failed"] == 1
    assert values["secom_pipeline_runs_total", "train_and_promote", "promoted"] == 0
    assert values["secom_pipeline_runs_going", "batch_predict"] == 1
    assert values["secom_pipeline_runs_going", "train_and_promote"] == 0


def test_runs_that_are_not_known_are_absent():
    """A count that begins at 0 seems to rise when they are read."""
    assert not [name for name, *_ in told(None) if "runs" in name or "failures" in name]
