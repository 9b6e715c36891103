import pytest

from secom_core.errors import ConflictError, ObjectNotFoundError
from secom_core.store import Store


def test_objects_are_found_with_their_sizes(store):
    """A listing says how long each object is, so that it need not be fetched to know."""
    store.put("in/b", b"four")
    store.put("in/a", b"")

    assert [(found.key, found.n_bytes) for found in store.find("in/")] == [("in/a", 0), ("in/b", 4)]


@pytest.mark.parametrize("environ", ["store_environ", "minio_environ"], ids=["weed", "minio"])
def test_objects_are_found_behind_a_key(environ, request):
    """Who has seen the first ones asks for those behind them only."""
    store = Store.from_environment(request.getfixturevalue(environ))
    for key in ("in/a", "in/b", "in/c/d", "out/e"):
        store.put(key, b"-")

    assert [found.key for found in store.find("in/", after="in/a")] == ["in/b", "in/c/d"]
    assert store.find("in/", after="in/z") == ()


def test_range_is_what_lies_there(store):
    """The bytes of a range are those of the object at that place, and no more."""
    data = bytes(range(256)) * 40_000
    store.put("big", data)
    (found,) = store.find("big")

    assert store.get_range(found, 0, 3) == data[:3]
    assert store.get_range(found, 9_000_001, 70_000) == data[9_000_001:9_070_001]
    assert store.get_range(found, len(data) - 5, 5) == data[-5:]


def test_range_of_a_replaced_object_is_refused(store):
    """Nobody reads the first half of one object and the second half of another."""
    store.put("key", b"first")
    (found,) = store.find("key")
    store.put("key", b"other")

    with pytest.raises(ConflictError, match=r"s3://secom/key"):
        store.get_range(found, 0, 3)


def test_range_of_a_deleted_object_is_refused(store, store_environ):
    """What has gone since it was found is named."""
    store.put("key", b"first")
    (found,) = store.find("key")
    store._client.remove_object(store_environ["SECOM_BUCKET"], "key")  # noqa: SLF001 - a store cannot delete

    with pytest.raises(ObjectNotFoundError, match=r"s3://secom/key"):
        store.get_range(found, 0, 3)
