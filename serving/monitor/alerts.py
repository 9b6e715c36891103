"""What Alertmanager delivers: its webhook, version 4."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from secom_core.errors import RequestError

ACTION, RETRAIN = "action", "retrain"
"""The label of an alert that a training should follow, and its value."""

_VERSION = "4"
_LONGEST_REASON = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What one delivery asks for.

    Parameters
    ----------
    keys : tuple of str
        One an alert that fires and that a training should follow: its group and its start, which
        stay as they are while Alertmanager repeats it.
    reason : str
        The names of those alerts, for people.
    firing : tuple of str
        The names of all alerts that fire, whatever they ask for.
    """

    keys: tuple[str, ...]
    reason: str
    firing: tuple[str, ...]

    @property
    def is_firing(self) -> bool:
        """Whether anything fires at all."""
        return bool(self.firing)


def read_delivery(fields: Mapping[str, Any]) -> Delivery:
    """Read a delivery.

    Raises
    ------
    RequestError
        If it is not of version 4 of the webhook.
    """
    if fields.get("version") != _VERSION:
        message = (
            f"the version must be {_VERSION!r}, got {fields.get('version')!r}. "
            "Send what Alertmanager's webhook sends."
        )
        raise RequestError(message)
    group = _text(fields, "groupKey")
    alerts = fields.get("alerts")
    if not isinstance(alerts, list) or not all(isinstance(each, dict) for each in alerts):
        message = "`alerts` must be a list of objects, as Alertmanager's webhook has them."
        raise RequestError(message)
    firing = [each for each in alerts if _text(each, "status") == "firing"]
    acting = [each for each in firing if _labels(each).get(ACTION) == RETRAIN]
    return Delivery(
        keys=tuple(sorted({f"alert {group} {_text(each, 'startsAt')}" for each in acting})),
        reason=", ".join(_names(acting))[:_LONGEST_REASON],
        firing=_names(firing),
    )


def _names(alerts: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(sorted({str(_labels(each).get("alertname", "unnamed")) for each in alerts}))


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        message = f"`{name}` must be a text that is not empty, got {str(value)[:100]!r}."
        raise RequestError(message)
    return value


def _labels(alert: Mapping[str, Any]) -> Mapping[str, Any]:
    labels = alert.get("labels")
    if not isinstance(labels, dict):
        message = f"`labels` of an alert must be an object, got {str(labels)[:100]!r}."
        raise RequestError(message)
    return labels
