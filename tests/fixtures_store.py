"""A real object store for tests, started once, and bundles that lie in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pytest
from minio import Minio

from pipelines.embedded import object_store
from secom_core import bundle
from secom_core.bundle import Bundle
from secom_core.dataset import Units
from secom_core.store import Store, publish_bundle
from tests.bundles import write_bundle


@pytest.fixture(scope="session")
def running_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """The environment of a running server; what other tests have put there is there."""
    with object_store(tmp_path_factory.mktemp("object-store")) as environ:
        yield environ


@pytest.fixture
def store_environ(running_store: Mapping[str, str]) -> Mapping[str, str]:
    """The environment of a running server whose bucket is empty."""
    client = Minio(
        running_store["AWS_ENDPOINT_URL"].removeprefix("http://"),
        access_key=running_store["AWS_ACCESS_KEY_ID"],
        secret_key=running_store["AWS_SECRET_ACCESS_KEY"],
        region=running_store["AWS_REGION"],
        secure=False,
    )
    bucket = running_store["SECOM_BUCKET"]
    for item in client.list_objects(bucket, recursive=True):
        client.remove_object(bucket, str(item.object_name))
    return running_store


@pytest.fixture
def store(store_environ: Mapping[str, str]) -> Store:
    """An empty bucket of a running server."""
    return Store.from_environment(store_environ)


@pytest.fixture(scope="session")
def pair(twin: Units, tmp_path_factory: pytest.TempPathFactory) -> Sequence[Bundle]:
    """Two bundles that answer the same golden requests, each otherwise."""
    folders = [tmp_path_factory.mktemp("pair") / name for name in ("first", "second")]
    for folder, strength in zip(folders, (0.01, 0.05), strict=True):
        write_bundle(twin, folder, strength=strength)
    return [bundle.read(folder) for folder in folders]


@pytest.fixture
def published(pair: Sequence[Bundle], store: Store) -> Sequence[Bundle]:
    """The same two, in the store."""
    for one in pair:
        publish_bundle(store, one.path, one.digest)
    return pair
