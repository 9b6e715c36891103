"""The manifest: format, operator sets and the sha256 of every file; its own digest is the name."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from secom_core.errors import BundleError

FORMAT = "secom-bundle/2"
OPERATOR_SETS = {"": 21, "ai.onnx.ml": 5}
"""Version of each of ONNX's operator sets by its domain: what a graph in a bundle may use."""

MANIFEST = "manifest.json"
MODEL = "model.onnx"
CONTRACT = "contract.json"
OPERATING_POINT = "operating_point.json"
REFERENCE = "reference.parquet"
DRIFT_BASIS = "drift.json"
GOLDEN = "golden.json"
CARD = "card.json"
CARD_PAGE = "card.md"
FILES = (MODEL, CONTRACT, OPERATING_POINT, REFERENCE, DRIFT_BASIS, GOLDEN, CARD, CARD_PAGE)

LINEAGE = "lineage.json"
SIGNATURE = "manifest.sig"
COMPANIONS = (LINEAGE, SIGNATURE)
"""Files that lie in a bundle's folder, name its digest, and are no part of it."""

REFETCH = "Fetch the bundle again from the object store, or train a new one."


@dataclass(frozen=True, slots=True)
class Entry:
    """What the manifest says of one file."""

    sha256: str
    n_bytes: int


def to_json_bytes(value: object) -> bytes:
    """Return one form for one value: sorted keys, exact floats, a line feed at the end."""
    return (json.dumps(value, sort_keys=True, indent=1, allow_nan=False) + "\n").encode()


def entry(content: bytes) -> Entry:
    """Describe a file's content."""
    return Entry(hashlib.sha256(content).hexdigest(), len(content))


def to_bytes(entries: dict[str, Entry]) -> bytes:
    """Return the manifest of a folder that holds `entries`."""
    files = {name: {"sha256": file.sha256, "bytes": file.n_bytes} for name, file in entries.items()}
    return to_json_bytes({"format": FORMAT, "operator_sets": OPERATOR_SETS, "files": files})


def digest_of(manifest: bytes) -> str:
    """Return a bundle's name: the sha256 of its manifest, 64 hex digits."""
    return hashlib.sha256(manifest).hexdigest()


def check_folder(folder: Path) -> str:
    """Return the digest of the bundle in `folder` after comparing every file with the manifest.

    Raises
    ------
    BundleError
        If a file is missing, added, truncated or altered, or the format is foreign.
    """
    if not folder.is_dir():
        message = f"no bundle at {folder}: not a folder. `secom run` makes one."
        raise BundleError(message)
    content = _read_file(folder, MANIFEST)
    entries = _parse(content)
    for name, expected in entries.items():
        _check_file(name, _read_file(folder, name), expected)
    known = {MANIFEST, *entries, *COMPANIONS}
    added = sorted(path.name for path in folder.iterdir() if path.name not in known)
    if added:
        message = (
            f"the bundle holds {', '.join(added)}, which its manifest does not list. {REFETCH}"
        )
        raise BundleError(message)
    return digest_of(content)


def _read_file(folder: Path, name: str) -> bytes:
    path = folder / name
    if path.is_symlink() or not path.is_file():
        message = f"the bundle has no file {name}. {REFETCH}"
        raise BundleError(message)
    return path.read_bytes()


def _check_file(name: str, content: bytes, expected: Entry) -> None:
    found = entry(content)
    if found == expected:
        return
    if found.n_bytes != expected.n_bytes:
        what = f"{name} has {found.n_bytes} bytes, its manifest says {expected.n_bytes}"
    else:
        what = (
            f"{name} was altered: its sha256 begins with {found.sha256[:12]}, "
            f"its manifest says {expected.sha256[:12]}"
        )
    message = f"{what}. {REFETCH}"
    raise BundleError(message)


def _parse(content: bytes) -> dict[str, Entry]:
    try:
        manifest = json.loads(content)
        form, sets = manifest["format"], manifest["operator_sets"]
        files = {
            name: Entry(str(file["sha256"]), int(file["bytes"]))
            for name, file in manifest["files"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        message = f"{MANIFEST} is not a bundle's manifest ({exc!r}). {REFETCH}"
        raise BundleError(message) from exc
    if form != FORMAT:
        message = f"the bundle's format is {form}, this version reads {FORMAT}. Train a new one."
        raise BundleError(message)
    if sets != OPERATOR_SETS:
        message = (
            f"the bundle needs the operator sets {sets}, this version runs {OPERATOR_SETS}. "
            "Train a new one with this version, or serve it with the version that wrote it."
        )
        raise BundleError(message)
    if set(files) != set(FILES):
        odd = ", ".join(sorted(set(files) ^ set(FILES)))
        message = f"the bundle's manifest does not list the files of a bundle: {odd}. {REFETCH}"
        raise BundleError(message)
    return files
