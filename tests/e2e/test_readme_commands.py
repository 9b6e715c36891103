"""The README's commands for whoever runs a cluster, as they stand there."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from secom_core.bundle import Bundle
from secom_core.store import publish_bundle
from tests.e2e import store
from tests.e2e.cluster import kubectl, run
from tests.e2e.store import Bucket
from tests.test_readme import READMES, Block, blocks

pytestmark = pytest.mark.e2e

NAMESPACE = "secom"
"""The one in the README."""
BLOCKS = [block for path in READMES for block in blocks(path.read_text())]


@pytest.fixture(scope="module")
def shelf(bundles: Sequence[Bundle], reachable: None) -> Iterator[Bucket]:  # noqa: ARG001 - first
    """A bucket with a bundle in it, of its own: of two monitors on one bucket only one is ready."""
    with store.bucket() as made:
        publish_bundle(made.open(), bundles[0].path, bundles[0].digest)
        yield made


@pytest.fixture(scope="module")
def environ(bundles: Sequence[Bundle], shelf: Bucket) -> Iterator[Mapping[str, str]]:
    """What the reader has set: a store, its keys, a bundle in it; and no such namespace yet."""
    found = kubectl("get", "namespace", NAMESPACE, "--ignore-not-found", "--output=name")
    assert not found, f"namespace {NAMESPACE} is there already: remove it to try the README"
    yield {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "AWS_ENDPOINT_URL": shelf.inside,
        "AWS_ACCESS_KEY_ID": shelf.access_key,
        "AWS_SECRET_ACCESS_KEY": shelf.secret_key,
        "SECOM_BUCKET": shelf.name,
        "DIGEST": bundles[0].digest,
    }
    kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found")


@pytest.mark.parametrize(
    "block",
    [pytest.param(one, id=one.commands[0]) for one in BLOCKS if one.tag == "make e2e"],
)
def test_commands_run(block: Block, environ: Mapping[str, str]):
    """Blocks tagged `make e2e` succeed one after the other, as for a reader who types them."""
    settings = [f"{name}={value}" for name, value in environ.items()]

    run("env", *settings, "bash", "-euo", "pipefail", "-c", "\n".join(block.commands))
