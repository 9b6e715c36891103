from __future__ import annotations

import json
import math

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.predictor.number_array import read, read_large

EXACT = settings(deadline=None, derandomize=True, max_examples=150)

plain = st.one_of(
    st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False, allow_infinity=False)
)
odd = st.one_of(
    st.integers(-(10**25), 10**25),
    st.sampled_from([-7e9, -7_000_000_000, math.nan]),
)
separators = st.sampled_from([",", ", ", " ,\n", "\t,\r\n"])


def text_of(values: list[float | int | None], separator: str = ",") -> bytes:
    """Return values as JSON has them, NaN bare."""
    return json.dumps(values, separators=(separator, ":")).encode()


def floats(values: list[float | int | None]) -> np.ndarray:
    """Return values as Python's own parser has them; null is NaN."""
    return np.array([math.nan if value is None else float(value) for value in values])


@EXACT
@given(values=st.lists(st.none() | plain.filter(lambda value: value != -7e9)), separator=separators)
def test_numbers_and_nulls_are_read_to_the_last_bit(values: list, separator: str):
    """Without an object for any of them, the values are those that Python's own parser gives."""
    found = read_large(text_of(values, separator))

    assert found is not None
    assert found.tobytes() == floats(values).tobytes()


@EXACT
@given(values=st.lists(st.none() | plain | odd, max_size=60), separator=separators)
def test_what_the_fast_way_leaves_the_other_reads(values: list, separator: str):
    """Large or small, integers beyond 64 bits, bare NaN, and what stands in for null."""
    small, large = values, [*values, *[0.5] * 5000]

    np.testing.assert_array_equal(read(text_of(small, separator)), floats(small))
    np.testing.assert_array_equal(read(text_of(large, separator)), floats(large))


@EXACT
@given(values=st.lists(st.none() | plain | odd, max_size=30), data=st.data())
def test_the_fast_way_takes_nothing_that_is_no_json(values: list, data: st.DataObject):
    """One byte or word put in, taken out or changed: what is read is what orjson reads."""
    text = text_of(values)
    where = data.draw(st.integers(1, len(text) - 1))
    removed = data.draw(st.integers(0, 1)) if where < len(text) - 1 else 0
    signs = [b"", b"null", b"-7e9", b"\xc3", *(bytes([sign]) for sign in b",:]0e-+.nulN ")]
    damaged = text[:where] + data.draw(st.sampled_from(signs)) + text[where + removed :]

    found = read_large(damaged)

    if found is not None:
        expected = np.array(orjson.loads(damaged), dtype=np.float64)
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("spelling", ["-7e9", "-7000000000", "-7.0E9", "-0.7e+10"])
def test_a_reading_is_not_taken_for_null(spelling: str):
    """Not even one of the value that stands in for null while the numbers are read."""
    text = b"[1.5,%b,null,2%b]" % (spelling.encode(), b" " * 20_000)

    np.testing.assert_array_equal(read(text), [1.5, -7e9, np.nan, 2.0])


@pytest.mark.parametrize(
    "resembling",
    ["null0", "null.5", "nulle1", "1null", "-null", "1enull", "nul", "nulll", "n", "nullnull"],
)
def test_what_only_resembles_null_is_refused(resembling: str):
    """Beside a sign, a digit or another null, and where letters are missing or too many."""
    for array in (f"[{resembling}]", f"[null,{resembling},1.5]", f"[-7e9,{resembling},null]"):
        assert read_large(array.encode()) is None
        with pytest.raises(orjson.JSONDecodeError):
            read(array.encode() + b" " * 20_000)
