import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from secom_core import bundle, training
from secom_core.bundle import manifest
from secom_core.errors import BundleError


@pytest.fixture
def lineage(folder):
    """Where the bundle came from."""
    return training.lineage(
        bundle.read(folder).digest,
        run_id="run-7",
        environ={"SECOM_COMMIT": "abc"},
        trained_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    )


def test_lineage_lies_beside_the_bundle(folder, lineage):
    """It is read with the bundle and does not change its name."""
    before = bundle.read(folder)
    bundle.write_lineage(lineage, folder)

    after = bundle.read(folder)

    assert after.digest == before.digest
    assert (before.lineage, before.run_id) == (None, "")
    assert (after.lineage, after.run_id) == (lineage, "run-7")


def test_lineage_can_be_written_again(folder, lineage):
    """The later one counts, as where a run is repeated."""
    bundle.write_lineage(lineage, folder)
    bundle.write_lineage(replace(lineage, run_id="run-8"), folder)

    assert bundle.read(folder).run_id == "run-8"


def test_lineage_of_another_bundle_is_not_written(folder, lineage):
    """A lineage names the bundle it lies beside, or it is not put there."""
    with pytest.raises(BundleError, match="names bundle 000000000000, the folder holds"):
        bundle.write_lineage(replace(lineage, digest="0" * 64), folder)
    assert not (folder / manifest.LINEAGE).exists()


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"digest": "0"}', b"\xff"])
def test_damaged_lineage_is_refused(folder, content):
    """It proves nothing any more; the bundle itself is whole, so deleting it helps."""
    (folder / manifest.LINEAGE).write_bytes(content)

    with pytest.raises(BundleError, match=r"lineage.json is damaged .* Delete it"):
        bundle.read(folder)


def test_lineage_of_another_bundle_is_refused(folder, lineage):
    """A lineage that was copied from elsewhere does not speak for this bundle."""
    foreign = replace(lineage, digest="0" * 64)
    (folder / manifest.LINEAGE).write_text(json.dumps(foreign.to_json()))

    with pytest.raises(BundleError, match=r"names bundle 000000000000, this is .* Delete it"):
        bundle.read(folder)


def test_companions_are_no_part_of_the_digest(folder):
    """A signature, too, may come later and does not rename what it signs."""
    before = bundle.read(folder).digest
    (folder / manifest.SIGNATURE).write_text("signed")

    assert bundle.read(folder).digest == before
