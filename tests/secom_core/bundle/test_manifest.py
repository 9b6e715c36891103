import json
import os
import shutil
from pathlib import Path

import pytest

from secom_core import bundle
from secom_core.bundle import manifest
from secom_core.errors import BundleError


def change(name, **fields):
    """A damage: other fields in a JSON file."""

    def _change(folder: Path):
        path = folder / name
        path.write_text(json.dumps(json.loads(path.read_bytes()) | fields))

    return _change


def flip_a_bit(name):
    """A damage: one bit in the middle of a file."""

    def _flip(folder: Path):
        content = bytearray((folder / name).read_bytes())
        content[len(content) // 2] ^= 1
        (folder / name).write_bytes(content)

    return _flip


def truncate(name):
    """A damage: the last byte is gone."""
    return lambda folder: os.truncate(folder / name, (folder / name).stat().st_size - 1)


def link(name):
    """A damage: the file is a link to its content elsewhere."""

    def _link(folder: Path):
        shutil.move(folder / name, folder.parent / name)
        (folder / name).symlink_to(folder.parent / name)

    return _link


def list_evil_path(folder: Path):
    """A damage: the manifest vouches for a file outside the folder."""
    path = folder / "manifest.json"
    listed = json.loads(path.read_bytes())
    (folder.parent / "evil").write_bytes(b"")
    listed["files"]["../evil"] = {"sha256": manifest.entry(b"").sha256, "bytes": 0}
    path.write_text(json.dumps(listed))


EVERY_FILE = (manifest.MANIFEST, *manifest.FILES)
DAMAGES = {
    **{
        f"without {name}": (lambda folder, name=name: (folder / name).unlink(), f"no file {name}")
        for name in EVERY_FILE
    },
    **{f"truncated {name}": (truncate(name), f"{name} has .* bytes") for name in manifest.FILES},
    **{f"altered {name}": (flip_a_bit(name), f"{name} was altered") for name in manifest.FILES},
    **{f"linked {name}": (link(name), f"no file {name}") for name in EVERY_FILE},
    "a file too many": (lambda folder: (folder / "model.pkl").touch(), "holds model.pkl"),
    "a hidden file": (lambda folder: (folder / ".DS_Store").touch(), "holds .DS_Store"),
    "a folder too many": (lambda folder: (folder / "old").mkdir(), "holds old"),
    "a folder for a file": (
        lambda folder: ((folder / "card.md").unlink(), (folder / "card.md").mkdir()),
        "no file card.md",
    ),
    "empty manifest": (lambda folder: (folder / "manifest.json").write_bytes(b""), "JSONDecode"),
    "truncated manifest": (
        lambda folder: os.truncate(folder / "manifest.json", 500),
        "manifest.json is not a bundle's manifest",
    ),
    "manifest is a list": (
        lambda folder: (folder / "manifest.json").write_text("[]"),
        "manifest.json is not a bundle's manifest",
    ),
    "manifest in other letters": (
        lambda folder: (folder / "manifest.json").write_bytes(b"\xff\xfe{"),
        "manifest.json is not a bundle's manifest",
    ),
    "manifest of nothing": (change("manifest.json", files={}), "does not list .*: card.json"),
    "manifest without sums": (
        change("manifest.json", files={name: {"bytes": 1} for name in manifest.FILES}),
        "KeyError.'sha256'",
    ),
    "manifest vouches for a path outside": (list_evil_path, "does not list .*: ../evil"),
    "foreign format": (
        change("manifest.json", format="secom-bundle/9"),
        "format is secom-bundle/9",
    ),
    "foreign operator set": (
        change("manifest.json", operator_sets={"ai.onnx": 99}),
        "operator sets {'ai.onnx': 99}",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_bundle_is_refused(folder, damage):
    """The message says which file it is and what to do; nothing of the bundle is used."""
    harm, complaint = DAMAGES[damage]
    harm(folder)

    with pytest.raises(BundleError, match=complaint) as refused:
        bundle.read(folder)
    assert "rain a new one" in str(refused.value)


def test_nothing_at_the_path_is_refused(tmp_path):
    """A folder that is not there, or a file, is no bundle; the message names the path."""
    with pytest.raises(BundleError, match=f"no bundle at {tmp_path}/none: not a folder"):
        bundle.read(tmp_path / "none")


def test_every_byte_of_the_manifest_counts(folder):
    """A manifest that says the same in other bytes names another bundle."""
    before = bundle.read(folder).digest
    truncate("manifest.json")(folder)  # the line feed at its end

    assert bundle.read(folder).digest != before
