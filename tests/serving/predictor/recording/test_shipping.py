"""From segments to objects, in this process: what is removed when, and what stays."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from secom_core.errors import StoreError
from secom_core.record import FOLDER, unique
from secom_core.store import Store
from serving.predictor.recording.segments import segments_in
from serving.predictor.recording.shipper import Shipper
from serving.predictor.recording.shipping import ship, units_left
from tests.secom_core.store.answering import Answer, answering
from tests.serving.predictor.recording.scoring import in_folder, in_store, score


@pytest.fixture
def away():
    """A store that takes nothing."""
    with answering([Answer(status=503, code="SlowDown")]) as server:
        yield Store.from_environment(server.environ)


@pytest.fixture
def segments(make_recorder, served, twin, folder):
    """Three closed segments of 4, 2 and 3 units."""
    for number, n_units in enumerate((4, 2, 3)):
        recorder = make_recorder(audit_share=0.5)
        ids = [f"{number}-{unit}" for unit in range(n_units)]
        score(recorder, served, twin.readings[:n_units], ids=ids)
        recorder.log.close()
    return segments_in(folder)


def shipper(folder, store):
    """Return a shipper that does not wait."""
    return Shipper(folder, store, every=0.1, wait=0.0)


def test_what_is_shipped_is_what_was_recorded(segments, folder, store):
    """Every column of every unit; the folder is empty afterwards, and objects sort by time."""
    recorded = in_folder(folder)

    assert shipper(folder, store).ship_all()

    found = in_store(store)
    assert not segments_in(folder)
    for name in type(found).__slots__:
        np.testing.assert_array_equal(getattr(found, name), getattr(recorded, name))
    day = f"{segments[0].name[:4]}-{segments[0].name[4:6]}-{segments[0].name[6:8]}"
    expected = tuple(f"{FOLDER}date={day}/{path.stem}.parquet" for path in segments)
    assert store.list(FOLDER) == expected


def test_a_segment_that_is_shipped_again_overwrites_its_object(segments, store):
    """Who dies between writing and removing has done no harm."""
    content = segments[0].read_bytes()
    ship(segments[0], store)
    (before,) = store.find(FOLDER)
    segments[0].write_bytes(content)

    ship(segments[0], store)

    assert store.find(FOLDER) == (before,)


def test_nothing_is_removed_before_the_store_has_it(segments, folder, away):
    """A store that refuses costs time, not records."""
    with pytest.raises(StoreError):
        ship(segments[0], away)

    assert not shipper(folder, away).ship_all()
    assert segments_in(folder) == segments
    assert units_left(folder) == 9


def test_the_store_is_told_of_once_in_a_while(segments, folder, caplog):
    """Trouble that lasts fills no log, and its end is told too."""
    n_tries, n_rounds = 3, 2
    answers = [Answer(status=503, code="SlowDown")] * (n_tries * n_rounds) + [Answer()]
    with answering(answers) as server:
        one = shipper(folder, Store.from_environment(server.environ))
        assert [one.ship_all() for _ in range(n_rounds + 1)] == [False, False, True]

    told = [line for line in caplog.records if line.name.startswith("serving")]
    assert [line.message for line in told] == [
        "the store takes no records; they stay here until it does",
        "the store takes records again",
    ]
    assert told[0].fields["segments"] == len(segments)
    assert not segments_in(folder)


def test_a_segment_that_is_written_is_left_alone(make_recorder, served, twin, folder, store):
    """It is shipped once its writer has let go of it."""
    recorder = make_recorder()
    score(recorder, served, twin.readings[:1])

    shipper(folder, store).ship_all()
    assert not store.list(FOLDER)
    score(recorder, served, twin.readings[:2])
    recorder.log.close()
    shipper(folder, store).ship_all()

    assert len(in_store(store)) == 3


def test_two_shippers_lose_nothing(make_recorder, served, twin, folder, store):
    """By mistake on one folder, they share the work."""
    for number in range(12):
        recorder = make_recorder()
        score(recorder, served, twin.readings[:3], ids=[f"{number}-{unit}" for unit in range(3)])
        recorder.log.close()
    threads = [threading.Thread(target=shipper(folder, store).ship_all) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = in_store(store)
    assert not segments_in(folder)
    assert len(unique(found)) == len(found) == 36


def test_a_request_cut_off_costs_no_other(segments, folder, store, caplog):
    """A server killed while it wrote had answered all but the last."""
    with segments[0].open("ab") as file:
        file.truncate(segments[0].stat().st_size - 100)
        file.write(b"")

    shipper(folder, store).ship_all()

    found = in_store(store)
    assert found.unit_id.tolist() == ["1-0", "1-1", "2-0", "2-1", "2-2"]
    assert not list(folder.iterdir())
    assert [line.message for line in caplog.records] == [
        "a segment ends in the middle of a request"
    ]


@pytest.mark.parametrize("place", [3, 200, -100])
def test_a_damaged_segment_is_set_aside(segments, folder, store, caplog, place):
    """It is kept for somebody to look at, said to be, and in nobody's way."""
    content = bytearray(segments[1].read_bytes())
    content[place] ^= 1
    segments[1].write_bytes(content)

    shipper(folder, store).ship_all()

    (kept,) = folder.iterdir()
    assert kept.read_bytes() == content
    assert kept.name == f"{segments[1].stem}.damaged"
    assert len(in_store(store)) == 7
    (line,) = caplog.records
    assert (line.levelname, line.message) == ("ERROR", "a segment is damaged")
    assert line.fields["segment"] == segments[1].name


def test_what_can_be_read_of_a_damaged_segment_is_shipped(
    make_recorder, served, twin, folder, store
):
    """Units before the damage are as good as any."""
    recorder = make_recorder()
    for unit in "abc":
        score(recorder, served, twin.readings[:1], ids=[unit])
    recorder.log.close()
    (segment,) = segments_in(folder)
    content = bytearray(segment.read_bytes())
    content[-9] ^= 1
    segment.write_bytes(content)

    shipper(folder, store).ship_all()

    assert in_store(store).unit_id.tolist() == ["a", "b"]


def test_a_segment_of_another_version_is_set_aside(segments, folder, store):
    """A shipper older than its server does not guess."""
    content = segments[0].read_bytes()
    from serving.predictor.recording.frames import to_frame

    segments[0].write_bytes(to_frame(b'{"format":"secom.log/9"}') + content)

    shipper(folder, store).ship_all()

    assert segments[0].with_suffix(".damaged").exists()
    assert len(in_store(store)) == 5


def test_what_a_server_left_empty_is_removed(folder, store):
    """It died before its first unit: there is nothing to ship."""
    (folder / "20260301T060000.000000-dead-1.log").write_bytes(b"")

    shipper(folder, store).ship_all()

    assert not list(folder.iterdir())
    assert not store.list(FOLDER)


def test_files_of_others_are_left_alone(folder, store):
    """What does not have a segment's name is none."""
    (folder / "notes.log").write_text("mine")

    shipper(folder, store).ship_all()

    assert (folder / "notes.log").read_text() == "mine"
