"""Reading a bundle, and judging units with it: the only code that ever scores a unit."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import onnxruntime as ort

from secom_core.bundle import manifest
from secom_core.bundle.drift_basis import DriftBasis
from secom_core.bundle.golden import TOLERANCE, Golden
from secom_core.bundle.lineage import Lineage
from secom_core.bundle.reference import from_parquet
from secom_core.bundle.session import open_session, risk_of
from secom_core.card import Card
from secom_core.contract import Contract
from secom_core.errors import BundleError, ConfigError
from secom_core.threshold import OperatingPoint

if TYPE_CHECKING:
    from secom_core.drift import ReferenceProfile
    from secom_core.drift.watch import Reference

_Part = TypeVar("_Part")


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
    drift_basis: DriftBasis
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

    @property
    def drift_baseline(self) -> float | None:
        """Share of the sensors read whose drift is nothing new; None if nobody could tell."""
        return self.drift_basis.baseline

    def watched(self) -> Reference:
        """Return what windows of scored units are compared with; reads from disk."""
        from secom_core.drift.watch import Reference  # noqa: PLC0415 - SciPy, which serving lacks

        return Reference(
            bundle=self.digest, profile=self.reference, risk=self.drift_basis.calibration_risk
        )

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
    contract, sensors_read = _parsed(folder, manifest.CONTRACT, _contract)
    return Bundle(
        path=folder,
        digest=digest,
        contract=contract,
        sensors_read=sensors_read,
        operating_point=_parsed(folder, manifest.OPERATING_POINT, OperatingPoint.from_json),
        drift_basis=_parsed(folder, manifest.DRIFT_BASIS, DriftBasis.from_json),
        golden=_parsed(folder, manifest.GOLDEN, Golden.from_json),
        card=_parsed(folder, manifest.CARD, Card.from_json),
        lineage=_lineage(folder, digest),
        session=_session(folder, contract),
    )


def _parsed(folder: Path, name: str, parse: Callable[[Any], _Part]) -> _Part:
    try:
        return parse(json.loads((folder / name).read_bytes()))
    except (ValueError, TypeError, LookupError, AttributeError, ConfigError) as exc:
        message = f"{name} does not hold what this version reads ({exc!r}). {manifest.REFETCH}"
        raise BundleError(message) from exc


def _contract(fields: dict[str, Any]) -> tuple[Contract, tuple[int, ...]]:
    return Contract(sensors=tuple(fields["sensors"])), tuple(fields["sensors_read"])


def _session(folder: Path, contract: Contract) -> ort.InferenceSession:
    session = open_session((folder / manifest.MODEL).read_bytes())
    wants = [(port.name, port.type, port.shape[1:]) for port in session.get_inputs()]
    gives = [(port.name, port.type) for port in session.get_outputs()]
    if wants != [("readings", "tensor(double)", [contract.n_sensors])] or gives != [
        ("risk", "tensor(double)")
    ]:
        message = (
            f"{manifest.MODEL} turns {wants} into {gives}, not {contract.n_sensors} readings in "
            f"float64 into a risk in float64. {manifest.REFETCH}"
        )
        raise BundleError(message)
    return session


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
