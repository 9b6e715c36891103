import json
from datetime import UTC, date, datetime, timedelta
from threading import Event

import numpy as np
import pytest
from click.testing import CliRunner

from pipelines.cli import main
from secom_core import promotion
from secom_core.outcomes import JOURNAL, Outcome, to_bytes
from secom_core.record import object_key, to_parquet
from secom_core.store import Journal, append_to_ledger
from serving.monitor.champion import Champions
from serving.predictor.recording.shipper import Shipper
from tests.bundles import RUN_ID, promoting
from tests.secom_core.outcomes.made import outcome, scored
from tests.serving.running import body_of, running

SENSORS = ("a", "b", "c")


@pytest.fixture
def call(store_environ, monkeypatch):
    """Call the verb, as an engineer does whose environment leads to the store."""
    for name, value in store_environ.items():
        monkeypatch.setenv(name, value)
    return lambda *words: CliRunner().invoke(main, ["trace", *words])


@pytest.fixture
def champion(published, store):
    """A bundle that the gate let through, and that the monitor has seen."""
    first, _ = published
    verdict = promoting(first, None).verdict
    append_to_ledger(store, verdict.holdout, lambda _: verdict.to_json())
    promotion.crown(store, first, verdict, run_id=RUN_ID)
    Champions(store).look()
    return first


def ship(store, records, *, number=1, day=1):
    """Put records where the shipper puts them; return the key."""
    key = object_key(f"202603{day:02d}T060000.000000-w-{number}", date(2026, 3, day))
    store.put(key, to_parquet(records, SENSORS))
    return key


def report(store, *outcomes):
    """Take outcomes in."""
    journal = Journal(store, JOURNAL)
    journal.append(to_bytes(outcomes, sender="lab"), after=len(journal.read()))


def in_order(text, *words):
    """Whether the words come one behind the other."""
    at = [text.find(word) for word in words]
    return -1 not in at and at == sorted(at)


def test_unit_is_traced_to_bundle_run_data_and_outcome(call, store, champion):
    """One command leads from a unit to everything that its risk came from, and what came of it."""
    names = ["w6", "w7", "w8"]
    ship(
        store,
        scored(names, risk=[0.1, 0.31, 0.2], flagged=[False, True, False], bundle=champion.digest),
    )
    report(store, outcome("w7", "fail"), outcome("w8"))

    ended = call("w7")

    assert ended.exit_code == 0, ended.output
    assert in_order(
        ended.stdout,
        "unit w7\n",
        "outcome  fail, found 2026-03-02 06:00:00 UTC\n",
        "inspected because it was flagged\n",
        "a fail that was captured\n",
        "scored once\n",
        "2026-03-01 06:01:00 UTC  risk 0.310  flagged for inspection   <- what the outcome",
        "request   request\n",
        "record    0-1\n",
        f"bundle    {champion.digest}\n",
        f"bundle {champion.digest} (serves now)\n",
        "model     logistic, made from the synthetic twin\n",
        f"run       {RUN_ID}\n",
        "trained   2008-10-18T08:00:00+00:00\n",
        f"commit    {'0' * 40}\n",
        f"data      {champion.data_digest}\n",
        "champion  since ",
        "the gate  let it through:\n    - It meets every condition.",
    )


def test_answer_of_the_predictor_is_traced(call, store, champion, tmp_path):
    """From the name in an answer to the bundle's data and the unit's outcome."""
    with running(champion.path, record=tmp_path) as server:
        answer = server.post(body_of(champion.golden.readings[:3], id="request-7")).json()
        server.stop()
    shipped = Event()
    shipped.set()
    assert Shipper(tmp_path, store, every=1, wait=0).run(shipped) == 0
    outputs = {each["name"]: each["data"] for each in answer["outputs"]}
    name = outputs["unit_id"][1]
    late = datetime.now(UTC) + timedelta(hours=1)
    report(store, Outcome(unit_id=name, is_fail=True, found_at=late))

    told = json.loads(call(name, "--json").stdout)

    (scoring,), (bundle,) = told["scorings"], told["bundles"]
    assert scoring["risk"] == outputs["risk"][1]
    assert scoring["flagged"] == outputs["flagged"][1]
    assert scoring["request_id"] == "request-7"
    assert scoring["outcome_how"] in {"inspection", "audit", "final_test"}
    assert scoring["bundle"] == bundle["digest"] == champion.digest
    assert (bundle["data_digest"], bundle["run_id"]) == (champion.data_digest, RUN_ID)


def test_same_for_programs(call, store, champion):
    """As JSON, with every field and times that a program reads."""
    records = scored(["w7"], risk=[0.31], audited=[True], bundle=champion.digest)
    records.measured_at[:] = np.datetime64("2026-03-01T05:00:00")
    ship(store, records)
    report(store, outcome("w7", "fail"))

    told = json.loads(call("w7", "--json").stdout)

    assert told["outcome"] == {
        "unit_id": "w7",
        "result": "fail",
        "found_at": "2026-03-02T06:00:00+00:00",
    }
    (scoring,) = told["scorings"]
    assert scoring["scored_at"] == "2026-03-01T06:00:00+00:00"
    assert scoring["measured_at"] == "2026-03-01T05:00:00"
    assert (scoring["flagged"], scoring["audited"], scoring["outcome_how"]) == (
        False,
        True,
        "audit",
    )
    (bundle,) = told["bundles"]
    assert (bundle["digest"], bundle["run_id"]) == (champion.digest, RUN_ID)
    assert (bundle["data_digest"], bundle["is_champion"]) == (champion.data_digest, True)
    assert bundle["promoted_for"] == ["It meets every condition."]


def test_every_scoring_is_told_the_newest_first(call, store, published):
    """A unit that was scored again, by another bundle and on another day, is told of twice."""
    first, second = published
    ship(store, scored(["w7"], bundle=first.digest))
    ship(store, scored(["w7"], hours=[48], bundle=second.digest, seed=1), day=3)
    report(store, outcome("w7", hours=24))

    text = call("w7").stdout

    assert in_order(
        text,
        "scored 2 times, the newest first",
        "2026-03-03 06:00:00 UTC  risk 0.100  not flagged\n",
        second.digest,
        "2026-03-01 06:00:00 UTC  risk 0.100  not flagged   <- what the outcome",
        first.digest,
        f"bundle {second.digest}\n",
        f"bundle {first.digest}\n",
    )
    assert "no record of having let it through" in text
    assert "rightly passed on" in text


def test_repeat_of_a_record_is_told_once(call, store, champion):
    """A record may lie in two objects."""
    for number in (1, 2):
        ship(store, scored(["w7"], bundle=champion.digest), number=number)

    assert "scored once" in call("w7").stdout


@pytest.mark.parametrize(
    ("outcomes", "told"),
    [
        ([], "outcome  not known yet"),
        ([outcome("w7", "fail", hours=-5)], "no prediction is held against it"),
        ([outcome("w7", "fail")], "an escape: it failed, and was not flagged"),
    ],
    ids=["none", "older than the prediction", "escape"],
)
def test_outcome_is_told_as_it_stands(call, store, champion, outcomes, told):
    """Not known, not to be held against a prediction, or an escape."""
    ship(store, scored(["w7"], bundle=champion.digest))
    if outcomes:
        report(store, *outcomes)

    assert told in call("w7").stdout


def test_unknown_unit_is_refused_with_advice(call, store, champion):
    """What was looked through is told, and what to check."""
    ship(store, scored(["w7"], bundle=champion.digest))
    report(store, outcome("w9", "fail"))

    ended = call("w8")
    known = call("w9")

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "no prediction of unit 'w8' is recorded at s3://secom/predictions/" in ended.stderr
    assert "(1 objects, the newest of 2026-03-01). Check the name" in ended.stderr
    assert "Its outcome is known, though: fail." in known.stderr


def test_empty_store_is_no_riddle(call):
    """Before anything was recorded, it says so."""
    ended = call("w7")

    assert ended.exit_code == 2
    assert "(0 objects)" in ended.stderr


def test_damaged_object_is_told_and_passed_over(call, store, champion):
    """It may hide a prediction, which must be known; it must not hide the others."""
    ship(store, scored(["w7"], bundle=champion.digest))
    key = ship(store, scored(["w7"], bundle=champion.digest, seed=1), number=2)
    store.put(key, b"half of")

    ended = call("w7")

    assert ended.exit_code == 0
    assert "scored once" in ended.stdout
    assert f"s3://secom/{key} is passed over" in ended.stderr


def test_bundle_that_was_pruned_is_told(call, store):
    """The prediction is known still."""
    ship(store, scored(["w7"], bundle="f" * 64))

    ended = call("w7")

    assert ended.exit_code == 0
    assert f"bundle    {'f' * 64}" in ended.stdout
    assert f"bundle {'f' * 64} is no longer in the store" in ended.stderr


def test_clients_text_does_not_move_the_cursor(call, store, champion):
    """A request id is what a client sent."""
    records = scored(["w7"], bundle=champion.digest)
    records.request_id[:] = "\x1b[2Jgone"
    ship(store, records)

    assert "request   \ufffd[2Jgone" in call("w7").stdout
