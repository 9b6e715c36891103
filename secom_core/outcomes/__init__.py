"""What became of scored units: taken in, joined to their predictions, and weighed."""

from secom_core.outcomes.board import Added, Board, Conflict
from secom_core.outcomes.joining import WAYS, Joined, join
from secom_core.outcomes.kept import JOURNAL, from_bytes, to_bytes
from secom_core.outcomes.live import STATES, Live, live
from secom_core.outcomes.outcome import Outcome
from secom_core.outcomes.parsing import parse_csv, parse_json_lines

__all__ = [
    "JOURNAL",
    "STATES",
    "WAYS",
    "Added",
    "Board",
    "Conflict",
    "Joined",
    "Live",
    "Outcome",
    "from_bytes",
    "join",
    "live",
    "parse_csv",
    "parse_json_lines",
    "to_bytes",
]
