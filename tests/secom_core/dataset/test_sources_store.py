"""Loading from a real S3 server."""

from __future__ import annotations

import os

import pytest

from pipelines.embedded import object_store
from secom_core import dataset
from secom_core.errors import FormatError, SourceError, StoreError
from secom_core.store import Store, bucket_opener


def load(source, *, cache):
    """Load as the ingest stage does."""
    return dataset.load(source, cache=cache, open_bucket=bucket_opener(os.environ))


@pytest.fixture(scope="module")
def store_environ(tmp_path_factory):
    """How to reach a running S3 server."""
    with object_store(tmp_path_factory.mktemp("store"), bucket="lake") as environ:
        yield dict(environ)


@pytest.fixture
def store(store_environ, monkeypatch):
    """The bucket `lake`; the environment leads to its server, but names another bucket."""
    for name, value in store_environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SECOM_BUCKET", "bundles")
    return Store.from_environment(store_environ)


@pytest.mark.parametrize(
    ("prefix", "source"),
    [("raw/secom/", "s3://lake/raw/secom"), ("", "s3://lake"), ("x/", "s3://lake/x/")],
    ids=["prefix", "no prefix", "prefix with a slash"],
)
def test_files_in_a_bucket_are_loaded(store, files, folder, tmp_path, prefix, source):
    """A prefix of a bucket holds the same units as a folder does."""
    for name, content in files.items():
        store.put(f"{prefix}{name}", content)

    units = load(source, cache=tmp_path)

    assert units.digest == load(str(folder), cache=tmp_path).digest
    assert units.source == source


def test_a_missing_object_is_named(store, files, tmp_path):
    """The error says which of the files is not there, and where it was looked for."""
    store.put("half/secom.data", files["secom.data"])

    with pytest.raises(SourceError, match=r"s3://lake/half lacks secom_labels.data"):
        load("s3://lake/half", cache=tmp_path)


def test_kaggles_file_in_a_bucket_is_recognised(store, tmp_path):
    """The wrong copy is named wherever it lies."""
    store.put("kaggle/uci-secom.csv", b"Time,0,1,2\n")

    with pytest.raises(FormatError, match="s3://lake/kaggle is Kaggle's re-export"):
        load("s3://lake/kaggle", cache=tmp_path)


@pytest.mark.usefixtures("store")
def test_a_missing_bucket_is_an_error_of_the_store(tmp_path):
    """A bucket that is not there is told apart from an object that is not."""
    with pytest.raises(StoreError, match="elsewhere"):
        load("s3://elsewhere/secom", cache=tmp_path)
