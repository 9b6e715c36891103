import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest

from tests.pipelines.kubeflow_api import KubeflowApi

SECOM = Path(sys.executable).with_name("secom")


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A command that has ended."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def environ(tmp_path_factory):
    """An environment without settings, in which `secom` is on the PATH."""
    path = os.pathsep.join([str(SECOM.parent), os.environ["PATH"]])
    return {"PATH": path, "HOME": str(tmp_path_factory.mktemp("home"))}


@pytest.fixture(scope="session")
def shop(tmp_path_factory):
    """The folder in which a user types commands."""
    return tmp_path_factory.mktemp("shop")


@pytest.fixture(scope="session")
def typed(environ, shop):
    """Run a command as a user does who types it."""

    def run(line, **more):
        ended = subprocess.run(
            shlex.split(line),
            cwd=shop,
            env=environ | more,
            capture_output=True,
            text=True,
            check=False,
        )
        return Ran(code=ended.returncode, out=ended.stdout, err=ended.stderr)

    return run


@pytest.fixture(scope="session")
def first(typed):
    """A first run on the twin, with all its stages but without a search."""
    return typed("secom run --data synthetic --search quick")


@pytest.fixture(scope="session")
def state(first, shop):  # noqa: ARG001 - the run makes it
    """The state folder of the first run."""
    return shop / ".secom"


@pytest.fixture
def serve_api():
    """Start stand-ins for Kubeflow Pipelines' API on the loopback; all end with the test."""
    started = []

    def start(**options):
        api = KubeflowApi(**options)
        Thread(target=api.serve_forever, args=(0.01,), daemon=True).start()
        started.append(api)
        return api

    yield start
    for api in started:
        api.shutdown()
        api.server_close()
