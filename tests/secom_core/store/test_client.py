from threading import Barrier, Thread

import pytest

from secom_core.errors import ConflictError, ObjectNotFoundError, StoreError
from secom_core.store import Store
from tests.secom_core.store.answering import Answer, answering

N_RACES = 10


def race(environ, key, *, etag):
    """Let two writers write at the same moment; return who won, and how the other lost."""
    start = Barrier(2)
    won, lost = [], []

    def write(data):
        store = Store.from_environment(environ)
        start.wait()
        try:
            store.put_if(key, data, etag=etag)
        except ConflictError as exc:
            lost.append(str(exc))
        else:
            won.append(data)

    writers = [Thread(target=write, args=(f"{key} {name}".encode(),)) for name in "ab"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    return won, lost


def test_object_comes_back_as_it_was_put(store):
    """Bytes come back unchanged, also those that take more than one part to send."""
    data = bytes(range(256)) * 30_000  # 7.7 MB; minio divides what is longer than 5 MiB

    store.put("folder/one two+three.bin", data)

    assert store.get("folder/one two+three.bin") == data


def test_put_replaces(store):
    """An unconditional write does not ask what was there."""
    store.put("key", b"first")
    store.put("key", b"second")

    assert store.get("key") == b"second"


def test_missing_object_is_named(store):
    """Reading what is not there names the object."""
    with pytest.raises(ObjectNotFoundError, match=r"s3://secom/no/such\.json"):
        store.get("no/such.json")


def test_keys_are_listed_by_prefix(store):
    """A listing goes down into folders and is sorted."""
    for key in ("a/2", "a/1/x", "b"):
        store.put(key, b"-")

    assert store.list("a/") == ("a/1/x", "a/2")
    assert store.list("") == ("a/1/x", "a/2", "b")


def test_object_exists_once_it_is_put(store):
    """A key that only begins like another one does not exist."""
    store.put("key-2", b"-")

    assert store.exists("key-2")
    assert not store.exists("key")


def test_new_object_is_created_once(store):
    """A write that must not replace anything does not."""
    store.put_if("key with + and ü", b"first", etag=None)

    with pytest.raises(ConflictError, match="somebody else wrote it first"):
        store.put_if("key with + and ü", b"second", etag=None)
    assert store.get("key with + and ü") == b"first"


def test_object_is_replaced_only_as_it_was_read(store):
    """A write on the strength of what was read fails once that has changed."""
    store.put("key", b"first")
    _, read = store.get_with_etag("key")

    written = store.put_if("key", b"second", etag=read)

    assert written == store.get_with_etag("key")[1] != read
    with pytest.raises(ConflictError):
        store.put_if("key", b"third", etag=read)
    assert store.get("key") == b"second"


def test_deleted_object_is_not_replaced(store):
    """A write on the strength of what is no longer there is a conflict too."""
    with pytest.raises(ConflictError):
        store.put_if("key", b"-", etag="5d41402abc4b2a76b9719d911017c592")


def test_deleted_object_is_a_conflict_as_amazon_says_it():
    """Amazon answers such a write with NoSuchKey."""
    with answering([Answer(status=404, code="NoSuchKey")]) as server:
        store = Store.from_environment(server.environ)
        with pytest.raises(ConflictError):
            store.put_if("key", b"-", etag="a-tag")


@pytest.fixture(params=["store_environ", "minio_environ"], ids=["weed", "minio"])
def contested(request):
    """The environment of a store that two write to."""
    return request.getfixturevalue(request.param)


def test_one_of_two_creators_wins(contested):
    """Of two who create an object at the same moment, one does, and the other knows."""
    store = Store.from_environment(contested)
    for number in range(N_RACES):
        won, lost = race(contested, f"new-{number}", etag=None)

        assert (len(won), len(lost)) == (1, 1)
        assert store.get(f"new-{number}") == won[0]


def test_one_of_two_replacers_wins(contested):
    """Of two who replace what both have read, one does, and the other knows."""
    store = Store.from_environment(contested)
    for number in range(N_RACES):
        tag = store.put_if(f"old-{number}", b"-", etag=None)

        won, lost = race(contested, f"old-{number}", etag=tag)

        assert (len(won), len(lost)) == (1, 1)
        assert store.get(f"old-{number}") == won[0]


def test_reachable_store_is_accepted(store):
    """A store that can be written and listed passes."""
    store.require_reachable()


def test_busy_store_is_asked_again():
    """A store that says "later" is given another chance."""
    with answering([Answer(status=503, code="SlowDown"), Answer(text="-", kind="-")]) as server:
        assert Store.from_environment(server.environ).get("key") == b"-"


def test_conditional_write_is_never_repeated():
    """If its answer is lost it may have been done, and a repeat would meet itself."""
    with answering([Answer(is_lost=True)]) as server:
        store = Store.from_environment(server.environ)
        with pytest.raises(StoreError, match="the connection broke off"):
            store.put_if("key", b"-", etag=None)

        assert server.asked == [("PUT", "/secom/key")]
