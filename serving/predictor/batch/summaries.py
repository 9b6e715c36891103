"""What a job came to, in numbers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from serving.predictor.batch.jobs import Job
from serving.predictor.batch.parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a job came to.

    Parameters
    ----------
    bundle_digest, run_id : str
        Who judged.
    is_synthetic : bool
        Whether the bundle was made from the twin.
    family : str
        Of the model.
    threshold : float
        Risk from which on a unit is flagged.
    max_inspection_rate : float
        Inspection capacity as a share of the units scored.
    files, set_aside : tuple of str
        What was read, and what lay beside it.
    n_units, n_scored, n_flagged, n_rejects : int
        Read; of these scored and rejected; of the scored flagged.
    rejects_by_fault : mapping of str to int
    """

    bundle_digest: str
    run_id: str
    is_synthetic: bool
    family: str
    threshold: float
    max_inspection_rate: float
    files: tuple[str, ...]
    set_aside: tuple[str, ...]
    n_units: int
    n_scored: int
    n_flagged: int
    n_rejects: int
    rejects_by_fault: Mapping[str, int]

    @property
    def capacity(self) -> int:
        """Units that inspection can take: no more than its share."""
        # Rounded first, since .29 × 100 is a little less than 29 in binary.
        return int(round(self.max_inspection_rate * self.n_scored, 6))

    @property
    def inspection_rate(self) -> float:
        """Flagged ÷ scored; 0 where nothing was scored."""
        return self.n_flagged / self.n_scored if self.n_scored else 0.0

    @property
    def headline(self) -> dict[str, float]:
        """What a list of jobs shows of each."""
        return {
            "units": self.n_units,
            "scored": self.n_scored,
            "flagged": self.n_flagged,
            "rejected": self.n_rejects,
            "inspection_rate": self.inspection_rate,
            "capacity": self.capacity,
        }

    def to_bytes(self) -> bytes:
        """Return the summary as JSON."""
        figures = {"inspection_rate": self.inspection_rate, "capacity": self.capacity}
        return (json.dumps(asdict(self) | figures, indent=1) + "\n").encode()

    def to_text(self) -> str:
        """Return the summary for a terminal."""
        faults = ", ".join(f"{fault} {n:,}" for fault, n in self.rejects_by_fault.items())
        lines = {
            "scored": f"{self.n_scored:,} of {self.n_units:,} units",
            "flagged": f"{self.n_flagged:,} ({self.inspection_rate:.1%})",
            "capacity": f"{self.capacity:,} ({self.max_inspection_rate:.1%})",
            "rejected": f"{self.n_rejects:,}" + (f": {faults}" if faults else ""),
            "bundle": self.bundle_digest,
        }
        if self.set_aside:
            lines["not read"] = ", ".join(self.set_aside)
        return "\n".join(f"{name:<10}{value}" for name, value in lines.items())


class Tally:
    """Counts what is in the parts of a job."""

    def __init__(self) -> None:
        self._n_scored, self._n_flagged = 0, 0
        self._faults = Counter[str]()

    def add(self, part: Part) -> None:
        """Count a part."""
        self._n_scored += part.table.num_rows
        self._n_flagged += part.n_flagged
        self._faults.update(reject.fault for reject in part.rejects)

    def summary(self, job: Job) -> Summary:
        """Return what the job came to, all of its parts counted."""
        point = job.bundle.operating_point
        return Summary(
            bundle_digest=job.bundle.digest,
            run_id=job.bundle.run_id,
            is_synthetic=job.bundle.is_synthetic,
            family=job.bundle.card.family,
            threshold=point.threshold,
            max_inspection_rate=point.max_inspection_rate,
            files=tuple(dict.fromkeys(task.file for task in job.tasks)),
            set_aside=job.set_aside,
            n_units=job.n_units,
            n_scored=self._n_scored,
            n_flagged=self._n_flagged,
            n_rejects=self._faults.total(),
            rejects_by_fault=dict(sorted(self._faults.items())),
        )
