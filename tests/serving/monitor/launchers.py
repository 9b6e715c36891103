"""A launcher without a cluster."""

from __future__ import annotations

import itertools

from secom_core.errors import RunError


class Shelf:
    """Starts nothing, and remembers it.

    Attributes
    ----------
    runs : list of tuple
        Pipeline, arguments, name.
    is_away : bool
        Whether every call fails.
    loses_answer : bool
        Whether the next start is carried out and fails all the same.
    """

    def __init__(self):
        self.runs = []
        self.is_away = self.loses_answer = False
        self._states, self._ids = {}, {}
        self._numbers = itertools.count(1)

    def start(self, pipeline, arguments, *, name):
        """Remember a run."""
        self._require_there()
        self.runs.append((pipeline, dict(arguments), name))
        run_id = self._ids[name] = f"run-{next(self._numbers)}"
        self._states[run_id] = "running"
        if self.loses_answer:
            self.loses_answer = False
            raise RunError
        return run_id

    def find(self, name):
        """Look a run up."""
        self._require_there()
        return self._ids.get(name)

    def state(self, run_id):
        """Say how it goes."""
        self._require_there()
        return self._states[run_id]

    def end(self, run_id, state="succeeded"):
        """Let a run end."""
        self._states[run_id] = state

    def _require_there(self):
        if self.is_away:
            raise RunError
