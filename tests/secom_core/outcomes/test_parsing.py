import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secom_core.errors import OutcomeError
from secom_core.outcomes import Outcome, parse_csv, parse_json_lines

TIME = "2008-10-17T06:00:00+02:00"
FAIL = {"unit_id": "w7", "result": "fail", "found_at": TIME}
HEADER = "unit_id,result,found_at"


def lines(*values):
    """Each value as JSON on a line."""
    return "\n".join(json.dumps(value) for value in values).encode()


def table(*rows, header=HEADER):
    """Rows below a header."""
    return "\n".join([header, *rows]).encode()


def told(outcomes):
    """What they say, in short."""
    return [(outcome.unit_id, outcome.result, outcome.found_at.hour) for outcome in outcomes]


@pytest.mark.parametrize(
    "content",
    [
        lines(FAIL, FAIL | {"unit_id": "w8", "result": "pass"}),
        lines(FAIL, FAIL | {"unit_id": "w8", "result": "pass"}).replace(b"\n", b"\r\n\r\n"),
    ],
    ids=["lf", "crlf and empty lines"],
)
def test_json_lines_are_outcomes(content):
    """One object a line; empty lines are passed over."""
    assert told(parse_json_lines(content)) == [("w7", "fail", 4), ("w8", "pass", 4)]


def test_json_line_may_hold_any_character():
    """What ends a line for Python's splitlines does not end one of JSON."""
    name = "w\u00a07".replace("\u00a0", "\u2028")

    with pytest.raises(OutcomeError, match=r"line 1: unit_id .*'w\\u20287'"):
        parse_json_lines(json.dumps(FAIL | {"unit_id": name}, ensure_ascii=False).encode())


@pytest.mark.parametrize(
    "content",
    [
        table(f"w7,fail,{TIME}", f'"w8, again",pass,{TIME}'),
        b"\xef\xbb\xbf"
        + table(f"w7,fail,{TIME}", f'"w8, again",pass,{TIME}').replace(b"\n", b"\r\n"),
    ],
    ids=["lf", "as Excel writes it"],
)
def test_rows_are_outcomes(content):
    """A table whose first line names the columns; values may be quoted."""
    assert told(parse_csv(content)) == [("w7", "fail", 4), ("w8, again", "pass", 4)]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"{", r"expected a JSON object with unit_id, result, found_at, got '\{'"),
        (b"[1]", r"expected a JSON object .* got \[1\]"),
        (b"[" * 4000, "expected a JSON object"),
        (b"1" * 5000, "expected at most 4096 characters, got 5000"),
        (b"1" * 4096, "expected a JSON object"),
        (b'{"unit_id": "a", "unit_id": "b", "result": "pass", "found_at": "-"}', "expected a JSON"),
        (lines({"unit_id": "w7", "result": "fail"}), "expected the fields unit_id, result, found_"),
        (lines(FAIL | {"lot": "7"}), r"expected the fields .* got \['found_at', 'lot', "),
        (lines(FAIL | {"unit_id": 7}), "unit_id must be a text, got 7"),
        (lines(FAIL | {"result": True}), "result must be a text, got True"),
        (lines(FAIL | {"result": "FAIL"}), "result must be pass or fail, got 'FAIL'"),
        (lines(FAIL | {"found_at": "yesterday"}), "found_at must be a time .* got 'yesterday'"),
        (
            lines(FAIL | {"found_at": "2008-10-17T06:00"}),
            "found_at .* got 2008-10-17T06:00:00 without one",
        ),
        (lines(FAIL | {"unit_id": ""}), "unit_id must be 1 to 256 printable characters"),
        (b"\xff", r"it is not UTF-8: b'\\xff'"),
    ],
)
def test_first_faulty_json_line_is_named(line, said):
    """One wrong line, and nothing is taken in; it says which, what is there and what should be."""
    with pytest.raises(OutcomeError, match=f"line 3: {said}.*Nothing of this delivery"):
        parse_json_lines(b"\n".join([lines(FAIL), b"", line, b"also wrong"]))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (table(header="unit_id;result;found_at"), "line 1: expected the header unit_id,result,fou"),
        (table(header="result,unit_id,found_at"), "line 1: expected the header"),
        (table(f"w7,fail,{TIME}", "w8,pass"), "line 3: expected 3 values, got 2: 'w8,pass'"),
        (table("w7,1,now"), "line 2: result must be pass or fail, got '1'"),
        (table('"w7,fail,now'), "line 2: it is no line of a CSV file"),
        (table("w" * 200_000 + ",fail,now"), "line 2: it is no line of a CSV file"),
        (table(f'"w\n7",fail,{TIME}'), "line 3: unit_id must be"),
        (b"unit_id,result,found_at\n\xe9", "line 2: it is not UTF-8"),
    ],
)
def test_first_faulty_row_is_named(content, said):
    """One wrong row, and nothing is taken in; a row of several lines is named by its last one."""
    with pytest.raises(OutcomeError, match=said):
        parse_csv(content)


@pytest.mark.parametrize("parse", [parse_json_lines, parse_csv])
@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_nothing_is_no_delivery(parse, content):
    """Who sends nothing has made a mistake."""
    with pytest.raises(OutcomeError):
        parse(content)


def test_header_alone_is_no_delivery():
    """A table of no rows holds no outcomes."""
    with pytest.raises(OutcomeError, match="there are no outcomes in it"):
        parse_csv(table())


def test_long_values_are_cut_in_messages():
    """What came from outside does not fill the log."""
    with pytest.raises(OutcomeError) as caught:
        parse_json_lines(lines(FAIL | {"result": "x" * 3000}))

    assert len(str(caught.value)) < 200


names = st.text(min_size=1, max_size=256).filter(str.isprintable)
outcomes = st.builds(
    Outcome,
    unit_id=names,
    is_fail=st.booleans(),
    found_at=st.datetimes(timezones=st.timezones(), allow_imaginary=False).filter(
        lambda time: 1 < time.year < 9999
    ),
)


@given(st.lists(outcomes, min_size=1, max_size=5))
def test_outcomes_come_back(found):
    """Whatever outcomes there are, both forms carry them."""
    rows = [
        '"{}",{},{}'.format(o.unit_id.replace('"', '""'), o.result, o.found_at.isoformat())
        for o in found
    ]

    assert parse_json_lines(lines(*(o.to_json() for o in found))) == tuple(found)
    assert parse_csv(table(*rows)) == tuple(found)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
)
objects = st.fixed_dictionaries(
    {name: values | st.sampled_from([*FAIL.values()]) for name in FAIL}
).map(lambda value: json.dumps(value).encode())


@given(st.binary() | objects | st.lists(objects).map(b"\n".join))
def test_any_bytes_are_outcomes_or_an_outcome_error(content):
    """Nobody can make the parsers fail in another way than they say."""
    for parse in (parse_json_lines, parse_csv):
        for sent in (content, HEADER.encode() + b"\n" + content):
            try:
                parsed = parse(sent)
            except OutcomeError:
                continue
            assert all(isinstance(outcome, Outcome) for outcome in parsed)
