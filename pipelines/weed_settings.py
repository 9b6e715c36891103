"""How `weed` (SeaweedFS) is set up so that only its S3 port answers, and only to our credentials.

It is four servers in one process, and by itself only the S3 one asks for credentials. Here those
that speak HTTP are switched off or ask for signed tokens, and those that speak gRPC ask for a
certificate that nobody else has.
"""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from pathlib import Path

from pipelines.loopback_certificate import write_certificate

HOST = "127.0.0.1"
SERVICES = ("master", "volume", "filer", "s3")
PORTS = tuple(f"{service}.port{kind}" for service in SERVICES for kind in ("", ".grpc"))
"""Flags that take a port each; weed would choose fixed ones otherwise."""

FLAGS = (
    *(f"-ip={HOST}", f"-ip.bind={HOST}", "-filer", "-s3", "-disableHttp"),
    *("-s3.config=s3.json", "-s3.iam=false", "-s3.autoCreateBucket=false"),
    *("-s3.port.iceberg=0", "-s3.port.lance=0"),
    *("-dir=../data", "-master.dir=.", "-filer.localSocket=filer.sock", "-s3.localSocket=s3.sock"),
    # One master that never waits for others, and forgets the ports it had.
    *("-master.peers=none", "-master.resumeState=false", "-master.telemetry=false"),
    *("-master.volumeSizeLimitMB=1024", "-volume.max=100", "-volume.minFreeSpace=1MiB"),
)
"""Paths are relative: a comma in a folder's name would divide it, and a socket's path is short."""

_TOKENS = ("signing", "signing.read", "filer_signing", "filer_signing.read")


def write(folder: Path, *, access_key: str, secret_key: str) -> None:
    """Write what weed reads when it starts in `folder`, a new one that nobody else can read.

    Parameters
    ----------
    folder : Path
        Its neighbours `data` and `filer` will hold the objects and their names.
    access_key, secret_key : str
        The only ones with which the S3 port lets anybody in.
    """
    folder.mkdir(mode=0o700)
    write_certificate(folder / "grpc.crt", folder / "grpc.key", address=HOST, now=datetime.now(UTC))
    grpc = 'cert = "grpc.crt"\nkey = "grpc.key"\n'
    security = [
        *(f'[jwt.{name}]\nkey = "{secrets.token_hex(32)}"\n' for name in _TOKENS),
        '[grpc]\nca = "grpc.crt"\n',
        *(f"[grpc.{name}]\n{grpc}" for name in (*SERVICES, "client")),
    ]
    credentials = [{"accessKey": access_key, "secretKey": secret_key}]
    identity = {"name": "secom", "credentials": credentials, "actions": ["Admin"]}
    for name, text in {
        "security.toml": "".join(security),
        "filer.toml": '[leveldb2]\nenabled = true\ndir = "../filer"\n',
        "master.toml": "[master.volume_growth]\ncopy_1 = 1\n",
        "s3.json": json.dumps({"identities": [identity]}),
    }.items():
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(text)
