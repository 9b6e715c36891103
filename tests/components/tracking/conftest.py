"""Contenders as `train` leaves them, and places to track them in."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from mlflow import MlflowClient

from components import artifacts
from secom_core import bundle, candidates, dataset, training
from secom_core.card import Card
from tests.bundles import parts_of

FIT_SECONDS = (1.5, 2.25)


@pytest.fixture(scope="session")
def contenders(tmp_path_factory):
    """The folder of a contender, by its family: a bundle, and as much evidence as is logged."""
    units = dataset.twin(n_units=400, seed=0)
    kept = slice(60, 100)
    units = replace(units, readings=units.readings[:, kept].copy(), sensors=units.sensors[kept])
    parent = tmp_path_factory.mktemp("contenders")
    return {
        family: _write_contender(parent / family, units, family=family, strength=strength)
        for family, strength in (("logistic", 0.01), ("mlp", 1.0))
    }


def _write_contender(folder, units, *, family, strength):
    """Write a logistic regression, whatever it is called: nobody here looks inside."""
    params = {"selection": "f", "n_sensors": 20, "C": strength}
    pipeline = candidates.build("logistic", params, seed=0).fit(units.readings, units.is_fail)
    card = _card(units, family=family, strength=strength)
    parts = parts_of(pipeline, units, units, card=lambda _: card, n_golden=3)
    digest = bundle.write(parts, folder / artifacts.BUNDLE)
    lineage = training.lineage(
        digest, run_id="run-7", environ={}, trained_at=datetime(2026, 1, 2, tzinfo=UTC)
    )
    bundle.write_lineage(lineage, folder / artifacts.BUNDLE)
    artifacts.write_json(f"{folder}/{artifacts.EVIDENCE}", {"fit_seconds": FIT_SECONDS})
    return str(folder)


def _card(units, *, family, strength):
    return Card(
        family=family,
        params={"C": str(strength)},
        seed=3,
        data_digest=units.digest,
        is_synthetic=True,
        n_units=400,
        n_fails=int(units.is_fail.sum()),
        fitted_from="2008-07-19T11:55:00",
        fitted_until="2008-09-12T17:28:00",
        seen_until="2008-09-30T05:41:00",
        figures={"auc": (0.7, 0.6, 0.8), "brier": (0.06, 0.05, 0.07)},
    )


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory):
    """A database as MLflow makes it, which takes seconds."""
    path = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    MlflowClient(tracking_uri=f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture
def state(tmp_path):
    """A state folder without anything in it."""
    folder = tmp_path / "a state, with spaces"
    folder.mkdir()
    return folder


@pytest.fixture
def environ(state, empty_database):
    """Tracking on this machine, in a folder of its own."""
    shutil.copy(empty_database, state)
    return {"MLFLOW_TRACKING_URI": f"sqlite:///{state}/mlflow.db"}


@pytest.fixture
def client(environ):
    """MLflow's own client, as a user would look at what was logged."""
    address = environ["MLFLOW_TRACKING_URI"]
    return MlflowClient(tracking_uri=address, registry_uri=address)
