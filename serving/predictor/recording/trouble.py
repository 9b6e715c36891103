"""Telling of a trouble that lasts: at once, then now and then, and once when it is over."""

from __future__ import annotations

import logging
from collections.abc import Callable

_SILENCE_SECONDS = 60.0


class Trouble:
    """One kind of trouble.

    Parameters
    ----------
    logger : Logger
        Told of it.
    monotonic : callable
        Gives seconds.
    """

    def __init__(self, logger: logging.Logger, monotonic: Callable[[], float]) -> None:
        self._logger, self._monotonic = logger, monotonic
        self._silence_ends = float("-inf")
        self.is_known = False
        """Whether somebody was told of it, and not yet that it is over."""

    def lasts(self, message: str, **fields: object) -> None:
        """Say that there is trouble, unless that was said a moment ago."""
        now = self._monotonic()
        if now >= self._silence_ends:
            self._silence_ends = now + _SILENCE_SECONDS
            self.is_known = True
            self._logger.error(message, extra={"fields": fields})

    def is_over(self, message: str, **fields: object) -> None:
        """Say that there is none any more, if anybody was told that there was."""
        if self.is_known:
            self.is_known = False
            self._logger.warning(message, extra={"fields": fields})
