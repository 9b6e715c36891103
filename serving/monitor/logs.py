"""Logs as one JSON object a line on stderr, ours and uvicorn's alike."""

from __future__ import annotations

import logging.config

from serving import json_lines


def configure(level: str) -> None:
    """Log so.

    Parameters
    ----------
    level : {"debug", "info", "warning", "error"}
    """
    ours = json_lines.configuration(level)
    others = {
        # Below errors it tells of clients that speak no HTTP, and of each request.
        "uvicorn.error": {"level": "ERROR", "propagate": True, "handlers": []},
        "uvicorn.access": {"level": "CRITICAL", "propagate": False, "handlers": []},
    }
    logging.config.dictConfig({**ours, "loggers": {**ours["loggers"], **others}})
