"""Write the rules into the chart: `python -m manifests.rules.generate`."""

from __future__ import annotations

import sys
from pathlib import Path

from manifests.rules import (
    drift,
    lifecycle,
    log,
    monitor,
    objectives,
    performance,
    predictor,
    requests,
)
from manifests.rules.rule import MODEL, NAMESPACE, RELEASE, RUNBOOK, Alert, Group, to_yaml

PATH = Path(__file__).parents[2] / "helm/secom/files/rules.yaml"

_HEAD = f"""\
# Generated from manifests/rules by `make chart`. The chart puts in, for
#   {NAMESPACE}  the release's namespace
#   {RELEASE}    its name, as PodMonitors have it: {RELEASE}-predictor, {RELEASE}-monitor
#   {MODEL}      the InferenceService's name, a label of each alert
#   {RUNBOOK}    where manifests/runbook.md is found
"""


def groups() -> tuple[Group, ...]:
    """Return all rules there are."""
    return (
        Group(
            name="secom-objectives",
            rules=(
                *objectives.recordings(),
                objectives.budget_of_faults_burns_fast(),
                objectives.budget_of_faults_burns(),
                objectives.budget_of_slowness_burns_fast(),
                objectives.budget_of_slowness_burns(),
            ),
        ),
        Group(
            name="secom-predictor",
            rules=(
                requests.error_ratio_high(),
                requests.requests_rejected(),
                requests.queue_long(),
                predictor.predictor_down(),
                predictor.replica_down(),
                predictor.bundle_old(),
                predictor.missing_share(),
                predictor.readings_missing(),
                log.log_stuck(),
                log.units_unrecorded(),
            ),
        ),
        Group(
            name="secom-monitor",
            rules=(
                monitor.monitor_down(),
                monitor.rounds_fail(),
                drift.sensors_drift(),
                drift.risk_drifts(),
                drift.flagged_twice_capacity(),
                performance.live_auc_low(),
                performance.outcomes_late(),
                lifecycle.retraining_fails(),
                lifecycle.retraining_refused(),
                *lifecycle.rollbacks(),
                lifecycle.promotion_rolled_back(),
            ),
        ),
    )


def alerts() -> tuple[Alert, ...]:
    """Return all alerts there are."""
    return tuple(rule for group in groups() for rule in group.rules if isinstance(rule, Alert))


def text() -> str:
    """Return what the file must hold."""
    return _HEAD + to_yaml(groups())


def main() -> None:
    """Write the file."""
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(text())
    sys.stdout.write(f"{PATH}\n")


if __name__ == "__main__":
    main()
