import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from secom_core.contract import SENSORS, Contract
from secom_core.errors import (
    ContractError,
    InfiniteReadingError,
    ReadingTypeError,
    SensorCountError,
)

TWO = Contract(sensors=("left", "right"))


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(np.float64(1.0), id="a number"),
        pytest.param(np.zeros(2), id="one unit without a table"),
        pytest.param(np.zeros((1, 1, 2)), id="a table too many"),
        pytest.param(np.array([["1", "2"]]), id="text"),
        pytest.param(np.array([[b"1", b"2"]]), id="bytes"),
        pytest.param(np.array([[1.0, None]]), id="objects"),
        pytest.param(np.array([[True, False]]), id="truth values"),
        pytest.param(np.array([[1j, 2.0]]), id="complex numbers"),
        pytest.param(np.array([["2008-07-19", "2008-07-20"]], dtype="M8[D]"), id="dates"),
        pytest.param(np.array([[1, 2]], dtype="m8[s]"), id="durations"),
        pytest.param(np.zeros((1, 2), dtype=[("left", float)]), id="records"),
    ],
)
def test_what_is_no_table_of_real_numbers_is_refused(bad):
    """Whatever is not units by sensors, or not of real numbers, is refused before it is read."""
    with pytest.raises(ReadingTypeError, match=r"expected .*, got "):
        TWO.check(np.asarray(bad))


@pytest.mark.parametrize("n_sensors", [0, 1, 3, 590])
def test_other_number_of_sensors_is_refused(n_sensors):
    """The message says how many readings came, how many are due, and what to send."""
    with pytest.raises(SensorCountError, match=f"expected 2 readings per unit, got {n_sensors}"):
        TWO.check(np.zeros((4, n_sensors)))


@pytest.mark.parametrize("value", [np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_infinite_reading_is_refused_by_place(value, dtype):
    """The first infinite reading is named by unit, sensor and value."""
    readings = np.zeros((3, 2), dtype=dtype)
    readings[1, 1] = value

    with pytest.raises(InfiniteReadingError, match=rf"right of unit 1 .* reads {value}"):
        TWO.check(readings)


def test_infinities_that_cancel_out_are_refused():
    """Two infinities whose sum is no number do not hide each other."""
    with pytest.raises(InfiniteReadingError, match="left of unit 0"):
        TWO.check(np.array([[np.inf, -np.inf]]))


def test_number_too_large_for_float64_is_refused():
    """A wider number that float64 cannot hold has become infinite, and is refused as such."""
    with pytest.raises(InfiniteReadingError, match="left"):
        TWO.check(np.array([[np.longdouble("1e400"), 1]]))


def test_huge_readings_pass():
    """Finite readings pass though their sum is not finite."""
    readings = np.full((2, 2), np.finfo(np.float64).max)

    assert TWO.check(readings) is readings


def test_missing_readings_pass():
    """NaN means "not measured", be it for every sensor of a unit."""
    readings = np.array([[np.nan, 1.0], [np.nan, np.nan]])

    np.testing.assert_array_equal(TWO.check(readings), readings)


def test_no_units_pass():
    """A table without units is a table."""
    assert TWO.check(np.empty((0, 2))).shape == (0, 2)


def test_fitting_readings_are_not_copied():
    """What is float64 in C order already comes back as it is: the server's fast path."""
    readings = np.zeros((3, 2))

    assert TWO.check(readings) is readings


@pytest.mark.parametrize("dtype", ["i1", "i8", "u8", "f2", "f4", ">f8", "f8"])
def test_other_real_numbers_become_float64(dtype):
    """Every kind of real number is taken, whatever its width and byte order."""
    checked = TWO.check(np.array([[1, 2], [3, 4]], dtype=dtype, order="F"))

    assert checked.dtype == np.float64
    assert checked.flags.c_contiguous
    np.testing.assert_array_equal(checked, [[1.0, 2.0], [3.0, 4.0]])


@given(
    readings=hnp.arrays(
        np.float64, st.tuples(st.integers(0, 5), st.just(2)), elements=st.floats(width=64)
    )
)
def test_readings_pass_exactly_if_none_is_infinite(readings):
    """NaN and every finite number pass; an infinite one never does."""
    try:
        checked = TWO.check(readings)
    except ContractError:
        assert np.isinf(readings).any()
    else:
        assert not np.isinf(checked).any()


def test_sensors_are_named_as_uci_counts_them():
    """590 names, counted from 0."""
    assert (len(SENSORS), SENSORS[0], SENSORS[-1]) == (590, "sensor_000", "sensor_589")
    assert Contract().n_sensors == 590


@pytest.mark.parametrize(
    ("sensors", "is_covered"),
    [
        (("left", "right"), True),
        (("left",), True),
        (("left", "right", "top"), False),
        (("right", "left"), False),
        (("right",), False),
    ],
)
def test_contract_covers_its_own_beginning(sensors, is_covered):
    """Whoever sends the first sensors in the same order is understood; nobody else is."""
    assert TWO.covers(Contract(sensors=sensors)) is is_covered
