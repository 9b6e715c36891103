import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from secom_core.outcomes import JOURNAL
from tests.serving.monitor.conftest import ALERTMANAGER, LAB
from tests.serving.monitor.test_alerts import alert, delivery

# All examples meet one monitor: what they must not do, they must not do together.
fuzz = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
KINDS = st.sampled_from(
    ["application/json", "application/x-ndjson", "text/csv", "text/csv;charset=x", "", "a/b"]
)
PATHS = st.sampled_from(
    ["/v1/outcomes", "/v1/retrain", "/v1/alerts", "/v1/batches", "/v1/runs/x", "/metrics", "/x"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(), each, max_size=3),
    max_leaves=8,
)
UNDERSTOOD = {200, 202, 400, 404, 405, 408, 409, 413, 415, 429, 503}

ALERT = alert(action="retrain")
DELIVERY = delivery(ALERT)
OUTCOME = {"unit_id": "w1", "result": "pass", "found_at": "2008-10-17T06:00:00Z"}
TRAINING = {"reason": "a", "parameters": {"seed": 1, "holdout": 0.2, "search": "quick"}}
BATCH = {"input": "s3://lake/in", "output": "s3://lake/out", "bundle": ""}


def mutated(fields):
    """Return the fields, some of them gone, others of another value, and strange ones beside."""
    kept = {name: st.just(value) | VALUES for name, value in fields.items()}
    strange = st.dictionaries(st.text(), VALUES, max_size=1)
    return st.builds(lambda a, b: a | b, st.fixed_dictionaries({}, optional=kept), strange)


@fuzz
@given(
    path=PATHS,
    method=st.sampled_from(["GET", "POST", "PUT", "HEAD", "OPTIONS"]),
    body=st.binary(max_size=300),
    kind=KINDS,
    token=st.sampled_from([LAB, ALERTMANAGER]),
    key=st.binary(max_size=30),
)
def test_no_request_breaks_the_monitor(client, path, method, body, kind, token, key):
    """Whatever comes is answered, and never by 500."""
    headers = {
        "authorization": f"Bearer {token}",
        "content-type": kind,
        "idempotency-key": key,
    }

    answer = client.request(method, path, content=body, headers=headers)

    assert answer.status_code in UNDERSTOOD | {401}


@fuzz
@given(
    sent=st.lists(
        st.binary(max_size=40)
        | st.sampled_from([LAB[:-1], LAB + "m", ALERTMANAGER]).map(
            lambda token: b"Bearer " + token.encode()
        ),
        max_size=3,
    ),
    path=st.sampled_from(["/v1/outcomes", "/v1/retrain", "/v1/batches", "/v1/runs/x", "/x"]),
)
def test_no_other_token_opens(client, sent, path):
    """Nor do two."""
    headers = [(b"authorization", each) for each in sent]

    assert client.request("POST", path, headers=headers).status_code == 401


@fuzz
@given(
    sent=st.one_of(
        mutated(DELIVERY).map(lambda fields: ("/v1/alerts", fields)),
        mutated(ALERT).map(lambda fields: ("/v1/alerts", {**DELIVERY, "alerts": [fields]})),
        mutated(TRAINING).map(lambda fields: ("/v1/retrain", fields)),
        mutated(TRAINING["parameters"]).map(
            lambda fields: ("/v1/retrain", {"reason": "a", "parameters": fields})
        ),
        mutated(BATCH).map(lambda fields: ("/v1/batches", fields)),
        VALUES.map(lambda value: ("/v1/retrain", value)),
    )
)
def test_json_of_almost_the_right_form_is_answered(client, shelf, sent):
    """And never is a pipeline started with what it would not take."""
    path, fields = sent
    token = ALERTMANAGER if path == "/v1/alerts" else LAB
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}

    answer = client.post(path, content=json.dumps(fields), headers=headers)

    assert answer.status_code in UNDERSTOOD
    assert all(
        isinstance(value, (str, int, float))
        for _, arguments, _ in shelf.runs
        for value in arguments.values()
    )


@fuzz
@given(
    lines=st.lists(
        st.builds(lambda n: OUTCOME | {"unit_id": f"w{n}"}, st.integers(0, 9)) | mutated(OUTCOME),
        min_size=1,
        max_size=3,
    )
)
def test_a_delivery_is_kept_whole_or_not_at_all(client, service, clock, store, lines):
    """What is acknowledged is in the journal once, and a refusal leaves it as it was."""
    clock.seconds += len(lines)  # as many are let through again
    service.lease.renew()
    before = _kept(store)
    content = "\n".join(map(json.dumps, lines))
    headers = {"authorization": f"Bearer {LAB}", "content-type": "application/x-ndjson"}

    answer = client.post("/v1/outcomes", content=content, headers=headers)

    after = _kept(store)
    assert len(after) == len(set(after))
    if answer.status_code in {200, 202}:
        assert {fields["unit_id"] for fields in lines} <= set(after)
        assert len(after) == len(before) + answer.json()["accepted"]
    else:
        assert answer.status_code in {400, 409}
        assert after == before


def _kept(store):
    entries = [json.loads(store.get(key)) for key in store.list(JOURNAL)]
    return [outcome["unit_id"] for entry in entries for outcome in entry["outcomes"]]
