"""Made-up outcomes and scored units."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from secom_core.outcomes import Outcome
from secom_core.record import Records

START = datetime(2026, 3, 1, 6, tzinfo=UTC)
BUNDLE, OTHER_BUNDLE = "b" * 64, "c" * 64


def outcome(unit_id, result="pass", *, hours=24.0):
    """Return what was found so many hours after the first unit was scored."""
    return Outcome(
        unit_id=unit_id, is_fail=result == "fail", found_at=START + timedelta(hours=hours)
    )


def scored(
    units, *, hours=None, risk=None, flagged=None, audited=None, share=0.02, bundle=BUNDLE, seed=0
):
    """Return records of these units, one a minute unless `hours` says when each was scored."""
    n = len(units)
    after = np.arange(n) / 60 if hours is None else np.asarray(hours, dtype=float)
    start = np.datetime64(START.replace(tzinfo=None), "us")
    generator = np.random.default_rng(seed)
    return Records(
        record_id=np.array([f"{seed}-{number}" for number in range(n)], dtype=object),
        scored_at=start + (after * 3600e6).astype("timedelta64[us]"),
        unit_id=np.array(units, dtype=object),
        measured_at=np.full(n, np.datetime64("NaT"), dtype="datetime64[s]"),
        readings=generator.normal(size=(n, 3)),
        risk=np.full(n, 0.1) if risk is None else np.asarray(risk, dtype=float),
        flagged=_marks(n, flagged),
        audited=_marks(n, audited),
        audit_share=np.broadcast_to(np.asarray(share, dtype=float), n).copy(),
        bundle=np.array([bundle] * n, dtype=object) if isinstance(bundle, str) else bundle,
        request_id=np.array(["request"] * n, dtype=object),
    )


def _marks(n, given):
    return np.zeros(n, dtype=bool) if given is None else np.asarray(given, dtype=bool)
