"""Whether a training may start now: never two at once, one a cool-down, never twice on one data."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta

from secom_core.errors import ConflictError
from secom_core.store import Store
from serving.monitor.asks import Answer, Ask, Policy, TrainingData
from serving.monitor.following import Following
from serving.monitor.launching import BATCH, TRAINING, Arguments, Launcher
from serving.monitor.runs import Intent, Run, newest_training


class Asking:
    """Starts pipelines, and follows them; from any thread, one at a time.

    Parameters
    ----------
    store : Store
    launcher : Launcher
    data : callable
        Makes a training's data of all that is known now.
    n_fails : callable
        Says how many fails are known so far of units that were scored.
    policy : Policy
    require_lead : callable
        Raises `StandbyError` if another monitor may be acting.
    new_id : callable
        Gives a word that it never gave before.
    """

    def __init__(
        self,
        store: Store,
        launcher: Launcher,
        *,
        data: Callable[[], TrainingData],
        n_fails: Callable[[], int],
        policy: Policy,
        require_lead: Callable[[], None],
        new_id: Callable[[], str],
    ) -> None:
        self._following = Following(store, launcher, require_lead=require_lead)
        self._data, self._n_fails, self._policy = data, n_fails, policy
        self._n_fails_in_vain = 0
        self._require_lead, self._new_id = require_lead, new_id
        self._runs = self._following.runs
        self._lock = threading.Lock()

    @property
    def known(self) -> tuple[Run, ...] | None:
        """All runs as they were last seen, oldest first; None before the first look."""
        return self._runs.known if self._runs.is_read else None

    def train(self, ask: Ask, *, now: datetime) -> Answer:
        """Start a training, unless it must not start now.

        Raises
        ------
        RunError
            If Kubeflow is away, and the request is not one to keep.
        StoreError
            If the store is away.
        SecomError
            If there can be no data to train on; says why.
        """
        with self._lock:
            return self._decided(lambda: self._train(ask, now))

    def train_on_outcomes(self, *, now: datetime) -> Answer | None:
        """Start a training if enough fails came since the last one; None where nothing is due.

        Raises as `train` does.
        """
        with self._lock:
            last = newest_training(self._runs.refresh())
            n_fails = self._n_fails()
            n_before = max(last.intent.n_fails if last else 0, self._n_fails_in_vain)
            if n_fails - n_before < self._policy.new_fails or self._hindrance(now):
                return None
            ask = Ask(source="outcomes", reason=f"{n_fails - n_before} fails since the last one")
            answer = self._decided(lambda: self._train(ask, now))
            if answer.word == "nothing_new":  # none of them can be trained on
                self._n_fails_in_vain = n_fails
            return answer

    def predict(self, ask: Ask, *, now: datetime) -> Answer:
        """Start a batch, unless one with the same output is going; raises as `train` does."""
        with self._lock:
            return self._decided(lambda: self._predict(ask, now))

    def settle(self, *, now: datetime) -> None:
        """Look how runs go, and start or give up those whose start was not witnessed.

        A launcher that is away leaves them as they are.

        Raises
        ------
        StoreError
            If the store is away.
        """
        with self._lock:
            self._runs.refresh()
            self._following.settle(now)

    def _decided(self, decide: Callable[[], Answer]) -> Answer:
        while True:
            try:
                return decide()
            except ConflictError:  # another monitor has written: what was decided may be wrong now
                self._require_lead()

    def _train(self, ask: Ask, now: datetime) -> Answer:
        runs = self._runs.refresh()
        if known := _asked_before(runs, ask.keys):
            return Answer(word="duplicate", run=known)
        self._following.settle(now)
        if hindrance := self._hindrance(now):
            return hindrance
        name, n_fails = self._name(TRAINING), self._n_fails()
        if not ask.is_kept:
            self._following.require_launcher(name)  # is it there? Nothing has been written yet
        data = self._data()
        if seen := _trained_on(self._runs.known, data.digest, ask):
            return Answer(word="nothing_new", run=seen)
        arguments = {**self._policy.arguments, **ask.parameters, "source": data.address}
        intent = _intent(ask, TRAINING, arguments, name=name)
        return self._following.launch(
            replace(intent, data_digest=data.digest, n_fails=n_fails), now
        )

    def _predict(self, ask: Ask, now: datetime) -> Answer:
        runs = self._runs.refresh()
        if known := _asked_before(runs, ask.keys):
            return Answer(word="duplicate", run=known)
        self._following.settle(now)
        for run in self._runs.known:
            if run.is_going and run.intent.arguments.get("output") == ask.parameters["output"]:
                return Answer(word="running", run=run)
        name = self._name(BATCH)
        self._following.require_launcher(name)
        return self._following.launch(_intent(ask, BATCH, ask.parameters, name=name), now)

    def _hindrance(self, now: datetime) -> Answer | None:
        last = newest_training(self._runs.known)
        if last is None:
            return None
        if last.is_going:
            return Answer(word="running", run=last)
        left = self._policy.cooldown - (now - last.asked_at)
        if left > timedelta(0):
            return Answer(word="cooling_down", run=last, wait_seconds=left.total_seconds())
        return None

    def _name(self, pipeline: str) -> str:
        return f"{pipeline.replace('_', '-')}-{self._new_id()}"


def _intent(ask: Ask, pipeline: str, arguments: Arguments, *, name: str) -> Intent:
    return Intent(
        name=name,
        pipeline=pipeline,
        arguments=dict(arguments),
        keys=ask.keys,
        source=ask.source,
        reason=ask.reason,
        token=ask.token,
        address=ask.address,
        is_kept=ask.is_kept,
    )


def _asked_before(runs: Collection[Run], keys: Collection[str]) -> Run | None:
    """Return the run by which all these keys were answered, if they were."""
    answered = {key: run for run in runs if run.ending != "abandoned" for key in run.intent.keys}
    if not keys or not answered.keys() >= set(keys):
        return None
    return answered[next(iter(keys))]


def _trained_on(runs: Collection[Run], digest: str, ask: Ask) -> Run | None:
    """Return the training on these data, if there was one.

    One that failed has no verdict. Whoever has mended the cause may ask for it again; the monitor
    by itself would only fail again.
    """
    for run in runs:
        may_be_repeated = run.ending == "failed" and ask.source == "request"
        if run.is_training and run.intent.data_digest == digest and not may_be_repeated:
            return run
    return None
