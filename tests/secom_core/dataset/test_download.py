from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from secom_core.dataset import download as module
from secom_core.dataset.download import cached
from secom_core.errors import SourceError


@pytest.fixture
def cache(tmp_path):
    """A folder that does not exist yet."""
    return tmp_path / "user" / "cache"


@pytest.fixture
def download(cache, sha256):
    """Download into `cache`, where UCI's files are those of the mirror."""
    return partial(module.download, folder=cache, sha256=sha256)


def test_an_archive_is_fetched_once(mirror, download, files):
    """The second time, the cache answers and the mirror is not asked."""
    assert download(mirror.address) == files
    assert download(mirror.address) == files
    assert mirror.ranges_asked == [None]


def test_the_cache_serves_without_a_network(mirror, download, cache, sha256, files):
    """What was fetched from one place stands in for every other."""
    download(mirror.address)

    assert download("https://nowhere.invalid/secom.zip") == files
    assert cached(cache, sha256) == files


def test_a_broken_connection_is_taken_up_where_it_broke(mirror, download, files):
    """Whoever waits does not wait for the same bytes twice."""
    mirror.breaks_after = [10_000, 5_000]

    assert download(mirror.address) == files
    assert mirror.ranges_asked == [None, "bytes=10000-", "bytes=15000-"]


def test_a_later_call_goes_on_where_an_earlier_one_gave_up(mirror, download, files):
    """Bytes survive a failed call, and the error says so."""
    mirror.breaks_after = [10_000, 0]
    with pytest.raises(SourceError, match="10000 bytes are kept; the next attempt goes on"):
        download(mirror.address)

    assert download(mirror.address) == files
    assert mirror.ranges_asked == [None, "bytes=10000-", "bytes=10000-"]


def test_a_mirror_that_cannot_resume_is_asked_for_everything(mirror, download, files):
    """A server that ignores the range sends all, and all is taken."""
    mirror.knows_ranges = False
    mirror.breaks_after = [10_000]

    assert download(mirror.address) == files


def test_a_mirror_that_always_breaks_off_at_the_same_place_is_given_up(mirror, download):
    """Attempts end when one brings nothing new."""
    mirror.knows_ranges = False
    mirror.breaks_after = [10_000] * 100

    with pytest.raises(SourceError, match="the connection closed after 10000 of"):
        download(mirror.address)

    assert len(mirror.ranges_asked) == 2


def test_a_file_that_changed_between_two_calls_is_fetched_anew(
    mirror, download, files, to_zip, archive
):
    """The beginning of one file and the end of another are never taken for UCI's archive."""
    mirror.content = to_zip({"secom.data": b"1", "padding": bytes(range(256)) * 100})
    mirror.breaks_after = [200, 0]
    with pytest.raises(SourceError):
        download(mirror.address)
    mirror.content = archive

    assert download(mirror.address) == files
    assert mirror.ranges_asked[-1] is None


def test_a_call_that_died_before_the_check_is_completed(mirror, download, cache, files):
    """When all bytes are there already, nothing is left to fetch but the verdict."""
    mirror.breaks_after = [len(mirror.content) - 1, 0]
    with pytest.raises(SourceError):
        download(mirror.address)
    part = next(cache.glob("*.part"))
    part.write_bytes(mirror.content)

    assert download(mirror.address) == files
    assert mirror.ranges_asked[-1] == f"bytes={len(mirror.content)}-"


def test_a_harmed_cache_is_fetched_again(mirror, download, cache, files):
    """The cache is believed only as far as its digests go."""
    download(mirror.address)
    next(cache.glob("*.zip")).write_bytes(b"harmed")

    assert download(mirror.address) == files
    assert len(mirror.ranges_asked) == 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html>Please log in to this network</html>", "damaged or encrypted .zip"),
        (None, "secom.data has sha256 [0-9a-f]{64}, expected UCI's [0-9a-f]{64}"),
    ],
    ids=["a log-in page", "other data in the same form"],
)
def test_anything_but_ucis_files_is_refused(
    mirror, download, cache, files, to_zip, content, reason
):
    """What a mirror serves is compared with pinned digests, and nothing else is kept."""
    mirror.content = content or to_zip(files | {"secom.data": files["secom.data"] + b"\r\n"})

    with pytest.raises(SourceError, match=rf"does not serve UCI's SECOM files: .*{reason}"):
        download(mirror.address)

    assert [path.name for path in cache.iterdir()] == [".lock"]


@pytest.mark.parametrize("status", [403, 404, 503])
def test_a_refusal_is_passed_on(mirror, download, status):
    """The server's answer is in the message, and what to do instead."""
    mirror.status = status

    with pytest.raises(SourceError, match=rf"HTTP Error {status}: .* name a folder or .zip"):
        download(mirror.address)


def test_an_unknown_certificate_is_refused(stranger, download):
    """Nobody in between can pose as UCI; the error says where certificates are set."""
    with pytest.raises(SourceError, match=r"certificate verify failed.*SSL_CERT_FILE"):
        download(stranger.address)

    assert stranger.ranges_asked == []


def test_a_redirect_away_from_https_is_refused(mirror, plain_mirror, download):
    """A secure address does not lead to an insecure one."""
    mirror.moved_to = plain_mirror.address

    with pytest.raises(
        SourceError, match=r"it redirects to http://127.0.0.1.*, which is not https"
    ):
        download(mirror.address)

    assert plain_mirror.ranges_asked == []


def test_a_redirect_to_another_https_address_is_followed(mirror, download, files):
    """Archives move; as long as the way stays secure, the digests decide."""
    mirror.moved_to = mirror.address.replace("secom.zip", "new.zip")

    assert download(mirror.address) == files
    assert len(mirror.ranges_asked) == 1


def test_an_endless_answer_is_refused(mirror, download, cache):
    """A server cannot fill the disk."""
    mirror.content, mirror.tells_length = bytes(64 * 2**20 + 1), False

    with pytest.raises(SourceError, match="sends more than 67108864 bytes"):
        download(mirror.address)

    assert sum(path.stat().st_size for path in cache.iterdir()) == 0


def test_an_address_that_nobody_answers_is_refused(download):
    """No connection is an error with advice."""
    with pytest.raises(
        SourceError, match=r"cannot download https://127.0.0.1:1/.*Connection refus"
    ):
        download("https://127.0.0.1:1/secom.zip")


def test_a_cache_that_cannot_be_written_is_named(mirror, cache, download):
    """The folder at fault is named, not the network."""
    cache.parent.write_text("in the way")

    with pytest.raises(SourceError, match=r"cannot keep UCI's archive in .*cache"):
        download(mirror.address)


def test_progress_is_reported_against_the_whole(mirror, download):
    """Bytes only grow, resumed or not, and end at what was announced."""
    reports = []
    mirror.breaks_after = [10_000]

    download(mirror.address, progress=lambda *report: reports.append(report))

    n_bytes = [report[0] for report in reports]
    assert n_bytes == sorted(n_bytes)
    assert reports[-1] == (len(mirror.content), len(mirror.content))
    assert {report[1] for report in reports} == {len(mirror.content)}


def test_a_mirror_that_tells_no_length_will_do(mirror, download, files):
    """The end of the answer is the end of the file; progress then knows no total."""
    reports = []
    mirror.tells_length = False

    assert download(mirror.address, progress=lambda *report: reports.append(report)) == files
    assert reports[-1] == (len(mirror.content), 0)


def test_two_at_once_do_not_disturb_each_other(mirror, download, files):
    """Processes that share a cache download in turn, and the second finds the work done."""
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(download, [mirror.address] * 2))

    assert both == [files, files]
    assert mirror.ranges_asked == [None]


def test_secrets_in_an_address_are_not_shown():
    """Messages name the place, never user, password or token."""
    assert module.shown("https://me:secret@host:8/a.zip?token=secret") == "https://host:8/a.zip"
