"""Logs as one JSON object a line on stderr, ours and kserve's and uvicorn's alike."""

from __future__ import annotations

import logging

from serving import json_lines
from serving.predictor.framework import (
    ModelNotFound,
    ModelNotReady,
    ServerNotReady,
    configure_logging,
)


def is_news(record: logging.LogRecord) -> bool:
    """Tell whether an operator needs to know: kserve logs its clients' mistakes as errors."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, (ModelNotFound, ModelNotReady, ServerNotReady))


def configure(level: str) -> None:
    """Log so.

    kserve's and uvicorn's own lines on each request are left out: they would cost a third of the
    throughput and say nothing that ours do not.

    Parameters
    ----------
    level : {"debug", "info", "warning", "error"}
    """
    ours = json_lines.configuration(level)
    quiet = {"level": "WARNING", "propagate": True, "handlers": []}
    others = {
        # kserve configures its own handlers unless its logger has one.
        "kserve": {
            "level": "WARNING",
            "propagate": False,
            "handlers": ["stderr"],
            "filters": ["news"],
        },
        "kserve.trace": quiet,
        "uvicorn": quiet,
        # Below errors it tells of clients that speak no HTTP.
        "uvicorn.error": {"level": "ERROR", "propagate": True, "handlers": []},
        "uvicorn.access": {"level": "CRITICAL", "propagate": False, "handlers": []},
    }
    filters = {"news": {"()": lambda: is_news}}
    configure_logging({**ours, "filters": filters, "loggers": {**ours["loggers"], **others}})
