"""Crashes under load, and a store that goes away: what was acknowledged is there, and once."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from secom_core.bundle import Bundle
from secom_core.dataset import Units
from secom_core.outcomes import JOURNAL, from_bytes
from secom_core.promotion import crown
from secom_core.record import FOLDER, Records, concatenate, from_parquet, unique
from secom_core.store import Journal, Store, publish_bundle
from serving import metrics
from serving.monitor.drift_state import state_key
from tests.bundles import promoting
from tests.e2e.patient import Scored
from tests.e2e.plant import WINDOW_UNITS, Plant, working

pytestmark = pytest.mark.e2e

_KILLS = {"serve": 8, "ship": 6, "monitor": 6}
_MOST_PAUSE_SECONDS = 1.5
_AWAY_SECONDS = 120.0


@pytest.fixture
def plant(
    pair: Sequence[Bundle],
    twin: Units,
    store: Store,
    store_environ: Mapping[str, str],
    tmp_path: Path,
) -> Iterator[Plant]:
    """Everything, under load, with the first bundle as champion."""
    champion = pair[0]
    publish_bundle(store, champion.path, champion.digest)
    crown(store, champion, promoting(champion, None).verdict, run_id="run-1")
    with working(champion, twin.readings, store_environ=store_environ, folder=tmp_path) as plant:
        yield plant


def test_nothing_acknowledged_is_lost(
    plant: Plant, store: Store, twin: Units, pair: Sequence[Bundle], tell: Callable[[str], None]
):
    """Twenty kills at random, then two minutes without a store; and at the end it all adds up."""
    _kill_at_random(plant, np.random.default_rng(0))
    n_killed_over, longest = plant.n_scored, _longest(plant)
    _take_the_store_away(plant)
    plant.stop_clients()

    assert plant.programs["serve"].end() == 0
    assert plant.programs["ship"].end() == 0
    assert not list(plant.record.iterdir())
    n_records = _require_records(plant, store, twin.readings)
    _require_outcomes(plant, store)
    _require_counted(plant, store, pair[0].digest, n_records)
    assert plant.programs["monitor"].end() == 0
    for program in plant.programs.values():
        assert "Traceback" not in program.log
    tell(
        f"{sum(_KILLS.values())} kills ({_KILLS}) over {n_killed_over} units; longest wait of a "
        f"client for a prediction {longest:.1f} s; store away for {_AWAY_SECONDS:.0f} s over "
        f"{plant.n_scored - n_killed_over} units, {plant.lab.n_turned_away} deliveries answered "
        f"503; {plant.n_scored} units and {len(plant.lab.results)} outcomes acknowledged, each "
        f"found once; {n_records - plant.n_scored} units recorded whose answer a kill cut off"
    )


def _longest(plant: Plant) -> float:
    return max(scorer.longest_seconds for scorer in plant.scorers)


def _kill_at_random(plant: Plant, rng: np.random.Generator) -> None:
    for verb in rng.permutation(np.repeat(list(_KILLS), list(_KILLS.values()))):
        # In the middle of something: each has worked since it was started.
        plant.await_progress(units=10, outcomes=1)
        time.sleep(rng.uniform(0, _MOST_PAUSE_SECONDS))  # when it dies is what the test draws
        plant.programs[verb].kill()
        plant.programs[verb].start()
    plant.await_progress(units=10, outcomes=1)


def _take_the_store_away(plant: Plant) -> None:
    """Predictions go on as if nothing were; outcomes are turned away, and taken in later."""
    # Whoever was cut off by the last kill has found its way back before failures are counted.
    scored = [(scorer, len(scorer.scored)) for scorer in plant.scorers]
    plant.until(lambda: all(len(scorer.scored) > n for scorer, n in scored), seconds=60)
    n_failed, n_turned_away = _n_failed(plant), plant.lab.n_turned_away
    began, n_before = time.monotonic(), plant.n_scored
    plant.door.shut()
    plant.until(
        lambda: (
            time.monotonic() - began >= _AWAY_SECONDS
            and plant.lab.n_turned_away > n_turned_away
            and plant.n_scored > n_before
        ),
        seconds=2 * _AWAY_SECONDS,
    )
    assert _n_failed(plant) == n_failed
    plant.door.open()
    plant.await_progress(units=10, outcomes=400)
    assert _n_failed(plant) == n_failed


def _n_failed(plant: Plant) -> int:
    return sum(scorer.n_alone + scorer.n_turned_away for scorer in plant.scorers)


def _require_records(plant: Plant, store: Store, readings: np.ndarray) -> int:
    """Each answer has one record, to the last bit; return how many records there are."""
    found = unique(concatenate([from_parquet(store.get(key)) for key in store.list(FOLDER)]))
    names = list(zip(found.unit_id, found.request_id, strict=True))
    place = {name: number for number, name in enumerate(names)}
    assert len(place) == len(names)
    scored = [each for scorer in plant.scorers for each in scorer.scored]
    lost = {(each.unit_id, each.request_id) for each in scored} - place.keys()
    assert not lost, f"{len(lost)} of {len(scored)} units: {sorted(lost)[:5]}"
    own = found.take(np.array([place[each.unit_id, each.request_id] for each in scored]))
    _require_bits(own, np.array([each.risk for each in scored]), readings, scored)
    assert len(found) <= sum(scorer.n_asked for scorer in plant.scorers)
    return len(found)


def _require_bits(
    own: Records, risk: np.ndarray, readings: np.ndarray, scored: Sequence[Scored]
) -> None:
    np.testing.assert_array_equal(own.risk, risk)
    np.testing.assert_array_equal(own.readings, readings[[each.row for each in scored]])


def _require_outcomes(plant: Plant, store: Store) -> None:
    """Each acknowledged outcome is in the journal once, and no other one is."""
    entries = Journal(store, JOURNAL).read()
    kept = [outcome for entry in entries for outcome in from_bytes(entry.content)]
    assert max(Counter(outcome.unit_id for outcome in kept).values()) == 1
    assert {outcome.unit_id: outcome.result for outcome in kept} == plant.lab.results


def _require_counted(plant: Plant, store: Store, digest: str, n_records: int) -> None:
    """The monitor has put each unit into one window, or lets it wait for one; outcomes alike."""
    counts = Counter(plant.lab.results.values())
    expected = {
        metrics.DRIFT_WINDOWS: n_records // WINDOW_UNITS,
        metrics.OUTCOMES_UNMATCHED: 0,
        metrics.SET_ASIDE: 0,
        **{f'{metrics.OUTCOMES}{{result="{name}"}}': n for name, n in counts.items()},
    }
    plant.until(lambda: all(plant.sample(name) == value for name, value in expected.items()))
    state = json.loads(store.get(state_key(digest)))
    assert len(state["waiting"]) == n_records % WINDOW_UNITS
