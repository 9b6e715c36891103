"""`secom predict` as a user calls it: a process of its own."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pyarrow import parquet

ROOT = Path(__file__).parents[4]
SECOM = [sys.executable, "-W", "error", "-m", "pipelines.cli", "predict"]
_MEMORY = """
import sys
from pathlib import Path
from pipelines.cli import main
try:
    main(sys.argv[1:])
finally:
    print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""


@pytest.fixture
def command(bundle_folder, tmp_path):
    """Build the command line of a job."""

    def build(source, output="out"):
        place = ["--input", str(source), "--output", str(tmp_path / output)]
        return [*SECOM, "--bundle", str(bundle_folder), *place]

    return build


@pytest.fixture(scope="module")
def thousands(named, tmp_path_factory):
    """A file of 20,000 units in five row groups, which says nothing of what its columns hold."""
    path = tmp_path_factory.mktemp("units") / "units.parquet"
    rows = [n % len(named) for n in range(4000)]
    table = named.drop_columns(["unit_id", "measured_at"]).take(rows)
    with parquet.ParquetWriter(path, table.schema, write_statistics=False) as writer:
        for _ in range(5):
            writer.write_table(table)
    return path


@pytest.fixture
def folder_of(thousands, tmp_path):
    """Make a folder in which the same file lies some times."""

    def make(n_times):
        folder = tmp_path / f"in-{n_times}"
        folder.mkdir()
        for number in range(n_times):
            (folder / f"{number}.parquet").hardlink_to(thousands)
        return folder

    return make


def run(command):
    """Run a command to its end."""
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def contents(folder):
    """Every file of a job but for its lock."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def test_all_scored_is_success_and_quiet_in_a_pipe(command, header, lines, tmp_path):
    """A job without rejects ends with 0, a summary, and nothing else."""
    (tmp_path / "in.csv").write_text("\n".join([header, *lines]))

    ended = run(command(tmp_path / "in.csv"))

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("scored    500 of 500 units\n")
    assert ended.stdout.endswith(f"results   {tmp_path / 'out'}\n")


def test_rejects_have_an_exit_code_of_their_own(command, header, lines, tmp_path):
    """Whoever calls this from a script can tell that some units were not scored."""
    (tmp_path / "in.csv").write_text("\n".join([header, *lines[:9], "bad"]))

    ended = run(command(tmp_path / "in.csv"))

    assert (ended.returncode, ended.stderr) == (3, "")
    assert "rejected  1: too few fields 1" in ended.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--input", "/nowhere", "--output", "out"], "cannot read /nowhere"),
        (["--output", "out"], "Missing option '--input'"),
        (["--input", "x"], "Missing option '--output'"),
        (["--input", "s3://bucket/x", "--output", "out"], "AWS_ENDPOINT_URL"),
        (["--input", "x", "--output", "out", "--list", "-1"], "-1 is not in the range"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_one_message_and_exit_code_2(words, said, bundle_folder):
    """The message names the value, and no traceback hides it."""
    ended = run([*SECOM, "--bundle", str(bundle_folder), *words])

    assert ended.returncode == 2
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_progress_is_shown_on_a_terminal(command, header, lines, tmp_path):
    """Whoever waits sees how far it is."""
    (tmp_path / "in.csv").write_text("\n".join([header, *lines]))
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command(tmp_path / "in.csv"), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=theirs
    ) as process:
        os.close(theirs)
        shown = b""
        try:
            while block := os.read(ours, 4096):
                shown += block
        except OSError:  # how Linux says that the other side has been closed
            pass
    os.close(ours)

    assert process.returncode == 0
    assert b"scoring" in shown
    assert b"100%" in shown


def test_killed_job_is_continued_to_the_same_bytes(command, folder_of, tmp_path):
    """What a kill leaves is whole; what was finished stays, and the end is that of one run."""
    source = folder_of(10)
    parts = tmp_path / "out/parts"
    with subprocess.Popen(command(source), cwd=ROOT) as process:
        while not (parts / "part-00003.parquet").exists():
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
    assert not (tmp_path / "out/summary.json").exists()
    kept = {path: path.stat().st_mtime_ns for path in parts.glob("part-*")}

    continued, at_once = run(command(source)), run(command(source, "other"))

    assert (continued.returncode, at_once.returncode) == (0, 0)
    assert 4 <= len(kept) < 20
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert contents(tmp_path / "out") == contents(tmp_path / "other")


def test_memory_does_not_grow_with_the_input(command, folder_of):
    """100,000 units take hardly more memory than 20,000."""

    def peak(n_times):
        words = command(folder_of(n_times), f"out-{n_times}")[len(SECOM) - 1 :]
        ended = run([sys.executable, "-c", _MEMORY, *words])
        assert f"scored    {n_times * 20_000:,}" in ended.stdout
        return int(ended.stdout.split()[-1])

    # The readings of 80,000 units more would be 380 MB, more than everything else together.
    assert peak(5) <= 1.2 * peak(1)
