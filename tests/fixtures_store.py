"""A real object store for tests, started once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from minio import Minio

from pipelines.embedded import object_store
from secom_core.store import Store


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
