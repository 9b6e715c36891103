import csv

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from secom_core import dataset
from secom_core.contract import SENSORS
from secom_core.errors import FormatError


@pytest.fixture
def unread(served):
    """A sensor that the bundle does not read."""
    return next(name for place, name in enumerate(SENSORS) if place not in served.sensors_read)


def with_column(table, name, values):
    """Return the table with one column replaced."""
    return table.set_column(table.schema.get_field_index(name), name, values)


def rejects(folder):
    """Read the rejects of a job."""
    with (folder / "rejects.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_risks_are_what_the_bundle_says(predict, risks, served, twin, named, tmp_path):
    """A file is judged as a request is, and what names its units comes along unchanged."""
    parquet.write_table(named, tmp_path / "in.parquet", row_group_size=150)

    summary = predict(tmp_path / "in.parquet")

    expected, found = served.judge(twin.readings), risks()
    np.testing.assert_allclose(found["risk"].to_numpy(), expected.risk, rtol=0, atol=1e-14)
    assert found["flagged"].to_numpy().tolist() == expected.flagged.tolist()
    assert found["unit_id"].equals(named["unit_id"])
    assert found["measured_at"].equals(named["measured_at"])
    assert found["line"].to_pylist() == list(range(1, 501))
    assert set(found["file"].to_pylist()) == {"in.parquet"}
    assert (summary.n_units, summary.n_scored, summary.n_rejects) == (500, 500, 0)
    assert summary.n_flagged == expected.flagged.sum()


def test_part_names_its_bundle(predict, served, named, tmp_path):
    """Whoever finds a part alone can tell who judged."""
    parquet.write_table(named, tmp_path / "in.parquet")

    predict(tmp_path / "in.parquet")

    metadata = parquet.read_schema(tmp_path / "out/parts/part-00000.parquet").metadata
    assert metadata[b"secom.bundle"] == served.digest.encode()


FORMS = {
    "columns in another order": lambda table: table.select(table.column_names[::-1]),
    "columns that nobody asked for": lambda table: table.append_column(
        "tool", pa.array(["etcher"] * len(table))
    ),
    "NaN for one not measured": lambda table: pa.table(
        {
            name: pa.array(column.to_numpy()) if name in SENSORS else column
            for name, column in zip(table.column_names, table.columns, strict=True)
        }
    ),
}


@pytest.mark.parametrize("change", FORMS.values(), ids=FORMS)
def test_same_readings_have_the_same_risks(change, predict, risks, served, twin, named, tmp_path):
    """How a file lays its columns out does not matter."""
    parquet.write_table(change(named), tmp_path / "in.parquet")

    predict(tmp_path / "in.parquet")

    expected = served.judge(twin.readings).risk
    np.testing.assert_allclose(risks()["risk"].to_numpy(), expected, rtol=0, atol=1e-14)


def test_file_without_statistics_is_read_whole(predict, risks, served, twin, named, tmp_path):
    """A file that does not say how large its readings are is scored just the same."""
    parquet.write_table(named, tmp_path / "in.parquet", write_statistics=False)

    predict(tmp_path / "in.parquet")

    expected = served.judge(twin.readings).risk
    np.testing.assert_allclose(risks()["risk"].to_numpy(), expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("statistics", [True, False], ids=["with statistics", "without"])
@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinity_is_found_where_the_bundle_does_not_read(
    value, statistics, predict, risks, named, unread, tmp_path
):
    """The contract holds for every sensor, and one bad unit does not cost the others."""
    column = named[unread].to_numpy().copy()
    column[[7, 300]] = value
    table = with_column(named, unread, pa.array(column))
    parquet.write_table(
        table, tmp_path / "in.parquet", row_group_size=200, write_statistics=statistics
    )

    summary = predict(tmp_path / "in.parquet")

    assert summary.rejects_by_fault == {"infinite reading": 2}
    assert [(each["line"], each["unit_id"]) for each in rejects(tmp_path / "out")] == [
        ("8", "U007"),
        ("301", "U300"),
    ]
    assert rejects(tmp_path / "out")[0]["reason"].startswith(f"{unread} reads {value}")
    assert len(risks()) == 498
    assert "U007" not in risks()["unit_id"].to_pylist()


def test_unit_of_which_nothing_is_read_is_rejected(predict, served, named, tmp_path):
    """A risk that would be the same whatever the unit is no risk of this unit."""
    read = [SENSORS[place] for place in served.sensors_read]
    keep = pa.array([row != 3 for row in range(len(named))])
    nothing = pa.nulls(len(named), pa.float64())
    table = named
    for name in read:
        table = with_column(table, name, pa.compute.if_else(keep, table[name], nothing))
    parquet.write_table(table, tmp_path / "in.parquet")

    summary = predict(tmp_path / "in.parquet")

    assert summary.rejects_by_fault == {"nothing measured": 1}
    assert rejects(tmp_path / "out")[0]["unit_id"] == "U003"


def test_other_numbers_are_widened(predict, risks, served, twin, named, unread, tmp_path):
    """Whole numbers and single precision are readings; a column never measured has no type."""
    readings = twin.readings.copy()
    whole, single = served.sensors_read[:2]
    readings[:, whole] = np.round(np.nan_to_num(readings[:, whole]))
    readings[:, single] = readings[:, single].astype(np.float32)
    readings[:, SENSORS.index(unread)] = np.nan
    table = with_column(named, SENSORS[whole], pa.array(readings[:, whole].astype(np.int32)))
    table = with_column(
        table, SENSORS[single], pa.array(readings[:, single], pa.float32(), from_pandas=True)
    )
    table = with_column(table, unread, pa.nulls(len(table)))
    parquet.write_table(table, tmp_path / "in.parquet")

    predict(tmp_path / "in.parquet")

    expected = served.judge(readings).risk
    np.testing.assert_allclose(risks()["risk"].to_numpy(), expected, rtol=0, atol=1e-14)


def as_lists(units, kind):
    """Return the units with one list column."""
    return pa.table(
        {"unit_id": [f"U{n}" for n in range(len(units))], "readings": pa.array(units, kind)}
    )


LISTS = {
    "list": pa.list_(pa.float64()),
    "large": pa.large_list(pa.float64()),
    "of fixed size": pa.list_(pa.float64(), 590),
    "single precision": pa.list_(pa.float32()),
}


@pytest.mark.parametrize("kind", LISTS.values(), ids=LISTS)
def test_one_list_column_will_do(kind, predict, risks, served, twin, tmp_path):
    """All readings of a unit may stand in one list, null or NaN where not measured."""
    units = [[None if x != x else x for x in unit] for unit in twin.readings[:40].tolist()]  # noqa: PLR0124
    parquet.write_table(as_lists(units, kind), tmp_path / "in.parquet")

    predict(tmp_path / "in.parquet")

    single = kind == LISTS["single precision"]
    readings = twin.readings[:40].astype(np.float32 if single else np.float64)
    expected = served.judge(readings).risk
    np.testing.assert_allclose(risks()["risk"].to_numpy(), expected, rtol=0, atol=1e-14)


def test_list_of_wrong_length_is_rejected(predict, risks, twin, tmp_path):
    """A list that is no unit goes aside with what it holds; the others are scored."""
    units = twin.readings[:6].tolist()
    units[1], units[3], units[4] = units[1][:589], None, [*units[4], 1.0]
    parquet.write_table(as_lists(units, pa.list_(pa.float64())), tmp_path / "in.parquet")

    summary = predict(tmp_path / "in.parquet")

    assert summary.rejects_by_fault == {"wrong number of readings": 3}
    assert [(each["line"], each["reason"][:24]) for each in rejects(tmp_path / "out")] == [
        ("2", "readings holds 589 readi"),
        ("4", "readings holds 0 reading"),
        ("5", "readings holds 591 readi"),
    ]
    assert risks()["unit_id"].to_pylist() == ["U0", "U2", "U5"]


def test_units_of_the_pipeline_can_be_scored(predict, risks, twin, tmp_path):
    """What `ingest` writes is an input too, and its times come along."""
    dataset.write_units(twin, tmp_path / "units.parquet")

    predict(tmp_path / "units.parquet")

    found = risks()["measured_at"].to_numpy().astype("datetime64[s]")
    assert found.tolist() == twin.measured_at.tolist()
    assert "is_fail" not in risks().column_names


BROKEN = {
    "a sensor is missing": (
        lambda table: table.drop_columns(["sensor_017", "sensor_018"]),
        "lacks 2 of 590 sensors, sensor_017 first",
    ),
    "a sensor is of text": (
        lambda table: with_column(table, "sensor_005", pa.array(["1.5"] * len(table))),
        "sensor_005 of in.parquet is of type string; expected real numbers",
    ),
    "a sensor is of truth values": (
        lambda table: with_column(table, "sensor_005", pa.array([True] * len(table))),
        "sensor_005 of in.parquet is of type bool",
    ),
    "a sensor is there twice": (
        lambda table: table.append_column("sensor_005", table["sensor_006"]),
        "has 2 columns sensor_005; expected one",
    ),
    "nothing is a sensor": (
        lambda table: table.select(["unit_id"]),
        "lacks 590 of 590 sensors, sensor_000 first",
    ),
    "lists are of text": (
        lambda table: pa.table({"readings": [["1.5"] * 590] * len(table)}),
        "readings of in.parquet is of type list<",
    ),
    "readings are no list": (
        lambda table: pa.table({"readings": table["sensor_000"]}),
        "readings of in.parquet is of type double; expected lists of real numbers",
    ),
}


@pytest.mark.parametrize(("change", "said"), BROKEN.values(), ids=BROKEN)
def test_file_that_does_not_fit_is_refused(change, said, predict, named, tmp_path):
    """A file whose columns are not the contract's is refused before anything is written."""
    parquet.write_table(change(named), tmp_path / "in.parquet")

    with pytest.raises(FormatError) as refused:
        predict(tmp_path / "in.parquet")

    assert said in str(refused.value)
    assert not (tmp_path / "out/parts").exists()


def test_cut_file_is_refused(predict, named, tmp_path):
    """Half a download is named, not scored by half."""
    parquet.write_table(named, tmp_path / "in.parquet")
    whole = (tmp_path / "in.parquet").read_bytes()
    (tmp_path / "in.parquet").write_bytes(whole[: len(whole) // 2])

    with pytest.raises(FormatError, match=r"in\.parquet cannot be read as Parquet"):
        predict(tmp_path / "in.parquet")


def test_damaged_pages_are_refused_and_finished_parts_stay(predict, named, tmp_path):
    """Damage that shows only while reading ends the job with the name of the file."""
    (tmp_path / "in").mkdir()
    for name in "abcdefgh":
        parquet.write_table(named[:50], tmp_path / f"in/{name}.parquet")
    content = bytearray((tmp_path / "in/h.parquet").read_bytes())
    content[1000 : len(content) // 2] = bytes(len(content) // 2 - 1000)
    (tmp_path / "in/h.parquet").write_bytes(content)

    with pytest.raises(FormatError, match=r"h\.parquet cannot be read as Parquet"):
        predict(tmp_path / "in")

    assert (tmp_path / "out/parts/part-00000.parquet").exists()
    assert not (tmp_path / "out/parts/part-00007.parquet").exists()
    assert not (tmp_path / "out/summary.json").exists()
