import pytest

from components import outcome
from secom_core.errors import StoreError
from secom_core.store.run_documents import failure_key, verdict_key
from serving.monitor.endings import ending_of
from tests.bundles import promoting


@pytest.mark.parametrize(("state", "ending"), [("succeeded", "promoted"), ("failed", "failed")])
def test_a_verdict_is_what_the_stage_left(store, pair, state, ending):
    """The gate's stage writes it; a stage that fails afterwards makes the run a failure."""
    verdict = promoting(pair[0], None).verdict
    outcome.keep_verdict(store, run_id="run-1", verdict=verdict)

    found, why = ending_of(store, "run-1", state)

    assert found == ending
    assert state == "failed" or why == "It meets every condition."


@pytest.mark.parametrize(("decision", "ending"), [("keep", "kept"), ("none", "none")])
def test_a_gate_that_says_no_gives_its_reasons(store, decision, ending):
    """No is a success of the gate."""
    store.put(
        verdict_key("run-1"),
        b'{"decision": "%s", "reasons": ["Too few fails.", "Come back."]}' % decision.encode(),
    )

    assert ending_of(store, "run-1", "succeeded") == (ending, "Too few fails. Come back.")


@pytest.mark.parametrize(
    ("stage", "ending"), [("promote", "rolled_back"), ("train forest", "failed")]
)
@pytest.mark.parametrize("state", ["succeeded", "failed"])
def test_a_failure_names_its_stage(store, stage, ending, state):
    """A run whose exit handler succeeded may look like a success to Kubeflow."""
    reason = b'{"stage": "%s", "reason": "out of memory"}' % stage.encode()
    store.put(failure_key("run-1"), reason)
    outcome.keep(store, run_id="run-1", state="FAILED")

    assert ending_of(store, "run-1", state) == (ending, "out of memory")


def test_a_run_without_a_verdict_is_done(store):
    """As a batch is."""
    assert ending_of(store, "run-1", "succeeded") == ("done", "")


def test_a_failure_that_left_nothing_points_to_the_logs(store):
    """A stage may be killed before it can say a word."""
    assert ending_of(store, "run-1", "failed")[0] == "failed"


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff"])
def test_a_damaged_document_is_named(store, content):
    """The next round looks again."""
    store.put(verdict_key("run-1"), content)

    with pytest.raises(StoreError, match=r"runs/run-1/verdict\.json"):
        ending_of(store, "run-1", "succeeded")
