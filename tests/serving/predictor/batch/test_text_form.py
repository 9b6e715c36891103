import csv

import numpy as np
import pytest

from secom_core.contract import SENSORS
from secom_core.errors import FormatError


def write(path, header, lines, end="\n"):
    """Write a CSV file."""
    path.write_bytes((end.join([header, *lines]) + end).encode())
    return path


def rejects(folder):
    """Read the rejects of a job."""
    with (folder / "rejects.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def reading(line, place, text):
    """Return a line with another reading."""
    fields = line.split(",")
    fields[1 + place] = text
    return ",".join(fields)


def test_risks_are_what_the_bundle_says(predict, risks, served, twin, header, lines, tmp_path):
    """A CSV file is judged as a request is; a line is counted from 1, the header too."""
    predict(write(tmp_path / "in.csv", header, lines))

    expected, found = served.judge(twin.readings), risks()
    np.testing.assert_allclose(found["risk"].to_numpy(), expected.risk, rtol=0, atol=1e-14)
    assert found["flagged"].to_numpy().tolist() == expected.flagged.tolist()
    assert found["unit_id"].to_pylist() == [f"U{n:03d}" for n in range(500)]
    assert found["line"].to_pylist() == list(range(2, 502))


def test_columns_may_stand_in_any_order(predict, risks, served, twin, fields, tmp_path):
    """The header says which reading is whose, and what else stands there is left alone."""
    names = [*reversed(SENSORS), "tool", "measured_at"]
    lines = [
        ",".join([*reversed(unit), "etcher", f"2008-07-19 11:{n}"])
        for n, unit in enumerate(fields[:50])
    ]

    predict(write(tmp_path / "in.csv", ",".join(names), lines))

    expected, found = served.judge(twin.readings[:50]).risk, risks()
    np.testing.assert_allclose(found["risk"].to_numpy(), expected, rtol=0, atol=1e-14)
    assert found["measured_at"].to_pylist()[7] == "2008-07-19 11:7"
    assert "tool" not in found.column_names


def test_file_as_uci_serves_it_can_be_scored(predict, risks, served, twin, tmp_path):
    """590 readings a line, separated by spaces, need no header."""
    units = [" ".join("NaN" if x != x else repr(float(x)) for x in unit) for unit in twin.readings]  # noqa: PLR0124
    (tmp_path / "secom.data").write_text("\n".join(units) + "\n")

    predict(tmp_path / "secom.data")

    expected, found = served.judge(twin.readings).risk, risks()
    np.testing.assert_allclose(found["risk"].to_numpy(), expected, rtol=0, atol=1e-14)
    assert found["line"].to_pylist() == list(range(1, 501))


def test_windows_files_and_byte_order_marks_are_read(predict, risks, header, lines, tmp_path):
    """Where a line ends in CR LF, or the file begins with a mark, nothing is different."""
    path = write(tmp_path / "in.csv", "\ufeff" + header, lines[:9], end="\r\n")

    summary = predict(path)

    assert (summary.n_scored, summary.n_rejects) == (9, 0)
    assert risks()["unit_id"].to_pylist()[0] == "U000"


@pytest.mark.parametrize("end", ["", "\n", "\n\n\r\n"], ids=["nothing", "a line", "empty lines"])
def test_end_of_file_is_no_unit(end, predict, header, lines, tmp_path):
    """However a file ends, its units are its units."""
    (tmp_path / "in.csv").write_bytes(("\n".join([header, *lines[:5]]) + end).encode())

    summary = predict(tmp_path / "in.csv")

    assert (summary.n_units, summary.n_scored, summary.n_rejects) == (5, 5, 0)


@pytest.mark.parametrize("text", ["", "NaN", "nan", "NA", "null", '""', '"NaN"'])
def test_not_measured_has_several_names(
    text, predict, risks, served, twin, header, lines, tmp_path
):
    """What exports of all kinds write for it means not measured."""
    place = served.sensors_read[0]
    readings = twin.readings[:3].copy()
    readings[1, place] = np.nan
    changed = [lines[0], reading(lines[1], place, text), lines[2]]

    predict(write(tmp_path / "in.csv", header, changed))

    expected = served.judge(readings).risk
    np.testing.assert_allclose(risks()["risk"].to_numpy(), expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("text", ["1.5", "+1.5", "15E-1", "1.5 ", '"1.5"', "0001.50"])
def test_a_number_may_be_written_in_several_ways(
    text, predict, risks, served, twin, header, lines, tmp_path
):
    """What Arrow takes for a number is one, whether the lines around it are good or bad."""
    place = served.sensors_read[0]
    readings = twin.readings[:3].copy()
    readings[1, place] = 1.5
    changed = [lines[0], reading(lines[1], place, text), lines[2], "bad line"]

    summary = predict(write(tmp_path / "in.csv", header, changed))

    expected = served.judge(readings).risk
    np.testing.assert_allclose(risks()["risk"].to_numpy(), expected, rtol=0, atol=1e-14)
    assert summary.rejects_by_fault == {"too few fields": 1}


REJECTED = {
    "text": (lambda x: reading(x, 4, "abc"), "not a number", "sensor_004 reads 'abc'; expected"),
    "decimal comma": (lambda x: reading(x, 4, '"1,5"'), "not a number", "sensor_004 reads '1,5'"),
    "digits parted": (lambda x: reading(x, 4, "1_000"), "not a number", "reads '1_000'"),
    "other digits": (lambda x: reading(x, 4, "١٢"), "not a number", "reads '١٢'"),
    "hexadecimal": (lambda x: reading(x, 589, "0x1F"), "not a number", "sensor_589 reads '0x1F'"),
    "a date": (lambda x: reading(x, 4, "2008-07-19"), "not a number", "reads '2008-07-19'"),
    "an error of Excel": (lambda x: reading(x, 4, "#DIV/0!"), "not a number", "'#DIV/0!'"),
    "a long text": (lambda x: reading(x, 4, "x" * 900), "not a number", "'" + "x" * 40 + "…'"),
    "infinity": (lambda x: reading(x, 4, "inf"), "infinite reading", "sensor_004 reads inf;"),
    "minus infinity": (lambda x: reading(x, 4, "-Infinity"), "infinite reading", "reads -inf"),
    "too large": (lambda x: reading(x, 4, "1e999"), "infinite reading", "reads inf"),
    "too few": (lambda x: x.rsplit(",", 1)[0], "too few fields", "holds 590 fields; expected 591"),
    "too many": (lambda x: x + ",1", "too many fields", "holds 592 fields; expected 591"),
    "cut": (lambda x: x[:40], "too few fields", "expected 591"),
    "semicolons": (lambda x: x.replace(",", ";"), "too few fields", "holds 1 fields"),
    "empty": (lambda _: "", "empty line", "expected one unit per line"),
    "spaces": (lambda _: "   ", "empty line", "expected one unit per line"),
    "open quote": (lambda x: '"' + x, "open quote", "a quote is not closed"),
    "lone return": (lambda x: x[:50] + "\r" + x[50:], "not a number", "sensor_0"),
    "header again": (
        lambda _: ",".join(["unit_id", *SENSORS]),
        "not a number",
        "sensor_000 reads 'sensor_000'",
    ),
    "nothing measured": (lambda x: x.split(",")[0] + "," * 590, "nothing measured", "none of the"),
}


@pytest.mark.parametrize(("spoil", "fault", "reason"), REJECTED.values(), ids=REJECTED)
def test_bad_line_goes_aside_and_the_rest_is_scored(
    spoil, fault, reason, predict, risks, header, lines, tmp_path
):
    """Each fault is told with its line and what was expected; no other unit is lost for it."""
    changed = [*lines[:100], spoil(lines[100]), *lines[101:200]]

    summary = predict(write(tmp_path / "in.csv", header, changed))

    (rejected,) = rejects(tmp_path / "out")
    assert (rejected["file"], rejected["line"], rejected["fault"]) == ("in.csv", "102", fault)
    assert reason in rejected["reason"]
    assert summary.rejects_by_fault == {fault: 1}
    assert risks()["line"].to_pylist() == [n for n in range(2, 202) if n != 102]


def test_bytes_that_are_no_text_go_aside(predict, risks, header, lines, tmp_path):
    """A name in another encoding is rejected, and does not end the job."""
    content = "\n".join([header, *lines[:3]]).encode().replace(b"U001", b"Lot-M\xfcller")
    (tmp_path / "in.csv").write_bytes(content)

    summary = predict(tmp_path / "in.csv")

    (rejected,) = rejects(tmp_path / "out")
    assert (rejected["line"], rejected["unit_id"], rejected["fault"]) == ("3", "", "not UTF-8")
    assert (summary.n_scored, len(risks())) == (2, 2)


def test_open_quotes_swallow_no_line(predict, risks, header, lines, tmp_path):
    """Two open quotes close each other for a careless reader, and a unit between them is gone."""
    changed = [lines[0], '"' + lines[1], lines[2], '"' + lines[3], lines[4]]

    summary = predict(write(tmp_path / "in.csv", header, changed))

    assert summary.rejects_by_fault == {"open quote": 2}
    assert risks()["unit_id"].to_pylist() == ["U000", "U002", "U004"]


def test_faults_do_not_make_up_for_each_other(predict, risks, header, lines, tmp_path):
    """Two units on one line and an empty line count as many as two lines, and are none."""
    changed = [lines[0], f"{lines[1]}\r{lines[2]}", "", lines[3]]

    summary = predict(write(tmp_path / "in.csv", header, changed))

    assert summary.rejects_by_fault == {"empty line": 1, "too many fields": 1}
    assert risks()["line"].to_pylist() == [2, 5]
    assert risks()["unit_id"].to_pylist() == ["U000", "U003"]


def test_names_may_hold_commas_and_quotes(predict, risks, header, lines, tmp_path):
    """A name in quotes is a name, in good company and in bad."""
    named = lines[1].replace("U001", '"wafer 7, ""top"""')

    predict(write(tmp_path / "in.csv", header, [lines[0], named, "bad", lines[2]]))

    assert risks()["unit_id"].to_pylist() == ["U000", 'wafer 7, "top"', "U002"]


def test_many_bad_lines_are_each_told(predict, risks, header, lines, tmp_path):
    """Wherever bad lines stand, exactly they are rejected, and each is told once."""
    bad = {*range(0, 500, 7), 63, 64, 65, 499}
    changed = [reading(x, 9, "bad") if n in bad else x for n, x in enumerate(lines)]

    predict(write(tmp_path / "in.csv", header, changed))

    assert [int(each["line"]) for each in rejects(tmp_path / "out")] == sorted(n + 2 for n in bad)
    assert risks()["line"].to_pylist() == [n + 2 for n in range(500) if n not in bad]


def test_large_file_is_divided_between_lines(predict, risks, header, lines, tmp_path):
    """Every line of a file of several parts is read once, and keeps its number."""
    n_times = 40_000_000 // sum(map(len, lines)) + 1
    path = write(tmp_path / "in.csv", header, lines * n_times)

    summary = predict(path)

    assert len(list((tmp_path / "out/parts").iterdir())) == 2
    assert summary.n_scored == 500 * n_times
    found = risks()
    assert found["line"].to_pylist() == list(range(2, 500 * n_times + 2))
    assert found["unit_id"].to_pylist() == [f"U{n:03d}" for n in range(500)] * n_times
    listed = (tmp_path / "out/inspection.csv").read_text().splitlines()[1].split(",")
    assert listed[1] == f"U{int(np.argmax(found['risk'].to_numpy())) % 500:03d}"


REFUSED = {
    "no header": (lambda _h, lines: lines, "lacks 590 of 590 sensors, sensor_000 first"),
    "short header": (lambda h, lines: [h[:-11], *lines], "lacks 1 of 590 sensors, sensor_589"),
    "name twice": (
        lambda h, lines: [h.replace("sensor_001", "sensor_000").replace("_002", "_001"), *lines],
        "lacks 1 of 590 sensors, sensor_002",
    ),
    "sensor twice": (lambda h, lines: [h + ",sensor_003", *lines], "names sensor_003 2 times"),
    "semicolons": (lambda h, lines: [h.replace(",", ";"), *lines], "separated by commas"),
    "Kaggle's file": (
        lambda _h, lines: ["Time,0,1,2,Pass/Fail", *lines],
        "It begins with 'Time,0,1,2,Pass/Fail'",
    ),
    "UCI's line cut": (lambda _h, _l: ["1.5 2.5 NaN"], "590 readings without a header"),
    "empty first line": (lambda h, lines: ["", h, *lines], "begins with an empty line"),
    "binary": (lambda _h, _l: ["PK\x03\x04\0\0"], "is neither Parquet nor text"),
}


@pytest.mark.parametrize(("change", "said"), REFUSED.values(), ids=REFUSED)
def test_file_that_cannot_be_understood_is_refused(change, said, predict, header, lines, tmp_path):
    """Without knowing which reading is whose nothing is scored, and nothing is written."""
    (tmp_path / "in.csv").write_text("\n".join(change(header, lines[:3])))

    with pytest.raises(FormatError) as refused:
        predict(tmp_path / "in.csv")

    assert said in str(refused.value)
    assert "in.csv" in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_other_encodings_are_refused(predict, header, lines, tmp_path):
    """A file that Excel saved as Unicode text is named as what it is not."""
    (tmp_path / "in.csv").write_bytes("\n".join([header, *lines[:3]]).encode("utf-16"))

    with pytest.raises(FormatError, match="neither Parquet nor UTF-8 text"):
        predict(tmp_path / "in.csv")


def test_line_without_end_is_refused(predict, header, tmp_path):
    """What has no lines is no list of units, and is not read into memory to find out."""
    (tmp_path / "in.csv").write_bytes(header.encode() + b"\n" + b"1" * (36 * 2**20))

    with pytest.raises(FormatError, match=r"in\.csv, about line 2: a line is longer than 1048576"):
        predict(tmp_path / "in.csv")
