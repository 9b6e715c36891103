from __future__ import annotations

import re

import pytest

from secom_core.dataset.files import read_local
from secom_core.errors import FormatError, SourceError

KAGGLE = b"Time,0,1,2,3,589,Pass/Fail\n2008-07-19 11:55:00,3030.93,2564,2187.7333,1411.1265,,-1\n"


def encrypted(zipped: bytes) -> bytes:
    """The same .zip with every member marked as encrypted."""
    local = zipped.replace(b"PK\x03\x04\x14\x00\x00\x00", b"PK\x03\x04\x14\x00\x01\x00")
    return local.replace(
        b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00"
    )


def with_unknown_compression(zipped: bytes) -> bytes:
    """The same .zip, said to be packed by a method that does not exist."""
    local = zipped.replace(b"PK\x03\x04\x14\x00\x00\x00\x08", b"PK\x03\x04\x14\x00\x00\x00\x63")
    return local.replace(
        b"PK\x01\x02\x14\x03\x14\x00\x00\x00\x08", b"PK\x01\x02\x14\x03\x14\x00\x00\x00\x63"
    )


def with_a_flipped_byte(zipped: bytes) -> bytes:
    """The same .zip with one bit of the first member's content wrong."""
    return zipped[:5000] + bytes([zipped[5000] ^ 1]) + zipped[5001:]


def test_a_folder_gives_both_files(folder, files):
    """The usual case: UCI's archive, unpacked."""
    assert read_local(folder) == files


def test_an_archive_gives_both_files(tmp_path, archive, files):
    """A .zip as UCI serves it is read without unpacking, and its third file is ignored."""
    path = tmp_path / "secom.zip"
    path.write_bytes(archive)

    assert read_local(path) == files


def test_an_archive_may_hold_a_folder(tmp_path, to_zip, files):
    """A folder packed by hand is read too."""
    path = tmp_path / "secom.zip"
    path.write_bytes(to_zip({f"secom/{name}": content for name, content in files.items()}))

    assert read_local(path) == files


@pytest.mark.parametrize("lost", ["secom.data", "secom_labels.data"])
def test_a_folder_without_one_of_the_files_is_refused(folder, lost):
    """The error says what is missing and what is there instead."""
    (folder / lost).rename(folder / "something else")

    with pytest.raises(SourceError, match=rf"lacks {lost}; it holds .*something else"):
        read_local(folder)


def test_an_empty_folder_is_refused(tmp_path):
    """Both missing files are named, and where to get them."""
    message = "lacks secom.data and secom_labels.data; it holds nothing by these names. Expected"

    with pytest.raises(SourceError, match=message):
        read_local(tmp_path)


def test_a_folder_in_place_of_a_file_is_refused(folder):
    """A folder called secom.data is not the file."""
    (folder / "secom.data").unlink()
    (folder / "secom.data").mkdir()

    with pytest.raises(SourceError, match=r"lacks secom.data;"):
        read_local(folder)


def test_nothing_there_is_refused(tmp_path):
    """A path that leads nowhere is told apart from a bad file."""
    with pytest.raises(SourceError, match=r"cannot read .*nowhere: No such file or directory"):
        read_local(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda _: b"", "is neither a folder nor a whole .zip"),
        (lambda _: b"1.5 2.5\r\n", "is neither a folder nor a whole .zip"),
        (lambda zipped: zipped[: len(zipped) // 2], "is neither a folder nor a whole .zip"),
        (with_a_flipped_byte, "is a damaged or encrypted .zip"),
        (encrypted, "is a damaged or encrypted .zip"),
        (with_unknown_compression, "is a damaged or encrypted .zip"),
    ],
    ids=["empty", "text", "cut short", "bit flipped", "encrypted", "unknown compression"],
)
def test_a_bad_archive_is_refused(tmp_path, archive, spoil, message):
    """A .zip that cannot be unpacked is named, and never half read."""
    path = tmp_path / "secom.zip"
    path.write_bytes(spoil(archive))

    with pytest.raises(SourceError, match=message):
        read_local(path)


def test_an_archive_without_the_files_is_refused(tmp_path, to_zip):
    """Somebody else's .zip is told apart by what it holds."""
    path = tmp_path / "photos.zip"
    path.write_bytes(to_zip({"beach.jpg": b"sand"}))

    with pytest.raises(SourceError, match=r"lacks secom.data and .*; it holds beach.jpg"):
        read_local(path)


def test_an_archive_with_a_file_twice_is_refused(tmp_path, to_zip, files):
    """Nobody guesses which of two files is meant."""
    path = tmp_path / "secom.zip"
    path.write_bytes(to_zip({**files, "old/secom.data": b"1"}))

    with pytest.raises(SourceError, match=r"holds secom.data more than once \(secom.data and old/"):
        read_local(path)


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path, to_zip, files):
    """A small .zip cannot fill the memory."""
    path = tmp_path / "secom.zip"
    path.write_bytes(to_zip(files | {"secom.data": b"0" * (64 * 2**20 + 1)}))

    with pytest.raises(SourceError, match="would unpack to 67108865 bytes; expected at most"):
        read_local(path)


@pytest.mark.parametrize("kind", ["file", "renamed file", "folder", "archive"])
def test_kaggles_re_export_is_recognised(tmp_path, to_zip, kind):
    """However it comes, it is refused by name with what to do instead."""
    path = tmp_path / {"file": "uci-secom.csv", "renamed file": "data.csv"}.get(kind, "secom")
    if kind == "folder":
        path.mkdir()
        (path / "uci-secom.csv").write_bytes(KAGGLE)
    else:
        path.write_bytes(to_zip({"uci-secom.csv": KAGGLE}) if kind == "archive" else KAGGLE)

    message = "is Kaggle's re-export of SECOM (uci-secom.csv). It has day and month swapped"
    with pytest.raises(FormatError, match=re.escape(message)) as refusal:
        read_local(path)

    assert "https://archive.ics.uci.edu/static/public/179/secom.zip" in str(refusal.value)


def test_ucis_files_beside_kaggles_are_taken(folder, files):
    """A folder with both copies is read from the good one."""
    (folder / "uci-secom.csv").write_bytes(KAGGLE)

    assert read_local(folder) == files
