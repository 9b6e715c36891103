"""The log in this process: what it keeps, what it cannot, and that nobody who asks notices."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from secom_core.errors import ConfigError
from serving.predictor.recording.recorder import Recorder, recorded
from serving.predictor.recording.segments import segments_in
from serving.predictor.recording.settings import Recording
from tests.serving.predictor.recording.scoring import in_folder, score, verdicts_of

UNIT_BYTES = 590 * 8


def test_units_are_kept_as_they_were_judged(make_recorder, served, twin, folder):
    """Readings, risks, decisions, times and names; a second scoring is a record of its own."""
    recorder = make_recorder(audit_share=0.5)
    readings, times = twin.readings[:5], twin.measured_at[:5]
    ids = [f"Einheit é{number}" for number in range(5)]
    marks = score(recorder, served, readings, ids=ids, request_id="first", measured_at=times)
    score(recorder, served, readings, ids=ids, request_id="second")
    recorder.log.close()

    found = in_folder(folder)

    verdicts = served.judge(readings)
    assert len(set(found.record_id)) == len(found) == 10
    np.testing.assert_array_equal(found.readings[:5], readings)
    np.testing.assert_array_equal(found.risk[:5], verdicts.risk)
    np.testing.assert_array_equal(found.flagged[:5], verdicts.flagged)
    np.testing.assert_array_equal(found.audited[:5], marks)
    np.testing.assert_array_equal(found.measured_at[:5], times)
    assert np.isnat(found.measured_at[5:]).all()
    assert found.unit_id.tolist() == 2 * ids
    assert found.request_id.tolist() == 5 * ["first"] + 5 * ["second"]
    assert set(found.bundle) == {served.digest}
    assert set(found.audit_share) == {0.5}


@pytest.mark.parametrize("kind", [np.float32, np.int32])
def test_readings_of_other_types_are_kept_as_numbers(make_recorder, served, folder, kind):
    """What was judged as FP32 or integers reads the same as FP64."""
    recorder = make_recorder()
    readings = np.arange(2 * 590).reshape(2, 590).astype(kind)
    score(recorder, served, readings)
    recorder.log.close()

    np.testing.assert_array_equal(in_folder(folder).readings, readings.astype(np.float64))


def test_a_long_request_is_kept_in_pieces(make_recorder, served, twin, folder):
    """Short ones beside it wait for a piece at most; each of its units has an id of its own."""
    recorder = make_recorder()
    readings = twin.readings[:333]
    score(recorder, served, readings)
    recorder.log.close()

    found = in_folder(folder)

    assert found.unit_id.tolist() == [f"unit-{number}" for number in range(333)]
    assert len(set(found.record_id)) == 333
    np.testing.assert_array_equal(found.readings, readings)


def test_requests_at_one_time_lose_nothing(make_recorder, served, twin, folder):
    """The event loop and the thread for long requests write side by side."""
    recorder = make_recorder()

    def scored(number: int) -> None:
        for turn in range(40):
            ids = [f"{number}-{turn}-{unit}" for unit in range(number)]
            score(recorder, served, twin.readings[:number], ids=ids)

    threads = [threading.Thread(target=scored, args=(number,)) for number in (1, 2, 70)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorder.log.close()

    found = in_folder(folder)
    assert len(set(found.record_id)) == len(set(found.unit_id)) == len(found) == 40 * 73


def test_a_segment_is_let_go_of_after_some_seconds(make_recorder, served, twin, folder, clock):
    """A quiet line's units need not wait for megabytes of others; without units there is none."""
    recorder = make_recorder()
    recorder.log.look()
    score(recorder, served, twin.readings[:1])
    clock.seconds += 4
    recorder.log.look()
    score(recorder, served, twin.readings[:1])
    clock.seconds += 2
    recorder.log.look()
    score(recorder, served, twin.readings[:1])

    assert len(segments_in(folder)) == 2
    assert len(in_folder(folder)) == 3


def test_segments_are_bounded(make_recorder, served, twin, folder):
    """A busy line's units are not all in one file that nobody can ship yet."""
    recorder = make_recorder(max_bytes=2**20)
    for _ in range(120):
        score(recorder, served, twin.readings[:1])

    sizes = [path.stat().st_size for path in segments_in(folder)]
    assert len(sizes) == 3
    assert max(sizes) <= 2**18


def test_a_full_folder_costs_records_and_nothing_else(make_recorder, served, twin, folder, caplog):
    """Units beyond are counted, once in a while somebody is told, and room is made use of."""
    recorder = make_recorder(max_bytes=2**20)
    for _ in range(300):
        score(recorder, served, twin.readings[:1])

    assert sum(path.stat().st_size for path in folder.iterdir()) <= 2**20
    assert recorder.log.n_recorded > 0.8 * 2**20 / UNIT_BYTES
    assert recorder.log.n_unrecorded == {"full": 300 - recorder.log.n_recorded, "error": 0}
    assert len(in_folder(folder)) == recorder.log.n_recorded
    assert [line.message for line in caplog.records] == ["units are scored and not recorded"]

    segments_in(folder)[0].unlink()  # as the shipper does
    recorder.log.look()
    before = recorder.log.n_recorded
    score(recorder, served, twin.readings[:1])

    assert recorder.log.n_recorded == before + 1
    assert caplog.records[-1].message == "units are recorded again"


def test_what_others_left_takes_room(make_recorder, served, twin, folder):
    """A server that starts with a full folder does not fill it once more."""
    (folder / "20260301T060000.000000-dead-1.log").write_bytes(bytes(2**20))

    recorder = make_recorder(max_bytes=2**20)
    score(recorder, served, twin.readings[:1])

    assert recorder.log.n_unrecorded["full"] == 1


def test_an_error_costs_records_and_is_got_over(make_recorder, served, twin, folder, clock, caplog):
    """A folder that is gone is tried again after a moment, not at each request."""
    recorder = make_recorder()
    folder.rename(folder.with_name("elsewhere"))
    for _ in range(3):
        marks = score(recorder, served, twin.readings[:2])
        assert len(marks) == 2
    recorder.log.look()

    assert recorder.log.n_unrecorded == {"full": 0, "error": 6}
    assert len(caplog.records) == 1

    folder.with_name("elsewhere").rename(folder)
    clock.seconds += 2
    score(recorder, served, twin.readings[:2])

    assert recorder.log.n_recorded == len(in_folder(folder)) == 2


def test_a_write_that_breaks_off_spoils_no_other(
    make_recorder, served, twin, folder, clock, limit_file_size
):
    """On a disk that is full half of a frame is written: units before and after are read."""
    recorder = make_recorder()
    score(recorder, served, twin.readings[:1], ids=["before"])
    with limit_file_size(15_000):
        score(recorder, served, twin.readings[:4], ids=list("abcd"))
    clock.seconds += 2
    score(recorder, served, twin.readings[:1], ids=["after"])
    recorder.log.close()

    assert in_folder(folder).unit_id.tolist() == ["before", "after"]
    assert recorder.log.n_unrecorded["error"] == 4


def test_audited_units_are_counted(make_recorder, twin):
    """Flagged ones are not among them."""
    recorder = make_recorder(audit_share=1.0)
    for n, flagged in ((3, False), (4, True)):
        ids = [f"{number}" for number in range(n)]
        recorder.record(
            verdicts_of(n, flagged=flagged),
            twin.readings[:n],
            request_id="",
            unit_ids=ids,
            measured_at=None,
        )

    assert recorder.n_audited == 3


def test_a_backlog_is_as_old_as_its_oldest_unit(served, twin, folder):
    """Scored twenty seconds ago and shipped by nobody: that much a lost machine would lose."""
    now = 1_772_000_000_000_000_000
    recorder = Recorder(Recording(folder=folder), served, writer="w", clock=lambda: now)
    assert recorder.log.backlog().since is None
    score(recorder, served, twin.readings[:1])

    waiting = recorder.log.backlog()

    assert waiting.since is not None
    assert waiting.since.timestamp() == now / 1e9
    assert waiting.n_bytes == sum(path.stat().st_size for path in folder.iterdir())
    recorder.log.close()


@pytest.mark.parametrize("make_unfit", ["file", "below a file"])
def test_a_folder_that_cannot_be_is_refused_at_the_start(served, tmp_path, make_unfit):
    """A mistake in a setting shows before the server takes requests."""
    place = tmp_path / "taken"
    place.write_text("")
    folder = place if make_unfit == "file" else place / "below"

    with (
        pytest.raises(ConfigError, match="taken"),
        recorded(Recording(folder=folder), served),
    ):
        pass


@pytest.mark.parametrize(
    ("setting", "value"), [("audit_share", 1.1), ("max_bytes", 10), ("audit_seed", -1)]
)
def test_settings_out_of_range_are_refused(tmp_path, setting, value):
    """With name, range and value."""
    with pytest.raises(ConfigError, match=rf"{setting} must be in .* got {value}"):
        Recording(folder=tmp_path, **{setting: value})
