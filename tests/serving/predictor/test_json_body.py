from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.predictor.errors import RequestError
from serving.predictor.json_body import index_of, split

EXACT = settings(deadline=None, derandomize=True, max_examples=120)

# Whatever could mislead somebody who looks for arrays and nulls without reading JSON.
TRAPS = [
    "null",
    "NaN",
    '"data":[1,2]',
    '","data":[null,',
    '\\"data\\":[1]',
    "\x1a0",
    "[",
    "]",
    "\\",
    "ü",
    "data",
]
texts = st.lists(st.sampled_from([*TRAPS, "a", " "]), max_size=4).map("".join)
numbers = st.one_of(
    st.none(),
    st.integers(-(10**25), 10**25),
    st.floats(allow_nan=False, allow_infinity=False),
)


def tables(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """Return arrays of values, flat or in rows."""
    rows = st.integers(1, 40).flatmap(
        lambda width: st.lists(
            st.lists(values, min_size=width, max_size=width), min_size=1, max_size=4
        )
    )
    return st.one_of(st.lists(values, max_size=90), rows)


arrays = st.one_of(
    tables(numbers),
    st.lists(texts, max_size=3),
    st.lists(st.one_of(numbers, texts, st.booleans(), st.just({}), st.just([])), max_size=5),
)
tensors = st.dictionaries(
    st.sampled_from(["data", "name", "shape", 'a"data']), st.one_of(arrays, texts), max_size=4
)
bodies = st.fixed_dictionaries(
    {"inputs": st.one_of(st.lists(tensors, max_size=3), tensors)},
    optional={"id": texts, "data": arrays, "outputs": st.lists(tensors, max_size=1)},
)
requests = st.fixed_dictionaries(
    {
        "id": texts.filter(lambda text: "\x1a" not in text),
        "inputs": st.lists(
            st.fixed_dictionaries({"data": tables(st.one_of(numbers, st.just(math.nan)))}),
            min_size=1,
            max_size=3,
        ),
    }
)
separators = st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", "\t:\r\n ")])


def parse(text: bytes, *, min_bytes: int = 0) -> Any:
    """Split a text, read its skeleton, and put the arrays back where their tokens stand."""
    skeleton, arrays = split(text, min_bytes=min_bytes)

    def put_back(value: Any) -> Any:
        index = index_of(value, len(arrays))
        if index is not None:
            return arrays[index]
        if isinstance(value, dict):
            return {key: put_back(item) for key, item in value.items()}
        return [put_back(item) for item in value] if isinstance(value, list) else value

    return put_back(orjson.loads(skeleton))


def oracle(text: bytes) -> Any:
    """Read JSON, NaN and all, the slow way."""

    def refuse(constant: str) -> float:
        if constant != "NaN":
            raise ValueError(constant)
        return math.nan

    return json.loads(text, parse_constant=refuse)


def plain(value: Any) -> Any:
    """Return a value in which equal things are equal: lists for arrays, one NaN, one number."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if value is None or value != value:  # noqa: PLR0124
        return "not measured"
    return float(value) if type(value) is int else value


@EXACT
@given(body=bodies | requests, separators=separators, ascii_only=st.booleans())
def test_what_json_says_is_what_is_read(
    body: Any, separators: tuple[str, str], *, ascii_only: bool
):
    """Every value as a slow second implementation reads it; null and bare NaN are not measured."""
    text = json.dumps(body, separators=separators, ensure_ascii=ascii_only).encode()

    assert plain(parse(text)) == plain(oracle(text))
    if b"NaN" not in text:  # which small arrays hold only if they are split off
        assert plain(parse(text, min_bytes=100)) == plain(oracle(text))


@EXACT
@given(body=bodies, separators=separators, data=st.data())
def test_what_is_no_json_is_not_read(body: Any, separators: tuple[str, str], data: st.DataObject):
    """One byte put in, taken out or changed: nothing is accepted that is not JSON."""
    text = json.dumps(body, separators=separators).encode()
    where = data.draw(st.integers(0, len(text)))
    removed = data.draw(st.integers(0, 1))
    added = data.draw(
        st.sampled_from([b"", b"null", *(bytes([sign]) for sign in b'",:[]{}0e-+.ntNul\\ \x1a')])
    )
    damaged = text[:where] + added + text[where + removed :]

    try:
        read = parse(damaged)
    except (RequestError, orjson.JSONDecodeError):
        return
    assert plain(read) == plain(oracle(damaged))


def _units(n_units: int) -> list[float | None]:
    values = np.random.default_rng(0).normal(size=590 * n_units)
    return [None if index % 25 == 0 else float(value) for index, value in enumerate(values)]


def _text(data: Any) -> bytes:
    return json.dumps({"inputs": [{"name": "readings", "data": data}]}).encode()


def test_a_large_array_is_read_in_chunks_to_the_last_bit():
    """100 units, flat and in rows, are the numbers that the slow way reads."""
    values = _units(100)
    expected = np.array(values, dtype=np.float64)

    flat = parse(_text(values))["inputs"][0]["data"]
    rows = parse(_text([values[at : at + 590] for at in range(0, 59_000, 590)]))

    np.testing.assert_array_equal(flat, expected)
    np.testing.assert_array_equal(rows["inputs"][0]["data"], expected.reshape(100, 590))


@pytest.mark.parametrize("tail", [b",]", b", ]", b",,1]", b" 1]", b",null null]", b",01]", b",+1]"])
def test_a_large_array_that_ends_wrongly_is_refused(tail: bytes):
    """The last chunk is held to JSON's grammar too."""
    damaged = _text(_units(100))[:-4] + tail + b"}]}"

    with pytest.raises((RequestError, orjson.JSONDecodeError)):
        parse(damaged)


def test_a_last_comma_at_the_end_of_a_chunk_is_refused():
    """Where the comma is what parts the chunks, nothing is left behind it to be wrong."""
    text = b'{"inputs": [{"data": [1,' + b" " * 600_000 + b"2,]}]}"

    with pytest.raises(RequestError, match="ends in a comma"):
        parse(text)


def test_rows_of_unlike_length_are_named():
    """The message counts the rows and their values."""
    text = _text([[0.0] * 590, [0.0] * 590, [0.0] * 589])

    with pytest.raises(RequestError, match=r"row 2 .* has 589 value\(s\), row 0 has 590"):
        parse(text)
