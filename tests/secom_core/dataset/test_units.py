from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest


def test_a_window_is_a_view(twin):
    """Cutting units by time copies nothing and keeps where they came from."""
    window = twin.window(slice(10, 30))

    assert len(window) == 20
    assert np.shares_memory(window.readings, twin.readings)
    assert window.measured_at[0] == twin.measured_at[10]
    assert (window.source, window.is_synthetic) == (twin.source, True)


def test_the_earliest_share_is_what_was_known_back_then(twin):
    """A share of the units, rounded, from the first on; all of them where it is 1."""
    known = twin.earliest(0.4)

    assert len(known) == 200
    assert known.digest == twin.window(slice(0, 200)).digest
    assert twin.earliest(1).digest == twin.digest


def test_the_digest_is_of_the_content_alone(twin):
    """Where units came from, -0, memory order and the pattern of a NaN make no difference."""
    other = np.where(np.isnan(twin.readings), -np.nan, twin.readings)
    other = np.asfortranarray(np.where(other == 0, -0.0, other))

    assert replace(twin, readings=other, source="elsewhere").digest == twin.digest


@pytest.mark.parametrize(
    "change",
    [
        lambda units: {"readings": units.readings + 1e-12},
        lambda units: {"is_fail": ~units.is_fail},
        lambda units: {"measured_at": units.measured_at + np.timedelta64(1, "s")},
        lambda units: {"is_synthetic": not units.is_synthetic},
        lambda units: {"sensors": units.sensors[::-1]},
    ],
    ids=["readings", "fails", "times", "real", "names"],
)
def test_the_digest_changes_with_the_content(twin, change):
    """Any change of what is trained on is a change of digest."""
    assert replace(twin, **change(twin)).digest != twin.digest
