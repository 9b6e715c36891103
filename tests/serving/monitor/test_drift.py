import logging
import tracemalloc
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from secom_core import dataset
from secom_core.errors import ConflictError, StoreError
from secom_core.record import concatenate
from secom_core.store import Store
from serving.monitor.drift import DriftWatch
from serving.monitor.drift_state import state_key
from serving.monitor.predictions import find_segments, read_object
from tests.secom_core.store.losing import losing_an_answer
from tests.serving.monitor.scoring import NOW, scored, segment_key, ship, ship_all

SINCE = date(2008, 11, 18)


@pytest.fixture(scope="session")
def champion(pair):
    """A bundle of the twin."""
    return pair[0]


@pytest.fixture(scope="session")
def units(champion):
    """600 units of the twin's line, as the champion scored them."""
    return scored(champion, dataset.twin(n_units=600, seed=7).readings)


def one_round(store, watch, now=NOW):
    """Read what is new, as a round does."""
    watch.load()
    for segment in watch.wanted(find_segments(store, since=SINCE)):
        watch.take(segment, read_object(store, segment.key))
    watch.save(now)
    return watch


def story(watch):
    """What a watch has come to, in a form that can be compared."""
    return [window.to_json() for window in watch.state.windows], watch.state.waiting


def test_windows_are_cut_by_count(store, champion, units):
    """Of 450 units, two windows of 200 are judged, and 50 units wait."""
    ship_all(store, champion, units.window(slice(0, 450)), size=70)

    watch = one_round(store, DriftWatch(store, champion, since=SINCE))

    assert watch.state.n_windows == 2
    assert len(watch.state.waiting) == 50
    first, second = watch.state.windows
    assert (first.n_units, first.ended_at) == (200, str(units.scored_at[199]))
    assert second.started_at == str(units.scored_at[200])


def test_nothing_is_known_of_an_empty_store(store, champion):
    """Without units there is no verdict, and nothing is written."""
    watch = one_round(store, DriftWatch(store, champion, since=SINCE))

    assert watch.verdict() is None
    assert not store.exists(state_key(champion.digest))


@given(
    sizes=st.lists(st.integers(1, 260), min_size=1, max_size=6),
    restarts=st.lists(st.booleans(), min_size=6, max_size=6),
)
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_restart_changes_nothing(store, champion, units, sizes, restarts):
    """However units are shipped and monitors restarted, the windows are those of no restart."""
    for key in store.list(""):
        store.remove(key)
    watch, start = DriftWatch(store, champion, since=SINCE, window_units=100), 0
    for size, restart in zip(sizes, restarts, strict=False):
        part = units.window(slice(start, start + size))
        if len(part):
            ship(store, champion, part, segment_key(start))
        start += size
        one_round(store, watch)
        if restart:
            watch = DriftWatch(store, champion, since=SINCE, window_units=100)
    watch = one_round(store, DriftWatch(store, champion, since=SINCE, window_units=100))

    store.remove(state_key(champion.digest))
    once = one_round(store, DriftWatch(store, champion, since=SINCE, window_units=100))

    assert story(watch) == story(once)
    assert watch.state.n_windows == min(start, 600) // 100


def test_round_that_ends_early_has_done_nothing(store, champion, units):
    """Killed before it saved, a monitor leaves no trace: the next one judges the same windows."""
    ship_all(store, champion, units, size=150)
    killed = DriftWatch(store, champion, since=SINCE)
    killed.load()
    for segment in find_segments(store, since=SINCE):
        killed.take(segment, read_object(store, segment.key))

    watch = one_round(store, DriftWatch(store, champion, since=SINCE))

    assert story(watch) == story(killed)
    assert watch.state.n_windows == 3


def test_lost_answer_changes_nothing(store_environ, champion, units):
    """A state that was saved while the answer got lost is found in the next round."""
    store = Store.from_environment(store_environ)
    ship_all(store, champion, units.window(slice(0, 250)), size=50)
    with losing_an_answer(store_environ) as environ:
        watch = DriftWatch(Store.from_environment(environ), champion, since=SINCE)
        with pytest.raises(StoreError):
            one_round(store, watch)
        assert store.exists(state_key(champion.digest))
        ship_all(store, champion, units.window(slice(250, 420)), size=50, first=250)
        one_round(store, watch)

    assert (watch.state.n_windows, len(watch.state.waiting)) == (2, 20)


def test_two_monitors_count_nothing_twice(store, champion, units):
    """Of two that have read the same, one saves; the other is told, and goes on from there."""
    ship_all(store, champion, units.window(slice(0, 250)), size=50)
    ours, theirs = (DriftWatch(store, champion, since=SINCE) for _ in range(2))
    ours.load()
    for segment in find_segments(store, since=SINCE):
        ours.take(segment, read_object(store, segment.key))
    one_round(store, theirs)

    with pytest.raises(ConflictError):
        ours.save(NOW)
    ship_all(store, champion, units.window(slice(250, 450)), size=50, first=250)
    one_round(store, ours)
    one_round(store, theirs)

    assert story(ours) == story(theirs)
    assert ours.state.n_windows == 2
    assert ours.state.windows[1].ended_at == str(units.scored_at[399])


def test_repeated_units_change_nothing(store, champion, units):
    """Units that come again, within an object, under its key or in another one, count once."""
    first, second = units.window(slice(0, 120)), units.window(slice(120, 250))
    key = ship(store, champion, concatenate([first, first.window(slice(0, 9))]), segment_key(0))
    watch = one_round(store, DriftWatch(store, champion, since=SINCE))
    ship(store, champion, first, key)
    ship(store, champion, concatenate([first, second]), segment_key(1))

    one_round(store, watch)

    assert watch.state.n_windows == 1
    assert len(watch.state.waiting) == 50
    assert watch.state.windows[0].ended_at == str(units.scored_at[199])


def test_late_objects_count_once(store, champion, units):
    """What comes two days late is counted once, what comes later never."""
    watch = DriftWatch(store, champion, since=date(2008, 11, 1))
    ship(store, champion, units.window(slice(0, 100)), segment_key(1, writer="punctual"))
    one_round(store, watch)
    for days, start in ((2, 100), (4, 300)):
        key = segment_key(2, writer=f"late-{days}", at=NOW - timedelta(days=days))
        ship(store, champion, units.window(slice(start, start + 150)), key)

    for _ in range(2):
        one_round(store, watch)

    assert (watch.state.n_windows, len(watch.state.waiting)) == (1, 50)


def test_damaged_object_holds_nobody_up(store, champion, units, caplog):
    """What cannot be read is named in the log once and passed over; made whole, it counts."""
    key = ship(store, champion, units.window(slice(0, 100)), segment_key(0))
    whole = store.get(key)
    store.put(key, whole[: len(whole) // 2])
    ship(store, champion, units.window(slice(100, 300)), segment_key(1))
    watch = DriftWatch(store, champion, since=SINCE)

    with caplog.at_level(logging.WARNING, logger="serving.monitor"):
        for _ in range(2):
            one_round(store, watch)

    assert [record.fields["key"] for record in caplog.records] == [key]
    assert list(watch.state.set_aside) == [key]
    assert watch.state.n_windows == 1

    store.put(key, whole)
    one_round(store, watch)

    assert not watch.state.set_aside
    assert len(watch.state.waiting) == 100


def test_units_of_other_sensors_are_set_aside(store, champion, units):
    """An object that claims to be the champion's and has other sensors blocks nothing."""
    odd = replace(units.window(slice(0, 5)), readings=np.zeros((5, 3)))
    narrow = replace(champion, contract=replace(champion.contract, sensors=("a", "b", "c")))
    ship(store, narrow, odd, segment_key(0))
    ship(store, champion, units.window(slice(0, 200)), segment_key(1))

    watch = one_round(store, DriftWatch(store, champion, since=SINCE))

    assert (watch.state.n_windows, len(watch.state.set_aside)) == (1, 1)


def test_other_bundles_are_kept_apart(store, pair, units):
    """Units of another bundle fill no window of the champion's, and wait for its own."""
    champion, other = pair
    theirs = scored(other, units.readings[:300])
    for start in range(0, 300, 60):
        both = [each.window(slice(start, start + 60)) for each in (units, theirs)]
        ship(store, champion, concatenate(both), segment_key(start))

    watches = [one_round(store, DriftWatch(store, each, since=SINCE)) for each in pair]

    for watch, bundle in zip(watches, pair, strict=True):
        assert watch.state.windows[0].bundle == bundle.digest
        assert watch.state.windows[0].ended_at == str(units.scored_at[199])
        assert (watch.state.n_windows, len(watch.state.waiting)) == (1, 100)


@pytest.mark.parametrize("years", [-3, 3])
def test_clock_that_jumps_loses_and_repeats_nothing(store, champion, units, years):
    """A year ahead or behind and back again, a monitor counts every unit once."""
    watch = DriftWatch(store, champion, since=SINCE)
    for start, now in ((0, NOW), (150, NOW + timedelta(days=365 * years)), (300, NOW)):
        ship(store, champion, units.window(slice(start, start + 150)), segment_key(start))
        one_round(store, watch, now)

    assert (watch.state.n_windows, len(watch.state.waiting)) == (2, 50)


def test_clock_of_a_predictor_may_jump(store, champion, units):
    """A predictor that believes itself in the next year makes nobody miss the others' units."""
    watch = DriftWatch(store, champion, since=SINCE)
    ahead = segment_key(1, writer="ahead", at=NOW + timedelta(days=365))
    ship(store, champion, units.window(slice(0, 150)), ahead)
    one_round(store, watch)
    ship(store, champion, units.window(slice(150, 300)), segment_key(1))
    one_round(store, watch)

    assert (watch.state.n_windows, len(watch.state.waiting)) == (1, 100)


def test_waiting_units_that_are_gone_are_let_go(store, champion, units):
    """Objects that somebody deleted while their units waited do not stop the watch."""
    key = ship(store, champion, units.window(slice(0, 50)), segment_key(0))
    ship(store, champion, units.window(slice(50, 100)), segment_key(1))
    one_round(store, DriftWatch(store, champion, since=SINCE))
    store.remove(key)
    ship(store, champion, units.window(slice(100, 250)), segment_key(2))

    watch = one_round(store, DriftWatch(store, champion, since=SINCE))

    assert (watch.state.n_windows, len(watch.state.waiting)) == (1, 0)


def test_damaged_state_is_named(store, champion):
    """A document that holds no state is not overwritten."""
    store.put(state_key(champion.digest), b'{"windows": []}')

    with pytest.raises(StoreError, match=f"{champion.digest}.json does not hold the state"):
        DriftWatch(store, champion, since=SINCE).load()


def test_readings_of_judged_units_are_not_kept(store, champion, units):
    """After 3,100 units, 13 MB of readings, memory holds those of the 100 that wait."""
    n_units = 3_100
    drawn = np.random.default_rng(0).integers(0, len(units), n_units)
    many = scored(champion, units.readings[drawn])
    ship(store, champion, many, segment_key(0))
    watch = DriftWatch(store, champion, since=SINCE)
    del many
    tracemalloc.start()
    try:
        one_round(store, watch)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(watch.state.waiting) == 100
    assert held < 2 * 100 * 590 * 8 + 1_500_000  # the windows' own figures
