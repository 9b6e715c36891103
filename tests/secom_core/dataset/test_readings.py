from __future__ import annotations

import re
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from secom_core.dataset.readings import parse_readings
from secom_core.errors import FormatError

LINE = [b"1.5"] * 590


def text(*lines: list[bytes], end: bytes = b"\r\n") -> bytes:
    """Lines of fields as `secom.data` has them."""
    return b"".join(b" ".join(line) + end for line in lines)


def with_field(column: int, field: bytes) -> list[bytes]:
    """A good line but for one field; `column` counts from 1."""
    return [*LINE[: column - 1], field, *LINE[column:]]


BAD = {
    "nothing at all": (b"", "secom.data is empty"),
    "only line ends": (b"\r\n\r\n", "secom.data is empty"),
    "one reading too few": (
        text(LINE, LINE[1:], LINE),
        (
            "line 2, column 590: the line holds 589 readings; expected 590, separated by one space "
            "(1 of 3 lines differ)"
        ),
    ),
    "one reading too many in two lines": (
        text(LINE, [*LINE, b"2"], [*LINE, b"2"]),
        (
            "line 2, column 591: the line holds 591 readings; expected 590, separated by one space "
            "(2 of 3 lines differ)"
        ),
    ),
    "every line too wide": (text([*LINE, b"1"]), "line 1, column 591: the line holds 591"),
    "a line left empty": (text(LINE, [], LINE), "line 2, column 1: the line holds 0 readings"),
    "two spaces in a row": (text(LINE, with_field(7, b" 1")), "line 2, column 7: the line holds"),
    "a space at the end of the line": (text([*LINE, b""]), "line 1, column 591: the line holds"),
    "commas between readings": (
        text([b",".join(LINE)]),
        "line 1, column 2: the line holds 1 readings",
    ),
    "tabs between readings": (text([b"\t".join(LINE)]), "line 1, column 2: the line holds 1"),
    "a line cut short": (text(LINE, LINE[:100]), "line 2, column 101: the line holds 100"),
    "a word": (
        text(LINE, with_field(12, b"broken"), with_field(3, b"x")),
        (
            "line 2, column 12: 'broken' is not a number; expected a finite number, or NaN for one "
            "not measured (readings with this fault: 2)"
        ),
    ),
    "a word behind a byte order mark": (
        b"\xef\xbb\xbf" + text(with_field(2, b"x")),
        "line 1, column 2: 'x' is not a number",
    ),
    "a decimal comma": (text(with_field(590, b"1,5")), "line 1, column 590: '1,5' is not"),
    "a hexadecimal number": (text(with_field(1, b"0x1F")), "line 1, column 1: '0x1F' is not"),
    "an underscore in a number": (text(with_field(1, b"1_0")), "column 1: '1_0' is not"),
    "a quoted number": (text(with_field(4, b'"1"')), "line 1, column 4: '\"1\"' is not"),
    "another word for missing": (text(with_field(2, b"NULL")), "line 1, column 2: 'NULL' is not"),
    "bytes that are no text": (text(with_field(5, b"\xff\x00")), r"column 5: '\\xff\x00' is not"),
    "a form feed": (text(with_field(590, b"1\x0c")), "column 590: '1\\x0c' is not a number"),
    "an infinite reading": (
        text(LINE, with_field(9, b"-inf"), with_field(1, b"inf")),
        (
            "line 2, column 9: '-inf' is infinite; expected a finite number, or NaN for one not "
            "measured (readings with this fault: 2)"
        ),
    ),
    "a number too large for float64": (text(with_field(3, b"1e999")), "'1e999' is infinite"),
    "units without one reading": (
        text(LINE, [b"NaN"] * 590, LINE, [b"NaN"] * 590),
        "line 2, columns 1 to 590: nothing was measured (2 of 4 lines)",
    ),
}


@pytest.mark.parametrize(("content", "message"), BAD.values(), ids=BAD.keys())
def test_a_fault_is_refused_with_its_place_and_count(content, message):
    """Whatever is wrong, the error names file, line, column and how often it occurs."""
    with pytest.raises(FormatError, match=re.escape(message)) as refusal:
        parse_readings(content)

    assert str(refusal.value).startswith("secom.data")


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_either_line_end_will_do(end):
    """UCI's CR LF and the LF that editors leave behind give the same readings."""
    readings = parse_readings(text(LINE, with_field(2, b"NaN"), end=end))

    assert readings.shape == (2, 590)
    assert np.isnan(readings).nonzero() == (1, 1)


@pytest.mark.parametrize(
    "content",
    [text(LINE).rstrip(), text(LINE) + b"\r\n\n", b"\xef\xbb\xbf" + text(LINE)],
    ids=["no last line end", "empty lines at the end", "byte order mark"],
)
def test_what_editors_leave_behind_does_no_harm(content):
    """Line ends at the end of the file and a byte order mark are not content."""
    assert np.array_equal(parse_readings(content), [[1.5] * 590])


numbers = st.floats(allow_nan=False, allow_infinity=False)


@given(values=st.lists(numbers | st.just(float("nan")), min_size=1, max_size=589))
def test_readings_are_parsed_to_the_last_bit(values):
    """A number written with all its digits comes back as the very same float64."""
    fields = [b"NaN" if np.isnan(value) else repr(value).encode() for value in values]

    readings = parse_readings(text([*fields, *LINE[len(fields) :]]))

    assert np.array_equal(readings[0, : len(values)], values, equal_nan=True)


@given(
    field=st.binary(min_size=1, max_size=6).filter(
        lambda field: not set(field) & set(b" \r\n\t\v\f")
    )
)
def test_the_fast_and_the_careful_reader_agree(field):
    """A field is taken exactly if it is a number to Python, and refusals name the column."""
    try:
        number = float(field) if b"_" not in field else None
    except ValueError:
        number = None

    if number is None or np.isinf(number):
        with pytest.raises(FormatError, match="line 1, column 3"):
            parse_readings(text(with_field(3, field)))
    else:
        parsed = parse_readings(text(with_field(3, field)))[0, 2]
        assert np.array_equal(parsed, number, equal_nan=True)


def test_real_readings_are_what_a_plain_parser_reads(real_folder):
    """UCI's file gives the numbers that the slowest, most obvious parser gives."""
    content = (real_folder / "secom.data").read_bytes()

    readings = parse_readings(content)

    assert np.array_equal(
        readings,
        np.array(content.split(), dtype="S").astype(float).reshape(1567, 590),
        equal_nan=True,
    )
    assert np.isnan(readings).sum() == 41_951


def test_real_readings_take_less_than_a_second(real_folder):
    """Parsing 5 MB keeps nobody waiting."""
    content = (real_folder / "secom.data").read_bytes()

    started = time.perf_counter()
    parse_readings(content)

    assert time.perf_counter() - started < 1
