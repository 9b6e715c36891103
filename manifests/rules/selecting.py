"""Series of this release alone: a Prometheus watches many.

A series ends when its pod does, so what a dead pod last said is in no answer. Counters are summed
after `rate`, pod by pod, for one that restarts begins at 0. Gauges are brought together by `max` or
`min`, for while a bundle is replaced two pods may differ.
"""

from __future__ import annotations

from manifests.rules.rule import MODEL, NAMESPACE, RELEASE
from serving import metrics

# Of a PodMonitor, Prometheus' operator makes the job NAMESPACE/NAME.
_PREDICTOR = f'job="{NAMESPACE}/{RELEASE}-predictor"'
_MONITOR = f'job="{NAMESPACE}/{RELEASE}-monitor"'


KEEP = "10m"
"""What the monitor knows is not known while it restarts: alerts about that outlast it, or each
restart would send them anew."""


def predictor(metric: str, *matchers: str) -> str:
    """Return a selector of what predictors say."""
    return _selector(metric, _PREDICTOR, *matchers)


def monitor(metric: str, *matchers: str) -> str:
    """Return a selector of what monitors say of themselves."""
    return _selector(metric, _MONITOR, *matchers)


def leading(metric: str, *matchers: str) -> str:
    """Return an expression for what the monitor that leads says.

    One that led before may still say what it then knew.
    """
    leads = monitor(metrics.MONITOR_LEADS)
    return f"{monitor(metric, *matchers)} and on (instance) {leads} == 1"


def known(metric: str, *matchers: str) -> str:
    """Return the same, as a value without labels."""
    return f"max({leading(metric, *matchers)})"


def recorded(name: str) -> str:
    """Return a selector of what a rule has recorded."""
    return _selector(name, f'namespace="{NAMESPACE}"', f'model="{MODEL}"')


def _selector(metric: str, *matchers: str) -> str:
    return f"{metric}{{{','.join(matchers)}}}"
