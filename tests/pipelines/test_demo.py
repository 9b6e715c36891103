import re
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from pipelines.cli import main
from pipelines.demo import line, running
from pipelines.demo.page import render
from pipelines.demo.story import Step, Story
from secom_core import dataset
from tests.pipelines.test_run import processes_of

ROOT = Path(__file__).resolve().parents[2]
HEADING = "What the monitor saw"


@pytest.fixture(scope="module")
def short_line(tmp_path_factory):
    """A folder with 1,000 made-up units of 100 sensors, those that tell among them."""
    units = dataset.twin(n_units=1000, seed=0)
    kept = slice(60, 160)
    folder = tmp_path_factory.mktemp("line")
    narrow = replace(units, readings=units.readings[:, kept], sensors=units.sensors[kept])
    dataset.write_units(narrow, folder / "units.parquet")
    return folder


@pytest.fixture(scope="module")
def shown(short_line):
    """What `make demo` shows of that line."""
    arguments = f"ARGS=--data={short_line} --folder={short_line / 'demo'}"
    return subprocess.run(
        ["make", "demo", arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_the_loop_goes_from_a_first_champion_to_the_gates_verdict(shown):
    """Serve, drift, alert, retrain, judge: each says what came of it, window by window."""
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert re.search(r"is champion\.|is made champion by hand", shown.stdout)
    assert len(re.findall(r"^ *\d+  2008-", shown.stdout, re.MULTILINE)) == 6
    assert "From here on sensor_" in shown.stdout
    assert "reaches the monitor: started." in shown.stdout
    assert re.search(r"^Verdict: (PROMOTED|KEPT|NONE)\. ", shown.stdout, re.MULTILINE)


def test_its_page_tells_the_same(shown):
    """The page has the drawing, every window and the verdict, and says that units are made up."""
    page = Path(re.search(r"^page +(.+)$", shown.stdout, re.MULTILINE)[1]).read_text("utf-8")

    assert HEADING in page
    assert page.count("<svg") == 1
    assert len(re.findall(r'<td class="n">\d</td>\n +<td>2008-', page)) == 6
    assert "SYNTHETIC" in page
    assert re.search(r"Verdict: (PROMOTED|KEPT|NONE)", page)


@pytest.mark.usefixtures("shown")
def test_it_leaves_no_program_behind(short_line):
    """Predictor, shipper, monitor, store and trainings have ended with it."""
    assert processes_of(short_line) == []


def test_a_folder_with_anything_else_in_it_is_left_alone(tmp_path):
    """Whoever names a wrong folder loses nothing."""
    (tmp_path / "thesis.tex").write_text("four years")

    ended = CliRunner().invoke(main, ["demo", "--data=synthetic", f"--folder={tmp_path}"])

    assert ended.exit_code == 2
    assert "Name another one with --folder" in ended.output
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.usefixtures("shown")
def test_what_an_earlier_one_left_is_removed(short_line):
    """A second demonstration begins with nothing but the sign of its own."""
    folder = short_line / "demo"
    assert (folder / "demo.html").is_file()

    running.empty(folder)

    assert [path.name for path in folder.iterdir()] == [".secom-demo"]


def test_a_shift_is_measured_by_the_line_before_it(twin):
    """The sensors move by three quarters of their own spread, from the first changed unit on."""
    changed = line.shift(twin, [3], start=200)
    moved = changed.readings - twin.readings

    assert np.nanmax(np.abs(moved[:200])) == 0
    assert np.nanmax(np.abs(np.delete(moved, 3, axis=1))) == 0
    np.testing.assert_allclose(
        moved[200:, 3][~np.isnan(moved[200:, 3])], 0.75 * np.nanstd(twin.readings[:200, 3])
    )


def test_windows_follow_each_other_and_units_keep_their_names(twin):
    """Only full windows are made; names count from the line's first unit."""
    windows = line.cut(twin, start=150, size=100)

    assert [len(made.units) for made in windows] == [100, 100, 100]
    assert (windows[0].ids[0], windows[-1].ids[-1]) == ("unit-0151", "unit-0450")
    assert windows[1].units.measured_at[0] == twin.measured_at[250]


def test_page_says_what_is_not_known_yet():
    """Before there are outcomes there is no AUC, and before a second window no drift."""
    step = Step(
        number=1,
        measured_from="2008-08-25T06:09:00",
        measured_until="2008-08-26T06:09:00",
        n_units=100,
        n_fails=7,
        champion="a" * 64,
        is_shifted=False,
        flagged=(0.2, 0.13, 0.29),
        n_drifting=None,
        drift_share=None,
        baseline=None,
        top=(),
        is_risk_drifting=False,
        auc=None,
        live_state="not_enough_outcomes",
    )

    page = render(Story(is_synthetic=False, capacity=0.2, shifted=("sensor_001",), steps=[step]))

    assert "not enough outcomes" in page
    assert "No training has ended" in page
    assert "SYNTHETIC" not in page
