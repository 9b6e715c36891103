"""Windows that show what a test wants them to show."""

from dataclasses import replace

import numpy as np
import pytest

from secom_core.drift import fit_reference
from secom_core.drift.watch import Moves, Reference, RiskMove, Scored, Window

N_SENSORS = 4


@pytest.fixture(scope="session")
def quiet():
    """A window in which nothing moved: four sensors, 200 units, one in ten flagged."""
    return Window(
        bundle="a" * 64,
        started_at="2008-10-01T00:00:00",
        ended_at="2008-10-01T23:00:00",
        n_units=200,
        n_flagged=20,
        sensors=Moves(
            q_value=np.ones(N_SENSORS),
            psi=np.full(N_SENSORS, 0.05),
            quantile_shift=np.array([0.0, 0.01, -0.02, np.nan]),
            missing_share=np.zeros(N_SENSORS),
        ),
        risk=RiskMove(p_value=0.5, psi=0.05),
    )


@pytest.fixture(scope="session")
def told(quiet):
    """Tell a story in letters, a window a day: where it says x, the sensors named have moved."""

    def tell(story, *, sensors=(0,), psi=0.3, **fields):
        moved = quiet.sensors.q_value.copy(), quiet.sensors.psi.copy()
        moved[0][list(sensors)], moved[1][list(sensors)] = 1e-4, psi
        moves = {
            ".": quiet.sensors,
            "x": replace(quiet.sensors, q_value=moved[0], psi=moved[1]),
        }
        return [
            replace(quiet, sensors=moves[each], started_at=f"2008-10-{day:02}", **fields)
            for day, each in enumerate(story, start=1)
        ]

    return tell


@pytest.fixture(scope="session")
def steady():
    """500 scored units of four sensors that do not drift, and what 1,000 before them were."""
    rng = np.random.default_rng(0)
    readings, risk = rng.normal(size=(1500, N_SENSORS)), rng.random(1500)
    started = np.datetime64("2008-10-01T00:00:00")
    reference = Reference(
        bundle="a" * 64, profile=fit_reference(readings[:1000]), risk=risk[800:1000]
    )
    scored = Scored(
        readings=readings[1000:],
        risk=risk[1000:],
        flagged=risk[1000:] >= 0.9,
        scored_at=started + 60 * np.arange(500),
    )
    return reference, scored
