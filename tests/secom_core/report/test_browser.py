"""The page as a browser shows it."""

import re
import subprocess
from html import escape

import numpy as np
import pytest
from matplotlib.image import imread

from tests.programs import program

PHONE = """<!doctype html>
<iframe id="page" style="width:390px;height:800px;border:0" srcdoc="{page}"></iframe>
<script>
const page = document.getElementById("page");
page.onload = () => {{
  const root = page.contentDocument.documentElement;
  document.body.dataset.width = root.scrollWidth + " of " + root.clientWidth;
}};
</script>
"""


@pytest.fixture
def browse(tmp_path):
    """Open a page in Chromium; return what it printed and what it complained of."""

    def _browse(page, *options):
        path = tmp_path / "page.html"
        path.write_text(page, encoding="utf-8")
        return subprocess.run(
            [
                program("chromium"),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--hide-scrollbars",
                "--enable-logging=stderr",
                f"--user-data-dir={tmp_path / 'profile'}",
                *options,
                path.as_uri(),
            ],
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return _browse


def test_page_renders_without_complaint(html, browse, tmp_path):
    """The browser logs no error, and shows charts in colour under the decision."""
    picture = tmp_path / "page.png"

    seen = browse(html, "--window-size=1200,6000", f"--screenshot={picture}")

    assert "CONSOLE" not in seen.stderr
    shown = imread(picture)
    assert shown.shape[:2] == (6000, 1200)
    accent = np.all(np.abs(shown[..., :3] - np.array([0x0B, 0x5C, 0xAD]) / 255) < 0.01, axis=-1)
    tenths = np.array_split(accent.any(axis=1), 10)
    assert sum(part.any() for part in tenths) >= 8


def test_complaint_would_be_seen(html, browse):
    """What the page forbids itself is logged, so that silence means something."""
    planted = html.replace("</main>", "<script>1</script></main>")

    seen = browse(planted, "--dump-dom")

    assert "CONSOLE" in seen.stderr
    assert "Content Security Policy" in seen.stderr


def test_page_fits_a_phone(html, browse):
    """On 390 pixels only charts and tables scroll sideways, never the page."""
    page = PHONE.format(page=escape(html))

    seen = browse(page, "--dump-dom", "--virtual-time-budget=5000")

    assert re.search(r'data-width="390 of 390"', seen.stdout)
