"""Files of units in every form, and a job done on them in this process."""

import os

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from secom_core.store import bucket_opener
from serving.predictor import batch

open_bucket = bucket_opener(os.environ)


@pytest.fixture
def predict(served, tmp_path):
    """Do a job as the command does, into `out` unless told otherwise; return its summary."""

    def run(source, *, bundle=served, output=None, **options):
        place = batch.open_place(str(output or tmp_path / "out"), open_bucket)
        options = {"open_bucket": open_bucket, "n_workers": 2, **options}
        return batch.predict(bundle, str(source), place, **options)

    return run


@pytest.fixture
def risks(tmp_path):
    """Read what a job left in `out`: one table of all parts."""

    def read(output=None):
        parts = sorted((output or tmp_path / "out").glob("parts/*.parquet"))
        return pa.concat_tables([parquet.read_table(part) for part in parts])

    return read


@pytest.fixture(scope="session")
def named(twin):
    """The twin's units as named columns, null where not measured, with names and times."""
    return pa.table(
        {
            "unit_id": [f"U{number:03d}" for number in range(len(twin))],
            "measured_at": pa.array(twin.measured_at.astype("datetime64[ms]")),
            **{
                sensor: pa.array(np.ascontiguousarray(column), from_pandas=True)
                for sensor, column in zip(twin.sensors, twin.readings.T, strict=True)
            },
        }
    )


@pytest.fixture(scope="session")
def fields(twin):
    """The twin's readings as texts, a list a unit, empty where not measured."""
    return [["" if x != x else repr(float(x)) for x in unit] for unit in twin.readings]  # noqa: PLR0124


@pytest.fixture(scope="session")
def header(twin):
    """First line of a CSV file with names of units."""
    return ",".join(["unit_id", *twin.sensors])


@pytest.fixture(scope="session")
def lines(fields):
    """The twin's units as lines of a CSV file."""
    return [f"U{number:03d},{','.join(unit)}" for number, unit in enumerate(fields)]
