from dataclasses import replace

import numpy as np
import pytest

from secom_core import bundle, candidates, training
from secom_core.bundle import manifest
from secom_core.config import TrainingConfig
from secom_core.drift import ReferenceProfile, fit_reference
from secom_core.errors import (
    BundleError,
    InfiniteReadingError,
    ReadingTypeError,
    SensorCountError,
)
from secom_core.evidence import FAMILIES, REFERENCE
from secom_core.windows import timeline
from tests.test_no_pickle import is_pickle

RESEALED = {
    "garbage for a model": ("model.onnx", b"garbage", "ONNX Runtime .* refuses the model"),
    "no model": ("model.onnx", b"", "refuses the model"),
    "contract is no JSON": ("contract.json", b"{", "contract.json does not hold"),
    "contract is a list": ("contract.json", b"[]", "contract.json does not hold"),
    "contract without sensors": ("contract.json", b"{}", "contract.json .*'sensors'"),
    "contract of other sensors": (
        "contract.json",
        b'{"sensors": ["a", "b"], "sensors_read": [0]}',
        "model.onnx turns .* not 2 readings",
    ),
    "operating point is a list": ("operating_point.json", b"[]", "operating_point.json does not"),
    "operating point of another version": (
        "operating_point.json",
        b'{"cutoff": 0.5}',
        "operating_point.json .*cutoff",
    ),
    "golden requests without answers": ("golden.json", b'{"readings": []}', "golden.json .*'risk'"),
    "golden requests of text": (
        "golden.json",
        b'{"readings": [["high"]], "risk": [0], "flagged": [false]}',
        "golden.json does not hold",
    ),
    "drift basis without risks": (
        "drift.json",
        b'{"baseline": null}',
        "drift.json does not hold",
    ),
    "card of another version": ("card.json", b'{"family": "forest"}', "fields of this version"),
    "card is a list": ("card.json", b"[]", "fields of this version"),
}


@pytest.mark.parametrize("damage", RESEALED)
def test_foreign_content_under_a_true_manifest_is_refused(reseal, damage):
    """Sums that are right do not help content that is not what this version reads."""
    name, content, complaint = RESEALED[damage]

    with pytest.raises(BundleError, match=complaint):
        bundle.read(reseal(name, content))


def test_bundle_reads_as_it_was_written(contenders, bundles, family):
    """Everything that training put in comes out, floats to the last bit."""
    parts, read = contenders[family].parts, bundles[family]

    assert (read.contract, read.sensors_read) == (parts.contract, parts.sensors_read)
    assert read.operating_point == parts.operating_point
    assert read.card.to_json() == parts.card.to_json()
    assert (read.data_digest, read.is_synthetic) == (parts.card.data_digest, True)
    for name in ("readings", "risk", "flagged"):
        np.testing.assert_array_equal(getattr(read.golden, name), getattr(parts.golden, name))
    for name in ReferenceProfile.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(read.reference, name), getattr(parts.reference, name))


def test_reference_profiles_the_fit_window(twin, config, bundles, family):
    """Drift is measured from the units that the bundle was fitted on, and from no others."""
    fitted_on = twin.readings[timeline(len(twin), config.shares).fit]

    expected = fit_reference(fitted_on)

    profile = bundles[family].reference
    np.testing.assert_array_equal(profile.sorted_readings, expected.sorted_readings)


def test_drift_is_judged_by_what_the_bundle_states(twin, config, bundles, family):
    """Sensors by the fit window, risks by the bundle's own of units that it was not fitted on."""
    cuts = timeline(len(twin), config.shares)
    judged = bundles[family]

    watched = judged.watched()

    assert (watched.bundle, watched.profile.median.size) == (judged.digest, 590)
    np.testing.assert_array_equal(watched.risk, judged.judge(twin.readings[cuts.calibration]).risk)


@pytest.mark.parametrize("family", [*FAMILIES, REFERENCE])
def test_bundle_judges_as_the_pipeline_it_was_made_from(narrow, tmp_path, family):
    """Risks are scikit-learn's within 1e-6, and every decision is the same, on every unit."""
    config = TrainingConfig(search="quick")
    contender = training.fit_contender(family, narrow, config)
    bundle.write(contender.parts, tmp_path / family)
    served = bundle.read(tmp_path / family)

    params = contender.evidence.params_by_window[-1]
    fit_window = narrow.window(timeline(len(narrow), config.shares).fit)
    pipeline = candidates.fit_params(family, params, fit_window, seed=config.seed).pipeline
    expected = contender.evidence.sigmoid.risk(candidates.raw_score(pipeline, narrow.readings))

    verdicts = served.judge(narrow.readings)
    np.testing.assert_allclose(verdicts.risk, expected, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(verdicts.flagged, served.operating_point.flags(expected))
    assert 0 < verdicts.flagged.mean() < 1


def test_unit_on_the_threshold_is_flagged(twin, bundles, family):
    """A risk equal to the threshold reaches it; the next smaller one does not."""
    judged = bundles[family]
    risk = judged.judge(twin.readings).risk
    threshold = float(np.median(risk[risk < risk.max()]))
    at = replace(judged, operating_point=replace(judged.operating_point, threshold=threshold))
    above = np.nextafter(threshold, 1)
    beyond = replace(judged, operating_point=replace(judged.operating_point, threshold=above))

    assert at.judge(twin.readings).flagged[risk == threshold].all()
    assert not beyond.judge(twin.readings).flagged[risk == threshold].any()


def test_units_are_judged_one_by_one(twin, bundles, family):
    """A unit's risk is its own, whatever units come with it and in whatever order."""
    judged = bundles[family]
    together = judged.judge(twin.readings[:20]).risk

    alone = [judged.judge(unit[np.newaxis]).risk[0] for unit in twin.readings[:20]]
    reversed_ = judged.judge(twin.readings[:20][::-1]).risk[::-1]

    np.testing.assert_array_equal(alone, together)
    np.testing.assert_array_equal(reversed_, together)


def test_no_units_get_no_verdicts(bundles, family):
    """An empty table is judged, and nothing comes of it."""
    verdicts = bundles[family].judge(np.empty((0, 590)))

    assert (verdicts.risk.shape, verdicts.flagged.shape) == ((0,), (0,))
    assert (verdicts.risk.dtype, verdicts.flagged.dtype) == (np.float64, np.bool_)


@pytest.mark.parametrize(
    ("readings", "refusal"),
    [
        (np.zeros((1, 589)), SensorCountError),
        (np.zeros((1, 591)), SensorCountError),
        (np.zeros((590, 1)), SensorCountError),
        (np.zeros(590), ReadingTypeError),
        (np.zeros((1, 1, 590)), ReadingTypeError),
        (np.zeros(()), ReadingTypeError),
        (np.full((1, 590), "1"), ReadingTypeError),
        (np.full((1, 590), None), ReadingTypeError),
        (np.ones((1, 590), dtype=bool), ReadingTypeError),
        (np.ones((1, 590), dtype=complex), ReadingTypeError),
        (np.full((1, 590), np.inf), InfiniteReadingError),
        (np.full((1, 590), -np.inf, dtype=np.float32), InfiniteReadingError),
    ],
    ids=lambda value: f"{value.dtype}-{value.shape}" if isinstance(value, np.ndarray) else "",
)
def test_readings_that_do_not_fit_are_refused(bundles, readings, refusal):
    """Nothing is scored that breaks the contract."""
    with pytest.raises(refusal):
        bundles["logistic"].judge(readings)


def test_sensor_that_is_not_read_changes_nothing(twin, bundles, family):
    """Only the sensors that a bundle says it reads move a risk."""
    judged = bundles[family]
    other = twin.readings[:50].copy()
    other[:, np.setdiff1d(np.arange(590), judged.sensors_read)] = -1e9

    np.testing.assert_array_equal(judged.judge(other).risk, judged.judge(twin.readings[:50]).risk)


# Of a file that is none, pickletools warns before it gives up.
@pytest.mark.filterwarnings("ignore:invalid escape sequence:DeprecationWarning")
def test_no_file_of_a_bundle_is_a_pickle(folders, family):
    """Reading a bundle runs no code that came with it."""
    contents = {path.name: path.read_bytes() for path in folders[family].iterdir()}

    assert set(contents) == {manifest.MANIFEST, *manifest.FILES}
    assert not [name for name, content in contents.items() if is_pickle(content)]
