from __future__ import annotations

import json

import numpy as np
import pytest

from secom_core.bundle import Bundle
from serving.predictor.errors import TooLargeError
from serving.predictor.explanation import MAX_UNITS, N_SENSORS, explanations
from tests.serving.running import Running, body_of


def slow(bundle: Bundle, unit: np.ndarray) -> list[dict[str, object]]:
    """Set one sensor after the other to its median, and judge anew each time."""
    medians = bundle.reference.median
    risk = bundle.judge(unit[np.newaxis]).risk[0]
    found = []
    for column, sensor in enumerate(bundle.contract.sensors):
        changed = unit.copy()
        changed[column] = medians[column]
        effect = risk - bundle.judge(changed[np.newaxis]).risk[0]
        if effect:
            found.append({"sensor": sensor, "effect": effect})
    return sorted(found, key=lambda item: -abs(item["effect"]))[:N_SENSORS]


def test_the_server_explains_as_a_slow_second_implementation_does(server: Running, served: Bundle):
    """The five sensors that moved the risk most, largest first, with names and amounts."""
    readings = served.golden.readings[:4]
    outputs = [{"name": "risk"}, {"name": "explanation"}]

    answer = server.post(body_of(readings, outputs=outputs)).raise_for_status().json()

    assert answer["outputs"][1]["shape"] == [4]
    for text, unit in zip(answer["outputs"][1]["data"], readings, strict=True):
        explained, expected = json.loads(text), slow(served, unit)
        assert [item["sensor"] for item in explained] == [item["sensor"] for item in expected]
        np.testing.assert_allclose(
            [item["effect"] for item in explained],
            [item["effect"] for item in expected],
            rtol=0,
            atol=1e-12,
        )


def test_a_unit_of_medians_needs_no_explanation(served: Bundle):
    """Where no reading differs from its median, none moved the risk."""
    medians = served.reference.median

    assert explanations(served, medians[np.newaxis], medians) == ["[]"]


def test_too_many_units_are_not_explained(served: Bundle):
    """More than a thousand are refused with what to do."""
    readings = np.zeros((MAX_UNITS + 1, 590))

    with pytest.raises(TooLargeError, match=r"at most 1000 units .* got 1001"):
        explanations(served, readings, served.reference.median)
