"""The page itself: every section, in the order in which a reader asks."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from secom_core.report.calibration import calibration
from secom_core.report.capability import capability
from secom_core.report.capacity import capacity_view
from secom_core.report.condition import condition
from secom_core.report.contenders import contenders
from secom_core.report.data import ReportData
from secom_core.report.provenance import provenance
from secom_core.report.ranking import ranking
from secom_core.report.seen import development, holdout
from secom_core.report.sensors import sensors_that_matter
from secom_core.report.shuffling import shuffling
from secom_core.report.timewise import timewise
from secom_core.report.verdict import verdict_view
from secom_core.report.words import count, interval, listed, percent

_PAGE = "page.html.j2"


def render(data: ReportData) -> str:
    """Write the report of a run as one HTML page that needs nothing beside it.

    Parameters
    ----------
    data : ReportData

    Returns
    -------
    str
        Same data, same text.
    """
    environment = Environment(
        loader=PackageLoader("secom_core.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": percent, "interval": interval, "listed": listed}
    environment.globals["count"] = count
    held_out = holdout(data)
    seen = [development(data), *([held_out] if held_out else [])]
    held_out_figures = held_out.figures if held_out else None
    windows, timewise_chart = timewise(data, held_out_figures)
    sensors = sensors_that_matter(data)
    return environment.get_template(_PAGE).render(
        data=data,
        verdict=verdict_view(data),
        capability=capability(data),
        contenders=contenders(data),
        timewise=windows,
        timewise_chart=timewise_chart,
        ranking=ranking(data, seen),
        calibration=calibration(seen, data.challenger.operating_point.threshold),
        capacity=capacity_view(data),
        sensors=sensors,
        condition=condition(data, sensors),
        shuffling=shuffling(data, held_out_figures),
        provenance=provenance(data),
    )
