"""Small JSON documents, in one form for one value."""

from __future__ import annotations

import json
from typing import Any


def to_bytes(value: object) -> bytes:
    """Return one form for one value: sorted keys, finite numbers, a line feed at the end."""
    return (json.dumps(value, sort_keys=True, indent=1, allow_nan=False) + "\n").encode()


def from_bytes(content: bytes) -> Any:  # noqa: ANN401 - a value of JSON is of any type
    """Read what `to_bytes` wrote; ValueError if it is no JSON."""
    return json.loads(content)
