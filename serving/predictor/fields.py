"""Fields of JSON objects, each of the kind that the protocol gives it, or RequestError."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from serving.predictor.errors import RequestError
from serving.predictor.tensors import shown


def list_of_objects(fields: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return an array of at least one object."""
    items = fields.get(key)
    if not isinstance(items, list) or not items or not all(isinstance(i, dict) for i in items):
        message = f"`{key}` must be an array of at least one object, got {shown(items)}."
        raise RequestError(message)
    return items


def parameters_of(fields: Mapping[str, Any], owner: str) -> dict[str, Any]:
    """Return the `parameters` of `owner`; none are an empty object."""
    parameters = fields.get("parameters")
    if parameters is None:
        return {}
    if not isinstance(parameters, dict):
        message = f"`parameters` of {owner} must be an object, got {shown(parameters)}."
        raise RequestError(message)
    return parameters


def required(fields: Mapping[str, Any], key: str, owner: str) -> str:
    """Return a text that must be there."""
    value = fields.get(key)
    if not isinstance(value, str) or not value:
        message = f"`{key}` of {owner} must be a string, got {shown(value)}."
        raise RequestError(message)
    return value


def optional(fields: Mapping[str, Any], key: str, kind: type, expected: str) -> Any:  # noqa: ANN401
    """Return a value of a kind, or None where there is none."""
    value = fields.get(key)
    if value is not None and not isinstance(value, kind):
        message = f"`{key}` must be {expected}, got {shown(value)}."
        raise RequestError(message)
    return value


def flag(parameters: Mapping[str, Any], key: str) -> bool | None:
    """Return true, false, or None where neither is said."""
    value: bool | None = optional(parameters, key, bool, "true or false")
    return value
