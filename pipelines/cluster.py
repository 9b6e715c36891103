"""Run the graph on a cluster, through Kubeflow Pipelines' API."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout

import kfp
import urllib3
from kfp_server_api.exceptions import ApiException

from pipelines.train_and_promote import train_and_promote
from secom_core.errors import RunError

EXPERIMENT = "secom"
"""Under which Kubeflow lists runs, if the user names nothing else."""


def submit(host: str, parameters: Mapping[str, str | int | float], *, experiment: str) -> str:
    """Start the graph on a cluster and return where to watch it.

    Parameters
    ----------
    host : str
        Address of Kubeflow Pipelines' API.
    parameters : mapping
        The graph's parameters.
    experiment : str
        Under which Kubeflow lists the run; made if there is none of that name.

    Raises
    ------
    RunError
        If the API is away or refuses.
    """
    with client(host) as kubeflow:
        run = kubeflow.create_run_from_pipeline_func(
            train_and_promote,
            arguments=dict(parameters),
            experiment_name=experiment,
            enable_caching=False,
        )
    return f"{host.rstrip('/')}/#/runs/details/{run.run_id}"


@contextmanager
def client(host: str) -> Iterator[kfp.Client]:
    """Talk to Kubeflow Pipelines' API at `host`.

    Raises
    ------
    RunError
        If the API is away or refuses, at any time within the block.
    """
    try:
        with _quiet():
            yield kfp.Client(host=host)
    except (urllib3.exceptions.HTTPError, TimeoutError) as exc:
        message = (
            f"no answer from Kubeflow Pipelines at {host}: {exc}. "
            "Check the address; it is the one of its API, as in http://localhost:8888."
        )
        raise RunError(message) from exc
    except ApiException as exc:
        message = f"Kubeflow Pipelines at {host} refuses: {exc.status} {exc.reason}."
        raise RunError(message) from exc


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep from the user what kfp's client tells all: a warning, links, a traceback a retry."""
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        logging.disable(logging.NOTSET)
