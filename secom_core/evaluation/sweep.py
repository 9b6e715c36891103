"""What is flagged and what is caught as the threshold sinks through the risks.

Every ranking figure is read off this sweep, for one window or for thousands of resamples of it at
once: a resample is a weight per unit, so that units are sorted once and never copied.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from secom_core.errors import EmptyWindowError, EvidenceError, OneClassError


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """Counts after each distinct risk, from nothing flagged to everything flagged.

    Parameters
    ----------
    flagged, caught : ndarray of shape (n_resamples, n_levels + 1)
        Units by weight, and fails among them; column 0 is 0.
    """

    flagged: np.ndarray
    caught: np.ndarray

    @property
    def capture_rate(self) -> np.ndarray:
        """Flagged fails ÷ fails, of shape (n_resamples, n_levels + 1)."""
        return self.caught / self.caught[:, -1:]

    @property
    def overkill_rate(self) -> np.ndarray:
        """Flagged passes ÷ passes, of shape (n_resamples, n_levels + 1)."""
        overkill = self.flagged - self.caught
        return overkill / overkill[:, -1:]


class Ranking:
    """Units in descending order of risk.

    Parameters
    ----------
    is_fail : ndarray of shape (n_units,), bool
    risk : ndarray of shape (n_units,)
        Higher = likelier fail; only the order matters.
    """

    def __init__(self, is_fail: np.ndarray, risk: np.ndarray) -> None:
        self._order = np.argsort(-risk, kind="stable")
        self._is_fail = is_fail[self._order]
        ordered = risk[self._order]
        self._level_ends = np.flatnonzero(np.append(ordered[:-1] != ordered[1:], True))

    def sweep(self, weights: np.ndarray) -> Sweep:
        """Count with `weights` of shape (n_resamples, n_units), in the order of the arguments."""
        ordered = weights[:, self._order]
        return Sweep(self._cumulated(ordered), self._cumulated(ordered * self._is_fail))

    def _cumulated(self, ordered: np.ndarray) -> np.ndarray:
        totals = np.cumsum(ordered, axis=1)
        if self._level_ends.size < totals.shape[1]:
            totals = totals[:, self._level_ends]
        return np.pad(totals, ((0, 0), (1, 0)))


def auc(sweep: Sweep) -> np.ndarray:
    """Area under the ROC curve, of shape (n_resamples,); ties count half."""
    caught, overkill = sweep.caught, sweep.flagged - sweep.caught
    area = np.sum(np.diff(overkill, axis=1) * (caught[:, 1:] + caught[:, :-1]), axis=1) / 2
    return area / (caught[:, -1] * overkill[:, -1])


def average_precision(sweep: Sweep) -> np.ndarray:
    """Mean precision over the fails, of shape (n_resamples,)."""
    precision = sweep.caught[:, 1:] / _divisor(sweep.flagged[:, 1:])
    return np.sum(np.diff(sweep.caught, axis=1) * precision, axis=1) / sweep.caught[:, -1]


def capture_at(sweep: Sweep, inspection_rate: float) -> np.ndarray:
    """Share of fails caught by inspecting the riskiest units, of shape (n_resamples,).

    Units that tie at the edge of what is inspected count in proportion: what picking among them at
    random would catch on average.
    """
    inspected = inspection_rate * sweep.flagged[:, -1]
    after = np.sum(sweep.flagged < inspected[:, np.newaxis], axis=1, keepdims=True)
    before = np.maximum(after - 1, 0)
    flagged = [np.take_along_axis(sweep.flagged, at, axis=1)[:, 0] for at in (before, after)]
    caught = [np.take_along_axis(sweep.caught, at, axis=1)[:, 0] for at in (before, after)]
    share = (inspected - flagged[0]) / _divisor(flagged[1] - flagged[0])
    return (caught[0] + share * (caught[1] - caught[0])) / sweep.caught[:, -1]


def _divisor(flagged: np.ndarray) -> np.ndarray:
    """Where units of weight 0 flag nothing and add nothing, any divisor but 0 will do."""
    return np.where(flagged > 0, flagged, 1.0)


def require_scored(is_fail: np.ndarray, *risks: np.ndarray) -> None:
    """Refuse what no figure can be computed from.

    Raises
    ------
    EmptyWindowError
        If there are no units.
    EvidenceError
        If a risk is missing or not finite.
    OneClassError
        If passes or fails are absent.
    """
    if is_fail.size == 0:
        message = "figures need units that were scored, got none."
        raise EmptyWindowError(message)
    for risk in risks:
        if risk.shape != is_fail.shape:
            message = f"expected one risk per unit ({is_fail.size}), got {risk.shape}."
            raise EvidenceError(message)
        if not np.isfinite(risk).all():
            n_bad = np.count_nonzero(~np.isfinite(risk))
            message = f"{n_bad} of {risk.size} risks are not finite numbers."
            raise EvidenceError(message)
    n_fails = np.count_nonzero(is_fail)
    if n_fails in {0, is_fail.size}:
        message = (
            f"figures need passes and fails, got {is_fail.size - n_fails} and {n_fails}. "
            "Take a longer window."
        )
        raise OneClassError(message)


def require_probabilities(is_fail: np.ndarray, risk: np.ndarray) -> None:
    """Refuse, beyond `require_scored`, risks outside [0, 1].

    Raises
    ------
    EvidenceError
        If risks are missing or outside [0, 1], or passes or fails are absent.
    """
    require_scored(is_fail, risk)
    if risk.min() < 0 or risk.max() > 1:
        got = f"{risk.min()} to {risk.max()}"
        message = f"risks must be in [0, 1], got {got}. Calibrate raw scores first."
        raise EvidenceError(message)
