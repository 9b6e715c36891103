"""Outcomes over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Collection

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from secom_core.errors import OutcomeError, RequestError
from secom_core.outcomes import Conflict, Outcome, parse_csv, parse_json_lines
from serving.monitor import service
from serving.monitor.answers import answer, refusal
from serving.monitor.body import media_type, read_body
from serving.monitor.service import Service, require_lead

Parser = Callable[[bytes], tuple[Outcome, ...]]

PARSERS: dict[str, Parser] = {
    "application/x-ndjson": parse_json_lines,
    "application/jsonl": parse_json_lines,
    "text/csv": parse_csv,
}
"""What reads a delivery, by its media type."""

MOST_AT_ONCE, PER_SECOND = 10_000, 10.0
"""Outcomes. A lab has days for what a thief of its token must not do in an hour."""

_SHOWN = 20


async def outcomes(request: Request) -> Response:
    """Take in outcomes: 202 if any is new, 200 if all are known, 409 if any contradicts."""
    content = await read_body(request, PARSERS)
    parse = PARSERS[media_type(request)]
    who, where = service.sender(request)
    sender = f"token {who} at {where}"
    return await run_in_threadpool(_take_in, service.of(request), parse, content, sender)


def _take_in(service: Service, parse: Parser, content: bytes, sender: str) -> Response:
    try:
        delivered = parse(content)
    except OutcomeError as exc:
        raise RequestError(str(exc)) from exc
    n_most = service.bucket.size
    if len(delivered) > n_most:
        return refusal(413, f"got {len(delivered)} outcomes; send at most {n_most} at once.")
    require_lead(service.lease)
    if wait_seconds := service.bucket.take(len(delivered)):
        why = "too many outcomes came lately. Send these again later."
        return refusal(429, why, wait_seconds=wait_seconds)
    added = service.deliveries.take_in(delivered, sender=sender)
    if added.conflicts:
        return _contradicted(added.conflicts)
    counts = {"accepted": len(added.accepted), "known": len(added.known)}
    return answer(202 if added.accepted else 200, counts)


def _contradicted(conflicts: Collection[Conflict]) -> Response:
    why = (
        f"{len(conflicts)} contradict what is known, and nothing was taken in. Find out which is "
        "right; a unit that was mended and measured anew needs a new name."
    )
    told = [
        {"unit_id": each.kept.unit_id, "kept": each.kept.to_json(), "sent": each.refused.to_json()}
        for each in list(conflicts)[:_SHOWN]
    ]
    return answer(409, {"error": why, "conflicts": told})
