"""A real bundle, and the real server of it started as a user would."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.loopback_certificate import write_certificate
from secom_core import bundle
from secom_core.dataset import Units
from tests.bundles import write_bundle
from tests.serving.running import Guarded, Running, running

collect_ignore = ["clients"]  # programs: the two sides' protobuf messages do not fit in one process


@pytest.fixture(scope="session")
def bundle_folder(twin: Units, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A logistic regression on the twin's first 300 units, calibrated on 100 more."""
    folder = tmp_path_factory.mktemp("bundles") / "champion"
    write_bundle(twin, folder)
    return folder


@pytest.fixture(scope="session")
def served(bundle_folder: Path) -> bundle.Bundle:
    """The bundle that the server serves, to compare its answers with."""
    return bundle.read(bundle_folder)


@pytest.fixture(scope="session")
def server(bundle_folder: Path) -> Iterator[Running]:
    """The server; tests share it, so leave it as it was."""
    with running(bundle_folder) as started:
        yield started
        status, log = started.stop()
        assert status == 0
        assert [line["message"] for line in log] == ["stopping", "stopped"]


@pytest.fixture(scope="session")
def guarded(bundle_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """The server with TLS and a token; tests share it, so leave it as it was."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, key, token = folder / "tls.crt", folder / "tls.key", "0123456789abcdef"
    write_certificate(certificate, key, address="127.0.0.1", now=datetime.now(UTC))
    with running(bundle_folder, tls_cert=certificate, tls_key=key, token=token) as started:
        yield Guarded(started, certificate, token)
        status, log = started.stop()
        assert status == 0
        assert [line["message"] for line in log] == ["stopping", "stopped"]
