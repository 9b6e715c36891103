"""From one family to one contender: judged in time order, fitted, calibrated, exported."""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from secom_core import bundle, candidates, export
from secom_core.calibration import fit_sigmoid
from secom_core.card import Card
from secom_core.contract import Contract
from secom_core.drift import fit_reference
from secom_core.drift.watch import fit_baseline
from secom_core.errors import EvidenceError
from secom_core.evaluation import figures
from secom_core.evidence import Evidence
from secom_core.threshold import OperatingPoint, set_operating_point
from secom_core.windows import Timeline, timeline

if TYPE_CHECKING:
    from secom_core.candidates import Fitted, Progress
    from secom_core.config import TrainingConfig
    from secom_core.dataset import Units

N_GOLDEN = 12
_LIBRARIES = ("numpy", "onnx", "onnxruntime", "scikit-learn", "secom", "xgboost-cpu")
_CARD_FIGURES = (
    "auc",
    "average_precision",
    "capture_at_5",
    "capture_at_10",
    "capture_at_20",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Contender:
    """A family's bundle, not yet written, with the evidence for it."""

    parts: bundle.Parts
    evidence: Evidence


def fit_contender(
    family: str, units: Units, config: TrainingConfig, *, progress: Progress | None = None
) -> Contender:
    """Judge a family on expanding windows, then make a bundle of its last fit.

    Only development is looked at; the holdout is cut off before anything else happens.

    Parameters
    ----------
    family : str
        One of `evidence.FAMILIES`, or `evidence.REFERENCE`.
    units : Units
        All units of the run in time order.
    config : TrainingConfig
    progress : callable, optional
        Told the number of fits done and the number of fits in all.

    Raises
    ------
    ConfigError
        If the family is unknown or the units are too few for the windows.
    EvidenceError
        If a window lacks fails.
    ExportError
        If the ONNX form answers otherwise than scikit-learn on any unit.
    """
    # One thread adds up in one order, so that the same units and seed give the same bundle; two
    # change the last bits of every fit on all sensors or on principal components.
    with threadpool_limits(1):
        return _fit_contender(family, units, config, progress)


def _fit_contender(
    family: str, units: Units, config: TrainingConfig, progress: Progress | None
) -> Contender:
    cuts = timeline(len(units), config.shares)
    seen = units.window(cuts.development)
    fits, raw = _fit_folds(family, seen, cuts, config, progress=progress)
    last = fits[-1]
    calibration = seen.window(cuts.calibration)
    sigmoid = fit_sigmoid(raw[-1], calibration.is_fail, weight=calibration.weight)
    point = set_operating_point(
        sigmoid.risk(raw[-1]),
        calibration.is_fail,
        max_inspection_rate=config.max_inspection_rate,
        missed_fail_cost=config.missed_fail_cost or None,
        weight=calibration.weight,
    )
    model = export.to_onnx(last.pipeline, sigmoid, units.sensors)
    # The form of a model is no judgement of it, so that every unit may be asked.
    difference = export.require_same_answers(
        model, last.pipeline, sigmoid, units.readings, threshold=point.threshold
    )
    compared = seen.window(cuts.compared)
    risk = sigmoid.risk(np.concatenate(raw))
    evidence = Evidence(
        family=family,
        params_by_window=tuple(fitted.params for fitted in fits),
        tried=last.tried,
        sigmoid=sigmoid,
        risk=risk,
        figures=figures(compared.is_fail, risk, seed=config.seed, weight=compared.weight),
        fit_seconds=tuple(second for fitted in fits for second in fitted.fit_seconds),
        export_difference=difference,
    )
    read = tuple(int(column) for column in export.sensors_read(last.pipeline))
    # Of the model as it will answer, not as scikit-learn does.
    calibration_risk = bundle.risk_of(bundle.open_session(model), calibration.readings)
    # The monitor compares it with every unit of the line, looked at or not.
    profiled = seen.window(cuts.fit)
    profiled = profiled.readings[profiled.stand_ins]
    parts = bundle.Parts(
        model=model,
        contract=Contract(sensors=units.sensors),
        sensors_read=read,
        operating_point=point,
        reference=fit_reference(profiled),
        drift_basis=bundle.DriftBasis(
            baseline=_baseline(profiled, read),
            calibration_risk=calibration_risk[calibration.stand_ins],
        ),
        golden=_golden(calibration.readings, calibration_risk, point),
        card=_card(seen, cuts, evidence, seed=config.seed),
    )
    return Contender(parts=parts, evidence=evidence)


def _fit_folds(
    family: str,
    units: Units,
    cuts: Timeline,
    config: TrainingConfig,
    *,
    progress: Progress | None,
) -> tuple[list[Fitted], list[np.ndarray]]:
    """Run a family's procedure on each fold of development; return the fits and raw scores."""
    fits: list[Fitted] = []
    raw = []
    n_folds = len(cuts.folds)
    for number, fold in enumerate(cuts.folds):

        def tell(done: int, total: int, number: int = number) -> None:
            if progress:
                progress(number * total + done, n_folds * total)

        fitted = candidates.fit(
            family,
            units.window(fold.train),
            seed=config.seed,
            search=config.search,
            progress=tell,
        )
        fits.append(fitted)
        raw.append(candidates.raw_score(fitted.pipeline, units.readings[fold.test]))
    return fits, raw


def lineage(
    digest: str, *, run_id: str, environ: Mapping[str, str], trained_at: datetime
) -> bundle.Lineage:
    """Write down where a bundle came from.

    Parameters
    ----------
    digest : str
        The bundle.
    run_id : str
        Pipeline run that made it.
    environ : mapping
        Of which SECOM_COMMIT is read: the images carry it, and `secom run` asks git.
    trained_at : datetime
        With its offset.
    """
    return bundle.Lineage(
        digest=digest,
        run_id=run_id,
        commit=environ.get("SECOM_COMMIT", ""),
        trained_at=trained_at.isoformat(timespec="seconds"),
        trained_on=platform.node(),
        versions={name: version(name) for name in _LIBRARIES},
    )


def _baseline(readings: np.ndarray, sensors_read: tuple[int, ...]) -> float | None:
    try:
        return fit_baseline(readings, sensors_read=sensors_read)
    except EvidenceError:
        return None  # a short line can be learnt from all the same


def _golden(readings: np.ndarray, risk: np.ndarray, point: OperatingPoint) -> bundle.Golden:
    """Take units from the lowest risk to the highest, with the answers of ONNX Runtime."""
    # A unit on the threshold itself may fall on either side by a rounding error.
    clear = np.flatnonzero(np.abs(risk - point.threshold) > bundle.GOLDEN_TOLERANCE)
    ascending = clear[np.argsort(risk[clear], kind="stable")]
    chosen = ascending[np.linspace(0, len(ascending) - 1, N_GOLDEN).astype(int)]
    return bundle.Golden(
        readings=readings[chosen], risk=risk[chosen], flagged=point.flags(risk[chosen])
    )


def _card(seen: Units, cuts: Timeline, evidence: Evidence, *, seed: int) -> Card:
    times = seen.measured_at
    return Card(
        family=evidence.family,
        params={name: str(value) for name, value in evidence.params_by_window[-1].items()},
        seed=seed,
        data_digest=seen.digest,
        is_synthetic=seen.is_synthetic,
        n_units=len(seen),
        n_fails=int(seen.is_fail.sum()),
        fitted_from=str(times[0]),
        fitted_until=str(times[cuts.fit.stop - 1]),
        seen_until=str(times[-1]),
        figures={
            name: dataclasses.astuple(getattr(evidence.figures, name)) for name in _CARD_FIGURES
        },
    )
