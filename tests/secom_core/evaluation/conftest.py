import numpy as np
import pytest


@pytest.fixture(scope="session")
def window():
    """1,000 units, about 7 % fails, risks that rank them well; rounded, so that some tie."""
    generator = np.random.default_rng(0)
    is_fail = generator.random(1000) < 0.07
    log_odds = -2.7 + 0.8 * generator.normal(size=1000) + is_fail
    return is_fail, np.round(1 / (1 + np.exp(-log_odds)), 3)
