from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from pyarrow import parquet

from secom_core.dataset import Units, read_units, write_units
from secom_core.errors import FormatError, SourceError


@pytest.fixture
def path(tmp_path, twin):
    """Forty units as Parquet."""
    path = tmp_path / "units.parquet"
    write_units(twin.window(slice(0, 40)), path)
    return path


@st.composite
def any_units(draw):
    """Units of any size, source and readings."""
    n_units = draw(st.integers(1, 8))
    sensors = draw(st.lists(st.text("abcé_0", min_size=1), min_size=1, max_size=5, unique=True))
    readings = st.floats(allow_infinity=False)
    seconds = draw(st.lists(st.integers(0, 2**32), min_size=n_units, max_size=n_units))
    return Units(
        readings=draw(npst.arrays(float, (n_units, len(sensors)), elements=readings)),
        is_fail=draw(npst.arrays(bool, n_units)),
        measured_at=np.sort(np.array(seconds)).astype("datetime64[s]"),
        source=draw(st.text()),
        is_synthetic=draw(st.booleans()),
        sensors=tuple(sensors),
        weight=draw(st.none() | npst.arrays(float, n_units, elements=st.floats(0.1, 1e9))),
    )


@given(units=any_units())
def test_what_was_written_is_read(tmp_path_factory, units):
    """Readings to the last bit, order, times, names and where they came from all come back."""
    path = tmp_path_factory.getbasetemp() / "any.parquet"

    write_units(units, path)
    read = read_units(path)

    assert np.array_equal(read.readings, units.readings, equal_nan=True)
    assert np.array_equal(read.is_fail, units.is_fail)
    assert np.array_equal(read.measured_at, units.measured_at)
    assert (read.source, read.is_synthetic, read.sensors) == (
        units.source,
        units.is_synthetic,
        units.sensors,
    )
    assert (read.weight is None) == (units.weight is None)
    assert np.array_equal(read.weights, units.weights)
    assert read.digest == units.digest


def test_columns_are_typed_for_other_tools(path):
    """Times, pass or fail and readings have their types; what was not measured is null."""
    table = parquet.read_table(path)

    assert table.schema.types == [pa.timestamp("ms"), pa.bool_(), *[pa.float64()] * 590]
    assert table.column_names[:3] == ["measured_at", "is_fail", "sensor_000"]
    assert sum(column.null_count for column in table.columns) > 0
    assert isinstance(table["measured_at"][0].as_py(), datetime)


def test_the_same_units_give_the_same_bytes(path, twin, tmp_path):
    """Nothing of the moment or the place is written."""
    again = tmp_path / "again.parquet"
    write_units(twin.window(slice(0, 40)), again)

    assert again.read_bytes() == path.read_bytes()


def test_a_failed_write_leaves_what_was_there(path, twin):
    """A file is replaced whole or not at all, and no draft stays behind."""
    before = path.read_bytes()
    broken = Units(
        readings=twin.readings[:2],
        is_fail=twin.is_fail[:1],  # does not fit
        measured_at=twin.measured_at[:2],
        source="a test",
        is_synthetic=True,
    )

    with pytest.raises(pa.ArrowInvalid):
        write_units(broken, path)

    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def rewritten(path, change):
    """Write the table at `path` again as `change` returns it."""
    parquet.write_table(change(parquet.read_table(path)), path)


def with_column(table, name, values):
    """The table with other values in one column, and the same metadata."""
    index = table.column_names.index(name)
    return table.set_column(index, table.schema.field(index), values)


ALTERATIONS = {
    "a reading": lambda t: with_column(t, "sensor_020", pa.array([1.0] * 40)),
    "a reading that was missing": lambda t: pa.table(
        [column.fill_null(0.0) if column.null_count else column for column in t.columns],
        schema=t.schema,
    ),
    "a verdict": lambda t: with_column(t, "is_fail", pa.array([True] * 40)),
    "a time": lambda t: with_column(t, "measured_at", pa.array([0] * 40, pa.timestamp("ms"))),
    "the order": lambda t: t.take(list(range(39, -1, -1))),
    "a unit less": lambda t: t.slice(1),
    "two sensors' places": lambda t: t.select(
        [*t.column_names[:2], "sensor_001", "sensor_000", *t.column_names[4:]]
    ),
    "synthetic said to be real": lambda t: t.replace_schema_metadata(
        t.schema.metadata | {b"secom.kind": b"real"}
    ),
}


@pytest.mark.parametrize("change", ALTERATIONS.values(), ids=ALTERATIONS.keys())
def test_altered_content_is_refused(path, change):
    """Whatever differs from what was written shows in the digest."""
    rewritten(path, change)

    with pytest.raises(FormatError, match="was altered after it was written"):
        read_units(path)


FOREIGN = {
    "somebody else's table": lambda t: t.replace_schema_metadata(None),
    "another version": lambda t: t.replace_schema_metadata(
        t.schema.metadata | {b"secom.format": b"secom.units/3"}
    ),
    "a version with weights, without them": lambda t: t.replace_schema_metadata(
        t.schema.metadata | {b"secom.format": b"secom.units/2"}
    ),
    "readings in float32": lambda t: t.cast(
        pa.schema(
            [f if i < 2 else f.with_type(pa.float32()) for i, f in enumerate(t.schema)],
            metadata=t.schema.metadata,
        )
    ),
    "no times": lambda t: t.drop_columns("measured_at"),
}


@pytest.mark.parametrize("change", FOREIGN.values(), ids=FOREIGN.keys())
def test_another_form_is_refused(path, change):
    """A table that this version did not write is not guessed at."""
    rewritten(path, change)

    with pytest.raises(FormatError, match=r"does not hold units in the form secom.units/1"):
        read_units(path)


@pytest.fixture
def weighted_path(tmp_path, twin):
    """Forty units as Parquet, with weights from 1 to 40."""
    path = tmp_path / "weighted.parquet"
    weight = np.arange(40) + 1.0
    write_units(replace(twin.window(slice(0, 40)), weight=weight), path)
    return path


def test_weights_are_a_column_of_a_form_of_their_own(path, weighted_path):
    """Who knows only the form without weights cannot take them for a sensor."""
    plain, weighted = parquet.read_table(path), parquet.read_table(weighted_path)

    assert plain.schema.metadata[b"secom.format"] == b"secom.units/1"
    assert weighted.schema.metadata[b"secom.format"] == b"secom.units/2"
    assert weighted.column_names[:4] == ["measured_at", "is_fail", "weight", "sensor_000"]
    assert weighted.drop_columns("weight").equals(plain)


@pytest.mark.parametrize("weight", [7.0, 0.0, float("nan")])
def test_an_altered_weight_is_refused(weighted_path, weight):
    """Weights are part of the content, and what cannot be one is no reason to fail otherwise."""
    rewritten(weighted_path, lambda t: with_column(t, "weight", pa.array([weight] * 40)))

    with pytest.raises(FormatError, match="was altered after it was written"):
        read_units(weighted_path)


@pytest.mark.parametrize(
    "spoil",
    [lambda content: content[:-100], lambda _: b"", lambda _: b"1.5 2.5\r\n"],
    ids=["cut short", "empty", "text"],
)
def test_a_damaged_file_is_refused(path, spoil):
    """A file that is no whole Parquet file is named."""
    path.write_bytes(spoil(path.read_bytes()))

    with pytest.raises(FormatError, match="is not a whole Parquet file"):
        read_units(path)


def test_a_missing_file_is_refused(tmp_path):
    """A path that leads nowhere is told apart from a damaged file."""
    with pytest.raises(SourceError, match=r"there is no .*nowhere.parquet"):
        read_units(tmp_path / "nowhere.parquet")
