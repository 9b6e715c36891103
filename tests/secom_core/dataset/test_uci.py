from __future__ import annotations

import re

import numpy as np
import pytest

from secom_core.dataset import uci
from secom_core.errors import FormatError


def cut(content: bytes, n_lines: int) -> bytes:
    """The first lines of a file."""
    return b"".join(content.splitlines(keepends=True)[:n_lines])


def test_readings_and_labels_become_units(twin, write_text):
    """Units written in UCI's form are the units that were written."""
    units = uci.parse(write_text(twin), source="a test")

    assert np.array_equal(units.readings, twin.readings, equal_nan=True)
    assert np.array_equal(units.is_fail, twin.is_fail)
    assert np.array_equal(units.measured_at, twin.measured_at)
    assert (units.source, units.is_synthetic) == ("a test", False)


@pytest.mark.parametrize(
    ("n_readings", "n_labels", "message"),
    [
        (40, 38, ("holds 40 units and secom_labels.data 38; expected one label per unit. "
                 "secom.data, line 39, column 1 is the first without a counterpart")),
        (1, 40, ("holds 1 units and secom_labels.data 40; expected one label per unit. "
                "secom_labels.data, line 2, column 1 is the first without a counterpart")),
    ],
    ids=["a label is missing", "a unit is missing"],
)  # fmt: skip
def test_files_of_different_length_are_refused(files, n_readings, n_labels, message):
    """One label per unit: the first line without a counterpart is named."""
    parts = {
        "secom.data": cut(files["secom.data"], n_readings),
        "secom_labels.data": cut(files["secom_labels.data"], n_labels),
    }

    with pytest.raises(FormatError, match=re.escape(message)):
        uci.parse(parts, source="a test")


def test_kaggles_content_under_ucis_name_is_recognised(files):
    """Renaming Kaggle's re-export does not get it past the check."""
    renamed = files | {"secom.data": b"Time,0,1,2,3,4\n2008-07-19 11:55:00,3030.93"}

    with pytest.raises(FormatError, match="Kaggle's re-export"):
        uci.parse(renamed, source="a test")


def test_the_real_files_are_as_published(real_units):
    """UCI's facts hold: 1,567 units, 104 fails, in time order with 33 equal neighbours."""
    steps = np.diff(real_units.measured_at).astype(int)

    assert real_units.readings.shape == (1567, 590)
    assert real_units.is_fail.sum() == 104
    assert (steps >= 0).all()
    assert (steps == 0).sum() == 33
    assert str(real_units.measured_at[0]) == "2008-07-19T11:55:00"
    assert str(real_units.measured_at[-1]) == "2008-10-17T06:07:00"
