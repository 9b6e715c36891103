"""A real bundle, and the real server of it started as a user would."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from secom_core import bundle, candidates, export
from secom_core.calibration import fit_sigmoid
from secom_core.card import Card
from secom_core.contract import Contract
from secom_core.dataset import Units
from secom_core.drift import fit_reference
from secom_core.threshold import set_operating_point
from tests.serving.running import Running, running

RUN_ID = "run-7"

collect_ignore = ["clients"]  # programs: the two sides' protobuf messages do not fit in one process


@pytest.fixture(scope="session")
def bundle_folder(twin: Units, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A logistic regression on the twin's first 300 units, calibrated on 100 more."""
    fit, calibration = twin.window(slice(0, 300)), twin.window(slice(300, 400))
    params = {"selection": "f", "n_sensors": 40, "C": 0.01}
    pipeline = candidates.build("logistic", params, seed=0).fit(fit.readings, fit.is_fail)
    raw = candidates.raw_score(pipeline, calibration.readings)
    sigmoid = fit_sigmoid(raw, calibration.is_fail)
    risk = sigmoid.risk(raw)
    point = set_operating_point(risk, calibration.is_fail, max_inspection_rate=0.2)
    model = export.to_onnx(pipeline, sigmoid, twin.sensors)
    asked = calibration.readings[:12]
    answers = bundle.risk_of(bundle.open_session(model), asked)
    parts = bundle.Parts(
        model=model,
        contract=Contract(sensors=twin.sensors),
        sensors_read=tuple(int(column) for column in export.sensors_read(pipeline)),
        operating_point=point,
        reference=fit_reference(fit.readings),
        golden=bundle.Golden(readings=asked, risk=answers, flagged=point.flags(answers)),
        card=_card(twin),
    )
    folder = tmp_path_factory.mktemp("bundles") / "champion"
    digest = bundle.write(parts, folder)
    bundle.write_lineage(_lineage(digest), folder)
    return folder


def _card(units: Units) -> Card:
    return Card(
        family="logistic",
        params={"C": "0.01"},
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


@pytest.fixture(scope="session")
def served(bundle_folder: Path) -> bundle.Bundle:
    """The bundle that the server serves, to compare its answers with."""
    return bundle.read(bundle_folder)


@pytest.fixture(scope="session")
def server(bundle_folder: Path) -> Iterator[Running]:
    """The server; tests share it, so leave it as it was."""
    with running(bundle_folder) as started:
        yield started
        status, log = started.stop()
        assert status == 0
        assert [line["message"] for line in log] == ["stopping", "stopped"]
