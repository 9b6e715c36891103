"""What a command prints at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from secom_core import dataset

if TYPE_CHECKING:
    from pipelines.run import Finished
    from secom_core.dataset import Units

_HEADLINES = {
    "promote": "PROMOTED: the challenger is the champion now.",
    "keep": "KEPT: the champion stays.",
    "none": "NONE: there is no champion, and none is good enough.",
}


def summary(finished: Finished) -> str:
    """Return families with intervals, verdict, champion, and where to look further."""
    verdict = finished.judgement.verdict
    choice = finished.comparison.choice
    lines = ["AUC on development windows in time order, with 95 % interval"]
    for found in finished.comparison.evidence:
        mark = "  <- goes to the gate" if found.family == choice.family else ""
        lines.append(f"  {found.family:<10} {found.figures.auc}{mark}")
    lines += [f"  {choice.reason}", "", f"Verdict: {_HEADLINES[verdict.decision]}"]
    lines += [f"  - {reason}" for reason in verdict.reasons]
    places = {
        "champion": finished.champion or "none",
        "bundle": finished.champion_folder or finished.challenger,
        "report": finished.report,
        "log": finished.log,
    }
    return "\n".join([*lines, "", *(f"{name:<10}{place}" for name, place in places.items())])


def quality_summary(units: Units) -> str:
    """Return what is odd about the readings, in a few lines."""
    found = dataset.quality(units)
    kind = "synthetic" if units.is_synthetic else "real"
    lines = {
        "units": f"{found.n_units}, {found.n_fails} of them fails ({kind})",
        "measured": f"{found.first_measured_at} to {found.last_measured_at}",
        "digest": units.digest,
        **{name.replace("_", " "): value for name, value in found.headline.items()},
    }
    return "\n".join(f"{name:<28}{value}" for name, value in lines.items())
