import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

from secom_core.columns import repeated, to_arrow, to_numpy

COLUMNS = {
    "nothing missing": pa.array([1.5, -2.0]),
    "null": pa.array([1.5, None]),
    "NaN": pa.array([np.nan, 1.5]),
    "whole": pa.array([1, None, 3], pa.int16()),
    "single precision": pa.array([0.1, None], pa.float32()),
    "half precision": pa.array(np.array([0.5, 2], dtype=np.float16)),
    "without type": pa.nulls(2),
    "a slice": pa.array([1.0, None, 3.0, 4.0])[1:3],
    "empty": pa.array([], pa.float64()),
    "in pieces": pa.chunked_array([[1.0, None], [], [3.0]], pa.float64()),
    "no piece": pa.chunked_array([], pa.float64()),
}


@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
def test_column_is_what_python_reads(column):
    """Every number comes through, and what is missing is NaN."""
    expected = [np.nan if value is None else float(value) for value in column.to_pylist()]

    found = to_numpy(column)

    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, np.array(expected, dtype=np.float64))


@pytest.mark.parametrize(
    "array",
    [
        np.array([1.5, -2.0]),
        np.array([1, 2**62]),
        np.arange(10, dtype=np.int32)[::2],
        np.arange(19) % 3 == 0,
        np.array([], dtype=bool),
    ],
    ids=str,
)
def test_array_is_what_python_reads(array):
    """Every value comes through, as Arrow's own conversion has it."""
    found = to_arrow(array)

    found.validate(full=True)
    assert found.equals(pa.array(array))


def test_text_is_repeated():
    """A name of any letters, as often as asked."""
    found = repeated("Fäb 7", 3)

    found.validate(full=True)
    assert found.to_pylist() == ["Fäb 7"] * 3
    assert len(repeated("", 0)) == 0


def test_pandas_stays_out():
    """That is the reason why this module exists."""
    code = (
        "import sys, numpy as np\n"
        "from secom_core.columns import repeated, to_arrow, to_numpy\n"
        "to_numpy(to_arrow(np.array([1.0]))), repeated('a', 1)\n"
        "sys.exit('pandas' in sys.modules)"
    )

    subprocess.run([sys.executable, "-c", code], check=True)
