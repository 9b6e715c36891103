import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

SECOM = [str(Path(sys.executable).with_name("secom"))]


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A command that has ended."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def secom(tmp_path_factory):
    """Run `secom` as a user does: a process of its own, in an environment without settings."""
    home = tmp_path_factory.mktemp("home")
    environ = {"PATH": os.environ["PATH"], "HOME": str(home)}

    def run(*words, **more):
        ended = subprocess.run(
            [*SECOM, *map(str, words)],
            env=environ | {name: str(value) for name, value in more.items()},
            capture_output=True,
            text=True,
            check=False,
        )
        return Ran(code=ended.returncode, out=ended.stdout, err=ended.stderr)

    run.environ = environ
    return run


@pytest.fixture(scope="session")
def state(tmp_path_factory):
    """The state folder of a first run."""
    return tmp_path_factory.mktemp("state") / ".secom"


@pytest.fixture(scope="session")
def first(secom, state):
    """A first run on the twin, with all its stages but without a search."""
    return secom("run", "--data", "synthetic", "--search", "quick", "--state", state)
