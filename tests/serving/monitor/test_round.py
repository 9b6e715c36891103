from datetime import timedelta

import numpy as np
import pytest

from secom_core.errors import ConfigError, StoreError
from secom_core.outcomes import JOURNAL, Outcome, to_bytes
from secom_core.promotion import crown, reinstate
from secom_core.store.journal import Journal
from serving.monitor.drift import DriftWatch
from serving.monitor.outcome_book import OutcomeBook
from serving.monitor.round import Round
from tests.bundles import promoting
from tests.serving.monitor.scoring import NOW, Killed, Watched, scored, segment_key, ship, ship_all

SHIFTED = (20, 26, 27, 48, 77)
"""Sensors that the champion reads."""


@pytest.fixture
def champion(store, published):
    """The bundle that serves."""
    crown(store, published[0], promoting(published[0], None).verdict, run_id="run-1")
    return published[0]


@pytest.fixture(scope="session")
def line(twin):
    """Readings of 1,000 units of a line that does not change, and whether each failed."""
    drawn = np.random.default_rng(0).integers(0, len(twin.readings), 1000)
    return twin.readings[drawn], twin.is_fail[drawn]


def rounds(store, tmp_path):
    """A monitor that has just started."""
    return Round(store, OutcomeBook(store), scratch=tmp_path / "scratch")


def report(store, units, is_fail, *, after=0):
    """Take in what became of units, an hour after they were scored."""
    found = [
        Outcome(unit_id=name, is_fail=bool(failed), found_at=NOW)
        for name, failed in zip(units.unit_id, is_fail, strict=True)
    ]
    Journal(store, JOURNAL).append(to_bytes(found, sender="test"), after=after)


def test_nothing_is_known_of_an_empty_store(store, tmp_path):
    """Without champion, units and outcomes a round ends well, and says nothing."""
    seen = rounds(store, tmp_path).run(NOW)

    assert (seen.champion, seen.window, seen.drift, seen.live) == (None, None, None, None)
    assert seen.outcomes.taken_in == {"pass": 0, "fail": 0}


def test_windows_that_tell_nothing_are_refused(store, tmp_path):
    """Fewer than 100 units make no window, which shows before anything is read."""
    with pytest.raises(ConfigError, match="at least 100 units, got 99"):
        Round(store, OutcomeBook(store), scratch=tmp_path, window_units=99)


def test_steady_line_is_silent(store, champion, line, tmp_path):
    """On a line that has not changed, five windows on end show nothing."""
    monitor = rounds(store, tmp_path)
    units = scored(champion, line[0])
    for start in range(0, 1000, 200):
        ship_all(store, champion, units.window(slice(start, start + 200)), size=50, first=start)
        seen = monitor.run(NOW)

        assert seen.drift.sensors == ()
        assert not seen.drift.is_beyond_baseline
        assert not seen.drift.risk.is_drifting
    assert seen.drift.n_windows == 5


def test_shifted_sensors_are_named_within_two_windows(store, champion, line, tmp_path):
    """Five sensors that move by a standard deviation are listed as large, and no others."""
    readings = line[0][:400].copy()
    readings[:, SHIFTED] += np.nanstd(readings[:, SHIFTED], axis=0)
    ship_all(store, champion, scored(champion, readings), size=80)

    seen = rounds(store, tmp_path).run(NOW)

    assert sorted(each.column for each in seen.drift.sensors if each.is_large) == list(SHIFTED)
    assert seen.drift.is_beyond_baseline
    assert seen.sensors[SHIFTED[0]] == "sensor_020"


def test_restart_between_rounds_changes_nothing(store, champion, line, tmp_path):
    """A monitor that is started anew for each round ends where one that ran on does."""
    units = scored(champion, line[0])
    for start in range(0, 500, 125):
        ship_all(store, champion, units.window(slice(start, start + 125)), size=40, first=start)
        last = Round(store, OutcomeBook(store), scratch=tmp_path / f"scratch-{start}").run(NOW)
    on_its_own = last.window.to_json()
    store.remove(f"monitor/drift/{champion.digest}.json")

    seen = rounds(store, tmp_path).run(NOW)

    assert seen.window.to_json() == on_its_own
    assert seen.drift == last.drift


def test_live_performance_appears_with_outcomes(store, champion, line, tmp_path):
    """Without outcomes there is none, with all of them there are figures near the truth."""
    readings, is_fail = line
    units = scored(champion, readings)
    ship_all(store, champion, units, size=250)
    monitor = rounds(store, tmp_path)

    before = monitor.run(NOW)
    report(store, units, is_fail)
    after = monitor.run(NOW)

    assert (before.live.state, before.live.auc) == ("not_enough_outcomes", None)
    assert after.live.state == "estimated"
    captured = is_fail & units.flagged
    assert after.live.capture_rate.value == pytest.approx(captured.sum() / is_fail.sum())
    assert after.outcomes.taken_in == {"pass": int((~is_fail).sum()), "fail": int(is_fail.sum())}
    assert after.outcomes.n_fails_joined == is_fail.sum()
    assert after.outcomes.joined["inspection"] == units.flagged.sum()
    assert after.outcomes.n_unmatched == 0


def test_restarted_monitor_sees_the_same_performance(store, champion, line, tmp_path):
    """What is known of live performance is read back from the store."""
    units = scored(champion, line[0])
    ship_all(store, champion, units, size=100)
    report(store, units, line[1])
    first = rounds(store, tmp_path).run(NOW)

    second = Round(store, OutcomeBook(store), scratch=tmp_path / "other").run(NOW)

    assert second.live == first.live
    assert second.outcomes == first.outcomes


def test_outcomes_may_come_before_their_predictions(store, champion, line, tmp_path):
    """An outcome of a unit that is not known yet is kept, and joined once its segment comes."""
    units = scored(champion, line[0][:300])
    report(store, units, line[1][:300])
    monitor = rounds(store, tmp_path)
    before = monitor.run(NOW)
    ship_all(store, champion, units, size=100)

    after = monitor.run(NOW)

    assert (before.outcomes.n_unmatched, after.outcomes.n_unmatched) == (300, 0)
    assert after.outcomes.n_fails_joined == line[1][:300].sum()


def test_new_champion_is_watched_from_its_first_unit(store, champion, published, line, tmp_path):
    """Units that the new champion scored before it was one count, the former one's do not."""
    monitor, successor = rounds(store, tmp_path), published[1]
    theirs, ours = scored(champion, line[0][:300]), scored(successor, line[0][300:550], first=300)
    ship_all(store, champion, theirs, size=150)
    ship(store, champion, ours.window(slice(0, 100)), segment_key(300))
    monitor.run(NOW)
    crown(store, successor, promoting(successor, champion).verdict, run_id="run-2")
    ship(store, champion, ours.window(slice(100, 250)), segment_key(400))

    seen = monitor.run(NOW)

    assert seen.changes == {"promotion": 1, "rollback": 0}
    assert (seen.champion.digest, seen.drift.n_windows) == (successor.digest, 1)
    assert seen.window.ended_at == str(ours.scored_at[199])
    reinstate(store, champion)
    back = monitor.run(NOW)
    assert back.changes == {"promotion": 1, "rollback": 1}
    assert (back.drift.bundle, back.drift.n_windows) == (champion.digest, 1)


def test_round_over_nothing_new_is_cheap(store_environ, champion, line, tmp_path):
    """Where nothing has come, a round asks the store five times, and writes nothing."""
    store = Watched.from_environment(store_environ)
    ship_all(store, champion, scored(champion, line[0][:450]), size=10)
    monitor = rounds(store, tmp_path)
    monitor.run(NOW)
    store.asked.clear()

    monitor.run(NOW)

    assert len(store.asked) == 5
    assert not [each for each in store.asked if each[0] == "put"]


def test_failed_round_is_counted(store_environ, store, champion, line, tmp_path):
    """A round that the store cuts off raises, and the next one makes up for it."""
    ship_all(store, champion, scored(champion, line[0][:450]), size=50)
    away = Watched.from_environment(store_environ)
    monitor = rounds(away, tmp_path)
    away.is_away_for = "predictions/"
    with pytest.raises(StoreError, match="away"):
        monitor.run(NOW)
    away.is_away_for = None

    seen = monitor.run(NOW)

    assert seen.drift.n_windows == 2
    assert monitor.cycles.counts == {"done": 1, "failed": 1}


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("moment", ["kills_before", "kills_after"])
def test_monitor_may_be_killed_at_any_moment(
    store_environ, store, champion, line, tmp_path, number, moment
):
    """Killed before or after any of its writes, it leaves nothing lost or counted twice."""
    units = scored(champion, line[0][:250])
    ship_all(store, champion, units, size=60)
    report(store, units, line[1][:250])
    deadly = Watched.from_environment(store_environ)
    setattr(deadly, moment, number)
    with pytest.raises(Killed):
        rounds(deadly, tmp_path).run(NOW)

    seen = rounds(store, tmp_path).run(NOW)

    assert (seen.drift.n_windows, seen.window.ended_at) == (1, str(units.scored_at[199]))
    assert seen.outcomes.n_fails_joined == line[1][:250].sum()
    assert seen.changes == {"promotion": 0, "rollback": 0}
    assert deadly.n_written == number


def test_late_objects_are_found_within_minutes(store, champion, line, tmp_path):
    """What was shipped a day late is found without a restart."""
    monitor, units = rounds(store, tmp_path), scored(champion, line[0][:300])
    ship(store, champion, units.window(slice(0, 150)), segment_key(1))
    monitor.run(NOW)
    late = segment_key(1, writer="late", at=NOW - timedelta(days=1))
    ship(store, champion, units.window(slice(150, 300)), late)

    seen = [monitor.run(NOW + timedelta(minutes=minutes)) for minutes in (1, 11)]

    assert seen[0].drift is None
    assert seen[1].drift.n_windows == 1


def test_backlog_is_read_in_several_rounds(store, champion, line, tmp_path, monkeypatch):
    """Of more late objects than a round may read, the next one reads the rest."""
    units = scored(champion, line[0][:450])
    ship(store, champion, units.window(slice(0, 50)), segment_key(0))
    rounds(store, tmp_path).run(NOW)
    for number in range(1, 9):
        late = segment_key(number, writer="late", at=NOW - timedelta(days=1, minutes=-number))
        ship(store, champion, units.window(slice(50 * number, 50 * number + 50)), late)
    monkeypatch.setattr("serving.monitor.round.MAX_OBJECTS", 3)
    monitor = rounds(store, tmp_path)

    seen = [monitor.run(NOW) for _ in range(3)]

    assert [each.drift.n_windows for each in seen] == [1, 1, 2]


def test_monitor_that_dies_in_every_round_gets_on(
    store_environ, store, champion, line, tmp_path, monkeypatch
):
    """Of a long backlog, what was read before a monitor died is not read again by the next."""
    monkeypatch.setattr("serving.monitor.round.SAVE_UNITS", 200)
    rounds(store, tmp_path).run(NOW)
    ship_all(store, champion, scored(champion, line[0]), size=100)
    for n_windows in (1, 2, 3):
        deadly = Watched.from_environment(store_environ)
        deadly.kills_after = 1
        with pytest.raises(Killed):
            rounds(deadly, tmp_path).run(NOW)

        watch = DriftWatch(store, champion, since=NOW.date())
        watch.load()
        assert watch.state.n_windows == n_windows
