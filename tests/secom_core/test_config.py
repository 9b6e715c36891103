import json

import pytest

from secom_core.config import TrainingConfig
from secom_core.errors import ConfigError
from secom_core.windows import Shares


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ({"max_inspection_rate": 0}, r"max_inspection_rate must be in \(0, 1\], got 0"),
        ({"max_inspection_rate": 1.01}, "got 1.01"),
        ({"max_inspection_rate": float("nan")}, "got nan"),
        ({"missed_fail_cost": -1}, "missed_fail_cost must be 0 or more, got -1"),
        ({"missed_fail_cost": float("inf")}, "got inf"),
        ({"missed_fail_cost": float("nan")}, "got nan"),
        ({"seed": -1}, r"seed must be in \[0, 2\*\*32\), got -1"),
        ({"seed": 2**32}, f"got {2**32}"),
        ({"until": 0}, r"until must be in \(0, 1\], got 0"),
        ({"until": 1.5}, "got 1.5"),
        ({"search": "slow"}, "search must be full or quick, got 'slow'"),
        ({"first_window": 0.9}, "got first_window=0.9, holdout=0.2"),
        ({"holdout": 0.7}, "got first_window=0.4, holdout=0.7"),
    ],
    ids=str,
)
def test_setting_out_of_range_is_refused(setting, complaint):
    """Each setting checks itself, and the message says what may be given."""
    with pytest.raises(ConfigError, match=complaint):
        TrainingConfig(**setting)


def test_settings_travel_as_json():
    """Every setting comes back from JSON as it was."""
    config = TrainingConfig(
        max_inspection_rate=0.1,
        missed_fail_cost=50,
        first_window=0.5,
        holdout=0.25,
        until=0.4,
        search="quick",
        seed=7,
    )

    assert TrainingConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_shares_are_the_configured_ones():
    """The time line is cut by what was configured."""
    config = TrainingConfig(first_window=0.5, holdout=0.25)

    assert config.shares == Shares(first_window=0.5, holdout=0.25)
