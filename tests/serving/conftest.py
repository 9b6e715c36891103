"""A real bundle, and the real server of it started as a user would."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from secom_core import bundle
from secom_core.dataset import Units
from tests.bundles import write_bundle
from tests.serving.running import Running, running

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
