import pytest

from secom_core.config import TrainingConfig
from secom_core.errors import RequestError
from serving.monitor.wishes import read_batch, read_keys, read_training

DIGEST = "0123456789abcdef" * 4


def test_a_training_may_have_other_parameters():
    """A whole number does for a fraction; what is not named stays."""
    fields = {"reason": "new tool", "parameters": {"seed": 3, "max_inspection_rate": 1}}

    assert read_training(fields, TrainingConfig()) == ("new tool", fields["parameters"])


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({}, "reason"),
        ({"reason": ""}, "reason"),
        ({"reason": 7}, "reason"),
        ({"reason": "x" * 301}, "reason"),
        ({"reason": "x", "source": "s3://a/b"}, "unknown: 'source'"),
        ({"reason": "x", "parameters": []}, "object"),
        ({"reason": "x", "parameters": {"source": "s3://a/b"}}, "unknown: 'source'"),
        ({"reason": "x", "parameters": {"inference_service": "x"}}, "unknown"),
        ({"reason": "x", "parameters": {"seed": "1"}}, "seed"),
        ({"reason": "x", "parameters": {"seed": 1.5}}, "seed"),
        ({"reason": "x", "parameters": {"seed": True}}, "seed"),
        ({"reason": "x", "parameters": {"seed": -1}}, "seed"),
        ({"reason": "x", "parameters": {"search": "none"}}, "search"),
        ({"reason": "x", "parameters": {"max_inspection_rate": 0}}, "max_inspection_rate"),
        ({"reason": "x", "parameters": {"holdout": 0.9}}, "holdout"),
        ({"reason": "x", "parameters": {"missed_fail_cost": float("inf")}}, "missed_fail_cost"),
        ({"reason": "x", "parameters": {"missed_fail_cost": 10**400}}, "missed_fail_cost"),
    ],
)
def test_a_training_that_cannot_be_is_refused(fields, match):
    """The message names what is wrong."""
    with pytest.raises(RequestError, match=match):
        read_training(fields, TrainingConfig())


def test_a_batch_names_places_in_the_object_store():
    """And perhaps a published bundle."""
    fields = {"input": "s3://lake/in/", "output": "s3://lake/out", "bundle": DIGEST}

    assert read_batch(fields) == {
        "source": "s3://lake/in/",
        "output": "s3://lake/out",
        "bundle": DIGEST,
    }
    assert read_batch({"input": "s3://lake/in", "output": "s3://lake/out"})["bundle"] == ""


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"input": "s3://lake/in"},
        {"input": "/etc/passwd", "output": "s3://lake/out"},
        {"input": "s3://lake/in", "output": "file:///tmp"},
        {"input": "s3://lake/in", "output": "https://lake/out"},
        {"input": "s3://lake", "output": "s3://lake/out"},
        {"input": "s3://lake/in\n", "output": "s3://lake/out"},
        {"input": "s3://lake/in", "output": 7},
        {"input": "s3://lake/in", "output": "s3://lake/out", "bundle": "champion"},
        {"input": "s3://lake/in", "output": "s3://lake/out", "bundle": DIGEST + "\n"},
        {"input": "s3://lake/in", "output": "s3://lake/out", "bundle": None},
        {"input": "s3://lake/in", "output": "s3://lake/out", "n_shares": 9},
    ],
)
def test_a_batch_that_cannot_be_is_refused(fields):
    """No path of the machine it runs on, no other host."""
    with pytest.raises(RequestError):
        read_batch(fields)


def test_a_key_is_known_by_what_it_was_sent_for():
    """A training and a batch may have the same."""
    assert read_keys("retrain", []) == ()
    assert read_keys("retrain", ["k-1"]) != read_keys("batch", ["k-1"])


@pytest.mark.parametrize("sent", [[""], ["a b"], ["é"], ["x" * 201], ["a", "b"]])
def test_a_key_that_is_none_is_refused(sent):
    """It would be taken for another one some day."""
    with pytest.raises(RequestError, match="Idempotency-Key"):
        read_keys("retrain", sent)
