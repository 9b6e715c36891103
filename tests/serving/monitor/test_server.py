import json
from collections import Counter
from threading import Event, Thread

import httpx
import pytest

from pipelines.as_yaml import checked_in
from secom_core.outcomes import JOURNAL
from secom_core.store.run_documents import verdict_key
from tests.pipelines.kubeflow_api import KubeflowApi
from tests.serving.monitor.running import free_port, monitoring, until
from tests.serving.monitor.test_alerts import alert, delivery


@pytest.fixture
def kubeflow():
    """A stand-in for Kubeflow's API, with both pipelines."""
    with KubeflowApi() as server:
        for name in ("train_and_promote", "batch_predict"):
            server.bring(checked_in(name))
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def kept(store):
    """How often each unit's outcome is in the journal."""
    entries = [json.loads(store.get(key)) for key in store.list(JOURNAL)]
    return Counter(each["unit_id"] for entry in entries for each in entry["outcomes"])


def test_an_alert_leads_to_a_training_and_its_end_is_told(store_environ, store, kubeflow):
    """From Alertmanager's webhook to the gate's verdict; then it ends politely."""
    with monitoring(store_environ, f"--kubeflow={kubeflow.address}", "--seed=3") as monitor:
        monitor.until_ready()
        started = monitor.post("/v1/alerts", json=delivery(alert(action="retrain"))).json()

        assert started["answer"] == "started"
        (run,) = kubeflow.runs
        arguments = run["runtime_config"]["parameters"]
        assert (arguments["source"], arguments["seed"]) == ("synthetic", 3)
        going = 'secom_pipeline_runs_going{pipeline="train_and_promote"}'
        assert monitor.sample(going) == 1

        verdict = {"decision": "keep", "reasons": ["The champion is better."]}
        store.put(verdict_key(started["run_id"]), json.dumps(verdict).encode())
        kubeflow.end(started["run_id"], "SUCCEEDED")
        until(lambda: monitor.sample(going) == 0)

        ended = monitor.get(f"/v1/runs/{started['run_id']}").json()
        assert (ended["status"], ended["why"]) == ("kept", "The champion is better.")
        assert monitor.sample("secom_retrain_refusals") == 1
        until(lambda: monitor.sample('secom_monitor_cycles_total{result="done"}'))

        status, log = monitor.stop()
        assert status == 0
        assert [line["message"] for line in log] == [
            "leading",
            "snapshot taken",
            "run started",
            "alerts delivered",
            "run ended",
            "stopping",
            "stopped",
        ]


def test_a_kill_in_the_middle_of_everything_loses_nothing(store_environ, store, kubeflow):
    """While clients send outcomes, and Kubeflow has started a training without having said so."""
    port, options = free_port(), [f"--kubeflow={kubeflow.address}"]
    acknowledged, stopping = set(), Event()
    with monitoring(store_environ, *options, port=port) as monitor:
        monitor.until_ready()
        senders = [
            Thread(target=_send, args=(monitor, n, acknowledged, stopping)) for n in range(4)
        ]
        asker = Thread(target=_ask_in_vain, args=(monitor,))
        kubeflow.answers.clear()
        for thread in [*senders, asker]:
            thread.start()
        until(lambda: kubeflow.runs and len(acknowledged) >= 40)
        monitor.kill()
        kubeflow.answers.set()
        asker.join()
        n_before = len(acknowledged)
    with monitoring(store_environ, *options, port=port) as monitor:
        until(lambda: len(acknowledged) >= n_before + 20)
        stopping.set()
        for sender in senders:
            sender.join()

        units = kept(store)
        assert acknowledged <= units.keys()
        assert set(units.values()) == {1}
        known = {"accepted": 0, "known": len(acknowledged)}
        assert monitor.outcomes(*acknowledged).json() == known
        until(lambda: monitor.get("/v1/runs/run-1").status_code == 200)
        again = monitor.post("/v1/retrain", json={"reason": "again"})
        assert (again.status_code, again.json()["answer"]) == (409, "running")
        assert len(kubeflow.runs) == 1


def _send(monitor, client, acknowledged, stopping):
    """Send outcomes one after the other, and each again until it is acknowledged."""
    n = 0
    while not stopping.is_set():
        unit = f"w{client}-{n}"
        try:
            if monitor.outcomes(unit, "same").status_code in {200, 202}:
                acknowledged.add(unit)
                n += 1
        except httpx.HTTPError:
            stopping.wait(0.1)


def _ask_in_vain(monitor):
    with pytest.raises(httpx.HTTPError):
        monitor.post("/v1/retrain", json={"reason": "once"})


def test_of_two_monitors_one_acts_and_the_other_follows(store_environ, store):
    """Started by mistake on the same store: writes go to one of them at any time."""
    with monitoring(store_environ) as first:
        first.until_ready()
        with monitoring(store_environ) as second:
            until(lambda: second.sample("secom_monitor_leads") is not None)

            assert second.get("/healthz").status_code == 200
            assert second.get("/readyz").status_code == 503
            assert second.outcomes("w1").status_code == 503
            assert first.outcomes("w1").status_code == 202
            assert (first.sample("secom_monitor_leads"), second.sample("secom_monitor_leads")) == (
                1,
                0,
            )

            assert first.stop()[0] == 0
            second.until_ready()
            assert second.outcomes("w1").json() == {"accepted": 0, "known": 1}
            assert kept(store) == {"w1": 1}
            said = [line["message"] for line in second.stop()[1]]

    assert said[:2] == ["standing by", "leading"]


def test_without_its_store_it_lives_and_is_not_ready(store_environ):
    """Pods start in any order."""
    away = {**store_environ, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"}
    with monitoring(away) as monitor:
        assert monitor.get("/healthz").status_code == 200
        refused = monitor.outcomes("w1")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        status, log = monitor.stop()

    assert status == 0
    assert log[-1]["message"] == "stopped"
