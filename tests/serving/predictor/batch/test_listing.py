import csv
from dataclasses import replace

import numpy as np
import pytest
from pyarrow import parquet

from secom_core.contract import SENSORS


@pytest.fixture
def listed(predict, named, tmp_path):
    """Read the inspection list of a job on the twin in three files, and what is known of it."""
    (tmp_path / "in").mkdir()
    for name, start in {"a": 0, "b": 180, "c": 333}.items():
        parquet.write_table(
            named[start : {0: 180, 180: 333}.get(start, 500)], tmp_path / f"in/{name}.parquet"
        )

    def read(**options):
        predict(tmp_path / "in", **options)
        with (tmp_path / "out/inspection.csv").open(newline="") as file:
            return list(csv.DictReader(file))

    return read


def test_units_are_ranked_by_risk_flagged_first(listed, served, twin):
    """The list begins with the riskiest of all files, and no flagged unit follows another."""
    risk = served.judge(twin.readings).risk
    order = np.argsort(-risk, kind="stable")

    units = listed()

    assert [unit["unit_id"] for unit in units] == [f"U{n:03d}" for n in order]
    assert [int(unit["rank"]) for unit in units] == list(range(1, 501))
    flagged = [unit["flagged"] for unit in units]
    assert flagged == sorted(flagged, reverse=True)
    assert flagged.count("true") == (risk >= served.operating_point.threshold).sum()


def test_list_ends_where_it_is_told(listed, served, twin):
    """A short list is the beginning of the long one."""
    order = np.argsort(-served.judge(twin.readings).risk, kind="stable")

    assert [unit["unit_id"] for unit in listed(n_listed=7)] == [f"U{n:03d}" for n in order[:7]]


def test_list_may_be_left_out(listed):
    """Whoever wants no list gets an empty one."""
    assert listed(n_listed=0) == []


def test_capacity_line_stands_after_capacity(listed):
    """A fifth of 500 units is 100; the 101st is over capacity, flagged or not."""
    within = [unit["within_capacity"] for unit in listed()]

    assert within == ["true"] * 100 + ["false"] * 400


def test_equal_risks_keep_the_order_of_the_input(predict, named, tmp_path):
    """Whoever came first is listed first, and the same list comes out every time."""
    same = named.take([9] * 40).set_column(0, "unit_id", [[f"W{n:02d}" for n in range(40)]])
    (tmp_path / "in").mkdir()
    parquet.write_table(same[:25], tmp_path / "in/a.parquet")
    parquet.write_table(same[25:], tmp_path / "in/b.parquet")

    predict(tmp_path / "in", n_listed=30)

    lines = (tmp_path / "out/inspection.csv").read_text().splitlines()[1:]
    assert [line.split(",")[1] for line in lines] == [f"W{n:02d}" for n in range(30)]


def test_movers_are_what_a_slow_look_finds(listed, served, twin):
    """Each sensor that the bundle reads is set to its median, one by one."""
    medians = served.reference.median
    for unit in listed()[::50]:
        readings = twin.readings[int(unit["unit_id"][1:])]
        risk = served.judge(readings[np.newaxis]).risk[0]
        effects = {}
        for place in range(len(SENSORS)):
            changed = readings.copy()
            changed[place] = medians[place]
            if not np.isnan(readings[place]):
                effects[SENSORS[place]] = risk - served.judge(changed[np.newaxis]).risk[0]
        expected = sorted(effects, key=lambda name: -abs(effects[name]))[:5]

        assert [unit[f"sensor_{n}"] for n in range(1, 6)] == expected
        for n, name in enumerate(expected, 1):
            place = SENSORS.index(name)
            assert float(unit[f"effect_{n}"]) == pytest.approx(effects[name], abs=1e-12)
            assert float(unit[f"reading_{n}"]) == readings[place]
            assert float(unit[f"usual_{n}"]) == medians[place]
            assert unit[f"direction_{n}"] == ("high" if readings[place] > medians[place] else "low")


def test_sensor_without_effect_moves_nothing(predict, named, served, tmp_path):
    """A unit that is usual in all but one sensor has one mover, and the other fields are empty."""
    medians, place = served.reference.median, served.sensors_read[0]
    usual = {name: [medians[n] + (n == place)] for n, name in enumerate(SENSORS)}
    table = named[:1].select(["unit_id"])
    for name, values in usual.items():
        table = table.append_column(name, [values])
    parquet.write_table(table, tmp_path / "in.parquet")

    predict(tmp_path / "in.parquet")

    with (tmp_path / "out/inspection.csv").open(newline="") as file:
        (unit,) = csv.DictReader(file)
    assert (unit["sensor_1"], unit["direction_1"]) == (SENSORS[place], "high")
    assert (unit["sensor_2"], unit["sensor_5"]) == ("", "")


def test_every_line_names_the_bundle(listed, served):
    """A line that was copied out of the list still says who judged."""
    assert {unit["bundle"] for unit in listed(n_listed=5)} == {served.digest}


def test_bundle_that_reads_nothing_lists_without_movers(predict, named, served, tmp_path):
    """A constant model rejects nobody for what it does not read."""
    parquet.write_table(named[:4], tmp_path / "in.parquet")

    summary = predict(tmp_path / "in.parquet", bundle=replace(served, sensors_read=()))

    assert (summary.n_scored, summary.n_rejects) == (4, 0)


HOSTILE = ["=cmd|' /C calc'!A0", "+1-2", "-2+3", "@SUM(A1)", "\t=1"]


@pytest.mark.parametrize("name", HOSTILE)
def test_spreadsheet_computes_no_name(name, predict, named, tmp_path):
    """A unit's name is not a formula, in the list nor among the rejects."""
    table = named[:2].set_column(0, "unit_id", [[name, name]])
    bad = table["sensor_000"].to_numpy().copy()
    bad[1] = np.inf
    parquet.write_table(table.set_column(2, "sensor_000", [bad]), tmp_path / "in.parquet")

    predict(tmp_path / "in.parquet")

    for sheet in ("inspection.csv", "rejects.csv"):
        with (tmp_path / "out" / sheet).open(newline="") as file:
            (unit,) = csv.DictReader(file)
        assert unit["unit_id"] == f"'{name}"
