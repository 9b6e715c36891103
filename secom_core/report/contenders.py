"""Which family went to the gate, and what else was tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from secom_core.evidence import REFERENCE, Evidence
from secom_core.report import canvas
from secom_core.report.data import ReportData
from secom_core.report.words import listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One combination of the search inside the last training window."""

    params: str
    auc: str
    is_pca: bool
    is_best: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A row of the table, and the search behind it."""

    name: str
    is_chosen: bool
    is_reference: bool
    evidence: Evidence
    tried: tuple[Tried, ...]
    chosen_params: tuple[str, ...]
    fit_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PcaRow:
    """Highest AUC of a family inside the last training window."""

    family: str
    with_pca: float
    without: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pca:
    """Whether PCA helped, which people expect of it."""

    verdict: str
    rows: tuple[PcaRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contenders:
    """What the third section shows."""

    families: tuple[Family, ...]
    pca: Pca
    chart: Markup
    search_chart: Markup


def contenders(data: ReportData) -> Contenders:
    """Rank the families by AUC, and show what their searches tried."""
    ranked = list(data.comparison.evidence)
    searched = [found for found in ranked if found.tried]
    return Contenders(
        families=tuple(_family(found, data.comparison.choice.family) for found in ranked),
        pca=_pca(searched),
        chart=_auc_chart(ranked, data.comparison.choice.family),
        search_chart=_search_chart(searched),
    )


def params_in_words(params: Mapping[str, str | int | float]) -> str:
    """Write parameters: selection f, n sensors 20, C 0.1."""
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in params.items())


def _family(found: Evidence, chosen: str) -> Family:
    best = max((auc for _, auc in found.tried), default=float("nan"))
    return Family(
        name=found.family,
        is_chosen=found.family == chosen,
        is_reference=found.family == REFERENCE,
        evidence=found,
        tried=tuple(
            Tried(
                params=params_in_words(params),
                auc=f"{auc:.3f}",
                is_pca=_is_pca(params),
                is_best=auc == best,
            )
            for params, auc in found.tried
        ),
        chosen_params=tuple(params_in_words(params) for params in found.params_by_window),
        fit_seconds=sum(found.fit_seconds),
    )


def _is_pca(params: Mapping[str, str | int | float]) -> bool:
    return params.get("selection") == "pca"


def _pca(searched: list[Evidence]) -> Pca:
    rows = []
    for found in searched:
        with_pca = [auc for params, auc in found.tried if _is_pca(params)]
        without = [auc for params, auc in found.tried if not _is_pca(params)]
        if with_pca and without:
            rows.append(PcaRow(family=found.family, with_pca=max(with_pca), without=max(without)))
    helped = [row.family for row in rows if row.with_pca > row.without]
    if not rows:
        verdict = "It was not tried."
    elif helped:
        verdict = f"It helped {listed(helped)} inside the last training window."
    else:
        verdict = "No: in no family was it the best inside the last training window."
    return Pca(verdict=verdict, rows=tuple(rows))


def _auc_chart(ranked: list[Evidence], chosen: str) -> Markup:
    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        canvas.bare(axes, grid="x")
        axes.axvline(0.5, color=canvas.MUTED, linewidth=1, linestyle=canvas.DASHED)
        axes.annotate(
            "blind guessing",
            (0.5, 1),
            xycoords=("data", "axes fraction"),
            xytext=(4, -2),
            textcoords="offset points",
            va="top",
            color=canvas.MUTED,
            fontsize=11,
        )
        for row, found in enumerate(ranked):
            auc = found.figures.auc
            colour = canvas.ACCENT if found.family == chosen else canvas.MUTED
            marker = "s" if found.family == REFERENCE else "o"
            axes.plot([auc.low, auc.high], [row, row], color=colour, linewidth=2)
            axes.plot(auc.value, row, marker, color=colour, markersize=9)
            axes.annotate(
                f"{auc.value:.3f}",
                (auc.value, row),
                xytext=(0, 8),
                textcoords="offset points",
                ha="center",
                color=colour,
                fontsize=12,
            )
        axes.set_ylim(len(ranked) - 0.4, -1)
        axes.set_yticks(range(len(ranked)), [_label(found.family, chosen) for found in ranked])
        axes.tick_params(axis="y", labelsize=12, labelcolor=canvas.INK)
        axes.set_xlabel("AUC on the development windows")
        axes.xaxis.set_major_locator(MaxNLocator(5))

    best = ranked[0]
    return canvas.draw(
        paint,
        name="families",
        alt=f"AUC of each family with its interval; the highest is {best.family}'s, "
        f"{best.figures.auc}; {chosen} was chosen.",
        height=76 + 42 * len(ranked),
    )


def _label(family: str, chosen: str) -> str:
    return f"{family}\n(chosen)" if family == chosen else family


def _search_chart(searched: list[Evidence]) -> Markup:
    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        canvas.bare(axes, grid="x")
        for row, found in enumerate(searched):
            aucs = np.array([auc for _, auc in found.tried])
            pca = np.array([_is_pca(params) for params, _ in found.tried])
            axes.plot(aucs[~pca], np.full((~pca).sum(), row), "o", color=canvas.MUTED, alpha=0.6)
            axes.plot(aucs[pca], np.full(pca.sum(), row), "D", color=canvas.AMBER, markersize=7)
            axes.plot(aucs.max(), row, "o", mfc="none", mec=canvas.ACCENT, mew=2, markersize=13)
        axes.set_ylim(len(searched) - 0.5, -0.5)
        axes.set_yticks(range(len(searched)), [found.family for found in searched])
        axes.tick_params(axis="y", labelsize=12, labelcolor=canvas.INK)
        axes.set_xlabel("AUC inside the last training window")
        axes.xaxis.set_major_locator(MaxNLocator(5))

    return canvas.draw(
        paint,
        name="search",
        alt="AUC of every combination that each family's search tried, PCA marked.",
        height=70 + 40 * max(1, len(searched)),
    )
