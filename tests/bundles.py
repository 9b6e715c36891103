"""Small bundles of made-up units, written in no time, and a judgement that promotes one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.pipeline import Pipeline

from secom_core import bundle, candidates, export, gate
from secom_core.calibration import Sigmoid, fit_sigmoid
from secom_core.card import Card
from secom_core.contract import Contract
from secom_core.dataset import Units
from secom_core.drift import fit_reference
from secom_core.judgement import Judgement
from secom_core.threshold import set_operating_point

RUN_ID = "run-7"


def write_bundle(units: Units, folder: Path, *, strength: float = 0.01) -> str:
    """Write a logistic regression on the first 300 units, calibrated on 100 more.

    Parameters
    ----------
    units : Units
        At least 400.
    folder : Path
        Made; holds the bundle and its lineage afterwards.
    strength : float
        The regression's C: bundles of other strengths answer the same golden requests otherwise.

    Returns
    -------
    str
        The bundle's digest.
    """
    fit, calibration = units.window(slice(0, 300)), units.window(slice(300, 400))
    params = {"selection": "f", "n_sensors": 40, "C": strength}
    pipeline = candidates.build("logistic", params, seed=0).fit(fit.readings, fit.is_fail)
    parts = parts_of(pipeline, fit, calibration, card=lambda _: _card(units, strength))
    digest = bundle.write(parts, folder)
    bundle.write_lineage(_lineage(digest), folder)
    return digest


def parts_of(
    pipeline: Pipeline,
    fit: Units,
    calibration: Units,
    *,
    card: Callable[[Sigmoid], Card],
    n_golden: int = 12,
) -> bundle.Parts:
    """Make a bundle of a fitted pipeline, with a capacity of a fifth, in the way of training.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted on `fit`.
    fit, calibration : Units
    card : callable
        Takes the calibration.
    n_golden : int
        How many units of `calibration` become golden requests, its first ones.
    """
    raw = candidates.raw_score(pipeline, calibration.readings)
    sigmoid = fit_sigmoid(raw, calibration.is_fail)
    point = set_operating_point(sigmoid.risk(raw), calibration.is_fail, max_inspection_rate=0.2)
    model = export.to_onnx(pipeline, sigmoid, fit.sensors)
    asked = calibration.readings[:n_golden]
    risk = bundle.risk_of(bundle.open_session(model), calibration.readings)
    answers = risk[:n_golden]
    return bundle.Parts(
        model=model,
        contract=Contract(sensors=fit.sensors),
        sensors_read=tuple(int(column) for column in export.sensors_read(pipeline)),
        operating_point=point,
        reference=fit_reference(fit.readings),
        drift_basis=bundle.DriftBasis(baseline=0.0, calibration_risk=risk),
        golden=bundle.Golden(readings=asked, risk=answers, flagged=point.flags(answers)),
        card=card(sigmoid),
    )


def promoting(challenger: bundle.Bundle, champion: bundle.Bundle | None) -> Judgement:
    """Return a judgement by which a challenger follows a champion, or is the first one."""
    verdict = gate.Verdict(
        decision="promote",
        basis="judged",
        reasons=("It meets every condition.",),
        challenger=challenger.digest,
        holdout="e" * 64,
        champion=champion.digest if champion else None,
        attempt=1,
    )
    nothing = np.empty(0)
    return Judgement(verdict=verdict, risk=nothing, flagged=nothing, champion_risk=None)


def _card(units: Units, strength: float) -> Card:
    return Card(
        family="logistic",
        params={"C": str(strength)},
        seed=0,
        data_digest=units.digest,
        is_synthetic=True,
        n_units=400,
        n_fails=int(units.is_fail[:400].sum()),
        fitted_from=str(units.measured_at[0]),
        fitted_until=str(units.measured_at[299]),
        seen_until=str(units.measured_at[399]),
        figures={"auc": (0.7, 0.6, 0.8)},
    )


def _lineage(digest: str) -> bundle.Lineage:
    return bundle.Lineage(
        digest=digest,
        run_id=RUN_ID,
        commit="0" * 40,
        trained_at="2008-10-18T08:00:00+00:00",
        trained_on="test",
        versions={"numpy": np.__version__},
    )
