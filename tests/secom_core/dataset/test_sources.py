from __future__ import annotations

import re

import numpy as np
import pytest

from secom_core import dataset
from secom_core.dataset import resolve, twin
from secom_core.errors import FormatError, SourceError


def load(source, *, cache):
    """Load from anything but a bucket, which these tests have none of."""
    return dataset.load(source, cache=cache, open_bucket={}.__getitem__)


def test_a_folder_is_loaded(folder, tmp_path):
    """Units say where they came from and that they are real."""
    units = load(str(folder), cache=tmp_path)

    assert len(units) == 40
    assert (units.source, units.is_synthetic) == (str(folder), False)


def test_a_folder_and_its_archive_hold_the_same_units(folder, archive, tmp_path):
    """The digest of the content does not depend on how it came."""
    path = tmp_path / "secom.zip"
    path.write_bytes(archive)

    assert load(str(path), cache=tmp_path).digest == load(str(folder), cache=tmp_path).digest


@pytest.mark.parametrize(("source", "seed"), [("synthetic", 0), ("synthetic:7", 7)])
def test_a_twin_is_made(source, seed, tmp_path):
    """`synthetic` is the twin of seed 0, `synthetic:SEED` that of another."""
    units = load(source, cache=tmp_path)

    assert units.is_synthetic
    assert units.digest == twin(seed=seed).digest


def test_ucis_archive_is_loaded_over_https(mirror, real_folder, to_zip, real_units, tmp_path):
    """The real files pass the pinned digests, and the cache serves the second call."""
    mirror.content = to_zip(
        {name: (real_folder / name).read_bytes() for name in ("secom.data", "secom_labels.data")}
    )

    first, second = (load(mirror.address, cache=tmp_path) for _ in range(2))

    assert first.digest == second.digest == real_units.digest
    assert first.source == mirror.address
    assert len(mirror.ranges_asked) == 1


def test_other_data_over_https_are_refused(mirror, tmp_path):
    """Over the network, only UCI's own bytes count as SECOM."""
    with pytest.raises(SourceError, match="expected UCI's 20f0e7ee434f7dcb"):
        load(mirror.address, cache=tmp_path)


def test_a_fault_in_a_file_is_passed_on(folder, tmp_path):
    """Loading checks: nothing that breaks the format becomes units."""
    (folder / "secom.data").write_bytes(b"1.5 2.5\r\n")

    with pytest.raises(FormatError, match=r"secom.data, line 1, column 3: the line holds 2"):
        load(str(folder), cache=tmp_path)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("/nowhere", "cannot find data at /nowhere: No such file or directory. Expected a folder"),
        ("a\0b", "embedded null byte"),
        ("http://host/secom.zip", "cannot load from http://host/secom.zip. Expected a folder"),
        ("ftp://host/secom.zip", "cannot load from ftp://host/secom.zip."),
        ("http://me:secret@host/secom.zip", "cannot load from http://host/secom.zip."),
        ("https:///secom.zip", "cannot load from https:///secom.zip."),
        ("https://[1/secom.zip", "is not an address: Invalid IPv6 URL"),
        ("s3:///prefix", "cannot load from s3:///prefix."),
        ("synthetic:", "'synthetic:': the seed must be a whole number of at least 0"),
        ("synthetic:-1", "the seed must be a whole number"),
        ("synthetic:1.5", "the seed must be a whole number"),
        ("synthetic:seven", "the seed must be a whole number"),
    ],
)
def test_a_source_of_no_known_kind_is_refused(source, message, tmp_path):
    """The error repeats what was given, says what is wrong and lists what would do."""
    with pytest.raises(SourceError, match=re.escape(message)) as refusal:
        load(source, cache=tmp_path)

    assert "s3://bucket/prefix, synthetic or synthetic:SEED" in str(refusal.value)


def test_a_source_means_the_same_in_any_folder(folder, tmp_path, monkeypatch):
    """A relative path is made absolute, since a pipeline's stages run elsewhere."""
    monkeypatch.chdir(tmp_path)

    assert resolve(folder.name) == str(folder)
    assert resolve("") == str(tmp_path)


def test_the_home_folder_is_understood(folder, tmp_path, monkeypatch):
    """`~` in a variable, which no shell expands, is."""
    monkeypatch.setenv("HOME", str(tmp_path))

    assert resolve(f"~/{folder.name}") == str(folder)


@pytest.mark.parametrize("source", ["synthetic:3", "https://host/a.zip", "s3://bucket/prefix"])
def test_other_sources_stay_as_they_are(source):
    """Only local paths depend on the working directory."""
    assert resolve(source) == source


def test_real_units_come_whole(real_units):
    """Nothing is lost on the way from UCI's files to units."""
    assert np.isnan(real_units.readings).sum() == 41_951
    assert not real_units.is_synthetic
