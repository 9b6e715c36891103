# ruff: noqa: D102 - methods do what those do that they stand in for
import threading

import pytest

from components.rollout.kubernetes_api import ClashError
from components.rollout.lease import DURATION_SECONDS, Clock, held
from secom_core.errors import LostLeaseError, RolloutError

NAME = "secom-rollout"
AWAY = "the API server is away"


def name_of(lease):
    """What an error of the API server names."""
    return lease["metadata"]["name"]


class Shelf:
    """Keeps Leases as the API server does: who writes must have read the last version."""

    def __init__(self):
        self.kept = None
        self.is_away = False
        self._lock = threading.Lock()

    def lease(self, name):
        assert name == NAME
        if self.is_away:
            raise RolloutError(AWAY)
        return self.kept

    def write_lease(self, lease):
        with self._lock:
            if self.is_away:
                raise RolloutError(AWAY)
            found = self.kept["metadata"]["resourceVersion"] if self.kept else None
            if lease["metadata"].get("resourceVersion") != found:
                raise ClashError(name_of(lease))
            version = str(int(found or 0) + 1)
            self.kept = {**lease, "metadata": {**lease["metadata"], "resourceVersion": version}}
            return self.kept

    @property
    def holder(self):
        return self.kept["spec"]["holderIdentity"]


class Hand:
    """A clock that is moved by hand; while somebody sleeps, `meanwhile` happens."""

    def __init__(self, meanwhile=lambda: None):
        self.now, self.meanwhile = 0.0, meanwhile
        self.clock = Clock(seconds=lambda: self.now, sleep=self.sleep)

    def sleep(self, seconds):
        self.now += seconds
        self.meanwhile()


@pytest.fixture
def shelf():
    """No Lease yet."""
    return Shelf()


@pytest.fixture
def hand():
    """A clock."""
    return Hand()


def taken(shelf, holder, hand):
    """Take the Lease as one who is killed then, and so never releases it."""
    context = held(shelf, NAME, holder=holder, clock=hand.clock)
    lease = context.__enter__()
    kept = shelf.kept
    context.__exit__(None, None, None)
    shelf.kept = kept
    return lease


def test_lease_is_made_held_and_given_back(shelf, hand):
    """The next one needs not wait."""
    with held(shelf, NAME, holder="first", clock=hand.clock) as lease:
        lease.require()
        assert shelf.holder == "first"
    assert shelf.holder == ""

    with held(shelf, NAME, holder="second", clock=hand.clock):
        assert shelf.holder == "second"
        assert shelf.kept["spec"]["leaseTransitions"] == 1
    assert hand.now == 0


def test_lease_of_a_dead_holder_is_taken_when_it_has_run_out(shelf, hand):
    """A roll-out that was killed keeps the next one waiting, not for ever."""
    taken(shelf, "killed", hand)
    began = hand.now

    with held(shelf, NAME, holder="next", clock=hand.clock):
        assert shelf.holder == "next"

    assert DURATION_SECONDS <= hand.now - began <= DURATION_SECONDS + 2


def test_lease_of_a_living_holder_is_refused(shelf):
    """Whoever renews is at work; the other one names it and ends."""
    hand = Hand()
    other = taken(shelf, "at-work", hand)
    hand.meanwhile = other.renew

    with (
        pytest.raises(RolloutError, match="at-work holds the Lease secom-rollout"),
        held(shelf, NAME, holder="second", clock=hand.clock),
    ):
        pytest.fail("two hold it")

    assert shelf.holder == "at-work"


def test_of_two_that_wait_one_gets_it(shelf):
    """Both saw the same dead holder; the one that writes second sees a living one."""
    hand = Hand()
    taken(shelf, "killed", hand)

    def other_was_first():
        if hand.now >= DURATION_SECONDS and shelf.holder == "killed":
            hand.meanwhile = lambda: None
            shelf.kept = {
                "metadata": {**shelf.kept["metadata"], "resourceVersion": "99"},
                "spec": {**shelf.kept["spec"], "holderIdentity": "faster"},
            }

    hand.meanwhile = other_was_first
    with (
        pytest.raises(RolloutError, match="faster holds"),
        held(shelf, NAME, holder="slower", clock=hand.clock),
    ):
        pytest.fail("two hold it")


def test_renewed_lease_goes_on(shelf, hand):
    """As long as it is renewed, nothing is lost."""
    lease = taken(shelf, "me", hand)
    for _ in range(10):
        hand.now += DURATION_SECONDS / 3
        lease.renew()
        lease.require()


def test_lease_that_could_not_be_renewed_is_lost_before_others_may_take_it(shelf, hand):
    """The API server was away for too long."""
    lease = taken(shelf, "me", hand)
    shelf.is_away = True
    hand.now += DURATION_SECONDS / 3
    lease.renew()
    lease.require()
    hand.now += DURATION_SECONDS / 2
    lease.renew()

    with pytest.raises(LostLeaseError, match="secom-rollout is lost"):
        lease.require()

    assert hand.now < DURATION_SECONDS


def test_lease_that_another_has_taken_is_lost_at_once(shelf, hand):
    """And its former holder does not write over it any more."""
    lease = taken(shelf, "me", hand)
    hand.now += DURATION_SECONDS
    taken_over = {**shelf.kept["spec"], "holderIdentity": "other"}
    shelf.kept = {
        "metadata": {**shelf.kept["metadata"], "resourceVersion": "9"},
        "spec": taken_over,
    }
    lease.renew()

    with pytest.raises(LostLeaseError):
        lease.require()
    lease.release()
    assert shelf.holder == "other"


def test_renewal_whose_answer_was_lost_is_not_taken_for_anothers(shelf, hand):
    """It was written, and is our own."""
    lease = taken(shelf, "me", hand)
    shelf.kept = {
        **shelf.kept,
        "metadata": {**shelf.kept["metadata"], "resourceVersion": "9"},
    }
    lease.renew()
    lease.require()
    lease.renew()

    assert shelf.kept["metadata"]["resourceVersion"] == "10"


def test_held_lease_is_renewed_by_itself(shelf):
    """A thread does it while the roll-out waits for pods."""
    written = threading.Event()
    write = shelf.write_lease

    def watched(lease):
        done = write(lease)
        if int(done["metadata"]["resourceVersion"]) > 1:
            written.set()
        return done

    shelf.write_lease = watched
    with held(shelf, NAME, holder="me", clock=Hand().clock):
        assert written.wait(DURATION_SECONDS)
