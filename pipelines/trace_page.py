"""A trace in words, for whoever stands at the line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pipelines.trace import Origin, Scoring, Trace
from secom_core.outcomes.joining import AUDIT, FINAL_TEST, INSPECTION

_HOW = {
    INSPECTION: "inspected because it was flagged",
    AUDIT: "audited: drawn at random among the unflagged",
    FINAL_TEST: "tested without having been flagged or drawn",
}
_MEANING = {
    (True, True): "a fail that was captured",
    (True, False): "overkill: flagged, and it passed",
    (False, True): "an escape: it failed, and was not flagged",
    (False, False): "rightly passed on",
}
"""By whether it was flagged, and whether it failed."""


def to_text(trace: Trace) -> str:
    """Return a page that says what happened to the unit, the newest first."""
    return "\n".join(_lines(trace))


def _lines(trace: Trace) -> Iterator[str]:
    yield f"unit {_shown(trace.unit_id)}"
    yield ""
    yield from _outcome(trace)
    n = len(trace.scorings)
    yield f"scored {'once' if n == 1 else f'{n} times, the newest first'}"
    for scoring in trace.scorings:
        yield ""
        yield from _scoring(scoring)
    for origin in trace.bundles:
        yield ""
        yield from _origin(origin)


def _outcome(trace: Trace) -> Iterator[str]:
    outcome = trace.outcome
    if outcome is None:
        yield "outcome  not known yet"
        return
    yield f"outcome  {outcome.result}, found {_time(outcome.found_at)}"
    judged = [scoring for scoring in trace.scorings if scoring.outcome_how]
    if not judged:
        yield "         found before the unit was scored: no prediction is held against it"
    for scoring in judged:
        yield f"         {_HOW[str(scoring.outcome_how)]}"
        yield f"         {_MEANING[scoring.flagged, outcome.is_fail]}"


def _scoring(scoring: Scoring) -> Iterator[str]:
    mark = "   <- what the outcome is held against" if scoring.outcome_how else ""
    yield f"  {_time(scoring.scored_at)}  risk {scoring.risk:.3f}  {_decision(scoring)}{mark}"
    if scoring.measured_at:
        yield f"    measured  {scoring.measured_at:%Y-%m-%d %H:%M:%S} (the line's time)"
    yield f"    request   {_shown(scoring.request_id)}"
    yield f"    record    {_shown(scoring.record_id)}"
    yield f"    bundle    {scoring.bundle}"


def _decision(scoring: Scoring) -> str:
    if scoring.flagged:
        return "flagged for inspection"
    share = f"{100 * scoring.audit_share:g} %"
    return f"not flagged, drawn for audit ({share} are)" if scoring.audited else "not flagged"


def _origin(origin: Origin) -> Iterator[str]:
    twin = ", made from the synthetic twin" if origin.is_synthetic else ""
    value, low, high = origin.auc
    yield f"bundle {origin.digest}{' (serves now)' if origin.is_champion else ''}"
    yield f"  model     {origin.family}{twin}"
    yield f"  AUC       {value:.2f} in development, 95 % interval {low:.2f} to {high:.2f}"
    yield (
        f"  flags     from a risk of {origin.threshold:.3f} on, for a laboratory that can inspect "
        f"{100 * origin.max_inspection_rate:g} %"
    )
    yield f"  run       {origin.run_id or 'not known'}"
    yield f"  trained   {origin.trained_at or 'at a time that is not known'}"
    yield f"  commit    {origin.commit or 'not known'}"
    yield f"  data      {origin.data_digest}"
    if origin.champion_since:
        yield f"  champion  since {_time(origin.champion_since)}"
    if origin.promoted_for:
        yield "  the gate  let it through:"
        yield from (f"    - {reason}" for reason in origin.promoted_for)
    else:
        yield "  the gate  has no record of having let it through"


def _shown(text: str) -> str:
    """Return a client's text without what would move the terminal's cursor."""
    return "".join(each if each.isprintable() else "\ufffd" for each in text)


def _time(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S} UTC"
