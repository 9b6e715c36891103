"""Server and shipper as processes of their own: what is acknowledged is read back, once."""

from __future__ import annotations

import signal
import threading

import httpx
import numpy as np
import pytest

from secom_core.record import unique
from serving import metrics
from tests.serving.predictor.recording.processes import Door, shipping, started
from tests.serving.predictor.recording.scoring import in_folder, in_store, score
from tests.serving.predictor.test_counts import asked
from tests.serving.running import body_of, running


@pytest.fixture
def record(tmp_path):
    """Where servers record; they make it."""
    return tmp_path / "made" / "records"


class Client(threading.Thread):
    """Asks until its server is gone; remembers which units it was answered for."""

    def __init__(self, server, readings, name) -> None:
        super().__init__()
        self._server, self._readings, self._name = server, readings, name
        self.answered: dict[str, float] = {}
        self.has_begun = threading.Event()

    def run(self) -> None:
        """Ask one unit after the other."""
        with httpx.Client(timeout=30) as client:
            for number in range(1_000_000):
                unit = f"{self._name}-{number}"
                try:
                    answer = client.post(self._server.infer, json=self._request(number, unit))
                except httpx.TransportError:
                    return
                outputs = {out["name"]: out["data"][0] for out in answer.json()["outputs"]}
                self.answered[unit] = outputs["risk"]
                if number == 10:
                    self.has_begun.set()

    def _request(self, number: int, unit: str) -> dict:
        readings = self._readings[number % len(self._readings)][np.newaxis]
        body = body_of(readings)
        body["inputs"].append(
            {"name": "unit_id", "datatype": "BYTES", "shape": [1], "data": [unit]}
        )
        return body


def test_no_acknowledged_unit_is_lost_to_kill_9(bundle_folder, twin, record, store, store_environ):
    """Servers die under load one after the other while a shipper ships, and it dies too."""
    answered: dict[str, float] = {}
    with shipping(record, store_environ) as first:
        for life in range(3):
            with running(bundle_folder, record=record) as server:
                clients = [Client(server, twin.readings, f"{life}-{name}") for name in "ab"]
                for client in clients:
                    client.start()
                for client in clients:
                    assert client.has_begun.wait(30)
                if life == 1:
                    first.process.kill()
                server.process.kill()
                for client in clients:
                    client.join()
                    answered |= client.answered
    with shipping(record, store_environ) as second:
        second.stop()
        status, _ = second.end()

    assert status == 0
    found = unique(in_store(store))
    risks = dict(zip(found.unit_id, found.risk, strict=True))
    assert len(found) == len(risks)  # each once
    assert {unit: risks[unit] for unit in answered} == answered
    assert len(risks) - len(answered) <= 6  # scored, and killed before the answer


def test_the_shipper_waits_for_the_servers_end(bundle_folder, twin, record, store, store_environ):
    """Both are told to stop at once; units scored while the server drains arrive all the same."""
    with (
        running(bundle_folder, record=record, drain_seconds=2.0) as server,
        shipping(record, store_environ, "--wait", "30") as shipper,
    ):
        server.post(body_of(twin.readings[:2]))
        shipper.stop()
        server.process.send_signal(signal.SIGTERM)
        assert server.post(body_of(twin.readings[:3])).status_code == 200
        assert server.process.wait(30) == 0

        status, log = shipper.end()

    assert status == 0
    assert [line["message"] for line in log] == ["stopped"]
    assert log[-1]["units_left"] == 0
    assert len(in_store(store)) == 5
    assert not list(record.iterdir())


@pytest.fixture
def four_units(make_recorder, served, twin, folder):
    """A folder with a segment of four units, whose server is gone."""
    recorder = make_recorder()
    score(recorder, served, twin.readings[:4])
    recorder.log.close()
    return folder


def test_a_store_that_is_away_is_waited_for(four_units, store, store_environ):
    """Once it is back it gets everything."""
    door = Door(store_environ)
    with shipping(four_units, door.environ, "--wait", "30") as shipper:
        assert "takes no records" in shipper.process.stderr.readline()
        with door.opened():
            shipper.stop()
            status, log = shipper.end()

    assert status == 0
    assert log[-1]["units_left"] == 0
    assert len(in_store(store)) == 4


def test_what_cannot_be_shipped_is_said_and_stays(four_units, store_environ):
    """Where the store stays away, the shipper ends in time and tells how many units are left."""
    with shipping(four_units, Door(store_environ).environ, "--wait", "0") as shipper:
        assert "nothing listens there" in shipper.process.stderr.readline()
        shipper.stop()
        status, log = shipper.end()

    assert status == 3
    assert (log[-1]["level"], log[-1]["units_left"]) == ("error", 4)
    assert len(in_folder(four_units)) == 4


def test_answers_and_metrics_tell_of_recording(bundle_folder, twin, record):
    """An answer says which units to audit; counts say what is kept and what is not shipped."""
    with running(bundle_folder, record=record, audit_share=1.0) as server:
        answer = server.post(body_of(twin.readings[:8])).json()
        outputs = {out["name"]: out for out in answer["outputs"]}
        described = httpx.get(f"{server.http}/v2/models/secom").json()["outputs"]
        found = asked(server)

    flagged = np.array(outputs["flagged"]["data"])
    assert [out["name"] for out in answer["outputs"]] == ["risk", "flagged", "audit", "unit_id"]
    assert outputs["audit"]["datatype"] == "BOOL"
    assert outputs["audit"]["data"] == (~flagged).tolist()
    assert {"name": "audit", "datatype": "BOOL", "shape": [-1]} in described
    assert found[metrics.RECORDED] == 8
    assert found[metrics.AUDITED] == np.count_nonzero(~flagged)
    assert found[f"{metrics.UNRECORDED}[('reason', 'full')]"] == 0
    assert found[f"{metrics.UNRECORDED}[('reason', 'error')]"] == 0
    assert found[metrics.BACKLOG_BYTES] == sum(path.stat().st_size for path in record.iterdir())
    assert 0 <= found[metrics.BACKLOG_SECONDS] < 30
    records = in_folder(record)
    assert records.unit_id.tolist() == outputs["unit_id"]["data"]
    assert set(records.request_id) == {answer["id"]}


def test_recording_can_be_off(server, twin):
    """Then nothing is said of audits, nor counted."""
    answer = server.post(body_of(twin.readings[:1])).json()
    wanted = {**body_of(twin.readings[:1]), "outputs": [{"name": "audit"}]}

    assert [out["name"] for out in answer["outputs"]] == ["risk", "flagged", "unit_id"]
    assert "unknown output 'audit'" in server.post(wanted).json()["error"]
    assert metrics.RECORDED not in asked(server)


def test_times_and_names_of_clients_are_kept(bundle_folder, twin, record):
    """The line's time is kept as it was sent, without its offset."""
    body = body_of(twin.readings[:1], id="run 7")
    for name, text in (("unit_id", "W-17"), ("measured_at", "2008-07-19T11:55:00.5+02:00")):
        body["inputs"].append({"name": name, "datatype": "BYTES", "shape": [1], "data": [text]})
    with running(bundle_folder, record=record) as server:
        server.post(body).raise_for_status()

    found = in_folder(record)

    assert (found.unit_id.item(), found.request_id.item()) == ("W-17", "run 7")
    assert found.measured_at.item().isoformat() == "2008-07-19T11:55:00"


def test_the_shipper_says_what_it_lacks(tmp_path):
    """Without a store it does not start."""
    process = started(tmp_path, {"AWS_ENDPOINT_URL": ""})
    _, text = process.communicate(timeout=30)

    assert process.returncode == 2
    assert "AWS_ENDPOINT_URL" in text
