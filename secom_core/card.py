"""The model card: what a bundle is for, what it was made from, how good it was, where it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from secom_core.errors import BundleError

INTENDED_USE = (
    "Ranks finished units of the line by their risk of failing final test, so that a limited "
    "inspection capacity is spent on the likeliest fails. A process engineer decides; the "
    "bundle never scraps, reworks or releases a unit."
)
LIMITS = (
    (
        "Fitted on three months of one line with about a hundred fails: every interval is wide, "
        "and no figure says anything about another line, product or year."
    ),
    (
        "The line drifts. The share of units flagged at the threshold moves with it, above and "
        "below the capacity that the threshold was set for."
    ),
    (
        "The figures come from the windows on which this family was compared with the others; "
        "being chosen makes them optimistic. The gate's verdict on later units is not in here: it "
        "is kept beside the bundle."
    ),
    "Sensors are anonymous: a risk can be traced to sensors, not to a cause.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What travels inside a bundle for people to read.

    Parameters
    ----------
    family : str
        Family of candidates that the model is of.
    params : mapping of str to str
        What the search chose.
    seed : int
        Seed of every random choice.
    data_digest : str
        Content digest of the units that the bundle has seen.
    is_synthetic : bool
        Whether the units are the twin's.
    n_units, n_fails : int
        How many these are, and the fails among them.
    fitted_from, fitted_until, seen_until : str
        ISO 8601 local times of the line: first and last unit fitted on, and last unit seen at all
        (fitting, calibration, threshold).
    figures : mapping of str to (value, low, high)
        On the development windows, each with its 95 % interval.
    """

    family: str
    params: Mapping[str, str]
    seed: int
    data_digest: str
    is_synthetic: bool
    n_units: int
    n_fails: int
    fitted_from: str
    fitted_until: str
    seen_until: str
    figures: Mapping[str, tuple[float, float, float]]
    intended_use: str = INTENDED_USE
    limits: tuple[str, ...] = LIMITS

    @property
    def headline(self) -> dict[str, str | float]:
        """What a list of bundles shows of each."""
        auc, low, high = self.figures["auc"]
        return {
            "family": self.family,
            "auc": round(auc, 3),
            "auc_interval": f"[{low:.3f}, {high:.3f}]",
            "data": "synthetic" if self.is_synthetic else "real",
            "data_digest": self.data_digest[:12],
        }

    def to_json(self) -> dict[str, Any]:
        """Plain values; figures carry 6 digits, so that rounding noise does not name a bundle."""
        return {
            "family": self.family,
            "params": dict(self.params),
            "seed": self.seed,
            "data_digest": self.data_digest,
            "is_synthetic": self.is_synthetic,
            "n_units": self.n_units,
            "n_fails": self.n_fails,
            "fitted_from": self.fitted_from,
            "fitted_until": self.fitted_until,
            "seen_until": self.seen_until,
            "figures": {
                name: [round(number, 6) for number in figure]
                for name, figure in self.figures.items()
            },
            "intended_use": self.intended_use,
            "limits": list(self.limits),
        }

    @classmethod
    def from_json(cls, text: Mapping[str, Any]) -> Card:
        """Build a card from what `to_json` gave.

        Raises
        ------
        BundleError
            If a field is missing or none of this card's.
        """
        names = {field.name for field in fields(cls)}
        if set(text) != names:
            odd = ", ".join(sorted(set(text) ^ names))
            message = f"the model card does not have the fields of this version: {odd}."
            raise BundleError(message)
        figures = {name: tuple(figure) for name, figure in text["figures"].items()}
        return cls(**(dict(text) | {"limits": tuple(text["limits"]), "figures": figures}))

    def to_markdown(self) -> str:
        """Return the card as a page to read."""
        data = "**synthetic twin, not a real line**" if self.is_synthetic else "SECOM, UCI 179"
        params = ", ".join(f"{name} = {value}" for name, value in sorted(self.params.items()))
        figures = "\n".join(
            f"| {name.replace('_', ' ')} | {value:.3f} | {low:.3f} to {high:.3f} |"
            for name, (value, low, high) in self.figures.items()
        )
        limits = "\n".join(f"- {limit}" for limit in self.limits)
        return f"""# Model card: {self.family}

{self.intended_use}

## Made from

| | |
|---|---|
| data | {data} |
| data digest | `{self.data_digest}` |
| units seen | {self.n_units}, {self.n_fails} of them fails |
| fitted on | {self.fitted_from} to {self.fitted_until} |
| calibrated and threshold set until | {self.seen_until} |
| parameters | {params} |
| seed | {self.seed} |

## Development figures

On expanding windows in time order, with 95 % intervals (stratified bootstrap).

| figure | value | interval |
|---|---|---|
{figures}

## Limits

{limits}
"""
