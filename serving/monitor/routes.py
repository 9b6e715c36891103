"""What the monitor answers, by path."""

from __future__ import annotations

HEALTHZ, READYZ, METRICS = "/healthz", "/readyz", "/metrics"
OUTCOMES, RETRAIN, ALERTS = "/v1/outcomes", "/v1/retrain", "/v1/alerts"
BATCHES, RUN = "/v1/batches", "/v1/runs/{id}"

OPEN = frozenset({HEALTHZ, READYZ, METRICS})
"""They need no token."""

_EXACT = OPEN | {OUTCOMES, RETRAIN, ALERTS, BATCHES}
_RUN_PREFIX = RUN.removesuffix("{id}")


def known(path: str) -> str:
    """Return the route of a path; "other" where there is none, for nobody knows how many come."""
    if path in _EXACT:
        return path
    return RUN if path.startswith(_RUN_PREFIX) else "other"
