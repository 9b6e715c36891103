"""A seeded twin of SECOM: made-up units with its shape and its difficulties, for when it is away.

How a twin is made:

1. Sensors come in 36 modules of UCI's sizes. A reading is, in standard deviations, the module's
   common state (40 % of the variance) plus the sensor's own noise.
2. Each module drifts in a straight line from July to October, by a normal amount with standard
   deviation .6. So sensors are about as correlated with time as UCI's (.09 in the middle, .28 for
   one in ten).
3. One unit in every fifteen fails, somewhere in each equal stretch of time: 104 of 1,567 as at UCI.
   Four sensors of the one module that is always measured and does not drift, picked by the seed,
   are shifted in fails. That is the whole signal. The fewer the units, the larger the shift,
   so that a small twin carries as much evidence as a large one.
4. One reading in 100 is a spike, ten times as far from the mean as it was.
5. Each sensor gets a level and a scale; a fifth of each module is constant; in modules of 12 and
   more, the last sensor repeats the one before.
6. Modules go silent as a whole, each for UCI's share of units; readings are rounded to 4 decimals,
   as UCI's are.
"""

from __future__ import annotations

import numpy as np

from secom_core.contract import N_SENSORS
from secom_core.dataset.units import Units
from secom_core.errors import ConfigError

N_UNITS = 1567
_FAIL_SHARE = 104 / 1567
_FIRST, _LAST = np.datetime64("2008-07-19T11:55", "m"), np.datetime64("2008-10-17T06:07", "m")
# UCI's sensors that are missing together: how many, and in how many of the 1,567 units.
_MODULES = np.array(
    [
        (4, 6), (4, 7), (20, 14), (4, 9), (20, 2), (24, 3), (4, 10), (52, 0), (44, 2), (32, 1),
        (7, 24), (44, 1), (24, 4), (16, 7), (40, 6), (4, 794), (36, 24), (4, 1), (4, 12),
        (4, 1341), (8, 51), (56, 6), (16, 2), (12, 1018), (4, 715), (44, 9), (12, 8), (3, 5),
        (4, 1429), (4, 2), (12, 260), (4, 1), (8, 273), (4, 949), (4, 1), (4, 1),
    ]
)  # fmt: skip
_SIZES, _MISSING_SHARES = _MODULES[:, 0], _MODULES[:, 1] / N_UNITS
_MODULE = np.repeat(np.arange(len(_SIZES)), _SIZES)
_IS_CONSTANT = np.concatenate([np.arange(size) < round(size / 5) for size in _SIZES])
_IS_COPY = np.concatenate([np.arange(size) == (size - 1 if size >= 12 else -1) for size in _SIZES])
_STEADY = int(np.flatnonzero(_MISSING_SHARES == 0)[0])
_N_SIGNALS, _SHIFT, _DRIFT, _COMMON = 4, 0.9, 0.6, 0.4


def twin(n_units: int = N_UNITS, seed: int = 0) -> Units:
    """Make up `n_units` units in time order over July to October 2008.

    Parameters
    ----------
    n_units : int, default=1567
        At least 100.
    seed : int, default=0
        The same seed and size give the same units, with the locked NumPy.

    Returns
    -------
    Units
        `is_synthetic` is True. A forest trained on the past ranks the future with an AUC of about
        .8 whatever the seed.

    Raises
    ------
    ConfigError
        If `n_units` is below 100 or `seed` is negative.
    """
    if n_units < 100 or seed < 0:
        message = f"a twin needs n_units >= 100 and seed >= 0, got {n_units} and {seed}."
        raise ConfigError(message)
    rng = np.random.default_rng(seed)
    is_fail = _fails(n_units, rng)
    deviations = _deviations(n_units, rng)
    signals = rng.choice(
        np.flatnonzero((_MODULE == _STEADY) & ~_IS_CONSTANT & ~_IS_COPY),
        size=_N_SIGNALS,
        replace=False,
    )
    shift = _SHIFT * np.sqrt(N_UNITS / n_units) * rng.choice([-1, 1], size=_N_SIGNALS)
    deviations[np.ix_(is_fail, signals)] += shift
    return Units(
        readings=_readings(deviations, rng),
        is_fail=is_fail,
        measured_at=_times(n_units, rng),
        source=f"synthetic twin (seed {seed})",
        is_synthetic=True,
    )


def _fails(n_units: int, rng: np.random.Generator) -> np.ndarray:
    stretches = np.linspace(0, n_units, round(_FAIL_SHARE * n_units) + 1).astype(int)
    is_fail = np.zeros(n_units, dtype=bool)
    is_fail[rng.integers(stretches[:-1], stretches[1:])] = True
    return is_fail


def _deviations(n_units: int, rng: np.random.Generator) -> np.ndarray:
    state = np.sqrt(_COMMON) * rng.standard_normal((n_units, len(_SIZES)))
    drift = _DRIFT * rng.standard_normal(len(_SIZES)) * (np.arange(len(_SIZES)) != _STEADY)
    state += np.linspace(0, 1, n_units)[:, None] * drift
    own = np.sqrt(1 - _COMMON) * rng.standard_normal((n_units, N_SENSORS))
    return state[:, _MODULE] + own


def _readings(deviations: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    deviations[rng.random(deviations.shape) < 1 / 100] *= 10
    scale = rng.choice([0.05, 0.5, 1.0, 10.0, 300.0], size=N_SENSORS)
    level = scale * rng.integers(3, 30, size=N_SENSORS)
    readings = np.round(level + scale * deviations * ~_IS_CONSTANT, 4)
    readings[:, _IS_COPY] = readings[:, np.flatnonzero(_IS_COPY) - 1]
    is_silent = rng.random((len(readings), len(_SIZES))) < _MISSING_SHARES
    readings[is_silent[:, _MODULE]] = np.nan
    return readings


def _times(n_units: int, rng: np.random.Generator) -> np.ndarray:
    span = int((_LAST - _FIRST).astype(int))
    minutes = np.append(rng.integers(0, span + 1, size=n_units - 2), [0, span])
    return (_FIRST + np.sort(minutes)).astype("datetime64[s]")
