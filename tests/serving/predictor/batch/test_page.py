import re
import subprocess

import pytest
from pyarrow import parquet

from tests.programs import program

OWNED = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"


@pytest.fixture
def page(predict, named, tmp_path):
    """The inspection page of some units of the twin."""

    def make(table=named, **options):
        parquet.write_table(table, tmp_path / "in.parquet")
        summary = predict(tmp_path / "in.parquet", **options)
        return (tmp_path / "out/inspection.html").read_text(), summary

    return make


def test_page_needs_nothing_else(page):
    """It opens offline, and runs nothing."""
    html, _ = page()

    assert not re.search(r"https?:|//|src=|href=|@import|url\(|<script|<link", html)


def test_page_says_who_judged_and_what(page, served):
    """Digest, run, threshold and counts stand on the page."""
    html, summary = page()

    assert served.digest in html
    assert served.run_id in html
    assert ">500<" in html
    assert f">{summary.n_flagged}<" in html
    assert f"risk of at least {served.operating_point.threshold:.2%}" in html
    assert "NOT A REAL LINE" in html


def test_capacity_line_stands_where_capacity_ends(page):
    """100 of 500 units fit; the line follows the 100th."""
    html, _ = page()

    before, after = html.split('<tr class="capacity">')
    assert before.count('<td class="n risk">') == 100
    assert after.count('<td class="n risk">') == 400
    assert "20.0% of 500 units" in after


def test_line_below_the_list_is_told(page):
    """Whoever sees no line is told where it is."""
    html, _ = page(n_listed=10)

    assert 'class="capacity"' not in html
    assert "The capacity line comes after 100 units, below this list." in html
    assert "490 more units of lower risk are not listed" in html


def test_flagged_units_are_marked(page):
    """As many tags as flagged units."""
    html, summary = page()

    assert html.count('<span class="tag">flagged</span>') == summary.n_flagged


def test_unit_without_name_is_its_place(page, named):
    """Where the input names no units, file and line do."""
    html, _ = page(named.drop_columns(["unit_id", "measured_at"])[:3])

    assert '<td class="unit">in.parquet, line 2</td>' in html


def test_hostile_name_stays_text(page, named):
    """A name is shown as it is, however much it looks like a page."""
    html, _ = page(named[:3].set_column(0, "unit_id", [[OWNED, "a&b", "x" * 5000]]))

    assert "<img" not in html
    assert "&lt;img src=x onerror=&quot;document.title=" in html
    assert "a&amp;b" in html
    assert "x" * 81 not in html


def test_page_in_a_browser(page, named, tmp_path):
    """A browser draws it, and no name has become code."""
    chromium = program("chromium")
    page(named.set_column(0, "unit_id", [[OWNED] * 500]))
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
    flags += ["--disable-background-networking", f"--user-data-dir={tmp_path / 'browser'}"]
    picture = tmp_path / "page.png"
    shown = subprocess.run(
        [
            *(chromium, *flags, "--dump-dom", f"--screenshot={picture}"),
            *("--window-size=1280,1600", (tmp_path / "out/inspection.html").as_uri()),
        ],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert "<title>Units to inspect</title>" in shown.stdout
    assert shown.stdout.count("&lt;script&gt;") == 500
    assert picture.stat().st_size > 20_000
