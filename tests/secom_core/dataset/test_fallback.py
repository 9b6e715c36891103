from __future__ import annotations

from pathlib import Path

import pytest

from secom_core import dataset
from secom_core.dataset import resolve_default, user_cache
from secom_core.errors import SourceError

NOBODY = "https://127.0.0.1:1/secom.zip"


def load(source, *, cache):
    """Load from anything but a bucket, which these tests have none of."""
    return dataset.load(source, cache=cache, open_bucket={}.__getitem__)


@pytest.fixture
def real_mirror(mirror, real_folder, to_zip):
    """A mirror that serves UCI's own files."""
    mirror.content = to_zip(
        {name: (real_folder / name).read_bytes() for name in ("secom.data", "secom_labels.data")}
    )
    return mirror


def test_what_is_named_is_taken(folder, tmp_path):
    """SECOM_DATA comes first, and neither cache nor network is touched."""
    choice = resolve_default({"SECOM_DATA": str(folder)}, tmp_path / "cache", address=NOBODY)

    assert (choice.source, choice.notice) == (str(folder), None)
    assert not (tmp_path / "cache").exists()


def test_what_is_named_and_missing_is_never_replaced(tmp_path):
    """A wrong SECOM_DATA is an error with advice, not a run on something else."""
    message = r"SECOM_DATA=/nowhere: cannot find data at /nowhere: .* Unset it to have"

    with pytest.raises(SourceError, match=message):
        resolve_default({"SECOM_DATA": "/nowhere"}, tmp_path)


def test_a_twin_that_is_asked_for_needs_no_notice(tmp_path):
    """The notice is for those who did not ask."""
    choice = resolve_default({"SECOM_DATA": "synthetic:4"}, tmp_path)

    assert (choice.source, choice.notice) == ("synthetic:4", None)


def test_ucis_files_are_fetched_then_kept(real_mirror, real_units, tmp_path):
    """Without a name UCI is asked, and afterwards the same choice loads without a network."""
    choices = [resolve_default({}, tmp_path, address=real_mirror.address) for _ in range(2)]

    assert choices[0] == choices[1]
    assert choices[0].notice is None
    assert load(choices[0].source, cache=tmp_path).digest == real_units.digest
    assert len(real_mirror.ranges_asked) == 1


@pytest.mark.parametrize("environ", [{}, {"SECOM_DATA": ""}], ids=["not set", "empty"])
def test_the_twin_stands_in_with_a_notice(environ, tmp_path):
    """Without a way to real data a run goes on, and says loudly on what, why and what to do."""
    choice = resolve_default(environ, tmp_path, address=NOBODY)

    assert load(choice.source, cache=tmp_path).is_synthetic
    assert choice.notice is not None
    assert choice.notice.startswith("SYNTHETIC DATA")
    assert "Connection refused" in choice.notice
    assert "set SECOM_DATA to a folder or .zip" in choice.notice


def test_a_log_in_page_is_no_data(mirror, tmp_path):
    """A network that answers with a page of its own is as good as none."""
    mirror.content = b"<html>Please log in</html>"

    choice = resolve_default({}, tmp_path, address=mirror.address)

    assert choice.notice is not None
    assert "does not serve UCI's SECOM files" in choice.notice


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"XDG_CACHE_HOME": "/var/cache/me"}, Path("/var/cache/me/secom")),
        ({}, Path.home() / ".cache" / "secom"),
    ],
)
def test_downloads_go_where_caches_go(environ, expected):
    """XDG_CACHE_HOME is honoured, else it is ~/.cache."""
    assert user_cache(environ) == expected
