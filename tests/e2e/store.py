"""The cluster's object store: a bucket of these tests, and a door to it that can be shut."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from minio import Minio

from secom_core.store import Settings, Store
from tests.e2e.cluster import Manifest, apply, get, kubectl, service_ip

_NAME = "store"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A bucket of the cluster's object store.

    Parameters
    ----------
    service, namespace : str
        The Service that leads to the store.
    port : int
    access_key, secret_key : str
    name : str
    """

    service: str
    namespace: str
    port: int
    access_key: str
    secret_key: str
    name: str

    @property
    def inside(self) -> str:
        """Address as pods reach it."""
        return f"http://{self.service}.{self.namespace}.svc:{self.port}"

    @property
    def outside(self) -> str:
        """Host and port as this machine reaches them."""
        return f"{service_ip(self.service, self.namespace)}:{self.port}"

    def client(self) -> Minio:
        """Return a plain client, to do what our own store module does not."""
        return Minio(
            self.outside, access_key=self.access_key, secret_key=self.secret_key, secure=False
        )

    def open(self) -> Store:
        """Return our own store module's view."""
        settings = Settings(
            endpoint=f"http://{self.outside}",
            bucket=self.name,
            access_key=self.access_key,
            secret_key=self.secret_key,
        )
        return Store(settings)


@contextmanager
def bucket() -> Iterator[Bucket]:
    """Make a bucket in the store that SECOM_E2E_S3 names, and remove it with all that is in it.

    SECOM_E2E_S3 is an address `http://SERVICE.NAMESPACE.svc:PORT` inside the cluster, and
    SECOM_E2E_S3_ACCESS_KEY and SECOM_E2E_S3_SECRET_KEY may make buckets there.
    """
    address = urlsplit(os.environ.get("SECOM_E2E_S3", "http://minio.minio.svc:9000"))
    service, namespace = str(address.hostname).split(".")[:2]
    made = Bucket(
        service=service,
        namespace=namespace,
        port=address.port or 80,
        access_key=os.environ.get("SECOM_E2E_S3_ACCESS_KEY", "minio"),
        secret_key=os.environ.get("SECOM_E2E_S3_SECRET_KEY", "minio123"),
        name=f"e2e-{secrets.token_hex(4)}",
    )
    client = made.client()
    client.make_bucket(made.name)
    try:
        yield made
    finally:
        for item in client.list_objects(made.name, recursive=True):
            client.remove_object(made.name, str(item.object_name))
        client.remove_bucket(made.name)


@dataclass(frozen=True, slots=True)
class Door:
    """A Service of a namespace that leads to the store, as long as it is open."""

    bucket: Bucket
    namespace: str

    @property
    def address(self) -> str:
        """What pods call the store."""
        return f"http://{_NAME}.{self.namespace}.svc:{self.bucket.port}"

    def open(self) -> None:
        """Lead to the pods of the real store."""
        slices = get(
            "endpointslices",
            f"--namespace={self.bucket.namespace}",
            f"--selector=kubernetes.io/service-name={self.bucket.service}",
        )["items"]
        apply(self._service(), *(self._copy(one) for one in slices))

    def shut(self) -> None:
        """Lead nowhere: connections are refused."""
        kubectl(
            "delete",
            "endpointslices",
            f"--namespace={self.namespace}",
            f"--selector=kubernetes.io/service-name={_NAME}",
        )

    def _service(self) -> Manifest:
        return {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": _NAME, "namespace": self.namespace},
            "spec": {"ports": [{"name": "s3", "port": self.bucket.port}]},
        }

    def _copy(self, found: Manifest) -> Manifest:
        return {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": found["metadata"]["name"],
                "namespace": self.namespace,
                "labels": {"kubernetes.io/service-name": _NAME},
            },
            "addressType": found["addressType"],
            "ports": [port | {"name": "s3"} for port in found["ports"]],
            "endpoints": [
                {key: one[key] for key in ("addresses", "conditions")} for one in found["endpoints"]
            ],
        }


def keys_secret(bucket: Bucket, namespace: str, *, name: str, secret_key: str = "") -> Manifest:
    """Return a Secret with the store's keys, under the names that every S3 client reads."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "stringData": {
            "AWS_ACCESS_KEY_ID": bucket.access_key,
            "AWS_SECRET_ACCESS_KEY": secret_key or bucket.secret_key,
        },
    }
