"""The gate at work: champion and ledger from the store, risks from bundles, verdict back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secom_core import bundle, gate
from secom_core.errors import BundleError
from secom_core.store import append_to_ledger, fetch_bundle, read_champion
from secom_core.windows import timeline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from secom_core.bundle import Bundle
    from secom_core.config import TrainingConfig
    from secom_core.dataset import Units
    from secom_core.selection import Comparison
    from secom_core.store import Champion, Store
    from secom_core.windows import Timeline

_SEED = 0
"""Of the gate's resamples. Not the run's: no challenger may choose the draw that judges it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judgement:
    """A verdict with the risks that it rests on.

    Parameters
    ----------
    verdict : gate.Verdict
    risk, flagged : ndarray of shape (n_holdout,)
        The challenger's, for the units of the holdout.
    champion_risk : ndarray of shape (n_holdout,), optional
        The champion's, if there was one.
    """

    verdict: gate.Verdict
    risk: np.ndarray
    flagged: np.ndarray
    champion_risk: np.ndarray | None

    @property
    def headline(self) -> dict[str, float]:
        """What a list of runs shows of each."""
        verdict = self.verdict
        found: dict[str, float | None] = {"holdout_inspection_rate": verdict.inspection_rate}
        if verdict.signal:
            found["auc_lower_bound"] = verdict.signal.auc_lower_bound
            if verdict.signal.holdout_auc:
                found["holdout_auc"] = verdict.signal.holdout_auc.value
        if verdict.contest:
            found["probability_better"] = verdict.contest.probability_better
        return {name: value for name, value in found.items() if value is not None}

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "verdict": self.verdict.to_json(),
            "risk": self.risk.tolist(),
            "flagged": self.flagged.tolist(),
            "champion_risk": None if self.champion_risk is None else self.champion_risk.tolist(),
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Judgement:
        """Read what `to_json` wrote."""
        champion_risk = fields["champion_risk"]
        return cls(
            verdict=gate.Verdict.from_json(fields["verdict"]),
            risk=np.array(fields["risk"]),
            flagged=np.array(fields["flagged"], dtype=bool),
            champion_risk=None if champion_risk is None else np.array(champion_risk),
        )


def judge(
    challenger: Bundle,
    comparison: Comparison,
    units: Units,
    config: TrainingConfig,
    *,
    store: Store,
    scratch: Path,
) -> Judgement:
    """Let a challenger contest the champion on the holdout, and write the verdict down.

    Parameters
    ----------
    challenger : Bundle
    comparison : Comparison
        Of the run that made it.
    units : Units
        All units of the run in time order.
    config : TrainingConfig
        Of the run.
    store : Store
        Holds champion and ledger.
    scratch : Path
        Folder for the champion's bundle.

    Raises
    ------
    BundleError
        If the champion's bundle is damaged.
    StoreError
        If the store is away, or other runs keep writing to the ledger.
    """
    cuts = timeline(len(units), config.shares)
    champion = _fetch_champion(store, scratch)
    judgements: list[Judgement] = []

    def verdict_on(entries: tuple[Mapping[str, Any], ...]) -> Mapping[str, Any] | None:
        ledger = [gate.Verdict.from_json(entry) for entry in entries]
        judgement = _judge(challenger, champion, comparison, units=units, cuts=cuts, ledger=ledger)
        judgements.append(judgement)
        return judgement.verdict.to_json() if judgement.verdict.basis == "judged" else None

    append_to_ledger(store, units.window(cuts.holdout).digest, verdict_on)
    return judgements[-1]


def roc_points(
    judgement: Judgement, units: Units, config: TrainingConfig
) -> tuple[list[float], list[float], list[float]]:
    """Trace the challenger's ROC on the holdout: overkill rates, capture rates, thresholds.

    All three are empty where the holdout lacks fails or passes.
    """
    holdout = units.window(timeline(len(units), config.shares).holdout)
    is_fail = holdout.is_fail
    if is_fail.all() or not is_fail.any():
        return [], [], []
    thresholds = np.unique(judgement.risk)[::-1]
    flagged = judgement.risk >= thresholds[:, np.newaxis]
    capture, overkill = (
        np.average(flagged[:, kind], axis=1, weights=holdout.weights[kind])
        for kind in (is_fail, ~is_fail)
    )
    return [0.0, *overkill.tolist()], [0.0, *capture.tolist()], [1.0, *thresholds.tolist()]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Incumbent:
    """The champion's bundle, and what the store says of it."""

    bundle: Bundle
    record: Champion


def _fetch_champion(store: Store, scratch: Path) -> _Incumbent | None:
    record = read_champion(store)
    if record is None:
        return None
    folder = fetch_bundle(store, record.digest, scratch / record.digest)
    return _Incumbent(bundle=bundle.read(folder), record=record)


def _judge(
    challenger: Bundle,
    champion: _Incumbent | None,
    comparison: Comparison,
    *,
    units: Units,
    cuts: Timeline,
    ledger: Sequence[gate.Verdict],
) -> Judgement:
    compared, holdout = units.window(cuts.compared), units.window(cuts.holdout)
    verdicts = challenger.judge(holdout.readings)
    rival = None
    if champion:
        risk = _risk_of(champion.bundle, holdout)
        judged_on = champion.record.holdout_digest
        rival = _as_contender(champion.bundle, risk, judged_on=judged_on)
    verdict = gate.judge(
        _as_contender(challenger, verdicts.risk),
        rival,
        trial=gate.Trial(
            development_is_fail=compared.is_fail,
            development_risk=comparison.chosen.risk,
            development_weight=compared.weight,
            is_flagged=verdicts.flagged,
            max_inspection_rate=challenger.operating_point.max_inspection_rate,
            golden_fault=_golden_fault(challenger),
        ),
        holdout=gate.Holdout(
            digest=holdout.digest,
            is_fail=holdout.is_fail,
            measured_at=holdout.measured_at,
            weight=holdout.weight,
        ),
        ledger=ledger,
        seed=_SEED,
    )
    return Judgement(
        verdict=verdict,
        risk=verdicts.risk,
        flagged=verdicts.flagged,
        champion_risk=rival.risk if rival else None,
    )


def _as_contender(
    judged: Bundle, risk: np.ndarray, *, judged_on: str | None = None
) -> gate.Contender:
    return gate.Contender(
        digest=judged.digest,
        contract=judged.contract,
        is_synthetic=judged.is_synthetic,
        seen_until=np.datetime64(judged.card.seen_until),
        risk=risk,
        judged_on=judged_on,
    )


def _risk_of(champion: Bundle, holdout: Units) -> np.ndarray:
    """Score the holdout by the champion, whose sensors may be fewer."""
    columns = {sensor: column for column, sensor in enumerate(holdout.sensors)}
    wanted = champion.contract.sensors
    if not columns.keys() >= set(wanted):
        # It cannot be compared; the condition on the contract says so and keeps it.
        return np.zeros(len(holdout))
    return champion.judge(holdout.readings[:, [columns[sensor] for sensor in wanted]]).risk


def _golden_fault(judged: Bundle) -> str | None:
    try:
        judged.check_golden()
    except BundleError as fault:
        return str(fault)
    return None
