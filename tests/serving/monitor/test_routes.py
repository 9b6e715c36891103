import json

import pytest

from secom_core.outcomes import JOURNAL
from serving.monitor.body import MAX_BYTES
from serving.monitor.lease import VALID_SECONDS
from tests.serving.monitor.conftest import ALERTMANAGER, LAB
from tests.serving.monitor.test_alerts import alert, delivery

LINES = "application/x-ndjson"
OPEN = ("/healthz", "/readyz", "/metrics")
GUARDED = ("/v1/outcomes", "/v1/retrain", "/v1/alerts", "/v1/batches", "/v1/runs/x", "/", "/x")


def line(unit_id, result="pass"):
    """One outcome."""
    fields = {"unit_id": unit_id, "result": result, "found_at": "2008-10-17T06:00:00Z"}
    return json.dumps(fields) + "\n"


def send(client, *lines, kind=LINES):
    """Send outcomes."""
    content = "".join(lines)
    return client.post("/v1/outcomes", content=content, headers={"content-type": kind})


async def _in_pieces(content):
    yield content


def scraped(client, sample):
    """The value of a sample that Prometheus is told; None if it is not told of it."""
    for each in client.get("/metrics").text.splitlines():
        if each.startswith(sample + " "):
            return float(each.removeprefix(sample))
    return None


@pytest.mark.parametrize("path", OPEN)
def test_probes_and_prometheus_need_no_token(client, path):
    """Nothing there tells of a unit."""
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", GUARDED)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_strangers_learn_nothing(client, path, method):
    """One answer, whether a path is there or not, and whatever was sent."""
    other = LAB if path == "/v1/alerts" else ALERTMANAGER
    answers = [
        client.request(method, path, headers=headers, content=b"x" * 10)
        for headers in ({}, {"authorization": "Bearer x"}, {"authorization": f"Bearer {other}"})
    ]

    assert {each.status_code for each in answers} == {401}
    assert {each.text for each in answers} == {'{"error": "a valid bearer token is needed."}\n'}
    assert answers[0].headers["www-authenticate"] == 'Bearer realm="secom"'


def test_outcomes_are_kept_and_a_replay_changes_nothing(lab, store):
    """202 for what is new, 200 for what is known."""
    first = send(lab, line("w1"), line("w2", "fail"))
    again = send(lab, line("w1"), line("w2", "fail"))

    assert (first.status_code, first.json()) == (202, {"accepted": 2, "known": 0})
    assert (again.status_code, again.json()) == (200, {"accepted": 0, "known": 2})
    (key,) = store.list(JOURNAL)
    assert json.loads(store.get(key))["sender"] == "token monitor at 10.0.0.7"


def test_outcomes_may_be_csv(lab):
    """As a spreadsheet writes them."""
    table = "unit_id,result,found_at\nw1,pass,2008-10-17T06:00:00Z\n"

    assert send(lab, table, kind="text/csv; charset=utf-8").status_code == 202


def test_a_contradiction_is_refused_with_both_values(lab, store):
    """And so is all that came with it."""
    send(lab, line("w1"))

    refused = send(lab, line("w2"), line("w1", "fail"))

    assert refused.status_code == 409
    (conflict,) = refused.json()["conflicts"]
    assert (conflict["unit_id"], conflict["kept"]["result"]) == ("w1", "pass")
    assert conflict["sent"]["result"] == "fail"
    assert len(store.list(JOURNAL)) == 1


@pytest.mark.parametrize("content", ["", "\n", "{", "[]", "w1,pass", line("w1") + "{}"])
def test_a_delivery_with_one_bad_line_is_refused_whole(lab, store, content):
    """The message names the line."""
    refused = send(lab, content)

    assert refused.status_code == 400
    assert refused.json()["error"]
    assert store.list(JOURNAL) == ()


@pytest.mark.parametrize(
    ("path", "good"),
    [
        ("/v1/outcomes", LINES),
        ("/v1/retrain", "application/json"),
        ("/v1/batches", "application/json"),
    ],
)
def test_other_types_are_refused(lab, path, good):
    """The answer names those that are taken."""
    for kind in ("", "text/plain", "application/xml"):
        refused = lab.post(path, content=b"{}", headers={"content-type": kind})

        assert refused.status_code == 415
        assert good in refused.json()["error"]


@pytest.mark.parametrize("path", ["/v1/outcomes", "/v1/retrain", "/v1/batches"])
def test_what_is_too_large_is_refused(lab, path):
    """Whether it says its size or not."""
    kind = {"content-type": LINES if path == "/v1/outcomes" else "application/json"}
    content = b"x" * (MAX_BYTES + 1)

    assert lab.post(path, content=content, headers=kind).status_code == 413
    assert lab.post(path, content=_in_pieces(content), headers=kind).status_code == 413


def test_too_many_outcomes_wait(lab, clock):
    """The answer says for how long; then they are taken."""
    lines = [line(f"w{n}") for n in range(101)]

    assert send(lab, *lines).status_code == 413
    assert send(lab, *lines[:100]).status_code == 202
    refused = send(lab, lines[100])
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    clock.seconds += 1
    assert send(lab, lines[100]).status_code == 202


def test_a_training_starts_and_is_followed(lab, shelf):
    """Until it has ended."""
    body = {"reason": "new tool", "parameters": {"seed": 3}}
    started = lab.post("/v1/retrain", json=body)

    assert started.status_code == 202
    assert started.json()["run_id"] == "run-1"
    assert shelf.runs[0][1] == {"seed": 3, "source": "s3://secom/data/snapshots/1"}
    going = lab.get("/v1/runs/run-1").json()
    assert (going["status"], going["reason"]) == ("running", "new tool")
    assert lab.get(f"/v1/runs/{going['name']}").json() == going
    assert lab.get("/v1/runs/run-2").status_code == 404


def test_a_second_training_is_refused(lab, shelf):
    """409 while one runs, 429 in the cool-down, with the time that is left."""
    lab.post("/v1/retrain", json={"reason": "a"})

    running = lab.post("/v1/retrain", json={"reason": "b"})
    shelf.end("run-1")
    cooling = lab.post("/v1/retrain", json={"reason": "c"})

    assert (running.status_code, running.json()["answer"]) == (409, "running")
    assert (cooling.status_code, cooling.json()["answer"]) == (429, "cooling_down")
    assert 86000 < int(cooling.headers["retry-after"]) <= 86400


def test_a_repeated_request_is_told_of_its_run(lab):
    """By its Idempotency-Key."""
    key = {"idempotency-key": "k-1"}

    answers = [lab.post("/v1/retrain", json={"reason": "a"}, headers=key) for _ in range(2)]

    assert [each.status_code for each in answers] == [202, 202]
    assert [each.json()["run_id"] for each in answers] == ["run-1", "run-1"]


def test_without_kubeflow_a_request_is_refused_and_an_alert_queued(lab, shelf):
    """The one comes back by itself, the other does not."""
    shelf.is_away = True

    refused = lab.post("/v1/retrain", json={"reason": "a"})
    lab.headers["authorization"] = f"Bearer {ALERTMANAGER}"
    queued = lab.post("/v1/alerts", json=delivery(alert(action="retrain")))

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert (queued.status_code, queued.json()["answer"]) == (200, "queued")


def test_an_alert_is_answered_200_whatever_became_of_it(alertmanager, shelf):
    """Anything else would be repeated, or counted as failed."""
    deliveries = [
        delivery(alert(action="retrain")),
        delivery(alert(action="retrain")),
        delivery(alert(starts_at="2008-10-18T06:00:00Z", action="retrain")),
        delivery(alert()),
        delivery(alert("resolved", action="retrain")),
        delivery(),
    ]

    answers = [alertmanager.post("/v1/alerts", json=each) for each in deliveries]

    assert {each.status_code for each in answers} == {200}
    words = [each.json()["answer"] for each in answers]
    assert words == ["started", "duplicate", "running", "ignored", "ignored", "ignored"]
    assert answers[4].json()["why"] == "resolved"
    assert len(shelf.runs) == 1


def test_a_batch_starts_as_asked(lab, shelf):
    """With the names that people use."""
    places = {"input": "s3://lake/in", "output": "s3://lake/out"}

    assert lab.post("/v1/batches", json=places).status_code == 202
    assert lab.post("/v1/batches", json=places).status_code == 409
    pipeline, arguments, _ = shelf.runs[0]
    assert pipeline == "batch_predict"
    assert arguments == {"source": "s3://lake/in", "output": "s3://lake/out", "bundle": ""}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/readyz", None),
        ("POST", "/v1/outcomes", line("w1")),
        ("POST", "/v1/retrain", '{"reason": "a"}'),
        ("POST", "/v1/batches", '{"input": "s3://lake/in", "output": "s3://lake/out"}'),
        ("GET", "/v1/runs/run-1", None),
    ],
)
def test_who_does_not_lead_says_so(lab, clock, method, path, body):
    """Another monitor may be writing; the Service finds that one by its readiness."""
    clock.seconds += VALID_SECONDS
    kind = LINES if path == "/v1/outcomes" else "application/json"

    refused = lab.request(method, path, content=body, headers={"content-type": kind})

    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "5"
    assert lab.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 100_000,
        b'{"reason": NaN}',
        b'{"reason": "a", "parameters": {"seed": ' + b"9" * 5000 + b"}}",
        b'{"reason": "a", "parameters": {"missed_fail_cost": 1e999}}',
        b'{"reason": "a", "\\ud800": 1}',
    ],
)
def test_malformed_json_is_refused(lab, content):
    """With a reason that can be shown on any terminal."""
    refused = lab.post("/v1/retrain", content=content, headers={"content-type": "application/json"})

    assert refused.status_code == 400
    assert refused.text.isascii()


def test_half_a_surrogate_pair_is_kept_as_it_is_written(lab):
    """JSON can carry it, UTF-8 cannot."""
    started = lab.post(
        "/v1/retrain",
        content=b'{"reason": "\\ud800"}',
        headers={"content-type": "application/json"},
    )

    assert started.status_code == 202
    assert lab.get("/v1/runs/run-1").json()["reason"] == "\ud800"


def test_a_damaged_journal_is_no_fault_of_who_sends(lab, store):
    """It is told, and may be mended; what is there stays as it is."""
    store.put(f"{JOURNAL}000000001.json", b"{")

    refused = send(lab, line("w1"))

    assert refused.status_code == 503
    assert "backup" in refused.json()["error"]
    assert len(store.list(JOURNAL)) == 1


def test_other_methods_and_paths_are_told_apart(lab):
    """To whoever has a token."""
    refused = lab.request("PUT", "/v1/outcomes")

    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    assert lab.get("/v1/nothing").status_code == 404
    assert lab.get("/v1/outcomes/").status_code == 404


def test_answers_are_counted_by_route_and_code(lab, clock):
    """Paths that are none are one, however many come."""
    send(lab, line("w1"))
    send(lab, line("w1"))
    lab.get("/a")
    lab.get("/b")
    lab.post("/v1/retrain", json={"reason": "a"})
    lab.post("/v1/retrain", json={"reason": "b"})

    requests = "secom_monitor_requests_total"
    asked = "secom_retrains_asked_total"
    assert scraped(lab, requests + '{code="202",route="/v1/outcomes"}') == 1
    assert scraped(lab, requests + '{code="200",route="/v1/outcomes"}') == 1
    assert scraped(lab, requests + '{code="404",route="other"}') == 2
    assert scraped(lab, asked + '{answer="started",source="request"}') == 1
    assert scraped(lab, asked + '{answer="running",source="request"}') == 1
    assert scraped(lab, asked + '{answer="started",source="alert"}') == 0
    assert scraped(lab, 'secom_pipeline_runs_going{pipeline="train_and_promote"}') == 1
    assert scraped(lab, "secom_monitor_leads") == 1
    clock.seconds += VALID_SECONDS
    assert scraped(lab, "secom_monitor_leads") == 0
