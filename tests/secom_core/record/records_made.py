"""Made-up records."""

from __future__ import annotations

import numpy as np

from secom_core.record import Records

SENSORS = tuple(f"sensor_{index:03d}" for index in range(7))


def made(n: int, *, seed: int = 0) -> Records:
    """Return `n` records of seven sensors, some readings and times of which are missing."""
    rng = np.random.default_rng(seed)
    readings = rng.normal(size=(n, len(SENSORS)))
    readings[rng.random(readings.shape) < 0.1] = np.nan
    measured_at = np.datetime64("2008-07-19T11:55:00", "s") + np.arange(n)
    measured_at[1::3] = np.datetime64("NaT")
    return Records(
        record_id=np.array([f"{seed}-{number}" for number in range(n)], dtype=object),
        scored_at=np.datetime64("2026-03-01T06:00:00.000001", "us") + np.arange(n),
        unit_id=np.array([f"Einheit é{number}" for number in range(n)], dtype=object),
        measured_at=measured_at,
        readings=readings,
        risk=rng.random(n),
        flagged=rng.random(n) < 0.2,
        audited=rng.random(n) < 0.1,
        audit_share=np.full(n, 0.02),
        bundle=np.array(["d" * 64] * n, dtype=object),
        request_id=np.array(["request"] * n, dtype=object),
    )


def require_same(one: Records, other: Records) -> None:
    """Fail unless all columns are the same, in type and value."""
    for name in Records.__slots__:
        mine, theirs = getattr(one, name), getattr(other, name)
        assert mine.dtype == theirs.dtype, name
        np.testing.assert_array_equal(mine, theirs, err_msg=name)
