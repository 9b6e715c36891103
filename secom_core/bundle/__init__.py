"""A bundle: pipeline, threshold, contract and reference profile in one folder with one digest.

What is judged is what is served: training writes a bundle, the gate scores it with `Bundle.judge`,
and the server answers with the same method on the same bytes. Nothing in it can run code.
"""

from secom_core.bundle.drift_basis import DriftBasis
from secom_core.bundle.golden import TOLERANCE as GOLDEN_TOLERANCE
from secom_core.bundle.golden import Golden
from secom_core.bundle.lineage import Lineage
from secom_core.bundle.reader import Bundle, Verdicts, read
from secom_core.bundle.session import open_session, risk_of
from secom_core.bundle.writer import Parts, write, write_lineage

__all__ = [
    "GOLDEN_TOLERANCE",
    "Bundle",
    "DriftBasis",
    "Golden",
    "Lineage",
    "Parts",
    "Verdicts",
    "open_session",
    "read",
    "risk_of",
    "write",
    "write_lineage",
]
