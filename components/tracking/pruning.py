"""Old runs in MLflow, and which of them may go."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from components.tracking.connection import NAME, RUN_ID, Tracker, connected

if TYPE_CHECKING:
    from mlflow.entities import Run

_PAGE = 1000


def delete_old_runs(
    environ: Mapping[str, str], *, before: datetime, kept: Collection[str]
) -> tuple[str, ...]:
    """Mark runs of the pipeline as deleted; `mlflow gc` at the server frees their files.

    What belongs to a registered model, or to a bundle that is kept, stays.

    Parameters
    ----------
    environ : mapping
        As for `require_reachable`.
    before : datetime
        When the youngest of them began.
    kept : collection of str
        Digests of bundles.

    Returns
    -------
    tuple of str
        The pipeline's own ids of those runs.

    Raises
    ------
    TrackingError
        If MLflow is away or refuses.
    """
    with connected(environ) as tracker:
        registered = {
            version.run_id for version in tracker.client.search_model_versions(f"name = '{NAME}'")
        }
        runs = [run for run in _all_runs(tracker) if RUN_ID in run.data.tags]
        staying = {
            run.data.tags[RUN_ID]
            for run in runs
            if run.info.run_id in registered
            or run.data.tags.get("bundle") in kept
            or run.info.start_time >= before.timestamp() * 1000
        }
        going = [run for run in runs if run.data.tags[RUN_ID] not in staying]
        for run in going:
            tracker.client.delete_run(run.info.run_id)
        return tuple(sorted({run.data.tags[RUN_ID] for run in going}))


def _all_runs(tracker: Tracker) -> Iterator[Run]:
    token = None
    while True:
        page = tracker.client.search_runs([tracker.experiment], max_results=_PAGE, page_token=token)
        yield from page
        token = page.token
        if not token:
            return
