import json

import pytest

from secom_core.errors import StoreError
from secom_core.store import Store
from serving.monitor.lease import KEY, RENEWAL_SECONDS, VALID_SECONDS, Lease
from tests.serving.monitor.clocks import Clock


class Cord:
    """A way to a store that can be pulled out."""

    def __init__(self, environ):
        self._environ = environ
        self._store = Store.from_environment(environ)

    def pull(self):
        """Lead to where nobody listens."""
        nowhere = {**self._environ, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
        self._store = Store.from_environment(nowhere)

    def __getattr__(self, name):
        return getattr(self._store, name)


@pytest.fixture
def clock():
    """Of two monitors that are looked at from outside."""
    return Clock()


@pytest.fixture
def first(store, clock):
    """A monitor that holds the lease."""
    lease = Lease(store, holder="first:8090", clock=clock)
    lease.renew()
    return lease


@pytest.fixture
def second(store, clock):
    """Another monitor on the same store."""
    return Lease(store, holder="second:8090", clock=clock)


def test_the_first_to_come_holds_it(first, second):
    """A second one by mistake only looks."""
    second.renew()

    assert first.is_held
    assert not second.is_held


def test_a_holder_that_renews_keeps_others_out_for_ever(first, second, clock):
    """Each renewal looks another to whoever waits."""
    for _ in range(20):
        first.renew()
        second.renew()
        clock.seconds += RENEWAL_SECONDS

        assert first.is_held
        assert not second.is_held


def test_a_silent_holder_is_followed_and_knows(first, second, clock):
    """It gives up before the other one may begin, so that two never act."""
    second.renew()
    was_alone = []
    while not second.is_held:
        clock.seconds += 0.5
        second.renew()
        was_alone.append(first.is_held)

    assert not was_alone[-1]
    assert clock.seconds == VALID_SECONDS

    first.renew()

    assert not first.is_held


@pytest.mark.usefixtures("first")
def test_a_restart_in_the_same_place_need_not_wait(store, clock):
    """Whoever has its port knows that the process before it is dead."""
    again = Lease(store, holder="first:8090", clock=clock)

    again.renew()

    assert again.is_held


def test_release_lets_others_in_at_once(first, second):
    """An end in order costs no quarter of a minute."""
    first.release()

    second.renew()

    assert not first.is_held
    assert second.is_held


def test_of_two_that_are_equally_fast_one_wins(first, store, clock):
    """The store decides, by a conditional write."""
    first.release()
    leases = [Lease(store, holder=f"{n}:1", clock=clock) for n in range(3)]

    for lease in leases:
        lease.renew()

    assert [lease.is_held for lease in leases] == [True, False, False]


def test_a_store_that_is_away_ends_it_in_time(store_environ, clock):
    """Whoever cannot renew must not act."""
    cord = Cord(store_environ)
    lease = Lease(cord, holder="first:8090", clock=clock)
    lease.renew()
    cord.pull()

    with pytest.raises(StoreError):
        lease.renew()
    assert lease.is_held
    clock.seconds += VALID_SECONDS
    assert not lease.is_held


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"who": 1}', b"\xff"])
def test_what_cannot_be_read_is_waited_for_and_replaced(store, clock, content):
    """It may be a holder's of another version, which is alive."""
    store.put(KEY, content)
    lease = Lease(store, holder="first:8090", clock=clock)

    lease.renew()
    assert not lease.is_held
    clock.seconds += VALID_SECONDS
    lease.renew()

    assert lease.is_held
    assert json.loads(store.get(KEY))["holder"] == "first:8090"


def test_the_time_of_day_is_the_stores(first, store, clock):
    """A machine whose clock is wrong ends no cool-down."""
    (found,) = store.find(KEY)

    clock.seconds += 7

    assert (first.now() - found.written_at).total_seconds() == 7


def test_the_time_is_not_known_before(second):
    """Nothing is decided by it then."""
    with pytest.raises(StoreError, match="not known"):
        second.now()
