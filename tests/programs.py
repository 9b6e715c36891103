"""Programs that no Python package index has: used where they are on the PATH."""

import os
import shutil
from pathlib import Path

import pytest


def program(name: str) -> Path:
    """Return where a program is; without it the test is not run, and fails where CI is set."""
    found = shutil.which(name)
    if found is not None:
        return Path(found)
    message = f"not run: {name} is not on the PATH"
    if os.environ.get("CI"):
        pytest.fail(f"{message}; .ci/run installs it")
    pytest.skip(message)
