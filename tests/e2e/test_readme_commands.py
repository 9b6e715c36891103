"""The README's commands for whoever runs a cluster, as they stand there."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from secom_core.bundle import Bundle
from tests.e2e.cluster import kubectl, run
from tests.e2e.store import Bucket
from tests.test_readme import READMES, Block, blocks

pytestmark = pytest.mark.e2e

NAMESPACE = "secom"
"""The one in the README."""
BLOCKS = [block for path in READMES for block in blocks(path.read_text())]


@pytest.fixture(scope="module")
def environ(published: Sequence[Bundle], bucket: Bucket) -> Iterator[Mapping[str, str]]:
    """What the reader has set: a store, its keys, a bundle in it; and no such namespace yet."""
    found = kubectl("get", "namespace", NAMESPACE, "--ignore-not-found", "--output=name")
    assert not found, f"namespace {NAMESPACE} is there already: remove it to try the README"
    yield {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "AWS_ENDPOINT_URL": bucket.inside,
        "AWS_ACCESS_KEY_ID": bucket.access_key,
        "AWS_SECRET_ACCESS_KEY": bucket.secret_key,
        "SECOM_BUCKET": bucket.name,
        "DIGEST": published[0].digest,
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
