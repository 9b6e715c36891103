"""The report of a run: one HTML page, drawn from what the run found out and from nothing else."""

from secom_core.report.data import ReportData
from secom_core.report.page import render

__all__ = ["ReportData", "render"]
