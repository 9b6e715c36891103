from datetime import timedelta

import pytest

from secom_core import dataset
from secom_core.errors import StoreError
from secom_core.store import Store
from serving.monitor.predictions import find_segments
from serving.monitor.rolling import Rolling
from tests.serving.monitor.scoring import NOW, scored, segment_key, ship


@pytest.fixture(scope="session")
def units(pair):
    """120 units as a champion scored them."""
    return scored(pair[0], dataset.twin(n_units=120, seed=7).readings)


@pytest.fixture
def month(store, pair, units):
    """Keys of twelve objects of ten units, one every three days."""
    days = [NOW - timedelta(days=3 * back) for back in reversed(range(12))]
    return [
        ship(store, pair[0], units.window(slice(10 * n, 10 * n + 10)), segment_key(n, at=at))
        for n, at in enumerate(days)
    ]


def names(rolling):
    """Which units are held, in order."""
    return rolling.records().unit_id.tolist()


@pytest.mark.usefixtures("month")
def test_newest_units_are_read_back(store, units):
    """A monitor that starts reads as far back as it takes to hold enough units, and no farther."""
    rolling = Rolling(store, n_units=35)

    rolling.fill(NOW, most=100)

    assert rolling.is_filled
    assert names(rolling) == units.unit_id[80:].tolist()
    assert rolling.records().readings.size == 0


def test_no_more_than_so_many_objects_are_held(store, pair, month, units):
    """Units that come one by one do not make the monitor read objects without end."""
    rolling = Rolling(store, n_objects=3)
    rolling.fill(NOW, most=100)
    assert (rolling.is_filled, names(rolling)) == (True, units.unit_id[90:].tolist())
    more = scored(pair[0], units.readings[:2], first=200)
    ship(store, pair[0], more, segment_key(99, at=NOW + timedelta(hours=1)))

    (segment,) = rolling.wanted(find_segments(store, since=NOW))
    rolling.take(segment, more)

    assert names(rolling) == [*units.unit_id[100:].tolist(), *more.unit_id.tolist()]
    assert month[-1] < segment.key


@pytest.mark.usefixtures("month")
def test_reading_back_goes_on_in_the_next_round(store, units):
    """So many objects a round, and none twice; until all are read, it says so."""
    rolling = Rolling(store, n_units=1000)

    told = []
    for _ in range(4):
        rolling.fill(NOW, most=4)
        told.append((len(rolling.records()), rolling.is_filled))

    assert told == [(40, False), (80, False), (120, False), (120, True)]
    assert names(rolling) == units.unit_id.tolist()


@pytest.mark.usefixtures("month")
def test_new_units_replace_the_oldest(store, pair, units):
    """What comes is held, what is too old by then is let go; nothing is held twice."""
    rolling = Rolling(store, n_units=30)
    rolling.fill(NOW, most=100)
    more = scored(pair[0], units.readings[:15], first=200)
    ship(store, pair[0], more, segment_key(99, at=NOW + timedelta(hours=1)))

    for _ in range(2):
        for segment in rolling.wanted(find_segments(store, since=NOW.date() - timedelta(days=40))):
            rolling.take(segment, more)

    assert names(rolling) == [*units.unit_id[100:].tolist(), *more.unit_id.tolist()]


class Faltering(Store):
    """A store that does not give an object out when it is asked for the sixth one."""

    n_asked = 0

    def get(self, key: str) -> bytes:
        """Return the object, or be away."""
        self.n_asked += 1
        if self.n_asked == 6:
            message = "away"
            raise StoreError(message)
        return super().get(key)


@pytest.mark.usefixtures("month")
def test_store_that_falters_loses_no_units(store_environ, units):
    """Where the store is away half-way, reading back goes on as if it had not been."""
    rolling = Rolling(Faltering.from_environment(store_environ), n_units=1000)

    with pytest.raises(StoreError):
        rolling.fill(NOW, most=100)
    assert not rolling.is_filled
    rolling.fill(NOW, most=100)

    assert rolling.is_filled
    assert names(rolling) == units.unit_id.tolist()


def test_damaged_object_leaves_the_others(store, month, units):
    """Units of an object that cannot be read are missing, and no others."""
    store.put(month[3], b"PAR1")
    rolling = Rolling(store)

    rolling.fill(NOW, most=100)

    assert rolling.is_filled
    assert names(rolling) == [*units.unit_id[:30].tolist(), *units.unit_id[40:].tolist()]
