"""Units that tests train, judge and serve on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from secom_core import dataset
from secom_core.store import bucket_opener

pytest_plugins = ["tests.fixtures_store"]


@pytest.fixture(scope="session")
def twin() -> dataset.Units:
    """500 made-up units with a signal that every family finds; do not write to its arrays."""
    units = dataset.twin(n_units=500, seed=0)
    for array in (units.readings, units.is_fail, units.measured_at):
        array.flags.writeable = False
    return units


@pytest.fixture(scope="session")
def real_folder() -> Path:
    """UCI's files; skips the test where SECOM_DATA names none."""
    folder = os.environ.get("SECOM_DATA")
    if not folder:
        pytest.skip("SECOM_DATA is not set")
    return Path(folder)


@pytest.fixture(scope="session")
def real_units(real_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dataset.Units:
    """UCI's 1,567 units; skips the test where SECOM_DATA names none."""
    return dataset.load(
        str(real_folder),
        cache=tmp_path_factory.mktemp("cache"),
        open_bucket=bucket_opener(os.environ),
    )
