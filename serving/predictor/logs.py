"""Logs as one JSON object a line on stderr, ours and kserve's and uvicorn's alike."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import orjson

from serving.predictor.framework import ModelNotFound, ModelNotReady, ServerNotReady


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON; `extra={"fields": {...}}` adds fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def is_news(record: logging.LogRecord) -> bool:
    """Tell whether an operator needs to know: kserve logs its clients' mistakes as errors."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, (ModelNotFound, ModelNotReady, ServerNotReady))


def configuration(level: str) -> dict[str, object]:
    """Return the settings for `logging.config.dictConfig`.

    kserve's and uvicorn's own lines on each request are left out: they would cost a third of the
    throughput and say nothing that ours do not.
    """
    quiet = {"level": "WARNING", "propagate": True, "handlers": []}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonFormatter}},
        "filters": {"news": {"()": lambda: is_news}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stderr",
                "formatter": "json",
            }
        },
        "root": {"level": "WARNING", "handlers": ["stderr"]},
        "loggers": {
            "serving": {"level": level.upper()},
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
        },
    }
