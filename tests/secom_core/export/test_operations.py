"""Operations on a table of some columns, and on all."""

import numpy as np

from secom_core.export.operations import Pick


def test_columns_picked_from_some_are_found_among_all():
    """The second and the first of columns 4 and 7 are columns 7 and 4."""
    pick = Pick(columns=np.array([1, 0]))

    assert pick.widened(np.array([4, 7]), 9).columns.tolist() == [7, 4]
