"""Starting pipelines so that no start is lost or done twice, and following them to their end."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from secom_core.errors import RunError
from secom_core.store import Store
from serving.monitor.asks import Answer
from serving.monitor.endings import ending_of
from serving.monitor.launching import Launcher
from serving.monitor.runs import Ending, Intent, Run, Runs

STARTING = timedelta(minutes=1)
"""How long a start may take: an intent that another process wrote is its own for that long."""

_logger = logging.getLogger(__name__)


class Following:
    """Starts what was decided, and notes how it goes; one thread at a time.

    Parameters
    ----------
    store : Store
    launcher : Launcher
    require_lead : callable
        Raises `StandbyError` if another monitor may be acting.

    Attributes
    ----------
    runs : Runs
    """

    def __init__(
        self, store: Store, launcher: Launcher, *, require_lead: Callable[[], None]
    ) -> None:
        self._store, self._launcher, self._require_lead = store, launcher, require_lead
        self.runs = Runs(store)
        self._intended: set[str] = set()
        self._told: dict[str, str] = {}

    def require_launcher(self, name: str) -> None:
        """Raise `RunError` if Kubeflow is away: before anything is written down."""
        self._launcher.find(name)

    def launch(self, intent: Intent, now: datetime) -> Answer:
        """Write down what is to be started, then start it.

        Raises
        ------
        ConflictError
            If another monitor has written anything meanwhile: nothing is started then.
        RunError
            If Kubeflow is away, and the intent is not one to keep.
        StoreError
            If the store is away.
        """
        self._require_lead()
        self._intended.add(intent.name)
        run = self.runs.intend(intent)
        try:
            return Answer(word="started", run=self._start(run))
        except RunError:
            if intent.is_kept:
                return Answer(word="queued", run=run)
            self.settle(now)
            raise

    def _start(self, run: Run) -> Run:
        intent = run.intent
        run_id = self._launcher.start(intent.pipeline, intent.arguments, name=intent.name)
        fields = {"run": intent.name, "run_id": run_id, "reason": intent.reason}
        _logger.info("run started", extra={"fields": fields})
        return self.runs.started(run, run_id)

    def settle(self, now: datetime) -> None:
        """Look how runs go, and start or give up those whose start was not witnessed.

        A launcher that is away leaves them as they are.

        Raises
        ------
        StoreError
            If the store is away.
        """
        for run in self.runs.known:
            if not run.is_going:
                continue
            try:
                self._settle_one(run, now)
            except RunError as fault:
                self._tell(run.intent.name, str(fault))

    def _tell(self, name: str, reason: str) -> None:
        """Log why a run cannot be followed; what lasts is told once."""
        if self._told.get(name) != reason:
            self._told[name] = reason
            _logger.warning("cannot follow run", extra={"fields": {"run": name, "reason": reason}})

    def _settle_one(self, run: Run, now: datetime) -> None:
        if run.run_id:
            state = self._launcher.state(run.run_id)
            if state != "running":
                self._end(run, *ending_of(self._store, run.run_id, state))
        elif run_id := self._launcher.find(run.intent.name):
            self.runs.started(run, run_id)
        elif run.intent.name not in self._intended and now - run.asked_at < STARTING:
            return  # whoever wrote it may be starting it at this moment
        elif run.intent.is_kept:
            self._require_lead()
            self._start(run)
        else:
            self._end(run, "abandoned", "Kubeflow was away when it was to be started")

    def _end(self, run: Run, ending: Ending, why: str) -> None:
        self.runs.ended(run, ending, why)
        fields = {"run": run.intent.name, "run_id": run.run_id, "ending": ending, "why": why}
        _logger.info("run ended", extra={"fields": fields})
