"""What clients are told."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

from starlette.responses import Response

RETRY_SECONDS = 5
"""When to come back to a monitor that is not ready, or whose store or Kubeflow is away."""


def answer(status: int, fields: Mapping[str, object], *, wait_seconds: float = 0) -> Response:
    """Return JSON, in ASCII whatever a client sent, perhaps with a time to come back."""
    headers = {"retry-after": str(math.ceil(wait_seconds))} if wait_seconds else None
    content = json.dumps(fields, allow_nan=False) + "\n"
    return Response(content, status, headers, media_type="application/json")


def refusal(status: int, why: str, *, wait_seconds: float = 0) -> Response:
    """Say why a request is not answered as asked."""
    return answer(status, {"error": why}, wait_seconds=wait_seconds)
