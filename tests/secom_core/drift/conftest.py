"""A line of six sensors, one of each kind that is hard to compare."""

import numpy as np
import pytest


@pytest.fixture
def line():
    """1,000 units of six sensors: normal, with gaps, constant, silent, of two values, skewed."""
    generator = np.random.default_rng(0)
    table = generator.normal(10, 2, size=(1000, 6))
    table[generator.random(1000) < 0.2, 1] = np.nan
    table[:, 2] = 5.0
    table[:, 3] = np.nan
    table[:, 4] = generator.integers(2, size=1000)
    table[:, 5] = np.exp(table[:, 5])
    return table
