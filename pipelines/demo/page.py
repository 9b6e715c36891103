"""The demonstration as a page: what the monitor saw, window by window, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipelines.demo.story import Bounded, Step, Story
from secom_core.report import axis, canvas

_TITLES = {
    "promote": "A new champion serves",
    "keep": "The champion stays",
    "none": "No champion is good enough",
}


def render(story: Story) -> str:
    """Write the page; it needs nothing beside it.

    Parameters
    ----------
    story : Story
        With one step at least.
    """
    environment = Environment(
        loader=ChoiceLoader(
            [PackageLoader("pipelines.demo", "."), PackageLoader("secom_core.report", ".")]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    verdict = story.verdict
    return environment.get_template("page.html.j2").render(
        story=story,
        title=_TITLES[verdict["decision"]] if verdict else "No training has ended",
        decision=verdict["decision"] if verdict else "none",
        reasons=verdict["reasons"] if verdict else (),
        chart=_chart(story),
        percent=lambda share: f"{share:.0%}",
    )


def _chart(story: Story) -> Markup:
    def paint(figure: Figure) -> None:
        flagged, sensors, auc = figure.subplots(3, sharex=True)
        _paint_flagged(flagged, story)
        _paint_sensors(sensors, story.steps)
        _paint_auc(auc, story.steps)
        for axes in (flagged, sensors, auc):
            canvas.bare(axes, grid="y")
            _mark(axes, story)
        auc.set_xticks([step.number for step in story.steps])
        auc.set_xlabel("window of units, in the order in which they were made")
        figure.align_ylabels()

    return canvas.draw(
        paint,
        name="demo",
        alt="By window: share of units flagged, with the inspection capacity; share of the "
        "champion's sensors that drift, with what is usual; live AUC with its interval.",
        width=canvas.WIDE,
        height=520,
    )


def _paint_flagged(axes: Axes, story: Story) -> None:
    _band(axes, story.steps, lambda step: step.flagged, colour=canvas.ACCENT)
    axes.axhline(story.capacity, color=canvas.AMBER, linestyle=canvas.DASHED, linewidth=1.4)
    canvas.note(
        axes, "capacity", (0.62, story.capacity), offset=(0, 3), colour=canvas.AMBER, ha="left"
    )
    axes.set_ylim(bottom=0)
    axis.in_percent(axes.yaxis)
    axes.set_ylabel("flagged")


def _paint_sensors(axes: Axes, steps: Sequence[Step]) -> None:
    known = [step for step in steps if step.drift_share is not None]
    for step in known:
        colour = canvas.FAIL if step.is_risk_drifting else canvas.PASS
        axes.bar([step.number], [step.drift_share or 0.0], 0.62, color=colour)
        if step.baseline is not None:
            ends = [step.number - 0.5, step.number + 0.5]
            axes.plot(ends, [step.baseline] * 2, color=canvas.AMBER, linestyle=canvas.DASHED)
    for label, colour in (("risks drift, too", canvas.FAIL), ("usual share", canvas.AMBER)):
        axes.plot([], [], color=colour, linewidth=3, label=label)
    axes.legend(loc="upper left", ncols=2)
    axes.set_ylim(bottom=0)
    axes.margins(y=0.3)
    axis.in_percent(axes.yaxis)
    axes.set_ylabel("sensors drifting")


def _paint_auc(axes: Axes, steps: Sequence[Step]) -> None:
    _band(axes, steps, lambda step: step.auc, colour=canvas.CHAMPION)
    axes.axhline(0.5, color=canvas.MUTED, linestyle=canvas.DASHED, linewidth=1)
    axes.set_ylim(0.2, 1)
    axes.set_ylabel("live AUC")


def _band(
    axes: Axes, steps: Sequence[Step], figure: Callable[[Step], Bounded | None], *, colour: str
) -> None:
    """Draw a figure with its interval, a line for each champion."""
    for champion in dict.fromkeys(step.champion for step in steps):
        known = [(step.number, figure(step)) for step in steps if step.champion == champion]
        at = [number for number, found in known if found]
        values = [found for _, found in known if found]
        if not at:
            continue
        value, low, high = zip(*values, strict=True)
        axes.fill_between(at, low, high, color=colour, alpha=0.18, linewidth=0)
        axes.plot(at, value, color=colour, marker="o", markersize=4)


def _mark(axes: Axes, story: Story) -> None:
    for happening in story.happenings:
        if happening.kind in ("shift", "verdict"):
            colour = canvas.FAIL if happening.kind == "shift" else canvas.CHAMPION
            axes.axvline(happening.after + 0.5, color=colour, linewidth=1)
