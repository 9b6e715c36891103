"""What people ask for: a training, or a batch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from secom_core.config import TrainingConfig
from secom_core.errors import ConfigError, RequestError
from serving.monitor.launching import Arguments

_LONGEST_REASON = 300
_ADDRESS = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[^\x00-\x1f\x7f]{0,900}")
_DIGEST = re.compile(r"(?:[0-9a-f]{64})?")
_KEY = re.compile(r"[\x21-\x7e]{1,200}")


def read_training(fields: Mapping[str, Any], config: TrainingConfig) -> tuple[str, Arguments]:
    """Return why somebody wants a training, and the parameters that are to be others.

    Parameters
    ----------
    fields : mapping
        `reason`, and perhaps `parameters`.
    config : TrainingConfig
        The parameters that the monitor would take.

    Raises
    ------
    RequestError
        If a field is missing, unknown or out of range.
    """
    _require_known(fields, {"reason", "parameters"})
    reason, parameters = fields.get("reason"), fields.get("parameters", {})
    if not isinstance(reason, str) or not 0 < len(reason) <= _LONGEST_REASON:
        message = f"`reason` must be a text of 1 to {_LONGEST_REASON} characters."
        raise RequestError(message)
    known = config.to_json()
    if not isinstance(parameters, dict):
        message = f"`parameters` must be an object, got {type(parameters).__name__}."
        raise RequestError(message)
    _require_known(parameters, known)
    wanted = {name: _like(known[name], name, value) for name, value in parameters.items()}
    try:
        TrainingConfig.from_json({**known, **wanted})
    except ConfigError as exc:
        raise RequestError(str(exc)) from exc
    return reason, wanted


def read_batch(fields: Mapping[str, Any]) -> Arguments:
    """Return the parameters of a batch: `input`, `output`, and perhaps `bundle`.

    Raises
    ------
    RequestError
        If a field is missing, unknown or no address in the object store.
    """
    _require_known(fields, {"input", "output", "bundle"})
    for name in ("input", "output"):
        value = fields.get(name)
        if not isinstance(value, str) or not _ADDRESS.fullmatch(value):
            message = f"`{name}` must be s3://BUCKET/KEY, got {str(value)[:100]!r}."
            raise RequestError(message)
    bundle = fields.get("bundle", "")
    if not isinstance(bundle, str) or not _DIGEST.fullmatch(bundle):
        message = (
            f"`bundle` must be the 64 hexadecimal digits of a published bundle, or left out for "
            f"the champion; got {str(bundle)[:100]!r}."
        )
        raise RequestError(message)
    return {"source": fields["input"], "output": fields["output"], "bundle": bundle}


def read_keys(kind: str, sent: list[str]) -> tuple[str, ...]:
    """Return the key by which a request is known when it comes again; none if none was sent.

    Raises
    ------
    RequestError
        If it is sent twice, too long or not of visible ASCII characters.
    """
    match sent:
        case []:
            return ()
        case [key] if _KEY.fullmatch(key):
            return (f"{kind} {key}",)
    message = "Idempotency-Key must be sent once, 1 to 200 visible ASCII characters."
    raise RequestError(message)


def _require_known(fields: Mapping[str, Any], known: Mapping[str, Any] | set[str]) -> None:
    if unknown := fields.keys() - set(known):
        message = f"unknown: {min(unknown)[:100]!r}. Known are {', '.join(sorted(known))}."
        raise RequestError(message)


def _like(usual: str | float, name: str, value: object) -> str | int | float:
    """Return a value of a parameter's type; a whole number does for a fraction."""
    if isinstance(usual, float) and isinstance(value, int) and not isinstance(value, bool):
        with suppress(OverflowError):
            return float(value)
    if type(value) is not type(usual):
        message = f"`{name}` must be like {usual!r}, got {str(value)[:100]!r}."
        raise RequestError(message)
    return value
