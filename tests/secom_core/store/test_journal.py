from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest

from secom_core.errors import ConflictError, StoreError
from secom_core.store import Journal, Store
from tests.secom_core.store.losing import losing_an_answer

FOLDER = "monitor/outcomes/"
N_WRITERS, N_EACH = 4, 5


@pytest.fixture
def journal(store):
    """An empty journal of a running server."""
    return Journal(store, FOLDER)


def contents(journal, *, after=0):
    """What was appended behind a number."""
    return [entry.content for entry in journal.read(after=after)]


def test_journal_begins_empty(journal):
    """Nothing was appended to a new journal."""
    assert journal.read() == ()


def test_entries_come_back_in_order(journal, store):
    """What is appended is numbered from 1, and has the time at which it was written."""
    journal.append(b"first", after=0)
    journal.append(b"second", after=1)

    entries = journal.read()

    assert [(entry.number, entry.content) for entry in entries] == [(1, b"first"), (2, b"second")]
    assert all(
        abs(entry.written_at - datetime.now(UTC)) < timedelta(minutes=1) for entry in entries
    )
    assert store.list(FOLDER) == (f"{FOLDER}000000001.json", f"{FOLDER}000000002.json")


def test_only_what_is_new_is_read(journal):
    """Who has read up to a number reads on from there."""
    for number, content in enumerate((b"first", b"second", b"third")):
        journal.append(content, after=number)

    assert contents(journal, after=1) == [b"second", b"third"]
    assert contents(journal, after=3) == []


def test_who_comes_second_has_written_nothing(journal):
    """An entry on the strength of what is no longer the last one is a conflict."""
    journal.append(b"first", after=0)

    with pytest.raises(ConflictError):
        journal.append(b"other", after=0)

    assert contents(journal) == [b"first"]


@pytest.mark.parametrize("environ", ["store_environ", "minio_environ"], ids=["weed", "minio"])
def test_writers_at_once_lose_nothing(environ, request):
    """However many append at the same moment, each entry is there once, in one order for all."""
    environ, folder = request.getfixturevalue(environ), "contested/"
    start = Barrier(N_WRITERS)

    def write(name):
        journal, last = Journal(Store.from_environment(environ), folder), 0
        start.wait()
        for number in range(N_EACH):
            while True:
                try:
                    last = journal.append(f"{name}{number}".encode(), after=last)
                    break
                except ConflictError:
                    last = journal.read(after=last)[-1].number

    writers = [Thread(target=write, args=(name,)) for name in "abcd"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    written = contents(Journal(Store.from_environment(environ), folder))
    assert len(written) == N_WRITERS * N_EACH
    for name in "abcd":
        own = [content for content in written if content.startswith(name.encode())]
        assert own == [f"{name}{number}".encode() for number in range(N_EACH)]


def test_lost_answer_is_found_by_reading(store_environ, store):
    """A write whose answer never came may have been done: reading tells, and nothing is doubled."""
    with losing_an_answer(store_environ) as way:
        journal = Journal(Store.from_environment(way), FOLDER)

        with pytest.raises(StoreError, match="the connection broke off"):
            journal.append(b"first", after=0)

        assert contents(journal) == [b"first"]
        with pytest.raises(ConflictError):
            journal.append(b"first", after=0)
        assert journal.append(b"second", after=1) == 2
    assert contents(Journal(store, FOLDER)) == [b"first", b"second"]


def test_missing_entry_is_named(journal, store):
    """A gap means that something was acknowledged and is gone."""
    for number in range(3):
        journal.append(b"-", after=number)
    store.remove(f"{FOLDER}000000002.json")

    with pytest.raises(StoreError, match=r"000000002\.json is gone.*Restore it from a backup"):
        journal.read()
    with pytest.raises(StoreError, match=r"000000002\.json is gone"):
        journal.read(after=1)


def test_entry_that_comes_while_others_are_listed_is_no_gap(store_environ):
    """A listing may show a later entry without one that came a moment before it."""

    class Hasty(Store):
        """Misses the first entry in its first listing."""

        __slots__ = ("n_listed",)

        def find(self, prefix, *, after=""):
            self.n_listed = getattr(self, "n_listed", 0) + 1
            return super().find(prefix, after=after)[int(self.n_listed == 1) :]

    journal = Journal(Hasty.from_environment(store_environ), FOLDER)
    journal.append(b"first", after=0)
    journal.append(b"second", after=1)

    assert contents(journal) == [b"first", b"second"]


@pytest.mark.parametrize(
    "name", ["notes.txt", "1.json", "000000002.json.bak", "000000001/000000002.json"]
)
def test_foreign_object_is_named(journal, store, name):
    """What is no entry is not passed over in silence: it may be one under a wrong name."""
    journal.append(b"-", after=0)
    store.put(FOLDER + name, b"-")

    with pytest.raises(StoreError, match=r"is no entry of this journal.*remove it"):
        journal.read()


def test_journals_do_not_mix(journal, store):
    """Each folder has a journal of its own."""
    journal.append(b"outcome", after=0)
    Journal(store, "monitor/runs/").append(b"run", after=0)

    assert contents(journal) == [b"outcome"]
