from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Thread

import pytest

from secom_core.errors import RunError, StandbyError, StoreError
from serving.monitor.asking import Asking
from serving.monitor.asks import Ask, Policy, TrainingData
from serving.monitor.following import STARTING
from serving.monitor.launching import TRAINING
from tests.serving.monitor.launchers import Shelf

DAY = timedelta(hours=24)


class Lab:
    """Makes new data whenever a test says so."""

    def __init__(self):
        self.n = 1
        self.n_fails = 0

    def __call__(self):
        """Make the data of what is known now."""
        return TrainingData(address=f"s3://secom/data/snapshots/{self.n}", digest=f"{self.n:064}")


@pytest.fixture
def lab():
    """What trainings are made on."""
    return Lab()


@pytest.fixture
def shelf():
    """What starts them."""
    return Shelf()


@pytest.fixture
def opened(store, shelf, lab):
    """Return what a process that has just started asks by."""
    ids = count(1)

    def open_(launcher=shelf, require_lead=lambda: None):
        return Asking(
            store,
            launcher,
            data=lab,
            n_fails=lambda: lab.n_fails,
            policy=Policy(cooldown=DAY, new_fails=10, arguments={"seed": 0}),
            require_lead=require_lead,
            new_id=lambda: str(next(ids)),
        )

    return open_


@pytest.fixture
def asking(opened):
    """A monitor's only one."""
    return opened()


def now():
    """The store's time: it runs on this machine."""
    return datetime.now(UTC)


def alert(key="group start", **fields):
    """A firing alert."""
    return Ask(source="alert", reason="RiskDrift", keys=(f"alert {key}",), **fields)


def request(**fields):
    """Somebody's wish."""
    return Ask(source="request", reason="to see", **fields)


def test_a_training_starts_on_a_snapshot_of_what_is_known(asking, shelf):
    """The pipeline gets the data's address, what the policy says, and what was wished for."""
    found = asking.train(request(parameters={"search": "quick"}), now=now())

    assert found.word == "started"
    (pipeline, arguments, name) = shelf.runs[0]
    assert pipeline == TRAINING
    assert arguments == {"seed": 0, "search": "quick", "source": "s3://secom/data/snapshots/1"}
    assert (found.run.run_id, found.run.intent.name) == ("run-1", name)


def test_never_two_at_once(asking, shelf, lab):
    """Not on newer data either, however long ago it began."""
    asking.train(alert(), now=now())
    lab.n = 2

    found = asking.train(alert("other"), now=now() + 9 * DAY)

    assert (found.word, found.run.run_id) == ("running", "run-1")
    assert len(shelf.runs) == 1


@pytest.mark.parametrize("state", ["succeeded", "failed"])
def test_one_a_cool_down(asking, shelf, lab, state):
    """Whatever became of the last one; the answer says for how long."""
    asking.train(alert(), now=now())
    shelf.end("run-1", state)
    lab.n = 2

    early = asking.train(alert("other"), now=now() + DAY / 2)
    late = asking.train(alert("other"), now=now() + DAY)

    assert early.word == "cooling_down"
    assert early.wait_seconds == pytest.approx(DAY.total_seconds() / 2, abs=30)
    assert late.word == "started"


def test_a_clock_that_was_set_back_starts_nothing(asking, shelf, lab):
    """A negative age is no age at all."""
    asking.train(alert(), now=now())
    shelf.end("run-1")
    lab.n = 2

    assert asking.train(alert("other"), now=now() - 99 * DAY).word == "cooling_down"


def test_never_twice_on_the_same_data(asking, shelf):
    """The gate has spoken on them, and would say the same."""
    asking.train(alert(), now=now())
    shelf.end("run-1")

    found = asking.train(alert("other"), now=now() + DAY)

    assert found.word == "nothing_new"
    assert len(shelf.runs) == 1


def test_what_failed_may_be_repeated_by_who_has_mended_it(asking, shelf):
    """The monitor by itself would only fail again."""
    asking.train(alert(), now=now())
    shelf.end("run-1", "failed")

    assert asking.train(alert("other"), now=now() + DAY).word == "nothing_new"
    assert asking.train(request(), now=now() + DAY).word == "started"


def test_the_same_request_again_is_told_of_its_run(asking, shelf):
    """Alertmanager repeats an alert as long as it fires; that is no new reason."""
    first = asking.train(alert(), now=now())
    again = asking.train(alert(), now=now())
    shelf.end("run-1")
    much_later = asking.train(alert(), now=now() + 9 * DAY)

    assert (again.word, much_later.word) == ("duplicate", "duplicate")
    assert again.run.run_id == much_later.run.run_id == first.run.run_id


def test_a_group_with_one_new_alert_is_new(asking, shelf, lab):
    """Alerts of a group begin at different times, and are delivered together."""
    asking.train(alert(), now=now())
    shelf.end("run-1")
    lab.n = 2
    both = Ask(source="alert", reason="two", keys=("alert group start", "alert group later"))

    assert asking.train(both, now=now() + DAY).word == "started"


def test_what_was_refused_is_no_duplicate(asking, shelf, lab):
    """Only a run that was started, or will be, answers a request for good."""
    asking.train(alert(), now=now())
    lab.n = 2
    asking.train(alert("other"), now=now())
    shelf.end("run-1")

    assert asking.train(alert("other"), now=now() + DAY).word == "started"


def test_a_request_is_not_kept_for_kubeflow(asking, shelf):
    """Whoever asks is told, and nothing starts behind his back."""
    shelf.is_away = True

    with pytest.raises(RunError):
        asking.train(request(), now=now())

    shelf.is_away = False
    asking.settle(now=now())
    assert shelf.runs == []
    assert asking.known == ()


def test_nothing_is_told_of_runs_before_they_were_read(opened):
    """None are not no ones: a count that begins at 0 seems to rise when they are read."""
    asking = opened()

    assert asking.known is None
    asking.settle(now=now())
    assert asking.known == ()


def test_a_damaged_entry_stops_everything_and_is_named(asking, shelf, store):
    """Nobody knows then what was started."""
    store.put("monitor/runs/000000001.json", b"{}")

    with pytest.raises(StoreError, match="entry 1 in monitor/runs/"):
        asking.train(alert(), now=now())
    assert shelf.runs == []


def test_an_alert_waits_for_kubeflow(asking, opened, shelf):
    """It is on the store: another process starts it, once, as soon as that can be done."""
    shelf.is_away = True

    assert asking.train(alert(), now=now()).word == "queued"
    assert asking.train(alert(), now=now()).word == "duplicate"
    assert asking.train(alert("other"), now=now()).word == "running"

    restarted = opened()
    restarted.settle(now=now())
    assert restarted.known[0].status == "queued"
    shelf.is_away = False
    restarted.settle(now=now() + STARTING)
    restarted.settle(now=now() + STARTING)

    assert restarted.known[0].status == "running"
    assert len(shelf.runs) == 1


def test_what_lasts_is_logged_once(asking, shelf, caplog):
    """A monitor to which nobody has given Kubeflow does not say so again each round."""
    shelf.is_away = True
    asking.train(alert(), now=now())

    for _ in range(3):
        asking.settle(now=now())

    assert [line.message for line in caplog.records] == ["cannot follow run"]


@pytest.mark.parametrize("ask", [alert(), request()])
def test_a_start_whose_answer_was_lost_is_found(asking, opened, shelf, ask):
    """As after a kill -9 between writing down the intent and reading Kubeflow's answer."""
    shelf.loses_answer = True
    try:
        word = asking.train(ask, now=now()).word
    except RunError:
        word = "told that it is away"
    assert word == ("queued" if ask.source == "alert" else "told that it is away")

    restarted = opened()
    restarted.settle(now=now())

    (run,) = restarted.known
    assert (run.run_id, run.status) == ("run-1", "running")
    assert len(shelf.runs) == 1


def test_an_intent_without_a_start_is_given_up_or_made_up_for(opened, shelf):
    """Killed before Kubeflow was called: a request was never answered, an alert must be."""

    class Killed(BaseException):
        """The process ends here."""

    class Dying(Shelf):
        def start(self, *_args, **_kwargs):
            raise Killed

    for ask in (request(), alert()):
        with pytest.raises(Killed):
            opened(Dying()).train(ask, now=now())
        restarted = opened()
        restarted.settle(now=now())
        assert restarted.known[-1].is_going  # whoever wrote it may be at it at this moment
        restarted.settle(now=now() + STARTING)

    assert [run.status for run in restarted.known] == ["abandoned", "running"]
    assert len(shelf.runs) == 1


def test_an_abandoned_intent_counts_for_nothing(opened, shelf):
    """Neither for the cool-down nor as training on those data."""

    class Refusing(Shelf):
        def start(self, *_args, **_kwargs):
            raise RunError

    with pytest.raises(RunError):
        opened(Refusing()).train(request(), now=now())

    found = opened().train(request(), now=now() + STARTING)

    assert found.word == "started"
    assert len(shelf.runs) == 1


def test_enough_new_fails_start_a_training(asking, shelf, lab):
    """Counted from those that were known when the last training began."""
    lab.n_fails = 9
    assert asking.train_on_outcomes(now=now()) is None
    lab.n_fails = 10
    assert asking.train_on_outcomes(now=now()).word == "started"
    shelf.end("run-1")
    asking.settle(now=now())

    lab.n, lab.n_fails = 2, 19
    assert asking.train_on_outcomes(now=now() + DAY) is None
    lab.n_fails = 20
    assert asking.train_on_outcomes(now=now() + DAY / 2) is None
    assert asking.train_on_outcomes(now=now() + DAY).word == "started"


def test_fails_that_cannot_be_trained_on_are_looked_at_once(asking, shelf, lab):
    """Not in each round: a snapshot takes a while."""
    asking.train(alert(), now=now())
    shelf.end("run-1")
    asking.settle(now=now())
    lab.n_fails = 10

    assert asking.train_on_outcomes(now=now() + DAY).word == "nothing_new"
    assert asking.train_on_outcomes(now=now() + DAY) is None


def test_two_monitors_by_mistake_start_one(opened, shelf):
    """The journal lets one intent come first; the other decides anew."""
    askings = [opened() for _ in range(4)]
    words = []

    def ask(asking, n):
        words.append(asking.train(alert(f"group {n}"), now=now()).word)

    threads = [Thread(target=ask, args=(each, n)) for n, each in enumerate(askings)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(words) == ["running", "running", "running", "started"]
    assert len(shelf.runs) == 1


def test_who_lost_the_lease_meanwhile_starts_nothing(opened, shelf):
    """Making a snapshot takes a while."""

    def lost():
        raise StandbyError

    with pytest.raises(StandbyError):
        opened(require_lead=lost).train(alert(), now=now())

    assert shelf.runs == []


def batch(output="s3://secom/out/1", **fields):
    """A batch."""
    parameters = {"source": "s3://secom/in", "output": output, "bundle": ""}
    return Ask(source="request", reason="batch", parameters=parameters, **fields)


def test_batches_start_beside_trainings_and_each_other(asking, shelf):
    """But never two into the same place at once."""
    asking.train(alert(), now=now())

    words = [asking.predict(batch(f"s3://secom/out/{n}"), now=now()).word for n in (1, 2, 1)]
    shelf.end("run-2")

    assert words == ["started", "started", "running"]
    assert asking.predict(batch(), now=now()).word == "started"


def test_a_batch_again_with_its_key_is_told_of_its_run(asking, shelf):
    """A client that lost the answer asks again."""
    first = asking.predict(batch(keys=("batch k",)), now=now())
    shelf.end("run-1")
    again = asking.predict(batch(keys=("batch k",)), now=now())

    assert (again.word, again.run.run_id) == ("duplicate", first.run.run_id)


def test_a_batch_without_kubeflow_is_refused(asking, shelf):
    """And not kept."""
    shelf.is_away = True

    with pytest.raises(RunError):
        asking.predict(batch(), now=now())
    assert asking.known == ()
