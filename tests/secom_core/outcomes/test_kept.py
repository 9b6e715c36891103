import pytest

from secom_core.errors import OutcomeError
from secom_core.outcomes import from_bytes, to_bytes
from tests.secom_core.outcomes.made import outcome


def test_delivery_comes_back_and_says_who_sent_it():
    """What is kept is read again; who sent it is there for an audit."""
    delivered = (outcome("a"), outcome("é, 7", "fail"))

    kept = to_bytes(delivered, sender="10.0.0.7")

    assert from_bytes(kept) == delivered
    assert b"10.0.0.7" in kept


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"outcomes": 7}',
        b'{"outcomes": [7]}',
        b"[" * 100_000,
        b'{"outcomes": [{"unit_id": "a", "result": "pass", "found_at": "now"}]}',
    ],
)
def test_damaged_delivery_is_told(content):
    """What this version did not write is not taken for outcomes."""
    with pytest.raises(OutcomeError, match=r"no delivery of outcomes.*Restore the journal"):
        from_bytes(content)
