"""Drawing: one look for every chart, and its form as SVG inside the page.

Charts are drawn in stand-in colours that become CSS variables, so that the page's style sheet
decides the colours of light and dark; one unit of a chart is one CSS pixel.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

SMALL, WIDE = 346, 713
"""Widths of charts: one and two of the page's three columns; the small ones fit a phone."""

INK, MUTED, LINE, PAPER = "#010101", "#020202", "#030303", "#040404"
ACCENT, FAIL, PASS, AMBER, CHAMPION = "#050505", "#060606", "#070707", "#080808", "#090909"

_VARIABLES = {
    INK: "ink",
    MUTED: "muted",
    LINE: "line",
    PAPER: "paper",
    ACCENT: "accent",
    FAIL: "fail",
    PASS: "pass",
    AMBER: "amber",
    CHAMPION: "champion",
}
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: it takes the page's font and can be selected
    "text.parse_math": False,
    "font.family": "DejaVu Sans",  # measures text; matplotlib brings it along
    "font.size": 12,
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "legend.frameon": False,
    "legend.fontsize": 11,
    "legend.handlelength": 1.4,
    "legend.borderpad": 0.1,
    "lines.linewidth": 1.8,
    "figure.dpi": 72,
    "savefig.transparent": True,
}

DASHED = (0, (4, 3))

Paint: TypeAlias = Callable[[Figure], None]
Align: TypeAlias = Literal["left", "center", "right"]
Side: TypeAlias = Literal["baseline", "top", "bottom", "center"]


def draw(paint: Paint, *, name: str, alt: str, width: int = SMALL, height: int = 260) -> Markup:
    """Draw a chart, and return it as SVG for the page.

    Parameters
    ----------
    paint : callable
        Fills the empty figure that it is given.
    name : str
        Unlike any other chart's of the page: ids derive from it.
    alt : str
        What the chart shows, for who cannot see it.
    width, height : int
        In CSS pixels.

    Returns
    -------
    Markup
        Same figure, same text.
    """
    with rc_context({**_STYLE, "svg.hashsalt": name}), warnings.catch_warnings():
        # The browser draws the text, so a glyph that matplotlib's font lacks does not matter.
        warnings.filterwarnings("ignore", message="Glyph ", category=UserWarning)
        figure = Figure(figsize=(width / 72, height / 72), layout="constrained")
        paint(figure)
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    return _inline(written.getvalue(), alt=alt, width=width, height=height)


def bare(axes: Axes, *, grid: str | None = None) -> None:
    """Take away spines and tick marks, and all grid lines but those of one axis."""
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    axes.grid(visible=False)
    if grid == "x":
        axes.xaxis.grid(visible=True)
    if grid == "y":
        axes.yaxis.grid(visible=True)


def note(
    axes: Axes,
    text: str,
    at: tuple[Any, float],
    *,
    offset: tuple[float, float],
    colour: str = INK,
    ha: Align = "left",
    va: Side = "baseline",
) -> None:
    """Write a few words beside a point of the chart, `offset` in CSS pixels."""
    axes.annotate(
        text,
        at,
        xytext=offset,
        textcoords="offset points",
        ha=ha,
        va=va,
        color=colour,
        fontsize=11,
    )


def _inline(written: str, *, alt: str, width: int, height: int) -> Markup:
    body = written[written.index("<svg") :]
    body = body[body.index(">") + 1 :].replace("</svg>", "")
    for pattern, instead in (
        (r"<metadata>.*?</metadata>", ""),
        (r"<style.*?</style>", ""),  # a sheet inside SVG would style the whole page
        (r'<g id="[^"]*"', "<g"),  # the same in every chart, and no one refers to them
        (r"xlink:href", "href"),
        (r" font-family: [^;\"]*;?", ""),
        (r' transform="rotate\(-?0 [^"]*"', ""),
        (r"\s+", " "),
        (r"> <", "><"),
    ):
        body = re.sub(pattern, instead, body, flags=re.DOTALL)
    body = re.sub("|".join(_VARIABLES), lambda hit: f"var(--{_VARIABLES[hit[0]]})", body)
    opening = Markup(
        '<svg class="chart" role="img" aria-label="{}" viewBox="0 0 {} {}" width="{}" height="{}">'
    ).format(alt, width, height, width, height)
    return opening + Markup(body) + Markup("</svg>")  # noqa: S704 - matplotlib escapes its text
