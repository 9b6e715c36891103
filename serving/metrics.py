"""Every metric's name, for the code that counts and for panels and alerts that ask."""

from __future__ import annotations

REQUESTS = "secom_requests_total"
"""Inference requests answered, by protocol and code."""
STAGE_SECONDS = "secom_stage_seconds"
"""Histogram of what a request takes, by protocol and stage."""
REJECTED = "secom_requests_rejected_total"
"""Requests turned away because the server was full, by what was full."""
QUEUE_DEPTH = "secom_queue_depth"
"""Requests that have arrived and are not answered."""

SCORED = "secom_units_scored_total"
"""Units scored."""
FLAGGED = "secom_units_flagged_total"
"""Units flagged for inspection."""
RISK = "secom_risk"
"""Histogram of the units' risks."""

READINGS = "secom_readings_total"
"""Readings scored, measured or not: units times sensors."""
MISSING = "secom_readings_missing_total"
"""Readings that were not measured."""
OUT_OF_REFERENCE = "secom_readings_out_of_reference_total"
"""Readings below the least or above the largest that the sensor had in the reference window."""

BUNDLE = "secom_bundle_info"
"""1, with digest, run, training time and data digest of the bundle that answers."""
