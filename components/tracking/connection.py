"""Reaching MLflow, and telling in plain words why it cannot be reached."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from secom_core.errors import ConfigError, TrackingError

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

ADDRESS = "MLFLOW_TRACKING_URI"
NAME = "secom"
"""Of the experiment and of the registered model."""
ARTIFACTS = "mlartifacts"
"""Folder beside a SQLite database in which MLflow keeps the files of runs."""

RUN_ID, PARENT = "run_id", "mlflow.parentRunId"
"""Tags by which runs are found again."""

# Read by MLflow when it is imported or asked: patience of seconds, and neither chatter nor
# telemetry. Whoever runs the pipeline may set them otherwise.
_MANNERS = {
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "15",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}


@dataclass(frozen=True, slots=True)
class Tracker:
    """MLflow's client, and the experiment that everything is logged to."""

    client: MlflowClient
    experiment: str

    def runs_of(self, run_id: str) -> list[Run]:
        """Return MLflow's runs for a run of the pipeline: its own, and those of its families."""
        wanted = f"tags.{RUN_ID} = '{run_id}'"
        return list(self.client.search_runs([self.experiment], filter_string=wanted))

    def pipeline_run(self, run_id: str) -> str:
        """Return the id of MLflow's own run for a run of the pipeline, a new one at first."""
        for run in self.runs_of(run_id):
            if PARENT not in run.data.tags:
                return str(run.info.run_id)
        made = self.client.create_run(self.experiment, run_name=run_id, tags={RUN_ID: run_id})
        return str(made.info.run_id)


def require_reachable(environ: Mapping[str, str]) -> None:
    """Open the experiment and the registry, so that what is wrong shows before training.

    Parameters
    ----------
    environ : mapping
        Of which MLFLOW_TRACKING_URI is read: a server, or a SQLite database, which is made if it
        is not there.

    Raises
    ------
    ConfigError
        If MLFLOW_TRACKING_URI is missing.
    TrackingError
        If MLflow is away or refuses; says what to do.
    """
    with connected(environ) as tracker:
        tracker.client.search_registered_models(max_results=1)


@contextmanager
def connected(environ: Mapping[str, str]) -> Iterator[Tracker]:
    """Connect to MLflow; turn whatever it raises into a `TrackingError` that says what to do."""
    address = environ.get(ADDRESS)
    if not address:
        message = f"set {ADDRESS} (the address of MLflow, as in http://mlflow:5000)."
        raise ConfigError(message)
    for name, value in _MANNERS.items():
        os.environ.setdefault(name, value)
    # Importing MLflow takes seconds, and who asks for help or serves has no need of it.
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    # Two stages may write at the same moment: one waits for the other.
    patient = f"{address}?timeout=60" if _is_sqlite(address) else address
    try:
        with _alone(address):
            client = MlflowClient(tracking_uri=patient, registry_uri=patient)
            experiment = _experiment(client, address)
        yield Tracker(client, experiment)
    except (MlflowException, SQLAlchemyError, OSError) as exc:
        raise TrackingError(_explained(exc, address)) from exc


def _is_sqlite(address: str) -> bool:
    return address.startswith("sqlite:///")


@contextmanager
def _alone(address: str) -> Iterator[None]:
    """Let one process at a time make a SQLite database: MLflow's migrations cannot share one."""
    if not _is_sqlite(address):
        yield
        return
    with Path(f"{_database(address)}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _database(address: str) -> Path:
    return Path(address.removeprefix("sqlite:///")).absolute()


def _experiment(client: MlflowClient, address: str) -> str:
    """Return the id of the experiment, a new one at first."""
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(NAME)
    if found is None:
        folder = None  # a server knows where it keeps files
        if _is_sqlite(address):
            folder = (_database(address).parent / ARTIFACTS).as_uri()
        try:
            return str(client.create_experiment(NAME, artifact_location=folder))
        except MlflowException as exc:
            if exc.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            found = client.get_experiment_by_name(NAME)  # another stage was first
    return str(found.experiment_id)


def _explained(fault: Exception, address: str) -> str:
    user, at, _ = urlsplit(address).netloc.rpartition("@")
    shown, said = (text.replace(user + at, "") for text in (address, str(fault)))
    said = said.strip().partition("\n")[0]
    if getattr(fault, "error_code", "") in {"UNAUTHENTICATED", "PERMISSION_DENIED"}:
        advice = (
            "Check MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or "
            "MLFLOW_TRACKING_TOKEN, and that the server allows this address "
            "(its MLFLOW_SERVER_ALLOWED_HOSTS)."
        )
    else:
        advice = f"Is MLflow running, is {ADDRESS} right, and is there room on its disk?"
    return f"MLflow at {shown} failed: {said}. {advice}"
