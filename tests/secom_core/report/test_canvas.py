"""Charts as they stand in the page."""

import re

import matplotlib as mpl
import pytest

from secom_core.report import canvas


@pytest.fixture
def chart():
    """A chart with a line, a legend and names that are markup elsewhere."""

    def paint(figure):
        axes = figure.subplots()
        axes.plot(
            [0, 1], [0, 1], "o", color=canvas.ACCENT, label="a < b & $c$ \N{SNOWMAN}\U0001f40c"
        )
        axes.legend()

    return canvas.draw(paint, name="line", alt='says "a < b"')


def test_colours_are_the_style_sheets(chart):
    """No colour is fixed, so that light and dark are decided in one place."""
    assert "var(--accent)" in chart
    assert not re.search(r"#[0-9a-f]{6}\b", chart)


def test_chart_brings_no_style_of_its_own(chart):
    """A style sheet inside a chart would style the whole page, and a font its texts."""
    assert "<style" not in chart
    assert "font-family" not in chart


def test_text_is_text(chart):
    """Names are shown as they are: neither markup nor formulas."""
    assert "a &lt; b &amp; $c$ \N{SNOWMAN}\U0001f40c</text>" in chart
    assert 'aria-label="says &#34;a &lt; b&#34;"' in chart


def test_one_unit_is_one_pixel(chart):
    """Type in charts has the size that it is given."""
    assert 'viewBox="0 0 346 260" width="346" height="260"' in chart


def test_drawing_leaves_matplotlib_as_it_was():
    """The look of charts is nobody else's default."""
    before = dict(mpl.rcParams)

    canvas.draw(lambda figure: figure.subplots(), name="empty", alt="nothing")

    assert dict(mpl.rcParams) == before
