from datetime import UTC, datetime

import pytest

from secom_core.errors import ConflictError, HoldError, StoreError
from secom_core.store import hold, release, require_no_hold

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_nothing_is_held_at_first(store):
    """An empty store lets promotions through."""
    require_no_hold(store)


def test_hold_says_since_when_and_why(store):
    """Whoever is refused knows whom to ask."""
    hold(store, reason="tool 7 is qualified", at=AT)

    with pytest.raises(HoldError, match=r"since 2026-01-02T03:04:05\+00:00: tool 7 is qualified"):
        require_no_hold(store)


def test_released_champion_may_be_followed(store):
    """And releasing twice is no fault."""
    hold(store, reason="tool 7 is qualified", at=AT)
    release(store)
    release(store)

    require_no_hold(store)


def test_hold_can_be_repeated(store):
    """For the same reason it is the same hold, since when it was first put."""
    hold(store, reason="tool 7", at=AT)
    hold(store, reason="tool 7", at=AT.replace(year=2027))

    with pytest.raises(HoldError, match="since 2026"):
        require_no_hold(store)


def test_hold_of_somebody_else_stays(store):
    """Else the first of two to release would let promotions through for both."""
    hold(store, reason="tool 7", at=AT)

    with pytest.raises(ConflictError, match="tool 7"):
        hold(store, reason="audit", at=AT)


def test_damaged_hold_holds(store):
    """Whoever wrote it wanted the champion to stay."""
    store.put("hold.json", b"[")

    with pytest.raises(StoreError, match="`secom release` removes it"):
        require_no_hold(store)
