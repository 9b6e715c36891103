"""One part of the output: a Parquet file with the risks of a span, and what was rejected in it.

Both are one file so that a part is there or not, whenever a job is killed.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from secom_core.columns import repeated, to_arrow, to_numpy
from serving.predictor.batch.rows import Reject
from serving.predictor.batch.scoring import Scored

FILE, LINE, RISK, FLAGGED = "file", "line", "risk", "flagged"
_FORMAT = "secom.risks/1"
_FORMAT_KEY, _BUNDLE_KEY, _REJECTS_KEY = b"secom.format", b"secom.bundle", b"secom.rejects"


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A part that has been read.

    Parameters
    ----------
    table : pyarrow.Table
        `file`, `line`, perhaps `unit_id` and `measured_at`, `risk`, `flagged`.
    rejects : tuple of Reject
    """

    table: pa.Table
    rejects: tuple[Reject, ...]

    @property
    def risk(self) -> np.ndarray:
        """Risks in the order of the input."""
        return to_numpy(self.table[RISK])

    @property
    def n_flagged(self) -> int:
        """How many are flagged."""
        return int(pc.sum(self.table[FLAGGED]).as_py() or 0)


def part_name(index: int) -> str:
    """Return where a part lies in the output."""
    return f"parts/part-{index:05d}.parquet"


def to_bytes(pieces: Sequence[Scored], *, file: str, digest: str) -> bytes:
    """Return the part that holds `pieces`; the same ones give the same bytes.

    Parameters
    ----------
    pieces : sequence of Scored
        At least one, all of one file.
    file : str
        Its name.
    digest : str
        Of the bundle that judged.
    """
    lines = to_arrow(np.concatenate([piece.lines for piece in pieces]))
    columns = {
        FILE: repeated(file, len(lines)),
        LINE: lines,
        **{
            name: pa.chunked_array([piece.passed_through[name] for piece in pieces])
            for name in pieces[0].passed_through
        },
        RISK: to_arrow(np.concatenate([piece.risk for piece in pieces])),
        FLAGGED: to_arrow(np.concatenate([piece.flagged for piece in pieces])),
    }
    rejects = [asdict(reject) for piece in pieces for reject in piece.rejects]
    metadata = {
        _FORMAT_KEY: _FORMAT,
        _BUNDLE_KEY: digest,
        _REJECTS_KEY: json.dumps(rejects, separators=(",", ":")),
    }
    content = io.BytesIO()
    table = pa.table(columns).replace_schema_metadata(metadata)
    parquet.write_table(table, content, compression="zstd")
    return content.getvalue()


def from_bytes(content: bytes, *, digest: str) -> Part | None:
    """Read what `to_bytes` wrote, or None if this is not such a part or not of that bundle."""
    try:
        table = parquet.ParquetFile(io.BytesIO(content)).read()
        metadata = table.schema.metadata or {}
        known = (metadata.get(_FORMAT_KEY), metadata.get(_BUNDLE_KEY))
        if known != (_FORMAT.encode(), digest.encode()):
            return None
        rejects = tuple(Reject(**fields) for fields in json.loads(metadata[_REJECTS_KEY]))
    except (pa.ArrowException, OSError, ValueError, TypeError, LookupError):
        return None
    return Part(table, rejects)
