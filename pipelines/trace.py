"""Everything that is known of one unit: how it was judged, by what, and what became of it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from components.published import published
from secom_core.bundle import Bundle
from secom_core.errors import ObjectNotFoundError, RecordError
from secom_core.gate import Verdict
from secom_core.outcomes import Outcome, join
from secom_core.record import FOLDER, Records, concatenate, unique
from secom_core.store import Store, holdouts, read_champion, read_ledger
from secom_core.store.predictions import prediction_keys, read_heads
from serving.monitor.champion import Champions
from serving.monitor.outcome_book import OutcomeBook


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoring:
    """One prediction for the unit.

    Parameters
    ----------
    record_id, request_id, bundle : str
    scored_at : datetime
        UTC.
    measured_at : datetime, optional
        The line's time, if the client sent it.
    risk : float
    flagged, audited : bool
    audit_share : float
        Probability with which an unflagged unit was drawn for audit then.
    outcome_how : str, optional
        How the outcome came, if it is held against this prediction.
    """

    record_id: str
    request_id: str
    bundle: str
    scored_at: datetime
    measured_at: datetime | None
    risk: float
    flagged: bool
    audited: bool
    audit_share: float
    outcome_how: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a bundle came from, and how it came to serve.

    Parameters
    ----------
    digest : str
    run_id, data_digest, commit, trained_at : str
        Empty where nobody wrote it down.
    family : str
    is_synthetic : bool
        Whether it was made from the twin.
    auc : tuple of float
        Value, low and high of its card.
    threshold, max_inspection_rate : float
    promoted_for : tuple of str
        The gate's reasons; empty if the gate never let it through.
    champion_since : datetime, optional
        When the monitor first saw it serve.
    is_champion : bool
        Whether it serves now.
    """

    digest: str
    run_id: str
    data_digest: str
    commit: str
    trained_at: str
    family: str
    is_synthetic: bool
    auc: tuple[float, float, float]
    threshold: float
    max_inspection_rate: float
    promoted_for: tuple[str, ...] = ()
    champion_since: datetime | None = None
    is_champion: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Everything that is known of one unit.

    Parameters
    ----------
    unit_id : str
    scorings : tuple of Scoring
        The newest first; at least one.
    outcome : Outcome, optional
    bundles : tuple of Origin
        Those of the scorings, in their order; one that is no longer in the store is missing.
    """

    unit_id: str
    scorings: tuple[Scoring, ...]
    outcome: Outcome | None
    bundles: tuple[Origin, ...]

    def to_json(self) -> str:
        """Return all of it as a JSON document, times in ISO 8601."""
        fields = dataclasses.asdict(self)
        fields["outcome"] = self.outcome.to_json() if self.outcome else None
        return json.dumps(fields, indent=1, default=datetime.isoformat)


def trace(unit_id: str, environ: Mapping[str, str], *, warn: Callable[[str], None]) -> Trace:
    """Find everything in the object store that is known of a unit.

    Parameters
    ----------
    unit_id : str
    environ : mapping
        Settings of the object store; SECOM_VERIFY_KEY if bundles are signed.
    warn : callable
        Is told of what could not be read and may hide something.

    Raises
    ------
    RecordError
        If no prediction of the unit is recorded.
    OutcomeError, BundleError, StoreError
        If what is known of it is damaged, or the store is away or refuses.
    """
    store = Store.from_environment(environ)
    board = OutcomeBook(store).read().board
    records = _records(store, unit_id, warn)
    if not len(records):
        raise _unknown(store, unit_id, board.get(unit_id))
    digests = list(dict.fromkeys(records.bundle[::-1].tolist()))
    return assemble(
        unit_id,
        records,
        board.get(unit_id),
        bundles=_origins(store, digests, environ, warn),
    )


def assemble(
    unit_id: str, records: Records, outcome: Outcome | None, *, bundles: Sequence[Origin]
) -> Trace:
    """Put together what was found.

    Parameters
    ----------
    unit_id : str
    records : Records
        Of this unit alone, in order of scoring, each once.
    outcome : Outcome, optional
        Of this unit.
    bundles : sequence of Origin
    """
    joined = join(records, [outcome] if outcome else [])
    how = {int(index): str(way) for index, way in zip(joined.index, joined.how, strict=True)}
    scorings = [_scoring(records, row, how.get(row)) for row in range(len(records))]
    return Trace(
        unit_id=unit_id,
        scorings=tuple(scorings[::-1]),
        outcome=outcome,
        bundles=tuple(bundles),
    )


def origin(
    bundle: Bundle,
    *,
    promoted_for: tuple[str, ...],
    champion_since: datetime | None,
    is_champion: bool,
) -> Origin:
    """Say where a bundle came from."""
    lineage, point = bundle.lineage, bundle.operating_point
    return Origin(
        digest=bundle.digest,
        run_id=bundle.run_id,
        data_digest=bundle.data_digest,
        commit=lineage.commit if lineage else "",
        trained_at=lineage.trained_at if lineage else "",
        family=bundle.card.family,
        is_synthetic=bundle.is_synthetic,
        auc=bundle.card.figures["auc"],
        threshold=point.threshold,
        max_inspection_rate=point.max_inspection_rate,
        promoted_for=promoted_for,
        champion_since=champion_since,
        is_champion=is_champion,
    )


def _records(store: Store, unit_id: str, warn: Callable[[str], None]) -> Records:
    """Read the newest objects first, and keep of each what is the unit's."""

    def on_damage(key: str, error: RecordError) -> None:
        warn(f"{store.address(key)} is passed over: {error}")

    newest_first = prediction_keys(store)[::-1]
    found = [
        heads.take(is_unit)
        for _, heads in read_heads(store, newest_first, on_damage=on_damage)
        if (is_unit := heads.unit_id == unit_id).any()
    ]
    records = concatenate(found)
    return unique(records.take(np.argsort(records.scored_at, kind="stable")))


def _scoring(records: Records, row: int, outcome_how: str | None) -> Scoring:
    measured_at = records.measured_at[row]
    return Scoring(
        record_id=str(records.record_id[row]),
        request_id=str(records.request_id[row]),
        bundle=str(records.bundle[row]),
        scored_at=records.scored_at[row].astype(datetime).replace(tzinfo=UTC),
        measured_at=None if np.isnat(measured_at) else measured_at.astype(datetime),
        risk=float(records.risk[row]),
        flagged=bool(records.flagged[row]),
        audited=bool(records.audited[row]),
        audit_share=float(records.audit_share[row]),
        outcome_how=outcome_how,
    )


def _origins(
    store: Store, digests: Sequence[str], environ: Mapping[str, str], warn: Callable[[str], None]
) -> list[Origin]:
    champion, champions = read_champion(store), Champions(store)
    champions.read_on()
    # The last time that it came to serve, if it did so more than once.
    since = {reign.digest: reign.began_at for reign in champions.reigns}
    reasons = _reasons(store)
    origins = []
    for digest in digests:
        try:
            with published(environ, digest) as bundle:
                found = origin(
                    bundle,
                    promoted_for=reasons.get(digest, ()),
                    champion_since=since.get(digest),
                    is_champion=champion is not None and champion.digest == digest,
                )
        except ObjectNotFoundError:
            warn(f"bundle {digest} is no longer in the store: where it came from is not known.")
        else:
            origins.append(found)
    return origins


def _reasons(store: Store) -> dict[str, tuple[str, ...]]:
    """Return why the gate let each bundle through, by digest."""
    entries: list[Mapping[str, Any]] = [
        entry for holdout in holdouts(store) for entry in read_ledger(store, holdout)[0]
    ]
    verdicts = [Verdict.from_json(entry) for entry in entries]
    return {each.challenger: each.reasons for each in verdicts if each.decision == "promote"}


def _unknown(store: Store, unit_id: str, outcome: Outcome | None) -> RecordError:
    keys = prediction_keys(store)
    newest = f", the newest of {keys[-1].split('/')[1].removeprefix('date=')}" if keys else ""
    known = f" Its outcome is known, though: {outcome.result}." if outcome else ""
    message = (
        f"no prediction of unit {unit_id!r} is recorded at {store.address(FOLDER)} "
        f"({len(keys)} objects{newest}).{known} Check the name, which is the unit_id of the "
        "predictor's answer. A unit that was scored a moment ago may be on its way here; and "
        "nothing is recorded while `secom serve` runs without --record."
    )
    return RecordError(message)
