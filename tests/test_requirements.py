"""The locked requirements: complete, free of indexes, and in agreement."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
EXTRAS = ("dev", "train", "serve")


def _lines(extra: str) -> list[str]:
    """Return one logical line per requirement of a lock, without comments."""
    text = (ROOT / f"requirements/{extra}.txt").read_text()
    return re.sub(r"\s*#.*", "", text).replace("\\\n", " ").splitlines()


def _locked(extra: str) -> dict[str, str]:
    """Return the version that a lock gives to each distribution."""
    requirements = (Requirement(line.partition("--hash")[0]) for line in _lines(extra) if line)
    return {
        canonicalize_name(requirement.name): str(requirement.specifier).removeprefix("==")
        for requirement in requirements
    }


def _asked(extra: str) -> list[Requirement]:
    """Return what pyproject.toml asks for on behalf of an extra, and of those that it contains."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    asked = [Requirement(line) for line in project["dependencies"] + extras[extra]]
    contained = [name for ours in asked if ours.name == project["name"] for name in ours.extras]
    asked += [Requirement(line) for name in contained for line in extras[name]]
    return [requirement for requirement in asked if requirement.name != project["name"]]


@pytest.mark.parametrize("extra", EXTRAS)
def test_every_requirement_has_hashes(extra):
    """Every file that pip installs is checked against the lock."""
    requirements = [line for line in _lines(extra) if line]

    assert requirements
    assert [
        line for line in requirements if not re.search(r" --hash=sha256:[0-9a-f]{64}", line)
    ] == []


@pytest.mark.parametrize("extra", EXTRAS)
def test_lock_names_no_index(extra):
    """A lock says what to install, never where from: that is the machine's own setting."""
    text = (ROOT / f"requirements/{extra}.txt").read_text()

    assert re.findall(r"https?://\S+|--(?:extra-)?index-url|--find-links|-[if] ", text) == []


@pytest.mark.parametrize("extra", ["train", "serve"])
def test_lock_agrees_with_dev(extra):
    """What an image installs is what the tests ran with."""
    dev = _locked("dev")

    assert {name: dev.get(name) for name in _locked(extra)} == _locked(extra)


@pytest.mark.parametrize("extra", EXTRAS)
def test_lock_holds_what_pyproject_asks(extra):
    """A change of pyproject.toml that `make lock` has not seen does not pass."""
    locked = _locked(extra)

    for asked in _asked(extra):
        version = locked.get(canonicalize_name(asked.name))
        assert version is not None, f"{asked} is not in requirements/{extra}.txt: run `make lock`"
        assert asked.specifier.contains(version), f"{asked}, locked at {version}: run `make lock`"


def test_lock_leaves_nothing_out():
    """What was installed from the lock alone, without resolving, has all that it asks for."""
    checked = subprocess.run(
        [sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stdout
