"""The monitor's HTTP interface."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from secom_core.errors import RequestError, SecomError
from serving.monitor import routes, service
from serving.monitor.answers import RETRY_SECONDS, refusal
from serving.monitor.gate import Gate
from serving.monitor.outcome_routes import outcomes
from serving.monitor.run_routes import alerts, batches, retrain, run
from serving.monitor.service import Service, require_lead


def build_app(service: Service) -> ASGIApp:
    """Return the ASGI application; `routes` says what it answers."""
    app = Starlette(
        routes=[
            Route(routes.HEALTHZ, healthz),
            Route(routes.READYZ, readyz),
            Route(routes.METRICS, metrics),
            Route(routes.OUTCOMES, outcomes, methods=["POST"]),
            Route(routes.RETRAIN, retrain, methods=["POST"]),
            Route(routes.ALERTS, alerts, methods=["POST"]),
            Route(routes.BATCHES, batches, methods=["POST"]),
            Route(routes.RUN, run),
        ],
        exception_handlers={
            HTTPException: _as_told,
            RequestError: _misunderstood,
            SecomError: _unable,
        },
    )
    app.state.service = service
    app.router.redirect_slashes = False
    return Gate(app, tokens=service.tokens, counts=service.counts)


async def healthz(_request: Request) -> Response:
    """Say that the process answers."""
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """Say whether it acts: it holds the lease, which it does only while the store answers."""
    require_lead(service.of(request).lease)
    return PlainTextResponse("ready\n")


async def metrics(request: Request) -> Response:
    """Tell Prometheus."""
    content = await run_in_threadpool(generate_latest, service.of(request).registry)
    return Response(content, media_type=CONTENT_TYPE_LATEST)


def _as_told(_request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)  # noqa: S101 - starlette's word; for the type checker
    refused = refusal(exc.status_code, exc.detail)
    refused.headers.update(exc.headers or {})
    return refused


def _misunderstood(_request: Request, exc: Exception) -> Response:
    return refusal(400, str(exc))


def _unable(_request: Request, exc: Exception) -> Response:
    """Whatever else stands in the way may be gone soon: the store, Kubeflow, the lease, data."""
    return refusal(503, str(exc), wait_seconds=RETRY_SECONDS)
