import os
import socket
import subprocess
import time
from itertools import count

import pytest

from pipelines.embedded import object_store
from secom_core.errors import StoreError
from secom_core.store import Store
from tests.secom_core.store.answering import ACCESS_KEY, SECRET_KEY, Answer, answering

CALLS = {
    "get": lambda store: store.get("key"),
    "put": lambda store: store.put("key", b"-"),
    "put_if": lambda store: store.put_if("key", b"-", etag=None),
    "list": lambda store: store.list("key"),
    "exists": lambda store: store.exists("key"),
}


@pytest.fixture(params=CALLS.values(), ids=CALLS.keys())
def call(request):
    """One thing that is asked of a store."""
    return request.param


def fault(environ, call):
    """Return the message of the refusal, which never holds a credential."""
    with pytest.raises(StoreError) as refusal:
        call(Store.from_environment(environ))
    message = str(refusal.value)
    assert environ["AWS_ACCESS_KEY_ID"] not in message
    assert environ["AWS_SECRET_ACCESS_KEY"] not in message
    return message


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_wrong_credentials(running_store, call, name):
    """Either wrong key is called wrong credentials, and both variables are named."""
    message = fault(running_store | {name: "not-the-key"}, call)

    assert "wrong credentials" in message
    assert "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in message


def test_no_such_bucket(running_store, call):
    """A bucket that is not there is named, with the variable that names it."""
    message = fault(running_store | {"SECOM_BUCKET": "elsewhere"}, call)

    assert "s3://elsewhere/key" in message
    assert "no such bucket" in message
    assert "SECOM_BUCKET" in message


def test_nothing_listens(running_store, call):
    """A store that is gone is noticed within seconds, with its address and its variable."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{closed.getsockname()[1]}"
    began = time.monotonic()

    message = fault(running_store | {"AWS_ENDPOINT_URL": endpoint}, call)

    assert time.monotonic() - began < 5
    assert f"{endpoint}: nothing listens there" in message
    assert "AWS_ENDPOINT_URL" in message


def test_no_such_host(running_store):
    """A host name that nobody knows is called that."""
    message = fault(running_store | {"AWS_ENDPOINT_URL": "http://no.invalid"}, CALLS["get"])

    assert "no such host is known" in message


def test_no_tls(running_store, call):
    """TLS with a server that speaks none points at the certificates."""
    endpoint = running_store["AWS_ENDPOINT_URL"].replace("http://", "https://")

    assert "AWS_CA_BUNDLE" in fault(running_store | {"AWS_ENDPOINT_URL": endpoint}, call)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(status=403, code="AccessDenied"), "access denied"),
        (Answer(status=507, code="XMinioStorageFull"), "its disk is full"),
        (Answer(status=507, code="InsufficientStorage"), "its disk is full"),
        (Answer(status=507, code="SomethingNew"), "its disk is full"),
        (Answer(status=507), "Response code: 507"),
        (Answer(status=500, code="InternalError"), "check its free disk space"),
        (Answer(status=503, code="SlowDown"), "Try again in a minute"),
        (Answer(status=403, code="RequestTimeTooSkewed"), "clock"),
        (Answer(status=400, code="AuthorizationHeaderMalformed"), "AWS_REGION"),
        (Answer(status=418, code="Teapot"), "it answered Teapot (HTTP 418)"),
        (Answer(status=404, kind="text/html", text="<html>"), "is none of an S3 object store"),
        (Answer(status=404, text="<Error"), "is none of an S3 object store"),
        (Answer(text="half", is_cut_short=True), "the connection broke off"),
        (Answer(is_lost=True), "the connection broke off"),
    ],
)
def test_refusal_says_what_to_do(answer, expected):
    """Every refusal of a store is told in plain words, with what to do about it."""
    with answering([answer]) as server:
        assert expected in fault(server.environ, CALLS["get"])


def test_bare_status_is_told(call):
    """An answer without a body is shown with its status."""
    with answering([Answer(status=507)]) as server:
        assert "Response code: 507" in fault(server.environ, call)


def test_fault_names_what_failed_but_no_credential(store_environ):
    """The chain of causes, which a log may show, holds no credential either."""
    with pytest.raises(StoreError) as refusal:
        Store.from_environment(store_environ | {"SECOM_BUCKET": "elsewhere"}).get("key")

    cause = repr(refusal.value.__cause__) + str(refusal.value.__cause__)
    assert "NoSuchBucket" in cause
    assert store_environ["AWS_SECRET_ACCESS_KEY"] not in cause


def test_conditional_write_puts_no_signature_into_the_address():
    """An address gets into logs; what signs a request is in its headers alone."""
    with answering([Answer()]) as server:
        Store.from_environment(server.environ).put_if("key", b"-", etag=None)

        ((_, address),) = server.asked
    assert address == "/secom/key"
    assert not any(secret in address for secret in (ACCESS_KEY, SECRET_KEY))


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a disk of 24 MB of its own; skips where one may not be made."""
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", tmp_path],
        check=False,
        capture_output=True,
    )
    if made.returncode:
        pytest.skip("mounting needs root")
    yield tmp_path
    subprocess.run(["umount", tmp_path], check=True)


def put_for_ever(store):
    """Write until something happens."""
    for number in count():
        store.put(f"big-{number}", os.urandom(8_000_000))


def test_full_disk(small_disk):
    """A real store whose disk is full refuses with advice, and keeps what it has."""
    with object_store(small_disk / "store") as environ:
        store = Store.from_environment(environ)
        store.put("champion.json", b"the champion")

        with pytest.raises(StoreError, match="free disk space"):
            put_for_ever(store)

        assert store.get("champion.json") == b"the champion"
