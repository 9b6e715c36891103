"""Clients that ask again until they are answered, and remember what was acknowledged."""

from __future__ import annotations

import itertools
import json
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import numpy as np

from tests.e2e.asks import Ask, NobodyThereError, Question, TurnedAwayError, post, require_good
from tests.serving.monitor.running import LAB

_AGAIN_SECONDS = 0.1
_FAIL_EVERY = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A unit whose risk was answered."""

    unit_id: str
    request_id: str
    row: int
    risk: float


class Patient(threading.Thread, ABC):
    """Does one thing after the other, each again until it is acknowledged.

    Parameters
    ----------
    name : str
    stopping : Event
        After what is being done it does no more.
    pace_seconds : float
        From one thing to the next.
    """

    def __init__(self, name: str, stopping: threading.Event, *, pace_seconds: float) -> None:
        super().__init__(name=name, daemon=True)
        self._stopping, self._pace_seconds = stopping, pace_seconds
        self.n_alone = self.n_turned_away = 0
        self.longest_seconds = 0.0
        self.fault: Exception | None = None

    def run(self) -> None:
        """Go on until told to stop, or until there is an answer that must not be."""
        try:
            for number in itertools.count():
                self._insist(number)
                if self._stopping.wait(self._pace_seconds):
                    return
        except Exception as exc:  # noqa: BLE001 - the test's own thread raises it
            self.fault = exc

    def _insist(self, number: int) -> None:
        began = time.monotonic()
        for attempt in itertools.count():
            try:
                self.do(number, attempt)
            except NobodyThereError:
                self.n_alone += 1
            except TurnedAwayError:
                self.n_turned_away += 1
            else:
                self.longest_seconds = max(self.longest_seconds, time.monotonic() - began)
                return
            time.sleep(_AGAIN_SECONDS)

    @abstractmethod
    def do(self, number: int, attempt: int) -> None:
        """Do one thing, and remember it once it is acknowledged."""


class Scorer(Patient):
    """Has units scored, so many at once; a repeat names the same units, and is a new request."""

    def __init__(
        self,
        name: str,
        stopping: threading.Event,
        *,
        pace_seconds: float,
        ask: Ask,
        readings: np.ndarray,
        n_units: int,
    ) -> None:
        super().__init__(name, stopping, pace_seconds=pace_seconds)
        self._ask, self._readings, self._n_units = ask, readings, n_units
        self.scored: list[Scored] = []
        self.n_asked = 0

    def do(self, number: int, attempt: int) -> None:
        """Ask for the risks of the next units."""
        rows = [n % len(self._readings) for n in range(number, number + self._n_units)]
        question = Question(
            request_id=f"{self.name}-{number}-{attempt}",
            unit_ids=[f"{self.name}-{number}-of-{n}" for n in range(self._n_units)],
            readings=self._readings[rows],
        )
        self.n_asked += self._n_units
        risks = self._ask(question)
        self.scored += [
            Scored(unit_id=unit_id, request_id=question.request_id, row=row, risk=risk)
            for unit_id, row, risk in zip(question.unit_ids, rows, risks, strict=True)
        ]


class Lab(Patient):
    """Posts outcomes of units that others have scored, some at once."""

    def __init__(
        self,
        name: str,
        stopping: threading.Event,
        *,
        pace_seconds: float,
        client: httpx.Client,
        address: str,
        scorers: Sequence[Scorer],
        most: int,
    ) -> None:
        super().__init__(name, stopping, pace_seconds=pace_seconds)
        self._client = client
        self._url, self._scorers, self._most = f"{address}/v1/outcomes", scorers, most
        self._n_taken = [0] * len(scorers)
        self._delivery: deque[str] = deque()
        self.results: dict[str, str] = {}

    def do(self, number: int, attempt: int) -> None:  # noqa: ARG002 - a delivery has no name
        """Post outcomes; a repeat posts the same ones."""
        if not attempt:
            self._delivery = deque(self._found())
        if not self._delivery:
            return
        content = "\n".join(self._delivery)
        headers = {
            "content-type": "application/x-ndjson",
            "authorization": f"Bearer {LAB}",
        }
        require_good(post(self._client, self._url, content=content, headers=headers), {200, 202})
        for line in map(json.loads, self._delivery):
            self.results[line["unit_id"]] = line["result"]

    def _found(self) -> list[str]:
        found_at, lines = datetime.now(UTC).isoformat(), []
        for place, scorer in enumerate(self._scorers):
            new = scorer.scored[self._n_taken[place] :][: self._most]
            self._n_taken[place] += len(new)
            for unit in new:
                result = "fail" if unit.row % _FAIL_EVERY == 0 else "pass"
                fields = {"unit_id": unit.unit_id, "result": result, "found_at": found_at}
                lines.append(json.dumps(fields))
        return lines
