"""Reading a bundle, and judging units with it: the only code that ever scores a unit."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime as ort

from secom_core.bundle import manifest
from secom_core.bundle.golden import TOLERANCE, Golden
from secom_core.bundle.lineage import Lineage
from secom_core.bundle.reference import from_parquet
from secom_core.bundle.session import open_session, risk_of
from secom_core.card import Card
from secom_core.contract import Contract
from secom_core.errors import BundleError
from secom_core.threshold import OperatingPoint

if TYPE_CHECKING:
    from secom_core.drift import ReferenceProfile


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What a bundle says of units.

    Parameters
    ----------
    risk : ndarray of shape (n_units,), float64
        Calibrated probability of failing final test.
    flagged : ndarray of shape (n_units,), bool
        Whether the risk reaches the threshold.
    """

    risk: np.ndarray
    flagged: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bundle:
    """A verified bundle, ready to judge; get one with `read`."""

    path: Path
    digest: str
    contract: Contract
    sensors_read: tuple[int, ...]
    operating_point: OperatingPoint
    golden: Golden
    card: Card
    lineage: Lineage | None
    session: ort.InferenceSession = field(repr=False)

    @property
    def run_id(self) -> str:
        """Pipeline run that made the bundle; empty where nobody wrote it down."""
        return self.lineage.run_id if self.lineage else ""

    @property
    def data_digest(self) -> str:
        """Content digest of the units that the bundle was made from."""
        return self.card.data_digest

    @property
    def is_synthetic(self) -> bool:
        """Whether those units were the twin's."""
        return self.card.is_synthetic

    @property
    def reference(self) -> ReferenceProfile:
        """The fit window, for drift and explanations; read from disk at each call."""
        return from_parquet((self.path / manifest.REFERENCE).read_bytes())

    def judge(self, readings: np.ndarray) -> Verdicts:
        """Score units and flag those whose risk reaches the threshold.

        Parameters
        ----------
        readings : ndarray of shape (n_units, n_sensors)
            Real numbers; NaN means "not measured".

        Raises
        ------
        ContractError
            If the readings do not fit the contract.
        """
        risk = risk_of(self.session, self.contract.check(readings))
        return Verdicts(risk, risk >= self.operating_point.threshold)

    def check_golden(self) -> None:
        """Answer the golden requests.

        Raises
        ------
        BundleError
            If an answer differs from what training wrote down.
        """
        verdicts = self.judge(self.golden.readings)
        difference = float(np.max(np.abs(verdicts.risk - self.golden.risk), initial=0.0))
        # Written so that a NaN counts as different.
        if not difference <= TOLERANCE:
            message = (
                f"a golden request's risk differs by {difference:.3g}, more than {TOLERANCE:.0e}: "
                "this machine computes another answer than was judged. Do not serve it."
            )
            raise BundleError(message)
        if not np.array_equal(verdicts.flagged, self.golden.flagged):
            message = "a golden request is decided otherwise than in training. Do not serve it."
            raise BundleError(message)


def read(folder: Path, *, verify_key: Path | None = None) -> Bundle:
    """Read the bundle in `folder` after verifying every byte of it.

    Parameters
    ----------
    folder : Path
    verify_key : Path, optional
        Public key; with it an unsigned or wrongly signed bundle is refused.

    Raises
    ------
    BundleError
        If a file is missing, added, truncated or altered, the format or an operator set is
        foreign, or the signature is not the key's.
    """
    digest = manifest.check_folder(folder)
    if verify_key is not None:
        from secom_core import signing  # noqa: PLC0415 - costs a second, and only who verifies pays

        signing.verify(folder, verify_key)
    contract = _json(folder, manifest.CONTRACT)
    return Bundle(
        path=folder,
        digest=digest,
        contract=Contract(sensors=tuple(contract["sensors"])),
        sensors_read=tuple(contract["sensors_read"]),
        operating_point=OperatingPoint.from_json(_json(folder, manifest.OPERATING_POINT)),
        golden=Golden.from_json(_json(folder, manifest.GOLDEN)),
        card=Card.from_json(_json(folder, manifest.CARD)),
        lineage=_lineage(folder, digest),
        session=open_session((folder / manifest.MODEL).read_bytes()),
    )


def _json(folder: Path, name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((folder / name).read_bytes())
    return value


def _lineage(folder: Path, digest: str) -> Lineage | None:
    path = folder / manifest.LINEAGE
    if not path.is_file():
        return None
    try:
        lineage = Lineage.from_json(json.loads(path.read_bytes()))
    except (ValueError, TypeError) as exc:
        message = f"{manifest.LINEAGE} is damaged ({exc}). Delete it, or fetch the bundle again."
        raise BundleError(message) from exc
    if lineage.digest != digest:
        message = (
            f"{manifest.LINEAGE} names bundle {lineage.digest[:12]}, this is {digest[:12]}. "
            "Delete it, or fetch the bundle again."
        )
        raise BundleError(message)
    return lineage
