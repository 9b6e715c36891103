"""What became of scored units: taken in, joined to their predictions, and weighed."""

from secom_core.outcomes.board import Added, Board, Conflict
from secom_core.outcomes.kept import JOURNAL, from_bytes, to_bytes
from secom_core.outcomes.outcome import Outcome
from secom_core.outcomes.parsing import parse_csv, parse_json_lines

__all__ = [
    "JOURNAL",
    "Added",
    "Board",
    "Conflict",
    "Outcome",
    "from_bytes",
    "parse_csv",
    "parse_json_lines",
    "to_bytes",
]
