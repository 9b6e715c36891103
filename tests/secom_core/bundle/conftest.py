"""A bundle to break."""

import shutil

import pytest

from secom_core.bundle import manifest
from secom_core.evidence import REFERENCE


@pytest.fixture(params=["logistic", REFERENCE])
def family(request):
    """One family without trees, one with."""
    return request.param


@pytest.fixture
def folder(folders, tmp_path):
    """A copy of a good bundle."""
    return shutil.copytree(folders["logistic"], tmp_path / "bundle")


@pytest.fixture
def reseal(folder):
    """Change a file, and the manifest with it, as somebody who knows the format would."""

    def _reseal(name, content):
        (folder / name).write_bytes(content)
        entries = {name: manifest.entry((folder / name).read_bytes()) for name in manifest.FILES}
        (folder / manifest.MANIFEST).write_bytes(manifest.to_bytes(entries))
        return folder

    return _reseal
