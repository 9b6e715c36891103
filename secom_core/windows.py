"""The time line of a run: what may be seen when.

::

    0 ───────────── .4n ── .5n ── .6n ── .7n ── .8n ──────── n
    │ development                              │ holdout    │   development chooses the family
    │ train         │ test │      │      │     │            │   on expanding windows (4 folds);
    │ fit                               │ cal. │            │   the bundle is fitted and calibrated
    │                                                       │   and never refitted; holdout judges
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from secom_core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Fold:
    """Units to fit on, and the later units to predict."""

    train: slice
    test: slice


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Where the cuts of a time line lie, as shares of all units.

    Parameters
    ----------
    first_window : float, default=0.4
        End of the first training window.
    holdout : float, default=0.2
        What the gate alone may see.
    n_folds : int, default=4
        Expanding windows between `first_window` and the holdout.
    """

    first_window: float = 0.4
    holdout: float = 0.2
    n_folds: int = 4

    def __post_init__(self) -> None:
        if not 0 < self.first_window < 1 - self.holdout < 1:
            message = (
                "shares must satisfy 0 < first_window < 1 - holdout < 1, got "
                f"first_window={self.first_window}, holdout={self.holdout}."
            )
            raise ConfigError(message)
        if self.n_folds < 1:
            message = f"n_folds must be at least 1, got {self.n_folds}."
            raise ConfigError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The windows of a run on `n_units` units in time order; build it with `timeline`."""

    n_units: int
    folds: tuple[Fold, ...]
    hindsight_folds: tuple[Fold, ...]

    @property
    def cut(self) -> int:
        """End of development: nothing at or after it may choose, fit, calibrate or set anything."""
        return self.folds[-1].test.stop

    @property
    def development(self) -> slice:
        """Units that may choose, fit, calibrate and set thresholds."""
        return slice(0, self.cut)

    @property
    def compared(self) -> slice:
        """Units that the folds predict; families are compared on them."""
        return slice(self.folds[0].test.start, self.cut)

    @property
    def fit(self) -> slice:
        """Units that the bundle is fitted on: the last fold's training window."""
        return self.folds[-1].train

    @property
    def calibration(self) -> slice:
        """Units that set the risks' calibration and the threshold."""
        return self.folds[-1].test

    @property
    def holdout(self) -> slice:
        """Units that only the gate scores."""
        return slice(self.cut, self.n_units)


def timeline(n_units: int, shares: Shares) -> Timeline:
    """Cut `n_units` units in time order by `shares`.

    `hindsight_folds` go on in steps of the same size through the holdout. They are for comparison
    after the verdict, never to choose.

    Raises
    ------
    ConfigError
        If a window would hold no units.
    """
    cut = n_units - math.floor(shares.holdout * n_units)
    step = (1 - shares.holdout - shares.first_window) / shares.n_folds
    edges = [
        math.floor((shares.first_window + k * step) * n_units) for k in range(shares.n_folds)
    ] + [cut]
    n_more = max(1, round(shares.holdout / step))
    later = [cut + (n_units - cut) * k // n_more for k in range(n_more + 1)]
    if edges[0] < 1 or any(a >= b for cuts in (edges, later) for a, b in pairwise(cuts)):
        message = f"{n_units} units are too few for {shares}: a window would be empty."
        raise ConfigError(message)
    folds = _expanding(edges)
    return Timeline(n_units=n_units, folds=folds, hindsight_folds=folds + _expanding(later))


def _expanding(edges: list[int]) -> tuple[Fold, ...]:
    return tuple(Fold(slice(0, start), slice(start, stop)) for start, stop in pairwise(edges))
