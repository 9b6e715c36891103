"""Writing a bundle: all of it or nothing."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from secom_core.bundle import manifest
from secom_core.bundle.reference import to_parquet
from secom_core.errors import BundleError

if TYPE_CHECKING:
    from secom_core.bundle.drift_basis import DriftBasis
    from secom_core.bundle.golden import Golden
    from secom_core.bundle.lineage import Lineage
    from secom_core.card import Card
    from secom_core.contract import Contract
    from secom_core.drift import ReferenceProfile
    from secom_core.threshold import OperatingPoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a bundle is made of.

    Parameters
    ----------
    model : bytes
        ONNX graph from readings to calibrated risk.
    contract : Contract
        Sensors in order.
    sensors_read : tuple of int
        Columns whose value can change the risk.
    operating_point : OperatingPoint
        Threshold and what it was set for.
    reference : ReferenceProfile
        The fit window, for drift and explanations.
    drift_basis : DriftBasis
        What else drift is judged against.
    golden : Golden
        Readings with expected answers.
    card : Card
        What people read.
    """

    model: bytes
    contract: Contract
    sensors_read: tuple[int, ...]
    operating_point: OperatingPoint
    reference: ReferenceProfile
    drift_basis: DriftBasis
    golden: Golden
    card: Card


def write(parts: Parts, folder: Path) -> str:
    """Write a bundle and return its digest.

    Parameters
    ----------
    parts : Parts
    folder : Path
        Must not exist, or be empty; appears complete or not at all.

    Raises
    ------
    BundleError
        If `folder` holds something.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        message = f"{folder} is not empty; a bundle is never written over something else."
        raise BundleError(message)
    folder.parent.mkdir(parents=True, exist_ok=True)
    contents = _contents(parts)
    contents[manifest.MANIFEST] = manifest.to_bytes(
        {name: manifest.entry(content) for name, content in contents.items()}
    )
    unfinished = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name, content in contents.items():
            _write_file(unfinished / name, content)
        unfinished.chmod(0o755)  # mkdtemp makes 0700, which the server's user could not enter
        unfinished.replace(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return manifest.digest_of(contents[manifest.MANIFEST])


def write_lineage(lineage: Lineage, folder: Path) -> None:
    """Put `lineage` beside the bundle that it names.

    Raises
    ------
    BundleError
        If the bundle in `folder` is another one.
    """
    digest = manifest.check_folder(folder)
    if digest != lineage.digest:
        message = f"the lineage names bundle {lineage.digest[:12]}, the folder holds {digest[:12]}."
        raise BundleError(message)
    unfinished = folder.parent / f".{folder.name}-{manifest.LINEAGE}"
    _write_file(unfinished, manifest.to_json_bytes(lineage.to_json()))
    unfinished.replace(folder / manifest.LINEAGE)


def _contents(parts: Parts) -> dict[str, bytes]:
    return {
        manifest.MODEL: parts.model,
        manifest.CONTRACT: manifest.to_json_bytes(
            {
                "sensors": list(parts.contract.sensors),
                "sensors_read": list(parts.sensors_read),
            }
        ),
        manifest.OPERATING_POINT: manifest.to_json_bytes(parts.operating_point.to_json()),
        manifest.REFERENCE: to_parquet(parts.reference, parts.contract.sensors),
        manifest.DRIFT_BASIS: manifest.to_json_bytes(parts.drift_basis.to_json()),
        manifest.GOLDEN: manifest.to_json_bytes(parts.golden.to_json()),
        manifest.CARD: manifest.to_json_bytes(parts.card.to_json()),
        manifest.CARD_PAGE: parts.card.to_markdown().encode(),
    }


def _write_file(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
