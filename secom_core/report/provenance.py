"""How it was made: windows, settings, time and versions."""

from __future__ import annotations

from dataclasses import dataclass

from secom_core.card import Card
from secom_core.report.contenders import params_in_words
from secom_core.report.data import ReportData
from secom_core.report.words import minute


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A window of the run."""

    name: str
    use: str
    start: str
    stop: str
    n_units: int
    n_fails: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What the last section shows."""

    spans: tuple[Span, ...]
    settings: tuple[tuple[str, str], ...]
    versions: tuple[tuple[str, str], ...]
    card: Card
    params: str
    seconds: tuple[tuple[str, int, float, float], ...]


def provenance(data: ReportData) -> Provenance:
    """Collect what is needed to make the run again, and to know what it took."""
    cuts = data.cuts
    lineage = data.challenger.lineage
    fitted = [(found.family, found.fit_seconds) for found in data.comparison.evidence]
    fitted.append(("comparison afterwards", data.hindsight.fit_seconds))
    return Provenance(
        spans=tuple(
            _span(data, window, name, use)
            for window, name, use in (
                (cuts.fit, "fit", "the bundle was fitted on it"),
                (cuts.calibration, "calibration", "set risks and threshold"),
                (
                    cuts.compared,
                    "compared",
                    "chose the family, each unit predicted by an earlier fit",
                ),
                (cuts.holdout, "holdout", "scored by the gate alone"),
            )
        ),
        settings=(*_settings(data), *((("code", lineage.commit or "unknown"),) if lineage else ())),
        versions=tuple(sorted(lineage.versions.items())) if lineage else (),
        card=data.challenger.card,
        params=params_in_words(data.challenger.card.params),
        seconds=tuple(
            (name, len(seconds), sum(seconds), max(seconds, default=0.0))
            for name, seconds in fitted
        ),
    )


def _settings(data: ReportData) -> tuple[tuple[str, str], ...]:
    given = {name.replace("_", " "): str(value) for name, value in data.config.to_json().items()}
    return (
        ("run", data.run_id),
        ("made", data.made_at),
        ("data", data.units.source),
        ("data digest", data.units.digest),
        ("challenger", data.challenger.digest),
        ("holdout digest", data.judgement.verdict.holdout),
        *given.items(),
    )


def _span(data: ReportData, window: slice, name: str, use: str) -> Span:
    units = data.units.window(window)
    return Span(
        name=name,
        use=use,
        start=minute(units.measured_at[0]),
        stop=minute(units.measured_at[-1]),
        n_units=len(units),
        n_fails=int(units.is_fail.sum()),
    )
