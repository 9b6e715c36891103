"""Where a pipeline run leaves what others read of it: who writes and who reads import no other."""

from __future__ import annotations


def verdict_key(run_id: str) -> str:
    """Where the gate's decision and its reasons lie, once there is a verdict."""
    return f"runs/{run_id}/verdict.json"


def failure_key(run_id: str) -> str:
    """Where stage and reason of a failure lie, if a stage failed."""
    return f"runs/{run_id}/failure.json"


def outcome_key(run_id: str) -> str:
    """Where it lies how the run ended, once it has."""
    return f"runs/{run_id}/outcome.json"
