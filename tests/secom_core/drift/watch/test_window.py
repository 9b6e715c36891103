"""Windows come back from JSON as they were."""

import json

import numpy as np
import pytest

from secom_core.drift.watch import Window
from secom_core.errors import WindowError


def test_window_returns_from_json(quiet):
    """Every figure survives, unknown shifts included, in JSON that any reader accepts."""
    text = json.dumps(quiet.to_json(), allow_nan=False)

    read = Window.from_json(json.loads(text))

    assert read.to_json() == quiet.to_json()
    assert np.isnan(read.sensors.quantile_shift).tolist() == [False, False, False, True]


@pytest.mark.parametrize(
    "damage",
    [
        lambda fields: fields.pop("risk"),
        lambda fields: fields.update(colour="red"),
        lambda fields: fields["sensors"].pop("psi"),
        lambda fields: fields["sensors"].update(psi="high"),
        lambda fields: fields["sensors"]["psi"].pop(),
        lambda fields: fields["sensors"].update(psi=[[0.1, 0.1, 0.1, 0.1]]),
        lambda fields: fields.update(sensors=[1, 2]),
    ],
)
def test_damaged_window_is_refused(quiet, damage):
    """What cannot be read is named as such, with what to do."""
    fields = quiet.to_json()
    damage(fields)

    with pytest.raises(WindowError, match="Delete it"):
        Window.from_json(fields)


@pytest.mark.parametrize("foreign", [None, [], "window", 7])
def test_what_is_no_window_is_refused(foreign):
    """JSON of any other form does not pass for a window."""
    with pytest.raises(WindowError):
        Window.from_json(foreign)
