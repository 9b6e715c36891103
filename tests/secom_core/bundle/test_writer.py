import os
import signal
import stat
import subprocess
import sys

import pytest

from secom_core import bundle, training
from secom_core.bundle import manifest
from secom_core.config import TrainingConfig
from secom_core.errors import BundleError
from secom_core.evidence import REFERENCE

FIT_AND_NAME = """
import sys
from dataclasses import replace
from pathlib import Path
from secom_core import bundle, training
from secom_core.config import TrainingConfig
from secom_core.dataset import twin

units = twin(n_units=400, seed=0)
narrow = replace(units, readings=units.readings[:, 60:160], sensors=units.sensors[60:160])
for family in ("logistic", "reference"):
    contender = training.fit_contender(family, narrow, TrainingConfig(search="quick", seed=5))
    print(bundle.write(contender.parts, Path(sys.argv[1]) / family))
"""


def test_same_units_and_seed_give_the_same_digest(narrow, tmp_path):
    """Neither folder nor process nor number of threads changes a byte of a bundle."""
    elsewhere = subprocess.run(
        [sys.executable, "-c", FIT_AND_NAME, str(tmp_path / "elsewhere")],
        env=os.environ | {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()

    fitted = [
        training.fit_contender(family, narrow, TrainingConfig(search="quick", seed=5))
        for family in ("logistic", REFERENCE)
    ]
    here = [bundle.write(each.parts, tmp_path / each.evidence.family) for each in fitted]

    assert here == elsewhere
    assert here[0] != here[1]


def test_digest_is_the_manifests_sha256(contenders, tmp_path, family):
    """What `write` returns is what `read` finds, and the name that sha256sum gives."""
    digest = bundle.write(contenders[family].parts, tmp_path / "deep" / "bundle")

    content = (tmp_path / "deep" / "bundle" / "manifest.json").read_bytes()
    assert digest == bundle.read(tmp_path / "deep" / "bundle").digest
    assert digest == manifest.digest_of(content)
    assert len(digest) == 64


def test_bundle_can_be_entered_by_others(contenders, tmp_path):
    """The server runs as another user than training."""
    bundle.write(contenders["logistic"].parts, tmp_path / "bundle")

    assert stat.S_IMODE((tmp_path / "bundle").stat().st_mode) == 0o755


def test_empty_folder_is_filled(contenders, tmp_path):
    """A stage may get its output folder already made."""
    (tmp_path / "bundle").mkdir()

    bundle.write(contenders["logistic"].parts, tmp_path / "bundle")

    assert bundle.read(tmp_path / "bundle")


@pytest.mark.parametrize("there", ["file", "folder with a file", "bundle"])
def test_nothing_is_written_over(contenders, folder, tmp_path, there):
    """What lies at the path stays, whatever it is."""
    path = {"file": tmp_path / "file", "folder with a file": tmp_path, "bundle": folder}[there]
    (tmp_path / "file").write_text("mine")
    before = sorted(tmp_path.rglob("*"))

    with pytest.raises(BundleError, match="is not empty; a bundle is never written over"):
        bundle.write(contenders["logistic"].parts, path)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "interruption", [OSError(28, "No space left on device"), KeyboardInterrupt]
)
@pytest.mark.parametrize("n_written", range(len(manifest.FILES) + 1))
def test_interrupted_write_leaves_nothing(
    contenders, tmp_path, monkeypatch, interruption, n_written
):
    """A disk that is full, or Ctrl-C, leaves neither half a bundle nor its rubble."""
    files = iter([None] * n_written)

    def fsync(_):
        if next(files, "full") == "full":
            raise interruption

    monkeypatch.setattr(os, "fsync", fsync)

    with pytest.raises((OSError, KeyboardInterrupt)):
        bundle.write(contenders["logistic"].parts, tmp_path / "bundle")
    assert list(tmp_path.iterdir()) == []


def test_killed_write_leaves_no_bundle(contenders, tmp_path):
    """Killed outright in the middle, there is no folder of that name: nobody reads half of it."""
    writing = os.fork()
    if writing == 0:
        try:
            os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
            bundle.write(contenders["logistic"].parts, tmp_path / "bundle")
        finally:
            os._exit(1)
    _, status = os.waitpid(writing, 0)

    assert os.WTERMSIG(status) == signal.SIGKILL
    assert not (tmp_path / "bundle").exists()
    assert bundle.write(contenders["logistic"].parts, tmp_path / "bundle")
