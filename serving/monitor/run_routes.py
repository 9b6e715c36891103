"""Pipeline runs over HTTP: whoever asks for one, and how it goes."""

from __future__ import annotations

import logging

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from serving.monitor import service
from serving.monitor.alerts import Delivery, read_delivery
from serving.monitor.answers import RETRY_SECONDS, answer, refusal
from serving.monitor.asks import Answer, Ask, Word
from serving.monitor.body import JSON, json_object, read_body
from serving.monitor.service import Service, require_lead
from serving.monitor.wishes import read_batch, read_keys, read_training

_logger = logging.getLogger(__name__)

_STATUS = {
    "started": 202,
    "duplicate": 202,
    "running": 409,
    "nothing_new": 409,
    "cooling_down": 429,
}


async def retrain(request: Request) -> Response:
    """Start a training, or say why not now."""
    fields = json_object(await read_body(request, [JSON]))
    reason, parameters = read_training(fields, service.of(request).config)
    keys = read_keys("retrain", request.headers.getlist("idempotency-key"))
    token, address = service.sender(request)
    ask = Ask(
        source="request",
        reason=reason,
        keys=keys,
        token=token,
        address=address,
        parameters=parameters,
    )
    return _told(await run_in_threadpool(_train, service.of(request), ask))


async def alerts(request: Request) -> Response:
    """Take one of Alertmanager's deliveries; 200 with what it did, whatever that is."""
    delivery = read_delivery(json_object(await read_body(request, [JSON])))
    if not delivery.keys:
        service.of(request).counts.asked("alert", "ignored")
        _tell(delivery, "ignored")
        why = "no alert has the label action: retrain" if delivery.is_firing else "resolved"
        return answer(200, {"answer": "ignored", "why": why})
    token, address = service.sender(request)
    ask = Ask(
        source="alert",
        reason=delivery.reason,
        keys=delivery.keys,
        token=token,
        address=address,
    )
    found = await run_in_threadpool(_train, service.of(request), ask)
    _tell(delivery, found.word)
    return answer(200, _fields(found))


async def batches(request: Request) -> Response:
    """Start a batch, or say why not now."""
    parameters = read_batch(json_object(await read_body(request, [JSON])))
    keys = read_keys("batch", request.headers.getlist("idempotency-key"))
    token, address = service.sender(request)
    ask = Ask(
        source="request",
        reason="batch",
        keys=keys,
        token=token,
        address=address,
        parameters=parameters,
    )
    return _told(await run_in_threadpool(_predict, service.of(request), ask))


async def run(request: Request) -> Response:
    """Say how a run goes; it is named by its id, or by its name."""
    require_lead(service.of(request).lease)
    wanted, known = request.path_params["id"], service.of(request).asking.known
    if known is None:
        return refusal(503, "runs have not been read yet.", wait_seconds=RETRY_SECONDS)
    for each in known:
        if wanted in {each.run_id, each.intent.name}:
            return answer(200, each.to_json())
    return refusal(404, "no run of that id or name was started here.")


def _train(service: Service, ask: Ask) -> Answer:
    require_lead(service.lease)
    found = service.asking.train(ask, now=service.lease.now())
    service.counts.asked(ask.source, found.word)
    return found


def _predict(service: Service, ask: Ask) -> Answer:
    require_lead(service.lease)
    return service.asking.predict(ask, now=service.lease.now())


def _tell(delivery: Delivery, word: Word) -> None:
    """Log what came and what was done: Alertmanager forgets what it is answered."""
    fields = {"firing": list(delivery.firing), "answer": word}
    _logger.info("alerts delivered", extra={"fields": fields})


def _told(found: Answer) -> Response:
    return answer(_STATUS[found.word], _fields(found), wait_seconds=found.wait_seconds)


def _fields(found: Answer) -> dict[str, object]:
    run = found.run.to_json() if found.run else {}
    return {"answer": found.word, "run_id": run.get("run_id"), "run": run}
