"""Whom a panel asks: every label selector, once, and what is commonly asked of it."""

from __future__ import annotations

from serving import metrics

PREDICTOR = 'namespace="$namespace",pod=~"$model-predictor-.+"'
"""KServe names a predictor's pods so."""
MONITOR = 'namespace="$namespace",pod=~".+-monitor-.+"'
ALERT = 'namespace="$namespace",model="$model",alertstate="firing"'


def predictor(metric: str, *matchers: str) -> str:
    """Select the chosen model's predictors."""
    return f"{metric}{{{','.join((PREDICTOR, *matchers))}}}"


def monitor(metric: str, *matchers: str) -> str:
    """Select the release's monitor."""
    return f"{metric}{{{','.join((MONITOR, *matchers))}}}"


def alerts() -> str:
    """Select the alerts that fire."""
    return f"ALERTS{{{ALERT}}}"


def rate(selector: str, over: str = "$__rate_interval") -> str:
    """Ask by how much a counter grows in a second."""
    return f"rate({selector}[{over}])"


def increase(selector: str, over: str = "$__rate_interval") -> str:
    """Ask by how much a counter has grown."""
    return f"increase({selector}[{over}])"


def total(asked: str, *by: str) -> str:
    """Add what each pod counts for itself."""
    return f"sum{_by(by)}({asked})"


def judged(metric: str, *matchers: str, by: str = "") -> str:
    """Take what the monitor says that leads: one that led before may still say what it knew."""
    leads = f"{monitor(metrics.MONITOR_LEADS)} == 1"
    grouped = f"max by ({by}) " if by else "max "
    return f"{grouped}({monitor(metric, *matchers)} and on (instance) {leads})"


def known(asked: str, *by: str) -> str:
    """Take once what each pod knows alike, however many there are."""
    return f"max{_by(by)}({asked})"


def share(part: str, whole: str) -> str:
    """Divide; a part that was never counted is none, not unknown."""
    return f"({part} or 0 * {whole}) / {whole}"


def quantile(level: float, buckets: str, *by: str) -> str:
    """Read a quantile off a histogram's buckets."""
    return f"histogram_quantile({level}, {total(rate(buckets), *by, 'le')})"


def age(timestamp: str) -> str:
    """Ask how long ago something was."""
    return f"time() - {timestamp}"


def with_bundle(asked: str) -> str:
    """Add a label `bundle`: as much of the digest as tells bundles apart."""
    return f'label_replace({asked}, "bundle", "$1", "digest", "(.{{12}}).*")'


def _by(labels: tuple[str, ...]) -> str:
    return f" by ({', '.join(labels)}) " if labels else ""
